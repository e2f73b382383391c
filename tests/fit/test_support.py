"""What a fit must rest on: sampling units, effective answers, and more than a few respondents behind each slope."""

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.errors import CollinearDriversError, TooFewAnswersError
from tests.cells.made import answers_of, ratings

OPEN = {"scale": "open"}


@pytest.fixture
def table() -> pd.DataFrame:
    return ratings(500, 12)


def refused(match: str, answers, kind=TooFewAnswersError, **asked) -> str:
    with pytest.raises(kind, match=match) as caught:
        dr.fit(answers, **({"draws": 20} | asked))
    assert caught.value.exit_code == 2
    return str(caught.value)


class TestDesign:
    def test_one_psu_per_stratum_shows_no_variation(self, table):
        strata = table.assign(s=np.arange(500) % 4, u=np.arange(500) % 4)
        text = refused("`u`: 4 PSUs in 4 strata of `s` leave 0 degrees", answers_of(strata, stratum="s", psu="u"))
        assert "Declare fewer strata or merge them until each holds two PSUs; or take out `psu`" in text

    def test_one_psu_in_all_shows_none_either(self, table):
        text = refused("`u`: 1 PSUs leave 0 degrees of freedom", answers_of(table.assign(u=1), psu="u"))
        assert "strata" not in text and "Take out `psu`" in text

    def test_one_respondent_per_stratum(self, table):
        refused("500 respondents in 500 strata of `s` leave 0", answers_of(table.assign(s=range(500)), stratum="s"))

    def test_a_group_inside_one_psu(self, table):
        grouped = table.assign(u=np.arange(500) // 50, g=np.where(np.arange(500) < 50, "x", "y"))
        answers = answers_of(grouped, psu="u", segments=("g",))
        refused("all answers used here come from one of 10 PSUs", answers, where={"g": "x"})
        assert dr.fit(answers, where={"g": "y"}, draws=5).n == 450

    @pytest.mark.parametrize("model", ["linear", "ordinal"])
    def test_draws_spread_like_linearised_errors_where_most_strata_are_lonely(self, table, model):
        """35 of 40 strata hold one PSU: held certain, draws would know only what the other five tell."""
        psu = np.arange(500) % 60
        strata = np.where(psu < 35, psu, 35 + (psu - 35) // 5)
        fit = dr.fit(answers_of(table.assign(u=psu, s=strata), stratum="s", psu="u"), model=model, draws=800)
        assert any("35 strata hold a single PSU" in note for note in fit.notes)
        ratio = fit.draws.slopes[0].std(axis=0) / np.sqrt(np.diag(fit.robust_cov))[:3]
        assert (ratio > 0.9).all() and (ratio < 1.4).all()

    def test_draws_know_lonely_respondents_too(self, table):
        strata = table.assign(s=np.maximum(np.arange(500) - 100, 0))
        fit = dr.fit(answers_of(strata, stratum="s"), draws=800)
        ratio = fit.draws.slopes[0].std(axis=0) / np.sqrt(np.diag(fit.robust_cov))[:3]
        assert (ratio > 0.9).all() and (ratio < 1.2).all()


@pytest.mark.parametrize("model", ["linear", "ordinal"])
class TestWeights:
    def test_one_that_outweighs_all_others(self, table, model):
        heavy = answers_of(table.assign(w=np.where(np.arange(500) == 3, 1e6, 1.0)), weight="w")
        text = refused("500 answers to `y` count like 1.0 of one weight", heavy, model=model)
        assert "the largest weight holds 100% of all weight" in text and "trim the weights" in text

    def test_that_leave_few_effective_answers_are_told(self, table, model):
        uneven = answers_of(table.assign(w=np.where(np.arange(500) < 15, 400.0, 1.0)), weight="w")
        notes = " ".join(dr.fit(uneven, model=model, draws=20).notes)
        assert "Weights leave 5.8 effective answers per slope (18 of 500 answers; the largest weight holds 6%" in notes

    def test_that_are_even_are_not(self, table, model):
        even = answers_of(table.assign(w=np.random.default_rng(1).uniform(0.5, 2, 500)), weight="w")
        assert not any("effective answers per slope" in note for note in dr.fit(even, model=model, draws=5).notes)


@pytest.mark.parametrize("model", ["linear", "ordinal"])
class TestSlopes:
    def test_on_one_person(self, table, model):
        odd = answers_of(table.assign(b=np.where(np.arange(500) == 7, 4, 3)))
        text = refused("The slope of `b` rests on 1 respondent ", odd, model=model)
        assert "Check that answer; leave `b` out" in text

    def test_on_the_only_difference_between_two_drivers(self, table, model):
        twin = table["a"].where(np.arange(500) != 7, 6 - table["a"] + (table["a"] == 3))
        refused(r"The slope of `[ad]` rests on 1 respondent ", answers_of(table.assign(d=twin)), model=model)

    def test_on_a_wild_answer_to_an_open_question(self, table, model):
        pay = np.random.default_rng(3).normal(5e4, 9e3, 500)
        pay[9] = 987654321
        text = refused("`pay` rests on 1", answers_of(table.assign(pay=pay), items={"pay": OPEN}), model=model)
        assert "9.87654e+08" in text

    def test_on_one_person_where_others_left_gaps(self, table, model):
        gaps = table.mask(np.random.default_rng(5).random(table.shape) < 0.3)
        gaps["y"] = table["y"]
        gaps["b"] = np.where(np.arange(500) == 7, 4.0, np.where(gaps["b"].isna(), np.nan, 3.0))
        refused("The slope of `b` rests on 1 respondent ", answers_of(gaps), model=model)

    def test_on_six_people_stand(self, table, model):
        rare = table.assign(mark=np.isin(np.arange(500), [3, 80, 150, 220, 310, 444]) * 1.0)
        assert dr.fit(answers_of(rare, items={"mark": OPEN}), model=model, draws=5, missing="complete").n == 500


class TestOutcome:
    def test_made_of_its_drivers(self, table):
        made = table.assign(y=table["a"] * 0.5 + table["c"] * 0.25)
        text = refused("Drivers reproduce `y` exactly", answers_of(made, items={"y": OPEN}), CollinearDriversError)
        assert "(R2 = 1)" in text and "made of `a`, `c`." in text

    def test_made_of_them_with_gaps(self, table):
        made = table.assign(y=table["a"] * 0.5 + table["c"] * 0.25)
        made.loc[:60, "a"] = np.nan
        refused("Drivers reproduce `y` exactly", answers_of(made, items={"y": OPEN}), CollinearDriversError)


class TestAnswered:
    def test_by_hardly_anybody_is_told(self, table):
        rare = answers_of(table.assign(b=table["b"].where(np.arange(500) < 20)))
        notes = " ".join(dr.fit(rare, model="ordinal", draws=20).notes)
        assert "Fewer than 25 answers to `b` (20 of 500)" in notes

    def test_by_four_is_refused(self, table):
        rare = answers_of(table.assign(b=[1, 5, 3, 2, *[np.nan] * 496]))
        refused("Driver `b` has 4 answers among 500 respondents, fewer than the 5", rare, model="ordinal")
