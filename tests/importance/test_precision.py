"""Design effects of slopes and shares: 1 without a design, k for k copies of everybody, Kish's for random weights."""

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.errors import InputError
from drivers.importance.precision import design_effects
from drivers.survey.schema import Survey

ROUNDING = 1e-6  # difference quotients
DRIVERS = ["a", "b"]


def people(n, seed=1):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=n), rng.normal(size=n)
    b = 0.5 * a + b
    rows = pd.DataFrame({"a": a, "b": b, "y": 0.6 * a + 0.3 * b + rng.normal(size=n)})
    return rows.apply(lambda x: np.clip(np.round(3 + x), 1, 5))


def survey(**changes):
    return Survey(**{"drivers": DRIVERS, "outcomes": ["y"], "scale": [1, 5], **changes})


def deffs(rows, draws=2000, model="linear", **changes):
    return design_effects(dr.fit(dr.read(rows, survey(**changes)), draws=draws, model=model)).tidy()


def test_without_a_design_there_is_no_effect():
    found = deffs(people(900))
    np.testing.assert_allclose(found["slope_deff"], 1, rtol=ROUNDING)  # both are the sandwich, n / (n - 1)
    np.testing.assert_allclose(found["share_deff"], 1, rtol=4 * np.sqrt(2 / 2000))  # four Monte-Carlo errors
    np.testing.assert_allclose(found["slope_n_eff"], 900, rtol=ROUNDING)


def test_shares_near_zero_have_none():
    """Their linearised variance says little: six answers for thirty people would be read off it."""
    rng = np.random.default_rng(5)
    rows = people(900)
    rows["b"] = rng.integers(1, 6, len(rows))
    found = design_effects(dr.fit(dr.read(rows, survey()), draws=200))
    table = found.tidy().set_index("driver")
    assert table.loc["b", ["share_deff", "share_n_eff"]].isna().all() and table.loc["b", "slope_deff"] > 0
    assert table.loc["a", "share_deff"] == pytest.approx(1, abs=0.4)
    assert "Shares below 3% have none" in found.summary()


def test_copies_of_respondents_are_worth_one():
    rows = people(400)
    copied = pd.concat([rows.assign(c=np.arange(400))] * 3)
    found = deffs(copied, psu="c")
    np.testing.assert_allclose(found["slope_deff"], 3, rtol=1e-2)  # 3 (1200 - 1) / (1200 - 3)
    np.testing.assert_allclose(found["share_deff"], 3, rtol=4 * np.sqrt(2 / 2000))
    np.testing.assert_allclose(found["share_n_eff"], 400, rtol=0.15)
    naive = deffs(copied)
    assert (naive["share_deff"] < 1.2).all()


def test_weights_that_know_nothing_cost_what_kish_says():
    rng = np.random.default_rng(3)
    rows = people(20_000).assign(w=rng.lognormal(0, 0.5, 20_000).round(1) + 0.1)
    fit = dr.fit(dr.read(rows, survey(weight="w")), draws=1500)
    found = design_effects(fit)
    kish = fit.n / fit.n_eff
    assert kish > 1.2
    np.testing.assert_allclose(found.tidy()["slope_deff"], kish, rtol=0.06)  # sampling of fourth moments
    np.testing.assert_allclose(found.tidy()["share_deff"], kish, rtol=0.2)
    assert f"by weights alone (Kish) effective n {fit.n_eff:,.0f} (design effect of weights" in found.summary()
    assert found.to_dict()["deff_weights"] == pytest.approx(kish)


@pytest.mark.parametrize("model", ["ordinal", "logit"])
def test_latent_models_compare_with_their_own_errors(model):
    rows = people(1500)
    found = deffs(rows, draws=1500, model=model)
    np.testing.assert_allclose(found["slope_deff"], 1, rtol=0.12)  # the model nearly holds after rounding
    np.testing.assert_allclose(found["share_deff"], 1, rtol=0.3)  # 1,500 draws: four errors are .15, and the same
    copied = deffs(pd.concat([rows.assign(c=np.arange(1500))] * 2), draws=50, model=model, psu="c")
    np.testing.assert_allclose(copied["slope_deff"] / found["slope_deff"], 2, rtol=1e-2)


def test_missing_answers_have_design_effects_too():
    rows = people(600)
    rows.loc[::6, "a"] = np.nan
    np.testing.assert_allclose(deffs(rows)["slope_deff"], 1, rtol=ROUNDING)


def test_groups_and_always_in_drivers_have_design_effects_of_their_own_shares():
    rng = np.random.default_rng(4)
    rows = people(500).assign(d=rng.integers(1, 6, 500))
    rows["y"] = np.clip(np.round(rows["y"] + 0.5 * (rows["d"] - 3)), 1, 5)
    copied = pd.concat([rows.assign(c=np.arange(500))] * 2)
    fit = dr.fit(dr.read(copied, survey(drivers=["a", "b", "d"], psu="c")), draws=600)
    found = design_effects(fit, groups={"both": ["a", "b"]}, always=["d"]).tidy()
    assert list(found["driver"]) == ["both"] and np.isnan(found["slope_deff"].iloc[0])
    assert found["share_deff"].iloc[0] == pytest.approx(2, rel=4 * np.sqrt(2 / 600))  # four Monte-Carlo errors
    single = design_effects(fit, always=["d"]).tidy().set_index("driver")
    np.testing.assert_allclose(single["slope_deff"], 2, rtol=1e-2)  # 2 (1000 - 1) / (1000 - 2), PSUs


def test_imputed_answers_are_refused():
    rows = people(300)
    rows.loc[::5, "a"] = np.nan
    fit = dr.fit(dr.read(rows, survey()), draws=20)
    from dataclasses import replace

    with pytest.raises(InputError, match="Design effects are of sampling alone; this fit imputed answers"):
        design_effects(replace(fit, spec=replace(fit.spec, model="ordinal")))
