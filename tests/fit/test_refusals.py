"""Every refusal of a fit names what was found and the cure; every failed draw is counted."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.defaults import MAX_FAILED_DRAWS
from drivers.errors import (
    CollinearDriversError,
    ConvergenceError,
    DataError,
    EmptyCategoryError,
    FitError,
    InputError,
    ResampleWarning,
    SeparationError,
    SurveyError,
    TooFewAnswersError,
)
from drivers.fit import run
from drivers.fit.regression import linear
from tests.cells.made import answers_of, ratings

ORDERED = [("ordinal", "probit"), ("ordinal", "logit"), ("logit", "logit"), ("logit", "probit")]


def refused(kind, match, data, **asked):
    with pytest.raises(kind, match=match) as caught:
        dr.fit(data, draws=5, **asked)
    assert caught.value.exit_code == (3 if issubclass(kind, FitError) else 2)
    return str(caught.value)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return ratings(200, 1)


@pytest.fixture(scope="module")
def answers(table):
    return answers_of(table.assign(channel=np.resize(["phone", "store"], 200)), segments=("channel",))


@pytest.mark.parametrize(("asked", "kind", "match"), [
    ({"outcome": "z"}, SurveyError, r"`z` is not an outcome of the survey; it has `y`"),
    ({"outcome": "a"}, SurveyError, r"`a` is not an outcome of the survey"),
    ({"drivers": ["a", "bb"]}, SurveyError, r"`bb`.* is not a driver of the survey; it has `a`, `b`, `c`"),
    ({"drivers": ["a", "a"]}, SurveyError, r"`a` stand\(s\) twice among the drivers. Name each driver once"),
    ({"model": "probit"}, InputError, r"model='probit' is not known; choose one of `linear`, `ordinal`, `logit`"),
    ({"engine": "bayesian"}, InputError, r"engine='bayesian' is not known"),
    ({"model": "linear", "link": "logit"}, InputError, r"link='logit' does not go with model='linear'"),
    ({"model": "ordinal", "link": "cloglog"}, InputError, r"choose one of `probit`, `logit`"),
    ({"level": 90}, InputError, r"level=90 is not between 0 and 1; write 0.9 for 90 % intervals"),
    ({"level": 1.0}, InputError, r"level=1.0 is not between 0 and 1"),
    ({"level": float("nan")}, InputError, r"level=nan is not between 0 and 1"),
    ({"draws": 0}, InputError, r"draws=0: at least 1 bootstrap draw is needed; 1,000 is the default"),
    ({"seed": -1}, InputError, r"seed=-1: a seed is a whole number from 0 up"),
    ({"where": {"channel": "fone"}}, InputError, r"`channel` has no answers for `fone` \(did you mean `phone`\?\)"),
    ({"where": {"chanel": "phone"}}, SurveyError, r"`chanel` \(did you mean `channel`\?\) is neither the wave nor a"),
    ({"where": {"a": 3}}, SurveyError, r'To group by it, declare: segments = \["a"\]'),
])
def test_requests_that_cannot_be_met(answers, asked, kind, match):
    with pytest.raises(kind, match=match):
        dr.fit(answers, **({"draws": 5} | asked))


def test_a_bare_table_needs_its_columns_named(table):
    refused(InputError, r"needs both `drivers=\[...\]` and `outcome='...'`", table, outcome="y")
    refused(InputError, r"needs both", table, drivers=["a"])


@pytest.mark.parametrize("model", ["linear", "ordinal", "logit"])
class TestDrivers:
    def test_that_are_copies(self, table, model):
        copied = answers_of(table.assign(d=table["b"] * 2 + 1), items={"d": {"scale": "open"}})
        text = refused(CollinearDriversError, "copies or exact mixes", copied, model=model)
        assert "Drivers `b`, `d` are" in text and "Leave out `d`" in text

    def test_that_are_a_sum_of_two_others(self, table, model):
        summed = answers_of(table.assign(total=table["a"] + table["c"]), items={"total": {"scale": "open"}})
        text = refused(CollinearDriversError, "cannot be told apart", summed, model=model)
        assert "`a`, `c`, `total`" in text and "`b`" not in text and "Leave out one of them" in text

    def test_that_are_constant_in_a_group(self, table, model):
        odd = table.assign(g=np.resize(["x", "y"], 200))
        odd.loc[odd["g"] == "x", "a"] = 3.0
        text = refused(DataError, "what does not vary", answers_of(odd, segments=("g",)), model=model, where={"g": "x"})
        assert "All 100 answers to driver `a` are 3" in text

    def test_that_nobody_in_a_group_answered(self, table, model):
        odd = table.assign(g=np.resize(["x", "y"], 200))
        odd.loc[odd["g"] == "x", "a"] = np.nan
        answers = answers_of(odd, segments=("g",))
        asked = {"model": model, "where": {"g": "x"}}
        refused(DataError, r"Nobody used here answered `a`. Leave it out", answers, **asked)
        if model != "linear":
            text = refused(InputError, "No respondent answered all of", answers, missing="complete", **asked)
            assert "Use missing='impute', model='linear', or leave out the driver" in text

    def test_that_are_more_than_the_answers_carry(self, table, model):
        small = table.iloc[:4].assign(y=[1, 2, 4, 5], a=[1, 2, 3, 5], b=[2, 1, 5, 3], c=[5, 2, 2, 1])
        answers = answers_of(small, items={"y": {"scale": "open"}})
        terms = 6 if model == "ordinal" else 4
        text = refused(TooFewAnswersError, "4 answers to `y`", answers, model=model)
        assert f"cannot carry {terms} terms (3 drivers). Use fewer drivers, or a larger group of respondents" in text


def test_answers_to_ordinal_terms_are_counted_too(table):
    small = ratings(8, 4).assign(y=[1, 2, 3, 4, 5, 5, 4, 3])
    refused(TooFewAnswersError, "8 answers to `y` cannot carry 7 terms", answers_of(small), model="ordinal")


def test_a_pair_nobody_answered_together(table):
    split = table.assign(a=table["a"].mask(table.index < 100), b=table["b"].mask(table.index >= 100))
    refused(TooFewAnswersError, r"Nobody answered both `[ab]` and `[ab]`, so how they go together is unknown",
            answers_of(split))  # fmt: skip


def test_an_outcome_point_that_nobody_used(table):
    without = answers_of(table.assign(y=table["y"].replace(2, 3)))
    text = refused(EmptyCategoryError, "nobody in the 200 complete answers chose 2", without, model="ordinal")
    assert '[items.y] scale = "open"' in text and "model='linear'" in text
    opened = answers_of(table.assign(y=table["y"].replace(2, 3)), items={"y": {"scale": "open"}})
    assert list(dr.fit(opened, model="ordinal", draws=3).categories) == [1, 3, 4, 5]  # the cure works


def test_a_point_used_only_by_respondents_of_weight_zero_is_unused(table):
    weighted = answers_of(table.assign(w=(table["y"] != 2) * 1.0), weight="w")
    refused(EmptyCategoryError, "chose 2", weighted, model="ordinal")


def test_an_outcome_that_is_no_rating(table):
    between = answers_of(table.assign(y=table["y"] - 0.5 * (table["y"] > 4)))
    match = r"lie between the points of its scale \(first: 4.5\), so it is a score"
    refused(InputError, match, between, model="ordinal")
    minutes = answers_of(table.assign(y=np.arange(200.0)), items={"y": {"scale": "open"}})
    text = refused(InputError, "`y` takes 200 different values", minutes, model="ordinal")
    assert "not a rating of at most 20 points. Use model='linear'" in text
    refused(InputError, "`y` has no declared scale, so its top box is not defined", minutes, model="logit")


def test_a_top_box_with_nobody_or_everybody_in_it(table):
    low = answers_of(table.assign(y=np.minimum(table["y"], 3)))
    refused(EmptyCategoryError, "0 of 200 complete answers are 4 or higher", low, model="logit")
    high = answers_of(table.assign(y=np.maximum(table["y"], 4)))
    refused(EmptyCategoryError, "200 of 200 complete answers are 4 or higher", high, model="logit")


@pytest.mark.parametrize(("model", "link"), ORDERED)
class TestSeparation:
    def test_by_one_driver(self, table, model, link):
        items = {"y": {"scale": "open"}}
        separated = answers_of(table.assign(y=(table["b"] > 3) * 1.0), items=items)
        text = refused(SeparationError, "separation", separated, model=model, link=link)
        assert text.startswith("`b` predicts the outcome perfectly somewhere")
        assert "Leave it out if it is the outcome in disguise" in text

    def test_by_two_together(self, table, model, link):
        separated = answers_of(table.assign(y=(table["b"] + table["c"] > 6) * 1.0), items={"y": {"scale": "open"}})
        text = refused(SeparationError, "separation", separated, model=model, link=link)
        assert text.startswith("`b`, `c` predict the outcome")

    def test_by_a_rare_mark(self, table, model, link):
        marked = table.assign(y=(table["y"] > 3) * 1.0, mark=(table.index < 6) * 1.0)
        marked.loc[:5, "y"] = 1.0
        separated = answers_of(marked, items={"y": {"scale": "open"}, "mark": {"scale": "open"}})
        assert "`mark` predicts" in refused(SeparationError, "separation", separated, model=model, link=link)

    def test_is_not_seen_in_a_strong_but_finite_relation(self, table, model, link):
        noise = np.random.default_rng(99).normal(size=200) * 0.9
        strong = answers_of(table.assign(y=(table["b"] + noise > 3) * 1.0), items={"y": {"scale": "open"}})
        assert np.isfinite(dr.fit(strong, model=model, link=link, draws=3).estimate).all()


def test_an_optimum_not_reached_is_no_result(table, monkeypatch):
    from drivers.fit.regression import ordered

    real = ordered.fit_cumulative
    monkeypatch.setattr(ordered, "fit_cumulative", lambda *a: replace(real(*a), converged=False, steps=60))
    refused(ConvergenceError, "was not reached after 60 Newton steps", answers_of(table), model="ordinal")


def failing(share: float):
    """A test of usable draws that fails this share of them."""
    return lambda covs: np.arange(len(covs)) >= share * len(covs)


def test_failed_draws_are_counted_and_warned_of(table, monkeypatch):
    monkeypatch.setattr(linear, "_usable", failing(0.1))
    with pytest.warns(ResampleWarning, match="10 of 100 bootstrap draws could not be fitted; they were left out"):
        fit = dr.fit(answers_of(table), draws=100)
    assert fit.diagnostics["failed_draws"] == 10
    assert fit.draws.slopes.shape == (1, 90, 3)


def test_too_many_failed_draws_refuse_the_fit(table, monkeypatch):
    monkeypatch.setattr(linear, "_usable", failing(MAX_FAILED_DRAWS + 0.005))
    text = refused_draws(table)
    assert text.startswith("21 of 100 bootstrap draws could not be fitted, so intervals must not be trusted")
    monkeypatch.setattr(linear, "_usable", failing(MAX_FAILED_DRAWS))
    with pytest.warns(ResampleWarning, match="20 of 100"):
        dr.fit(answers_of(table), draws=100)


def refused_draws(table: pd.DataFrame) -> str:
    with pytest.raises(FitError) as caught:
        dr.fit(answers_of(table), draws=100)
    assert caught.value.exit_code == 3
    return str(caught.value)


def test_a_clean_fit_warns_of_nothing(answers):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = dr.fit(answers, draws=20)
    assert fit.diagnostics["failed_draws"] == 0
    assert run.LINKS["ordinal"][0] == "probit"


def test_thin_designs_are_told():
    rng = np.random.default_rng(3)
    table = ratings(200, 3).assign(s=rng.integers(0, 2, 200), u=rng.integers(0, 3, 200))
    table.loc[table["s"] == 1, "u"] = 7
    notes = " ".join(dr.fit(answers_of(table, stratum="s", psu="u"), draws=5).notes)
    assert "1 strata hold a single PSU" in notes and "Merge such strata with a neighbour" in notes
    assert "4 PSUs have 2 degrees of freedom, of which 3 slopes leave none" in notes


@pytest.mark.parametrize("drivers", ["value", []])
def test_a_single_name_or_an_empty_list_is_no_list_of_drivers(drivers: object) -> None:
    table = pd.DataFrame({"value": [1, 2, 3, 5], "y": [1, 2, 3, 4]})
    answers = dr.read(table, drivers=["value"], outcome="y")
    with pytest.raises(InputError, match=r"write drivers=\['a', 'b'\]"):
        dr.fit(answers, drivers=drivers)  # type: ignore[arg-type]


def test_importance_is_read_off_a_fit() -> None:
    with pytest.raises(InputError, match=r"dr\.importance\(dr\.fit\(answers\)\)"):
        dr.importance("answers")  # type: ignore[arg-type]
