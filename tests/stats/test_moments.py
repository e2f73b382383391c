"""Weighted moments and their redraws against numpy, row by row."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from drivers.stats.moments import moment_draws, unit_sums, weighted_moments

ROUNDING = 1e-10


def made(seed: int, m: int = 40, k: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(1, 6, size=(m, k)).astype(float), rng.gamma(2.0, size=m)


@given(seed=st.integers(0, 2**16), shift=st.sampled_from([0.0, 1e6]))
def test_mean_and_covariance_are_numpys(seed, shift):
    values, weight = made(seed)
    found = weighted_moments(values + shift, weight)
    np.testing.assert_allclose(found.mean, np.average(values, axis=0, weights=weight) + shift, rtol=1e-12)
    expected = np.cov(values.T, aweights=weight, ddof=0)
    np.testing.assert_allclose(found.cov, expected, atol=1e-9 if shift == 0 else 1e-7)


def test_whole_weights_are_repeated_rows():
    values, _ = made(1)
    times = np.random.default_rng(2).integers(0, 4, len(values))
    found, repeated = weighted_moments(values, times.astype(float)), np.repeat(values, times, axis=0)
    np.testing.assert_allclose(found.mean, repeated.mean(axis=0), rtol=ROUNDING)
    np.testing.assert_allclose(found.cov, np.cov(repeated.T, ddof=0), rtol=ROUNDING)


@given(seed=st.integers(0, 2**16), units=st.integers(2, 40))
def test_every_redraw_is_the_moments_of_the_reweighted_rows(seed, units):
    values, weight = made(seed)
    rng = np.random.default_rng(seed + 1)
    unit = np.append(np.arange(units), rng.integers(0, units, len(values) - units)).astype(np.intp)
    blocks = [rng.gamma(1.0, size=(3, units)), rng.gamma(1.0, size=(2, units))]
    means, covs = moment_draws(values, weight, unit, units, iter(blocks))
    assert means.shape == (5, 3) and covs.shape == (5, 3, 3)
    for draw, multiplier in enumerate(np.concatenate(blocks)):
        expected = weighted_moments(values, weight * multiplier[unit])
        np.testing.assert_allclose(means[draw], expected.mean, rtol=ROUNDING)
        np.testing.assert_allclose(covs[draw], expected.cov, atol=1e-9)


def test_sums_by_unit_are_those_of_a_group_by():
    values, weight = made(3)
    unit = (np.arange(40) % 7).astype(np.intp)
    by_hand = np.stack([(values * weight[:, None])[unit == u].sum(axis=0) for u in range(7)])
    np.testing.assert_allclose(unit_sums(values, weight, unit, 7), by_hand, rtol=ROUNDING)
    alone = unit_sums(values, weight, np.arange(40, dtype=np.intp), 40)
    np.testing.assert_allclose(alone, values * weight[:, None], rtol=ROUNDING)
