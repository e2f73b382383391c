"""Tilted weights: a log-linear model's fitted table, wished averages met, and as little change as that needs."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from drivers.stats.tilting import mean_tilts, tilted_weights

SOFTNESS = 1e-6
"""The ridge keeps averages from being met exactly; in standard units it moves them by less than this."""

JOB_SATISFACTION = np.array([[1, 3, 10, 6], [2, 3, 10, 7], [1, 6, 14, 12], [0, 1, 9, 11]], dtype=float)
"""Income by job satisfaction, 96 men: Agresti (2013), Categorical Data Analysis, 3rd ed., table 2.8."""


def test_margins_and_a_product_give_the_linear_by_linear_association_model():
    rows, columns = (part.ravel() for part in np.indices((4, 4)))
    design = np.column_stack([*(rows == k for k in range(4)), *(columns == k for k in (1, 2, 3)), rows * columns])
    fitted = sm.GLM(JOB_SATISFACTION.ravel(), design.astype(float), family=sm.families.Poisson()).fit(tol=1e-12)
    features = np.column_stack([*(rows == k for k in (1, 2, 3)), *(columns == k for k in (1, 2, 3)), rows * columns])
    share = JOB_SATISFACTION.ravel() / 96
    found = tilted_weights(features.astype(float), share @ features, np.ones(16))
    np.testing.assert_allclose(96 * found, fitted.mu, atol=96 * SOFTNESS)


@given(seed=st.integers(0, 2**16), f=st.integers(1, 5))
def test_averages_are_met_and_weights_add_up(seed, f):
    rng = np.random.default_rng(seed)
    features, base = rng.standard_normal((80, f)), rng.gamma(2.0, 1.0, 80)
    wished = rng.dirichlet(np.ones(80)) @ features
    found = tilted_weights(features, wished, base)
    assert (found >= 0).all() and found.sum() == pytest.approx(1)
    np.testing.assert_allclose(found @ features, wished, atol=10 * SOFTNESS)


@given(seed=st.integers(0, 2**16))
def test_averages_that_hold_already_change_nothing(seed):
    rng = np.random.default_rng(seed)
    features, base = rng.standard_normal((30, 3)), rng.gamma(2.0, 1.0, 30)
    share = base / base.sum()
    np.testing.assert_allclose(tilted_weights(features, share @ features, base), share, atol=1e-12)


def test_averages_no_weights_can_have_are_met_nearly():
    found = tilted_weights(np.array([[0.0], [1.0]]), np.array([1.2]), np.ones(2))
    assert found[1] > 0.999


@given(seed=st.integers(0, 2**16))
def test_tilts_shift_means_as_wished(seed):
    rng = np.random.default_rng(seed)
    points, weights = rng.integers(1, 6, (60, 3)).astype(float), rng.dirichlet(np.ones(60))
    shifts = rng.normal(0, 0.05, (7, 3))
    tilts = mean_tilts(points, weights, shifts)
    centre = weights @ points
    for tilt, shift in zip(tilts, shifts, strict=True):
        drawn = weights * np.exp((points - centre) @ tilt)
        np.testing.assert_allclose(drawn @ points / drawn.sum() - centre, shift, atol=1e-8)


def test_a_shift_out_of_reach_leaves_finite_tilts():
    points = np.array([[1.0], [2.0]])
    assert np.isfinite(mean_tilts(points, np.array([0.5, 0.5]), np.array([[3.0]]))).all()


def test_a_group_that_agrees_on_an_item_keeps_it_where_it_is():
    points = np.array([[1.0, 1.0], [1.0, 3.0], [1.0, 5.0], [5.0, 5.0]])
    weights, shifts = np.array([0.3, 0.4, 0.3, 0.0]), np.array([[0.1, 0.2], [-0.4, 0.0]])
    tilts = mean_tilts(points, weights, shifts)
    assert np.isfinite(tilts).all() and (tilts[:, 0] == 0).all()
    drawn = weights * np.exp((points - weights @ points) @ tilts[0])
    assert (drawn @ points / drawn.sum())[1] == pytest.approx(weights @ points[:, 1] + 0.2, abs=1e-8)
