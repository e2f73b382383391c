"""Power scaling: closed forms of the conjugate normal case, ArviZ's distance, laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from drivers.stats.power_scaling import STEP, cjs_distance, power_sensitivity, power_weights

QUANTILES = norm.ppf((np.arange(4000) + 0.5) / 4000)
"""Draws without chance: what is left of a difference is the tail beyond the last draw, and its smoothing."""

SHIFT = 0.02
"""Largest relative difference from the closed form: weights at the ends are smoothed."""

CASES = [((0.0, 0.5), (0.3, 0.05)), ((2.0, 0.05), (0.3, 0.05)), ((0.0, 1.0), (0.5, 0.6)), ((1.0, 0.3), (-1.0, 0.4))]
"""Prior and likelihood of a mean, each as centre and standard error."""


def posterior(prior, likelihood, power=1.0):
    weights = power / prior[1] ** 2, 1 / likelihood[1] ** 2
    spread = 1 / np.sqrt(sum(weights))
    return spread**2 * (weights[0] * prior[0] + weights[1] * likelihood[0]), spread


def exact_distance(one, other, low, high):
    """Distance between two normal distributions between the lowest and the highest draw, the larger of both signs."""

    def side(first, second):
        middle = (first + second) / 2
        lean = (second.sum() - first.sum()) / (2 * np.log(2))
        a = (first * np.log2(first / middle)).sum() + lean
        b = (second * np.log2(second / middle)).sum() - lean
        return np.sqrt((max(a, 0) + max(b, 0)) / (first.sum() + second.sum()))

    grid = np.linspace(low, high, 200_001)
    return max(side(norm.cdf(grid, *one), norm.cdf(grid, *other)), side(norm.sf(grid, *one), norm.sf(grid, *other)))


@pytest.mark.parametrize(("prior", "likelihood"), CASES)
def test_the_conjugate_normal_case_has_its_closed_form(prior, likelihood):
    centre, spread = posterior(prior, likelihood)
    draws = centre + spread * QUANTILES
    log_prior = norm.logpdf(draws, *prior)
    found = power_sensitivity(draws[:, None], log_prior)[0]
    ends = draws[0], draws[-1]
    moved = [posterior(prior, likelihood, power) for power in (1 + STEP, 1 / (1 + STEP))]
    wanted = sum(exact_distance((centre, spread), other, *ends) for other in moved) / (2 * np.log2(1 + STEP))
    assert found == pytest.approx(wanted, rel=SHIFT)
    weight = power_weights(log_prior, 1 + STEP)
    assert weight @ draws == pytest.approx(moved[0][0], abs=0.01 * abs(moved[0][0] - centre) + 1e-5 * spread)


def test_a_mean_that_moves_a_quarter_of_its_spread_per_doubling_is_at_the_limit():
    slope = 0.24 / np.log(2)  # a log density of this slope moves the mean of a standard normal by 0.24 per doubling
    assert power_sensitivity(QUANTILES[:, None], slope * QUANTILES)[0] == pytest.approx(0.05, rel=0.05)


def test_the_distance_is_that_of_arviz():
    from arviz_stats.base import array_stats

    rng = np.random.default_rng(1)
    draws, weight = rng.normal(size=500), rng.dirichlet(np.ones(500))
    theirs = max(array_stats._cjs_dist(draws, weight), array_stats._cjs_dist(-draws, weight))
    assert cjs_distance(draws, weight) == pytest.approx(theirs, rel=1e-10)


@given(st.integers(0, 1000), st.floats(0.01, 100), st.floats(-100, 100), st.floats(-0.5, 0.5))
def test_units_order_and_sign_of_draws_do_not_matter(seed, scale, shift, slope):
    rng = np.random.default_rng(seed)
    draws = rng.normal(size=300)
    log_part, order = slope * draws + 0.1 * draws**2, rng.permutation(300)
    found = power_sensitivity(draws[:, None], log_part)[0]
    for other in (scale * draws[order] + shift, -scale * draws[order]):
        assert power_sensitivity(other[:, None], log_part[order])[0] == pytest.approx(found, rel=1e-6, abs=1e-8)
    assert found >= 0


def test_a_part_that_is_constant_moves_nothing():
    assert power_sensitivity(QUANTILES[:, None], np.full(4000, 3.0))[0] == 0.0
