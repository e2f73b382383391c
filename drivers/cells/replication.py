"""Replicate weights of cells: they add up like weights, so a cell holds one sum per replicate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.stats.replicates import replicate_multipliers
from drivers.survey.replicates import declared_factors
from drivers.survey.schema import Survey

FloatArray = NDArray[np.float64]
Rows = NDArray[np.bool_] | NDArray[np.intp]

STEP = 4_000_000
"""Multipliers held in memory at a time."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Replication:
    """``weights`` (m, R) sums of replicate weights per cell; ``factor`` (R,) of each squared deviation; ``scheme``."""

    weights: FloatArray
    factor: FloatArray
    scheme: str

    def take(self, rows: Rows, share: FloatArray | None = None) -> Replication:
        """Return the replicate weights of some cells, `rows`, times `share` (one number per cell) if given."""
        taken = self.weights[rows]
        taken = taken if share is None else taken * share[:, None]
        return Replication(weights=taken, factor=self.factor, scheme=self.scheme)

    @property
    def kind(self) -> str:
        """What the draws are, in words."""
        return f"{len(self.factor):,} replicate weights ({self.scheme})"

    @property
    def df(self) -> int:
        """Degrees of freedom: linearly independent replicates less one, as R's survey package counts them."""
        return max(int(np.linalg.matrix_rank(self.weights.T @ self.weights, hermitian=True)) - 1, 1)

    def multipliers(self, sum_w: FloatArray) -> FloatArray:
        """Return replicate over full weight (R, m) of cells with weights `sum_w` (m,); 1 where there is no weight."""
        held = sum_w > 0
        ratio = self.weights[held] / sum_w[held, None]
        out = np.ones((len(self.factor), len(sum_w)))
        out[:, held] = ratio.T
        return out

    def draws(self, sum_w: FloatArray, count: int, rng: np.random.Generator) -> Iterator[FloatArray]:
        """Yield blocks (s, m) of multipliers of `sum_w` (m,) that spread as estimates do.

        Parameters
        ----------
        sum_w : ndarray, shape (m,)
            Weights of the cells.
        count : int
            Draws of a jackknife; half-samples and bootstraps give one per replicate.
        rng : numpy.random.Generator
            For the jackknife.

        Yields
        ------
        ndarray, shape (s, m)
            Consecutive draws.
        """
        step = max(1, STEP // max(1, len(sum_w)))
        ratio = self.multipliers(sum_w).T
        if self.scheme not in ("JK1", "JKn"):
            yield replicate_multipliers(ratio, self.factor, self.scheme, count, rng)
            return
        for start in range(0, count, step):
            yield replicate_multipliers(ratio, self.factor, self.scheme, min(step, count - start), rng)


def replication_of(survey: Survey, weights: FloatArray) -> Replication | None:
    """Put replicate weights and what the `survey` says of them together; None where it declares none.

    Parameters
    ----------
    survey : Survey
        Declares the scheme.
    weights : ndarray, shape (m, R)
        Sums per cell.

    Returns
    -------
    Replication or None
        With the factor of every replicate.

    Raises
    ------
    InputError
        If there is a single replicate, or another number of them than of declared scales.
    """
    factor = declared_factors(survey, weights.shape[1])
    if factor is None or survey.replicate_scheme is None:
        return None
    return Replication(weights=weights, factor=factor, scheme=survey.replicate_scheme)
