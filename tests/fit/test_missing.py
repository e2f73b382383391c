"""Missing and not applicable answers in fits: what is done by default, what can be asked for, and what it is called."""

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.errors import ConvergenceError, DataError, InputError
from drivers.fit.missing import METHODS
from drivers.fit.tipping import tipping
from drivers.importance.exposure import exposure_shares, groups_of
from drivers.stats import impute_check
from drivers.stats.rubin import pool
from drivers.stats.shapley import lmg
from tests.cells.made import answers_of, ratings

EXACT = 1e-9
N = 600
MODELS = ("linear", "ordinal", "logit")
AWAY, UNSURE = 8, 9


def holed(table: pd.DataFrame, seed: int = 1, columns: str = "ab", share: float = 0.25) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return table.assign(**{c: table[c].mask(rng.random(len(table)) < share) for c in columns})


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return ratings(N, 1)


@pytest.fixture(scope="module")
def answers(table):
    return answers_of(holed(table))


@pytest.fixture(scope="module")
def visits(table):
    """Driver b does not apply to 4 in 10, more often where a is low; the outcome of those is a point higher."""
    rng = np.random.default_rng(2)
    away = rng.random(N) < np.where(table["a"] <= 3, 0.5, 0.3)
    y = np.clip(table["y"] + away, 1, 5)
    return table.assign(b=table["b"].mask(away, AWAY), y=y)


class TestDefaults:
    @pytest.mark.parametrize(("model", "missing"), [(m, how) for m, offered in METHODS.items() for how in offered])
    def test_nothing_missing_is_the_plain_fit(self, table, model, missing):
        whole = answers_of(table)
        plain, asked = dr.fit(whole, model=model, draws=5), dr.fit(whole, model=model, draws=5, missing=missing)
        np.testing.assert_array_equal(plain.estimate, asked.estimate)
        np.testing.assert_array_equal(plain.draws.slopes, asked.draws.slopes)
        assert asked.missing is None
        assert (asked.tidy()["fmi"] == 0).all()
        assert asked.to_dict()["missing"] == "none"

    def test_linear_models_use_maximum_likelihood_the_others_imputation(self, answers):
        assert dr.fit(answers, draws=5).missing.method == "fiml"
        for model in ("ordinal", "logit"):
            fit = dr.fit(answers, model=model, draws=5)
            assert fit.missing.method == fit.to_dict()["missing"] == "impute"
            assert fit.n == N
            assert fit.missing.imputations == fit.diagnostics["imputations"] == 24  # 23.3 % of one item is missing
            assert "Missing answers by multiple imputation: 24 data sets" in " ".join(fit.notes)

    def test_an_outcome_left_blank_is_imputed_too(self, table):
        fit = dr.fit(answers_of(holed(table, columns="y")), model="ordinal", draws=5)
        assert fit.n == N
        assert fit.terms[-1] == "4|5"

    def test_who_answered_nothing_is_left_out_and_counted(self, table):
        silent = holed(table, share=0.1)
        silent.loc[:6, :] = np.nan
        fit = dr.fit(answers_of(silent), model="ordinal", draws=5)
        assert fit.usage.dropped == {"no answer to any driver or the outcome": 7}


