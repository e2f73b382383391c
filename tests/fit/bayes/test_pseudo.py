"""Weights and designs in a posterior: what turns, what must not, and that intervals hold."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import drivers as dr
from drivers.fit.bayes.pseudo import rotation, with_prior
from drivers.fit.bayes.table import term_draws

SAME = 1e-9
MODELS = ["linear", "ordinal", "logit"]


def covariance(rng, t):
    a = rng.normal(size=(t, t + 2))
    return a @ a.T


@given(seed=st.integers(0, 2**16), t=st.integers(1, 6))
def test_a_rotation_turns_one_covariance_into_the_other(seed, t):
    rng = np.random.default_rng(seed)
    model, design = covariance(rng, t), covariance(rng, t)
    turn = rotation(model, design)
    np.testing.assert_allclose(turn @ model @ turn.T, design, rtol=1e-6, atol=1e-7 * np.abs(design).max())
    np.testing.assert_allclose(turn, turn.T, rtol=1e-6, atol=1e-7 * np.abs(turn).max())
    np.testing.assert_allclose(rotation(model, model), np.eye(t), atol=1e-6)


def test_a_design_with_fewer_units_than_parameters_turns_too():
    rng = np.random.default_rng(1)
    thin = rng.normal(size=(4, 2))
    turn = rotation(covariance(rng, 4), thin @ thin.T)
    assert np.linalg.matrix_rank(turn, tol=1e-6) == 2


def test_the_prior_is_kept_where_there_are_no_data():
    # one parameter known from 100 answers, one from the prior alone
    information, prior = np.diag([100.0 + 4.0, 4.0]), np.diag([4.0, 4.0])
    inverse = np.linalg.inv(information)
    found = with_prior(inverse @ np.diag([100.0, 0.0]) @ inverse, information, prior)
    np.testing.assert_allclose(found, inverse)


def survey(**more):
    items = {"y": {"scale": (1, 5)}}
    return dr.Survey(drivers=("a", "b"), outcomes=("y",), scale=(1, 5), items=items, **more)


def people(seed: int = 1, n: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    mood = rng.normal(size=n)
    a, b = (np.clip(np.round(3.3 + 0.7 * mood + 0.8 * rng.normal(size=n)), 1, 5) for _ in range(2))
    y = np.clip(np.round(1.2 + 0.4 * a + 0.2 * b + 0.8 * rng.normal(size=n)), 1, 5)
    return pd.DataFrame({
        "a": a, "b": b, "y": y, "w": np.exp(rng.normal(0, 0.8, n)), "one": 2.5,
        "psu": np.repeat(np.arange(n // 15), 15), "stratum": np.repeat([0, 1], n // 2),
    })


def posterior(table, model="linear", **more):
    return dr.fit(dr.read(table, survey(**more)), model=model, engine="bayes", draws=1000)


@pytest.mark.parametrize("model", MODELS)
def test_equal_weights_are_no_weights(model):
    plain, weighted = posterior(people(), model), posterior(people(), model, weight="one")
    assert not plain.diagnostics["rotated"]
    assert not weighted.diagnostics["rotated"]
    np.testing.assert_allclose(term_draws(weighted), term_draws(plain), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("model", MODELS)
def test_the_scale_of_weights_does_not_matter(model):
    table = people()
    one = posterior(table, model, weight="w")
    other = posterior(table.assign(w=table["w"] * 1000), model, weight="w")
    np.testing.assert_allclose(term_draws(other), term_draws(one), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("model", MODELS)
def test_weights_and_designs_are_never_left_unadjusted_in_silence(model):
    for more in ({"weight": "w"}, {"psu": "psu"}, {"stratum": "stratum"}):
        fit = posterior(people(), model, **more)
        assert fit.diagnostics["rotated"], more
        assert any("turned to the design-based covariance" in note for note in fit.notes), more


@pytest.mark.parametrize("model", MODELS)
def test_turned_draws_spread_as_regression_says_estimates_do(model):
    """600 answers, so that prior and skew matter little: standard deviations of slopes within 5 %."""
    answers = dr.read(people(), survey(weight="w", psu="psu", stratum="stratum"))
    regression = dr.fit(answers, model=model, draws=5)
    drawn = term_draws(dr.fit(answers, model=model, engine="bayes"))[:, :2]
    np.testing.assert_allclose(drawn.std(axis=0), np.sqrt(np.diag(regression.robust_cov))[:2], rtol=0.05)
    error = drawn.std(axis=0)
    assert (np.abs(drawn.mean(axis=0) - regression.estimate[:2]) < 0.15 * error).all()


@pytest.mark.parametrize("model", MODELS)
def test_doubled_respondents_are_known_twice_as_well_and_frequencies_say_the_same(model):
    table = people()
    twice = pd.concat([table, table])
    counted = table.assign(n=2)
    rows, cells = posterior(twice, model), posterior(counted, model, frequency="n")
    np.testing.assert_allclose(term_draws(cells), term_draws(rows), rtol=1e-6, atol=1e-8)
    narrow = term_draws(rows)[:, :2].std(axis=0) / term_draws(posterior(table, model))[:, :2].std(axis=0)
    np.testing.assert_allclose(narrow, np.sqrt(0.5), rtol=0.06)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["linear", "ordinal"])
def test_ninety_percent_intervals_cover_under_clusters_and_noisy_weights(model):
    """40 clusters of 15, weights log-normal: methods 2.17 has 69 % unadjusted and 88 % turned for its slope."""
    runs, b = 400, np.array([0.5, 0.3])
    items = {"a": {"scale": "open"}, "b": {"scale": "open"}, "y": {"scale": "open" if model == "linear" else (1, 5)}}
    design = dr.Survey(drivers=("a", "b"), outcomes=("y",), weight="w", psu="psu", items=items)
    turned = unadjusted = 0.0
    for run in range(runs):
        rng = np.random.default_rng([7, run])
        cluster = np.repeat(np.arange(40), 15)
        shared = rng.normal(size=(40, 3))[cluster]
        x = np.round(2 * (np.sqrt(0.3) * shared[:, :2] + np.sqrt(0.7) * rng.normal(size=(600, 2)))) / 2
        y = x @ b + np.sqrt(0.2) * shared[:, 2] + np.sqrt(0.8) * rng.normal(size=600)
        if model == "ordinal":
            y = np.digitize(y, [-1.2, -0.3, 0.5, 1.4]) + 1.0
        table = pd.DataFrame({
            "a": x[:, 0], "b": x[:, 1], "y": y, "w": np.exp(rng.normal(0, 0.7, 600)), "psu": cluster,
        })
        fit = dr.fit(dr.read(table, design), engine="bayes", model=model, draws=1000)
        low, high = np.quantile(term_draws(fit)[:, :2], [0.05, 0.95], axis=0)
        turned += ((low < b) & (b < high)).mean() / runs
        reach = 1.645 * np.sqrt(np.diag(fit.model_cov)[:2])
        unadjusted += (np.abs(fit.estimate[:2] - b) < reach).mean() / runs
    assert unadjusted < 0.82
    assert 0.86 < turned < 0.92, turned
