"""The winner's curse and its cure: the closed form, a published posterior, and laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.stats.shrinkage import posterior_of, shrunk

LARGEST_OF_8 = 1.4236003  # expected largest of eight standard normals
MU, TAU, SE = 0.10, 0.04, 0.05


def studies(count: int, rng: np.random.Generator):
    truth = rng.normal(MU, TAU, (count, 8))
    return truth, truth + rng.normal(0, SE, (count, 8))


def test_the_best_of_eight_plug_in_estimates_claims_41_percent_too_much():
    truth, seen = studies(200_000, np.random.default_rng(1))
    best = seen.argmax(axis=1)
    rows = np.arange(len(best))
    claimed, realised = seen[rows, best].mean(), truth[rows, best].mean()
    both = np.hypot(TAU, SE)
    assert claimed == pytest.approx(MU + LARGEST_OF_8 * both, abs=4e-4)  # .191
    assert realised == pytest.approx(MU + LARGEST_OF_8 * TAU**2 / both, abs=4e-4)  # .136
    assert claimed / realised == pytest.approx(1.41, abs=0.005)


def test_after_shrinking_what_is_claimed_is_realised():
    truth, seen = studies(1500, np.random.default_rng(2))
    cov = SE**2 * np.eye(8)
    means = np.array([posterior_of(one, cov, SE)[0] for one in seen])
    best = means.argmax(axis=1)
    rows = np.arange(len(best))
    claimed, realised = means[rows, best].mean(), truth[rows, best].mean()
    assert abs(claimed / realised - 1) < 0.05  # the standard error of this ratio is .009


def test_the_eight_schools():
    # Gelman, Carlin, Stern, Dunson, Vehtari & Rubin, Bayesian Data Analysis, 3rd ed., table 5.3: medians of the
    # posterior of the eight effects, flat in mu and tau, 200 draws: 10, 8, 7, 8, 5, 6, 10, 8
    effect = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
    error = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])
    mean, cov = posterior_of(effect, np.diag(error**2), np.inf)
    np.testing.assert_allclose(mean, [10, 8, 7, 8, 5, 6, 10, 8], rtol=0, atol=1.7)
    # tight: by quadrature over (mu, tau), independent of this code: see `by_quadrature`
    np.testing.assert_allclose(mean, by_quadrature(effect, error), rtol=0, atol=0.05)
    assert (np.diag(cov) < error**2).all()
    half, _ = posterior_of(effect, np.diag(error**2), 12.0)
    np.testing.assert_allclose(half, by_quadrature(effect, error, 12.0), rtol=0, atol=0.05)
    assert np.ptp(half) < np.ptp(mean)  # it shrinks more


def by_quadrature(effect, error, scale=np.inf):
    """Posterior means on a grid of both parameters, each effect given them."""
    mu, tau = np.meshgrid(np.linspace(-60, 80, 700), (np.arange(2000) + 0.5) * 0.075, indexing="ij")
    log, means = -np.log1p((tau / scale) ** 2), []
    for y, s in zip(effect, error, strict=True):
        log += -0.5 * np.log(s**2 + tau**2) - 0.5 * (y - mu) ** 2 / (s**2 + tau**2)
    weight = np.exp(log - log.max())
    for y, s in zip(effect, error, strict=True):
        means.append((weight * (y * tau**2 + mu * s**2) / (s**2 + tau**2)).sum() / weight.sum())
    return np.array(means)


@given(st.integers(0, 2**20), st.integers(3, 9), st.floats(0.1, 10), st.floats(-5, 5))
def test_units_do_not_matter_and_estimates_move_inwards_on_the_whole(seed, count, factor, moved):
    rng = np.random.default_rng(seed)
    draws = rng.normal(0, 1, count) + rng.normal(0, 0.7, (300, count))
    out = shrunk(draws)
    np.testing.assert_allclose(shrunk(moved + factor * draws), moved + factor * out, rtol=0, atol=1e-8 * (1 + factor))
    assert out.mean(axis=0).std() <= draws.mean(axis=0).std() + 1e-12
    order = rng.permutation(count)
    np.testing.assert_allclose(shrunk(draws[:, order]), out[:, order], rtol=0, atol=1e-8)


def test_the_draws_have_the_mean_and_covariance_of_the_posterior():
    rng = np.random.default_rng(3)
    draws = np.array([0.1, 0.2, 0.4, 0.0]) + rng.normal(0, [0.1, 0.05, 0.2, 0.1], (5000, 4))
    seen = np.cov(draws.T)
    mean, cov = posterior_of(draws.mean(axis=0), seen, float(np.exp(np.log(np.diag(seen)).mean() / 2)))
    np.testing.assert_allclose(shrunk(draws).mean(axis=0), mean, atol=1e-10)
    np.testing.assert_allclose(np.cov(shrunk(draws).T), cov, atol=1e-10)


def test_an_action_that_moves_nobody_stays_at_nothing_and_two_estimates_stay():
    rng = np.random.default_rng(4)
    draws = rng.normal(0.1, 0.1, (200, 4))
    draws[:, 2] = 0.0
    assert (shrunk(draws)[:, 2] == 0).all()
    assert (shrunk(draws[:, :3]) == draws[:, :3]).all()


def test_copies_of_one_action_are_no_reason_to_stop():
    rng = np.random.default_rng(5)
    one = rng.normal(0.1, 0.05, (300, 1))
    draws = np.hstack([one, one, rng.normal(0.2, 0.05, (300, 2))])
    out = shrunk(draws)
    assert np.isfinite(out).all() and out[:, 0] == pytest.approx(out[:, 1], abs=1e-6)
