"""The cumulative kernel against scipy, differences, and statsmodels on repeated rows."""

import os
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import logistic, norm

from drivers.stats import cumulative_draws
from drivers.stats.cumulative import (
    category_probabilities,
    cell_scores,
    fit_cumulative,
    log_density,
    null_cuts,
    null_loglik,
)

LINKS = {"probit": norm, "logit": logistic}
DIFFERENCES = 1e-6  # central differences in double precision, relative to the largest entry


def made(seed: int, m: int = 60, p: int = 2, q: int = 3):
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 6, size=(m, p)) - 3.0
    y = np.concatenate([np.arange(q + 1), rng.integers(0, q + 1, m - q - 1)]).astype(np.intp)
    weight = rng.integers(0, 4, m).astype(float)
    weight[: q + 1] = 1.0
    theta = np.concatenate([0.3 * rng.normal(size=p), np.sort(rng.normal(size=q)) + np.arange(q)])
    return x, y, weight, theta


def by_hand(theta, x, y, weight, link) -> float:
    p = x.shape[1]
    ends = np.concatenate([[-np.inf], theta[p:], [np.inf]])
    eta, f = x @ theta[:p], LINKS[link]
    low, high = ends[y] - eta, ends[y + 1] - eta
    chance = np.where(low > 0, f.sf(low) - f.sf(high), f.cdf(high) - f.cdf(low))  # in the tail with the small values
    return float(weight @ np.log(chance))


@pytest.mark.parametrize("link", LINKS)
@given(seed=st.integers(0, 2**16), q=st.integers(1, 5))
def test_density_gradient_and_hessian_are_those_of_the_formula(link, seed, q):
    x, y, weight, theta = made(seed, q=q)
    value, gradient, hessian = log_density(x, y, weight, theta, link)
    assert value == pytest.approx(by_hand(theta, x, y, weight, link), rel=1e-11)

    def slope(t):
        return log_density(x, y, weight, t, link)[1]

    h = 1e-5
    numeric = np.array([
        (by_hand(theta + h * e, x, y, weight, link) - by_hand(theta - h * e, x, y, weight, link)) / (2 * h)
        for e in np.eye(len(theta))
    ])
    np.testing.assert_allclose(gradient, numeric, atol=DIFFERENCES * np.abs(gradient).max())
    second = np.array([(slope(theta + h * e) - slope(theta - h * e)) / (2 * h) for e in np.eye(len(theta))])
    np.testing.assert_allclose(hessian, second, atol=DIFFERENCES * np.abs(hessian).max())
    np.testing.assert_allclose(weight @ cell_scores(x, y, theta[:2], theta[2:], link), gradient, atol=1e-9)


@pytest.mark.parametrize("link", LINKS)
def test_far_tails_keep_their_digits(link):
    """At 9 standard deviations the plain difference of distribution values is 0; the tail's own is not."""
    x, y, one = np.zeros((1, 1)), np.array([1], dtype=np.intp), np.ones(1)
    for low, high in ((9.0, 9.5), (-9.5, -9.0)):
        value, _, _ = log_density(x, y, one, np.array([0.0, low, high]), link)
        tail = LINKS[link]
        expected = tail.sf(low) - tail.sf(high) if low > 0 else tail.cdf(high) - tail.cdf(low)
        assert value == pytest.approx(np.log(expected), rel=1e-10)


@pytest.mark.parametrize("link", LINKS)
def test_chances_add_up_and_are_the_kernels(link):
    x, y, _, theta = made(3)
    chance = category_probabilities((x @ theta[:2])[None, None], theta[None, None, 2:], link)
    assert chance.shape == (1, 1, 60, 4)
    assert chance.min() >= 0
    np.testing.assert_allclose(chance.sum(axis=-1), 1, rtol=1e-12)
    own = np.log(chance[0, 0, np.arange(60), y]).sum()
    assert own == pytest.approx(log_density(x, y, np.ones(60), theta, link)[0], rel=1e-9)  # plain differences


@pytest.mark.parametrize("link", LINKS)
def test_without_drivers_the_shares_are_the_answer(link):
    _, y, weight, _ = made(4)
    share = np.bincount(y, weights=weight) / weight.sum()
    np.testing.assert_allclose(LINKS[link].cdf(null_cuts(y, weight, link)), share.cumsum()[:-1], rtol=1e-12)
    assert null_loglik(y, weight) == pytest.approx(weight.sum() * (share @ np.log(share)), rel=1e-12)


