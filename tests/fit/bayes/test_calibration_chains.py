"""Posteriors of two outcomes at once, of chains, and of slopes that walk are calibrated; defects are seen."""

from functools import partial
from pathlib import Path

import pytest

from tests.fit.bayes.calibration import ALARM, DRAWS, PEOPLE, Verdict, judge, ordinal_run
from tests.fit.bayes.calibration_chains import (
    PAIR_PEOPLE,
    WAVE_PEOPLE,
    WAVES,
    dynamic_run,
    joint_run,
)

FULL = 500
MODELS = {
    "cumulative probit, chains": partial(ordinal_run, method="nuts"),
    "two answers at once, Laplace": joint_run,
    "slopes that walk, normal steps, chains": dynamic_run,
    "slopes that walk, Student-t steps, chains": partial(dynamic_run, innovations="student_t"),
}  # fmt: skip
DEFECTS = {
    ("two answers at once, Laplace", "prior"): "prior standard deviation of the slopes doubled",
    ("two answers at once, Laplace", "threshold"): "thresholds of the first answer off by one",
    ("slopes that walk, normal steps, chains", "threshold"): "thresholds off by one",
    ("slopes that walk, normal steps, chains", "prior"): "scale of the prior of paces tripled",
}
HEAD = [
    "# Simulation-based calibration of posteriors beyond the flat ones", "",
    "`uv run --all-extras pytest -m slow tests/fit/bayes/test_calibration_chains.py` writes this page.", "",
    f"Parameters from the prior, answers from them, the rank of the truth among {DRAWS} draws: {PEOPLE} respondents "
    f"where chains draw the flat model, {PAIR_PEOPLE} who give two answers, {WAVES} waves of {WAVE_PEOPLE} where "
    "slopes walk. Chains are thinned to that many draws; all have 400 effective ones or more, or are refused. P-values "
    "of uniform ranks by chi2 over 20 bins and by the simultaneous band of the distribution function. A model passes "
    f"if the smallest is above {ALARM:g} over the number of tests.",
]  # fmt: skip


def calibrate(model: str, runs: int, defect: str = "") -> Verdict:
    return judge([MODELS[model](seed, defect) for seed in range(runs)])


def section(model: str, verdict: Verdict) -> list[str]:
    return [
        "", f"## {model}: {'passed' if verdict.passed else 'FAILED'}", "",
        f"{verdict.runs} posteriors, {verdict.refused} refused.", "",
        "| quantity | chi2 p | ECDF p | mean rank (50 expected) |", "| --- | ---: | ---: | ---: |",
        *(f"| {row.quantity} | {row.chi2_p:.3f} | {row.ecdf_p:.3f} | {row.mean_rank:.1f} |"
          for row in verdict.table.itertuples()),
    ]  # fmt: skip


def page(verdicts: dict[str, Verdict], defects: dict[tuple[str, str], Verdict]) -> str:
    lines = list(HEAD)
    for model, verdict in verdicts.items():
        lines += section(model, verdict)
    lines += ["", "## Seeded defects", ""]
    lines += ["| model | defect | runs | smallest p | |", "| --- | --- | ---: | ---: | --- |"]
    for (model, defect), verdict in defects.items():
        smallest = verdict.table[["chi2_p", "ecdf_p"]].to_numpy().min()
        lines.append(
            f"| {model} | {DEFECTS[model, defect]} | {verdict.runs} | {smallest:.1e} | "
            f"{'missed' if verdict.passed else 'caught'} |"
        )
    return "\n".join(lines) + "\n"


def test_ranks_of_two_answers_are_uniform():
    verdict = calibrate("two answers at once, Laplace", 60)
    assert verdict.passed, verdict.table.to_string()


def test_thresholds_off_by_one_are_caught():
    assert not calibrate("two answers at once, Laplace", 40, "threshold").passed


@pytest.mark.slow
def test_the_full_form_passes_and_writes_its_table():
    verdicts = {model: calibrate(model, FULL) for model in MODELS}
    defects = {(model, defect): calibrate(model, FULL, defect) for model, defect in DEFECTS}
    path = Path(__file__).parents[3] / "benchmarks" / "calibration_chains.md"
    path.write_text(page(verdicts, defects), encoding="utf-8")
    assert [model for model, verdict in verdicts.items() if not verdict.passed] == []
    assert [defect for defect, verdict in defects.items() if verdict.passed] == []
