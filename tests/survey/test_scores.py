"""Scores: numbers R prints, hand cases, laws, and what is said when a number cannot be shown."""

import json

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.defaults import MIN_BASE_CELL
from drivers.errors import DataError, DataWarning, InputError, SurveyError
from drivers.stats.proportions import korn_graubard, nps_adjusted_wald, wilson
from drivers.survey.answers import Answers, Source
from drivers.survey.schema import Survey
from drivers.survey.scores import scores

ROUNDING = 1e-10
NUMBERS = ["estimate", "std_error", "low", "high", "n", "n_eff", "deff"]


def answers(frame, **survey):
    native = frame if isinstance(frame, nw.LazyFrame) else nw.from_native(frame)
    definition = Survey(**{"drivers": ("value",), "outcomes": ("satisfaction",), "scale": (1, 5), **survey})
    return Answers(
        survey=definition, frame=native, source=Source(name="visits", kind="frame"), n_read=0, levels=pd.DataFrame()
    )


def visits(n=400, seed=1):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({
        "satisfaction": rng.integers(1, 6, n), "value": rng.choice([1, 2, 3, 4, 5, 9], n),
        "recommend": rng.integers(0, 11, n), "channel": rng.choice(["store", "phone", "chat"], n),
        "quarter": rng.choice(["2026-Q1", "2026-Q2"], n), "weight": rng.lognormal(0, 0.5, n),
        "stratum": rng.integers(0, 4, n), "psu": rng.integers(0, 8, n),
    })


def one(table, item, measure):
    return table[(table["item"] == item) & (table["measure"] == measure)].iloc[0]


def same_numbers(a, b, tolerance=ROUNDING):
    pd.testing.assert_frame_equal(a[NUMBERS], b[NUMBERS], rtol=tolerance, atol=tolerance)
    assert a["interval"].tolist() == b["interval"].tolist()


def test_airport_means_match_r(shared):
    # R survey 4.1-1: svymean(~overall + food + wifi, svydesign(ids = ~1, weights = ~weight), deff = "replace")
    rows = pd.read_csv(shared / "data" / "sfo_airport_2017.csv")
    items = ["overall", "food", "signs", "walkways", "screens", "wifi", "roads"]
    rows = rows.dropna(subset=[*items, "weight"])
    got = scores(answers(rows[[*items, "weight"]], drivers=items[1:], outcomes=["overall"], weight="weight")).tidy()
    published = {
        "overall": (4.08787142461128, 0.0211167795948806, 1.22572327504578),
        "food": (3.65083176226659, 0.0287993518056234, 1.22010448332696),
        "wifi": (3.96933269998721, 0.0315878672418988, 1.24165381637296),
    }
    for item, (mean, error, deff) in published.items():
        row = one(got, item, "mean")
        assert row["estimate"] == pytest.approx(mean, rel=1e-12)
        assert row["std_error"] == pytest.approx(error, rel=1e-10)
        assert row["deff"] == pytest.approx(deff, rel=1e-8)
        assert row["n_eff"] == pytest.approx(1129.96150407768, rel=1e-10)
        assert (row["n"], row["interval"]) == (1359, "t, linearised")


def test_hand_case_without_weights():
    # NPS: 60 promoters, 25 passives, 15 detractors: 45 points, SE 7.39932, adjusted Wald 29.343 to 58.036 at 95 %
    frame = pd.DataFrame({
        "recommend": [9] * 30 + [10] * 30 + [7] * 25 + [6] * 10 + [0] * 5,
        "satisfaction": [5] * 40 + [4] * 32 + [1] * 28, "value": [3] * 90 + [None] * 10,
    })
    survey = {"outcomes": ["satisfaction", "recommend"], "items": {"recommend": {"scale": [0, 10], "score": "nps"}}}
    got = scores(answers(frame, **survey), level=0.95).tidy()
    nps = one(got, "recommend", "nps")
    np.testing.assert_allclose(nps[["estimate", "std_error"]].astype(float), (45, 7.39932), atol=5e-6)
    np.testing.assert_allclose(nps[["low", "high"]].astype(float), (29.343, 58.036), atol=5e-4)
    assert nps["interval"] == "adjusted Wald"
    top = one(got, "satisfaction", "top2")
    np.testing.assert_allclose(top[["low", "high"]].astype(float), wilson(72, 100, 0.95), rtol=ROUNDING)
    assert (top["estimate"], top["n_eff"], top["deff"], top["interval"]) == (0.72, 100, 1.0, "Wilson")
    mean = one(got, "satisfaction", "mean")
    error = np.std(frame["satisfaction"], ddof=1) / 10
    assert mean["std_error"] == pytest.approx(error, rel=ROUNDING)
    assert mean["high"] - mean["estimate"] == pytest.approx(1.984217 * error, rel=1e-6)  # t(99, .975)
    assert one(got, "value", "mean")["n"] == 90
    assert got["measure"].tolist() == ["top2", "mean", "nps", "mean", "top2", "mean"]
    assert got["role"].tolist() == ["outcome"] * 4 + ["driver"] * 2


