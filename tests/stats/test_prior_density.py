"""Prior densities against scipy, their derivatives against differences."""

import numpy as np
import pytest
from scipy.stats import norm
from scipy.stats import t as student

from drivers.stats.prior_density import PriorArrays, prior_derivatives, prior_values

PRIOR = PriorArrays(
    location=np.array([0.0, 1.0, -2.0, 5.0]), scale=np.array([0.5, 2.0, 1.5, np.inf]),
    df=np.array([np.inf, 3.0, 1.0, np.inf]),
)  # fmt: skip


def test_values_are_scipys_and_flat_adds_nothing():
    at = np.random.default_rng(1).normal(size=(50, 4)) * 3
    expected = norm(0, 0.5).logpdf(at[:, 0]) + student(3, 1, 2).logpdf(at[:, 1]) + student(1, -2, 1.5).logpdf(at[:, 2])
    np.testing.assert_allclose(prior_values(PRIOR, at), expected, rtol=1e-13, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_derivatives_are_differences(seed):
    at, h = np.random.default_rng(seed).normal(size=4) * 2, 1e-5
    step = np.eye(4) * h
    up, down = prior_values(PRIOR, at + step), prior_values(PRIOR, at - step)
    first, second = prior_derivatives(PRIOR, at)
    np.testing.assert_allclose(first, (up - down) / (2 * h), atol=1e-8)
    np.testing.assert_allclose(second, (up - 2 * prior_values(PRIOR, at) + down) / h**2, atol=1e-4)
