"""Squares of ratings beside incomplete ratings: exact where they say all, equivariant, left out where they cannot."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import ConvergenceError
from drivers.stats import incomplete as module
from drivers.stats.em import em_moments
from drivers.stats.incomplete import incomplete_moments
from drivers.stats.moments import weighted_moments

CONVERGED = 1e-6  # EM stops when a step is below 1e-9 standard deviations; near the optimum it gains slowly
ROWS, COLS = np.triu_indices(3)


def rated(seed, n=400, steep=1.5, points=5):
    """Ratings of two items and an outcome; the second is missing mostly for those who gave the first a low mark."""
    rng = np.random.default_rng(seed)
    mood = rng.normal(size=(n, 1))
    latent = np.column_stack([mood + rng.normal(size=(n, 2)), mood[:, 0] + rng.normal(size=n)])
    values = np.clip(np.round(0.6 * points + latent), 1, points)
    values[rng.random(n) < 1 / (1 + np.exp(steep * (values[:, 0] - 0.5 * points))), 1] = np.nan
    return values, rng.gamma(3.0, size=n)


def packed(moments):
    return np.concatenate([moments.mean, moments.cov[ROWS, COLS]])


@given(seed=st.integers(0, 2**16))
def test_nothing_missing_gives_the_plain_moments(seed):
    values, weight = rated(seed, n=150)
    values[np.isnan(values)] = 3
    found, plain = incomplete_moments(values, weight), weighted_moments(values, weight)
    np.testing.assert_allclose(packed(found.moments), packed(plain), rtol=1e-9)


def test_a_closed_form_where_squares_say_all():
    """An item of three points and its square tell any mean by point: what is missing is the mean of each point."""
    rng = np.random.default_rng(4)
    cause = rng.integers(1, 4, 600).astype(float)
    item = np.clip(np.round(1 + 0.5 * cause**2 + rng.normal(size=600) * (4 - cause)), 1, 6)  # bent, and spread unequal
    whole = np.column_stack([cause, item])
    whole[rng.random(600) < np.array([0.7, 0.3, 0.1])[cause.astype(int) - 1], 1] = np.nan
    found = incomplete_moments(whole, np.ones(600))
    assert found.squared == (0, 1)
    seen = ~np.isnan(whole[:, 1])
    part = np.array([(cause == c).mean() for c in (1, 2, 3)])
    mean, square = (
        np.array([np.mean(whole[seen & (cause == c), 1] ** power) for c in (1, 2, 3)]) for power in (1, 2)
    )
    assert found.moments.mean[1] == pytest.approx(part @ mean, abs=CONVERGED)
    assert found.moments.cov[1, 1] == pytest.approx(part @ square - (part @ mean) ** 2, abs=20 * CONVERGED)
    together = part @ (mean * [1, 2, 3]) - cause.mean() * (part @ mean)
    assert found.moments.cov[0, 1] == pytest.approx(together, abs=CONVERGED)
    straight = em_moments(whole, np.ones(600)).moments
    assert abs(straight.cov[0, 1] - found.moments.cov[0, 1]) > 0.01  # a line is not the curve


def test_influence_is_the_derivative_in_the_weight_of_a_row():
    values, weight = rated(3)
    found = incomplete_moments(values, weight)
    assert found.squared == (0, 1, 2) and found.influence.shape == (400, 9)
    np.testing.assert_allclose(weight @ found.influence, 0, atol=1e-6)
    step = 1e-3
    for row in (0, 17, 200):
        ends = []
        for sign in (1, -1):
            moved = weight.copy()
            moved[row] += sign * step
            ends.append(packed(incomplete_moments(values, moved).moments))
        np.testing.assert_allclose((ends[0] - ends[1]) / (2 * step), found.influence[row], atol=2e-6)


def test_draws_start_at_the_estimate_and_move_with_the_weights():
    values, weight = rated(5)
    found = incomplete_moments(values, weight)
    unit = np.arange(400)
    rng = np.random.default_rng(1)
    draws = np.vstack([np.ones(400), 1 + 0.02 * rng.normal(size=400)])
    means, covs = found.draws(weight, unit, 400, iter([draws]))
    np.testing.assert_allclose(covs[0], found.moments.cov, atol=CONVERGED)
    np.testing.assert_allclose(means[0], found.moments.mean, atol=CONVERGED)
    again = incomplete_moments(values, weight * draws[1]).moments
    moved = np.abs(again.cov - found.moments.cov).max()
    np.testing.assert_allclose(covs[1], again.cov, atol=0.05 * moved)  # one step; the rest is of second order


@given(seed=st.integers(0, 2**16), stretch=st.floats(0.1, 10), shift=st.floats(-5, 5))
def test_units_direction_and_order_of_items_do_not_matter(seed, stretch, shift):
    values, weight = rated(seed, n=200)
    found = incomplete_moments(values, weight).moments
    other = incomplete_moments((shift - stretch * values)[:, [2, 0, 1]], weight).moments
    back = [1, 2, 0]
    np.testing.assert_allclose(other.cov[back][:, back], stretch**2 * found.cov, rtol=1e-5, atol=1e-6 * stretch**2)
    np.testing.assert_allclose(other.mean[back], shift - stretch * found.mean, rtol=1e-6, atol=1e-6 * stretch)


def test_squares_are_left_out_where_they_cannot_be(monkeypatch):
    values, weight = rated(6)
    measured = values + np.random.default_rng(1).normal(size=values.shape)
    assert incomplete_moments(measured, weight).squared == ()
    assert incomplete_moments(np.minimum(values, 2), weight).squared == ()  # two points: the square is the item
    product = np.column_stack([values, (values[:, 0] - 3) ** 2])
    assert incomplete_moments(product, weight).squared == (1, 2, 3)  # the first item's square is there already
    few = incomplete_moments(values[:70], weight[:70])
    assert few.squared == () and (~np.isnan(values[:70]).any(axis=1)).sum() < 60
    np.testing.assert_array_equal(few.moments.cov, em_moments(values[:70], weight[:70]).moments.cov)
    monkeypatch.setattr(module, "MOST_WORK", 1)
    assert incomplete_moments(values, weight).squared == ()


def test_squares_that_do_not_settle_are_left_out(monkeypatch):
    values, weight = rated(7)
    plain = em_moments(values, weight)

    def only_items(whole, weight):
        if whole.shape[1] > 3:
            raise ConvergenceError("not settled")
        return plain

    monkeypatch.setattr(module, "em_moments", only_items)
    found = incomplete_moments(values, weight)
    assert found.squared == () and found.moments is plain.moments