def test_weighted_top2_is_korn_graubard_and_nps_uses_the_effective_n():
    frame = visits()
    survey = {"outcomes": ["satisfaction", "recommend"], "items": {"recommend": {"scale": [0, 10], "score": "nps"}}}
    got = scores(answers(frame, weight="weight", **survey)).tidy()
    w, n = frame["weight"].to_numpy(), len(frame)
    top = (frame["satisfaction"] >= 4).to_numpy(float)
    p = w @ top / w.sum()
    variance = n / (n - 1) * (w**2 @ (top - p) ** 2) / w.sum() ** 2
    row = one(got, "satisfaction", "top2")
    expected = korn_graubard(p, p * (1 - p) / variance, 0.90)
    np.testing.assert_allclose(row[["low", "high"]].astype(float), expected, rtol=1e-9)
    assert row["interval"] == "Korn-Graubard"
    z = np.where(frame["recommend"] >= 9, 1.0, np.where(frame["recommend"] <= 6, -1.0, 0.0))
    score = w @ z / w.sum()
    size = (w @ z**2 / w.sum() - score**2) / (n / (n - 1) * (w**2 @ (z - score) ** 2) / w.sum() ** 2)
    pro, con = w @ (z > 0) / w.sum(), w @ (z < 0) / w.sum()
    row = one(got, "recommend", "nps")
    expected = 100 * np.array(nps_adjusted_wald(pro * size, con * size, size, 0.90))
    np.testing.assert_allclose(row[["low", "high"]].astype(float), expected, rtol=1e-9)
    assert row["interval"] == "adjusted Wald, effective n"


@given(factor=st.floats(0.01, 100.0))
def test_rescaled_weights_change_nothing(factor):
    frame = visits(120)
    by = {"weight": "weight", "stratum": "stratum", "psu": "psu", "segments": ["channel"]}
    first = scores(answers(frame, **by), by="channel").tidy()
    second = scores(answers(frame.assign(weight=frame["weight"] * factor), **by), by="channel").tidy()
    same_numbers(first, second, 1e-8)


def test_equal_weights_are_no_weights():
    frame = visits().assign(weight=0.7)
    got = scores(answers(frame, weight="weight"))
    same_numbers(got.tidy(), scores(answers(frame)).tidy())
    assert not got.weighted
    assert "All weights in `weight` are equal" in got.notes[0]


def test_order_of_rows_changes_nothing():
    frame = visits()
    survey = {"weight": "weight", "stratum": "stratum", "psu": "psu"}
    first = scores(answers(frame, **survey), by=("quarter", "channel")).tidy()
    shuffled = scores(answers(frame.sample(frac=1, random_state=3), **survey), by=("quarter", "channel")).tidy()
    same_numbers(first, shuffled)
    assert first[["quarter", "channel"]].equals(shuffled[["quarter", "channel"]])


def test_frequencies_are_repeated_rows():
    rng = np.random.default_rng(5)
    frame = visits(60).assign(times=rng.integers(0, 5, 60))
    repeated = frame.loc[frame.index.repeat(frame["times"])]
    for survey in ({}, {"weight": "weight"}, {"weight": "weight", "stratum": "stratum"}):
        counted = scores(answers(frame, frequency="times", **survey), by="channel").tidy()
        same_numbers(counted, scores(answers(repeated, **survey), by="channel").tidy())


def test_every_engine_gives_the_same():
    frame = visits()
    survey = {"weight": "weight", "segments": ["channel"]}
    first = scores(answers(frame, **survey), by="channel").tidy()
    same_numbers(first, scores(answers(nw.from_native(pl.from_pandas(frame).lazy()), **survey), by="channel").tidy())
    with duckdb.connect() as connection:
        table = nw.from_native(connection.from_df(frame))
        same_numbers(first, scores(answers(table, **survey), by="channel").tidy())


def test_groups_add_up_and_waves_are_found_by_role():
    frame = visits()
    got = scores(answers(frame, wave="quarter"), by="wave")
    assert got.by == ("quarter",)
    whole = one(scores(answers(frame)).tidy(), "satisfaction", "mean")
    parts = got.tidy().query("item == 'satisfaction' and measure == 'mean'")
    assert parts["quarter"].tolist() == ["2026-Q1", "2026-Q2"]
    assert np.average(parts["estimate"], weights=parts["n"]) == pytest.approx(whole["estimate"], rel=ROUNDING)


