"""A beta prior of R2: its density, the mixture it is, and draws against integrals worked out on grids."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import gammaln
from scipy.stats import beta

from drivers.stats.r2_prior import draw_r2_posterior, log_mixing, slope_density

INTEGRAL = 1e-7  # relative, of adaptive quadrature
MC = 4  # Monte-Carlo standard errors
SHAPES = [(1, 0.3, 0.8), (1, 1.0, 1.0), (2, 1.0, 1.0), (3, 1.0, 2.5), (4, 1.6, 2.4), (12, 1.0, 1.0), (12, 6.0, 0.5)]


def surface(p):
    """Area of the unit sphere in p dimensions."""
    return 2 * np.exp(p / 2 * np.log(np.pi) - gammaln(p / 2))


@pytest.mark.parametrize(("p", "a", "b"), SHAPES)
def test_slopes_of_a_beta_r2_have_that_r2(p, a, b):
    # a shell of radius r holds surface * r^(p-1) of the density
    def shell(t):
        return surface(p) * np.exp(t * p + slope_density(np.exp(2 * t), p, a, b))

    for r2 in (0.1, 0.5, 0.9):
        end = 0.5 * np.log(r2 / (1 - r2))
        assert quad(shell, -100, end, limit=400)[0] == pytest.approx(beta(a, b).cdf(r2), rel=INTEGRAL)


@pytest.mark.parametrize(("p", "a", "b"), [one for one in SHAPES if one[1] <= one[0] / 2])
def test_normal_slopes_over_the_mixing_scale_have_that_density(p, a, b):
    total = quad(lambda t: np.exp(log_mixing(t, p, a, b)), -120, 120, limit=800)[0]
    for u in (0.02, 0.7, 5.0):
        mixed = quad(
            lambda t, u=u: np.exp(log_mixing(t, p, a, b) - p / 2 * (np.log(2 * np.pi) + t) - u / 2 * np.exp(-t)),
            -120, 120, limit=800,
        )[0]  # fmt: skip
        assert mixed / total == pytest.approx(np.exp(slope_density(u, p, a, b)), rel=INTEGRAL)


def test_a_prior_that_is_all_but_certain_has_no_mass_where_its_density_vanishes():
    # R2 beta(40, 60) of 120 slopes: log g falls as 40 log g on the far left, below what doubles hold
    log_g = np.linspace(-16, -11, 201)
    slope = np.gradient(log_mixing(log_g, 120, 40.0, 60.0), log_g)
    np.testing.assert_allclose(slope, 40, rtol=0.05)


def problem(p, seed=1, outcomes=1):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(30, p)) + rng.normal(size=(30, 1))
    return np.cov(x, rowvar=False, bias=True).reshape(p, p), rng.normal(0, 0.3, (p, outcomes))


def integrals(scatter, fitted, n, rest, df, a, b):
    """Posterior means of R2, residual variance and length along the fitted slopes, on a grid of the three."""
    p, long = len(fitted), float(fitted @ scatter @ fitted)
    angles = np.linspace(0, np.pi, 161) if p > 1 else np.array([0.0, np.pi])
    cosine = np.cos(angles)
    size = np.exp(np.linspace(-7, 4, 281))[:, None, None] * np.sqrt(long)
    log_v = np.linspace(-2.5, 3.5, 281)[:, None] + np.log(rest / df)
    variance = np.exp(log_v)
    # steps in log size and log variance; rings of radius sin(angle) in p - 1 dimensions
    ring = (p - 2) * np.log(np.maximum(np.sin(angles), 1e-300)) if p > 1 else 0.0
    squares = rest + n * (size**2 - 2 * size * cosine * np.sqrt(long) + long)
    value = (
        slope_density(size**2 / variance, p, a, b) - p / 2 * log_v + p * np.log(size) + ring
        - df / 2 * log_v - squares / (2 * variance)
    )  # fmt: skip
    weight = np.exp(value - value.max())
    weight /= weight.sum()
    r2 = size**2 / (size**2 + variance)
    return [float((weight * part).sum()) for part in (r2, variance, size * cosine)]


@pytest.mark.parametrize(("p", "a", "b"), [(1, 0.3, 0.8), (1, 1.0, 1.0), (2, 1.0, 1.0), (3, 1.0, 1.0), (4, 4.0, 6.0)])
def test_draws_are_those_of_the_posterior(p, a, b):
    scatter, fitted = problem(p)
    n, rest, df = 40.0, 30.0, 41.0
    found = draw_r2_posterior(scatter, fitted, n, np.array([[rest]]), df, (a, b), 20_000, np.random.default_rng(2))
    slopes, variance, line = found.slopes[..., 0], found.cov[:, 0, 0], fitted[:, 0]
    explained = np.einsum("si,ij,sj->s", slopes, scatter, slopes)
    along = slopes @ scatter @ line / np.sqrt(line @ scatter @ line)
    drawn = (explained / (explained + variance), variance, along)
    for values, exact in zip(drawn, integrals(scatter, line, n, rest, df, a, b), strict=True):
        assert values.mean() == pytest.approx(exact, abs=MC * values.std() / np.sqrt(len(values)))


@given(seed=st.integers(0, 2**16), p=st.integers(2, 6))
def test_what_drivers_are_mixed_of_does_not_matter(seed, p):
    """R2 and the residual variance are the same draws for any invertible mix of the drivers."""
    rng = np.random.default_rng(seed)
    scatter, fitted = problem(p, seed, outcomes=2)
    mix = rng.normal(size=(p, p)) + 3 * np.eye(p)
    beside = (np.array([[40.0, 9.0], [9.0, 30.0]]), 52.0, (1.0, 1.0), 50)
    one = draw_r2_posterior(scatter, fitted, 50.0, *beside, np.random.default_rng(1))
    other = draw_r2_posterior(
        mix.T @ scatter @ mix, np.linalg.solve(mix, fitted), 50.0, *beside, np.random.default_rng(1)
    )
    np.testing.assert_allclose(other.cov, one.cov, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(other.scale, one.scale, rtol=1e-7)


@given(n=st.integers(10**4, 10**7), p=st.integers(1, 8))
def test_many_answers_leave_least_squares(n, p):
    scatter, fitted = problem(p)
    a = min(p / 2, 1.0)
    rest = np.array([[0.8 * n]])
    found = draw_r2_posterior(scatter, fitted, float(n), rest, n + 1.0, (a, a), 400, np.random.default_rng(1))
    error = np.sqrt(np.diag(np.linalg.inv(scatter)) * 0.8 / n)[:, None]
    assert (np.abs(found.slopes.mean(axis=0) - fitted) < 5 * error / np.sqrt(400) + 0.1 * error).all()
    np.testing.assert_allclose(found.slopes.std(axis=0), error, rtol=0.2)  # 400 draws: 3.5 % per standard error


def test_two_outcomes_that_do_not_go_together_are_each_drawn_as_alone():
    """As one mixing scale serves both, only where answers are many; residuals of 20,000 draws then do not correlate."""
    scatter, fitted = problem(3, outcomes=2)
    rest, n = np.diag([3000.0, 2000.0]), 4000.0
    both = draw_r2_posterior(scatter, fitted, n, rest, n + 2, (1.0, 1.0), 20_000, np.random.default_rng(1))
    for k in range(2):
        alone = draw_r2_posterior(
            scatter, fitted[:, [k]], n, rest[[k]][:, [k]], n + 1, (1.0, 1.0), 20_000, np.random.default_rng(2)
        )
        for one, other in ((both.slopes[..., k], alone.slopes[..., 0]), (both.cov[:, k, k], alone.cov[:, 0, 0])):
            error = other.std(axis=0) / np.sqrt(20_000)
            assert (np.abs(one.mean(axis=0) - other.mean(axis=0)) < MC * np.sqrt(2) * error).all()
            np.testing.assert_allclose(one.std(axis=0), other.std(axis=0), rtol=MC / np.sqrt(20_000))
    assert abs(np.corrcoef(both.slopes[:, 0, 0], both.slopes[:, 0, 1])[0, 1]) < MC / np.sqrt(20_000)


def test_a_prior_that_contradicts_the_answers_gives_none():
    scatter, fitted = problem(1)
    assert draw_r2_posterior(
        scatter, 0.01 * fitted, 2000.0, np.array([[2000.0]]), 2001.0, (90.0, 10.0), 100, np.random.default_rng(1)
    ) is None
