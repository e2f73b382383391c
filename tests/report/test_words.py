"""Numbers as words: no false certainty, no "-0", no bound below its number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.report import words
from drivers.report.content import Bound, Estimate, Hidden, Number, Span


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.314, 0, "31 %"),
        (0.0, 0, "0 %"),
        (-0.001, 0, "0 %"),
        (-0.25, 0, "−25 %"),
        (0.12345, 1, "12.3 %"),
        (1.0, 0, "100 %"),
    ],
)
def test_percent(value: float, digits: int, text: str) -> None:
    assert words.percent(value, digits) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (1.0, "more than 99 %"),
        (0.9999, "more than 99 %"),
        (0.97, "97 %"),
        (0.5, "50 %"),
        (0.004, "less than 1 %"),
        (0.0, "less than 1 %"),
    ],
)
def test_chance_never_claims_certainty(p: float, text: str) -> None:
    assert words.chance(p) == text


@given(part=st.floats(0, 1), digits=st.integers(0, 2))
def test_a_bound_is_never_below_its_number(part: float, digits: int) -> None:
    printed = float(words.bound(part, digits).removesuffix(" %"))
    assert printed >= 100 * part - 1e-6
    assert printed <= 100 * part + 10.0**-digits + 1e-6


@pytest.mark.parametrize(("value", "text"), [(23.4, "+23"), (-4.0, "−4"), (-0.2, "0"), (0.0, "0")])
def test_signed(value: float, text: str) -> None:
    assert words.signed(value) == text


@pytest.mark.parametrize(
    ("sides", "text"),
    [
        ((0.058, 0.055, 0.062), "5.8 % (5.5 % to 6.2 %)"),
        ((0.0582, 0.0581, 0.0584), "5.82 % (5.81 % to 5.84 %)"),
        ((0.18, 0.15, 0.21), "18 % (15 % to 21 %)"),
        ((0.06, 0.06, 0.06), "6 % (6 % to 6 %)"),
        ((0.003, 0.001, 0.004), "0.3 % (0.1 % to 0.4 %)"),
        ((0.0003, 0.0001, 0.003), "less than 0.1 % (less than 0.1 % to 0.3 %)"),
    ],
)
def test_a_share_and_its_interval_never_read_six_to_six(sides: tuple[float, float, float], text: str) -> None:
    assert words.share_inside(*sides) == text


def test_ends_are_told_apart_in_every_unit() -> None:
    assert words.inside(0.058, 0.055, 0.062, "percent") == ("5.8 %", "5.5 % to 6.2 %")
    assert words.inside(22.8, 22.6, 23.1, "score") == ("+22.8", "+22.6 to +23.1")
    assert words.inside(0.3111, 0.3106, 0.3119, "points", 2) == ("0.311", "0.311 to 0.312")
    assert words.inside(1204.0, 1203.9, 1204.1, "count") == ("1,204", "1,204 to 1,204")
    assert words.cell_text(Estimate(value=0.058, low=0.055, high=0.062, unit="percent")) == "5.8 % (5.5 % to 6.2 %)"
    assert words.cell_text(Span(low=0.0553, high=0.0554, unit="percent", digits=1)) == "5.53 % to 5.54 %"


def test_plural_and_lists() -> None:
    assert words.plural(1, "answer") == "1 answer"
    assert words.plural(1204, "answer") == "1,204 answers"
    assert words.plural(2, "person", "people") == "2 people"
    assert [words.listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert (words.spelled(4), words.spelled(13)) == ("four", "13")


def test_a_label_is_quoted_only_when_it_would_blur_the_sentence() -> None:
    assert words.quoted_label("Service speed") == "Service speed"
    assert words.quoted_label("Ease of finding your way through") == "“Ease of finding your way through”"
    assert words.quoted_label("Staff, politeness") == "“Staff, politeness”"
    assert words.quoted_label("two\n  lines") == "two lines"


def test_cells_as_text() -> None:
    assert words.cell_text(None) == ""
    assert words.cell_text("=cmd()") == "=cmd()"
    assert words.cell_text(Number(value=0.183, unit="percent", digits=1)) == "18.3 %"
    assert words.cell_text(Number(value=1.0, unit="chance")) == ">99 %"
    assert words.cell_text(Number(value=float("nan"), unit="points")) == "–"
    assert words.cell_text(Span(low=-0.02, high=0.05, unit="points", digits=2)) == "−0.02 to 0.05"
    assert words.cell_text(Estimate(value=23, low=20, high=26, unit="score")) == "+23 (+20 to +26)"
    assert words.cell_text(Bound(high=0.0212, digits=1)) == "at most 2.2 %"
    assert words.cell_text(Hidden(why="fewer than 5")) == "fewer than 5"


def test_tiny_slopes_keep_two_significant_figures() -> None:
    assert words.inside(0.0031, 0.0012, 0.0043, "points", 2) == ("0.0031", "0.0012 to 0.0043")
    assert words.inside(0.31, 0.12, 0.43, "points", 2) == ("0.31", "0.12 to 0.43")
