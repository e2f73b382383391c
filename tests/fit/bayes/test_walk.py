"""The dynamic posterior written out again with scipy, and its derivatives by differences."""

import math

import numpy as np
import pytest
from scipy.stats import norm
from scipy.stats import t as student

from drivers.fit.bayes.dynamic_density import Dynamic
from drivers.fit.bayes.laplace_linear import gaussian_target
from drivers.fit.bayes.priors import SlopePriors
from drivers.fit.bayes.target import OrderedTarget, ordered_target
from drivers.fit.bayes.walk import TAIL, Walk, WalkPriors, WaveInformation
from drivers.stats.cumulative import log_density
from drivers.stats.prior_density import PriorArrays
from drivers.stats.segment_density import segment_patterns, segment_squares

P, Q, WAVES, PEOPLE = 3, 4, 5, 150


def dynamic(model: str, innovations: str = "normal", season=False, known=False):
    """Three columns, the last a control whose slope does not walk; with coordinates that follow what waves tell."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(PEOPLE, P))
    wave = rng.integers(0, WAVES, PEOPLE).astype(np.intp)
    weight = rng.gamma(2.0, size=PEOPLE)
    told = None
    if known:
        other = np.random.default_rng(7)
        root = other.normal(size=(P, P))
        told = WaveInformation(
            part=other.dirichlet(np.ones(WAVES)), information=300 * root @ root.T, seen=other.normal(size=(WAVES, P)),
        )
    walk = Walk(
        waves=WAVES, columns=P, innovations=innovations, priors=WalkPriors(), told=told,
        quarter=np.arange(WAVES) % 4 if season else None, seasons=4 if season else 0,
    )
    if model == "ordinal":
        y = rng.integers(0, Q + 1, PEOPLE).astype(np.intp)
        prior = PriorArrays(
            location=np.zeros(P + Q), scale=np.r_[np.full(P, 0.5), np.full(Q, 1.5)], df=np.full(P + Q, np.inf)
        )
        flat = ordered_target(x, y, weight, Q, "probit", prior)
        data = segment_patterns(x, y, wave, weight, Q)
    else:
        y = rng.normal(size=PEOPLE)
        flat = gaussian_target(np.column_stack([x, y]), weight, SlopePriors())
        data = segment_squares(np.column_stack([x, y]), wave, weight)
    names = tuple("abc")
    made = Dynamic(flat=flat, data=data, walk=walk, names=names, waves=tuple("12345"), words="")
    return made, (x, y, wave, weight)


CASES = [
    ("ordinal", "normal", False), ("ordinal", "student_t", True), ("linear", "normal", True),
    ("linear", "student_t", False),
]  # fmt: skip


@pytest.mark.parametrize(("model", "innovations", "season"), CASES)
def test_the_density_is_scipys(model, innovations, season):
    made, (x, y, wave, weight) = dynamic(model, innovations, season=season)
    value = made.density(np.zeros(len(made.flat.prior.scale))).value
    t = len(made.flat.prior.scale)
    for phi in np.random.default_rng(2).normal(0, 0.4, (5, made.size)):
        own, part = phi[:t], phi[t:]
        pace, steps = np.exp(part[:P]), part[P : P * WAVES].reshape(WAVES - 1, P)
        e = steps
        walk = np.concatenate([np.zeros((1, P)), np.cumsum(e * pace, axis=0)])
        walk -= walk.mean(axis=0)
        law = norm() if innovations == "normal" else student(TAIL)
        prior = law.logpdf(e).sum()
        prior += norm(0, 0.1).logpdf(pace).sum() + P * math.log(2) + np.log(pace).sum()
        if season:
            z = part[P * WAVES :]
            prior += norm(0, 0.2).logpdf(z).sum()
            effect = made.walk.basis @ z
            assert abs(effect.sum()) < 1e-12
            walk[:, -1] += effect[np.arange(WAVES) % 4]
        slopes = np.tile(own[:P], (WAVES, 1))
        slopes[:, : P - 1] += walk[:, : P - 1]
        eta = (x * slopes[wave]).sum(axis=1) + walk[wave, -1]
        if model == "ordinal":
            assert isinstance(made.flat, OrderedTarget)
            theta = made.flat.theta(own)
            loglik = log_density(eta[:, None], y, weight, np.append(1.0, theta[P:]), "probit")[0]
            prior += norm(0, 0.5).logpdf(theta[:P]).sum() + norm(0, 1.5).logpdf(theta[P:]).sum()
            prior += math.log(math.factorial(Q)) + np.log(np.diff(theta[P:])).sum()
        else:
            sigma = math.exp(own[-1])
            loglik = weight @ norm(own[-2] + eta, sigma).logpdf(y)
            prior += norm(0, 0.5).logpdf(own[:P]).sum() + student(3, 0, 2.5).logpdf(own[-2])
            prior += math.log(2) + student(3).logpdf(sigma) + own[-1]
        assert value(phi)[0] == pytest.approx(loglik + prior, abs=1e-9)


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize(("model", "innovations", "season"), CASES)
def test_derivatives_are_differences(model, innovations, season, known):
    made, _ = dynamic(model, innovations, season, known)
    value = made.density(np.zeros(len(made.flat.prior.scale))).value
    for phi in np.random.default_rng(3).normal(0, 0.4, (3, made.size)):
        step = np.eye(made.size) * 1e-5
        first = [(value(phi + s)[0] - value(phi - s)[0]) / 2e-5 for s in step]
        np.testing.assert_allclose(value(phi)[1], first, atol=1e-6 * np.abs(first).max())


@pytest.mark.parametrize("innovations", ["normal", "student_t"])
def test_coordinates_that_follow_the_answers_are_the_same_posterior(innovations):
    """Densities of the same walks, less the Jacobian of the way from one set of coordinates to the other."""
    plain, _ = dynamic("ordinal", innovations)
    turned, _ = dynamic("ordinal", innovations, known=True)
    t = len(plain.flat.prior.scale)
    other = np.random.default_rng(4).normal(0, 0.4, turned.size)

    def back(phi):  # from the turned coordinates to steps
        at = turned.expand(phi)
        return np.concatenate([phi[: t + P], (np.diff(at["walk"], axis=0) / at["pace"]).ravel()])

    phi = back(other)
    for name, values in plain.expand(phi).items():
        np.testing.assert_allclose(values, turned.expand(other)[name], atol=1e-12)
    step = np.eye(turned.size) * 1e-5
    jacobian = np.array([(back(other + s) - back(other - s)) / 2e-5 for s in step])
    first, second = (one.density(np.zeros(t)).value(at)[0] for one, at in ((plain, phi), (turned, other)))
    assert first + np.linalg.slogdet(jacobian)[1] == pytest.approx(second, abs=1e-6)


def test_rows_are_told_apart_by_the_answers():
    """Where the likelihood is quadratic and paces are known, coordinates are standard normal."""
    rng = np.random.default_rng(5)
    precision = rng.normal(size=(P, P))
    precision = 40 * precision @ precision.T
    part, peak = np.full(WAVES, 1 / WAVES), rng.normal(0, 0.3, (WAVES, P))
    peak -= peak.mean(axis=0)
    told = WaveInformation(part=part, information=precision * WAVES, seen=peak + 1.5)
    walk = Walk(waves=WAVES, columns=P, innovations="normal", priors=WalkPriors(), told=told)
    pace = np.log(np.array([0.05, 0.4, 2.0]))

    def value(u):
        phi = np.concatenate([pace, u])
        own, _, at = walk.forward(phi)
        return own - 0.5 * np.einsum("ti,ij,tj->", at - peak, precision, at - peak)

    u = rng.normal(size=(WAVES - 1) * P)
    centre = value(np.zeros_like(u))
    assert value(u) - centre == pytest.approx(-0.5 * u @ u, abs=1e-9)