class TestImputedFits:
    def test_slopes_are_pooled_by_rubins_rules(self, answers, monkeypatch):
        from drivers.fit.regression import imputed

        seen = []
        pooled = imputed._pooled
        monkeypatch.setattr(imputed, "_pooled", lambda fits, parts: seen.extend(fits) or pooled(fits, parts))
        fit = dr.fit(answers, model="ordinal", draws=5, imputations=6)
        want = pool(np.array([f.estimate for f in seen]), np.array([np.diag(f.robust_cov) for f in seen]), seen[0].df)
        found = fit.tidy()
        np.testing.assert_allclose(found["estimate"], want.estimate, rtol=EXACT)
        np.testing.assert_allclose(found["robust_se"], np.sqrt(want.total), rtol=EXACT)
        np.testing.assert_allclose(fit.missing.df, want.df, rtol=EXACT)
        assert (fit.missing.df < N).all()
        assert fit.df == fit.missing.df.min()
        np.testing.assert_allclose(fit.point.slopes[0, 0], fit.estimate[:3], rtol=EXACT)

    def test_draws_of_all_data_sets_are_mixed_in_turn(self, answers):
        fit = dr.fit(answers, model="ordinal", draws=50, imputations=4)
        assert fit.draws.slopes.shape == (1, 50, 3)
        assert fit.draws.joint_covariance().shape == (1, 50, 4, 4)
        several = dr.fit(answers, model="ordinal", draws=4, imputations=4)
        assert len(np.unique(several.draws.slopes[0, :, 0])) == 4
        assert dr.fit(answers, model="ordinal", draws=2, imputations=4).draws.slopes.shape == (1, 2, 3)

    def test_draws_spread_as_the_pooled_error_says(self, answers):
        fit = dr.fit(answers, model="ordinal", draws=2000)
        ratio = fit.draws.slopes[0].std(axis=0) / fit.tidy()["robust_se"].to_numpy()[:3]
        np.testing.assert_allclose(ratio, 1, atol=0.12)

    def test_shares_add_up_in_every_draw(self, answers):
        imp = dr.importance(dr.fit(answers, model="ordinal", draws=60))
        np.testing.assert_allclose(imp.shares.sum(axis=2), imp.r2, rtol=1e-9)

    def test_the_same_seed_repeats(self, answers):
        one, two = (dr.fit(answers, model="logit", draws=8, imputations=3) for _ in range(2))
        np.testing.assert_array_equal(one.draws.slopes, two.draws.slopes)

    def test_imputation_and_maximum_likelihood_agree_on_linear_slopes(self, answers):
        likelihood, imputed = dr.fit(answers, draws=5), dr.fit(answers, draws=5, missing="impute")
        error = likelihood.tidy()["robust_se"][:3]
        assert (np.abs(likelihood.estimate - imputed.estimate)[:3] / error).max() < 0.5
        np.testing.assert_allclose(imputed.tidy()["robust_se"][:3] / error, 1, atol=0.15)

    def test_weights_strata_and_psus_are_kept(self, table):
        rng = np.random.default_rng(3)
        design = holed(table).assign(
            w=rng.lognormal(0, 0.5, N), h=np.arange(N) % 3, k=np.arange(N) // 10, z=np.arange(N) % 2
        )
        answers = answers_of(design, weight="w", stratum="h", psu="k", segments=("z",))
        whole = dr.fit(answers, model="ordinal", draws=40)
        assert whole.diagnostics["resampled"].startswith("PSUs within strata")
        assert whole.n_eff == pytest.approx(design["w"].sum() ** 2 / (design["w"] ** 2).sum())
        part = dr.fit(answers, model="ordinal", draws=40, where={"z": 1})
        assert part.n == N // 2
        assert np.isfinite(part.robust_cov).all()

    def test_answers_that_never_settle_are_refused(self, answers, monkeypatch):
        drifting = impute_check.Settled(trend=9.0, limit=4.0, moved=0.3, settled=False)
        monkeypatch.setattr("drivers.fit.regression.imputed.check_settled", lambda trace: drifting)
        with pytest.raises(ConvergenceError, match=r"drift after 40 sweeps \(by 0.300 standard deviations, t 9.0"):
            dr.fit(answers, model="ordinal", draws=3, imputations=2)


