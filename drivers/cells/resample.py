"""Bootstrap multipliers for cells: what is resampled, and how often each piece counts in each draw."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.cells.collapse import Cells

FloatArray = NDArray[np.float64]

MAX_UNITS = 8192
"""Above this many cells, cells share multipliers by half-blocks; the relative error that adds to a standard
deviation is about 1/sqrt(2 * 4096), or 1.1 %."""

FEWEST_BLOCKS = 32
"""Blocks a stratum is dealt into at least; strata with fewer than twice as many cells are not dealt at all."""

BLOCK = 4_000_000
"""Multipliers held in memory at a time."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Units:
    """What one bootstrap multiplier belongs to: a cell, half a block of cells, or a declared PSU.

    ``index`` (m,) unit of each cell; ``shape`` (G,) one over the variance of a unit's multiplier: the effective
    number of respondents, (sum w)^2 / sum w^2, of a cell (within strata less two in n); ``sum_w`` (G,); ``stratum``
    (G,) code of the unit's stratum; ``kind`` in words; ``lonely`` strata with a single PSU, or a single respondent;
    ``free`` (G,) marks their units where the rule is to centre them: they vary on their own. ``block`` (G,) is the
    block a unit is half of and ``side`` (G,) which half, -1 or 1; both are -1 and 0 for a unit on its own. ``left``
    (G,) is the part of the stratum's population that was not sampled, where it is finite.
    """

    index: NDArray[np.intp]
    shape: FloatArray
    sum_w: FloatArray
    stratum: NDArray[np.intp]
    kind: str
    block: NDArray[np.intp]
    side: FloatArray
    lonely: int = 0
    left: FloatArray | None = None
    free: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.shape)


def resampling_units(cells: Cells, rng: np.random.Generator, max_units: int = MAX_UNITS) -> Units:
    """Decide what is resampled: declared PSUs, else cells, else halves of random blocks of cells within strata.

    Parameters
    ----------
    cells : Cells
        The cells of one analysis, m rows.
    rng : numpy.random.Generator
        Deals cells into half-blocks when there are more than `max_units`.
    max_units : int
        About the most units that are not PSUs; every stratum may add two.

    Returns
    -------
    Units
        With PSUs: one unit per (stratum, PSU). With replicate weights: the cells, for those weights to be applied to.
    """
    m = len(cells)
    if cells.replication:
        return _units(cells, np.zeros(m, dtype=np.intp), np.arange(m), cells.replication.kind)
    units = _drawn_units(cells, rng, max_units)
    return replace(units, left=_unsampled(cells, units)) if cells.fpc else units


def _drawn_units(cells: Cells, rng: np.random.Generator, max_units: int) -> Units:
    m = len(cells)
    strata = _codes(cells.keys[cells.stratum]) if cells.stratum else np.zeros(m, dtype=np.intp)
    if cells.psu:
        index = _codes(pd.Series(list(zip(strata, cells.keys[cells.psu], strict=True))))
        kind = "PSUs within strata (Rao-Wu)" if cells.stratum else "PSUs (Rao-Wu)"
        units = _units(cells, strata, index, kind)
        return _lonely(cells, units, np.bincount(units.stratum) == 1)
    many = m > max_units
    units = _half_blocks(cells, strata, rng, max_units) if many else _units(cells, strata, np.arange(m), "cells")
    if not cells.stratum:
        return units
    # Dirichlet weights of total A have variance 1/(A + 1); n - 2 in place of n gives the unbiased 1/(n - 1)
    people = np.bincount(strata, weights=cells.n)
    less = np.maximum(people - 2, 0.1) / np.maximum(people, 1.0)
    shape = np.where(units.block < 0, units.shape * less[units.stratum], units.shape)
    return _lonely(cells, replace(units, shape=shape), people == 1)


def _lonely(cells: Cells, units: Units, alone: NDArray[np.bool_]) -> Units:
    free = alone[units.stratum] if cells.lonely == "centre" and alone.any() else None
    return replace(units, lonely=int(alone.sum()), free=free)


