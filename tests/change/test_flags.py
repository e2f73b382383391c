"""Which changes of a report are claimed: the test keeps the rate, and each must be likely itself."""

import numpy as np
import pandas as pd

from drivers.change.flags import _chosen


def report(sure, p_value, kind="slope", delta=0.0, against="previous") -> pd.DataFrame:
    sure = np.asarray(sure, dtype=float)
    return pd.DataFrame({
        "kind": kind, "against": against, "p_up": sure, "p_down": 1 - sure, "p_value": p_value, "delta": delta,
    })


def flagged(table: pd.DataFrame) -> list[bool]:
    return _chosen(table)["flag"].tolist()


def test_one_likely_claim_among_many_is_made_by_the_test_alone():
    """.004 of 16 tests is inside .09 / 16 = .0056; that its own probability is below .90 is no reason to hide it."""
    assert flagged(report([0.85, *[0.5] * 15], [0.004, *[0.6] * 15])) == [True, *[False] * 15]
    assert not any(flagged(report([0.85, *[0.5] * 15], [0.006, *[0.6] * 15])))


def test_sure_claims_do_not_carry_an_unlikely_one():
    """Three at .99 and one at .75 have a mean of .93, but one in four of such fourth ones is no change."""
    assert flagged(report([0.99, 0.99, 0.99, 0.75], [1e-6, 1e-6, 1e-6, 0.05])) == [True, True, True, False]
    assert flagged(report([0.99, 0.99, 0.99, 0.81], [1e-6, 1e-6, 1e-6, 0.05])) == [True] * 4


def test_a_change_that_must_exceed_something_is_judged_by_its_probability_too():
    """The test is of no change at all; at .85 alone, more than a tenth of such claims is expected to be false."""
    assert flagged(report([0.85, 0.5], [1e-9, 0.5], delta=0.1)) == [False, False]
    assert flagged(report([0.85, 0.99], [1e-9, 1e-9], delta=0.1)) == [True, True]


def test_scores_that_moved_make_no_slope_easier_to_claim():
    still = report([0.9, 0.5, 0.5, 0.5], [0.03, 0.5, 0.5, 0.5])
    moved = report([1.0, 1.0, 1.0, 1.0], [1e-9] * 4, kind="score")
    assert not any(flagged(still))
    both = _chosen(pd.concat([still, moved], ignore_index=True))
    assert both["flag"].tolist() == [False] * 4 + [True] * 4
