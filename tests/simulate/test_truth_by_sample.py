"""A large sample approaches the integrated truth: two separate ways to the same number."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from drivers.simulate.do_effects import do_effect, lifted
from drivers.simulate.spec import Drift, StoreVisits
from drivers.simulate.split import lmg_by_definition
from drivers.simulate.survey import simulate

N = 200_000
Z = 5.0  # standard errors: of some 100 comparisons at a fixed seed, one in 20,000 tests would stray so far by chance
BATCHES = 20


@pytest.fixture(scope="module")
def large():
    """Nobody skips a question, but communication still does not apply to many."""
    plain = StoreVisits()
    drivers = tuple(replace(d, dont_know=0.0) for d in plain.drivers)
    spec = replace(plain, n=N // plain.waves, blank=(0.0, 0.0, 0.0), break_off=0.0, drivers=drivers, seed=7)
    simulated = simulate(spec)
    numbers = [*(d.name for d in drivers), *(d.expectation for d in drivers), *spec.outcomes]
    return simulated.truth, simulated.frame.astype(dict.fromkeys(numbers, float)), [d.name for d in drivers]


def weighted_mean(value: pd.Series, weight: pd.Series) -> tuple[float, float]:
    """Mean and its standard error, weights as sampling weights."""
    mean = np.average(value, weights=weight)
    return mean, np.sqrt((weight**2 * (value - mean) ** 2).sum()) / weight.sum()


def assert_near(value: pd.Series, weight: pd.Series, want: float, scale: float = 1.0) -> None:
    mean, error = weighted_mean(value, weight)
    assert abs(scale * mean - want) <= Z * scale * error + 1e-12  # everybody alike: no error at all


@pytest.mark.parametrize("group", ["all", "channel=phone", "quarter=2026-Q3", "region=east"])
def test_scores_approach_the_truth(large, group):
    true, frame, drivers = large
    if group != "all":
        column, name = group.split("=")
        frame = frame[frame[column] == name]
    weight = frame["weight"]
    assert_near(frame["satisfaction"], weight, true.value("mean", "satisfaction", group))
    assert_near((frame["satisfaction"] >= 4) * 1.0, weight, true.value("top2", "satisfaction", group))
    net = (frame["recommend"] >= 9) * 1.0 - (frame["recommend"] <= 6) * 1.0
    assert_near(net, weight, true.value("nps", "recommend", group), scale=100)
    assert_near(frame["waiting_minutes"], weight, true.value("mean", "waiting_minutes", group))
    for name in drivers:
        assert_near(frame[f"expected_{name}"], weight, true.value("mean", f"expected_{name}", group))
        here = frame[frame[name] <= 5]
        assert_near(here[name], here["weight"], true.value("mean", name, group))
        assert_near((here[name] >= 4) * 1.0, here["weight"], true.value("top2", name, group))
        assert_near((frame[name] <= 5) * 1.0, weight, true.value("applies", name, group))


def test_unweighted_means_are_wrong_so_the_weights_matter(large):
    true, frame, _ = large
    mean, error = weighted_mean(frame["satisfaction"], pd.Series(1.0, index=frame.index))
    assert abs(mean - true.value("mean", "satisfaction")) > 10 * error


@pytest.mark.parametrize(("outcome", "cut", "threshold"), [("satisfaction", 4, "3|4"), ("recommend", 9, "8|9")])
def test_probit_slopes_approach_the_truth(large, outcome, cut, threshold):
    """Cut at any point, a cumulative probit is a binary probit with the same slopes."""
    true, frame, drivers = large
    complete = frame[(frame[drivers] <= 5).all(axis=1)]
    fitted = sm.Probit((complete[outcome] >= cut) * 1.0, sm.add_constant(complete[drivers])).fit(disp=0)
    want = [-true.value("threshold", threshold, outcome=outcome), *true.values("latent_slope", outcome=outcome)]
    assert (np.abs(fitted.params - want) / fitted.bse).max() < Z


@pytest.mark.parametrize("outcome", ["satisfaction", "recommend"])
def test_linear_slopes_approach_the_truth(large, outcome):
    true, frame, drivers = large
    complete = frame[(frame[drivers] <= 5).all(axis=1)]
    fitted = sm.WLS(complete[outcome], sm.add_constant(complete[drivers]), weights=complete["weight"]).fit(
        cov_type="HC0"
    )
    want = [true.value("linear_intercept", outcome=outcome), *true.values("linear_slope", outcome=outcome)]
    assert (np.abs(fitted.params - want) / fitted.bse).max() < Z


def test_shares_and_r2_approach_the_truth(large):
    true, frame, drivers = large
    complete = frame[(frame[drivers] <= 5).all(axis=1)]
    batch = np.random.default_rng(0).permutation(len(complete)) % BATCHES
    found = np.array([_shares(complete[batch == k], drivers) for k in range(BATCHES)])
    want = true.values("linear_share").to_numpy()
    error = found.std(axis=0, ddof=1) / np.sqrt(BATCHES)
    assert (np.abs(found.mean(axis=0) - want) / error).max() < Z
    total = found.sum(axis=1)
    gap = abs(total.mean() - true.value("linear_r2", outcome="satisfaction"))
    assert gap < Z * total.std(ddof=1) / np.sqrt(BATCHES)


def _shares(frame: pd.DataFrame, drivers: list[str]) -> np.ndarray:
    return lmg_by_definition(np.cov(frame[[*drivers, "satisfaction"]].T, aweights=frame["weight"]))


def test_linear_outcome_approaches_its_truth():
    simulated = simulate(StoreVisits(link="linear", blank=(0.0, 0.0, 0.0), break_off=0.0, n=20_000, seed=3))
    frame = simulated.frame
    assert_near(frame["satisfaction"], frame["weight"], simulated.truth.value("mean", "satisfaction"))


def test_where_slopes_move_a_large_sample_approaches_the_truth_of_every_quarter_and_of_all():
    """Slopes step in the last of two waves of very unlike channels, so that all together are no plain average."""
    move = (Drift(driver="value", per_wave=0.4, first=-1, kind="step", moves="slope"),)
    mix = (0.1, 0.2, 0.6, 0.1)
    drivers = tuple(replace(d, dont_know=0.0) for d in StoreVisits().drivers)
    made = simulate(StoreVisits(
        n=60_000, waves=2, drift=move, channel_mix_end=mix, weight_cv=0.0, blank=(0.0, 0.0, 0.0), break_off=0.0,
        drivers=drivers, seed=5,
    ))  # fmt: skip
    true, names = made.truth, [d.name for d in drivers]
    frame = made.frame.astype(dict.fromkeys([*names, "satisfaction", "recommend"], float))
    everyone = frame[(frame[names] <= 5).all(axis=1)]
    assert true.values("latent_slope").empty
    for group in ("all", *(f"quarter={quarter}" for quarter in made.spec.quarters)):
        rows, complete = ((f if group == "all" else f[f["quarter"] == group[8:]]) for f in (frame, everyone))
        assert_near(rows["satisfaction"], rows["weight"], true.value("mean", "satisfaction", group))
        fitted = sm.OLS(complete["satisfaction"], sm.add_constant(complete[names])).fit(cov_type="HC0")
        want = [true.value("linear_intercept", "", group, "satisfaction"), *true.values("linear_slope", group)]
        assert (np.abs(fitted.params - want) / fitted.bse).max() < Z
        assert fitted.rsquared == pytest.approx(true.value("linear_r2", "", group, "satisfaction"), abs=0.02)
        if group != "all":
            probit = sm.Probit((complete["satisfaction"] >= 4) * 1.0, sm.add_constant(complete[names])).fit(disp=0)
            want = [-true.value("threshold", "3|4", group, "satisfaction"), *true.values("latent_slope", group)]
            assert (np.abs(probit.params - want) / probit.bse).max() < Z


def test_an_action_counts_with_the_slopes_of_each_wave():
    """The mean of an uncut satisfaction moves by slope times points, in every wave by its own slope."""
    move = (Drift(driver="value", per_wave=0.4, first=-1, kind="step", moves="slope"),)
    spec = StoreVisits(waves=2, drift=move)
    now, then = (replace(spec, drift=(), waves=1, drivers=tuple(
        replace(d, slope=slope) for d, slope in zip(spec.drivers, spec.slopes(wave), strict=True)
    )) for wave in (0, 1))  # fmt: skip
    for part, alone in (("quarter=2025-Q2", now), ("quarter=2025-Q3", then)):
        found = do_effect(replace(spec, channel_mix_end=spec.channel_mix), "value", lifted(4.0), group=part)
        want = do_effect(replace(alone, channel_mix_end=spec.channel_mix), "value", lifted(4.0))
        assert found.mean == pytest.approx(want.mean, abs=1e-12) and found.nps == pytest.approx(want.nps, abs=1e-9)