def _unsampled(cells: Cells, units: Units) -> FloatArray:
    """Return 1 - f (G,) of every unit's stratum: PSUs, or respondents, over those in its population."""
    strata = units.stratum[units.index]
    sampled = np.bincount(units.stratum) if cells.psu else np.bincount(strata, weights=cells.n)
    population = np.full(len(sampled), np.inf)
    population[strata] = cells.keys[cells.fpc].to_numpy(np.float64)
    left: FloatArray = np.maximum(1 - sampled / population, 0.0)[units.stratum]
    return left


def _units(cells: Cells, strata: NDArray[np.intp], index: NDArray[np.intp], kind: str) -> Units:
    """Gather cells into the units of `index`; the cells of a unit are alike, so that one variance serves them all."""
    count = int(index.max()) + 1 if len(index) else 0
    squares = np.bincount(index, weights=cells.sum_w**2, minlength=count)
    sum_w2 = np.bincount(index, weights=cells.sum_w2, minlength=count)
    stratum = np.zeros(count, dtype=np.intp)
    stratum[index] = strata
    return Units(
        index=index, shape=np.divide(squares, sum_w2, out=np.zeros(count), where=sum_w2 > 0),
        sum_w=np.bincount(index, weights=cells.sum_w, minlength=count), stratum=stratum, kind=kind,
        block=np.full(count, -1, dtype=np.intp), side=np.zeros(count),
    )


