"""Each sentence against the number behind it, and all of them as English."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.defaults import LEANING, LIKELY, VERY_LIKELY
from drivers.report import sentences

JUST_BELOW = 1e-9


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (1.0, "very likely"),
        (VERY_LIKELY, "very likely"),
        (VERY_LIKELY - JUST_BELOW, "likely"),
        (LIKELY, "likely"),
        (LIKELY - JUST_BELOW, "leaning"),
        (LEANING, "leaning"),
        (LEANING - JUST_BELOW, "cannot be separated"),
        (0.5, "cannot be separated"),
    ],
)
def test_the_words_for_a_probability_change_at_the_thresholds(p: float, words: str) -> None:
    assert sentences.certainty(p) == words


def test_explained_and_unexplained_add_up() -> None:
    assert sentences.explained("Satisfaction", 4, 0.424, 0.391, 0.458, 0.90) == (
        "The four drivers together go with 42 % of the differences in Satisfaction between people "
        "(90 % interval 39 % to 46 %); the other 58 % is not explained by them: other things, chance in answering, or "
        "relations that are not straight lines."
    )
    assert sentences.explained("Satisfaction", 1, 0.1, 0.05, 0.2, 0.90).startswith("The driver goes with 10 %")


def test_narrow_intervals_are_told_apart() -> None:
    text = sentences.explained("Satisfaction", 4, 0.424, 0.421, 0.4243, 0.90)
    assert "with 42.4 % of" in text and "interval 42.1 % to 42.4 %" in text and "the other 57.6 %" in text
    text = sentences.first("Satisfaction", "Speed", 1.0, 0.1803, 0.1798, 0.1812, "Value", 0.0)
    assert "18.03 % (17.98 % to 18.12 %)" not in text and "18.0 % (18.0 % to 18.1 %)" in text
    assert "(63.1 % to 63.4 %;" in sentences.score_top2("Satisfaction", 0.632, 0.631, 0.634, "4 or 5", "9 answers")
    assert "0.311 points higher" in sentences.slope("Y", "X", 0.3111, 0.3106, 0.3119, rated=True)


def test_a_ranking_is_refused_with_the_reason() -> None:
    text = sentences.too_little("Satisfaction", 0.06, 0.021, 0.11)
    assert text.startswith("No order of drivers is given for Satisfaction: they go with only 6 % of its differences")
    assert "as little as 2 %" in text and "5 % or more" in text


@pytest.mark.parametrize(
    ("p", "start"),
    [
        (0.97, "Speed very likely goes with the largest share"),
        (0.85, "Speed likely goes with the largest share"),
        (0.70, "The evidence is leaning towards Speed having the largest share"),
        (0.44, "No single driver can be called first"),
    ],
)
def test_who_is_first_and_how_sure(p: float, start: str) -> None:
    text = sentences.first("Satisfaction", "Speed", p, 0.18, 0.15, 0.21, "Value", 1 - p)
    assert text.startswith(start)
    assert "18 % (15 % to 21 %)" in text
    assert f"{100 * p:.0f} %" in text


def test_first_never_names_a_winner_it_cannot_separate() -> None:
    text = sentences.first("Satisfaction", "Speed", 0.44, 0.18, 0.15, 0.21, "Value", 0.40)
    assert "likely" not in text and "leaning" not in text
    assert "with probability 44 % only, Value with 40 %" in text


def test_pairs() -> None:
    assert sentences.ahead("A", "B", 0.98) == "A is very likely ahead of B (probability 98 %)."
    assert sentences.ahead("A", "B", 0.82) == "A is likely ahead of B (probability 82 %)."
    assert sentences.ahead("A", "B", 0.62) == "The evidence is leaning towards A being ahead of B (probability 62 %)."
    assert sentences.ahead("A", "B", 0.55) == "A and B cannot be separated (55 % against 45 %)."
    assert sentences.ahead("A", "B", 0.10) == "B is likely ahead of A (probability 90 %)."
    assert sentences.tied(["A", "B"]) == "A and B cannot be separated: either may have the larger share."
    assert sentences.tied(["A", "B", "C"]).startswith("A, B and C cannot be put in order")


def test_near_zero_is_an_upper_bound() -> None:
    assert sentences.near_zero("Satisfaction", ["Parking"], [0.0181]) == (
        "Parking goes with at most 2 % of the differences in Satisfaction."
    )
    assert sentences.near_zero("Satisfaction", ["Parking", "Music"], [0.018, 0.011]).endswith("in Satisfaction each.")
    assert "at most 2 % and 1 %" in sentences.near_zero("Satisfaction", ["Parking", "Music"], [0.018, 0.009])


def test_a_slope_in_words() -> None:
    assert sentences.slope("Satisfaction", "Speed", 0.31, 0.25, 0.37, rated=True) == (
        "People who rate Speed one point higher rate Satisfaction 0.31 points higher on average, other drivers equal "
        "(0.25 to 0.37)."
    )
    assert sentences.slope("Satisfaction", "Minutes", -0.05, -0.08, -0.02, rated=False, alone=True) == (
        "People with one unit more of Minutes rate Satisfaction 0.05 points lower on average (0.02 to 0.08)."
    )
    text = sentences.slope("Satisfaction", "Music", 0.01, -0.02, 0.04, rated=True)
    assert "no clear difference in Satisfaction" in text and "−0.02 to 0.04" in text


def test_share_without_slope_says_not_to_act_on_it() -> None:
    text = sentences.share_without_slope("Music", 0.11, 0.01, -0.02, 0.04)
    assert text.startswith("Music has a share of 11 % but no clear slope of its own (0.01 points, −0.02 to 0.04)")


def test_many_shares_without_slope_share_one_sentence() -> None:
    text = sentences.shares_without_slope(["A", "B", "C", "D", "E", "F"], 15)
    assert text.startswith("Six of the 15 drivers have a share but no clear slope of their own: A, B, C, D and 2 more.")
    assert "A, B and C." in sentences.shares_without_slope(["A", "B", "C"], 4)


def test_scores() -> None:
    assert sentences.score_top2("Satisfaction", 0.63, 0.61, 0.65, "4 or 5", "8,912 answers") == (
        "Satisfaction: 63 % answered 4 or 5 (61 % to 65 %; 8,912 answers)."
    )
    assert sentences.score_nps("Recommend", -4.2, -7.0, -1.4, "50 answers").startswith(
        "Recommend: net promoter score −4 (−7 to −1;"
    )
    assert (
        sentences.score_mean("Wait", 12.3, 11.9, 12.7, "1 answer")
        == "Wait: 12.30 on average (11.90 to 12.70; 1 answer)."
    )


def test_waves_make_no_claim_of_change() -> None:
    text = sentences.waves_with_care("Satisfaction", "2026-Q3", "64 % (61 % to 67 %)", "60 %", "66 %", 6, latest=True)
    assert "64 % (61 % to 67 %) in 2026-Q3, the latest of six waves" in text
    assert "makes no claim of change" in text


part = st.floats(0, 1)
point = st.floats(-5, 5)


@given(p=part, low=part, high=part, value=point, below=point, above=point, drivers=st.integers(1, 30))
def test_every_sentence_reads_as_one_clean_sentence_without_causal_words(
    p: float, low: float, high: float, value: float, below: float, above: float, drivers: int
) -> None:
    said = [
        sentences.explained("Y", drivers, p, low, high, 0.9),
        sentences.too_little("Y", p, low, high),
        sentences.first("Y", "A", p, low, low, high, "B", 1 - p),
        sentences.only_one("Y", "A", p, low, high),
        sentences.ahead("A", "B", p),
        sentences.tied(["A", "B", "C"]),
        sentences.near_zero("Y", ["A", "B"], [low, high]),
        sentences.slope("Y", "A", value, below, above, rated=True),
        sentences.share_without_slope("A", p, value, below, above),
        sentences.shares_without_slope(["A", "B", "C"], drivers + 3),
        sentences.against_direction("A", "Y", value, below, above),
        sentences.score_nps("Y", value, below, above, "1 answer"),
        sentences.score_top2("Y", p, low, high, "4 or 5", "1 answer"),
        sentences.score_mean("Y", value, below, above, "1 answer"),
    ]
    for text in said:
        assert text == text.strip() and text[0].isupper() and text.endswith(".")
        assert "  " not in text and " ," not in text and "nan" not in text and "-0" not in text
        assert not re.search(r"\b(drives|causes|caused|leads to|impact|effect)\b", text)
