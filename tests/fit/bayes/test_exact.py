"""The exact posterior of a linear model under a prior of R2: many answers, few answers, weights, controls, gaps."""

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.errors import FitError, TooFewAnswersError
from drivers.fit.bayes.chains import sample_model
from drivers.fit.bayes.datatree import load_fit, save_fit
from drivers.fit.bayes.exact import fit_exact, r2_draws, turned
from drivers.fit.bayes.implied import prior_of
from drivers.fit.bayes.log_prior import log_likelihood, log_prior
from drivers.fit.bayes.priors import CovariancePrior, R2Prior
from drivers.fit.bayes.table import term_draws
from drivers.stats.moments import weighted_moments
from tests.fit.bayes.calibration import sample_of
from tests.fit.bayes.test_fit import people, posterior

JEFFREYS = CovariancePrior(correlations="jeffreys")
DESIGN = 0.03  # relative, of standard deviations under a design: 1 % of 5,000 draws, 1 % of shrinkage, rest skew


@pytest.fixture(scope="module")
def fit():
    return posterior(people(), draws=4000)


def answers(n, p, r2=0.4, seed=1):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p)) + rng.normal(size=(n, 1))
    fitted = x @ rng.normal(size=p)
    return np.column_stack([x, fitted + fitted.std() * np.sqrt(1 / r2 - 1) * rng.normal(size=n)])


def test_it_is_the_default_and_is_told(fit):
    text = " ".join(fit.summary().split())
    assert "Prior: R2 beta(1, 1), every R2 from 0 to 1 equally likely" in text
    assert "Before any answer it puts R2 between 5% and 95%, and a driver's share between" in text
    assert fit.diagnostics["method"] == "exact"
    assert prior_of(fit).r2.mean() == pytest.approx(0.5, abs=4 * np.sqrt(1 / 12 / 4000))


def test_with_many_answers_it_is_jeffreys_and_least_squares():
    values = answers(200_000, 4)
    sample = sample_of(values)
    new, old = (fit_exact(sample, prior, 4000, 1) for prior in (R2Prior(), JEFFREYS))
    spread = np.sqrt(np.diag(old.model_cov))
    ols = np.linalg.lstsq(np.column_stack([values[:, :-1], np.ones(len(values))]), values[:, -1])[0]
    for other in (old.estimate, ols):
        assert (np.abs(new.estimate - other) < 4 * spread * np.sqrt(2 / 4000)).all()
    np.testing.assert_allclose(np.sqrt(np.diag(new.model_cov)), spread, rtol=4 / np.sqrt(4000))
    np.testing.assert_allclose(new.draws.x_cov.mean(axis=1), old.draws.x_cov.mean(axis=1), rtol=2e-3)


def test_few_answers_per_driver_are_drawn_in_where_jeffreys_runs_high():
    # 60 answers to 12 drivers that explain .4: R2 of least squares is about .4 + .6 * 12 / 59
    found = {"new": [], "old": []}
    for seed in range(40):
        sample = sample_of(answers(60, 12, seed=seed))
        for name, prior in (("new", R2Prior()), ("old", JEFFREYS)):
            found[name].append(fit_exact(sample, prior, 200, seed).draws.r2.mean())
    assert np.mean(found["old"]) > 0.55
    assert np.mean(found["new"]) == pytest.approx(0.4, abs=4 * np.std(found["new"]) / np.sqrt(40))


@pytest.mark.parametrize("p", [1, 3])
def test_fewest_answers_are_one_more_than_drivers(p):
    # a plane through all of them leaves the residual to its prior, of one answer and half the outcome's variance
    draws = fit_exact(sample_of(answers(p + 1, p)), R2Prior(), 400, 1).draws
    assert np.isfinite(draws.slopes).all() and (draws.error_sd > 0).all()
    with pytest.raises(TooFewAnswersError, match="cannot carry the covariance of"):
        fit_exact(sample_of(answers(p, p)), R2Prior(), 400, 1)
    with pytest.raises(TooFewAnswersError, match="cannot carry the covariance of"):
        fit_exact(sample_of(answers(p + 2, p)), JEFFREYS, 400, 1)


def test_a_prior_against_all_answers_is_refused():
    rng = np.random.default_rng(1)
    with pytest.raises(FitError, match=r"The prior of R2 beta\(90, 10\) and the answers contradict each other"):
        fit_exact(sample_of(rng.normal(size=(500, 3))), R2Prior(mean=0.9, precision=100), 400, 1)


def test_weights_and_designs_give_the_errors_of_the_design():
    table = people(n=2000).assign(
        w=np.exp(np.random.default_rng(5).normal(0, 0.6, 2000)), psu=np.repeat(np.arange(200), 10)
    )
    declared = dr.Survey(drivers=("a", "b"), outcomes=("y",), scale=(1, 5), weight="w", psu="psu")
    new, old = (posterior(table, declared=declared, draws=5000, prior=prior) for prior in (None, JEFFREYS))
    design = np.sqrt(np.diag(dr.fit(dr.read(table, declared), draws=5).robust_cov))
    plain = np.sqrt(np.diag(new.model_cov))
    for one in (new, old):
        assert one.diagnostics["rotated"]
        np.testing.assert_allclose(term_draws(one).std(axis=0), design, rtol=DESIGN)
    assert (plain[:2] < 0.9 * design[:2]).all()  # so that there was something to turn


