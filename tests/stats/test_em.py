"""EM and its influence against likelihoods written out in numpy, with derivatives taken by differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from scipy.stats import multivariate_normal

from drivers.errors import ConvergenceError
from drivers.stats import em as em_module
from drivers.stats.em import em_moments, find_patterns
from drivers.stats.em_influence import em_draws, em_influence
from drivers.stats.moments import weighted_moments

CONVERGED = 1e-6  # EM stops when a step is below 1e-9 standard deviations; near the optimum it gains slowly
DIFFERENCES = 1e-5  # relative error of central second differences in double precision

ROWS, COLS = np.triu_indices(3)


def made(seed: int, n: int = 120, missing: float = 0.25, k: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, k)) @ np.linalg.cholesky(0.5 * np.eye(k) + 0.5).T + 3
    values[rng.random((n, k)) < missing] = np.nan
    return values[~np.isnan(values).all(axis=1)], rng.gamma(3.0, size=n)[: (~np.isnan(values).all(axis=1)).sum()]


def loglik(theta: np.ndarray, values: np.ndarray, weight: np.ndarray) -> float:
    """Weighted normal log-likelihood of what was answered, one row after the other."""
    k = values.shape[1]
    cov = np.zeros((k, k))
    rows, cols = np.triu_indices(k)
    cov[rows, cols] = cov[cols, rows] = theta[k:]
    total = 0.0
    for row, w in zip(values, weight, strict=True):
        seen = ~np.isnan(row)
        if seen.any():
            total += w * multivariate_normal.logpdf(row[seen], theta[:k][seen], cov[np.ix_(seen, seen)])
    return total


def packed(moments) -> np.ndarray:
    return np.concatenate([moments.mean, moments.cov[ROWS, COLS]])


@given(seed=st.integers(0, 2**16))
def test_nothing_missing_gives_the_plain_moments(seed):
    values, weight = made(seed, missing=0.0)
    found, plain = em_moments(values, weight), weighted_moments(values, weight)
    np.testing.assert_allclose(found.moments.mean, plain.mean, rtol=1e-12)
    np.testing.assert_allclose(found.moments.cov, plain.cov, rtol=1e-10)
    assert len(found.patterns.total) == 1


@pytest.mark.parametrize("seed", [1, 2])
def test_the_likelihood_is_flat_at_the_answer_and_lower_elsewhere(seed):
    values, weight = made(seed)
    theta = packed(em_moments(values, weight).moments)
    best = loglik(theta, values, weight)
    slope = approx_fprime(theta, lambda t: loglik(t, values, weight), 1e-6)
    assert np.abs(slope).max() < 1e-4 * weight.sum()  # forward differences: half the curvature times 1e-6
    rng = np.random.default_rng(seed)
    for _ in range(5):
        assert loglik(theta + 0.01 * rng.normal(size=len(theta)), values, weight) < best


def test_a_closed_form_two_items_one_monotone():
    """Anderson (1957): y seen only where x is; the answer follows from the regression of y on x."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=400)
    y = 1 + 0.7 * x + rng.normal(size=400)
    y[x > 0.3] = np.nan  # missing at random given x
    found = em_moments(np.column_stack([x, y]), np.ones(400)).moments
    seen = ~np.isnan(y)
    slope, intercept = np.polyfit(x[seen], y[seen], 1)
    residual = np.mean((y[seen] - intercept - slope * x[seen]) ** 2)
    assert found.mean == pytest.approx([x.mean(), intercept + slope * x.mean()], abs=CONVERGED)
    assert found.cov[0, 1] == pytest.approx(slope * x.var(), abs=CONVERGED)
    assert found.cov[1, 1] == pytest.approx(residual + slope**2 * x.var(), abs=CONVERGED)


@given(seed=st.integers(0, 2**16))
def test_order_of_items_and_rows_and_scale_of_weights_do_not_matter(seed):
    values, weight = made(seed, n=60)
    base = em_moments(values, weight).moments
    rng = np.random.default_rng(seed)
    items, rows = rng.permutation(3), rng.permutation(len(values))
    other = em_moments(values[rows][:, items], 1000 * weight[rows]).moments
    np.testing.assert_allclose(other.mean, base.mean[items], atol=CONVERGED)
    np.testing.assert_allclose(other.cov, base.cov[np.ix_(items, items)], atol=CONVERGED)


