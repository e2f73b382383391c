"""Bias-corrected percentiles: plain where there is no bias, right where a known transform biases, never senseless."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.stats.bias_corrected import FURTHEST, bias_corrected


def test_without_bias_it_is_the_plain_percentile_interval():
    draws = np.random.default_rng(1).normal(size=4001)
    found = bias_corrected(float(np.median(draws)), draws, 0.9)
    np.testing.assert_allclose(found, np.quantile(draws, [0.05, 0.95]), atol=1e-9)


def test_shifted_normal_draws_are_shifted_back_twice():
    """Draws N(theta + b, 1) about an estimate theta that is itself b too high: BC gives theta - b -/+ z."""
    normal, bias = NormalDist(), 0.3
    draws = np.array([normal.inv_cdf((i + 0.5) / 200_001) for i in range(200_001)]) + 5 + bias
    low, high = bias_corrected(5.0, draws, 0.9)
    reach = normal.inv_cdf(0.95)
    np.testing.assert_allclose([low, high], [5 - bias - reach, 5 - bias + reach], atol=1e-3)


@given(seed=st.integers(0, 500), scale=st.floats(0.2, 3.0))
def test_a_rising_transform_of_everything_transforms_the_interval(seed, scale):
    draws = np.random.default_rng(seed).normal(0.2, 1, 1001)  # an odd count: some ends lie on draws, others between
    low, high = bias_corrected(0.0, draws, 0.9)
    low_too, high_too = bias_corrected(0.0, draws**3 * scale, 0.9)
    gap = np.diff(np.sort(draws)).max()
    for ours, theirs in ((low, low_too), (high, high_too)):
        assert np.sign(theirs) * (abs(theirs) / scale) ** (1 / 3) == pytest.approx(ours, abs=gap)


@pytest.mark.parametrize("estimate", [-9.0, 9.0])
def test_an_estimate_outside_all_draws_stays_in_its_interval(estimate):
    draws = np.random.default_rng(2).normal(size=999)
    low, high = bias_corrected(estimate, draws, 0.9)
    assert low <= estimate <= high
    furthest = np.quantile(draws, NormalDist().cdf(2 * FURTHEST - NormalDist().inv_cdf(0.95)))
    assert low == (estimate if estimate < 0 else pytest.approx(furthest))