def test_without_weights_turning_changes_next_to_nothing():
    sample = sample_of(answers(20_000, 3))
    moments = weighted_moments(sample.cells.values, sample.weight)
    found = r2_draws(moments, 20_000.0, R2Prior(), 2000, np.random.default_rng(1), 3)
    means, covs = turned(sample, moments, found)
    # the design's covariance is estimated: variances of variances of normal answers within sqrt(96 / n) = .07
    for before, after in ((found.means, means), (found.covs, covs)):
        assert ((after - before).std(axis=0) < 0.05 * before.std(axis=0)).all()
        assert (np.abs((after - before).mean(axis=0)) < 0.05 * before.std(axis=0)).all()


def test_the_density_told_is_the_one_drawn_from(fit):
    # on draws of an exact posterior, log density less half the squares of standard coordinates hardly varies
    told = log_prior(fit) + log_likelihood(fit)
    residual = np.log(fit.draws.error_sd[0])
    slopes = fit.draws.slopes[0]
    theta = np.column_stack([slopes, fit.draws.intercept[0] + 3.3 * slopes.sum(axis=1), residual])
    away = theta - theta.mean(axis=0)
    squares = np.einsum("si,ij,sj->s", away, np.linalg.inv(np.cov(theta, rowvar=False)), away)
    assert np.corrcoef(told + 2 * residual, -0.5 * squares)[0, 1] > 0.98


def test_controls_count_with_drivers_and_the_note_says_so():
    table = people(n=500).assign(site=np.tile(["x", "y"], 250))
    declared = dr.Survey(drivers=("a", "b"), outcomes=("y",), scale=(1, 5), controls=("site",))
    found = posterior(table, declared=declared)
    assert "R2 is that of drivers and controls together" in prior_of(found).summary()
    assert "R2 is that of drivers and controls together" in dr.learnt(found).summary().replace("\n", " ")


def test_it_is_saved_with_the_fit(tmp_path):
    prior = R2Prior(mean=0.4, precision=5, averages=(3, 3, 3.5), variances=(1, 1, 1))
    found = posterior(people(), prior=prior)
    assert load_fit(save_fit(found, tmp_path / "fit.nc")).spec.prior == prior


def test_gaps_are_imputed_under_it():
    table = people()
    table.loc[table.index % 5 == 0, "a"] = np.nan
    found = posterior(table, imputations=5)
    assert found.diagnostics["imputations"] == 5
    assert "R2 beta(1, 1)" in str(found.diagnostics["prior"])


def test_one_driver_has_a_cauchy_slope():
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"a": rng.normal(size=200), "y": rng.normal(size=200)})
    found = dr.fit(table, "y", ["a"], engine="bayes", draws=1000)
    assert "R2 beta(0.5, 0.5)" in found.summary()
    drawn = dr.learnt(found, draws=20_000).tidy().set_index("quantity").loc["slope"]
    # slope / sd(y) * sd(a) is a correlation whose square is beta(1/2, 1/2)
    unit = table["y"].std(ddof=0) / table["a"].std(ddof=0)
    assert drawn["prior_high"] == pytest.approx(np.sin(np.pi / 2 * 0.9) * unit, rel=0.01)


@pytest.mark.slow
def test_chains_of_the_model_handed_out_find_the_same_posterior():
    """Means within 4 Monte-Carlo errors of both, standard deviations within 5 %; 80 answers, so the prior counts."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(80, 3)) + rng.normal(size=(80, 1))
    table = pd.DataFrame(x, columns=list("abc")).assign(y=x @ [0.3, 0.1, 0] + rng.normal(size=80))
    found = dr.fit(table, "y", list("abc"), engine="bayes", draws=20_000)
    chains = sample_model(found.to_pymc(), draws=8000, seed=1)
    exact = np.column_stack([found.draws.slopes[0], found.draws.error_sd[0] ** 2])
    drawn = np.column_stack([chains.draws["slopes"].reshape(-1, 3), chains.draws["variance"].ravel()])
    error = exact.std(axis=0) * np.sqrt(1 / 20_000 + 1 / float(str(chains.diagnostics()["ess"])))
    assert (np.abs(drawn.mean(axis=0) - exact.mean(axis=0)) < 4 * error).all()
    np.testing.assert_allclose(drawn.std(axis=0), exact.std(axis=0), rtol=0.05)


def test_the_part_of_slopes_a_prior_leaves_is_told_and_grows_with_the_answers():
    kept = []
    for n in (100, 1000, 10_000):
        values = answers(n, 6, r2=0.1)
        found = fit_exact(sample_of(values), R2Prior(), 4000, 1)
        own = np.linalg.lstsq(np.column_stack([values[:, :-1], np.ones(n)]), values[:, -1], rcond=None)[0][:-1]
        kept.append(found.diagnostics["slopes_kept"])
        slopes = found.draws.slopes[0].mean(axis=0)
        np.testing.assert_allclose(slopes, kept[-1] * own, atol=4 * found.draws.slopes[0].std(axis=0).max() / 60)
    assert 0.5 < kept[0] < kept[1] < kept[2] < 1.0 and kept[2] > 0.99
    assert "slopes_kept" not in fit_exact(sample_of(values), CovariancePrior(), 200, 1).diagnostics
