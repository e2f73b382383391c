"""Means under the design of cells, and means of means: everything a gap score is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.stats.domain_mean import DomainMean, domain_mean

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DesignMeans:
    """Takes means of values on ``cells`` under their design; ``stratum`` and ``psu`` are codes (m,), None without."""

    cells: Cells
    stratum: NDArray[np.int64] | None
    psu: NDArray[np.int64] | None

    def mean(self, values: FloatArray, inside: BoolArray) -> DomainMean:
        """Return the mean of `values` (m,) over the cells `inside` (m,)."""
        cells, replication = self.cells, self.cells.replication
        return domain_mean(
            np.where(inside, values, 0.0), inside & (cells.sum_w > 0), cells.sum_w, cells.sum_w2, cells.n,
            self.stratum, self.psu, cells.keys[cells.fpc].to_numpy(np.float64) if cells.fpc else None, cells.lonely,
            replication.weights if replication else None, replication.factor if replication else None,
        )

    def influence(self, values: FloatArray, inside: BoolArray) -> tuple[float, FloatArray]:
        """Return the mean of `values` over `inside`, and how far (m,) a cell's unit of weight moves it."""
        load = np.where(inside, self.cells.sum_w, 0.0)
        total = load.sum()
        if not total > 0:
            return float("nan"), np.zeros(len(load))
        centre = float(load @ np.where(inside, values, 0.0) / total)
        return centre, np.where(inside, values - centre, 0.0) / total

    def spread(self, influence: FloatArray, inside: BoolArray) -> DomainMean:
        """Return the precision of an estimate with a given `influence` (m,) by cell, from the cells `inside`."""
        total = float(self.cells.sum_w[inside].sum())
        return self.mean(influence * total, inside)


def design_means(cells: Cells) -> DesignMeans:
    """Return what takes means on `cells` under their design."""
    def codes(column: str | None) -> NDArray[np.int64] | None:
        if column is None:
            return None
        return pd.factorize(cells.keys[column], use_na_sentinel=False)[0].astype(np.int64)

    return DesignMeans(cells=cells, stratum=codes(cells.stratum), psu=codes(cells.psu))
