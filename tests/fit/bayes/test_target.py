"""Posterior densities written out again with scipy, and their derivatives against differences."""

import math

import numpy as np
import pytest
from scipy.special import expit, ndtr
from scipy.stats import norm
from scipy.stats import t as student

from drivers.fit.bayes.laplace_linear import gaussian_target
from drivers.fit.bayes.priors import SlopePriors, normal, student_t
from drivers.fit.bayes.target import ordered_target
from drivers.stats.prior_density import PriorArrays

DENSITY = 1e-10  # absolute, on log densities of size 100
CDF = {"probit": ndtr, "logit": expit}


def ordered_cells(seed: int = 1, p: int = 3, q: int = 4, m: int = 40):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(m, p)), rng.integers(0, q + 1, m).astype(np.intp), rng.gamma(2.0, size=m)


def priors(p: int, q: int) -> PriorArrays:
    return PriorArrays(
        location=np.r_[np.zeros(p), np.full(q, 0.3)], scale=np.r_[np.full(p, 0.5), np.full(q, 1.5)],
        df=np.r_[np.full(p, np.inf), np.full(q, 4.0)],
    )  # fmt: skip


@pytest.mark.parametrize("link", ["probit", "logit"])
@pytest.mark.parametrize("q", [1, 2, 4])
def test_the_ordinal_posterior_is_scipys(link, q):
    x, y, weight = ordered_cells(q=q)
    p = x.shape[1]
    target = ordered_target(x, y, weight, q, link, priors(p, q))
    phis = np.random.default_rng(2).normal(0, 0.7, (20, p + q))
    for phi, value in zip(phis, target.values(phis), strict=True):
        a = target.anchor  # thresholds grow out from the anchor by exp(phi)
        cuts = np.array([
            phi[p + a] + np.exp(phi[p + a + 1 : p + k + 1]).sum() - np.exp(phi[p + k : p + a]).sum() for k in range(q)
        ])
        edges = np.concatenate([[-np.inf], cuts, [np.inf]])
        low, high = edges[y] - x @ phi[:p], edges[y + 1] - x @ phi[:p]
        up = low > 0  # differences are taken where both values are small
        chance = np.where(up, CDF[link](-low) - CDF[link](-high), CDF[link](high) - CDF[link](low))
        loglik = weight @ np.log(chance)
        prior = norm(0, 0.5).logpdf(phi[:p]).sum() + student(4, 0.3, 1.5).logpdf(cuts).sum()
        jacobian = np.delete(phi[p:], a).sum()
        assert value == pytest.approx(loglik + prior + math.log(math.factorial(q)) + jacobian, abs=DENSITY)
        assert value == pytest.approx(target.expand(phi)[0], abs=DENSITY)
        np.testing.assert_allclose(target.phi(target.theta(phi)), phi, atol=1e-9)


def gaussian():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(50, 4)) + np.array([0, 0, 0, 7])
    weight = rng.gamma(2.0, size=50)
    prior = SlopePriors(slopes=normal(0, 0.4), intercept=student_t(3, 8, 2.5), error_sd=student_t(3, 0, 2.5))
    return values, weight, gaussian_target(values, weight, prior)


def test_the_linear_posterior_is_scipys():
    values, weight, target = gaussian()
    phis = np.random.default_rng(4).normal(0, 0.5, (20, 5)) + np.array([0, 0, 0, 7, 0])
    for phi, value in zip(phis, target.values(phis), strict=True):
        sigma = math.exp(phi[-1])
        loglik = weight @ norm(values[:, :3] @ phi[:3] + phi[3], sigma).logpdf(values[:, 3])
        prior = norm(0, 0.4).logpdf(phi[:3]).sum() + student(3, 8, 2.5).logpdf(phi[3])
        prior += math.log(2) + student(3, 0, 2.5).logpdf(sigma) + phi[-1]
        assert value == pytest.approx(loglik + prior, abs=1e-9 * abs(loglik))


def differences(target, phi, h=1e-5):
    step = np.eye(len(phi)) * h
    first = np.array([(target.values((phi + s)[None])[0] - target.values((phi - s)[None])[0]) / (2 * h) for s in step])
    second = np.array([(target.expand(phi + s)[1] - target.expand(phi - s)[1]) / (2 * h) for s in step])
    return first, second


@pytest.mark.parametrize("link", ["probit", "logit"])
def test_ordinal_derivatives_are_differences(link):
    x, y, weight = ordered_cells(5)
    target = ordered_target(x, y, weight, 4, link, priors(3, 4))
    for phi in np.random.default_rng(6).normal(0, 0.5, (4, 7)):
        _, gradient, hessian = target.expand(phi)
        first, second = differences(target, phi)
        np.testing.assert_allclose(gradient, first, atol=1e-6 * np.abs(first).max())
        np.testing.assert_allclose(hessian, second, atol=1e-6 * np.abs(second).max())


def test_linear_derivatives_are_differences():
    _, _, target = gaussian()
    for phi in np.random.default_rng(7).normal(0, 0.5, (4, 5)) + np.array([0, 0, 0, 7, 0]):
        _, gradient, hessian = target.expand(phi)
        first, second = differences(target, phi)
        np.testing.assert_allclose(gradient, first, atol=1e-6 * np.abs(first).max())
        np.testing.assert_allclose(hessian, second, atol=1e-6 * np.abs(second).max())


def test_an_empty_category_has_a_finite_mode():
    from drivers.fit.bayes.laplace import find_mode

    x, y, weight = ordered_cells(8)
    target = ordered_target(x, np.where(y == 2, 3, y), weight, 4, "probit", priors(3, 4))
    mode, information = find_mode(target)
    assert (np.diff(target.theta(mode)[3:]) > 0).all()
    assert (np.linalg.eigvalsh(information) > 0).all()
    np.testing.assert_allclose(target.expand(mode)[1], 0, atol=1e-4)
