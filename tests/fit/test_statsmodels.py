"""A fit handed over to statsmodels: the same numbers, of respondents and not of cells, and no silent robust errors."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import approx_fprime

import drivers as dr
from drivers.errors import InputError
from drivers.fit.regression.statsmodels_model import CellOrderedModel
from tests.cells.made import answers_of, ratings
from tests.golden.surveys import housing

SAME = 1e-8
MODELS = [("linear", None), ("ordinal", "probit"), ("ordinal", "logit"), ("logit", "logit"), ("logit", "probit")]
ORDINAL = [link for model, link in MODELS if model == "ordinal"]


@pytest.fixture(scope="module")
def answers():
    return answers_of(ratings(400, 1).assign(w=np.random.default_rng(1).lognormal(0, 0.8, 400)), weight="w")


@pytest.mark.parametrize(("model", "link"), MODELS)
def test_parameters_likelihood_and_errors_are_the_fits(answers, model, link):
    fit = dr.fit(answers, model=model, link=link, draws=3)
    theirs = fit.to_statsmodels()
    assert len(fit.cells) < fit.n == 400  # so cells and respondents differ
    t = len(fit.estimate)
    same = t if model != "ordinal" else 4  # statsmodels holds the further cuts as log steps
    np.testing.assert_allclose(np.asarray(theirs.params)[:same], fit.estimate[:same], atol=SAME)
    np.testing.assert_allclose(np.asarray(theirs.bse)[:same], fit.tidy()["model_se"][:same], rtol=SAME)
    assert theirs.llf == pytest.approx(fit.loglik, abs=SAME)
    assert (theirs.nobs, theirs.df_resid) == (400, 400 - t)
    assert theirs.aic == pytest.approx(2 * t - 2 * fit.loglik, abs=1e-7)
    bic = theirs.bic_llf if model == "logit" else theirs.bic
    assert bic == pytest.approx(np.log(400) * t - 2 * fit.loglik, abs=1e-7)
    text = str(theirs.summary())
    assert "400" in text and all(name in text for name in fit.spec.drivers)
    difference = theirs.t_test("a = b")
    variance = fit.model_cov[0, 0] + fit.model_cov[1, 1] - 2 * fit.model_cov[0, 1]
    assert float(np.squeeze(difference.effect)) == pytest.approx(fit.estimate[0] - fit.estimate[1], abs=SAME)
    assert float(np.squeeze(difference.sd)) == pytest.approx(np.sqrt(variance), rel=1e-7)


@pytest.mark.parametrize("link", ORDINAL)
def test_cuts_and_their_errors_come_back_through_the_log_steps(answers, link):
    fit = dr.fit(answers, model="ordinal", link=link, draws=3)
    theirs = fit.to_statsmodels()
    params = np.asarray(theirs.params)
    np.testing.assert_allclose(theirs.model.transform_threshold_params(params)[1:-1], fit.estimate[3:], atol=SAME)
    _, jacobian = theirs.model._slopes_and_cuts(params)
    cov = jacobian @ np.asarray(theirs.cov_params()) @ jacobian.T
    np.testing.assert_allclose(cov, fit.model_cov, rtol=1e-6, atol=1e-10)
    assert theirs.prsquared == pytest.approx(fit.mcfadden, abs=1e-10)
    chance = np.asarray(theirs.predict(pd.DataFrame({"a": [1, 5], "b": [3, 3], "c": [3, 3]})))
    ours = fit.predict({"a": [1, 5], "b": [3, 3], "c": [3, 3]}).probability[0, 0]
    np.testing.assert_allclose(chance, ours, atol=1e-9)
    table = theirs.pred_table()
    assert table.loc["All", "All"] == pytest.approx(400)
    np.testing.assert_allclose(table["All"][:-1], np.bincount(
        np.searchsorted(fit.categories, fit.cells.column("y")), weights=fit.cells.sum_w
    ) * 400 / fit.cells.sum_w.sum())  # fmt: skip


@pytest.mark.parametrize("link", ORDINAL)
def test_score_and_hessian_are_derivatives_away_from_the_optimum(answers, link):
    """Away from it the gradient is not zero, so a missing second-order term of the log steps would show."""
    model = dr.fit(answers, model="ordinal", link=link, draws=3).to_statsmodels().model
    params = model.start_params + 0.3 * np.random.default_rng(2).normal(size=7)
    assert np.abs(model.score(params)).max() > 10
    h = 1e-5 * np.eye(7)
    score = np.array([(model.loglike(params + e) - model.loglike(params - e)) / 2e-5 for e in h])
    np.testing.assert_allclose(model.score(params), score, rtol=1e-6, atol=1e-4)
    hessian = np.array([(model.score(params + e) - model.score(params - e)) / 2e-5 for e in h])
    np.testing.assert_allclose(model.hessian(params), hessian, rtol=1e-6, atol=1e-4)
    np.testing.assert_allclose(model.score_obs(params).sum(axis=0), model.score(params), atol=1e-8)
    jacobian = approx_fprime(params, lambda t: model._slopes_and_cuts(t)[0], 1e-7)
    np.testing.assert_allclose(model._slopes_and_cuts(params)[1], jacobian, atol=1e-5)


def test_it_fits_from_scratch_with_any_optimiser(answers):
    fit = dr.fit(answers, model="ordinal", link="logit", draws=3)
    model = fit.to_statsmodels().model
    for method in ("newton", "bfgs"):
        found = model.fit(method=method, maxiter=300)
        np.testing.assert_allclose(np.asarray(found.params)[:3], fit.estimate[:3], atol=1e-4)  # BFGS's stop rule


def test_its_parent_would_take_cells_for_respondents(answers):
    """The reason it exists: OrderedModel has no weights, and leaves a `weights` argument lying without a word."""
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    fit = dr.fit(answers, model="ordinal", link="probit", draws=3)
    own = fit.to_statsmodels().model
    parent = OrderedModel(own._category, own._drivers, distr="probit", weights=own.weight)
    unweighted = OrderedModel.loglike(parent, fit.to_statsmodels().params.to_numpy())
    assert abs(unweighted - fit.loglik) > 50
    assert isinstance(own, CellOrderedModel)


def test_frequencies_are_respondents_there_too(shared):
    theirs = dr.fit(housing(shared), model="ordinal", link="logit", draws=3).to_statsmodels()
    assert (theirs.nobs, len(theirs.model.endog)) == (1681, 72)
    assert theirs.aic == pytest.approx(3495.149, abs=5e-4)  # as MASS prints it


def test_robust_errors_and_resampling_of_cells_are_refused(answers):
    ordinal = dr.fit(answers, model="ordinal", draws=3).to_statsmodels()
    linear = dr.fit(answers, draws=3).to_statsmodels()
    asked = [
        lambda: ordinal.model.fit(cov_type="HC0"), lambda: ordinal.bootstrap(10), lambda: linear.HC3_se,
        lambda: linear.get_robustcov_results("HC1"),
    ]  # fmt: skip
    for ask in asked:
        with pytest.raises(InputError, match=r"sees cells, not respondents.*fit\.robust_cov"):
            ask()


def test_incomplete_answers_have_no_least_squares():
    table = ratings(100, 2)
    gaps = answers_of(table.assign(a=table["a"].mask(table.index < 7)))
    with pytest.raises(InputError, match=r"7 of the 100 respondents left an answer out.*missing='complete'"):
        dr.fit(gaps, draws=3).to_statsmodels()
