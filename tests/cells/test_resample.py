"""Bootstrap multipliers: their mean, their variance for each design, and what they leave untouched."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.cells.collapse import Cells
from drivers.cells.resample import Units, multipliers, resampling_units
from tests.cells.made import cells_of

DRAWS = 4000
SD_ERROR = 1 / np.sqrt(2 * DRAWS)
"""Relative standard error of a standard deviation from that many normal draws: 1.1 %."""


def drawn(cells: Cells, seed: int = 1, draws: int = DRAWS, **options: int) -> np.ndarray:
    """Multipliers (draws, m), one column per cell."""
    rng = np.random.default_rng(seed)
    units = resampling_units(cells, rng, **options)
    blocks = list(multipliers(units, draws, rng, psu=cells.psu is not None))
    return np.concatenate(blocks)[:, units.index]


def weighted_mean_sd(cells: Cells, values: np.ndarray, **options: int) -> float:
    load = drawn(cells, **options) * cells.sum_w
    return float((load @ values / load.sum(axis=1)).std())


def merged(seed: int, m: int = 300) -> tuple[Cells, np.ndarray]:
    """Cells of one to thousands of respondents, with weights that differ inside a cell, and a value per cell.

    Small cells hold the odd answers: larger, and more often low - which is what makes blocks of cells hard.
    """
    rng = np.random.default_rng(seed)
    n = np.ceil(rng.pareto(0.8, m) + 1e-9).clip(1, 3000)
    weight = rng.uniform(0.5, 1.5, m)
    cells = cells_of(np.zeros((m, 1)))
    object.__setattr__(cells, "n", n)
    object.__setattr__(cells, "sum_w", n * weight)
    object.__setattr__(cells, "sum_w2", n * weight**2 * np.where(n > 1, 1.3, 1.0))
    return cells, rng.normal(size=m) * (1 + 2 / n) - 2 / n


def exact_sd(cells: Cells, values: np.ndarray) -> float:
    """The linearised standard error of the weighted mean, every respondent on their own."""
    away = values - cells.sum_w @ values / cells.sum_w.sum()
    return float(np.sqrt(cells.sum_w2 @ away**2) / cells.sum_w.sum())


@given(seed=st.integers(0, 1000))
def test_multipliers_are_positive_with_mean_one_whatever_the_units(seed):
    cells, _ = merged(seed, m=60)
    for options in ({}, {"max_units": 20}):
        draws = drawn(cells, seed, draws=400, **options)
        assert draws.min() >= 0
        sd = np.sqrt(cells.sum_w2) / cells.sum_w
        assert (np.abs(draws.mean(axis=0) - 1) < 6 * sd / np.sqrt(400)).all()


def test_a_cell_has_the_variance_of_its_weights():
    cells, _ = merged(1, m=40)
    found = drawn(cells).std(axis=0)
    expected = np.sqrt(cells.sum_w2) / cells.sum_w
    # gamma multipliers of a cell with one respondent are exponential: kurtosis 9 doubles the error of a deviation
    np.testing.assert_allclose(found, expected, rtol=4 * 2 * SD_ERROR)


def test_equal_weights_are_the_bayesian_bootstrap():
    """Rubin 1981: uniform Dirichlet weights give the mean a variance of s2 / (n + 1)."""
    values = np.random.default_rng(2).normal(size=25)
    found = weighted_mean_sd(cells_of(values[:, None]), values)
    assert found == pytest.approx(np.sqrt(values.var() / 26), rel=4 * SD_ERROR)


def test_cells_resample_like_their_rows():
    rng = np.random.default_rng(3)
    values = rng.integers(1, 6, 80).astype(float)
    rows = cells_of(values[:, None])
    points, n = np.unique(values, return_counts=True)
    cells = cells_of(points[:, None])
    for name in ("n", "sum_w", "sum_w2"):
        object.__setattr__(cells, name, n.astype(float))
    assert weighted_mean_sd(cells, points) == pytest.approx(weighted_mean_sd(rows, values), rel=6 * SD_ERROR)


@pytest.mark.parametrize("max_units", [100, 250])
def test_half_blocks_have_the_variance_of_single_cells(max_units):
    """Over many dealings, what the blocks say on average is what cells resampled one by one would say.

    The expected variance of a dealing is known without drawing: the sum over blocks of v (S+ - S-)^2.
    """
    cells, values = merged(4, m=800)
    score = cells.sum_w * (values - cells.sum_w @ values / cells.sum_w.sum())
    ratios = []
    for seed in range(400):
        units = resampling_units(cells, np.random.default_rng(seed), max_units)
        assert len(units) <= max_units + 2
        totals = np.bincount(units.index, weights=score, minlength=len(units))
        alone = units.block < 0
        swing = np.bincount(units.block[~alone], weights=(totals * units.side)[~alone])
        shape = np.ones(len(swing))
        np.maximum.at(shape, units.block[~alone], units.shape[~alone])
        variance = (swing**2 / shape).sum() + (totals**2 / units.shape)[alone].sum()
        ratios.append(variance / cells.sum_w.sum() ** 2 / exact_sd(cells, values) ** 2)
    error = np.std(ratios) / np.sqrt(len(ratios))
    assert np.mean(ratios) == pytest.approx(1.0, abs=4 * error + 0.01)  # sizes in a block differ a little
    assert error < 0.02


def test_one_multiplier_per_block_would_be_far_too_calm():
    """The mistake the halves guard against: gamma multipliers for whole blocks shrink by the root of the cells."""
    values = np.random.default_rng(5).normal(size=1000)
    cells = cells_of(values[:, None])
    index = np.arange(1000) % 100
    whole = Units(
        index=index.astype(np.intp), shape=np.full(100, 10.0), sum_w=np.full(100, 10.0),
        stratum=np.zeros(100, dtype=np.intp), kind="blocks", block=np.full(100, -1), side=np.zeros(100),
    )
    draws = np.concatenate(list(multipliers(whole, DRAWS, np.random.default_rng(1), psu=False)))[:, index]
    naive = (draws @ values / draws.sum(axis=1)).std()
    assert naive < 0.45 * exact_sd(cells, values)
    halves = weighted_mean_sd(cells, values, max_units=200)
    assert halves == pytest.approx(exact_sd(cells, values), rel=4 / np.sqrt(2 * 100))  # 100 blocks


@pytest.mark.parametrize("size", [2, 3, 5, 20])
@pytest.mark.parametrize("options", [{}, {"max_units": 20}])
def test_strata_keep_their_weight_and_small_ones_their_variance(size, options):
    rng = np.random.default_rng(size)
    count = 120 // size
    stratum = np.repeat(np.arange(count), size)
    values = rng.normal(size=size * count) + 5 * stratum
    weight = rng.uniform(1, 3, count)[stratum]
    cells = cells_of(values[:, None], weight=weight, stratum=stratum)
    load = drawn(cells, **options) * weight
    totals = np.stack([load[:, stratum == h].sum(axis=1) for h in range(count)])
    np.testing.assert_allclose(totals, np.broadcast_to(
        np.bincount(stratum, weights=weight)[:, None], totals.shape), rtol=1e-9)  # fmt: skip
    if options:
        return
    within = np.array([values[stratum == h].var(ddof=1) / size for h in range(count)])
    share = np.bincount(stratum, weights=weight) / weight.sum()
    exact = np.sqrt(share**2 @ within)
    # strata of two: 1 / (1 + A) with A = .1 instead of 0, 5 % less
    assert (load @ values / weight.sum()).std() == pytest.approx(exact, rel=4 * SD_ERROR + 0.05 * (size == 2))


def test_psus_are_rao_wu_within_strata():
    stratum = np.repeat([0, 1], [12, 9])
    psu = np.concatenate([np.repeat([1, 2, 3, 4], 3), np.repeat([1, 2, 3], 3)])  # labels are used again
    cells = cells_of(np.zeros((21, 1)), stratum=stratum, psu=psu)
    rng = np.random.default_rng(1)
    units = resampling_units(cells, rng)
    assert (len(units), units.lonely, units.kind) == (7, 0, "PSUs within strata (Rao-Wu)")
    draws = np.concatenate(list(multipliers(units, DRAWS, rng, psu=True)))
    for h, size in ((0, 4), (1, 3)):
        inside = draws[:, units.stratum == h]
        np.testing.assert_allclose(inside.sum(axis=1), size)
        assert set(np.unique((inside * (size - 1) / size).round(9))) <= set(range(size))
        # n_h - 1 of n_h: a multiplier has variance (n_h - 1) p (1 - p) (n_h / (n_h - 1))^2 = 1
        assert inside.var() == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize("spread", [1.02, 1.15, 1.6])
def test_draws_spread_further_by_as_much_as_asked(spread):
    psu = np.repeat(np.arange(20), 2)
    for cells, psus in ((cells_of(np.zeros((40, 1)), psu=psu), True), (cells_of(np.zeros((40, 1))), False)):
        rng = np.random.default_rng(3)
        units = resampling_units(cells, rng)
        draws = np.concatenate(list(multipliers(units, DRAWS, rng, psu=psus, spread=spread)))
        assert draws.min() >= 0
        assert draws.mean() == pytest.approx(1.0, abs=0.02)
        # 80,000 and 160,000 multipliers of kurtosis up to 9 and 12: errors of their variance are 1 %
        assert draws.var() == pytest.approx(spread, rel=0.03)


def test_strata_of_two_psus_cannot_spread_further_than_one_of_two():
    cells = cells_of(np.zeros((40, 1)), stratum=np.repeat(np.arange(10), 4), psu=np.repeat(np.arange(20), 2))
    units = resampling_units(cells, np.random.default_rng(4))
    draws = np.concatenate(list(multipliers(units, 200, np.random.default_rng(4), psu=True, spread=1.5)))
    assert set(np.unique(draws)) == {0.0, 2.0}


def test_a_lonely_psu_declared_certain_stays_and_is_counted():
    cells = cells_of(np.zeros((5, 1)), stratum=[0, 0, 0, 1, 1], psu=[1, 2, 3, 9, 9])
    units = resampling_units(replace(cells, lonely="certain"), np.random.default_rng(1))
    assert units.lonely == 1
    draws = np.concatenate(list(multipliers(units, 50, np.random.default_rng(2), psu=True)))
    assert (draws[:, units.index[3]] == 1).all()


def test_respondents_without_weight_do_not_break_the_draws():
    cells = cells_of(np.zeros((30, 1)), weight=np.where(np.arange(30) % 3, 1.0, 0.0), stratum=np.arange(30) % 2)
    for options in ({}, {"max_units": 10}):
        assert np.isfinite(drawn(cells, draws=200, **options)).all()


def test_the_same_seed_gives_the_same_draws_in_blocks_of_any_size(monkeypatch):
    cells, _ = merged(6, m=50)
    once = drawn(cells, seed=7, draws=30)
    monkeypatch.setattr("drivers.cells.resample.BLOCK", 50 * 4)
    np.testing.assert_array_equal(drawn(cells, seed=7, draws=30), once)
    assert not np.array_equal(drawn(cells, seed=8, draws=30), once)
