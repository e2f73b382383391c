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