def test_rows_without_an_answer_belong_to_no_pattern():
    values = np.array([[1.0, np.nan], [np.nan, np.nan], [2.0, 3.0], [4.0, np.nan]])
    found = find_patterns(values, np.array([1.0, 5.0, 2.0, 3.0]))
    assert found.row.tolist()[1] == -1
    assert sorted(found.total) == [2.0, 4.0]
    with_silent, without = em_moments_pair(values)
    np.testing.assert_allclose(with_silent, without, atol=CONVERGED)


def em_moments_pair(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    more = np.concatenate([values, np.random.default_rng(1).normal(2.0, size=(20, 2))])
    silent = np.isnan(more).all(axis=1)
    return (em_moments(more, np.ones(len(more))).moments.cov,
            em_moments(more[~silent], np.ones((~silent).sum())).moments.cov)  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
def test_information_is_minus_the_second_derivative_of_the_likelihood(seed):
    values, weight = made(seed, n=60)
    result = em_moments(values, weight)
    _, inverse = em_influence(values, result)
    theta, h = packed(result.moments), 1e-4
    size = len(theta)
    second = np.empty((size, size))
    steps = h * np.eye(size)
    for i in range(size):
        for j in range(size):
            second[i, j] = sum(
                a * b * loglik(theta + a * steps[i] + b * steps[j], values, weight) for a in (-1, 1) for b in (-1, 1)
            ) / (4 * h * h)
    np.testing.assert_allclose(np.linalg.inv(inverse), -second, atol=DIFFERENCES * np.abs(second).max())


def test_influence_is_how_the_answer_moves_when_a_row_gains_weight():
    values, weight = made(3, n=80)
    result = em_moments(values, weight)
    influence, _ = em_influence(values, result)
    np.testing.assert_allclose(weight @ influence, 0, atol=1e-6)
    for row in (0, 7, 41):
        dw = 1e-3
        up, down = (em_moments(values, weight + sign * dw * np.eye(len(weight))[row]) for sign in (1, -1))
        moved = (packed(up.moments) - packed(down.moments)) / (2 * dw)
        np.testing.assert_allclose(influence[row], moved, atol=1e-5)


def test_without_missing_answers_influence_is_that_of_plain_moments():
    values, weight = made(5, missing=0.0)
    result = em_moments(values, weight)
    influence, _ = em_influence(values, result)
    away = values - result.moments.mean
    plain = np.concatenate([away, away[:, ROWS] * away[:, COLS] - result.moments.cov[ROWS, COLS]], axis=1)
    np.testing.assert_allclose(influence, plain / weight.sum(), atol=1e-12)


def test_draws_move_one_step_and_do_not_move_for_equal_multipliers():
    values, weight = made(6)
    result = em_moments(values, weight)
    influence, _ = em_influence(values, result)
    m = len(values)
    unit = np.arange(m, dtype=np.intp)
    nudge = np.ones((1, m))
    nudge[0, 4] += 0.05
    means, covs = em_draws(result, influence, weight, unit, m, iter([np.full((2, m), 3.0), nudge]))
    np.testing.assert_allclose(covs[:2], np.stack([result.moments.cov] * 2), atol=1e-9)
    exact = em_moments(values, weight * nudge[0]).moments
    np.testing.assert_allclose(means[2], exact.mean, atol=2e-6)  # second order in the nudge
    np.testing.assert_allclose(covs[2], exact.cov, atol=5e-6)


def test_too_slow_to_settle_is_refused_with_the_cure(monkeypatch):
    monkeypatch.setattr(em_module, "MAX_ITERATIONS", 2)
    values, weight = made(7, missing=0.5)
    with pytest.raises(ConvergenceError, match="Leave out the item with the most missing answers"):
        em_moments(values, weight)
