"""Sets of claims with few expected false ones."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from drivers.stats.flag_set import expected_false, step_up

# Benjamini & Hochberg (1995), section 4.1: fifteen p values, of which the procedure rejects four at .05
BH_PAPER = np.array([.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590,
                     1.0])  # fmt: skip

CHANCES = arrays(np.float64, st.integers(1, 30), elements=st.floats(0, 1))


def test_step_up_rejects_the_four_of_the_paper():
    assert step_up(BH_PAPER, np.ones(15), 0.05).tolist() == [True] * 4 + [False] * 11


def test_weights_move_the_line():
    p, heavy = np.array([0.04, 0.04]), np.array([1.9, 0.1])
    assert step_up(p, np.ones(2), 0.05).all()
    assert step_up(p, heavy, 0.05).tolist() == [True, False]  # .04 / 1.9 <= .025, .04 / .1 > .05


def test_the_expected_part_of_false_claims_is_counted():
    # running means .01, .03, .0667, .125: the fourth would lift the set above 10 %
    assert expected_false(np.array([0.3, 0.05, 0.14, 0.01]), 0.10).tolist() == [False, True, True, True]


@given(p=CHANCES, rate=st.floats(0.01, 0.5))
def test_the_set_keeps_to_its_rate_and_could_not_be_larger(p, rate):
    chosen = expected_false(p, rate)
    if chosen.any():
        assert p[chosen].mean() <= rate + 1e-12
    rest = p[~chosen]
    if len(rest):
        larger = np.append(p[chosen], rest[rest == rest.min()])
        assert larger.mean() > rate - 1e-12


@given(p=CHANCES, rate=st.floats(0.01, 0.5))
def test_no_order_matters_and_missing_claims_change_nothing(p, rate):
    turn = np.random.default_rng(0).permutation(len(p))
    with_gap = np.append(p, np.nan)
    for rule in (lambda x: expected_false(x, rate), lambda x: step_up(x, np.ones(len(x)), rate)):
        np.testing.assert_array_equal(rule(p[turn]), rule(p)[turn])
        np.testing.assert_array_equal(rule(with_gap), np.append(rule(p), False))