def _half_blocks(cells: Cells, strata: NDArray[np.intp], rng: np.random.Generator, most: int) -> Units:
    """Deal cells into blocks of the same effective size, and every block at random into two halves.

    The halves get multipliers 1 + e and 1 - e with the variance e has for one such cell. What the cells of a block
    add up to then has the variance of cells resampled one by one: products of different cells cancel on average,
    because each is as likely to share a half as not. (One gamma multiplier for a whole block would be too calm by
    the square root of the cells in it.) Cells larger than an average block, and those of small strata, stay alone.
    """
    m = len(cells)
    size = np.divide(cells.sum_w**2, cells.sum_w2, out=np.zeros(m), where=cells.sum_w2 > 0).round(6)
    in_stratum = np.bincount(strata)[strata]
    alone = (size > 2 * size.sum() / most) | (in_stratum < 2 * FEWEST_BLOCKS)
    rest = np.flatnonzero(~alone)
    room = max(most - int(alone.sum()), most // 2)
    order = rest[np.lexsort((rng.random(len(rest)), size[rest], strata[rest]))]
    per = np.minimum(-(-2 * len(rest) // room), in_stratum[order] // FEWEST_BLOCKS)
    place = np.arange(len(rest)) - np.searchsorted(strata[order], strata[order])
    label = 2 * m + np.arange(m)  # of a cell that stays alone
    label[order] = 2 * (np.cumsum(place % per == 0) - 1) + rng.integers(0, 2, len(rest))
    index, halves = pd.factorize(label)
    units = _units(cells, strata, index.astype(np.intp), "")
    single = halves >= 2 * m
    return replace(
        units, kind=f"{np.unique(halves[~single] // 2).size + int(single.sum()):,} random blocks of cells, in halves",
        block=np.where(single, -1, halves // 2), side=np.where(single, 0.0, halves % 2 * 2.0 - 1.0),
    )


def multipliers(
    units: Units, draws: int, rng: np.random.Generator, psu: bool, spread: float = 1.0
) -> Iterator[FloatArray]:
    """Yield blocks of bootstrap multipliers, one row per draw and one column per unit, each with mean 1.

    Cells get gamma multipliers with the variance of their weights: the Bayesian bootstrap (Rubin 1981) when weights
    are equal inside a cell, matched in mean and variance otherwise. The halves of a block get 1 + e and 1 - e, as
    half-samples do (McCarthy 1969), e being beta with that variance. Within strata both are rescaled so that a
    stratum's weight stays what it is. PSUs are drawn n_h - 1 of n_h with replacement within their
    stratum and rescaled by n_h / (n_h - 1) (Rao & Wu 1988). A stratum's only unit keeps multiplier 1 where
    it was declared certain; where it is centred at the mean of all, whose scores add up to nothing, its multiplier is
    exponential: variance 1, as linearised errors count it. In a finite population multipliers are drawn towards 1
    by the root of the part that was not sampled.

    Parameters
    ----------
    units : Units
        What is resampled, G units.
    draws : int
        Number of draws S.
    rng : numpy.random.Generator
        One generator per job, so results do not depend on the number of workers.
    psu : bool
        Whether the units are declared PSUs.
    spread : float
        Variance of the multipliers over what the design says; above 1 it makes up for residuals of a model being
        smaller than its errors. Fewer than n_h - 1 PSUs are then drawn, at least one.

    Yields
    ------
    ndarray, shape (s, G)
        Consecutive draws; the s add up to S.

    References
    ----------
    .. [1] Rubin (1981). The Bayesian bootstrap. Annals of Statistics 9(1), 130-134. doi:10.1214/aos/1176345338
    .. [2] McCarthy (1969). Pseudo-replication: half samples. Review of the International Statistical Institute 37(3),
       239-264. doi:10.2307/1402116
    .. [3] Rao & Wu (1988). Resampling inference with complex survey data. JASA 83(401), 231-241.
       doi:10.1080/01621459.1988.10478591
    """
    step = max(1, BLOCK // max(1, len(units)))
    units = units if psu else replace(units, shape=units.shape / spread)
    for start in range(0, draws, step):
        s = min(step, draws - start)
        drawn = _rao_wu(units, s, rng, spread) if psu else _smooth(units, s, rng)
        if units.free is not None:
            drawn[:, units.free] = rng.standard_gamma(1 / spread, size=(s, int(units.free.sum()))) * spread
        yield drawn if units.left is None else 1 + (drawn - 1) * np.sqrt(units.left)


def _smooth(units: Units, s: int, rng: np.random.Generator) -> FloatArray:
    alone = units.block < 0
    shape = np.where(units.shape > 0, units.shape, 1.0)[alone]
    single = rng.standard_gamma(shape, size=(s, len(shape)))
    single /= shape
    if alone.all():
        drawn = single
    else:
        drawn = np.empty((s, len(units)))
        drawn[:, alone] = single
        drawn[:, ~alone] = _balanced(units.block[~alone], units.side[~alone], units.shape[~alone], s, rng)
    for h in range(int(units.stratum.max()) + 1 if units.stratum.any() else 0):
        inside = units.stratum == h
        weight = units.sum_w[inside]
        drawn[:, inside] *= weight.sum() / (drawn[:, inside] @ weight)[:, None]
    return drawn


def _balanced(
    block: NDArray[np.intp], side: FloatArray, shape: FloatArray, s: int, rng: np.random.Generator
) -> FloatArray:
    size = np.ones(int(block.max()) + 1)
    np.maximum.at(size, block, shape)  # the halves of a block hold cells of one size
    half = np.maximum((size - 1) / 2, 1e-4)  # 2 beta(a, a) - 1 has variance 1 / (2a + 1)
    swing = 2 * rng.beta(half, half, size=(s, len(half))) - 1
    return np.asarray(1 + swing[:, block] * side)


def _rao_wu(units: Units, s: int, rng: np.random.Generator, spread: float) -> FloatArray:
    drawn = np.ones((s, len(units)))
    for h in range(int(units.stratum.max()) + 1):
        inside = np.flatnonzero(units.stratum == h)
        n_h = len(inside)
        if n_h > 1:
            size = _draw_sizes(n_h - 1, spread, s, rng)
            counts = rng.multinomial(size, np.full(n_h, 1 / n_h), size=s)
            drawn[:, inside] = counts * (n_h / size)[:, None]
    return drawn


def _draw_sizes(most: int, spread: float, s: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """PSUs to draw (s,): multipliers of m draws have variance `most` / m, which is `spread` on average."""
    few = min(max(int(most / spread + 1e-9), 1), most)
    if few == most:
        return np.full(s, few)
    share = (spread / most - 1 / (few + 1)) * few * (few + 1)
    return np.where(rng.random(s) < share, few, few + 1)


def _codes(column: pd.Series) -> NDArray[np.intp]:
    return pd.factorize(column, use_na_sentinel=False)[0].astype(np.intp)
