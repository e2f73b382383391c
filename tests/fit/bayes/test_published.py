"""Posteriors against brms (Stan), posteriordb and the inverse-Wishart oracle of two outcomes of one survey."""

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.fit.bayes.laplace import laplace_draws
from drivers.fit.bayes.priors import CovariancePrior, SlopePriors, flat, normal, student_t
from drivers.fit.bayes.table import term_draws
from drivers.fit.bayes.target import GaussianTarget
from drivers.stats.prior_density import PriorArrays
from tests.golden.surveys import MOBI_DRIVERS, mobi

MC = 4  # Monte-Carlo standard errors, ours and theirs together
QUANTILES = {"Q2.5": 0.025, "Q5": 0.05, "Q50": 0.5, "Q95": 0.95, "Q97.5": 0.975}


def standardised(shared) -> pd.DataFrame:
    """Construct means divided by their standard deviation (n - 1), as brms had them."""
    table = mobi(shared)
    x = table[list(MOBI_DRIVERS)]
    return ((x - x.mean()) / x.std()).assign(y5=table["y5"], satisfaction=table["satisfaction"])


def compare(drawn, ess, published, names, their_ess):
    """Hold means, standard deviations and quantiles of draws (S, t) to the published ones."""
    precision = np.sqrt(1 / ess + 1 / their_ess)
    for values, name in zip(drawn.T, names, strict=True):
        theirs = published[name]
        sd = theirs["Est.Error"]
        assert values.mean() == pytest.approx(theirs["Estimate"], abs=MC * sd * precision), name
        # the variance of a variance allows for the tails of the draws themselves
        bend = np.mean(((values - values.mean()) / values.std()) ** 4) - 1
        assert values.std() == pytest.approx(sd, abs=MC * sd * np.sqrt(bend) / 2 * precision), name
        for key, level in QUANTILES.items():
            reach = min(0.015, level / 2, (1 - level) / 2)
            low, high = np.quantile(values, [level - reach, level + reach])
            error = np.sqrt(level * (1 - level)) * (high - low) / (2 * reach) * precision
            assert np.quantile(values, level) == pytest.approx(theirs[key], abs=MC * error), (name, key)


@pytest.mark.parametrize("method", ["laplace", "nuts"])
def test_mobi_cumulative_probit_is_brms(shared, golden, method):
    # R> brm(y5 ~ image + expectation + quality + value, family = cumulative("probit"), priors normal(0, 2.5) for
    # slopes and normal(0, 5) for thresholds
    published = golden("brms_golden")["cumulative_probit_y5"]
    prior = SlopePriors(slopes=normal(0, 2.5), cuts=normal(0, 5), units="own")
    fit = dr.fit(
        standardised(shared), "y5", list(MOBI_DRIVERS), model="ordinal", engine="bayes", prior=prior, method=method
    )
    names = [*MOBI_DRIVERS, *(f"Intercept[{k}]" for k in range(1, 5))]
    compare(term_draws(fit), fit.diagnostics["ess"], published["fixef"], names, 4000 * published["ess_min_ratio"])
    assert fit.diagnostics["method"] == method


@pytest.mark.parametrize("method", ["laplace", "nuts"])
def test_mobi_gaussian_score_is_brms(shared, golden, method):
    # R> brm(s ~ image + expectation + quality + value), normal(0, 2.5) slopes, student_t(3, 8, 2.5) intercept,
    # student_t(3, 0, 2.5) sigma
    published = golden("brms_golden")["gaussian_satisfaction"]
    prior = SlopePriors(
        slopes=normal(0, 2.5), intercept=student_t(3, 8, 2.5), error_sd=student_t(3, 0, 2.5), units="own"
    )
    fit = dr.fit(standardised(shared), "satisfaction", list(MOBI_DRIVERS), engine="bayes", prior=prior, method=method)
    assert fit.diagnostics["method"] == method
    names = [*MOBI_DRIVERS, "Intercept"]
    compare(term_draws(fit), fit.diagnostics["ess"], published["fixef"], names, 4000 * published["ess_min_ratio"])


