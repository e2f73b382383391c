"""Where groups stand together: the top of a penalised likelihood written out again, and the truth of many answers."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from drivers.fit.bayes.additive import RIDGE, flat_information, group_deviations
from drivers.fit.bayes.hierarchical import Coded
from drivers.fit.bayes.laplace import find_mode
from drivers.fit.bayes.laplace_linear import gaussian_target
from drivers.fit.bayes.laplace_ordered import ordered_prior
from drivers.fit.bayes.priors import SlopePriors
from drivers.fit.bayes.target import ordered_target

N, P, VARYING, Q = 400, 2, 1, 2
TOP = 2e-3  # Newton ends 1e-4 below the top of the log-likelihood, so a coordinate is at most .014 errors off


def made(kind):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(N, P))
    one, two = rng.integers(0, 3, N), rng.integers(0, 2, N)
    eta = x @ [0.5, 0.2] + np.array([0.6, 0.0, -0.6])[one] * x[:, 0] + np.array([0.5, -0.5])[two]
    latent = eta + rng.normal(size=N)
    weight = rng.integers(1, 4, N).astype(float)
    if kind == "linear":
        values, coded = np.column_stack([x, latent]), Coded()
        flat = gaussian_target(values, weight, SlopePriors())
    else:
        y = (latent[:, None] > [-0.7, 0.8]).sum(axis=1).astype(np.intp)
        values, coded = np.column_stack([x, y]), Coded(category=y, q=Q)
        flat = ordered_target(x, y, weight, Q, "probit", ordered_prior(SlopePriors(), P, Q, "probit"))
    mode, _ = find_mode(flat)
    return values, coded, weight, flat, mode, one, two


@pytest.mark.parametrize("kind", ["probit", "linear"])
def test_groups_stand_at_the_top_of_the_penalised_likelihood(kind):
    values, coded, weight, flat, mode, one, two = made(kind)
    found = group_deviations(values, coded, weight, flat, mode, VARYING, [one, two])
    assert [each.shape for each in found] == [(3, 2), (2, 2)]
    t = P + (Q if kind == "probit" else 1)
    base = flat.theta(mode) if kind == "probit" else mode[:t]

    def loss(phi):
        own, first, second = base + phi[:t], phi[t : t + 6].reshape(3, 2), phi[t + 6 :].reshape(2, 2)
        apart = first[one] + second[two]
        eta = values[:, :P] @ own[:P] + apart[:, 0] * values[:, 0] + apart[:, 1]
        if kind == "linear":
            loglik = norm(own[P] + eta, np.exp(mode[-1])).logpdf(values[:, -1])
        else:
            edges = np.concatenate([[-np.inf], own[P:], [np.inf]])
            y = coded.category
            loglik = np.log(np.maximum(norm.cdf(edges[y + 1] - eta) - norm.cdf(edges[y] - eta), 1e-300))
        return -weight @ loglik + 0.5 * (phi**2).sum() / RIDGE**2

    best = minimize(loss, np.zeros(t + 10), method="BFGS", options={"gtol": 1e-5}).x
    for mine, theirs in zip(found, (best[t : t + 6].reshape(3, 2), best[t + 6 :].reshape(2, 2)), strict=True):
        np.testing.assert_allclose(mine - mine.mean(axis=0), theirs - theirs.mean(axis=0), atol=TOP)


@pytest.mark.parametrize("kind", ["probit", "linear"])
def test_information_is_how_the_likelihood_bends(kind):
    values, coded, weight, flat, mode, *_ = made(kind)
    found = flat_information(values, coded, weight, flat, mode, VARYING)

    def loglik(by):
        theta = flat.theta(mode) if kind == "probit" else mode[:-1]
        eta = values[:, :P] @ theta[:P] + by[0] * values[:, 0] + by[1]
        if kind == "linear":
            return weight @ norm(theta[P] + eta, np.exp(mode[-1])).logpdf(values[:, -1])
        edges = np.concatenate([[-np.inf], theta[P:], [np.inf]])
        return weight @ np.log(norm.cdf(edges[coded.category + 1] - eta) - norm.cdf(edges[coded.category] - eta))

    step = 1e-3 * np.eye(2)
    bend = [[(loglik(a + b) - loglik(a - b) - loglik(b - a) + loglik(-a - b)) / 4e-6 for a in step] for b in step]
    np.testing.assert_allclose(found, -np.array(bend), rtol=1e-4)