@pytest.mark.parametrize("link", LINKS)
@given(seed=st.integers(0, 2**16))
def test_the_optimum_is_flat_and_whole_weights_are_repeated_rows(link, seed):
    x, y, weight, _ = made(seed)
    fit = fit_cumulative(x, y, weight, link)
    assert fit.converged
    theta = np.concatenate([fit.slopes, fit.cuts])
    value, gradient, hessian = log_density(x, y, weight, theta, link)
    assert np.abs(gradient).max() < 1e-7 * weight.sum()
    assert fit.loglik == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(fit.information, -hessian, atol=1e-8 * np.abs(hessian).max())
    times = weight.astype(int)
    again = fit_cumulative(np.repeat(x, times, axis=0), np.repeat(y, times), np.ones(times.sum()), link)
    np.testing.assert_allclose(np.concatenate([again.slopes, again.cuts]), theta, atol=1e-9)
    shifted = fit_cumulative(x * [10.0, 1.0] + [0.0, 100.0], y, weight * 7, link)  # other units, origin, weights
    np.testing.assert_allclose(shifted.slopes, fit.slopes / [10.0, 1.0], atol=1e-9)
    np.testing.assert_allclose(shifted.cuts, fit.cuts + 100 * fit.slopes[1], atol=1e-7)


@pytest.mark.parametrize("link", LINKS)
def test_statsmodels_on_repeated_rows_agrees(link):
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    x, y, weight, _ = made(5, m=150)
    times = weight.astype(int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it is experimental
        model = OrderedModel(np.repeat(y, times), np.repeat(x, times, axis=0), distr=link)
        theirs = model.fit(method="bfgs", disp=False, gtol=1e-8, maxiter=500)
    fit = fit_cumulative(x, y, weight, link)
    np.testing.assert_allclose(fit.slopes, theirs.params[:2], atol=1e-5)  # BFGS on numerical gradients
    np.testing.assert_allclose(fit.cuts, model.transform_threshold_params(theirs.params)[1:-1], atol=1e-5)
    assert fit.loglik == pytest.approx(theirs.llf, abs=1e-7)
    errors = np.sqrt(np.diag(np.linalg.inv(fit.information)))[:2]
    np.testing.assert_allclose(errors, theirs.bse[:2], rtol=1e-3)  # numerical Hessian


@pytest.mark.parametrize("link", LINKS)
def test_two_categories_are_statsmodels_binary_model(link):
    import statsmodels.api as sm

    x, y, weight, _ = made(6, m=120, q=1)
    family = sm.families.Binomial(sm.families.links.Probit() if link == "probit" else sm.families.links.Logit())
    theirs = sm.GLM(y, sm.add_constant(x), family=family, freq_weights=weight).fit(tol=1e-14)
    fit = fit_cumulative(x, y, weight, link)
    np.testing.assert_allclose(np.append(-fit.cuts, fit.slopes), theirs.params, atol=1e-8)
    assert fit.loglik == pytest.approx(theirs.llf, abs=1e-9)


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("rule", ["one", "sum", "rare"])
def test_drivers_that_separate_the_outcome_do_not_pass_for_an_optimum(link, rule):
    """Along a sum of drivers every slope stays moderate, and the probit's likelihood is flat before any is steep."""
    rng = np.random.default_rng(8)
    x = np.clip(np.round(3 + rng.normal(size=(300, 4))), 1, 5)
    if rule == "one":
        y = x[:, 1] > 3
    elif rule == "sum":
        y = x.sum(axis=1) > 12
    else:
        x[:, 3] = np.arange(300) < 3  # a rare mark, always in the top box
        y = (x[:, 0] + rng.normal(size=300) > 3) | (x[:, 3] == 1)
    assert not fit_cumulative(x, y.astype(np.intp), np.ones(300), link).converged


def test_redraws_are_fits_and_do_not_depend_on_the_number_of_cores(monkeypatch):
    x, y, _, _ = made(7)
    start = fit_cumulative(x, y, np.ones(60), "probit")
    weights = np.random.default_rng(1).gamma(1.0, size=(11, 60))
    weights[4, y == 2] = 0.0  # nobody left in a category
    slopes, cuts, fitted = cumulative_draws.refit_draws(x, y, weights, "probit", start)
    assert fitted.tolist() == [draw != 4 for draw in range(11)]
    assert np.isnan(slopes[4]).all() and np.isnan(cuts[4]).all()
    for draw in (0, 10):
        alone = fit_cumulative(x, y, weights[draw], "probit")
        np.testing.assert_allclose(slopes[draw], alone.slopes, atol=1e-8)
        np.testing.assert_allclose(cuts[draw], alone.cuts, atol=1e-8)
    for cores in (1, 7):
        monkeypatch.setattr(os, "cpu_count", lambda cores=cores: cores)
        again = cumulative_draws.refit_draws(x, y, weights, "probit", start)
        np.testing.assert_array_equal(again[0], slopes)