class TestFractionOfMissingInformation:
    def test_an_outcome_missing_by_chance_costs_its_share(self):
        whole = ratings(4000, 5)
        fit = dr.fit(answers_of(holed(whole, columns="y", share=0.4)), draws=3)
        np.testing.assert_allclose(fit.missing.fmi[:3], 0.4, atol=0.04)
        assert (fit.missing.df == fit.df).all()

    def test_the_driver_with_gaps_pays_most(self, table):
        holey = answers_of(holed(table, columns="a", share=0.4))
        for model in MODELS:
            fmi = dr.fit(holey, model=model, draws=3, imputations=40).missing.fmi[:3]
            assert ((fmi > 0) & (fmi < 0.6)).all()
            assert fmi.argmax() == 0

    def test_maximum_likelihood_and_imputation_tell_about_the_same(self, answers):
        likelihood = dr.fit(answers, draws=3).missing.fmi
        imputed = dr.fit(answers, draws=3, missing="impute", imputations=100).missing.fmi
        np.testing.assert_allclose(likelihood, imputed, atol=0.12)

    def test_it_is_printed_per_driver(self, answers):
        text = " ".join(dr.fit(answers, draws=3).summary().split())
        assert "Fraction of missing information per slope: a 2" in text
        terms = dr.fit(answers, draws=3).to_dict()["terms"]
        assert 0 < terms[0]["fmi"] < 1


class TestCompleteCases:
    def test_they_are_labelled(self, answers, table):
        kept = int(holed(table)[["a", "b", "c", "y"]].notna().all(axis=1).sum())
        fit = dr.fit(answers, model="ordinal", draws=3, missing="complete")
        assert fit.n == kept
        assert fit.summary().splitlines()[0] == "Cumulative probit: y, complete cases only"
        assert f"Complete cases only, as asked: {N - kept} respondents left out." in " ".join(fit.notes)
        assert fit.tidy()["fmi"].isna().all()
        assert {term["fmi"] for term in fit.to_dict()["terms"]} == {None}
        assert fit.to_dict()["missing"] == "complete"


@pytest.mark.parametrize(("asked", "text"), [
    ({"missing": "mean"}, "missing='mean' does not go with model='linear'; choose one of `fiml`, `impute`, `complete`. "
                          "Filling in means or zeros with an indicator is not offered"),
    ({"missing": "fiml", "model": "ordinal"}, "missing='fiml' does not go with model='ordinal'; choose one of"),
    ({"not_applicable": "zero"}, "not_applicable='zero' is not known; choose `missing` or `exposure`."),
    ({"imputations": 1}, "imputations=1: at least 2 are needed"),
    ({"imputations": 5, "missing": "fiml"}, "need missing='impute', not 'fiml'"),
    ({"shift_missing": {"aa": 1}}, r"shift_missing: `aa` \(did you mean `a`\?\) is not in the model"),
])  # fmt: skip
def test_requests_that_cannot_be_met(answers, asked, text):
    with pytest.raises(InputError, match=text):
        dr.fit(answers, **asked)


