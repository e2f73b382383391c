"""What-ifs beside the true effects of the simulated population, known by integration."""

import importlib
import sys

import numpy as np
import pytest


@pytest.fixture(scope="module")
def coverage(root):
    sys.path.insert(0, str(root / "benchmarks"))
    try:
        return importlib.import_module("scenario_coverage")
    finally:
        sys.path.pop(0)


@pytest.mark.parametrize("engine", ["posterior", "bootstrap"])
def test_a_dozen_surveys_lie_about_the_truth(coverage, engine):
    made = np.array([coverage.one_survey(100 + i, engine, "satisfaction") for i in range(12)])
    for a, (_, truth) in enumerate(coverage.ACTIONS.values()):
        for k, measure in enumerate(("mean", "top2")):
            point = made[:, a, k, 0]
            error = point.std(ddof=1) / np.sqrt(len(point))
            assert abs(point.mean() - getattr(truth, measure)) < 4 * error


@pytest.mark.slow
@pytest.mark.parametrize("outcome", ["satisfaction", "recommend"])
def test_bias_and_coverage_hold(coverage, outcome):
    _, broken = coverage.run("posterior", outcome, 300)
    assert broken == 0
