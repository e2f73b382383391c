"""Log-likelihoods from a sample of cells: near those of all cells, and honest about how near."""

import numpy as np
import pytest

from drivers.stats.cumulative import fit_cumulative
from drivers.stats.cumulative_batch import driver_patterns, loglik_draws
from drivers.stats.difference_estimator import difference_estimator


@pytest.fixture(scope="module", params=["probit", "logit"])
def case(request):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(8000, 5))
    y = np.digitize(x @ [0.5, 0.3, 0.2, 0.1, 0.0] + rng.normal(size=8000), [-1.5, -0.5, 0.5, 1.5]).astype(np.intp)
    weight = rng.gamma(2.0, size=8000)
    best = fit_cumulative(x, y, weight, request.param)
    centre = np.concatenate([best.slopes, best.cuts])
    root = np.linalg.cholesky(np.linalg.inv(best.information))
    theta = centre + rng.standard_normal((400, 9)) @ root.T
    exact = loglik_draws(driver_patterns(x, y, weight, 4), theta, request.param)
    return x, y, weight, centre, theta, exact, request.param


def test_its_errors_are_small_and_as_large_as_it_says(case):
    x, y, weight, centre, theta, exact, link = case
    found = [
        difference_estimator(x, y, weight, centre, link, 1024, np.random.default_rng(seed)).values(theta)
        for seed in range(10)
    ]
    missed = np.sqrt(np.mean([(value - exact) ** 2 for value, _ in found]))
    said = np.sqrt(np.mean([error**2 for _, error in found]))
    assert missed < 0.03  # of log densities that spread by 3 over these points
    assert missed == pytest.approx(said, rel=0.3)


def test_it_is_right_on_average_and_better_than_the_expansion(case):
    x, y, weight, centre, theta, exact, link = case
    estimators = [
        difference_estimator(x, y, weight, centre, link, 256, np.random.default_rng(seed)) for seed in range(60)
    ]
    values = np.array([one.values(theta)[0] for one in estimators])
    error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    assert (np.abs(values.mean(axis=0) - exact) < 5 * error + 1e-9).all()
    assert np.abs(values.mean(axis=0) - exact).max() < 0.1 * np.abs(estimators[0].whole.at(theta) - exact).max()


def test_at_the_centre_nothing_is_left_out(case):
    x, y, weight, centre, _, _, link = case
    value, error = difference_estimator(x, y, weight, centre, link, 256, np.random.default_rng(1)).values(centre[None])
    assert error[0] < 1e-9
    assert value[0] == pytest.approx(loglik_draws(driver_patterns(x, y, weight, 4), centre[None], link)[0], rel=1e-12)