class TestNotApplicable:
    def answers(self, visits, **roles):
        return answers_of(visits, not_applicable=(AWAY,), dont_know=(UNSURE,), **roles)

    def test_the_default_takes_it_as_missing_and_says_so(self, visits):
        fit = dr.fit(self.answers(visits), draws=3)
        assert fit.exposed == ()
        assert "as if every driver applied. not_applicable='exposure' models contact itself." in " ".join(fit.notes)

    def test_the_linear_exposure_model_is_least_squares_with_contact(self, visits):
        fit = dr.fit(self.answers(visits), draws=3, not_applicable="exposure")
        away = (visits["b"] == AWAY).to_numpy()
        average = visits["b"][~away].mean()
        filled = visits["b"].where(~away, average)
        design = np.column_stack([visits["a"], filled, visits["c"], ~away, np.ones(N)])
        want = np.linalg.lstsq(design, visits["y"], rcond=None)[0]
        want[-1] += want[3]  # the intercept of people to whom b applies
        assert fit.terms == ("a", "b", "c", "b: applies", "(Intercept)")
        np.testing.assert_allclose(fit.estimate, want, atol=EXACT)
        assert fit.estimate[3] < -0.5  # the outcome of those without contact was raised
        assert fit.missing is None
        assert f"for `b` ({away.sum()} respondents; average answer {average:.2f})" in " ".join(fit.notes)

    @pytest.mark.parametrize("model", MODELS)
    def test_shares_go_to_the_driver_and_within_it_to_contact(self, visits, model):
        fit = dr.fit(self.answers(visits), model=model, draws=40, not_applicable="exposure")
        shares = exposure_shares(fit)
        table = shares.tidy().set_index("driver")
        want = lmg(fit.point.full_covariance()[0, 0], groups=[[0], [1, 3], [2]])
        assert groups_of(fit) == [[0], [1, 3], [2]]
        np.testing.assert_allclose(table["share"], want, atol=EXACT)
        assert table["share"].sum() == pytest.approx(fit.r2)
        assert table.loc[["a", "c"], "applying"].eq(0).all()
        assert 0.01 < table.at["b", "applying"] < table.at["b", "share"]
        assert table.at["b", "applying_low"] < table.at["b", "applying"] < table.at["b", "applying_high"]
        assert table.at["b", "applies_to"] == pytest.approx((visits["b"] != AWAY).mean())
        assert fit.draws.joint_covariance().shape == (1, 40, 4, 4)
        imp = dr.importance(fit)
        np.testing.assert_allclose(imp.estimate, want, atol=EXACT)
        np.testing.assert_allclose(imp.shares.sum(axis=2), imp.r2, rtol=1e-9)
        np.testing.assert_allclose(imp.shares, shares.whole, atol=EXACT)

    def test_importance_takes_groups_and_always_with_contact_and_refuses_measures_of_single_columns(self, visits):
        fit = dr.fit(self.answers(visits), draws=5, not_applicable="exposure")
        cov = fit.point.full_covariance()[0, 0]
        both = dr.importance(fit, groups={"ab": ["a", "b"]})
        np.testing.assert_allclose(both.estimate, lmg(cov, groups=[[0, 1, 3], [2]]), atol=EXACT)
        beyond = dr.importance(fit, always=["b"])
        np.testing.assert_allclose(beyond.estimate, lmg(cov, groups=[[0], [2]], always=[1, 3]), atol=EXACT)
        assert beyond.estimate.sum() + beyond.always_r2_estimate == pytest.approx(fit.r2)
        with pytest.raises(InputError, match="measure='car' is of single columns, and `b` has two"):
            dr.importance(fit, "car")

    def test_the_slope_is_that_of_people_with_contact(self):
        """Six in ten without contact: their outcome does not know what they would have said."""
        whole = ratings(20_000, 7, slopes=(0.4, 0.4, 0.1))
        rng = np.random.default_rng(8)
        away = rng.random(20_000) < 0.6
        middle = whole["y"] - 0.4 * (whole["b"] - 3)  # without b's part; not a rating, so a linear model
        odd = whole.assign(b=whole["b"].mask(away, AWAY), y=np.where(away, middle, whole["y"]))
        answers = answers_of(odd, not_applicable=(AWAY,), items={"y": {"scale": "open", "not_applicable": ()}})
        fit = dr.fit(answers, draws=3, not_applicable="exposure").tidy().set_index("term")
        met = dr.fit(answers_of(whole[~away]), draws=3).tidy().set_index("term")
        assert fit.at["b", "estimate"] == pytest.approx(met.at["b", "estimate"], abs=0.02)

    def test_only_declared_codes_count_as_not_applicable(self, visits):
        unsure = visits.assign(a=visits["a"].mask(np.arange(N) % 10 == 0, UNSURE), c=visits["c"].mask(
            np.arange(N) % 10 == 1))
        fit = dr.fit(self.answers(unsure), draws=3, not_applicable="exposure")
        assert fit.exposed == ("b",)
        assert fit.missing.method == "fiml"  # gaps are in other drivers than b
        assert fit.usage.complete == N - 120

    @pytest.mark.parametrize("model", MODELS)
    def test_gaps_in_a_driver_that_may_not_apply_are_imputed_among_those_it_applies_to(self, visits, model):
        gone = (np.arange(N) % 7 == 0) & (visits["b"] != AWAY)
        answers = self.answers(visits.assign(b=visits["b"].mask(gone)))
        fit = dr.fit(answers, model=model, draws=20, not_applicable="exposure")
        full = dr.fit(self.answers(visits), model=model, draws=20, not_applicable="exposure")
        assert fit.missing.method == "impute"
        assert fit.n == fit.usage.complete + gone.sum() == N
        away = np.abs(fit.estimate - full.estimate)[:4] / full.tidy()["robust_se"][:4]
        assert away.max() < 1.0
        if model == "linear":
            with pytest.raises(InputError, match="`b`: some answers are not applicable and others missing"):
                dr.fit(answers, missing="fiml", not_applicable="exposure")

    def test_complete_cases_keep_people_without_contact(self, visits):
        answers = self.answers(visits.assign(a=visits["a"].mask(np.arange(N) < 50)))
        fit = dr.fit(answers, draws=3, not_applicable="exposure", missing="complete")
        assert fit.n == N - 50

    def test_an_empty_cell_predicts_for_people_without_contact(self, visits):
        fit = dr.fit(self.answers(visits), draws=3, not_applicable="exposure")
        average = visits["b"][visits["b"] != AWAY].mean()
        met, away = fit.predict({"a": [4, 4], "b": [average, np.nan], "c": [4, 4]}).mean[0, 0]
        assert met - away == pytest.approx(fit.estimate[3])
        with pytest.raises(InputError, match="`a`: 1 rows lack an answer"):
            fit.predict({"a": [np.nan], "b": [4], "c": [4]})

    def test_a_driver_that_applies_to_nobody_is_refused(self, visits):
        half = np.arange(N) < N // 2
        answers = self.answers(visits.assign(b=visits["b"].mask(half, AWAY), z=half.astype(int)), segments=("z",))
        with pytest.raises(DataError, match="`b` applies to nobody used here, so it has no slope"):
            dr.fit(answers, draws=3, not_applicable="exposure", where={"z": 1})

    def test_shares_of_contact_need_the_exposure_model(self, visits):
        with pytest.raises(InputError, match="Fit with not_applicable='exposure'"):
            exposure_shares(dr.fit(self.answers(visits), draws=3))


