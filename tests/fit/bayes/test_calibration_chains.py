"""Posteriors beyond the flat ones are calibrated: two outcomes, chains, segments, walks, forms; defects are seen."""

from functools import partial

import pytest

from tests.fit.bayes import calibration_page
from tests.fit.bayes.calibration import ALARM, DRAWS, PEOPLE, ordinal_run
from tests.fit.bayes.calibration_chains import PAIR_PEOPLE, WAVE_PEOPLE, WAVES, dynamic_run, joint_run
from tests.fit.bayes.calibration_forms import PEOPLE as FORMED
from tests.fit.bayes.calibration_forms import monotone_run, unequal_run
from tests.fit.bayes.calibration_page import ROOT, Study, finish
from tests.fit.bayes.calibration_segments import SEGMENT_PEOPLE, SEGMENTS, hierarchical_run
from tests.fit.bayes.calibration_tracker import PEOPLE as TRACKED
from tests.fit.bayes.calibration_tracker import tracker_run

SHIFTED = ("thresholds off by one", 10)
STUDIES = {
    "Cumulative probit, chains": Study(run=partial(ordinal_run, method="nuts"), defects={"threshold": SHIFTED}),
    "Two answers at once, Laplace": Study(run=joint_run, defects={
        "prior": ("prior standard deviation of the slopes doubled", 150),
        "threshold": ("thresholds of the first answer off by one", 40),
    }),
    "Unequal spread by group, Laplace": Study(run=unequal_run, defects={
        "prior": ("prior standard deviations of levels and spreads doubled", 200),
        "sign": ("two groups exchanged", 200),
    }),
    "Unequal steps of a scale, Laplace": Study(run=monotone_run, refused=0.08, defects={
        "prior": ("prior standard deviation of the slopes doubled", 200), "steps": ("parts of steps reversed", 200),
    }, note="The approximation is refused where hardly anybody took a step, which the answers alone decide."),
    "Slopes by segment, chains": Study(run=hierarchical_run, defects={
        "prior": ("scales of the priors of spreads tripled", 90), "threshold": SHIFTED,
    }, note="Chains of 2,600 draws, to save time: what was refused had fewer than 400 effective ones, and passes with "
            "the 4,000 that fits take."),
    "Slopes that walk, normal steps, chains": Study(run=dynamic_run, defects={
        "prior": ("scale of the prior of paces tripled", 100), "threshold": SHIFTED,
    }),
    "Slopes that walk, Student-t steps, chains": Study(
        run=partial(dynamic_run, innovations="student_t"), defects={"threshold": SHIFTED}
    ),
    "Slopes by segment that walk, chains": Study(run=tracker_run, runs=200, defects={
        "prior": ("scales of the priors of spreads and paces tripled", 60), "threshold": SHIFTED,
    }),
}  # fmt: skip
PAGE = ROOT / "benchmarks" / "calibration_chains.md"
HEAD = "\n".join([
    "# Simulation-based calibration of posteriors beyond the flat ones", "",
    "`uv run --all-extras pytest -m slow tests/fit/bayes/test_calibration_chains.py` writes this page, a section for "
    "each model (`-k normal` runs one); it can be interrupted and goes on from there.", "",
    f"Parameters from the prior, answers from them, the rank of the truth among {DRAWS} draws: {PEOPLE} respondents "
    f"where chains draw the flat model, {PAIR_PEOPLE} who give two answers, {FORMED} whose spread or steps differ, "
    f"{SEGMENTS} segments of {SEGMENT_PEOPLE}, "
    f"{WAVES} waves of {WAVE_PEOPLE} where slopes walk, {TRACKED} in four segments and four waves where they do both. "
    "Chains are thinned to that many draws; all have 400 effective ones or more, or are refused. P-values of uniform "
    "ranks by chi2 over 20 bins and by the simultaneous band of the distribution function. A model passes if the "
    f"smallest is above {ALARM:g} over the number of tests; a defect, sown into the fit and not into the answers, is "
    "caught if one is below.",
])  # fmt: skip


def test_ranks_of_two_answers_are_uniform():
    verdict = STUDIES["Two answers at once, Laplace"].verdict(60)
    assert verdict.passed, verdict.table.to_string()


@pytest.mark.parametrize(("model", "runs"), [("Two answers at once, Laplace", 40), ("Slopes by segment, chains", 3)])
def test_thresholds_off_by_one_are_caught(model, runs):
    assert not STUDIES[model].verdict(runs, "threshold").passed


def test_segments_as_they_are_raise_no_alarm():
    verdict = STUDIES["Slopes by segment, chains"].verdict(2)
    assert verdict.passed
    assert verdict.refused == 0


@pytest.mark.slow
@pytest.mark.parametrize("model", STUDIES)
def test_the_full_form_passes_and_writes_its_section(model):
    verdicts = finish(PAGE, HEAD, list(STUDIES), model, STUDIES[model])
    assert verdicts[""].passed, verdicts[""].table.to_string()
    assert verdicts[""].refused <= STUDIES[model].refused * STUDIES[model].runs
    assert [defect for defect, verdict in verdicts.items() if defect and verdict.passed] == []


def test_an_interrupted_study_goes_on_and_leaves_other_sections_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(calibration_page, "STORE", tmp_path / "kept")
    page, made = tmp_path / "page.md", []

    def run(seed, defect):
        if len(made) == 25:
            made.append(None)
            raise KeyboardInterrupt
        made.append(seed)
        return {"a": 100 if defect else 5 * seed % 101}

    study = Study(run=run, runs=40, defects={"high": ("too high", 10)})
    page.write_text("old head\n\n## Before\n\nkept\n\n| a |\n", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        finish(page, "# Head", ["Mine", "Before"], "Mine", study)
    finish(page, "# Head", ["Mine", "Before"], "Mine", study)
    assert [seed for seed in made if seed is not None] == [*range(40), *range(10)]
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Head\n\n## Mine\n\nPassed: 40 posteriors, 0 refused")
    assert "| too high | 10 | 0 | " in text and "| caught |" in text
    assert text.endswith("\n## Before\n\nkept\n\n| a |\n")
    assert not list((tmp_path / "kept").iterdir())
