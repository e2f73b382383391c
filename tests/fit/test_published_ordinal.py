"""Cumulative models against R: MASS::polr, ordinal::clm, and survey::svyolr for weights that are probabilities."""

import numpy as np
import pytest

import drivers as dr
from tests.golden.surveys import MOBI_DRIVERS, housing, mobi_y5, sfo_answers

CLM = 1e-8  # clm stops at a gradient of 1e-13, so its estimates are right to this
POLR = 1e-5  # BFGS with its default stop rule
HESSIAN = 1e-4  # relative; R's standard errors come from a numerical Hessian
DRAWS = 5


@pytest.fixture(scope="module")
def published(golden):
    return golden("ordinal_golden")


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_mobi_estimates_errors_and_likelihood_are_clms(shared, published, link):
    # R> clm(factor(y5) ~ image + expectation + quality + value, link = "logit" or "probit")
    theirs = published[f"clm_mobi_y5_{link}"]
    fit = dr.fit(mobi_y5(shared), model="ordinal", link=link, draws=DRAWS)
    table = fit.tidy().set_index("term")
    expected = {**theirs["coef"], **theirs["thresholds"]}
    assert list(table.index) == [*MOBI_DRIVERS, "1|2", "2|3", "3|4", "4|5"]
    np.testing.assert_allclose(table["estimate"], [expected[term] for term in table.index], atol=CLM, rtol=1e-9)
    np.testing.assert_allclose(table["model_se"], [theirs["se"][term] for term in table.index], rtol=HESSIAN)
    assert fit.loglik == pytest.approx(theirs["loglik"], abs=1e-9)
    assert fit.loglik_null == pytest.approx(published["null_loglik"]["y5"], abs=1e-9)
    assert fit.mcfadden == pytest.approx(1 - theirs["loglik"] / published["null_loglik"]["y5"], abs=1e-11)
    assert 2 * 8 - 2 * fit.loglik == pytest.approx(theirs["aic"], abs=1e-8)


@pytest.mark.parametrize(("link", "name"), [("logit", "logistic"), ("probit", "probit")])
def test_mobi_is_also_polrs(shared, published, link, name):
    theirs = published[f"polr_mobi_y5_{name}"]
    fit = dr.fit(mobi_y5(shared), model="ordinal", link=link, draws=DRAWS)
    np.testing.assert_allclose(fit.estimate, [*theirs["coef"].values(), *theirs["zeta"].values()], atol=POLR)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.model_cov)), list(theirs["se"].values()), rtol=HESSIAN)
    assert -2 * fit.loglik == pytest.approx(theirs["deviance"], abs=1e-6)


def test_housing_with_frequencies_is_the_polr_help_example(shared, published):
    # R> polr(Sat ~ Infl + Type + Cont, weights = Freq, data = housing); T9 of Venables & Ripley 2002
    theirs = published["housing_polr"]
    fit = dr.fit(housing(shared), model="ordinal", link="logit", draws=DRAWS)
    table = fit.tidy().set_index("term")
    assert (fit.n, fit.usage.read, len(fit.cells)) == (1681, 1681, 72)
    assert fit.n_eff == pytest.approx(1681)
    found = dict(zip([*theirs["coef"], *theirs["zeta"]], fit.estimate, strict=True))
    assert list(table.index[:6]) == list(theirs["coef"])
    for term, value in {**theirs["coef"], **theirs["zeta"]}.items():
        assert found[term] == pytest.approx(value, abs=POLR), term
    np.testing.assert_allclose(table["model_se"], list(theirs["se"].values()), rtol=HESSIAN)
    assert -2 * fit.loglik == pytest.approx(theirs["deviance"], abs=1e-6)
    assert fit.loglik_null == pytest.approx(-1824.4388, abs=5e-5)  # as printed
    assert fit.mcfadden == pytest.approx(0.046515, abs=5e-7)


def test_housing_probit_line(shared):
    fit = dr.fit(housing(shared), model="ordinal", link="probit", draws=DRAWS)
    printed = [0.3464, 0.7829, -0.3475, -0.2179, -0.6642, 0.2224, -0.2998, 0.4267]
    np.testing.assert_allclose(fit.estimate, printed, atol=5e-5)
    assert -2 * fit.loglik == pytest.approx(3479.689, abs=5e-4)


def test_sfo_unweighted_is_polr(shared, published):
    theirs = published["sfo2017_polr_unweighted"]
    fit = dr.fit(sfo_answers(shared, weight=None), model="ordinal", link="logit", draws=DRAWS)
    assert fit.n == published["sfo2017_n"] == 1359
    np.testing.assert_allclose(fit.estimate, [*theirs["coef"].values(), *theirs["zeta"].values()], atol=1e-4)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.model_cov)), list(theirs["se"].values()), rtol=HESSIAN)
    assert fit.loglik == pytest.approx(theirs["loglik"], abs=1e-6)


def test_sfo_weights_as_probabilities_give_svyolrs_design_errors(shared, published):
    # R> svyolr(factor(overall) ~ food + ..., design = svydesign(ids = ~1, weights = ~weight))
    theirs = published["sfo2017_svyolr"]
    fit = dr.fit(sfo_answers(shared), model="ordinal", link="logit", draws=DRAWS)
    table = fit.tidy().set_index("term")
    expected = [*theirs["coef"].values(), *theirs["zeta"].values()]
    np.testing.assert_allclose(table["estimate"], expected, atol=1e-4)  # svyolr stops a little early
    np.testing.assert_allclose(table["robust_se"], list(theirs["se"].values()), rtol=HESSIAN)
    weighted = published["sfo2017_polr_weighted"]  # polr with the same weights, right to BFGS's last digits
    np.testing.assert_allclose(fit.estimate, [*weighted["coef"].values(), *weighted["zeta"].values()], atol=POLR)
    assert fit.n_eff == pytest.approx(published["sfo2017_svymean"]["n_eff_kish"], rel=1e-12)


def test_weights_do_not_act_as_frequencies(shared, published):
    """polr takes weights for counts (n = 1344.27 instead of 1359 people); ours differ from that by a known factor."""
    theirs = published["sfo2017_polr_weighted"]
    fit = dr.fit(sfo_answers(shared), model="ordinal", link="logit", draws=DRAWS)
    as_counts = np.array(list(theirs["se"].values()))
    table = fit.tidy()
    np.testing.assert_allclose(table["model_se"] / as_counts, np.sqrt(theirs["n"] / 1359), rtol=HESSIAN)
    assert fit.loglik == pytest.approx(theirs["loglik"] * 1359 / theirs["n"], abs=1e-6)
    assert (table["robust_se"][:6] / as_counts[:6]).min() > 1.1  # what counting weights as people would hide
    tenfold = sfo_answers(shared)
    table = tenfold.frame.to_native().assign(weight=lambda t: t["weight"] * 10)
    again = dr.fit(dr.read(table, tenfold.survey), model="ordinal", link="logit", draws=DRAWS)
    np.testing.assert_allclose(again.robust_cov, fit.robust_cov, rtol=1e-9)
    np.testing.assert_allclose(again.model_cov, fit.model_cov, rtol=1e-9)
