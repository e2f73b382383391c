"""Slopes by group: each the fit of its own group; small and impossible groups held back, counted, with the reason."""

import warnings

import numpy as np
import pytest

import drivers as dr
from drivers.defaults import MIN_BASE_MODEL
from drivers.errors import SmallBaseWarning, SurveyError
from tests.cells.made import answers_of, ratings


def grouped(sizes: dict[str, int], seed: int = 1):
    table = ratings(sum(sizes.values()), seed)
    return table.assign(g=np.repeat(list(sizes), list(sizes.values())))


@pytest.mark.parametrize("model", ["linear", "ordinal"])
def test_a_group_has_the_slopes_of_its_own_fit(model):
    table = grouped({"x": 150, "y": 200})
    found = dr.slopes_by(answers_of(table, segments=("g",)), by="g", model=model).tidy()
    assert list(found["segment"].unique()) == ["x", "y"] and found["shown"].all()
    for group, rows in found.groupby("segment"):
        alone = dr.fit(answers_of(table[table["g"] == group].drop(columns="g")), model=model, draws=3).tidy()
        np.testing.assert_allclose(rows["slope"], alone["estimate"][:3], atol=1e-9)
        np.testing.assert_allclose(rows[["low", "high"]], alone[["low", "high"]][:3], atol=1e-9)
        assert set(rows["n"]) == {150 if group == "x" else 200}


def test_a_group_of_three_is_shown_without_slopes_and_with_the_reason():
    table = grouped({"big": 100, "tiny": 3, "enough": MIN_BASE_MODEL})
    with pytest.warns(SmallBaseWarning, match=r"1 group\(s\) of `g` held back: tiny: fewer than 5 answers; a model of"):
        found = dr.slopes_by(answers_of(table, segments=("g",)), by="g")
    tidy = found.tidy().set_index(["segment", "driver"])
    assert set(tidy.columns) == {"segment_column", "label", "slope", "low", "high", "n", "n_eff", "shown"}
    tiny = tidy.loc["tiny"]
    assert not tiny["shown"].any() and tiny[["slope", "low", "high"]].isna().all().all() and (tiny["n"] == 3).all()
    assert tidy.loc[["big", "enough"], "shown"].all()
    assert found.held_back == {"tiny": "fewer than 5 answers; a model of its own needs 25."}
    assert "tiny (n<5)" in found.summary() and "tiny: fewer than 5 answers" in found.summary()


def test_a_group_that_cannot_carry_the_model_says_why():
    table = grouped({"x": 60, "y": 60})
    table.loc[table["g"] == "y", "a"] = 4.0
    with pytest.warns(SmallBaseWarning, match="All 60 answers to driver `a` are 4"):
        found = dr.slopes_by(answers_of(table, segments=("g",)), by="g")
    assert set(found.tidy().query("not shown")["segment"]) == {"y"}


def test_respondents_without_a_group_are_counted():
    table = grouped({"x": 60, "y": 60})
    table.loc[:6, "g"] = None
    with pytest.warns(SmallBaseWarning, match=r"\(no answer\): 7 respondents without a g"):
        found = dr.slopes_by(answers_of(table, segments=("g",)), by="g").tidy()
    assert found.drop_duplicates("segment")["n"].tolist() == [53, 60]


def test_numbers_work_as_groups():
    table = grouped({"x": 60, "y": 60}).assign(year=lambda t: np.where(t["g"] == "x", 2017.0, 2018.0)).drop(columns="g")
    answers = answers_of(table, wave="year")
    found = dr.slopes_by(answers, by="year").tidy()
    assert found["shown"].all() and found["segment"].nunique() == 2
    for year in (2017, "2017", 2017.0):
        assert dr.fit(answers, draws=3, where={"year": year}).n == 60


def test_an_undeclared_group_is_refused():
    with pytest.raises(SurveyError, match=r'To group by it, declare: segments = \["region"\]'):
        dr.slopes_by(answers_of(ratings(50, 1)), by="region")


def test_weights_and_design_reach_every_group():
    rng = np.random.default_rng(5)
    table = grouped({"x": 200, "y": 200}).assign(w=rng.lognormal(0, 0.5, 400), s=rng.integers(0, 2, 400))
    answers = answers_of(table, segments=("g",), weight="w", stratum="s")
    found = dr.slopes_by(answers, by="g").tidy().query("segment == 'x'")
    alone = dr.fit(answers, draws=3, where={"g": "x"})
    np.testing.assert_allclose(found["high"], alone.tidy()["high"][:3])
    assert found["n_eff"].iloc[0] == pytest.approx(alone.n_eff)
    assert alone.n_eff < 190


def test_one_draw_that_fails_does_not_hold_a_group_back_and_many_do():
    """Thirty incomplete answers: with four drivers a draw in fifty cannot be fitted, with eight nearly half."""
    rng = np.random.default_rng(6)

    def incomplete(drivers: int):
        table = ratings(30 * 12, 6, slopes=[0.3] * drivers)
        items = [column for column in table if column != "y"]
        holes = rng.random((len(table), drivers)) < 0.15
        table[items] = table[items].mask(holes)
        return answers_of(table.assign(site=np.repeat(np.arange(12), 30)), segments=("site",))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SmallBaseWarning)
        few = dr.slopes_by(incomplete(4), by="site")
    assert few.tidy()["shown"].mean() > 0.8  # with one draw per group, every failure would hold one back
    with pytest.warns(SmallBaseWarning, match="bootstrap draws could not be fitted"):
        many = dr.slopes_by(incomplete(8), by="site")
    assert any("fewer than these 8 drivers" in reason for reason in many.held_back.values())