def test_kidscore_is_posteriordbs():
    # posteriordb kidiq-kidscore_momhsiq: flat coefficients, sigma half-Cauchy(0, 2.5); cross-products of
    # (hs, iq, 1, score) over 434 children
    cross = np.array([
        [341, 34854.308832449475, 341, 30458],
        [34854.308832449475, 4437425, 43400, 3826426.7726508705],
        [341, 43400, 434, 37670],
        [30458, 3826426.7726508705, 37670, 3450038],
    ])
    each = [flat(), flat(), flat(), student_t(1, 0, 2.5)]
    prior = PriorArrays(
        location=np.zeros(4), scale=np.array([p.scale for p in each]), df=np.array([p.df for p in each])
    )
    target = GaussianTarget(squares=cross / 434, n=434.0, prior=prior)
    found = laplace_draws(target, 20_000, np.random.default_rng(1))
    drawn = np.column_stack([found.phi[:, :3], np.exp(found.phi[:, 3])])
    published = np.array([[5.98743, 0.022], [0.562994, 0.0006], [25.7941, 0.058], [18.1392, 0.006]])
    error = np.sqrt(published[:, 1] ** 2 + drawn.var(axis=0) / found.ess)
    assert (np.abs(drawn.mean(axis=0) - published[:, 0]) < MC * error).all()
    ols = np.linalg.solve(cross[:3, :3], cross[:3, 3])
    np.testing.assert_allclose(ols, [5.9501, 0.5639, 25.7315], atol=5e-5)  # as printed


ITEMS = ["PERQ2", "PERQ3", "PERQ7", "PERV1"]
ORACLE = {  # the inverse-Wishart posterior of methods 2.11: P(#1), P(top 2), mean LMG; tolerance .01
    "CUSA1": ([0.44, 0.16, 0.40, 0.00], [0.74, 0.47, 0.78, 0.01], [0.111, 0.092, 0.109, 0.042]),
    "CUSA2": ([0.00, 0.12, 0.88, 0.00], [0.01, 0.98, 1.00, 0.01], [0.055, 0.139, 0.188, 0.058]),
}


@pytest.mark.parametrize("outcome", ORACLE)
def test_the_exact_engine_tells_who_is_first_for_satisfaction_and_for_expectations(shared, outcome):
    items = pd.read_csv(shared / "data" / "mobi.csv")
    fit = dr.fit(items, outcome, ITEMS, engine="bayes", draws=20_000, prior=CovariancePrior(correlations="jeffreys"))
    imp = dr.importance(fit)
    chance = imp.rank_probabilities()
    first, top_two, mean = ORACLE[outcome]
    assert fit.diagnostics["method"] == "exact"
    np.testing.assert_allclose(chance[1], first, atol=0.01)
    np.testing.assert_allclose(chance[1] + chance[2], top_two, atol=0.01)
    np.testing.assert_allclose(imp.estimate, mean, atol=0.01)
    assert imp.estimate.sum() == pytest.approx(imp.r2_estimate, abs=1e-10)
    assert imp.r2_estimate == pytest.approx(fit.r2, abs=1e-12)


def test_the_exact_engines_covariance_has_the_oracles_mean(shared):
    # T22: E Sigma = S / (nu - d - 1), nu = n - 1, d = 5
    items = pd.read_csv(shared / "data" / "mobi.csv")[[*ITEMS, "CUSA1"]]
    fit = dr.fit(items, "CUSA1", ITEMS, engine="bayes", draws=20_000, prior=CovariancePrior(correlations="jeffreys"))
    joint = fit.draws.joint_covariance()[0]
    centred = items - items.mean()
    oracle = (centred.T @ centred).to_numpy() / (249 - 5 - 1)
    error = joint.std(axis=0) / np.sqrt(len(joint))
    assert (np.abs(joint.mean(axis=0) - oracle) < MC * error).all()
