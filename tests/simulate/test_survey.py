"""The simulated answers have the sizes, codes, weights and missing shares that were asked for."""

import numpy as np
import pandas as pd
import pytest

from drivers.simulate.spec import Drift, StoreVisits
from drivers.simulate.survey import simulate

Z = 4.5  # no more than 1 chance in 100,000 that a right share strays further, in standard errors


@pytest.fixture(scope="module")
def visits():
    return simulate(StoreVisits())


def off_by(share, rate, n):
    """Distance of an observed share from a rate, in standard errors."""
    return abs(share - rate) / np.sqrt(rate * (1 - rate) / n)


def test_six_quarters_of_about_1500_answers(visits):
    frame = visits.frame
    assert len(frame) == 9000
    sizes = frame["quarter"].value_counts()
    assert set(sizes.index) == set(visits.spec.quarters)
    assert sizes.between(1500 - 4.5 * 36, 1500 + 4.5 * 36).all()  # binomial, standard deviation 35.4
    assert frame["quarter"].is_monotonic_increasing
    assert frame["visit_id"].is_unique


def test_codes_are_those_the_definition_knows(visits):
    survey, frame = visits.survey, visits.frame
    assert set(survey.columns) <= set(frame.columns)
    for name in (*survey.drivers, *survey.expectations.values(), "satisfaction"):
        assert set(frame[name].dropna()) <= {1, 2, 3, 4, 5, 8, 9}
        assert {1, 2, 3, 4, 5} <= set(frame[name].dropna())
    assert set(frame["satisfaction"].dropna()) == {1, 2, 3, 4, 5}
    assert set(frame["recommend"].dropna()) == set(range(11))
    assert survey.item("recommend").not_applicable == ()  # 8 and 9 are answers on 0..10
    assert set(frame["channel"]) == {"store", "phone", "chat", "email"}
    assert (frame["waiting_minutes"] >= 0.1).all()


def test_minutes_are_skewed_to_the_right_and_shorter_where_service_is_faster(visits):
    frame = visits.frame[visits.frame["channel"] == "phone"]
    assert frame["waiting_minutes"].mean() > 1.15 * frame["waiting_minutes"].median()
    answered = frame[frame["service_speed"].between(1, 5)]
    by_rating = answered.groupby("service_speed")["waiting_minutes"].median()
    assert by_rating.is_monotonic_decreasing


def test_same_seed_same_answers_other_seed_other_answers():
    small = StoreVisits(n=50, waves=2)
    pd.testing.assert_frame_equal(simulate(small).frame, simulate(small).frame)
    pd.testing.assert_frame_equal(simulate(small, seed=3).frame, simulate(StoreVisits(n=50, waves=2, seed=3)).frame)
    assert not simulate(small, seed=3).frame.equals(simulate(small, seed=4).frame)


def test_weights_have_mean_one_the_asked_spread_and_the_same_total_each_quarter(visits):
    frame = visits.frame
    weight = frame["weight"]
    assert weight.mean() == pytest.approx(1.0, abs=1e-4)  # written to four decimals
    assert weight.std() == pytest.approx(0.50, abs=0.02)
    assert frame.groupby("quarter")["weight"].sum().to_numpy() == pytest.approx([1500] * 6, abs=0.1)


def test_weights_bring_back_the_channels_of_the_population(visits):
    frame = visits.frame
    shares = frame.groupby("channel")["weight"].sum() / frame["weight"].sum()
    middle = (np.array(visits.spec.channel_mix) + np.array(visits.spec.channel_mix_end)) / 2
    assert shares[list(visits.spec.channels)].to_numpy() == pytest.approx(middle, abs=0.02)  # 3 standard errors
    assert abs(frame["channel"].eq("store").mean() - middle[0]) > 0.1  # unweighted, they are far off


def test_weight_spread_zero_samples_as_the_population_is():
    frame = simulate(StoreVisits(weight_cv=0.0, n=200)).frame
    per_quarter = frame.groupby("quarter")["weight"]
    assert (per_quarter.nunique() == 1).all()


