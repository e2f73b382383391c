"""What to fix first: the words follow the probability, and no driver is named that is not likely enough."""

import pytest

from drivers.defaults import LEANING, LIKELY, VERY_LIKELY
from drivers.report.priority_sentences import Candidate, first_to_fix, rest_to_fix


def candidate(p: float, label: str = "Speed", **other: float) -> Candidate:
    numbers = {"performance": 41.2, "average": 55.0, "slope": 0.37, "low": 0.35, "high": 0.39} | other
    return Candidate(label=label, outcome="Satisfaction", p=p, **numbers)


@pytest.mark.parametrize(
    ("p", "words"),
    [(0.97, "Speed is very likely both weaker (41 of 100, the average driver 55)"),
     (LIKELY, "Speed is likely both weaker"),
     (VERY_LIKELY, "very likely both"), (LEANING, "the evidence is leaning towards Speed, weaker")],
)  # fmt: skip
def test_the_words_follow_the_probability(p: float, words: str) -> None:
    found = first_to_fix(candidate(p))
    assert found.text.startswith("Fix first: ") and words in found.text and not found.caution
    assert "rate Satisfaction 0.37 points higher, other drivers equal (0.35 to 0.39)" in found.text
    assert found.numbers["p"] == p


def test_nobody_is_named_below_a_leaning() -> None:
    found = first_to_fix(candidate(LEANING - 1e-9))
    assert found.caution and found.text.startswith("No driver can be called the one to fix first")
    assert rest_to_fix([candidate(LEANING - 1e-9), candidate(0.5)]) is None


def test_slopes_that_say_little_are_not_dressed_up() -> None:
    assert "no clear difference in Satisfaction, others equal (−0.10 to 0.50 points)" in first_to_fix(
        candidate(0.9, low=-0.1, high=0.5)
    ).text
    assert "0.37 points lower, other drivers equal (0.35 to 0.39)" in first_to_fix(
        candidate(0.9, slope=-0.37, low=-0.39, high=-0.35)
    ).text


def test_the_next_are_named_with_their_probability() -> None:
    ranked = [candidate(0.99), candidate(0.85, "Value"), candidate(0.65, "Staff"), candidate(0.2, "Queue")]
    found = rest_to_fix(ranked)
    assert found is not None
    assert found.text.endswith("more important than the average: Value (likely, 85 %) and Staff (leaning, 65 %).")
    assert rest_to_fix(ranked[:1]) is None
