"""Three ways to one posterior agree; an approximation refused becomes Markov chains; draws keep their shape."""

import math

import numpy as np
import pandas as pd
import pytest

import drivers as dr
import drivers.fit.bayes.flat as flat
from drivers.errors import ApproximationError
from drivers.fit.bayes.flat import flat_density
from drivers.fit.bayes.laplace_linear import gaussian_target
from drivers.fit.bayes.priors import SlopePriors
from drivers.fit.bayes.table import term_draws
from drivers.fit.bayes.target import ordered_target
from drivers.stats.prior_density import PriorArrays

pytestmark = pytest.mark.bayes
MC = 4  # Monte-Carlo standard errors of two sets of draws together


def people(seed: int = 1, n: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    mood = rng.normal(size=n)
    a, b = (np.clip(np.round(3.3 + 0.7 * mood + 0.8 * rng.normal(size=n)), 1, 5) for _ in range(2))
    y = np.clip(np.round(1.0 + 0.4 * a + 0.2 * b + 0.8 * rng.normal(size=n)), 1, 5)
    return pd.DataFrame({"a": a, "b": b, "y": y})


def posterior(table, model, method, **more):
    asked = {"draws": 4000, "model": model, "engine": "bayes", "method": method} | more
    return dr.fit(table, "y", ["a", "b"], **asked)


def agree(one, other):
    """Means and spreads within Monte-Carlo error; the fewer effective draws decide."""
    first, second = term_draws(one), term_draws(other)
    for j in range(first.shape[1]):
        a, b = first[:, j], second[:, j]
        precision = math.sqrt(2 / min(one.diagnostics["ess"], other.diagnostics["ess"], 4000))
        assert abs(a.mean() - b.mean()) < MC * a.std() * precision
        assert abs(math.log(a.std() / b.std())) < MC * precision


@pytest.mark.parametrize("model", ["linear", "ordinal", "logit"])
def test_laplace_and_chains_draw_the_same_posterior(model):
    one, other = (posterior(people(), model, method) for method in ("laplace", "nuts"))
    agree(one, other)
    assert other.draws.slopes.shape == (4, 1000, 2)
    assert other.draws.x_cov.shape == (4, 1000, 2, 2)
    imp = dr.importance(other)
    assert imp.estimate.sum() == pytest.approx(imp.r2_estimate, abs=1e-10)
    assert "divergences 0" in other.summary().replace("\n", " ")


def test_the_exact_posterior_is_that_of_chains_where_priors_hardly_count():
    """Slope priors of width 50 beside Jeffreys': with 2,000 answers they differ by less than a Monte-Carlo error."""
    from drivers.fit.bayes.priors import normal, student_t

    wide = SlopePriors(slopes=normal(0, 50), intercept=student_t(3, 0, 50), error_sd=student_t(3, 0, 50))
    table = people(n=2000)
    agree(posterior(table, "linear", "exact"), posterior(table, "linear", "nuts", prior=wide))


def test_auto_turns_to_chains_where_the_approximation_is_refused(monkeypatch):
    def refuse(*_):
        raise ApproximationError("too far", 0.83)

    monkeypatch.setattr(flat, "laplace_draws", refuse)
    fit = posterior(people(), "ordinal", "auto")
    assert fit.diagnostics["method"] == "nuts"
    assert fit.diagnostics["refused_pareto_k"] == 0.83
    assert "refused (Pareto k 0.83, limit 0.5); Markov chains took its place" in " ".join(fit.notes)
    with pytest.raises(ApproximationError):
        posterior(people(), "ordinal", "laplace")


def test_weights_turn_the_draws_of_chains_too():
    table = people(n=600)
    table["w"] = np.random.default_rng(2).gamma(1.0, size=600)
    one, other = (posterior(table, "ordinal", method, weight="w") for method in ("laplace", "nuts"))
    assert other.diagnostics["rotated"]
    agree(one, other)


def test_imputed_data_sets_mix_their_chains():
    table = people(n=200)
    table.loc[::9, "a"] = np.nan
    fit = posterior(table, "ordinal", "nuts", draws=400, imputations=2)
    assert fit.draws.slopes.shape == (1, 400, 2)
    assert "given each of 2 imputed data sets" in fit.summary().replace("\n", " ")


@pytest.mark.parametrize("link", ["probit", "logit"])
def test_the_chains_density_is_the_targets(link):
    rng = np.random.default_rng(3)
    x, y, weight = rng.normal(size=(50, 3)), rng.integers(0, 5, 50).astype(np.intp), rng.gamma(2.0, size=50)
    prior = PriorArrays(location=np.zeros(7), scale=np.full(7, 0.8), df=np.r_[np.full(3, np.inf), np.full(4, 5.0)])
    target = ordered_target(x, y, weight, 4, link, prior)
    density = flat_density(target, np.zeros(7), "abc")
    for phi in rng.normal(0, 0.6, (10, 7)):
        wanted, gradient, _ = target.expand(phi)
        value, slope = density.value(phi)
        assert value == pytest.approx(wanted, abs=1e-10 * abs(wanted))
        np.testing.assert_allclose(slope, gradient, atol=1e-9)
        back = density.expand(phi)
        np.testing.assert_allclose(target.phi(np.concatenate([back["slopes"], back["cuts"]])), phi, atol=1e-9)


def test_the_chains_gaussian_density_is_the_targets():
    rng = np.random.default_rng(4)
    target = gaussian_target(rng.normal(size=(50, 4)), rng.gamma(2.0, size=50), SlopePriors())
    for phi in rng.normal(0, 0.6, (10, 5)):
        wanted, gradient, _ = target.expand(phi)
        value, slope = flat_density(target, phi, "abc").value(phi)
        assert value == pytest.approx(wanted, abs=1e-10 * abs(wanted))
        np.testing.assert_allclose(slope, gradient, atol=1e-9 * np.abs(gradient).max())
