"""Bivariate normal probabilities against scipy, against laws, and their derivatives against differences."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import multivariate_normal, norm

from drivers.stats.bivariate_normal import bivariate_normal_cdf, density_derivatives, edge_derivative, rectangle

SCIPY = 1e-10  # absolute; scipy takes the same integral to about 1e-15, quad to 1e-13

ENDS = st.floats(-6, 6)
CORRELATIONS = st.floats(-0.999, 0.999)


def by_quadrature(low1, high1, low2, high2, r):
    s = math.sqrt(1 - r * r)

    def along(u):
        low, high = (low2 - r * u) / s, (high2 - r * u) / s
        inside = norm.sf(low) - norm.sf(high) if low > 0 else norm.cdf(high) - norm.cdf(low)
        return norm.pdf(u) * inside

    ends = max(low1, -9.0), min(high1, 9.0)
    kinks = [k / r for k in (low2, high2) if math.isfinite(k) and ends[0] < k / r < ends[1]]
    return quad(along, *ends, points=sorted(kinks) or None, epsabs=0, epsrel=1e-12, limit=400)[0]


@pytest.mark.parametrize("r", [-0.999, -0.95, -0.8, -0.5, -0.1, 0.0, 0.2, 0.6, 0.9, 0.93, 0.99, 0.9999])
def test_the_distribution_function_is_scipys(r):
    rng = np.random.default_rng(1)
    points = rng.normal(0, 2, (40, 2))
    expected = [multivariate_normal([0, 0], [[1, r], [r, 1]]).cdf(point) for point in points]
    found = [bivariate_normal_cdf(h, k, r) for h, k in points]
    np.testing.assert_allclose(found, expected, atol=SCIPY, rtol=0)


def test_a_quadrant_at_the_centre_is_sheppards():
    # Sheppard (1899): P(U < 0, V < 0) = 1/4 + asin(r) / (2 pi)
    for r in (-0.97, -0.6, 0.0, 0.3, 0.8, 0.96):
        assert bivariate_normal_cdf(0.0, 0.0, r) == pytest.approx(0.25 + math.asin(r) / (2 * math.pi), abs=1e-15)


@given(h=ENDS, k=ENDS, r=CORRELATIONS)
def test_quadrants_obey_their_laws(h, k, r):
    found = bivariate_normal_cdf(h, k, r)
    assert found == pytest.approx(bivariate_normal_cdf(k, h, r), abs=1e-14)
    assert found + bivariate_normal_cdf(h, -k, -r) == pytest.approx(norm.cdf(h), abs=1e-14)  # V or -V
    assert found <= min(norm.cdf(h), norm.cdf(k)) + 1e-15
    assert found >= max(norm.cdf(h) + norm.cdf(k) - 1, 0) - 1e-15  # Frechet's bounds


@pytest.mark.parametrize("r", [-0.9, -0.4, 0.3, 0.7, 0.95])
def test_small_rectangles_keep_their_figures(r):
    # 1e-8 relative, where four quadrants would leave none: chances down to 1e-20
    for ends in [(2.0, 2.5, -3.0, -2.0), (-4.5, -4.0, 3.0, np.inf), (-np.inf, -5.0, -np.inf, -4.0), (1.0, 1.01, 4, 5)]:
        expected = by_quadrature(*ends, r)
        if expected > 1e-60:
            assert rectangle(*map(float, ends), r) == pytest.approx(expected, rel=1e-8)


@given(cuts=st.lists(st.floats(-4, 4), min_size=1, max_size=4, unique=True), r=CORRELATIONS)
def test_rectangles_of_a_grid_add_up_to_one(cuts, r):
    edges = [-np.inf, *sorted(cuts), np.inf]
    total = sum(
        rectangle(a, b, c, d, r) for a, b in pairwise(edges) if b - a > 1e-9
        for c, d in pairwise(edges) if d - c > 1e-9
    )
    assert total == pytest.approx(1.0, abs=1e-7)  # slices thinner than 1e-9 are left out


@pytest.mark.parametrize(("h", "k", "r"), [(0.3, -0.8, 0.5), (-1.2, -0.1, -0.7), (2.0, 1.5, 0.94), (0.4, 0.1, 0.0)])
def test_derivatives_are_differences(h, k, r):
    step = 1e-5
    first = density_derivatives(h, k, r)
    for at in range(3):
        move = np.eye(3)[at] * step
        above, below = np.array([h, k, r]) + move, np.array([h, k, r]) - move
        up, down = density_derivatives(*above)[0], density_derivatives(*below)[0]
        assert first[1 + at] == pytest.approx((up - down) / (2 * step), abs=1e-8)
    slope = (bivariate_normal_cdf(h, k, r + step) - bivariate_normal_cdf(h, k, r - step)) / (2 * step)
    assert first[0] == pytest.approx(slope, abs=1e-9)
    for low, high in [(-np.inf, k), (k, np.inf), (k, k + 0.5)]:
        slope = (rectangle(-np.inf, h + step, low, high, r) - rectangle(-np.inf, h - step, low, high, r)) / (2 * step)
        assert edge_derivative(h, low, high, r) == pytest.approx(slope, abs=1e-9)


def test_an_open_end_leaves_the_other_variable():
    assert bivariate_normal_cdf(np.inf, 0.7, 0.4) == pytest.approx(norm.cdf(0.7), abs=1e-15)
    assert bivariate_normal_cdf(0.7, np.inf, 0.4) == pytest.approx(norm.cdf(0.7), abs=1e-15)
    assert bivariate_normal_cdf(-np.inf, 0.7, 0.4) == 0.0
    assert rectangle(-np.inf, np.inf, -np.inf, np.inf, 0.4) == 1.0
