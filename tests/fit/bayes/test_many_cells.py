"""Where every answer pattern is one of a kind: shortcuts that must not show."""

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.fit.bayes import posterior, target
from drivers.fit.bayes.posterior import driver_moments
from tests.fit.bayes.calibration import sample_of

N, DRIVERS = 9000, 6


@pytest.fixture(scope="module")
def answers():
    rng = np.random.default_rng(3)
    x = np.round(5 + rng.normal(size=(N, DRIVERS)) + rng.normal(size=(N, 1)), 1)
    y = np.digitize(x @ np.linspace(0.5, 0, DRIVERS) + rng.normal(size=N), [5, 6.5, 8.5, 10]) + 1
    table = pd.DataFrame(x, columns=[f"d{j}" for j in range(DRIVERS)]).assign(y=y)
    items = {"y": {"scale": (1, 5)}}
    return dr.read(table, dr.Survey(drivers=tuple(table.columns[:-1]), outcomes=("y",), items=items))


def test_a_sample_of_cells_gives_the_posterior_of_all(answers, monkeypatch):
    quick = dr.fit(answers, model="ordinal", engine="bayes")
    monkeypatch.setattr(target, "MOST_PATTERNS", N)
    whole = dr.fit(answers, model="ordinal", engine="bayes")
    assert 0 < quick.diagnostics["density_error"] < 0.05
    assert "Densities from a sample of the answer patterns" in " ".join(quick.summary().split())
    assert whole.diagnostics["density_error"] == 0
    spread = np.sqrt(np.diag(whole.model_cov))
    assert (np.abs(quick.estimate - whole.estimate) < 4 * spread * np.sqrt(2 / 4000)).all()
    np.testing.assert_allclose(np.sqrt(np.diag(quick.model_cov)), spread, rtol=0.06)


def test_a_sample_that_is_not_accurate_enough_is_not_used(answers, monkeypatch):
    monkeypatch.setattr(target, "LARGEST_ERROR", 1e-6)
    assert dr.fit(answers, model="ordinal", engine="bayes", draws=100).diagnostics["density_error"] == 0


def test_moments_of_many_cells_spread_as_the_bootstraps(monkeypatch):
    rng = np.random.default_rng(4)
    values = rng.gamma(2.0, size=(2000, 4)) @ rng.normal(size=(4, 4))  # skewed, so that fourth moments matter
    sample = sample_of(values)
    means, covs, _ = driver_moments(sample, 4000, 1)
    monkeypatch.setattr(posterior, "MANY_CELLS", 100)
    normal_means, normal_covs, kind = driver_moments(sample, 4000, 1)
    assert kind == "the posterior"
    np.testing.assert_allclose(normal_means.mean(axis=0), means.mean(axis=0), atol=4 * means.std(axis=0).max() / 60)
    np.testing.assert_allclose(normal_means.std(axis=0), means.std(axis=0), rtol=0.06)
    np.testing.assert_allclose(normal_covs.std(axis=0), covs.std(axis=0), rtol=0.06)
    error = covs.std(axis=0) / np.sqrt(2000)
    assert (np.abs(normal_covs.mean(axis=0) - covs.mean(axis=0)) < 5 * error).all()
