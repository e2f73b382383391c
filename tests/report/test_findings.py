"""Which sentences are made of an importance, and whether each carries the number it speaks of."""

from collections.abc import Callable

import pytest

from drivers.report.findings import (
    MOST_CAUTIONS,
    by_share,
    direction_findings,
    importance_findings,
    near_zero_findings,
    no_slope_findings,
    order_findings,
    tie_findings,
)
from drivers.report.importance_tables import BOUNDED, importance_table
from drivers.report.words import cell_text


def test_a_clear_order_has_a_first_and_no_ties(made_importance: Callable, made_survey: Callable) -> None:
    imp = made_importance([0.2, 0.15, 0.1])
    first, explained, *_ = importance_findings(imp, made_survey(3))
    assert first.numbers["p_first"] == imp.rank_probabilities().loc["d0", 1] > 0.95
    assert first.text.startswith("Driver A very likely goes with the largest share")
    assert explained.numbers == imp.r2_interval()
    assert "45 % of the differences" in explained.text and "the other 55 %" in explained.text
    assert tie_findings(imp) == ()
    assert all(finding.numbers["p"] > 0.95 for finding in order_findings(imp, 6))


def test_ties_are_named_with_their_probabilities(made_importance: Callable) -> None:
    imp = made_importance([0.2, 0.1001, 0.1, 0.05])
    (tie,) = tie_findings(imp)
    assert tie.text == "Driver B and Driver C cannot be separated: either may have the larger share."
    assert tie.numbers == {"p_d1_ahead_of_d2": imp.beats().loc["d1", "d2"]}
    assert 0.4 < tie.numbers["p_d1_ahead_of_d2"] < 0.6


def test_a_tie_at_the_top_is_said_once(made_importance: Callable, made_survey: Callable) -> None:
    imp = made_importance([0.1501, 0.15, 0.05])
    texts = [finding.text for finding in importance_findings(imp, made_survey(3))]
    assert texts[0].startswith("No single driver can be called first")
    assert not any("cannot be separated" in text for text in texts)


def test_no_order_is_claimed_when_too_little_is_explained(made_importance: Callable, made_survey: Callable) -> None:
    imp = made_importance([0.02, 0.03, 0.005], spread=0.01)
    assert not imp.rankable
    findings = importance_findings(imp, made_survey(3))
    assert [finding.key for finding in findings][:2] == ["explained", "too_little"]
    assert not any("largest share" in f.text or "ahead" in f.text or "separated" in f.text for f in findings)
    assert by_share(imp) == [0, 1, 2], "the order given"
    assert all(row[-1] == "not ranked" for row in importance_table(imp).rows[:3])


def test_near_zero_is_a_bound_and_never_an_interval(made_importance: Callable) -> None:
    imp = made_importance([0.2, 0.004], spread=0.008)
    (finding,) = near_zero_findings(imp)
    upper = imp.tidy()["upper"].iloc[1]
    assert finding.numbers == {"d1": upper}
    percent = int(finding.text.split("at most ")[1].split(" %")[0])
    assert percent - 1 < 100 * upper <= percent


def test_a_share_without_a_slope_is_a_caution(made_importance: Callable) -> None:
    imp = made_importance([0.2, 0.11], slopes=[0.4, 0.01])
    (finding,) = no_slope_findings(imp)
    assert finding.caution and finding.key == "no_slope_d1"
    assert finding.numbers["low"] < 0 < finding.numbers["high"]


def test_many_shares_without_a_slope_are_one_caution(made_importance: Callable) -> None:
    count = MOST_CAUTIONS + 1
    imp = made_importance([0.1] * (count + 1), slopes=[0.5, *[0.0] * count])
    (finding,) = no_slope_findings(imp)
    assert set(finding.numbers) == {f"d{i}" for i in range(1, count + 1)}
    assert finding.text.startswith("Three of the four drivers")


@pytest.mark.parametrize(("scale", "expected"), [(None, 1), ("open", 0)])
def test_a_rating_that_runs_backwards_is_a_caution_and_minutes_are_not(
    made_importance: Callable, made_survey: Callable, scale: str | None, expected: int
) -> None:
    imp = made_importance([0.2, 0.11], slopes=[0.4, -0.3])
    survey = made_survey(2, items={"d1": {"scale": scale}} if scale else {})
    assert len(direction_findings(imp, survey)) == expected


def test_one_driver_alone_is_not_ranked_against_nobody(made_importance: Callable, made_survey: Callable) -> None:
    texts = [finding.text for finding in importance_findings(made_importance([0.3]), made_survey(1))]
    assert "it is the only driver in this model" in texts[0]
    assert not any("other drivers equal" in text for text in texts)


def test_a_bound_is_the_same_in_sentence_and_table_and_explained_only_where_there_is_one(made_importance) -> None:
    small = made_importance([0.2, 0.004], spread=0.008)
    (finding,) = near_zero_findings(small)
    found = importance_table(small)
    words = cell_text(next(cells[2] for cells in found.rows if cells[0] == "Driver B"))
    assert words.startswith("at most") and words in finding.text
    assert BOUNDED in found.notes
    assert BOUNDED not in importance_table(made_importance([0.2, 0.1])).notes
