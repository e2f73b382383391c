"""Dominance from a fit against R's domir and published tables, and what it says of its draws."""

import json

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from tests.golden.counts import esoph
from tests.golden.surveys import MOBI_DRIVERS, housing, mobi

EXACT = 1e-8  # domir's own models stop at about 1e-10
PRINTED = 5e-5
PRINTED_6 = 5e-7


@pytest.fixture(scope="module")
def table(shared):
    """Construct means with domir's other outcomes: satisfaction from 8.5 on, and overall satisfaction 1 to 10."""
    items = pd.read_csv(shared / "data" / "mobi.csv")
    scores = mobi(shared)
    return scores.assign(top=(scores["satisfaction"] >= 8.5).astype(int), y10=items["CUSA1"])


@pytest.fixture(scope="module")
def fits(table):
    top = dr.Survey(drivers=MOBI_DRIVERS, outcomes=("top",), items={"top": {"scale": (0, 1)}})
    return {
        "domir_lm_mobi": dr.fit(table, "satisfaction", MOBI_DRIVERS, draws=40),
        "domir_mcfadden_logit_mobi": dr.fit(dr.read(table, top), model="logit", draws=40),
        "domir_mcfadden_ordlogit_mobi_cusa1": dr.fit(
            table, "y10", MOBI_DRIVERS, model="ordinal", link="logit", draws=40
        ),
    }


@pytest.mark.parametrize(
    "case", ["domir_lm_mobi", "domir_mcfadden_logit_mobi", "domir_mcfadden_ordlogit_mobi_cusa1"]
)
def test_matches_domir(golden, fits, case):
    # R> domir(satisfaction ~ ..., \(fml) summary(lm(fml, mobi))$r.squared), and McFadden of glm and polr
    published = golden("rwa_dominance_golden")[case]
    found = dr.dominance(fits[case], index="r2" if "_lm_" in case else "mcfadden", draws=0)
    assert found.whole == pytest.approx(published["value"], abs=EXACT)
    np.testing.assert_allclose(found.found.general, list(published["general"].values()), atol=EXACT, rtol=0)
    by_size = [list(row.values()) for row in published["conditional"].values()]
    np.testing.assert_allclose(found.found.conditional, by_size, atol=EXACT, rtol=0)
    won = [[np.nan if v is None else v for v in row.values()] for row in published["complete"].values()]
    np.testing.assert_allclose(found.matrix("won"), np.array(won, dtype=float), atol=0)
    assert found.draws is None
    assert found.tidy()["p_complete"].isna().all()


def test_sets_and_all_match_domir(golden, fits):
    # R> domir(..., .set = list(~ image + expectation, ~ quality + value)) and domir(..., .all = ~ expectation)
    published = golden("rwa_dominance_golden")
    sets = {"set1": ["image", "expectation"], "set2": ["quality", "value"]}
    found = dr.dominance(fits["domir_lm_mobi"], groups=sets, draws=0)
    want = published["domir_sets_mobi"]
    np.testing.assert_allclose(found.general()["general"], list(want["general"].values()), atol=EXACT, rtol=0)
    found, want = dr.dominance(fits["domir_lm_mobi"], always=["expectation"], draws=0), published["domir_all_mobi"]
    np.testing.assert_allclose(found.found.general, list(want["general"].values()), atol=EXACT, rtol=0)
    assert found.whole == pytest.approx(want["value"], abs=EXACT)
    assert found.always == ("expectation",)


ESOPH = {"mcfadden": [0.1247, 0.1383, 0.0256], "cox_snell": [0.1096, 0.1216, 0.0227],
         "estrella": [0.1263, 0.1400, 0.0259]}  # fmt: skip
"""Computed per person (n = 975) from Breslow & Day (1980) as in Azen & Traxel (2009), whose own tables take n = 88."""


@pytest.mark.parametrize("index", list(ESOPH))
def test_oesophageal_cancer_counts_people_not_rows(index):
    x, case, count, _ = esoph()
    names = [*(f"age{j}" for j in range(5)), *(f"alcohol{j}" for j in range(3)), *(f"tobacco{j}" for j in range(3))]
    table = pd.DataFrame(x.astype(int), columns=names).assign(case=case, people=count.astype(int))
    survey = dr.Survey(drivers=names, outcomes=("case",), frequency="people", items={"case": {"scale": (0, 1)}})
    fit = dr.fit(dr.read(table[table["people"] > 0], survey), model="logit", draws=10)
    groups = {"age": names[:5], "alcohol": names[5:8], "tobacco": names[8:]}
    found = dr.dominance(fit, index=index, groups=groups, draws=0)
    np.testing.assert_allclose(found.found.general, ESOPH[index], atol=PRINTED, rtol=0)
    assert found.n == 975
    if index == "mcfadden":
        assert found.whole == pytest.approx(fit.mcfadden, abs=EXACT)


def test_copenhagen_housing_with_frequencies(shared):
    # grouped Shapley of R's MASS::polr(Sat ~ Infl + Type + Cont, weights = Freq), computed
    fit = dr.fit(housing(shared), model="ordinal", link="logit", draws=10)
    names = fit.spec.drivers
    groups = {factor: [n for n in names if n.startswith(factor)] for factor in ("Infl", "Type", "Cont")}
    for index, want in (("mcfadden", [0.029201, 0.014989, 0.002326]), ("estrella", [0.061695, 0.031673, 0.004858])):
        found = dr.dominance(fit, index=index, groups=groups, draws=0)
        np.testing.assert_allclose(found.found.general, want, atol=PRINTED_6, rtol=0)
    assert found.n == 1681


