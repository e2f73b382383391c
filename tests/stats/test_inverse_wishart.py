"""Exact draws of covariance matrices: their moments, and one dimension where scipy knows the distribution."""

import numpy as np
import pytest
from scipy.stats import beta, invgamma, kstest

from drivers.stats.inverse_wishart import inverse_wishart

SCALE = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -0.8], [0.5, -0.8, 2.0]])


def test_the_mean_is_the_oracles():
    # T22: E Sigma = S / (nu - d - 1)
    drawn = inverse_wishart(12.0, SCALE, 40_000, np.random.default_rng(1))
    error = drawn.std(axis=0) / np.sqrt(len(drawn))
    assert (np.abs(drawn.mean(axis=0) - SCALE / (12 - 3 - 1)) < 4 * error).all()


def test_draws_are_symmetric_and_positive_definite():
    drawn = inverse_wishart(4.0, SCALE, 500, np.random.default_rng(2))
    np.testing.assert_allclose(drawn, np.swapaxes(drawn, 1, 2), rtol=1e-12)
    assert (np.linalg.eigvalsh(drawn) > 0).all()


@pytest.mark.parametrize(("place", "other"), [(0, [1, 2]), (2, [0, 1])])
def test_diagonals_and_residuals_are_inverse_gamma(place, other):
    drawn = inverse_wishart(7.0, SCALE, 4000, np.random.default_rng(3 + place))
    # a diagonal block of size 1 has nu - (d - 1) degrees of freedom, a residual variance given the rest all nu
    assert kstest(drawn[:, place, place], invgamma(5 / 2, scale=SCALE[place, place] / 2).cdf).pvalue > 1e-3
    precision = np.linalg.inv(drawn)[:, place, place]
    inside = SCALE[place, place] - SCALE[place, other] @ np.linalg.solve(
        SCALE[np.ix_(other, other)], SCALE[other, place]
    )
    assert kstest(1 / precision, invgamma(7 / 2, scale=inside / 2).cdf).pvalue > 1e-3


def test_with_one_degree_of_freedom_more_than_items_every_correlation_is_uniform():
    # Barnard, McCulloch & Meng (2000), Statistica Sinica 10, 1281-1311
    drawn = inverse_wishart(5.0, np.diag([1.0, 4.0, 9.0, 1.0]), 4000, np.random.default_rng(5))
    r = drawn[:, 0, 2] / np.sqrt(drawn[:, 0, 0] * drawn[:, 2, 2])
    assert kstest((r + 1) / 2, beta(1, 1).cdf).pvalue > 1e-3
