"""`dr.change`: the numbers are those of each wave, panels count, and what cannot be compared is said."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.errors import InputError, SmallBaseWarning, SurveyError
from tests.cells.made import answers_of, ratings

SAME = {"rtol": 1e-7, "atol": 1e-9}  # EM stops at 1e-9 standard deviations


def waves(count: int = 4, n: int = 150, seed: int = 3, **roles: object):
    """Return answers of quarters from 2025-Q1 on, two channels, nothing changing."""
    tables = [
        ratings(n, seed + k).assign(q=f"{2025 + k // 4}-Q{k % 4 + 1}", g=np.where(np.arange(n) % 3 == 0, "web", "shop"))
        for k in range(count)
    ]
    return pd.concat(tables, ignore_index=True), {"wave": "q", "segments": ("g",), **roles}


@pytest.fixture(scope="module")
def stable():
    table, roles = waves(5)
    return answers_of(table, **roles)


@pytest.fixture(scope="module")
def found(stable):
    return dr.change(stable)


def heavy():
    """Answers of two waves with unequal weights, some of them missing."""
    table, roles = waves(2)
    rng = np.random.default_rng(9)
    table["w"] = np.exp(0.8 * rng.normal(size=len(table)))
    table.loc[rng.random(len(table)) < 0.1, "b"] = np.nan
    return answers_of(table, weight="w", **roles)


def test_slopes_errors_and_intervals_are_those_of_each_waves_own_fit(stable, found):
    for answers, moved, wave in ((stable, found, "2025-Q1"), (stable, found, "2026-Q1"),
                                 (heavy(), dr.change(heavy(), mix=()), "2025-Q2")):  # fmt: skip
        alone = dr.fit(answers, where={"q": wave}, draws=2)
        mine = moved.by_wave[(moved.by_wave["kind"] == "slope") & (moved.by_wave["wave"] == wave)]
        for column in ("estimate", "low", "high"):
            np.testing.assert_allclose(mine[column], alone.tidy()[column][:3], **SAME)
        error = alone.tidy()["robust_se"][:3] * np.sqrt(alone.small_sample.robust)
        np.testing.assert_allclose(mine["std_error"], error, **SAME)


def test_scores_are_those_of_scores(stable, found):
    mine = found.by_wave[found.by_wave["kind"] == "score"].reset_index(drop=True)
    table = dr.scores(stable, "q").tidy()
    table = table[(table["item"] == "y") & (table["measure"] == "top2")].reset_index(drop=True)
    for column in ("estimate", "low", "high", "n"):
        np.testing.assert_allclose(mine[column], table[column], **SAME)


def test_independent_waves_differ_with_the_sum_of_their_variances(found):
    by_wave = found.by_wave.set_index(["kind", "item", "wave"])
    for row in found.tidy().itertuples():
        error = by_wave["std_error"][row.kind, row.item]
        assert row.std_error == pytest.approx(np.hypot(error[found.focus], error[row.wave]), rel=1e-12)
        assert row.change == pytest.approx(row.after - row.before, abs=1e-12)
        assert row.p_up + row.p_down <= 1 + 1e-9


def test_it_compares_with_the_wave_before_and_with_a_year_ago(found):
    assert dict(found.against) == {"previous": "2025-Q4", "year_ago": "2025-Q1"}
    assert any("too few to tell seasons" in note for note in found.notes)
    assert not found.seasonal


@pytest.mark.parametrize("gaps", [False, True])
def test_the_waterfall_adds_up_to_the_change_of_the_mean(gaps):
    table, roles = waves(2, n=200, seed=9)
    table["w"] = np.random.default_rng(1).uniform(0.5, 2, len(table))
    if gaps:
        rng = np.random.default_rng(2)
        for column in ("a", "b", "y"):
            table.loc[rng.random(len(table)) < 0.15, column] = np.nan
    fall = dr.change(answers_of(table, weight="w", **roles)).why["previous"]
    said = table.dropna(subset=["y"])
    means = [np.average(part["y"], weights=part["w"]) for _, part in said.groupby("q")]
    parts = fall.tidy()
    whole = parts[(parts["driver"] == "") & (parts["part"] != "change")]["estimate"].sum()
    assert fall.change == pytest.approx(means[1] - means[0], abs=1e-7)
    assert whole == pytest.approx(fall.change, abs=1e-9)
    for part in ("performance", "sensitivity"):
        rows = parts[parts["part"] == part].set_index("driver")["estimate"]
        assert rows.drop("").sum() == pytest.approx(rows[""], abs=1e-9)


def test_parts_of_shares_add_up_and_shares_are_those_of_importance(stable, found):
    moved = found.shares["previous"].tidy()
    np.testing.assert_allclose(moved[["spread", "slope", "noise"]].sum(axis=1), moved["change"], atol=1e-12)
    alone = dr.importance(dr.fit(stable, where={"q": "2026-Q1"}, draws=2)).tidy()
    np.testing.assert_allclose(moved["after"], alone["share"], **SAME)


def test_other_people_are_the_mix_and_no_flag():
    """One channel is happier; it grows from a third to most. Ratings inside channels, slopes and levels stay."""
    tables = []
    for k in range(8):
        table = ratings(900, 40 + k)
        web = np.random.default_rng(k).random(900) < (0.75 if k == 7 else 0.33)
        table[["a", "b", "c"]] = np.clip(table[["a", "b", "c"]] + web[:, None] * 1.0, 1, 5)
        table["y"] = np.clip(np.round(table["y"] + 0.8 * web), 1, 5)
        tables.append(table.assign(q=f"{2024 + k // 4}-Q{k % 4 + 1}", g=np.where(web, "web", "shop")))
    answers = answers_of(pd.concat(tables, ignore_index=True), wave="q", segments=("g",))
    moved = dr.change(answers)
    fall = moved.why["previous"]
    mix = fall.part("mix")
    assert mix["low"] > 0.15
    assert mix["estimate"] > 0.7 * fall.change
    assert abs(fall.part("performance")["estimate"]) < 0.1
    assert not moved.flags["kind"].eq("slope").any()


def test_a_panel_makes_changes_surer_and_is_counted():
    first = ratings(300, 5)
    again = first.copy()
    rng = np.random.default_rng(6)
    changed = rng.random(300) < 0.2
    again.loc[changed, ["a", "b", "c", "y"]] = ratings(300, 7).loc[changed, ["a", "b", "c", "y"]].to_numpy()
    table = pd.concat([first.assign(q="2025-Q1"), again.assign(q="2025-Q2")], ignore_index=True)
    ids = {"panel": np.tile(np.arange(300), 2), "fresh": np.arange(600)}
    found = {name: dr.change(answers_of(table.assign(i=i), wave="q", id="i")) for name, i in ids.items()}
    score = {name: change.tidy().iloc[0] for name, change in found.items()}
    # all 300 answer twice and four fifths say the same again: the difference varies as those who changed do
    moved = (again["y"] >= 4).to_numpy(float) - (first["y"] >= 4).to_numpy(float)
    assert score["panel"]["std_error"] == pytest.approx(moved.std(ddof=1) / np.sqrt(300), rel=0.01)
    assert score["panel"]["std_error"] < 0.6 * score["fresh"]["std_error"]
    assert found["panel"].overlap == {"2025-Q2 and 2025-Q1": 300}
    assert any("300 respondents answered in more than one wave" in note for note in found["panel"].notes)
    assert found["fresh"].overlap == {}
    slopes = {name: c.table[c.table["kind"] == "slope"]["std_error"] for name, c in found.items()}
    assert (slopes["panel"] < slopes["fresh"]).all()


def test_one_wave_is_refused_with_the_cure():
    table, roles = waves(1)
    with pytest.raises(InputError, match=r"single wave \(`2025-Q1`\); a change needs two. Add the answers"):
        dr.change(answers_of(table, **roles))


def test_waves_whose_order_nobody_knows_are_refused_and_can_be_told():
    table, roles = waves(3)
    table["q"] = table["q"].map({"2025-Q1": "spring", "2025-Q2": "summer", "2025-Q3": "autumn"})
    answers = answers_of(table, **roles)
    with pytest.raises(InputError, match=r"do not tell their order in time.*--order"):
        dr.change(answers)
    told = dr.change(answers, order=["spring", "summer", "autumn"])
    assert told.focus == "autumn" and told.against["previous"] == "summer"
    with pytest.raises(InputError, match="leaves out `summer`"):
        dr.change(answers, order=["spring", "autumn"])


def test_a_wave_of_three_is_hidden_and_says_why():
    table, roles = waves(4)
    table = pd.concat([table[table["q"] != "2025-Q4"], table[table["q"] == "2025-Q4"].head(3)])
    found = dr.change(answers_of(table, **roles))
    last = found.by_wave[found.by_wave["wave"] == "2025-Q4"]
    assert not last["shown"].any() and last[["estimate", "low", "high"]].isna().all().all()
    assert set(last["why"]) == {"base under 5", "base under 25"} or any("No slopes" in note for note in found.notes)
    assert found.tidy()["change"].isna().all() and not found.tidy()["flag"].any()
    json.dumps(found.to_dict(), allow_nan=False)


def test_a_driver_that_a_wave_did_not_ask_is_said_and_not_compared():
    table, roles = waves(4)
    table.loc[table["q"] == "2025-Q3", "c"] = np.nan
    found = dr.change(answers_of(table, **roles))
    assert dict(found.not_asked) == {"c": ("2025-Q3",)}
    assert any(note == "c: not asked in 2025-Q3, so no slope of it is compared." for note in found.notes)
    assert set(found.table[found.table["kind"] == "slope"]["item"]) == {"a", "b"}
    table.loc[table.index[table["q"] == "2025-Q3"][:3], "c"] = 3
    few = dr.change(answers_of(table, **roles))
    assert "c: answered by fewer than 5 people in 2025-Q3, so no slope of it is compared." in few.notes
    earlier = answers_of(table.assign(c=table["c"].where(table["q"] != "2025-Q1", np.nan).fillna(3 * (
        table["q"] == "2025-Q3").replace(False, np.nan).astype(float))), **roles)  # fmt: skip
    assert "c" in dr.change(earlier, against="2025-Q2").not_asked


def test_an_outcome_asked_in_some_waves_is_compared_where_it_can_be():
    table, _ = waves(4)
    table["r"] = np.where(table["q"].isin(["2025-Q3", "2025-Q4"]), table["y"] * 2, np.nan)
    survey = dr.Survey(drivers=("a", "b", "c"), outcomes=("y", "r"), scale=(1, 5), wave="q", segments=("g",),
                       items={"r": {"scale": (0, 10), "score": "nps"}})  # fmt: skip
    found = dr.change(dr.read(table, survey))
    row = found.tidy().set_index(["item", "against"]).loc[("r", "previous")]
    assert np.isfinite(row["change"]) and np.isfinite(row["p_value"])
    by_wave = found.by_wave[found.by_wave["item"] == "r"].set_index("wave")
    assert by_wave.loc["2025-Q1", "why"] == "not asked" and not by_wave.loc["2025-Q1", "shown"]


def test_bases_go_up_freely_and_down_with_a_warning(stable):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        high = dr.change(stable, min_model=160)
    assert high.by_wave[high.by_wave["kind"] == "slope"]["estimate"].isna().all()
    assert set(high.by_wave[high.by_wave["kind"] == "slope"]["why"]) == {"base under 160"}
    with pytest.warns(SmallBaseWarning, match="min_cell=2 is below the default of 5: numbers may give single people"):
        dr.change(stable, min_cell=2)


def test_requests_that_cannot_be_met_name_what_there_is(stable):
    table, _ = waves(2)
    with pytest.raises(SurveyError, match=r'declares no wave column.*wave = "\.\.\."'):
        dr.change(answers_of(table.drop(columns=["q", "g"])))
    with pytest.raises(InputError, match=r"No answers for wave `2025-Q9` \(did you mean `2025-Q"):
        dr.change(stable, wave="2025-Q9")
    with pytest.raises(InputError, match="is not a wave before 2026-Q1; choose `previous`, `year_ago` or one of"):
        dr.change(stable, against="2019-Q1")
    with pytest.raises(InputError, match="2025-Q1 is the first wave"):
        dr.change(stable, wave="2025-Q1")
    with pytest.raises(InputError, match="No wave lies a year before 2025-Q3"):
        dr.change(stable, wave="2025-Q3", against="year_ago")
    with pytest.raises(SurveyError, match="`z` is not a driver"):
        dr.change(stable, drivers=["z"])


def test_the_same_seed_gives_the_same_result_and_it_is_json(stable, found):
    again = dr.change(stable)
    assert json.dumps(again.to_dict(), allow_nan=False) == json.dumps(found.to_dict(), allow_nan=False)
    text = found.summary()
    assert "Against the wave before (2025-Q4)" in text and "Why the mean moved" in text


def test_years_are_a_year_apart_and_waves_that_did_not_ask_are_spans():
    table, _ = waves(6)
    table["year"] = 2013 + table["q"].map({name: k for k, name in enumerate(sorted(table["q"].unique()))})
    table["r"] = np.where(table["year"] >= 2017, table["y"] * 2, np.nan)
    table.loc[table["year"].isin([2013, 2015]), "c"] = np.nan
    survey = dr.Survey(drivers=("a", "b", "c"), outcomes=("y", "r"), scale=(1, 5), wave="year",
                       items={"r": {"scale": (0, 10), "score": "nps"}})  # fmt: skip
    found = dr.change(dr.read(table, survey))
    assert dict(found.against) == {"previous": "2017"} and not found.seasonal
    assert "r: not asked in 2013 to 2016." in found.notes and "c: not asked in 2013, 2015." in found.notes
    assert not any("year ago" in note or "season" in note for note in found.notes)
