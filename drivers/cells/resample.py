"""Bootstrap multipliers for cells: what is resampled, and how often each piece counts in each draw."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.cells.collapse import Cells

FloatArray = NDArray[np.float64]

MAX_UNITS = 8192
"""Above this many cells, cells are dealt at random into this many blocks; the relative error that adds to a
standard deviation is about 1/sqrt(2 * 8192), or 0.8 %."""

BLOCK = 4_000_000
"""Multipliers held in memory at a time."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Units:
    """What one bootstrap multiplier belongs to: a cell, a random block of cells, or a declared PSU.

    ``index`` (m,) unit of each cell; ``shape`` (G,) effective number of respondents in a unit,
    (sum w)^2 / sum w^2; ``sum_w`` (G,); ``stratum`` (G,) code of the unit's stratum; ``kind`` in words;
    ``lonely`` strata with a single PSU, which cannot vary and so count as certain.
    """

    index: NDArray[np.intp]
    shape: FloatArray
    sum_w: FloatArray
    stratum: NDArray[np.intp]
    kind: str
    lonely: int = 0

    def __len__(self) -> int:
        return len(self.shape)


def resampling_units(cells: Cells, rng: np.random.Generator, max_units: int = MAX_UNITS) -> Units:
    """Decide what is resampled: declared PSUs, else cells, else random blocks of cells within strata.

    Parameters
    ----------
    cells : Cells
        The cells of one analysis, m rows.
    rng : numpy.random.Generator
        Deals cells into blocks when there are more than `max_units`.
    max_units : int
        Most units that are not PSUs.

    Returns
    -------
    Units
        With PSUs: one unit per (stratum, PSU).
    """
    m = len(cells)
    strata = _codes(cells.keys[cells.stratum]) if cells.stratum else np.zeros(m, dtype=np.intp)
    if cells.psu:
        index = _codes(pd.Series(list(zip(strata, cells.keys[cells.psu], strict=True))))
        kind = "PSUs within strata (Rao-Wu)" if cells.stratum else "PSUs (Rao-Wu)"
    elif m > max_units:
        # equal respondents per block, not equal cells: a block of only thin cells would say little
        dealt = rng.permutation(m) % max_units
        index = _codes(pd.Series(strata * max_units + dealt))
        kind = f"{index.max() + 1:,} random blocks of cells"
    else:
        index, kind = np.arange(m, dtype=np.intp), "cells"
    count = int(index.max()) + 1 if m else 0
    sum_w = np.bincount(index, weights=cells.sum_w, minlength=count)
    sum_w2 = np.bincount(index, weights=cells.sum_w2, minlength=count)
    shape = np.divide(sum_w**2, sum_w2, out=np.zeros(count), where=sum_w2 > 0)
    stratum = np.zeros(count, dtype=np.intp)
    stratum[index] = strata
    lonely = int((np.bincount(stratum) == 1).sum()) if cells.psu else 0
    return Units(index=index, shape=shape, sum_w=sum_w, stratum=stratum, kind=kind, lonely=lonely)


def multipliers(units: Units, draws: int, rng: np.random.Generator, psu: bool) -> Iterator[FloatArray]:
    """Yield blocks of bootstrap multipliers, one row per draw and one column per unit, each with mean 1.

    Cells and blocks get gamma multipliers with the variance of their weights: the Bayesian bootstrap (Rubin 1981)
    when weights are equal inside a unit, matched in mean and variance otherwise; within strata they are rescaled
    so that a stratum's weight stays what it is. PSUs are drawn n_h - 1 of n_h with replacement within their
    stratum and rescaled by n_h / (n_h - 1) (Rao & Wu 1988); a stratum's only PSU keeps multiplier 1.

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

    Yields
    ------
    ndarray, shape (s, G)
        Consecutive draws; the s add up to S.

    References
    ----------
    .. [1] Rubin (1981). The Bayesian bootstrap. Annals of Statistics 9(1), 130-134. doi:10.1214/aos/1176345338
    .. [2] Rao & Wu (1988). Resampling inference with complex survey data. JASA 83(401), 231-241.
       doi:10.1080/01621459.1988.10478591
    """
    step = max(1, BLOCK // max(1, len(units)))
    for start in range(0, draws, step):
        s = min(step, draws - start)
        yield _rao_wu(units, s, rng) if psu else _gamma(units, s, rng)


def _gamma(units: Units, s: int, rng: np.random.Generator) -> FloatArray:
    safe = np.where(units.shape > 0, units.shape, 1.0)
    drawn = rng.standard_gamma(safe, size=(s, len(units))) / safe
    for h in range(int(units.stratum.max()) + 1 if units.stratum.any() else 0):
        inside = units.stratum == h
        weight = units.sum_w[inside]
        drawn[:, inside] *= weight.sum() / (drawn[:, inside] @ weight)[:, None]
    return drawn


def _rao_wu(units: Units, s: int, rng: np.random.Generator) -> FloatArray:
    drawn = np.ones((s, len(units)))
    for h in range(int(units.stratum.max()) + 1):
        inside = np.flatnonzero(units.stratum == h)
        n_h = len(inside)
        if n_h > 1:
            counts = rng.multinomial(n_h - 1, np.full(n_h, 1 / n_h), size=s)
            drawn[:, inside] = counts * (n_h / (n_h - 1))
    return drawn


def _codes(column: pd.Series) -> NDArray[np.intp]:
    return pd.factorize(column, use_na_sentinel=False)[0].astype(np.intp)
