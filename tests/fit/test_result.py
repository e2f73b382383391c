"""What a fit says of itself: tables, text, JSON, who was left out."""

import json

import numpy as np
import pytest
from scipy.stats import t as student

import drivers as dr
from tests.cells.made import answers_of, ratings


@pytest.fixture(scope="module")
def table():
    table = ratings(300, 1).assign(g=np.resize(["x", "y", "y"], 300))
    table["a"] = table["a"].mask(table.index % 10 == 0, 8)
    table["b"] = table["b"].mask(table.index % 20 == 1, 9)
    table["y"] = table["y"].mask(table.index < 6)
    return table


@pytest.fixture(scope="module")
def answers(table):
    return answers_of(table, segments=("g",), not_applicable=(8,), dont_know=(9,))


def test_tidy_has_one_row_per_term_and_t_intervals(answers):
    fit = dr.fit(answers, draws=20, level=0.8)
    tidy = fit.tidy().set_index("term")
    assert list(tidy.index) == ["a", "b", "c", "(Intercept)"]
    error = np.sqrt(np.diag(fit.robust_cov) * (1 - 1 / 300) / (1 - 4 / 300))  # HC1: 300 people, 4 coefficients
    np.testing.assert_allclose(tidy["high"] - tidy["estimate"], student.ppf(0.9, fit.df) * error)
    np.testing.assert_allclose(tidy["p_value"], 2 * student.sf(np.abs(tidy["estimate"] / error), fit.df))
    np.testing.assert_allclose(tidy["statistic"], tidy["estimate"] / tidy["robust_se"])


def test_few_people_of_heavy_weight_make_intervals_wider_and_say_so(table):
    heavy = table.assign(w=np.where(np.arange(len(table)) < 12, 10.0, 1.0))
    survey = dr.Survey(drivers=("a", "b", "c"), outcomes=("y",), weight="w", not_applicable=(8,), dont_know=(9,))
    fit = dr.fit(heavy[["a", "b", "c", "y", "w"]].pipe(dr.read, survey), draws=20)
    small = fit.small_sample
    assert small.robust > 1.05
    assert small.df == pytest.approx(1488**2 / 120288 - 4)  # (12 * 100 + 288)^2 / (12 * 10^4 + 288), less k
    assert f"{small.df:,.0f} degrees of freedom" in fit.summary()
    assert f"made {np.sqrt(small.robust) - 1:.0%} wider" in " ".join(fit.summary().split())


def test_who_was_used_and_why_others_were_not(answers, table):
    linear = dr.fit(answers, draws=5, where={"g": "y"})
    assert linear.usage.read == 300
    assert linear.usage.dropped == {"outside g = y": 100}
    complete = ((table["a"] != 8) & (table["b"] != 9) & table["y"].notna() & (table["g"] == "y")).sum()
    assert (linear.usage.used, linear.usage.complete) == (200, complete)
    ordinal = dr.fit(answers, model="ordinal", draws=5, where={"g": "y"}, missing="complete")
    assert ordinal.n == ordinal.usage.complete == complete
    (left_out,) = (n for reason, n in ordinal.usage.dropped.items() if "at least one driver or the outcome" in reason)
    assert left_out == 200 - complete
    told = " ".join(linear.notes)
    group = table[table["g"] == "y"]
    assert f"{(group['a'] == 8).sum()} not applicable, {(group['b'] == 9).sum()} don't know" in told
    assert "taken as missing at random" in told and "FIML" in told


def test_dict_is_json_and_linear_has_no_mcfadden(answers):
    for model in ("linear", "ordinal", "logit"):
        fit = dr.fit(answers, model=model, draws=5)
        plain = json.loads(json.dumps(fit.to_dict(), default=float, allow_nan=False))
        assert plain["n"] == fit.n and len(plain["terms"]) == len(fit.terms)
        assert (plain["mcfadden"] is None) == (model == "linear")
        assert plain["provenance"]["rows_read"] == 300 and plain["provenance"]["seed"] == fit.spec.seed


@pytest.mark.parametrize("model", ["linear", "ordinal", "logit"])
def test_summary_states_n_errors_draws_and_association(answers, model):
    fit = dr.fit(answers, model=model, draws=5)
    text = fit.summary()
    flat = " ".join(text.split())
    assert f"{fit.n:,} respondents of 300 read" in flat
    assert "effective n" in flat and "robust se" in flat and "model se" in flat and "90% interval" in flat
    assert "association, not effect" in flat and f"5 bootstrap draws of cells, seed {fit.spec.seed}" in flat
    assert max(map(len, text.splitlines())) <= 120


def test_latent_r2_is_mckelvey_and_zavoinas(answers):
    for link, error in (("probit", 1.0), ("logit", np.pi**2 / 3)):
        fit = dr.fit(answers, model="ordinal", link=link, draws=5, missing="complete")
        x = fit.cells.values[:, :3]
        eta = x @ fit.estimate[:3]
        explained = np.average((eta - np.average(eta, weights=fit.cells.sum_w)) ** 2, weights=fit.cells.sum_w)
        assert fit.r2 == pytest.approx(explained / (explained + error), rel=1e-9)


def test_top_box_follows_the_declared_scale_not_the_points_used():
    table = ratings(200, 2)
    high = table.assign(y=np.where(table["y"] > 3, 5, 4))
    assert dr.fit(answers_of(high), draws=3).top == 4
    yes_no = table.assign(y=(table["y"] > 3) * 1.0)
    assert dr.fit(answers_of(yes_no, items={"y": {"scale": (0, 1)}}), model="logit", draws=3).top == 1
    assert dr.fit(answers_of(yes_no, items={"y": {"scale": "open"}}), model="logit", draws=3).top == 1
