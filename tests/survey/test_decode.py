"""What a code means: numbers in every spelling, empty cells of every kind, words, and the laws of reversal."""

import math
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.survey.codes import as_number
from drivers.survey.decode import Reason, decode
from drivers.survey.schema import Survey

ANSWERED, BLANK, TEXT, OUT = Reason.ANSWERED, Reason.BLANK, Reason.TEXT, Reason.OUT_OF_RANGE
ROUNDING = 1e-12
"""Two subtractions of numbers below 1e3."""


def item(scale=(1, 5), **declared):
    return Survey(drivers=["a"], outcomes=["y"], items={"a": {"scale": scale, **declared}}).item("a")


RATING = item(not_applicable=[8, "Not used"], dont_know=[9, "Don't know"])


def meaning(asked, code):
    values, reasons = decode(asked, [code])
    assert values.dtype == np.float64
    assert reasons.dtype == np.int8
    assert math.isnan(values[0]) == (reasons[0] != ANSWERED)
    return (values[0] if reasons[0] == ANSWERED else None), Reason(reasons[0])


@pytest.mark.parametrize(
    "code",
    [4, 4.0, "4", " 4 ", "4.0", "4,0", "+4", "4.", "4e0", "\u00a04", np.int8(4), np.uint64(4), np.float32(4),
     np.str_("4"),
     Decimal("4.00"), Fraction(4)],
    ids=repr,
)
def test_one_number_in_every_spelling(code):
    assert meaning(RATING, code) == (4.0, ANSWERED)


@pytest.mark.parametrize(
    "code",
    [None, math.nan, np.float32("nan"), pd.NA, pd.NaT, np.datetime64("NaT", "s"), Decimal("NaN"), Decimal("sNaN"),
     "", "  ", "NA",
     "n/a", "NaN", "null", "None", "<NA>"],
    ids=repr,
)
def test_an_empty_cell_of_every_kind_is_blank(code):
    assert meaning(RATING, code) == (None, BLANK)


@pytest.mark.parametrize(
    "code",
    ["four", "4 of 5", "4 - good", "1_0", "0x4", "1,234", "-1,234", "1.234,5", "--4", "4 4", math.inf, -math.inf,
     "inf", "1e999",
     Decimal("Infinity"), 10**400, date(2026, 1, 4), b"4", 4 + 0j, (4,), True, np.False_],
    ids=lambda code: repr(code)[:20],
)
def test_what_is_no_finite_number_is_text(code):
    assert meaning(RATING, code) == (None, TEXT)


@pytest.mark.parametrize(
    ("code", "reason"),
    [(8, 2), ("8", 2), (8.0, 2), ("8,0", 2), ("NOT  used ", 2), (9, 3), (Decimal(9), 3), ("don\u2019t KNOW", 3),
     (np.int64(9), 3)],
    ids=repr,
)
def test_not_applicable_and_dont_know_stay_apart(code, reason):
    assert meaning(RATING, code) == (None, Reason(reason))


@pytest.mark.parametrize("code", [0, 6, 0.999, 5.001, -1, 1e300, "5.5", 88])
def test_numbers_beyond_the_ends_are_out_of_range(code):
    assert meaning(RATING, code) == (None, OUT)


@pytest.mark.parametrize(("code", "value"), [(3.5, 3.5), ("3,5", 3.5), (1, 1.0), (5, 5.0), (Decimal("4.25"), 4.25)])
def test_item_means_between_two_points_are_kept(code, value):
    assert meaning(RATING, code) == (value, ANSWERED)


def test_an_open_scale_has_no_ends_and_is_never_turned_round():
    minutes = item("open", direction="lower")
    assert [meaning(minutes, code) for code in (-3, 0.25, "1e3", "0,125")] == [
        (-3.0, ANSWERED), (0.25, ANSWERED), (1000.0, ANSWERED), (0.125, ANSWERED)
    ]
    assert meaning(minutes, math.inf) == (None, TEXT)


@pytest.mark.parametrize("scale", ["open", (0, 1)], ids=str)
def test_truth_values_are_one_and_zero_where_that_is_an_answer(scale):
    assert [meaning(item(scale), code) for code in (True, np.False_)] == [(1.0, ANSWERED), (0.0, ANSWERED)]


