"""Segment log-likelihoods written out with scipy, and their gradients against differences."""

import numpy as np
import pytest
from scipy.special import expit, ndtr
from scipy.stats import norm

from drivers.stats.segment_density import (
    cumulative_segments,
    gaussian_segments,
    segment_patterns,
    segment_squares,
)  # fmt: skip

DENSITY = 1e-9  # absolute, on values of size 100
GRADIENT = 1e-6  # relative to the largest, central differences of step 1e-6
CDF = {"probit": ndtr, "logit": expit}


def cells(seed=1, m=60, p=3, q=4, groups=3):
    rng = np.random.default_rng(seed)
    x = rng.integers(-2, 3, size=(m, p)).astype(float)
    return x, rng.integers(0, q + 1, m).astype(np.intp), np.arange(m) % groups, rng.gamma(2.0, size=m)


def places(seed=2, p=3, q=4, groups=3):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.5, (groups, p)), rng.normal(0, 0.3, groups), np.sort(rng.normal(0, 1, q)), rng.normal(
        0, 0.2, groups
    )


@pytest.mark.parametrize("link", ["probit", "logit"])
@pytest.mark.parametrize("q", [1, 2, 4])
def test_the_cumulative_likelihood_is_scipys(link, q):
    x, y, segment, weight = cells(q=q)
    slopes, shift, cuts, log_sd = places(q=q)
    value, _ = cumulative_segments(segment_patterns(x, y, segment, weight, q), slopes, shift, cuts, link, log_sd)
    eta = shift[segment] + (x * slopes[segment]).sum(axis=1)
    edges = np.concatenate([[-np.inf], cuts, [np.inf]])
    sd = np.exp(log_sd[segment])
    low, high = (edges[y] - eta) / sd, (edges[y + 1] - eta) / sd
    up = low > 0
    chance = np.where(up, CDF[link](-low) - CDF[link](-high), CDF[link](high) - CDF[link](low))
    assert value == pytest.approx(weight @ np.log(chance), abs=DENSITY)


def differences(of, arrays):
    out = []
    for at, array in enumerate(arrays):
        slope = np.zeros(array.shape)
        for index in np.ndindex(array.shape):
            moved = [one.copy() for one in arrays]
            moved[at][index] += 1e-6
            up = of(*moved)
            moved[at][index] -= 2e-6
            slope[index] = (up - of(*moved)) / 2e-6
        out.append(slope)
    return out


@pytest.mark.parametrize("link", ["probit", "logit"])
@pytest.mark.parametrize("q", [1, 4])
def test_cumulative_gradients_are_differences(link, q):
    x, y, segment, weight = cells(3, q=q)
    patterns = segment_patterns(x, y, segment, weight, q)
    arrays = places(4, q=q)
    _, found = cumulative_segments(patterns, *arrays[:3], link, arrays[3])
    wanted = differences(lambda a, b, c, d: cumulative_segments(patterns, a, b, c, link, d)[0], arrays)
    for ours, theirs in zip((found.slopes, found.shift, found.cuts, found.log_sd), wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=GRADIENT * np.abs(theirs).max())


def test_the_gaussian_likelihood_is_scipys_and_its_gradients_are_differences():
    x, _, segment, weight = cells(5)
    y = np.random.default_rng(6).normal(size=len(x))
    data = segment_squares(np.column_stack([x, y]), segment, weight)
    slopes, level, _, log_sd = places(7)
    value, *found = gaussian_segments(data, slopes, level, log_sd)
    mean = level[segment] + (x * slopes[segment]).sum(axis=1)
    assert value == pytest.approx(weight @ norm(mean, np.exp(log_sd[segment])).logpdf(y), abs=DENSITY)
    for ours, theirs in zip(
        found, differences(lambda a, b, c: gaussian_segments(data, a, b, c)[0], (slopes, level, log_sd)), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, atol=GRADIENT * np.abs(theirs).max())


def test_one_segment_is_the_flat_model():
    from drivers.stats.cumulative import log_density

    x, y, _, weight = cells(8)
    none = np.zeros(len(x), dtype=np.intp)
    slopes, _, cuts, _ = places(9, groups=1)
    value, gradient = cumulative_segments(segment_patterns(x, y, none, weight, 4), slopes, np.zeros(1), cuts, "probit")
    wanted, first, _ = log_density(x, y, weight, np.concatenate([slopes[0], cuts]), "probit")
    assert value == pytest.approx(wanted, abs=DENSITY)
    np.testing.assert_allclose(np.concatenate([gradient.slopes[0], gradient.cuts]), first, atol=1e-9)
