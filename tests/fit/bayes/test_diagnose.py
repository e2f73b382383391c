"""One verdict on a posterior: a right model is ready, misfit and conflicts are named; its parts are what they say."""

import json

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.defaults import HEAVY_MISFIT, MISFIT, PRIOR_SENSITIVE
from drivers.errors import InputError
from drivers.fit.bayes.laplace_linear import gaussian_target
from drivers.fit.bayes.laplace_ordered import ordered_prior
from drivers.fit.bayes.log_prior import _average, log_likelihood, log_prior
from drivers.fit.bayes.pointwise import category_chances, complete_cells
from drivers.fit.bayes.priors import SlopePriors, normal
from drivers.fit.bayes.sensitivity import CONFLICT, FINE
from drivers.fit.bayes.target import ordered_target
from drivers.fit.segment_draws import SegmentDraws
from drivers.fit.thinned import thinned
from drivers.stats.moments import weighted_moments

CUTS = np.array([-1.5, -0.6, 0.3, 1.2])
ROUNDING = 1e-8


def people(n: int = 800, seed: int = 3, spread=None, slopes=(0.5, 0.3)) -> pd.DataFrame:
    """Answers of an ordered outcome; `spread` gives the latent spread of people by their answers (n, 2)."""
    rng = np.random.default_rng(seed)
    x = np.clip(np.round(rng.multivariate_normal([3.4, 3.2], [[1.1, 0.5], [0.5, 1.1]], n)), 1, 5)
    error = rng.standard_normal(n) * (1.0 if spread is None else spread(x))
    latent = (x - 3.3) @ np.array(slopes) + error
    return pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": 1.0 + (latent[:, None] > CUTS).sum(axis=1)})


def posterior(table, model="ordinal", **more):
    return dr.fit(table, "y", ["a", "b"], **{"model": model, "engine": "bayes", "draws": 1000} | more)


@pytest.fixture(scope="module")
def right():
    return posterior(people(), draws=4000)


@pytest.fixture(scope="module")
def ready(right):
    return dr.diagnose(right)


@pytest.mark.parametrize("model", ["linear", "ordinal", "logit"])
def test_prior_and_likelihood_of_draws_are_those_the_posterior_was_drawn_from(model):
    table = people(n=200).assign(sex=np.random.default_rng(1).choice(["f", "m"], 200))
    survey = dr.Survey(drivers=("a", "b"), outcomes=("y",), controls=("sex",), scale=(1, 5))
    fit = dr.fit(
        dr.read(table, survey), model=model, engine="bayes", draws=100,
        prior=SlopePriors(slopes=normal(0.1, 0.4), cuts=normal(0, 1)),
    )
    found = log_prior(fit) + log_likelihood(fit)
    cells = complete_cells(fit)
    moments = weighted_moments(cells.values, cells.n)
    spread, p = np.sqrt(np.diag(moments.cov)), 3
    slopes, base = _average(fit)
    level = (slopes @ moments.mean[:-1])[:, None]
    standard = slopes * spread[:-1]
    if model == "linear":
        target = gaussian_target((cells.values - moments.mean) / spread, cells.n, fit.spec.prior)
        phi = np.column_stack([
            standard / spread[-1], (base + level - moments.mean[-1]) / spread[-1],
            np.log(fit.draws.error_sd[0] / spread[-1]),
        ])
        jacobian = phi[:, -1]
    else:
        q = 4 if model == "ordinal" else 1
        said = np.searchsorted(fit.categories, cells.values[:, -1]) if q == 4 else (cells.values[:, -1] >= fit.top)
        target = ordered_target(
            (cells.values[:, :-1] - moments.mean[:-1]) / spread[:-1], said.astype(int), cells.n, q, fit.spec.link,
            ordered_prior(fit.spec.prior, p, q, fit.spec.link),
        )
        phi = target.phi(np.column_stack([standard, base - level]))
        jacobian = np.array([np.linalg.slogdet(target.jacobian(one))[1] for one in phi])
    away = found - (target.values(phi) - jacobian)
    assert np.ptp(found) > 3
    assert np.ptp(away) < ROUNDING * np.abs(found).max()


def test_the_average_of_two_crossed_columns_is_the_common_value():
    rng = np.random.default_rng(1)
    common, one, two = rng.normal(size=2), rng.normal(size=(3, 2)), rng.normal(size=(2, 2))
    one, two = one - one.mean(axis=0), two - two.mean(axis=0)
    groups = [("x", "u"), ("x", "v"), ("y", "u"), ("z", "v"), ("y", "v")]  # one combination that nobody is in
    at = [("xyz".index(a), "uv".index(b)) for a, b in groups]
    slopes = np.array([common + one[i] + two[j] for i, j in at])[None, None]
    fit = posterior(people(n=100), draws=100)
    few, _ = thinned(fit, 1)
    zero = np.zeros((1, 1, 5))
    made = SegmentDraws(
        columns=("f", "g"), groups=tuple(groups), names=tuple(map("/".join, groups)), n=np.full(5, 20.0), slopes=slopes,
        shift=zero, share=zero, spread=np.ones((1, 1, 2, 2)),
        level_spread=np.ones((1, 1, 2)), correlation=np.zeros((1, 1, 2, 1)), alone=slopes[0, 0], alone_se=slopes[0, 0],
        shrinkage=slopes[0, 0], x_mean=slopes[0, 0], x_cov=np.zeros((5, 2, 2)),
    )
    from dataclasses import replace

    np.testing.assert_allclose(_average(replace(few, segments=made))[0][0], common, atol=1e-12)