def test_a_declared_text_wins_over_its_reading_as_blank():
    some = Survey(drivers=["a"], outcomes=["y"], items={"a": {"levels": ["None", "Some", "All"],
    "not_applicable": ["NA"]}})
    codes = [" none", "SOME", "All", "NA", "null", "most", 2, "3", 4, None]
    assert [meaning(some.item("a"), code) for code in codes] == [
        (1.0, ANSWERED), (2.0, ANSWERED), (3.0, ANSWERED), (None, Reason.NOT_APPLICABLE), (None, BLANK), (None, TEXT),
        (2.0, ANSWERED), (3.0, ANSWERED), (None, OUT), (None, BLANK),
    ]


def test_lower_is_better_turns_a_closed_scale_round():
    effort = item((1, 7), direction="lower", dont_know=[9])
    assert [meaning(effort, code) for code in (1, "7", 2.5, 9, 8)] == [
        (7.0, ANSWERED), (1.0, ANSWERED), (5.5, ANSWERED), (None, Reason.DONT_KNOW), (None, OUT)
    ]
    words = Survey(drivers=["a"], outcomes=["y"], items={"a": {"levels": ["never", "at times", "often"],
    "direction": "lower"}})
    assert meaning(words.item("a"), "never") == (3.0, ANSWERED)


def test_no_codes_give_no_values():
    values, reasons = decode(RATING, [])
    assert values.shape == reasons.shape == (0,)


CODES = st.one_of(
    st.none(), st.booleans(), st.integers(-20, 20), st.floats(), st.text(max_size=4), st.decimals(-20, 20, places=1),
    st.sampled_from(["8", "not used", "NA", "4,5", "1,234"]),
)
SCALES = st.one_of(st.just("open"), st.tuples(st.integers(-9, 0), st.integers(1, 7)).map(tuple))
ITEMS = st.builds(
    item, SCALES, direction=st.sampled_from(["higher", "lower"]), not_applicable=st.just([18, "Not used"]),
    dont_know=st.just([19])
)


@given(ITEMS, st.lists(CODES, max_size=8), st.randoms())
def test_each_code_is_decoded_for_itself(asked, codes, random):
    order = random.sample(range(len(codes)), len(codes))
    values, reasons = decode(asked, codes)
    mixed_values, mixed_reasons = decode(asked, [codes[place] for place in order])
    np.testing.assert_array_equal(mixed_values, values[order])
    np.testing.assert_array_equal(mixed_reasons, reasons[order])


@given(ITEMS, st.lists(CODES, max_size=8))
def test_values_lie_on_the_scale_and_stand_where_there_is_an_answer(asked, codes):
    values, reasons = decode(asked, codes)
    np.testing.assert_array_equal(np.isfinite(values), reasons == ANSWERED)
    assert not np.isinf(values).any()
    if asked.scale != "open":
        answered = values[reasons == ANSWERED]
        assert ((answered >= asked.scale[0]) & (answered <= asked.scale[1])).all()


@given(st.integers(-9, 0), st.integers(1, 7), st.lists(st.floats(-10, 10), max_size=8))
def test_turning_a_scale_round_twice_changes_nothing(low, high, codes):
    up, down = item((low, high)), item((low, high), direction="lower")
    values, reasons = decode(up, codes)
    once, turned = decode(down, codes)
    twice, _ = decode(down, once)
    np.testing.assert_array_equal(reasons, turned)
    np.testing.assert_allclose(twice, values, rtol=0, atol=ROUNDING)
    np.testing.assert_allclose(once + values, np.where(reasons == ANSWERED, low + high, np.nan), rtol=0,
    atol=ROUNDING)


@given(ITEMS, st.lists(st.one_of(st.floats(), st.integers(-20, 20).map(float)), max_size=12))
def test_an_array_is_decoded_like_its_codes_one_by_one(asked, codes):
    values, reasons = decode(asked, codes)
    all_values, all_reasons = decode(asked, np.array(codes, dtype=np.float64))
    np.testing.assert_array_equal(all_values, values)
    np.testing.assert_array_equal(all_reasons, reasons)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_from_its_own_spelling(number):
    assert as_number(repr(number)) == as_number(str(Decimal(number))) == number
