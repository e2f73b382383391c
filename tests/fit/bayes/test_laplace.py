"""Laplace with importance weights against posteriors known exactly, and the refusals of what it cannot carry."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import invgamma, kstest
from scipy.stats import t as student

from drivers.errors import ConvergenceError, FitError
from drivers.fit.bayes.laplace import find_mode, laplace_draws, systematic
from drivers.fit.bayes.laplace_linear import gaussian_target
from drivers.fit.bayes.priors import SlopePriors, flat
from drivers.fit.bayes.target import ordered_target
from drivers.stats.prior_density import PriorArrays

KS = 1e-3  # p-value below which two distributions are called different; seeds are fixed


def test_a_linear_posterior_is_the_t_distribution_it_is():
    """Flat priors: slopes are t with n - p - 2 degrees of freedom, the residual variance inverse gamma."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(30, 2))
    y = x @ [0.5, -0.2] + rng.normal(size=30)
    prior = SlopePriors(slopes=flat(), intercept=flat(), error_sd=flat())
    target = gaussian_target(np.column_stack([x, y]), np.ones(30), prior)
    found = laplace_draws(target, 4000, np.random.default_rng(2))
    design = np.column_stack([x, np.ones(30)])
    best, rss = np.linalg.lstsq(design, y)[:2]
    df = 30 - 2 - 2  # a flat prior of sigma itself takes one more than 1/sigma would
    scale = np.sqrt(rss[0] / df * np.diag(np.linalg.inv(design.T @ design)))
    for j in range(3):
        assert kstest(found.phi[:, j], student(df, best[j], scale[j]).cdf).pvalue > KS
    assert kstest(np.exp(2 * found.phi[:, 3]), invgamma(df / 2, scale=rss[0] / 2).cdf).pvalue > KS
    assert found.pareto_k < 0.5
    assert found.ess == 4000


@pytest.mark.parametrize("link", ["probit", "logit"])
def test_a_binary_posterior_is_the_one_on_a_grid(link):
    """Nineteen answers, separated by the driver: no maximum likelihood, but a posterior."""
    x = np.linspace(-1, 1, 19)[:, None]
    y = (x[:, 0] > 0.2).astype(np.intp)
    prior = PriorArrays(location=np.zeros(2), scale=np.array([1.0, 1.5]), df=np.full(2, np.inf))
    target = ordered_target(x, y, np.ones(19), 1, link, prior)
    found = laplace_draws(target, 4000, np.random.default_rng(3))
    slopes, cuts = np.linspace(-4, 9, 400), np.linspace(-5, 6, 300)
    grid = np.column_stack([a.ravel() for a in np.meshgrid(slopes, cuts, indexing="ij")])
    density = target.values(grid)
    weight = np.exp(density - density.max()).reshape(400, 300)
    marginal = weight.sum(axis=1).cumsum() / weight.sum()
    assert kstest(found.phi[:, 0], lambda at: np.interp(at, slopes, marginal)).pvalue > KS
    marginal = weight.sum(axis=0).cumsum() / weight.sum()
    assert kstest(found.phi[:, 1], lambda at: np.interp(at, cuts, marginal)).pvalue > KS


@dataclass(frozen=True)
class Cauchy:
    """A product of Cauchy densities: a round mode, and tails no Student-t proposal of 4 degrees covers."""

    size: int = 6

    @property
    def start(self):
        return np.full(self.size, 0.1)

    def expand(self, phi):
        slope = -2 * phi / (1 + phi**2)
        return float(self.values(phi[None])[0]), slope, np.diag(-2 * (1 - phi**2) / (1 + phi**2) ** 2)

    def values(self, phi):
        return -np.log1p(phi**2).sum(axis=1)

    def near(self, mode, information, rng):
        return self, 0.0


def test_what_the_approximation_does_not_cover_is_refused():
    with pytest.raises(FitError, match=r"Pareto k is \d\.\d\d after 32,000 proposals, 0\.5 is the limit") as refusal:
        laplace_draws(Cauchy(), 4000, np.random.default_rng(4))
    assert refusal.value.exit_code == 3
    assert "more draws, use narrower priors or fewer drivers" in str(refusal.value)
    assert 'let Markov chains draw (method="nuts")' in str(refusal.value)


@dataclass(frozen=True)
class Skewed:
    """Log-gamma variables: exponential on one side. The first proposal may fail, the second, fitted to it, does not."""

    shape: float = 0.5

    @property
    def start(self):
        return np.zeros(4)

    def expand(self, phi):
        grown = np.exp(phi)
        return float(self.values(phi[None])[0]), self.shape - grown, np.diag(-grown)

    def values(self, phi):
        return (self.shape * phi - np.exp(phi)).sum(axis=1)

    def near(self, mode, information, rng):
        return self, 0.0


def test_a_second_proposal_is_told():
    found = laplace_draws(Skewed(), 4000, np.random.default_rng(6))
    assert found.retried
    assert found.proposals == 32_000
    assert found.pareto_k < 0.5
    # the mean of a log-gamma variable of shape a is digamma(a)
    from scipy.special import digamma

    error = found.phi.std(axis=0) / math.sqrt(found.ess)
    assert (np.abs(found.phi.mean(axis=0) - digamma(0.5)) < 4 * error).all()


def test_a_density_without_a_mode_is_refused():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(30, 1))
    prior = PriorArrays(location=np.zeros(2), scale=np.full(2, np.inf), df=np.full(2, np.inf))
    target = ordered_target(x, (x[:, 0] > 0).astype(np.intp), np.ones(30), 1, "probit", prior)
    with pytest.raises(ConvergenceError, match="the prior leave some mix of slopes open"):
        find_mode(target)


def test_resampling_keeps_every_weight_to_the_nearest_whole_number():
    weight = np.random.default_rng(6).dirichlet(np.full(50, 0.5))
    count = np.bincount(systematic(weight, 4000, np.random.default_rng(7)), minlength=50)
    assert count.sum() == 4000
    assert (np.abs(count - 4000 * weight) < 1).all()
