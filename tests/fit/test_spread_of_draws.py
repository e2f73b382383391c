"""Bootstrap draws make up for residuals that are smaller than errors: by how much, and that it is enough."""

import numpy as np
import pytest

from drivers.cells.resample import resampling_units
from drivers.fit.regression.linear import fit_linear
from drivers.fit.regression.sample import shrinkage, take_sample
from tests.cells.made import cells_of

ROUNDING = 1e-12


def factor(cells) -> float:
    sample = take_sample(cells, np.ones(len(cells), dtype=bool))
    return shrinkage(sample, resampling_units(sample.whole, np.random.default_rng(1)))


def test_people_of_one_weight_get_hc1_twice_whatever_the_weight():
    values = np.random.default_rng(1).normal(size=(80, 4))
    for weight in (1.0, 250.0):
        assert factor(cells_of(values, weight=np.full(80, weight))) == pytest.approx((80 / 76) ** 2, abs=ROUNDING)


def test_weights_count_by_their_squares():
    values = np.random.default_rng(1).normal(size=(100, 3))
    weight = np.where(np.arange(100) < 50, 3.0, 1.0)
    # (50 * 9 + 50)^2 / (50 * 81 + 50) = 60.98
    assert factor(cells_of(values, weight=weight)) == pytest.approx(1 / (1 - 3 * 4100 / 500**2) ** 2, abs=ROUNDING)


def test_psus_leave_psus_minus_strata_minus_slopes():
    values = np.random.default_rng(1).normal(size=(60, 4))
    psu = np.repeat(np.arange(20), 3)
    cells = cells_of(values, stratum=psu % 2, psu=psu)
    assert factor(cells) == pytest.approx(18 / 15, abs=ROUNDING)


def test_it_at_most_doubles_the_variance():
    values = np.random.default_rng(1).normal(size=(12, 9))
    assert factor(cells_of(values)) == 2.0
    assert factor(cells_of(values, psu=np.repeat(np.arange(4), 3))) == 2.0


def test_weighted_draws_spread_as_estimates_do():
    """600 samples of 60 with weights of CV 1.1: without the factor draws vary a fifth less than estimates."""
    estimates, variances, factors = [], [], []
    for seed in range(600):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(60, 2))
        values = np.column_stack([x, x @ [0.5, 0.2] + rng.normal(size=60)])
        cells = cells_of(values, weight=rng.lognormal(0, 0.9, 60))
        sample = take_sample(cells, np.ones(60, dtype=bool))
        fit = fit_linear(sample, draws=100, seed=seed)
        estimates.append(fit.estimate[:2])
        variances.append(fit.draws.slopes[0].var(axis=0, ddof=1))
        factors.append(factor(cells))
    truth = np.var(estimates, axis=0, ddof=1).mean()
    error = np.sqrt(2 / 1200)  # relative, of the variance of 600 pairs of estimates
    found = np.mean(variances) / truth
    assert 1 - 3 * error < found < 1.4  # above 1 as a t interval is, because the spread itself is uncertain
    bare = (np.mean(variances, axis=1) / factors).mean() / truth
    assert bare < 0.85  # the control: what draws without the factor would have
