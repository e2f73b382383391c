"""Posteriors of unequal spread are calibrated; defects are seen."""

import pytest

from tests.fit.bayes.calibration import judge
from tests.fit.bayes.calibration_forms import unequal_run

QUICK, FULL = 200, 500


def test_ranks_of_unequal_spread_are_uniform():
    verdict = judge([unequal_run(seed) for seed in range(QUICK)])
    assert verdict.passed, verdict.table.to_string()
    assert verdict.refused <= 0.04 * QUICK


@pytest.mark.parametrize("defect", ["prior", "sign"])
def test_a_seeded_defect_of_groups_is_caught(defect):
    assert not judge([unequal_run(seed, defect) for seed in range(QUICK)]).passed


@pytest.mark.slow
def test_the_full_form_passes():
    verdict = judge([unequal_run(seed) for seed in range(FULL)])
    assert verdict.passed, verdict.table.to_string()
