"""Names beside lines: apart, in order, as near as can be; looks that differ."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from drivers.plot.lines import beside, spread, stroke

ROUNDING = 1e-9

places = st.lists(st.tuples(st.floats(0, 100), st.floats(0.5, 6)), min_size=1, max_size=15)


@settings(max_examples=80, deadline=None)
@given(places)
def test_boxes_lie_apart_within_bounds_and_in_order(given_places):
    wanted, sizes = np.array(given_places).T
    centres = spread(wanted, sizes, 0.0, 100.0)
    order = np.argsort(wanted, kind="stable")
    low, high = (centres - sizes / 2)[order], (centres + sizes / 2)[order]
    assert (low[1:] >= high[:-1] - ROUNDING).all()
    assert low[0] >= -ROUNDING and high[-1] <= 100 + ROUNDING


def test_boxes_that_fit_stay_where_they_are():
    wanted = np.array([50.0, 10.0, 30.0])
    assert_allclose(spread(wanted, np.full(3, 5.0), 0, 100), wanted, rtol=0, atol=ROUNDING)


def test_boxes_that_touch_share_the_way():
    found = spread(np.array([50.0, 51.0, 90.0]), np.array([10.0, 10.0, 4.0]), 0, 100)
    assert_allclose(found, [45.5, 55.5, 90.0], rtol=0, atol=ROUNDING)


def test_bounds_push_back():
    assert_allclose(spread(np.array([1.0, 2.0]), np.array([10.0, 10.0]), 0, 100), [5, 15], rtol=0, atol=ROUNDING)
    assert_allclose(spread(np.array([99.0, 98.0]), np.array([10.0, 10.0]), 0, 100), [95, 85], rtol=0, atol=ROUNDING)


def test_no_two_of_28_lines_look_alike():
    looks = [stroke(k) for k in range(28)]
    assert len({(look.colour, look.marker, look.dashes, look.hollow) for look in looks}) == 28
    assert len({look.marker for look in looks[:7]}) == 7, "never colour only"


def test_few_lines_stand_beside_each_other_many_on_one_place():
    assert_allclose(np.diff(beside(6)), 0.05, rtol=0, atol=ROUNDING)
    assert_allclose(beside(6).sum(), 0, rtol=0, atol=ROUNDING)
    assert not beside(7).any()
