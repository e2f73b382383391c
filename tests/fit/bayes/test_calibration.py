"""Posteriors are calibrated: the truth takes every rank among the draws equally often; defects are seen."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.fit.bayes.calibration import ALARM, DRAWS, PEOPLE, Verdict, gaussian_run, judge, linear_run, ordinal_run
from tests.fit.bayes.ranks import rank_probabilities_of_exact_posteriors

QUICK, FULL = 150, 500
MODELS = {
    "linear, exact": linear_run, "linear, Laplace": gaussian_run, "cumulative probit, Laplace": ordinal_run,
    "cumulative logit, Laplace": partial(ordinal_run, link="logit"),
}  # fmt: skip
DEFECTS = {
    ("linear, exact", "variances"): "prior standard deviations of all items doubled",
    ("linear, Laplace", "prior"): "prior standard deviation of the slopes doubled",
    ("cumulative probit, Laplace", "prior"): "prior standard deviation of the slopes doubled",
    ("cumulative probit, Laplace", "threshold"): "thresholds off by one",
}


def calibrate(model: str, runs: int, defect: str = "") -> Verdict:
    return judge([MODELS[model](seed, defect) for seed in range(runs)])


@pytest.mark.parametrize("model", ["linear, exact", "cumulative probit, Laplace"])
def test_ranks_are_uniform(model):
    verdict = calibrate(model, QUICK)
    assert verdict.passed, verdict.table.to_string()
    assert verdict.refused <= 0.04 * QUICK  # surveys of 40 in which hardly any category is used


@pytest.mark.parametrize(("model", "defect"), DEFECTS)
def test_a_seeded_defect_is_caught(model, defect):
    assert not calibrate(model, QUICK, defect).passed


@pytest.mark.slow
def test_the_full_form_passes_and_writes_its_table():
    lines = [
        "# Simulation-based calibration of the posteriors", "",
        "`uv run --all-extras pytest -m slow tests/fit/bayes/test_calibration.py` writes this page.", "",
        f"{FULL} surveys per model, {PEOPLE} respondents each: parameters from the prior, answers from them, the rank "
        f"of the truth among {DRAWS} draws. P-values of uniform ranks by chi2 over 20 bins and by the simultaneous "
        f"band of the distribution function. A model passes if the smallest is above {ALARM:g} over the number of "
        "tests.",
    ]  # fmt: skip
    failed = []
    for model in MODELS:
        verdict = calibrate(model, FULL)
        failed += [] if verdict.passed else [model]
        lines += ["", f"## {model}: {'passed' if verdict.passed else 'FAILED'}", ""]
        lines += [f"{verdict.runs} posteriors, {verdict.refused} refused.", ""]
        lines += ["| quantity | chi2 p | ECDF p | mean rank (50 expected) |", "| --- | ---: | ---: | ---: |"]
        lines += [
            f"| {row.quantity} | {row.chi2_p:.3f} | {row.ecdf_p:.3f} | {row.mean_rank:.1f} |"
            for row in verdict.table.itertuples()
        ]
    lines += ["", "## Seeded defects", "", "| model | defect | smallest p | |", "| --- | --- | ---: | --- |"]
    for (model, defect), words in DEFECTS.items():
        verdict = calibrate(model, FULL, defect)
        smallest = verdict.table[["chi2_p", "ecdf_p"]].to_numpy().min()
        failed += [f"{model}: {words}"] if verdict.passed else []
        lines.append(f"| {model} | {words} | {smallest:.1e} | {'missed' if verdict.passed else 'caught'} |")
    page = Path(__file__).parents[3] / "benchmarks" / "calibration.md"
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert not failed


def calibration_error(chance: np.ndarray, first: np.ndarray) -> float:
    """Mean distance, in ten bins, of what was said from what happened."""
    place = np.minimum((chance * 10).astype(int), 9).ravel()
    said = np.bincount(place, weights=chance.ravel(), minlength=10)
    happened = np.bincount(place, weights=first.ravel(), minlength=10)
    return float(np.abs(said - happened).sum() / chance.size)


def test_the_probability_of_being_first_means_what_it_says():
    chance, first = rank_probabilities_of_exact_posteriors(400)
    # with 400 surveys chance alone makes a calibrated method's error .015 to .03
    assert calibration_error(chance, first) < 0.035


@pytest.mark.slow
def test_the_probability_of_being_first_is_calibrated_within_two_percent():
    chance, first = rank_probabilities_of_exact_posteriors(4000)
    assert calibration_error(chance, first) < 0.02


@pytest.mark.slow
def test_equal_drivers_are_seldom_told_apart():
    chance, _ = rank_probabilities_of_exact_posteriors(1000, equal=True)
    sure = (chance.max(axis=1) > 0.9).mean()
    # at most 5 % (methods 4.6); 1,000 surveys add 1.4 % to that at two standard errors
    assert sure < 0.05 + 0.014