def test_a_right_model_is_ready(right, ready):
    assert ready.verdict == "ready" and not ready.findings
    assert ready.tidy()["passed"].all()
    assert (ready.sensitivity["reading"] == FINE).all()
    assert ready.predictive.misfits == 0
    text = ready.summary()
    assert "Ready to use" in text and "one answer left out" in text
    told = json.loads(json.dumps(ready.to_dict(), default=float))
    assert told["verdict"] == "ready" and len(told["predictive"]) == len(ready.predictive.bars)
    assert dr.diagnose(right).to_dict() == ready.to_dict()


def test_bars_are_the_observed_shares_and_what_the_draws_predict(right, ready):
    bars, table = ready.predictive.bars, people()
    every = bars[bars["group"] == "all"]
    shares = table["y"].value_counts(normalize=True).sort_index()
    np.testing.assert_allclose(every["observed"], shares, atol=1e-12)
    chance = category_chances(right, complete_cells(right), None).mean(axis=0)
    n = complete_cells(right).n
    np.testing.assert_allclose(every["foretold"], n @ chance / n.sum(), atol=4 * 0.5 / np.sqrt(500 * 800))
    four = bars[(bars["column"] == "a") & (bars["group"] == "4")]
    np.testing.assert_allclose(
        four["observed"], (table.loc[table["a"] == 4, "y"].to_numpy()[:, None] == [1, 2, 3, 4, 5]).mean(axis=0)
    )
    assert four["n"].eq((table["a"] == 4).sum()).all()
    told = right.predict(draws=True).probability.mean(axis=(0, 1))
    np.testing.assert_allclose(chance, told, atol=1e-10)


def test_a_polarised_group_is_told_and_not_to_be_used():
    found = dr.diagnose(posterior(people(spread=lambda x: np.where(x[:, 0] >= 4, 2.5, 0.3), slopes=(0.1, 0.2))))
    assert found.verdict == "do not use"
    assert "shares by a are foretold wrong" in found.findings[0]
    wrong = found.predictive.bars[found.predictive.bars["misfit"]]
    assert wrong["off"].abs().max() > HEAVY_MISFIT
    assert (wrong["off"].abs() >= MISFIT).all()
    assert "Do not use this fit" in found.summary()


def test_a_linear_model_of_extreme_answers_is_looked_at():
    table = people()
    table["y"] = np.where(table["y"] >= 4, 5.0, 1.0)
    found = dr.diagnose(posterior(table, "linear"))
    assert found.verdict == "look"
    assert "take an ordinal model for top boxes" in found.words
    bent = people().assign(y=lambda t: (t["a"] - 3) ** 2 + np.random.default_rng(1).normal(size=len(t)))
    assert "Means do not follow a in a straight line" in dr.diagnose(posterior(bent, "linear")).words


@pytest.mark.parametrize("model", ["linear", "ordinal", "logit"])
def test_a_prior_against_the_answers_is_named(model):
    method = {"linear": "laplace"}.get(model, "auto")
    found = dr.diagnose(posterior(people(), model, method=method, prior=SlopePriors(slopes=normal(2, 0.05))))
    assert found.verdict != "ready"
    assert "Prior and answers disagree about" in found.findings[0]
    slopes = found.sensitivity[found.sensitivity["quantity"] == "slope"]
    assert (slopes["reading"] == CONFLICT).all()
    assert slopes["prior"].min() > 10 * PRIOR_SENSITIVE


def test_a_right_model_is_hardly_ever_doubted():
    doubted = [dr.diagnose(posterior(people(n=300, seed=seed))).predictive.misfits for seed in range(5)]
    assert np.count_nonzero(doubted) == 0  # one in a hundred is expected at most


def test_what_cannot_be_checked_is_not_called_ready():
    table = people(n=300)
    table.loc[:40, "b"] = 8
    survey = dr.Survey(drivers=("a", "b"), outcomes=("y",), scale=(1, 5), not_applicable=(8,))
    fit = dr.fit(dr.read(table, survey), model="ordinal", engine="bayes", draws=1000, not_applicable="exposure")
    found = dr.diagnose(fit)
    assert found.verdict == "look" and found.predictive is None
    assert "cannot be checked where not applying is part of the model" in found.summary().replace("\n", " ")
    with pytest.raises(InputError, match="Nothing was foretold"):
        found.plot()


def test_a_fit_without_a_posterior_is_refused():
    with pytest.raises(InputError, match="has no posterior to diagnose"):
        dr.diagnose(dr.fit(people(n=100), "y", ["a", "b"]))


def test_thinned_draws_are_some_of_all(right):
    fewer, kept = thinned(right, 50)
    assert fewer.draws.slopes.shape == (1, 50, 2)
    np.testing.assert_array_equal(fewer.draws.slopes[0], right.draws.slopes[0, kept])
    assert thinned(right, 10_000)[0] is right