def test_clusters_widen_intervals_and_lower_the_effective_n():
    rng = np.random.default_rng(8)
    psu = np.repeat(np.arange(30), 20)
    mood = rng.normal(size=30)[psu]
    value = np.clip(np.round(3 + mood + rng.normal(size=600)), 1, 5)
    frame = pd.DataFrame({"satisfaction": value, "value": value, "store": psu})
    plain = one(scores(answers(frame)).tidy(), "satisfaction", "top2")
    clustered = one(scores(answers(frame, psu="store")).tidy(), "satisfaction", "top2")
    assert clustered["estimate"] == plain["estimate"]
    assert clustered["high"] - clustered["low"] > 1.8 * (plain["high"] - plain["low"])
    assert clustered["deff"] > 4
    assert clustered["n_eff"] == pytest.approx(600 / clustered["deff"], rel=ROUNDING)


@pytest.mark.parametrize("survey", [{}, {"weight": "weight"}, {"weight": "weight", "stratum": "h", "psu": "c"}])
@pytest.mark.parametrize("n", [MIN_BASE_CELL + 3, 40])
def test_everyone_at_the_top_still_leaves_doubt(survey, n):
    frame = pd.DataFrame({
        "satisfaction": 5, "value": 5, "recommend": 10, "weight": np.linspace(0.2, 2, n), "h": np.arange(n) % 2,
        "c": np.arange(n),
    })
    items = {"recommend": {"scale": [0, 10], "score": "nps"}}
    got = scores(answers(frame, outcomes=["satisfaction", "recommend"], items=items, **survey)).tidy()
    tops = {"top2": 1.0, "nps": 100.0}
    for row in got.itertuples():
        ceiling = tops.get(row.measure, 5.0 if row.item != "recommend" else 10.0)
        assert row.estimate == row.high == ceiling
        assert row.low < row.estimate - 0.01
    assert got["shown"].all()


def test_small_groups_are_hidden_and_counted():
    frame = visits(60)
    frame.loc[:3, "channel"] = "email"
    got = scores(answers(frame), by="channel")
    small = got.tidy().query("channel == 'email'")
    assert not small["shown"].any()
    assert small[["estimate", "std_error", "low", "high", "n_eff", "deff"]].isna().all().all()
    assert small["n"].isna().all(), "the small number itself tells who they are"
    assert (got.tidy().query("channel != 'email'")["n"] > 4).all()
    assert got.n_hidden == len(small) == 4
    assert "4 of 16 scores are not shown: fewer than 5 answers." in got.notes
    assert "not shown" in got.summary()


def test_groups_without_weight_or_answers_are_named_for_what_they_are():
    frame = visits(60).assign(channel=["store"] * 40 + ["phone"] * 20)
    frame.loc[frame["channel"] == "phone", "weight"] = 0.0
    frame.loc[frame["channel"] == "phone", "value"] = np.nan
    got = scores(answers(frame, weight="weight"), by="channel")
    assert "2 of 8 scores are not shown: fewer than 5 answers." in got.notes
    assert "2 of 8 scores are not shown: all their answers have a weight of zero." in got.notes
    assert "no answers" in got.summary() and "not shown" in got.summary()


def test_missing_group_labels_are_a_group():
    frame = visits(80)
    frame.loc[:29, "channel"] = None
    got = scores(answers(frame), by="channel")
    blank = got.tidy()[got.tidy()["channel"].isna()]
    assert (blank["n"] > 0).all() and len(blank) == 4
    assert "(blank)" in got.summary()


def test_open_scales_have_a_mean_only_and_two_points_no_top_two():
    frame = visits(50).assign(minutes=np.arange(50) / 4, again=np.arange(50) % 2)
    items = {"minutes": {"scale": "open", "direction": "lower"}, "again": {"scale": [0, 1]}}
    got = scores(answers(frame, drivers=["minutes", "again"], items=items)).tidy().query("role == 'driver'")
    assert got["measure"].tolist() == ["mean", "mean"]
    assert one(got, "minutes", "mean")["estimate"] == pytest.approx(np.arange(50).mean() / 4)


