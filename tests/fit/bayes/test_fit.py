"""`fit(engine="bayes")` from survey to table: what it hands back, says, and refuses."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.errors import InputError, TooFewAnswersError
from drivers.fit.bayes.priors import CovariancePrior, R2Prior, SlopePriors, normal
from drivers.fit.bayes.table import term_draws

MODELS = ["linear", "ordinal", "logit"]


def people(seed: int = 1, n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    mood = rng.normal(size=n)
    a, b = (np.clip(np.round(3.3 + 0.7 * mood + 0.8 * rng.normal(size=n)), 1, 5) for _ in range(2))
    age = rng.integers(20, 70, n)
    y = np.clip(np.round(0.6 + 0.4 * a + 0.2 * b + 0.01 * age + 0.8 * rng.normal(size=n)), 1, 5)
    return pd.DataFrame({"a": a, "b": b, "age": age, "y": y})


def survey(**more):
    return dr.Survey(drivers=("a", "b"), outcomes=("y",), scale=(1, 5), **more)


def posterior(table, model="linear", *, declared=None, **more):
    return dr.fit(dr.read(table, declared or survey()), model=model, engine="bayes", **{"draws": 1000, **more})


@pytest.mark.parametrize("model", MODELS)
def test_the_shape_is_the_one_every_engine_has(model):
    fit = posterior(people(), model, draws=None)
    draws = fit.draws
    assert draws.slopes.shape == (1, 4000, 2)
    assert draws.x_cov.shape == (1, 4000, 2, 2)
    assert fit.point.slopes.shape == (1, 1, 2)
    table = fit.tidy()
    drawn = term_draws(fit)
    np.testing.assert_allclose(table["estimate"], drawn.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(table[["low", "high"]].T, np.quantile(drawn, [0.05, 0.95], axis=0), atol=1e-12)
    np.testing.assert_allclose(table["p_positive"], (drawn > 0).mean(axis=0))
    np.testing.assert_allclose(table["model_se"], drawn.std(axis=0, ddof=1), rtol=1e-9)
    assert table[["statistic", "p_value"]].isna().all(axis=None)
    imp = dr.importance(fit)
    assert imp.estimate.sum() == pytest.approx(imp.r2_estimate, abs=1e-10)
    np.testing.assert_allclose(imp.estimate, imp.shares[0].mean(axis=0), atol=1e-14)
    assert imp.r2_estimate == pytest.approx(fit.r2)


@pytest.mark.parametrize("model", MODELS)
def test_with_many_answers_the_posterior_is_the_regression(model):
    table = people(n=6000)
    fit = posterior(table, model, draws=4000)
    other = dr.fit(dr.read(table, survey()), model=model, draws=5)
    np.testing.assert_allclose(fit.estimate, other.estimate, atol=0.12 * np.sqrt(np.diag(other.model_cov)).max())
    np.testing.assert_allclose(np.diag(fit.model_cov), np.diag(other.model_cov), rtol=0.1)
    np.testing.assert_allclose(np.diag(fit.robust_cov), np.diag(other.robust_cov), rtol=0.02)
    assert fit.r2 == pytest.approx(other.r2, abs=0.005)


@pytest.mark.parametrize("model", MODELS)
def test_the_same_seed_gives_the_same_posterior_and_another_another(model):
    one, same, other = (posterior(people(), model, seed=seed).draws.slopes for seed in (1, 1, 2))
    assert (one == same).all()
    assert not (one == other).any()


@pytest.mark.parametrize(("model", "method"), [("linear", "exact"), ("ordinal", "laplace"), ("logit", "laplace")])
def test_auto_takes_the_best_way_and_the_result_says_which(model, method):
    fit = posterior(people(), model)
    assert fit.diagnostics["method"] == method
    text = fit.summary()
    assert ("exact independent draws" in text) == (method == "exact")
    assert ("Pareto k" in text) == (method == "laplace")
    for words in ("Prior:", "mean", "median", "P(above 0)", "90% interval", "1,000 posterior draws"):
        assert words in text
    assert max(map(len, text.splitlines())) <= 100
    assert "bootstrap" not in text


def test_laplace_and_exact_agree_on_a_linear_model():
    """Weak priors in both; 4,000 draws each, so means within 4 Monte-Carlo errors of the difference, SDs within 5 %."""
    table = people()
    weak = SlopePriors(slopes=normal(0, 50), intercept=normal(0, 50), error_sd=normal(0, 50))
    exact, laplace = posterior(table, draws=4000, prior=CovariancePrior()), posterior(table, draws=4000, prior=weak)
    assert laplace.diagnostics["method"] == "laplace"
    spread = np.sqrt(np.diag(exact.model_cov))
    assert (np.abs(exact.estimate - laplace.estimate) < 4 * spread * np.sqrt(2 / 4000)).all()
    np.testing.assert_allclose(np.sqrt(np.diag(laplace.model_cov)), spread, rtol=0.05)
    assert exact.r2 == pytest.approx(laplace.r2, abs=0.01)


def test_a_narrow_prior_pulls_slopes_to_zero_and_is_stated():
    table = people(n=60)
    items = {"y": {"scale": "open"}}  # so that only points somebody used are categories
    declared = dr.Survey(drivers=("a", "b"), outcomes=("y",), scale=(1, 5), items=items)
    wide = posterior(table, "ordinal", declared=declared)
    narrow = posterior(table, "ordinal", declared=declared, prior=SlopePriors(slopes=normal(0, 0.01)))
    assert (np.abs(narrow.draws.slopes.mean(axis=1)) < 0.1 * np.abs(wide.draws.slopes.mean(axis=1))).all()
    assert "normal(0, 0.01)" in narrow.summary()
    assert "normal(0, 0.01)" in narrow.diagnostics["prior"]


@pytest.mark.parametrize("model", MODELS)
def test_missing_answers_are_imputed_and_their_draws_mixed(model):
    table = people()
    table.loc[table.index % 7 == 0, "a"] = np.nan
    fit = posterior(table, model, imputations=5)
    assert fit.missing.method == "impute"
    assert fit.diagnostics["imputations"] == 5
    assert fit.draws.slopes.shape == (1, 1000, 2)
    assert "given each of 5 imputed data sets" in " ".join(fit.summary().split())
    assert fit.tidy()["fmi"][0] > 0.02
    assert fit.diagnostics["ess"] == 1000


def test_maximum_likelihood_of_incomplete_answers_is_not_a_posterior():
    with pytest.raises(InputError, match="missing='fiml' does not go with model='linear' of engine bayes"):
        posterior(people(), missing="fiml")


@pytest.mark.parametrize("model", MODELS)
def test_controls_are_terms_and_the_table_is_the_regressions(model):
    table = people(n=2000).assign(site=np.tile(["x", "y", "x", "z"], 500))
    table["y"] = (table["y"] + (table["site"] == "z")).clip(upper=5)
    declared = survey(controls=("site",))
    fit = posterior(table, model, declared=declared, draws=4000)
    other = dr.fit(dr.read(table, declared), model=model, draws=5)
    assert fit.terms == other.terms
    table, theirs = fit.tidy(), other.tidy()
    # the prior draws slopes of controls in a little; everything within a third of a standard error
    assert (np.abs(table["estimate"] - theirs["estimate"]) < theirs["model_se"] / 3).all()
    assert (np.abs((table["low"] + table["high"]) / 2 - theirs["estimate"]) < theirs["model_se"] / 3).all()
    np.testing.assert_allclose(table["high"] - table["low"], theirs["high"] - theirs["low"], rtol=0.15)


@pytest.mark.parametrize("model", MODELS)
def test_drivers_that_do_not_apply_have_their_contact_effect(model):
    table = people(n=1000)
    table.loc[table.index % 5 == 0, "a"] = 8
    declared = survey(not_applicable=(8,))
    fit = posterior(table, model, declared=declared, not_applicable="exposure")
    assert "a: applies" in fit.terms
    drawn = term_draws(fit)
    np.testing.assert_allclose(drawn.mean(axis=0), fit.estimate, atol=1e-10)


REFUSED = [
    ({"method": "exact", "model": "ordinal"}, "method='exact' does not go with model='ordinal'"),
    ({"method": "magic"}, "method='magic' does not go with model='linear'"),
    ({"method": "exact", "prior": SlopePriors()}, "takes a `R2Prior` or `CovariancePrior`, not SlopePriors"),
    ({"method": "laplace", "prior": CovariancePrior()}, "takes a `SlopePriors`, not CovariancePrior"),
    ({"model": "ordinal", "prior": R2Prior()}, "takes a `SlopePriors`, not R2Prior"),
    ({"model": "logit", "prior": CovariancePrior()}, "takes a `SlopePriors`, not CovariancePrior"),
    ({"draws": 50}, "at least 100 draws show what a posterior looks like; 4,000 is the default"),
    ({"engine": "magic"}, "engine='magic' is not known; choose one of `regression`, `bayes`"),
    ({"engine": "regression", "method": "exact"}, "`method` and `prior` belong to a posterior; add engine='bayes'"),
    ({"engine": "regression", "prior": SlopePriors()}, "`method` and `prior` belong to a posterior"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "told"), REFUSED)
def test_requests_that_make_no_sense_are_refused_in_words(asked, told):
    with pytest.raises(InputError) as refusal:
        dr.fit(dr.read(people(), survey()), **{"engine": "bayes", **asked})
    assert told in str(refusal.value)


def test_a_posterior_is_not_handed_over_as_maximum_likelihood():
    with pytest.raises(InputError, match="statsmodels has no posteriors"):
        posterior(people()).to_statsmodels()


def test_too_few_answers_for_an_exact_posterior_are_refused():
    with pytest.raises(TooFewAnswersError):
        posterior(people().iloc[:4])


def test_the_command_line_answers_with_a_posterior(tmp_path):
    people().to_csv(tmp_path / "d.csv", index=False)
    base = [sys.executable, "-m", "drivers"]
    asked = ["--data", str(tmp_path / "d.csv"), "--outcome", "y", "--drivers", "a,b", "--engine", "bayes", "--json"]
    run = subprocess.run([*base, "importance", *asked, "--draws", "500"], capture_output=True, text=True, check=True)
    found = json.loads(run.stdout)
    assert found["engine"] == "bayes"
    assert found["diagnostics"]["method"] == "exact"
    assert found["diagnostics"]["draws"] == 500
    assert sum(one["share"] for one in found["drivers"]) == pytest.approx(found["r2"]["estimate"])
    run = subprocess.run(
        [*base, "fit", *asked, "--method", "laplace"], capture_output=True, text=True, check=True
    )
    found = json.loads(run.stdout)
    assert found["diagnostics"]["method"] == "laplace"
    assert found["diagnostics"]["pareto_k"] < 0.5
    assert found["diagnostics"]["draws"] == 4000
    assert {term["term"] for term in found["terms"]} == {"a", "b", "(Intercept)"}
    assert all(term["p_value"] is None and 0 <= term["p_positive"] <= 1 for term in found["terms"])
