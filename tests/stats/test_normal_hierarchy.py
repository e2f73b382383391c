"""Partial pooling: eight schools, limits, laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.stats import normal_hierarchy
from drivers.stats.normal_hierarchy import half_cauchy, pool

SCHOOLS = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
ERRORS = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])
PRINTED = 6e-4  # three decimals, and the grid


def test_eight_schools():
    # mu ~ N(0, 5), tau ~ half-Cauchy(0, 5); integrated on a grid, and within Monte-Carlo error of posteriordb's means
    found = pool(SCHOOLS, ERRORS, np.ones(8), scale=5, prior=half_cauchy(5), centre_sd=5)
    assert found.centre == pytest.approx(4.3968, abs=PRINTED)
    np.testing.assert_allclose(found.mean, [6.212, 4.940, 3.927, 4.757, 3.615, 4.043, 6.297, 4.854], atol=PRINTED)
    published, mcse = [6.1505, 4.9396, 3.9059, 4.7960, 3.6144, 4.0511, 6.3172, 4.8840], 0.056
    np.testing.assert_allclose(found.mean, published, atol=4 * mcse)


def test_the_spread_of_eight_schools_with_the_long_tail_in_the_grid(monkeypatch):
    monkeypatch.setattr(normal_hierarchy, "REACH", 60.0)
    monkeypatch.setattr(normal_hierarchy, "GRID", 4000)
    found = pool(SCHOOLS, ERRORS, np.ones(8), scale=5, prior=half_cauchy(5), centre_sd=5)
    assert found.spread == pytest.approx(3.5978, abs=2e-3)


def test_doubling_the_grid_moves_nothing(monkeypatch):
    before = pool(SCHOOLS, ERRORS, np.ones(8), scale=10.0)
    monkeypatch.setattr(normal_hierarchy, "GRID", 800)
    after = pool(SCHOOLS, ERRORS, np.ones(8), scale=10.0)
    np.testing.assert_allclose(before.mean, after.mean, atol=1e-3)
    np.testing.assert_allclose(before.p_above, after.p_above, atol=1e-4)


def test_limits_are_no_pooling_and_full_pooling():
    free = pool(SCHOOLS, ERRORS / 1000, np.ones(8), scale=100.0)
    np.testing.assert_allclose(free.mean, SCHOOLS, atol=0.01)
    assert (free.kept > 0.99).all()
    whole = pool(SCHOOLS, ERRORS, np.ones(8), scale=1e-6)
    centre = np.average(SCHOOLS, weights=ERRORS**-2.0)
    np.testing.assert_allclose(whole.mean, centre, atol=1e-3)
    np.testing.assert_allclose(whole.p_above, 0.5, atol=1e-3)


@given(seed=st.integers(0, 1000), groups=st.integers(2, 10), factor=st.floats(0.01, 100), shift=st.floats(-5, 5))
def test_units_and_origin_do_not_matter(seed, groups, factor, shift):
    rng = np.random.default_rng(seed)
    y, error, size = rng.normal(size=groups), rng.uniform(0.3, 2, groups), rng.uniform(1, 9, groups)
    one = pool(y, error, size, scale=0.5)
    other = pool(shift - factor * y, factor * error, size, scale=0.5 * factor)
    np.testing.assert_allclose(other.mean, shift - factor * one.mean, rtol=1e-6, atol=1e-6 * factor)
    np.testing.assert_allclose(other.p_above, 1 - one.p_above, atol=1e-9)
    assert (one.kept >= 0).all() and (one.kept <= 1).all()


def test_pooling_beats_both_extremes_on_average():
    # 12 segments, errors of .14, spread of .08: the methods' case; RMSE over 400 data sets
    rng = np.random.default_rng(11)
    losses = np.zeros(3)
    for _ in range(400):
        truth = 0.4 + 0.08 * rng.normal(size=12)
        y = truth + 0.14 * rng.normal(size=12)
        partial = pool(y, np.full(12, 0.14), np.ones(12), scale=0.3).mean
        losses += [np.mean((guess - truth) ** 2) for guess in (y, np.full(12, y.mean()), partial)]
    rmse = np.sqrt(losses / 400)
    assert rmse[2] < 1.02 * min(rmse[:2])
