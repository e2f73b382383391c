"""Four in ten answers to one driver missing at random: what is offered finds the truth, complete cases do not.

Every survey is fitted before and after its answers go missing, so that only what is missing makes a difference.
"""

import warnings
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import drivers as dr
from drivers.errors import DriversWarning
from drivers.simulate.spec import StoreVisits
from drivers.simulate.survey import simulate
from drivers.stats.shapley import lmg

PLAIN = StoreVisits(n=2500, waves=1, blank=(0.0, 0.0, 0.0), break_off=0.0, weight_cv=0.0)
EVERYBODY = replace(
    PLAIN, drivers=tuple(replace(d, applies=(1.0,) * 4, dont_know=0.0) for d in PLAIN.drivers)
)
DRIVERS = [d.name for d in EVERYBODY.drivers]
GAPS = "product_quality"
CAUSES = {"chance": None, "driver": "service_speed", "outcome": "satisfaction"}
SURVEYS = 14


def with_gaps(frame, why, seed, share=0.4, steepness=1.8):
    """Take answers to one driver away; with a cause, mostly from those who are low on it."""
    rng = np.random.default_rng(seed)
    chance = np.full(len(frame), share)
    if CAUSES[why]:
        cause = frame[CAUSES[why]].astype(float)
        chance = 1 / (1 + np.exp(steepness * (cause - cause.quantile(share) - 0.3)))
        chance *= share / chance.mean()
    return frame.assign(**{GAPS: frame[GAPS].mask(rng.random(len(frame)) < chance)})


def numbers(frame, survey, **asked):
    """Slopes, then shares."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DriversWarning)  # thin outcome categories
        fit = dr.fit(dr.read(frame, survey), outcome="satisfaction", draws=1, **asked)
    return np.concatenate([fit.estimate[: len(DRIVERS)], lmg(fit.point.joint_covariance()[0, 0])])


@cache
def moved(model, missing, why):
    """How far slopes and shares move: in Monte-Carlo errors of their mean over the surveys (2p,), and as such (2p,)."""
    whole, left = [], []
    for seed in range(SURVEYS):
        made = simulate(replace(EVERYBODY, seed=4000 + seed))
        whole.append(numbers(made.frame, made.survey, model=model))
        asked = {"imputations": 10} if missing == "impute" else {}
        gaps = with_gaps(made.frame, why, seed)
        left.append(numbers(gaps, made.survey, model=model, missing=missing, **asked))
    mean = np.mean(left, axis=0) - np.mean(whole, axis=0)
    return mean / (np.std(left, axis=0, ddof=1) / np.sqrt(SURVEYS)), mean


@pytest.mark.parametrize(("model", "why"), [
    ("linear", "driver"), ("linear", "outcome"), ("ordinal", "chance"), ("ordinal", "driver"), ("ordinal", "outcome"),
    ("logit", "chance"),
])  # fmt: skip
def test_imputation_moves_no_slope_and_no_share_by_more_than_its_error(model, why):
    assert np.abs(moved(model, "impute", why)[0]).max() < 1


@pytest.mark.parametrize("why", list(CAUSES))
def test_maximum_likelihood_does_not_either(why):
    assert np.abs(moved("linear", "fiml", why)[0]).max() < 1


def test_maximum_likelihood_without_squares_leans_where_selection_is_steep(monkeypatch):
    """Cut-off ratings are not normal: straight lines with one spread for all give a slope a tenth too much."""
    bent = np.abs(moved("linear", "fiml", "outcome")[1])
    moved.cache_clear()
    monkeypatch.setattr("drivers.stats.incomplete.MOST_WORK", 0)
    straight = np.abs(moved("linear", "fiml", "outcome")[1])
    moved.cache_clear()
    assert straight.max() > 0.03 > 5 * bent.max()


@pytest.mark.parametrize("model", ["linear", "ordinal"])
def test_complete_cases_move_shares_where_selection_is_on_a_driver(model):
    away, mean = moved(model, "complete", "driver")
    assert (mean[4:] < 0).all()
    assert np.abs(away[4:]).max() > 2


def test_complete_cases_move_slopes_where_selection_is_on_the_outcome():
    away, mean = moved("linear", "complete", "outcome")
    assert np.abs(away[:4]).max() > 4
    assert mean[:4].min() < -0.03


@pytest.mark.slow
def test_ninety_percent_intervals_cover_with_thirty_percent_missing():
    """400 ordinal surveys of 500; mean fill, as a negative control, must fail where selection is on the outcome."""
    want = None
    covered, filled = [], []
    for seed in range(400):
        made = simulate(replace(EVERYBODY, n=500, seed=9000 + seed))
        want = made.truth.values("latent_slope").to_numpy()
        frame = with_gaps(made.frame, "driver", seed, share=0.3)
        mean = frame.assign(**{GAPS: frame[GAPS].astype(float).fillna(frame[GAPS].astype(float).mean())})
        for data, kept in ((frame, covered), (mean, filled)):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DriversWarning)
                fit = dr.fit(dr.read(data, made.survey), outcome="satisfaction", model="ordinal", draws=1)
            table = fit.tidy()[:4]
            kept.append((table["low"] <= want) & (want <= table["high"]))
    assert np.mean(covered) == pytest.approx(0.90, abs=0.02)
    assert (np.mean(covered, axis=0) > 0.865).all()  # 400 intervals each, standard error .015
    assert np.mean(filled, axis=0).min() < 0.85
