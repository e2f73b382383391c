"""The log-likelihood of many draws at once is the one the optimiser uses, and scipy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, ndtr

from drivers.stats.cumulative import log_density
from drivers.stats.cumulative_batch import driver_patterns, loglik_draws

CDF = {"probit": ndtr, "logit": expit}


def cells(seed: int, m: int = 60, p: int = 3, q: int = 4):
    rng = np.random.default_rng(seed)
    x = rng.integers(-1, 2, (m, p)).astype(float)
    return x, rng.integers(0, q + 1, m).astype(np.intp), rng.gamma(2.0, size=m)


def thetas(seed: int, s: int, p: int = 3, q: int = 4):
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.normal(0, 0.6, (s, p)), np.sort(rng.normal(0, 1.5, (s, q)), axis=1)])


@pytest.mark.parametrize("link", ["probit", "logit"])
@given(seed=st.integers(0, 2**16))
def test_it_is_the_optimisers_density(link, seed):
    x, y, weight = cells(seed)
    theta = thetas(seed, 7)
    found = loglik_draws(driver_patterns(x, y, weight, 4), theta, link)
    np.testing.assert_allclose(found, [log_density(x, y, weight, one, link)[0] for one in theta], rtol=1e-12)


@pytest.mark.parametrize("link", ["probit", "logit"])
def test_it_is_scipys(link):
    x, y, weight = cells(3)
    theta = thetas(4, 200)
    below = CDF[link](theta[:, None, 3:] - (theta[:, :3] @ x.T)[..., None])
    chance = np.diff(np.concatenate([np.zeros((*below.shape[:2], 1)), below, np.ones((*below.shape[:2], 1))], axis=2))
    expected = (weight * np.log(np.take_along_axis(chance, y[None, :, None], axis=2)[..., 0])).sum(axis=1)
    np.testing.assert_allclose(loglik_draws(driver_patterns(x, y, weight, 4), theta, link), expected, rtol=1e-9)


def test_cells_with_the_same_drivers_are_one_pattern():
    x, y, weight = cells(5, m=500)
    patterns = driver_patterns(x, y, weight, 4)
    assert len(patterns.x) == len(np.unique(x, axis=0)) == 27
    assert patterns.count.sum() == pytest.approx(weight.sum())


def test_thresholds_out_of_order_have_no_density():
    x, y, weight = cells(6)
    theta = thetas(7, 3)
    theta[1, [4, 5]] = theta[1, [5, 4]]
    found = loglik_draws(driver_patterns(x, y, weight, 4), theta, "probit")
    assert np.isneginf(found).tolist() == [False, True, False]


def test_the_tail_keeps_its_digits():
    """Category 2 far above its thresholds: P = Phi(-8) - Phi(-9), which a difference of Phi near 1 would lose."""
    x, y = np.array([[-10.0]]), np.array([2], dtype=np.intp)
    theta = np.array([[1.0, -4.0, -2.0, -1.0]])
    value = loglik_draws(driver_patterns(x, y, np.ones(1), 3), theta, "probit")[0]
    assert value == pytest.approx(np.log(ndtr(-8.0) - ndtr(-9.0)), rel=1e-12)