def test_general_dominance_of_the_fit_is_lmg_draw_by_draw(fits):
    fit = fits["domir_lm_mobi"]
    found, imp = dr.dominance(fit), dr.importance(fit)
    np.testing.assert_allclose(found.found.general, imp.estimate, atol=1e-12)
    np.testing.assert_allclose(found.draws.general, imp.shares[0], atol=1e-12)
    pairs = found.tidy()
    beats = imp.beats()
    for row in pairs.itertuples():
        assert row.p_general == pytest.approx(beats.loc[row.driver, row.other])
    assert (pairs["p_complete"] <= pairs["p_conditional"]).all()
    assert (pairs["p_conditional"] <= pairs["p_general"]).all()
    assert len(found.gains()) == 16


def test_draws_of_the_likelihood_refit_every_submodel_and_are_counted(fits):
    fit = fits["domir_mcfadden_logit_mobi"]
    found = dr.dominance(fit, index="estrella", draws=12)
    assert found.draws.general.shape == (12, 4)
    spread = found.draws.general.std(axis=0)
    assert ((spread > 0.005) & (spread < 0.1)).all()
    assert "Probabilities are shares of 12 bootstrap draws of cells, every submodel refitted." in found.notes
    text = found.summary()
    assert "Dominance for top in Estrella's R², logit model; whole model" in text
    assert max(map(len, text.splitlines())) <= 100
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert (told["index"], told["draws"], len(told["pairs"]), len(told["gains"])) == ("estrella", 12, 6, 16)


def test_submodels_are_fitted_on_every_imputed_data_set(table):
    gappy = table.astype({"value": float, "image": float})
    gappy.loc[gappy.index[gappy["quality"] < 7.2], "value"] = np.nan
    gappy.loc[:9, "image"] = np.nan
    fit = dr.fit(gappy, "y5", MOBI_DRIVERS, model="ordinal", draws=20, imputations=3)
    found = dr.dominance(fit, index="mcfadden", draws=7)
    assert (found.n, found.n_eff) == (250, fit.n_eff)
    assert found.whole == pytest.approx(fit.mcfadden, abs=EXACT)  # the same data sets, of which likelihoods are means
    assert found.found.general.sum() == pytest.approx(found.whole, abs=EXACT)
    assert found.draws.general.shape == (7, 4) and np.isfinite(found.draws.general).all()
    assert any("each of the fit's 3 imputed data sets" in note for note in found.notes)
    assert not any("omplete cases" in note for note in found.notes)
    cases, whole = (
        dr.dominance(dr.fit(rows, "y5", MOBI_DRIVERS, model="ordinal", draws=10), index="mcfadden", draws=0)
        for rows in (gappy.dropna(), table)
    )
    away, off = (np.abs(one.found.general - whole.found.general).max() for one in (found, cases))
    assert away < 0.5 * off  # those who rated quality low are back in


def test_complete_cases_are_compared_on_request(table):
    gappy = table.astype({"value": float})
    gappy.loc[:9, "value"] = np.nan
    fit = dr.fit(gappy, "y5", MOBI_DRIVERS, model="ordinal", draws=20, missing="complete")
    found = dr.dominance(fit, index="mcfadden", draws=0)
    assert found.n == 240
    whole = dr.fit(gappy.dropna(), "y5", MOBI_DRIVERS, model="ordinal", draws=10)
    assert found.whole == pytest.approx(whole.mcfadden, abs=EXACT)


def test_controls_are_in_every_submodel_of_the_likelihood(table):
    survey = dr.Survey(drivers=MOBI_DRIVERS, outcomes=("y5",), items={"y5": {"scale": (1, 5)}})
    always = dr.dominance(dr.fit(dr.read(table, survey), model="ordinal", draws=10), index="mcfadden", draws=0,
                          always=["value"])  # fmt: skip
    survey = dr.Survey(
        drivers=MOBI_DRIVERS[:3], outcomes=("y5",), controls="value",
        items={"y5": {"scale": (1, 5)}, "value": {"scale": "open"}},
    )
    found = dr.dominance(dr.fit(dr.read(table, survey), model="ordinal", draws=10), index="mcfadden", draws=0)
    np.testing.assert_allclose(found.found.general, always.found.general, atol=EXACT)
    assert found.always == ("value",)


def test_what_cannot_be_compared_is_refused_with_the_cure(fits):
    fit = fits["domir_lm_mobi"]
    with pytest.raises(dr.errors.InputError, match="index='aic' is not known; choose one of `r2`, `mcfadden`"):
        dr.dominance(fit, index="aic")
    with pytest.raises(dr.errors.InputError, match=r"this model is linear\. Use index='r2'"):
        dr.dominance(fit, index="mcfadden")
    with pytest.raises(dr.errors.InputError, match="draws=41: the fit has 40; take 0 up to that many"):
        dr.dominance(fit, draws=41)


def test_it_draws_itself(fits):
    import matplotlib.pyplot as plt

    ax = dr.dominance(fits["domir_lm_mobi"]).plot()
    assert any("Mean gain in R² from adding a driver" in text.get_text() for text in ax.texts)
    plt.close(ax.figure)