def test_missing_answers_have_the_rates_asked_for(visits):
    spec, frame = visits.spec, visits.frame
    often = np.array(spec.blank_channel)[frame["channel"].map(spec.channels.index)].mean()
    n = len(frame)
    for outcome in spec.outcomes:
        assert off_by(frame[outcome].isna().mean(), spec.blank[0] * often, n) < Z
    grid = [d.name for d in spec.drivers] + [d.expectation for d in spec.drivers]
    for position, name in enumerate(grid):
        blank = spec.blank[1 if position < 4 else 2] * often
        stopped = spec.break_off * position / 7  # stops before position 1..7, all alike
        assert off_by(frame[name].isna().mean(), blank + stopped - blank * stopped, n) < Z
        unsure = spec.drivers[position % 4].dont_know
        could = frame[name].notna() & (frame[name] != 8)
        assert off_by((frame.loc[could, name] == 9).mean(), unsure, could.sum()) < Z


def test_not_applicable_follows_the_channel(visits):
    spec, frame = visits.spec, visits.frame
    said = frame[frame["communication"].notna()]
    for channel, applies in zip(spec.channels, spec.drivers[3].applies, strict=True):
        here = said[said["channel"] == channel]
        assert off_by((here["communication"] == 8).mean(), 1 - applies, len(here)) < Z
    assert not frame[["product_quality", "service_speed", "value"]].eq(8).any().any()


def test_nothing_is_missing_when_nothing_is_asked_to_be():
    from dataclasses import replace

    plain = StoreVisits()
    drivers = tuple(replace(d, applies=(1.0,) * 4, dont_know=0.0) for d in plain.drivers)
    spec = replace(plain, n=100, blank=(0.0, 0.0, 0.0), break_off=0.0, drivers=drivers)
    frame = simulate(spec).frame
    assert not frame.isna().any().any()
    assert frame[[d.name for d in drivers]].isin(range(1, 6)).all().all()


def test_blanks_can_depend_on_satisfaction():
    frame = simulate(StoreVisits(blank_slope=-1.0, blank=(0.0, 0.05, 0.05), break_off=0.0)).frame
    blank = frame["value"].isna().groupby(frame["satisfaction"]).mean()
    assert blank.is_monotonic_decreasing
    assert blank[1] > 5 * blank[5]


def test_flat_answers_repeat_one_code():
    none, many = (simulate(StoreVisits(flat=flat, weight_cv=0.0)).frame for flat in (0.0, 0.2))
    grid = [c for c in none if c.startswith("expected_")] + ["product_quality", "service_speed", "value"]
    same_none, same_many = ((frame[grid].nunique(axis=1) == 1).mean() for frame in (none, many))
    assert same_many == pytest.approx(0.2 + 0.8 * same_none, abs=0.03)  # 5 standard errors, blanks and 9s aside


def test_linear_outcome_is_written_uncut():
    simulated = simulate(StoreVisits(link="linear", n=100))
    assert simulated.survey.item("satisfaction").scale == "open"
    assert simulated.frame["satisfaction"].nunique() > 500


def test_branches_are_off_unless_asked_for(visits):
    assert "branch" not in visits.frame and visits.survey.psu is None
    simulated = simulate(StoreVisits(branches=5, icc=0.3, weight_cv=0.0, n=600))
    assert simulated.survey.psu == "branch" and simulated.survey.stratum == "region"
    frame = simulated.frame[simulated.frame["product_quality"].between(1, 5)].astype({"product_quality": float})
    assert frame["branch"].nunique() == 20
    means = frame.groupby("branch")["product_quality"].agg(["mean", "var", "size"])
    assert means["mean"].var() > 5 * (means["var"] / means["size"]).mean()


def test_drift_moves_only_its_channel_and_driver():
    still = simulate(StoreVisits(drift=())).truth
    drift = (Drift(driver="value", channel="chat", per_wave=-0.3, first=5),)
    moved = simulate(StoreVisits(drift=drift)).truth
    assert moved.value("mean", "value", "quarter=2026-Q3") < still.value("mean", "value", "quarter=2026-Q3") - 0.02
    for group in ("quarter=2026-Q2", "channel=store"):
        assert moved.value("mean", "value", group) == pytest.approx(still.value("mean", "value", group), abs=1e-12)
    assert moved.value("mean", "service_speed") == pytest.approx(still.value("mean", "service_speed"), abs=1e-12)


def test_one_answer_and_one_wave_are_enough():
    simulated = simulate(StoreVisits(n=1, waves=1))
    assert len(simulated.frame) == 1
    assert simulated.frame["weight"].iloc[0] == 1.0
