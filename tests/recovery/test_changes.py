"""`dr.change` against simulated surveys whose truth is known: a step, a drift, a season, the mix, a panel."""

import numpy as np
import pytest

import drivers as dr
from drivers.simulate.spec import Drift, StoreVisits
from drivers.simulate.survey import Simulated, simulate

Z = 4.0  # standard errors; seeds are fixed
PLAIN = {"drift": (), "weight_cv": 0.0, "channel_mix_end": StoreVisits().channel_mix}


def judged(spec: StoreVisits) -> tuple[Simulated, dr.change]:
    made = simulate(spec)
    return made, dr.change(dr.read(made.frame, made.survey))


def true_change(made: Simulated, quantity: str, item: str, wave: str, now: str) -> float:
    return made.truth.value(quantity, item, f"quarter={now}") - made.truth.value(quantity, item, f"quarter={wave}")


def near(found: float, truth: float, error: float) -> bool:
    return abs(found - truth) < Z * error


def holds(part, truth: float) -> bool:
    """Tell whether a part of a change is the truth to its own error, read off its 90 % interval."""
    return near(part["estimate"], truth, (part["high"] - part["low"]) / (2 * 1.645))


def check_scores(made: Simulated, moved) -> None:
    """Every change of a score is the true one, to its own error."""
    for row in moved.table[moved.table["kind"] == "score"].itertuples():
        truth = true_change(made, row.measure, row.item, row.wave, moved.focus)
        assert near(row.change, truth, row.std_error), (row.item, row.against)


def test_a_step_of_an_opinion_is_found_and_laid_to_its_ratings():
    made, moved = judged(StoreVisits(
        n=1500, waves=4, **{**PLAIN, "drift": (Drift(driver="service_speed", per_wave=-0.5, first=-1, kind="step"),)}
    ))
    check_scores(made, moved)
    assert moved.table.query("kind == 'score' and against == 'previous'")["flag"].all()
    fall = moved.why["previous"]
    whole, part = fall.part("change"), fall.part("performance", "service_speed")
    truth = true_change(made, "mean", "satisfaction", moved.against["previous"], moved.focus)
    assert holds(whole, truth) and holds(part, truth) and part["high"] < 0, "nothing else moved"
    slopes = moved.table[(moved.table["kind"] == "slope")]
    assert not slopes["flag"].any()


def test_a_drift_is_larger_against_a_year_ago_than_against_the_wave_before():
    drift = (Drift(driver="product_quality", per_wave=-0.12, first=0),)
    made, moved = judged(StoreVisits(n=1500, waves=5, first_quarter=(2025, 1), **{**PLAIN, "drift": drift}))
    check_scores(made, moved)
    rows = moved.table[(moved.table["kind"] == "score") & (moved.table["item"] == "satisfaction")].set_index("against")
    against = [moved.against[name] for name in ("year_ago", "previous")]
    truth = [true_change(made, "mean", "satisfaction", wave, moved.focus) for wave in against]
    assert truth[0] < 3 * truth[1] < 0 and rows.loc["year_ago", "change"] < rows.loc["previous", "change"]
    assert rows.loc["year_ago", "direction"] == "down"


def test_seasons_are_allowed_for():
    season = (Drift(driver="service_speed", per_wave=0.35, first=3, kind="season"),)
    made, moved = judged(StoreVisits(n=700, waves=12, first_quarter=(2023, 1), **{**PLAIN, "drift": season}))
    check_scores(made, moved)
    assert moved.seasonal and made.truth.value("mean", "satisfaction", "quarter=2025-Q4") > made.truth.value(
        "mean", "satisfaction", "quarter=2025-Q2"
    ) + 0.1
    assert not moved.table["flag"].any()


def test_a_mix_that_shifts_moves_the_mix_alone():
    end = (0.10, 0.22, 0.12, 0.56)
    made, moved = judged(StoreVisits(n=1500, waves=4, **{**PLAIN, "channel_mix_end": end, "mix_first": -1}))
    check_scores(made, moved)
    fall = moved.why["previous"]
    truth = true_change(made, "mean", "satisfaction", moved.against["previous"], moved.focus)
    mix = fall.part("mix")
    assert truth < -0.05 and mix["high"] < 0 and holds(fall.part("change"), truth)
    assert abs(fall.part("mix")["estimate"]) > 2 * abs(fall.part("sensitivity")["estimate"])
    assert not moved.table[moved.table["kind"] == "slope"]["flag"].any()


@pytest.mark.slow
def test_people_who_answer_again_make_changes_surer_as_they_are():
    changes, errors = [], []
    for seed in range(60):
        _, moved = judged(StoreVisits(n=400, waves=3, panel=0.6, memory=0.8, seed=seed, **PLAIN))
        if not seed:
            assert 0.5 < moved.overlap[f"{moved.focus} and {moved.against['previous']}"] / 400 < 0.65
        row = moved.table[(moved.table["item"] == "recommend") & (moved.table["against"] == "previous")].iloc[0]
        changes.append(row["change"])
        errors.append(row["std_error"])
    assert np.std(changes) / np.mean(errors) == pytest.approx(1.0, abs=4 / np.sqrt(2 * 60))
    assert abs(np.mean(changes)) < Z * np.mean(errors) / np.sqrt(60)


def test_a_slope_that_steps_is_flagged_named_and_laid_to_sensitivity():
    """Ratings pivot at 4 in the simulated survey, so that parts are counted from there, too."""
    step = (Drift(driver="value", per_wave=0.35, first=-1, kind="step", moves="slope"),)
    made = simulate(StoreVisits(n=1500, waves=4, **{**PLAIN, "drift": step}))
    names = [driver.name for driver in made.spec.drivers]
    moved = dr.change(dr.read(made.frame, made.survey), anchor=dict.fromkeys(names, 4.0))
    slopes = moved.table[(moved.table["kind"] == "slope") & (moved.table["against"] == "previous")].set_index("item")
    assert slopes.index[slopes["flag"]].tolist() == ["value"] and slopes.loc["value", "direction"] == "up"
    before, now = (f"quarter={wave}" for wave in (moved.against["previous"], moved.focus))
    for name in names:
        truth = np.diff([made.truth.value("linear_slope", name, wave, "satisfaction") for wave in (before, now)])[0]
        assert near(slopes.loc[name, "change"], truth, slopes.loc[name, "std_error"]), name
    fall = moved.why["previous"]
    rise = np.diff([made.truth.value("linear_slope", "value", wave, "satisfaction") for wave in (before, now)])[0]
    rated = np.mean([made.truth.value("mean", "value", wave) for wave in (before, now)])
    part = fall.part("sensitivity", "value")
    assert holds(part, rise * (rated - 4.0)) and part["high"] < 0
    assert holds(fall.part("change"), true_change(made, "mean", "satisfaction", fall.wave_before, moved.focus))
    largest = fall.table[fall.table["driver"] != ""].set_index(["part", "driver"])["estimate"].abs().idxmax()
    assert largest == ("sensitivity", "value")
