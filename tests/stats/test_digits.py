"""Ends of an interval print differently, with no more decimals than that takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.stats.digits import EXTRA, digits_apart


@pytest.mark.parametrize(
    ("low", "high", "start", "digits"),
    [
        (15.0, 21.0, 0, 0),
        (5.5, 6.2, 0, 1),
        (5.81, 5.84, 0, 2),
        (5.811, 5.812, 0, 0),
        (6.0, 6.0, 0, 0),
        (0.301, 0.309, 2, 2),
        (0.3106, 0.3119, 2, 3),
        (-0.2, 0.2, 0, 1),
        (float("nan"), float("nan"), 1, 1),
    ],
)
def test_the_fewest_decimals_that_tell_the_ends_apart(low: float, high: float, start: int, digits: int) -> None:
    assert digits_apart(low, high, start) == digits


@given(low=st.floats(-1e3, 1e3), width=st.floats(0, 3), start=st.integers(0, 2))
def test_printed_ends_differ_or_cannot(low: float, width: float, start: int) -> None:
    digits = digits_apart(low, low + width, start)
    printed = [f"{end + 0.0:.{digits}f}".replace("-0", "0") for end in (low, low + width)]
    if printed[0] == printed[1]:
        assert digits == start and width <= 2 * 10.0 ** -(start + EXTRA)
    assert start <= digits <= start + EXTRA
