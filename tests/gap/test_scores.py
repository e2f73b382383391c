"""Gap scores: by hand, under a design, and hidden where few people stand behind them."""

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.errors import SurveyError
from drivers.stats.difference_score import difference_reliability
from tests.gap.made import answers, survey, table

ROUNDING = 1e-12
HAND = pd.DataFrame({
    "a": [1, 2, 3, 4, 5, 5, 4, 3], "ea": [3, 3, 3, 4, 4, 5, 5, 5], "y": [1, 2, 3, 4, 5, 5, 3, 3],
    "la": [2, 2, 3, 3, 3, 4, 4, 4], "channel": list("uuuuvvvv"),
})  # fmt: skip


def by_hand(**changes):
    given = {"drivers": ("a",), "outcomes": ("y",), "scale": (1, 5), "expectations": {"a": "ea"}}
    given["segments"] = ("channel",)
    return dr.read(HAND, dr.Survey(**{**given, **changes}))


def test_one_pair_by_hand():
    row = dr.gap_scores(by_hand()).tidy().iloc[0]
    gap = (HAND["a"] - HAND["ea"]).to_numpy()
    assert row["gap"] == pytest.approx(gap.mean(), abs=ROUNDING)
    assert row["std_error"] == pytest.approx(gap.std(ddof=1) / np.sqrt(8), abs=ROUNDING)  # cov(P, E) is in it
    assert (row["perceived"], row["expected"]) == (HAND["a"].mean(), HAND["ea"].mean())
    assert [row[k] for k in ("below", "at", "above")] == [np.mean(gap < 0), np.mean(gap == 0), np.mean(gap > 0)]
    assert row["correlation"] == pytest.approx(np.corrcoef(HAND["a"], HAND["ea"])[0, 1], abs=ROUNDING)


def test_the_zone_of_tolerance_by_hand():
    zone = dr.gap_scores(by_hand(adequate={"a": "la"})).zones().iloc[0]
    got, least, wanted = HAND["a"], HAND["la"], HAND["ea"]
    assert zone["below"] == np.mean(got < least)
    assert zone["inside"] == np.mean((got >= least) & (got < wanted))
    assert zone["desired"] == np.mean(got >= wanted)


def test_groups_too_small_are_not_shown():
    rows = dr.gap_scores(by_hand(), by="channel").tidy()
    assert not rows["shown"].any()
    assert rows["gap"].isna().all()
    assert rows["n"].tolist() == [4, 4]


def test_overall_is_the_mean_of_its_rows_with_their_covariance():
    frame = table()
    rows = dr.gap_scores(answers(frame)).tidy()
    drivers, overall = rows[rows["kind"] == "driver"], rows[rows["kind"] == "overall"].iloc[0]
    gaps = frame[["a", "b", "c"]].to_numpy() - frame[["ea", "eb", "ec"]].to_numpy()
    person = gaps.mean(axis=1)
    assert overall["gap"] == pytest.approx(drivers["gap"].mean(), abs=ROUNDING)
    assert overall["std_error"] == pytest.approx(person.std(ddof=1) / np.sqrt(len(person)), rel=1e-9)


def test_weights_and_strata_go_into_the_interval_like_into_a_mean_of_differences():
    frame = table()
    plan = {"weight": "w", "stratum": "stratum"}
    row = dr.gap_scores(answers(frame, **plan)).tidy().iloc[0]
    direct = dr.read(
        frame.assign(d=frame["a"] - frame["ea"] + 5), dr.Survey(
            drivers=("b",), outcomes=("d",), scale=(1, 9), items={"d": {"score": "mean"}}, **plan,
        ),
    )  # fmt: skip
    mean = dr.scores(direct).tidy().iloc[0]
    assert row["gap"] == pytest.approx(mean["estimate"] - 5, abs=ROUNDING)
    assert row["std_error"] == pytest.approx(mean["std_error"], rel=1e-12)


def test_stated_importance_weighs_the_gaps():
    frame = table().assign(ia=9, ib=1, ic=2)
    items = {c: {"scale": (0, 10)} for c in ("ia", "ib", "ic")}
    asked = {"stated_importance": {"a": "ia", "b": "ib", "c": "ic"}, "items": items}
    rows = dr.gap_scores(answers(frame, **asked)).tidy()
    gaps = rows.loc[rows["kind"] == "driver", "gap"].to_numpy()
    assert rows["weighted_gap"].iloc[-1] == pytest.approx(gaps @ [9, 1, 2] / 12, abs=ROUNDING)


def test_reliability_of_a_difference_as_published():
    assert difference_reliability(0.75, 0.75, 0.5) == pytest.approx(0.5)  # Peter, Churchill & Brown 1993
    assert difference_reliability(0.8, 0.8, 0.6) == pytest.approx(0.5)


def test_dimensions_hold_their_drivers():
    rows = dr.gap_scores(answers(dimensions={"two": ("a", "b")})).tidy().set_index("driver")
    assert rows.at["two", "gap"] == pytest.approx((rows.at["a", "gap"] + rows.at["b", "gap"]) / 2, abs=ROUNDING)
    assert 0 < rows.at["two", "reliability"] < 1


def test_pairs_on_two_scales_are_named_together_with_the_cure():
    with pytest.raises(SurveyError) as caught:
        dr.gap_scores(answers(items={"ea": {"scale": (1, 7)}, "eb": {"direction": "lower"}}))
    assert str(caught.value) == (
        "2 pair(s) of answers are on different scales, so their difference means nothing: `a` (1 to 5) against `ea` "
        "(1 to 7); `b` (1 to 5) against `eb` (1 to 5, lower is better). Declare the same ends for both, e.g. "
        "[items.ea] scale = [1, 5], or take the pair out of [expectations]."
    )


def test_no_expectations_at_all():
    with pytest.raises(SurveyError, match=r"declares no expectations.* Add a table: .expectations."):
        dr.gap_scores(dr.read(table(), survey(expectations={})))


def test_outcomes_with_an_expectation_have_rows_of_their_own():
    frame = table()
    both = dr.gap_scores(answers(expectations={"a": "ea", "b": "eb", "y": "ec"})).tidy()
    assert both["kind"].tolist() == ["driver", "driver", "outcome", "overall"]
    assert both["gap"].iloc[2] == pytest.approx((frame["y"] - frame["ec"]).mean(), abs=ROUNDING)
    assert both["gap"].iloc[3] == pytest.approx(both["gap"].iloc[:2].mean(), abs=ROUNDING)  # of drivers alone
    alone = dr.gap_scores(answers(expectations={"y": "ea"}))
    assert alone.drivers()["driver"].tolist() == ["y"]
    assert alone.drivers()["gap"].iloc[0] == pytest.approx((frame["y"] - frame["ea"]).mean(), abs=ROUNDING)


def test_models_of_pairs_ask_for_the_expectation_of_a_driver():
    with pytest.raises(SurveyError, match=r"Expectations are declared of `y` and of no driver\. Add one below"):
        dr.surface(answers(expectations={"y": "ea"}))
