"""Averages over cells beside the sums they stand for, and the table of a draw beside the function it stands for."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, ndtr

from drivers.stats.gcomputation import KNOTS, Crowd, Moves, Surface, averages

TABLE = 2e-11
"""Four thresholds, each off by at most 3e-12 between knots, and rounding."""

ROUNDING = 1e-12


def crowd_of(rng, m, p=3, parts=2):
    return Crowd(
        x=rng.integers(1, 6, (m, p)).astype(float), z=rng.standard_normal((m, 1)), weight=rng.gamma(2.0, 1.0, m),
        unit=np.arange(m), group=np.zeros(m, dtype=np.intp),
        parts=np.column_stack([np.zeros(m, dtype=np.intp), rng.choice([-1, *range(1, parts + 1)], m)]).astype(np.intp),
        applies=np.ones((m, p), dtype=bool),
    )  # fmt: skip


def surface_of(rng, s, p=3, probit=True):
    return Surface(
        offset=rng.standard_normal((s, 1)), slopes=rng.normal(0.3, 0.2, (s, 1, p)), gamma=rng.standard_normal((s, 1)),
        cuts=np.sort(rng.normal(2.0, 1.0, (s, 4)), axis=1), products=np.zeros((s, 0)),
        pair=np.zeros((0, 2), dtype=np.intp), centre=np.zeros((0, 2)), base=np.array([1.0, 0.0, -100.0]),
        rise=np.array([[1.0, 1, 1, 1], [0, 0, 1, 0], [0, 100.0, 0, 100.0]]), probit=probit,
    )  # fmt: skip


def moves_of(rng, crowd, count):
    source = rng.integers(0, len(crowd.x), count)
    return Moves(
        source=source, target=np.minimum(crowd.x[source] + rng.random((count, 3)), 5), share=rng.random(count),
        rate=np.zeros((count, 0), dtype=np.intp), follow=np.zeros(0, dtype=np.intp), low=np.full(3, 1.0),
        high=np.full(3, 5.0),
    )  # fmt: skip


def plainly(crowd, surface, moves, multipliers, d):
    """Before and change of the whole population in one draw, in plain numpy."""
    cdf = ndtr if surface.probit else expit

    def measures(x, z):
        eta = surface.offset[d, 0] + x @ surface.slopes[d, 0] + z @ surface.gamma[d]
        above = cdf(eta[:, None] - surface.cuts[d])
        return np.column_stack([eta, surface.base + above @ surface.rise.T])

    load = crowd.weight * multipliers[d, crowd.unit]
    now = measures(crowd.x, crowd.z)
    then = measures(moves.target, crowd.z[moves.source])
    moved = (load[moves.source] * moves.share)[:, None] * (then - now[moves.source])
    return load @ now / load.sum(), moved.sum(axis=0) / load.sum()


@pytest.mark.parametrize(("m", "count"), [(30, 20), (6000, 5000)], ids=["each value", "from a table"])
@pytest.mark.parametrize("probit", [True, False])
def test_averages_are_weighted_sums_over_cells(m, count, probit):
    rng = np.random.default_rng(m)
    crowd, surface = crowd_of(rng, m), surface_of(rng, 3, probit=probit)
    assert (m + count > 4 * KNOTS * 12) == (m == 6000)  # eta spans about 12 units: this is where tables begin
    moves, multipliers = moves_of(rng, crowd, count), rng.gamma(1.0, 1.0, (3, m))
    before, change = averages(
        crowd, surface, [moves], multipliers, [np.zeros((3, 0))], [np.zeros((3, 3, 3))], parts=3
    )
    for d in range(3):
        wanted = plainly(crowd, surface, moves, multipliers, d)
        tolerance = (TABLE if m == 6000 else ROUNDING) * np.array([1, 1, 1, 100])
        assert (np.abs(before[d, 0] - wanted[0]) < tolerance * 10).all()
        assert (np.abs(change[0, d, 0] - wanted[1]) < tolerance * 10).all()


def test_several_ways_at_once_are_each_way_alone():
    rng = np.random.default_rng(4)
    crowd, surface = crowd_of(rng, 50), surface_of(rng, 2)
    first, second = moves_of(rng, crowd, 40), replace(moves_of(rng, crowd, 25), follow=np.array([2]))
    path = np.zeros((2, 3, 3))
    path[:, 2, 0] = 0.4
    none, ones = np.zeros((2, 3, 3)), rng.gamma(1.0, 1.0, (2, 50))
    rates = [np.zeros((2, 0)), np.zeros((2, 0))]
    before, change = averages(crowd, surface, [first, second], ones, rates, [none, path], parts=3)
    for w, (one, way) in enumerate(((first, none), (second, path))):
        alone = averages(crowd, surface, [one], ones, rates[:1], [way], parts=3)
        np.testing.assert_array_equal(before, alone[0])
        np.testing.assert_array_equal(change[w], alone[1][0])


def test_a_follower_goes_as_far_as_its_path_says_and_no_further():
    rng = np.random.default_rng(8)
    crowd, surface = crowd_of(rng, 40), surface_of(rng, 1)
    target = crowd.x.copy()
    target[:, 0] = np.minimum(target[:, 0] + 1, 5)
    here = np.arange(40)
    asked = Moves(source=here, target=target, share=np.ones(40), rate=np.zeros((40, 0), dtype=np.intp),
                  follow=np.array([1, 2]), low=np.full(3, 1.0), high=np.full(3, 5.0))  # fmt: skip
    path = np.zeros((1, 3, 3))
    path[0, 1, 0], path[0, 2, 1] = 0.7, 0.5  # 0 moves 1, and 1 moves 2
    landed = target.copy()
    landed[:, 1] = np.clip(crowd.x[:, 1] + 0.7 * (target[:, 0] - crowd.x[:, 0]), 1, 5)
    landed[:, 2] = np.clip(crowd.x[:, 2] + 0.5 * (landed[:, 1] - crowd.x[:, 1]), 1, 5)
    ones, rates = np.ones((1, 40)), [np.zeros((1, 0))]
    got = averages(crowd, surface, [asked], ones, rates, [path], parts=3)[1]
    by_hand = replace(asked, target=landed, follow=np.zeros(0, dtype=np.intp))
    wanted = averages(crowd, surface, [by_hand], ones, rates, [np.zeros((1, 3, 3))], parts=3)[1]
    np.testing.assert_allclose(got, wanted, atol=ROUNDING)


@pytest.mark.parametrize("probit", [True, False])
def test_measures_from_a_table_stay_on_the_scale_and_rise_with_eta(probit):
    rng = np.random.default_rng(5)
    m = 4000
    crowd = replace(crowd_of(rng, m), x=np.linspace(-12, 12, 3 * m).reshape(3, m).T, z=np.zeros((m, 1)))
    crowd = replace(crowd, parts=np.arange(m, dtype=np.intp)[:, None])
    surface = replace(surface_of(rng, 1, probit=probit), slopes=np.array([[[2.0, 0.0, 0.0]]]))  # eta spans 16 units
    moves = replace(moves_of(rng, crowd, m), source=np.arange(m), target=crowd.x + np.array([0.5, 0.0, 0.0]))
    before, change = averages(crowd, surface, [moves], np.ones((1, m)), [np.zeros((1, 0))], [np.zeros((1, 3, 3))], m)
    low, high = np.array([1.0, 0.0, -100.0]), np.array([5.0, 1.0, 100.0])
    assert (before[0, :, 1:] >= low - ROUNDING * 200).all() and (before[0, :, 1:] <= high + ROUNDING * 200).all()
    assert (change[0, 0, :, 1:] >= -ROUNDING * 200).all()


def test_moving_what_has_no_slope_changes_nothing_at_all_though_a_table_is_read():
    rng = np.random.default_rng(6)
    crowd = crowd_of(rng, 6000)
    surface = surface_of(rng, 2)
    surface = replace(surface, slopes=surface.slopes * np.array([1.0, 0.0, 1.0]))
    target = crowd.x.copy()
    target[:, 1] = 5.0
    moves = replace(moves_of(rng, crowd, 6000), source=np.arange(6000), target=target)
    change = averages(crowd, surface, [moves], np.ones((2, 6000)), [np.zeros((2, 0))], [np.zeros((2, 3, 3))], 3)[1]
    assert (change[0, :, 0] == 0).all()


@given(seed=st.integers(0, 2**16), m=st.integers(1, 60))
def test_measures_stay_between_the_ends_of_their_scale(seed, m):
    rng = np.random.default_rng(seed)
    crowd, surface = crowd_of(rng, m), surface_of(rng, 2)
    moves = moves_of(rng, crowd, m)
    moves = replace(moves, source=np.arange(m), share=np.ones(m), target=np.full((m, 3), 5.0))
    before, change = averages(
        crowd, surface, [moves], rng.gamma(1.0, 1.0, (2, m)), [np.zeros((2, 0))], [np.zeros((2, 3, 3))], parts=3
    )
    after = before + change[0]
    assert (after[:, 0, 1] <= 5 + ROUNDING).all() and (after[:, 0, 2] <= 1 + ROUNDING).all()
    assert (np.abs(after[:, 0, 3]) <= 100 + 100 * ROUNDING).all()


def test_a_part_without_weight_has_no_numbers():
    rng = np.random.default_rng(2)
    crowd = crowd_of(rng, 10)
    crowd = replace(crowd, parts=np.zeros((10, 1), dtype=np.intp))
    moves = moves_of(rng, crowd, 5)
    before, change = averages(
        crowd, surface_of(rng, 1), [moves], np.ones((1, 10)), [np.zeros((1, 0))], [np.zeros((1, 3, 3))], parts=2
    )
    assert np.isnan(before[0, 1]).all() and np.isnan(change[0, 0, 1]).all()
