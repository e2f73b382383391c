"""Replicate weights and finite populations from the file to slopes, shares and scores."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

import drivers as dr
from drivers.cells.collapse import collapse
from drivers.errors import DataError
from drivers.stats.moments import weighted_moments
from drivers.stats.replicate_weights import replicate_weights
from drivers.stats.replicates import replicate_variance
from drivers.stats.shapley import lmg
from drivers.survey.schema import Survey
from drivers.survey.scores import scores

ROUNDING = 1e-8  # the same estimates from cells and from rows
DRIVERS = ["a", "b"]


def people(seed=1, strata=12, psus=2, size=8):
    """Ratings 1 to 5 of clustered respondents, with strata, PSUs and unequal weights."""
    rng = np.random.default_rng(seed)
    psu = np.repeat(np.arange(strata * psus), size)
    shared = rng.normal(size=(strata * psus, 3))[psu]
    a, b, noise = (rng.normal(size=len(psu)) + 0.7 * shared[:, j] for j in range(3))
    y = 0.6 * a + 0.3 * b + noise
    rows = pd.DataFrame({"a": a, "b": b, "y": y}).apply(lambda x: np.clip(np.round(3 + x), 1, 5))
    return rows.assign(h=psu // psus, c=psu, w=np.repeat(rng.uniform(1, 3, strata), psus * size))


def with_replicates(rows, scheme, **options):
    made = replicate_weights(scheme, None if scheme == "JK1" else rows["h"], rows["c"], **options)
    columns = made.weights(rows["w"])
    named = pd.DataFrame(columns, columns=[f"rep{i + 1}" for i in range(columns.shape[1])], index=rows.index)
    return pd.concat([rows, named], axis=1), made


def survey(**changes):
    return Survey(**{"drivers": DRIVERS, "outcomes": ["y"], "scale": [1, 5], "weight": "w", **changes})


def replicated(scheme, **keys):
    return survey(replicate_weights="rep*", replicate_scheme=scheme, **keys)


CASES = {
    "JK1": ({}, {}), "JKn": ({}, {"replicate_scales": 0.5}), "BRR": ({}, {}), "Fay": ({"fay": 0.3}, {"fay": 0.3}),
    "bootstrap": ({"replicates": 60, "rng": np.random.default_rng(2)}, {}),
}  # fmt: skip


@pytest.mark.parametrize("scheme", CASES)
def test_slopes_have_the_variance_of_their_replicates(scheme):
    options, keys = CASES[scheme]
    rows, made = with_replicates(people(), scheme, **options)
    fit = dr.fit(dr.read(rows, replicated(scheme, **keys)), draws=200)

    def slopes(weight):
        cov = weighted_moments(rows[["a", "b", "y"]].to_numpy(), weight).cov
        return np.linalg.solve(cov[:2, :2], cov[:2, 2])

    known = replicate_variance(slopes, rows["w"], made.weights(rows["w"]), made.factor)
    np.testing.assert_allclose(fit.estimate[:2], known.estimate, rtol=ROUNDING)
    np.testing.assert_allclose(fit.robust_cov[:2, :2], known.cov, rtol=ROUNDING)
    if scheme in ("JK1", "JKn"):
        assert fit.draws.slopes.shape[1] == 200
    else:
        assert fit.draws.slopes.shape[1] == len(made.factor)
        assert any(f"{len(made.factor)} replicate weights ({scheme}); draws are estimates" in n for n in fit.notes)


def test_shares_spread_as_their_replicates_say():
    rows, made = with_replicates(people(strata=30), "BRR")

    def shares(weight):
        return lmg(weighted_moments(rows[["a", "b", "y"]].to_numpy(), weight).cov)

    known = replicate_variance(shares, rows["w"], made.weights(rows["w"]), made.factor)
    imp = dr.importance(dr.fit(dr.read(rows, replicated("BRR"))))
    np.testing.assert_allclose(imp.estimate, known.estimate, rtol=ROUNDING)
    spread = ((imp.shares[0] - imp.estimate) ** 2).mean(axis=0)
    np.testing.assert_allclose(np.sqrt(spread), known.std_error, rtol=ROUNDING)


def test_a_jackknife_agrees_with_linearisation_and_its_draws_with_psu_resampling():
    rows, _ = with_replicates(people(strata=30), "JKn")
    jack = dr.fit(dr.read(rows, replicated("JKn", replicate_scales=0.5)), draws=1500)
    taylor = dr.fit(dr.read(rows, survey(stratum="h", psu="c")), draws=1500)
    se, known = (np.sqrt(np.diag(fit.robust_cov))[:2] for fit in (jack, taylor))
    np.testing.assert_allclose(se, known, rtol=0.1)  # terms of order 2 / 30 strata
    drawn = jack.draws.slopes[0].std(axis=0)
    np.testing.assert_allclose(drawn, se, rtol=0.12)  # 1,500 draws, and the same terms
    assert abs(jack.df - taylor.df) <= 1
    naive = dr.fit(dr.read(rows, survey()), draws=20)
    assert (se > 1.1 * np.sqrt(np.diag(naive.robust_cov))[:2]).all()


@pytest.mark.parametrize("model", ["ordinal", "logit"])
def test_ordered_models_are_fitted_again_under_every_replicate(model):
    rows, _ = with_replicates(people(strata=12), "JKn")
    jack = dr.fit(dr.read(rows, replicated("JKn", replicate_scales=0.5)), model=model, draws=30)
    taylor = dr.fit(dr.read(rows, survey(stratum="h", psu="c")), model=model, draws=30)
    np.testing.assert_allclose(jack.estimate, taylor.estimate, rtol=1e-6)  # optimiser
    np.testing.assert_allclose(
        np.sqrt(np.diag(jack.robust_cov)), np.sqrt(np.diag(taylor.robust_cov)), rtol=0.2
    )  # terms of order 2 / 12 strata


def test_missing_answers_keep_their_replicates():
    rows, _ = with_replicates(people(strata=20), "JKn")
    rows.loc[::7, "a"] = np.nan
    jack = dr.fit(dr.read(rows, replicated("JKn", replicate_scales=0.5)), draws=50)
    taylor = dr.fit(dr.read(rows, survey(stratum="h", psu="c")), draws=50)
    np.testing.assert_allclose(
        np.sqrt(np.diag(jack.robust_cov)), np.sqrt(np.diag(taylor.robust_cov)), rtol=0.12
    )


def test_every_engine_adds_replicates_up_alike(tmp_path):
    rows, made = with_replicates(people(strata=4), "BRR")
    path = tmp_path / "answers.csv"
    rows.to_csv(path, index=False)
    asked = replicated("BRR")
    found = [collapse(dr.read(data, asked), [*DRIVERS, "y"]) for data in (rows, pl.from_pandas(rows), path)]
    for cells in found:
        assert cells.replication is not None
        np.testing.assert_allclose(cells.replication.weights, found[0].replication.weights, rtol=ROUNDING)
        np.testing.assert_allclose(
            cells.replication.weights.sum(axis=0), made.weights(rows["w"]).sum(axis=0), rtol=ROUNDING
        )
        part = cells.select(cells.column("a") > 3)
        assert part.replication.weights.shape == (len(part), len(made.factor))


def api_rows():
    # R survey, apistrat: n, N, sum, sum of squares of api00 for E, H, M (Lumley 2004, JSS 9(8))
    n, population = np.array([100, 50, 50]), np.array([4421.0, 755.0, 1018.0])
    total, squares = np.array([67443.0, 31291.0, 31830.0]), np.array([47038637.0, 20167941.0, 20940396.0])
    mean = total / n
    spread = np.sqrt(squares / n - mean**2)
    value = np.concatenate([m + s * np.tile([-1, 1], k // 2) for m, s, k in zip(mean, spread, n, strict=True)])
    size = np.repeat(population, n)
    return pd.DataFrame({
        "a": np.arange(200) % 5 + 1, "b": np.arange(200) % 3 + 1, "y": value, "w": size / np.repeat(n, n),
        "h": np.repeat(["E", "H", "M"], n), "N": size, "c": np.arange(200),
    })


def test_the_published_mean_of_api_schools_by_fpc_and_by_replicates():
    # R> svymean(~api00, svydesign(id=~1, strata=~stype, weights=~pw, data=apistrat, fpc=~fpc)): 662.29, SE 9.4089
    items = {"y": {"scale": "open"}}
    rows = api_rows()
    design = scores(dr.read(rows, survey(stratum="h", fpc="N", items=items))).tidy().query("item == 'y'").iloc[0]
    named, made = with_replicates(rows, "JKn", fpc=rows["N"])
    asked = replicated("JKn", replicate_scales=tuple(made.factor), items=items)
    jack = scores(dr.read(named, asked)).tidy().query("item == 'y'").iloc[0]
    for found in (design, jack):
        assert found["estimate"] == pytest.approx(662.29, abs=5e-3)
        assert found["std_error"] == pytest.approx(9.4089, abs=5e-5)
        assert found["deff"] == pytest.approx(design["deff"], rel=ROUNDING)
    without = scores(dr.read(rows, survey(stratum="h", items=items))).tidy().query("item == 'y'").iloc[0]
    assert without["std_error"] > 9.5


def test_a_finite_population_shrinks_errors_and_draws_of_slopes():
    rows = people(strata=10, psus=4).assign(N=5.0)
    finite = dr.fit(dr.read(rows, survey(stratum="h", psu="c", fpc="N")), draws=1500)
    endless = dr.fit(dr.read(rows, survey(stratum="h", psu="c")), draws=1500)
    np.testing.assert_allclose(finite.robust_cov, 0.2 * endless.robust_cov, rtol=ROUNDING)  # 1 - 4/5
    ratio = finite.draws.slopes[0].std(axis=0) / endless.draws.slopes[0].std(axis=0)
    np.testing.assert_allclose(ratio, np.sqrt(0.2), rtol=0.1)  # the same draws, nearly linear in the multipliers


def test_lonely_units_follow_the_declared_rule():
    rows = people(strata=8)
    rows.loc[rows["c"] == 1, ["h", "c"]] = 0
    centre, certain = (
        dr.fit(dr.read(rows, survey(stratum="h", psu="c", lonely_psu=rule)), draws=20) for rule in ("centre", "certain")
    )
    assert (np.diag(centre.robust_cov) > np.diag(certain.robust_cov)).all()
    assert any("which adds no error: it was declared as drawn with certainty" in note for note in certain.notes)
    with pytest.raises(DataError, match=r"1 stratum has a single sampling unit: 0\. Merge each with a like stratum"):
        dr.read(rows, survey(stratum="h", psu="c", lonely_psu="refuse"))


def spoiled(**columns):
    rows, _ = with_replicates(people(strata=4), "BRR")
    return rows.assign(**columns)


REFUSED = {
    "no column": (people(), replicated("BRR"), "`rep*`: no column fits this pattern; \\* stands for digits"),
    "text": (spoiled(rep2="x"), replicated("BRR"), "1 replicate weight is no number: \"rep2\""),
    "missing": (spoiled(rep2=np.nan), replicated("BRR"), "64 replicate weights are missing. Fill them in"),
    "negative": (spoiled(rep2=-1.0), replicated("BRR"), "64 replicate weights are negative. Correct these rows"),
    "scales": (spoiled(), replicated("BRR", replicate_scales=(1, 1)), r"2 replicate scale\(s\) for 8 replicates"),
    "fpc a fraction": (people().assign(N=0.1), survey(stratum="h", psu="c", fpc="N"), "12 strata hold more sampled"),
    "fpc zero": (people().assign(N=0), survey(stratum="h", fpc="N"), "no population size above 0"),
    "fpc differs": (
        people().assign(N=np.arange(192) + 50), survey(stratum="h", fpc="N"), "12 strata have more than one population"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_designs_the_data_do_not_have_are_refused(case):
    rows, asked, text = REFUSED[case]
    with pytest.raises(DataError, match=text.replace("rep*`", "rep\\*`")):
        dr.read(rows, asked)


def test_factors_taken_for_weights_are_told():
    rows, made = with_replicates(people(strata=4), "BRR")
    names = [name for name in rows if name.startswith("rep")]
    rows[names] = made.multiplier[made.index]
    rows["w"] *= 5
    found = [f.text for f in dr.read(rows, replicated("BRR")).warnings if f.check == "replicate_total"]
    assert len(found) == 1
    assert "8 replicate weights do not add up to about the total of the weight" in found[0]
    assert found[0].endswith("If they are factors, multiply each by the weight before reading.")
