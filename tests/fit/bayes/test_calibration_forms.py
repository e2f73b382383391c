"""Posteriors of unequal spread and of unequal steps are calibrated; defects are seen."""

import pytest

from tests.fit.bayes.calibration import judge
from tests.fit.bayes.calibration_forms import monotone_run, unequal_run

QUICK = 200
RUNS = {"spread": unequal_run, "steps": monotone_run}
REFUSED = {"spread": 0.04, "steps": 0.08}
"""Parts of surveys of 90 that Laplace's approximation is refused for; steps may be hardly taken by anybody."""


@pytest.mark.parametrize("model", RUNS)
def test_ranks_are_uniform(model):
    verdict = judge([RUNS[model](seed) for seed in range(QUICK)])
    assert verdict.passed, verdict.table.to_string()
    assert verdict.refused <= REFUSED[model] * QUICK


@pytest.mark.parametrize(("model", "defect"), [
    ("spread", "prior"), ("spread", "sign"), ("steps", "prior"), ("steps", "steps"),
])
def test_a_seeded_defect_is_caught(model, defect):
    assert not judge([RUNS[model](seed, defect) for seed in range(QUICK)]).passed