class TestTipping:
    def test_the_table_has_a_row_per_shift_and_driver(self, answers):
        found = tipping(answers, "a", shifts=(-1.0, 1.0), model="ordinal", imputations=5)
        table = found.tidy()
        assert table["shift"].tolist() == [-1.0] * 3 + [0.0] * 3 + [1.0] * 3
        means = table.drop_duplicates("shift")["item_mean"]
        assert (means.diff().dropna() > 0.1).all()
        assert not table.loc[table["shift"] == 0, "tips"].any()
        same = dr.fit(answers, model="ordinal", draws=1, imputations=5)
        np.testing.assert_allclose(table.loc[table["shift"] == 0, "slope"], same.estimate[:3])

    def test_a_slope_that_hangs_on_the_missing_tips(self, table):
        """c adds nothing among those who answered; assume the satisfied silent would have said low, and it would."""
        gone = answers_of(table.assign(c=table["c"].mask(table["y"] >= 4)))
        found = tipping(gone, "c", shifts=(-3.0, 3.0), imputations=5)
        points = found.tipping_points().set_index("driver")
        assert points.at["c", "down"] == -3.0
        assert "*" in found.summary()
        assert "latent standard deviations; 0 is missing at random" in found.summary()

    def test_nothing_to_shift_is_refused(self, answers):
        with pytest.raises(InputError, match="`c`: all 600 respondents used answered it"):
            tipping(answers, "c", imputations=2)