def test_customer_effort_needs_its_direction():
    frame = visits(50).assign(effort=[1] * 30 + [5] * 20)
    with pytest.raises(SurveyError, match=r'`effort` has score = "ces" but no direction.*\[items\.effort\]'):
        scores(answers(frame, drivers=["effort"], items={"effort": {"score": "ces"}}))
    turned = scores(answers(frame, drivers=["effort"], items={"effort": {"score": "ces", "direction": "lower"}}))
    assert one(turned.tidy(), "effort", "ces")["estimate"] == pytest.approx((30 * 5 + 20 * 1) / 50)
    assert one(turned.tidy(), "effort", "top2")["estimate"] == pytest.approx(0.6)
    assert "Lower answers are better for effort" in turned.notes[0]


def test_lonely_strata_are_counted_in_a_warning():
    frame = pd.concat([visits(50).assign(stratum="a"), visits(1).assign(stratum="b")])
    with pytest.warns(DataWarning, match="1 strata of `stratum` have a single sampling unit.*Merge"):
        got = scores(answers(frame, stratum="stratum"))
    assert "1 strata of `stratum`" in got.notes[-1]


def test_one_sampling_unit_gives_no_interval_rather_than_a_false_one():
    got = scores(answers(visits(40).assign(store=1), psu="store"))
    table = got.tidy()
    assert table["shown"].all() and table["estimate"].notna().all()
    assert table[["low", "high", "std_error"]].isna().all().all()
    assert (table["interval"] == "not estimable").all()
    assert "have no interval" in got.notes[-1]


def test_what_cannot_be_grouped_is_refused():
    frame = visits(40)
    with pytest.raises(DataError, match=r"1 column\(s\) not in visits: `chanel` \(did you mean `channel`\?\)"):
        scores(answers(frame), by="chanel")
    with pytest.raises(InputError, match=r"1 grouping column.*`measure`"):
        scores(answers(frame.rename(columns={"channel": "measure"})), by="measure")
    with pytest.raises(InputError, match="`level` is 90"):
        scores(answers(frame), level=90)


def test_summary_reads_well():
    frame = pd.DataFrame({
        "satisfaction": [5] * 40 + [4] * 32 + [1] * 28, "value": [3] * 60 + [4] * 40,
        "recommend": [9] * 60 + [7] * 25 + [2] * 15,
    })
    text = scores(answers(
        frame, title="Store visits", outcomes=["satisfaction", "recommend"],
        items={"recommend": {"scale": [0, 10], "score": "nps"}, "satisfaction": {"label": "Overall satisfaction"}},
    ), level=0.95).summary()
    lines = text.splitlines()
    assert lines[0] == "Scores: Store visits"
    assert lines[2].split() == ["Item", "Score", "Value", "95%", "interval", "n", "effective", "n", "deff"]
    assert " ".join(lines[3].split()) == "Overall satisfaction top 2 box 72.0 % 62.5 to 79.9 % 100 100 1.00"
    assert " ".join(lines[5].split()) == "recommend NPS +45.0 +29.3 to +58.0 100 100 1.00"
    assert "NPS: per cent answering 9 or 10 less per cent answering 0 to 6" in text
    assert "top 2 box: Wilson" in text
    assert max(map(len, lines)) <= 120


def test_to_dict_is_json_and_hides_what_is_hidden():
    frame = visits(60)
    frame.loc[:2, "channel"] = "email"
    made = scores(answers(frame), by="channel").to_dict()
    again = json.loads(json.dumps(made, allow_nan=False))
    assert again == made
    hidden = [row for row in made["scores"] if row["channel"] == "email"]
    assert hidden[0]["estimate"] is None and hidden[0]["shown"] is False
    assert all(row["n"] is None for row in hidden)
    assert made["by"] == ["channel"] and made["n_hidden"] == 4


def test_tidy_hands_out_a_copy():
    got = scores(answers(visits(40)))
    table = got.tidy()
    table["estimate"] = 0.0
    assert (got.tidy()["estimate"] != 0).all()


def test_plot_returns_the_axes_it_was_given():
    import matplotlib.pyplot as plt

    got = scores(answers(visits(), wave="quarter"), by="wave")
    figure, ax = plt.subplots()
    assert got.plot(ax) is ax
    plt.close(figure)


def test_a_group_whose_weight_one_person_holds_is_hidden():
    """Shown, its score were that person's answer."""
    frame = visits(200).assign(weight=1.0, channel=["store"] * 100 + ["phone"] * 100)
    frame.loc[5, ["weight", "value"]] = 1e6, 4
    got = scores(answers(frame, weight="weight"), by="channel")
    table = got.tidy()
    assert not table.query("channel == 'store'")["shown"].any()
    assert table.query("channel == 'store'")[["estimate", "low", "high"]].isna().all().all()
    assert table.query("channel == 'phone'")["shown"].all()
    assert any("4 of 8 scores are not shown: few people hold most of the weight" in note for note in got.notes)
    assert not any("weight of zero" in note for note in got.notes)
