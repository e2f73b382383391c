"""Two hundred surveys of each size: no bias, errors that fall with the root of n, intervals that cover as they say."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

import drivers as dr
from drivers.errors import DriversWarning
from drivers.simulate.spec import StoreVisits
from drivers.simulate.survey import simulate

pytestmark = pytest.mark.slow

SURVEYS = 200
SIZES = (200, 800, 3200)
Z = 3.0  # Monte-Carlo standard errors of a bias; four slopes are looked at
PLAIN = StoreVisits(waves=1)
ALL_APPLY = replace(PLAIN, drivers=tuple(replace(d, applies=(1.0,) * 4) for d in PLAIN.drivers))
MODELS = {
    # a linear fit fills in what is missing, so it is held against a population in which every driver applies
    "linear": (ALL_APPLY, "linear_slope", {"model": "linear"}),
    "probit": (PLAIN, "latent_slope", {"model": "ordinal", "link": "probit"}),
}


def recover(model: str, n: int, draws: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray, list]:
    """Estimates and robust errors (surveys, drivers), the true slopes (drivers,), and the fits."""
    spec, quantity, asked = MODELS[model]
    estimates, errors, fits = [], [], []
    for seed in range(SURVEYS):
        simulated = simulate(replace(spec, n=n), seed=1000 + seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DriversWarning)  # thin categories are part of small surveys
            fit = dr.fit(dr.read(simulated.frame, simulated.survey), outcome="satisfaction", draws=draws, **asked)
        table = fit.tidy().set_index("term").loc[[d.name for d in spec.drivers]]
        estimates.append(table["estimate"].to_numpy())
        errors.append(table["robust_se"].to_numpy())
        fits.append(fit)
    return np.array(estimates), np.array(errors), simulated.truth.values(quantity).to_numpy(), fits


@pytest.mark.parametrize("model", MODELS)
def test_slopes_are_unbiased_and_their_errors_fall_with_root_n(model):
    rmse = []
    for n in SIZES:
        found, errors, want, _ = recover(model, n)
        rmse.append(np.sqrt(((found - want) ** 2).mean()))
    bias = (found.mean(axis=0) - want) / (found.std(axis=0, ddof=1) / np.sqrt(SURVEYS))
    assert np.abs(bias).max() < Z  # at the largest size: a maximum-likelihood slope is a little off in small samples
    slope = np.polyfit(np.log(SIZES), np.log(rmse), 1)[0]
    assert -0.6 < slope < -0.4
    ratio = errors.mean(axis=0) / found.std(axis=0, ddof=1)
    assert ratio.mean() == pytest.approx(1.0, abs=0.08)  # a standard deviation from 200 surveys is known to 5 %


@pytest.mark.parametrize("model", MODELS)
def test_ninety_percent_intervals_of_slopes_cover_ninety_percent(model):
    found, errors, want, _ = recover(model, 800)
    covered = np.abs(found - want) < 1.6449 * errors
    assert covered.mean() == pytest.approx(0.90, abs=0.035)  # 800 intervals, in four correlated columns
    assert (covered.mean(axis=0) > 0.83).all()  # 200 intervals each, standard error .021


def test_ninety_percent_intervals_of_shares_cover_ninety_percent():
    spec, _, _ = MODELS["linear"]
    _, _, _, fits = recover("linear", 800, draws=300)
    want = simulate(replace(spec, n=800), seed=0).truth.values("linear_share").to_numpy()
    inside = []
    for fit in fits:
        table = dr.importance(fit).tidy()
        inside.append((table["low"].to_numpy() <= want) & (want <= table["high"].to_numpy()))
    covered = np.array(inside)
    assert covered.mean() == pytest.approx(0.90, abs=0.045)
    assert (covered.mean(axis=0) > 0.82).all()
