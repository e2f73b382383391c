"""`SpreadDraws`: latent level and spread of the groups of a model with unequal variance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.fit.segment_draws import written

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class SpreadDraws:
    """Latent level and spread of G groups; draws start with (chain, draw).

    ``P(y <= k) = F((cuts_k - level_g - x'slopes) / spread_g)`` with cuts and slopes of the fit's draws. ``level``
    (C, D, G) adds up to 0 over groups and ``spread`` (C, D, G) multiplies to 1: the latent unit is that of the average
    group, every group counted once. ``column`` holds the groups, ``names`` (G,) are they in words, ``n`` (G,) their
    respondents and ``share`` (C, D, G) their part of the population.
    """

    column: str
    names: tuple[str, ...]
    n: FloatArray
    level: FloatArray
    spread: FloatArray
    share: FloatArray

    def __repr__(self) -> str:
        """Give the size in place of the arrays."""
        return f"<SpreadDraws: {len(self.names)} groups of {self.column}>"

    @property
    def columns(self) -> tuple[str]:
        """The column, as segments have theirs."""
        return (self.column,)

    def index(self, rows: pd.DataFrame) -> NDArray[np.intp]:
        """Return the place (m,) of each of `rows` among the groups, -1 where it belongs to none."""
        place = {name: at for at, name in enumerate(self.names)}
        return np.array([place.get(written(value), -1) for value in rows[self.column]], dtype=np.intp)

    def of(self, place: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        """Return level and spread (C, D, m) of people whose groups are `place` (m,)."""
        return self.level[:, :, place], self.spread[:, :, place]

    def point(self) -> tuple[FloatArray, FloatArray]:
        """Return posterior means (1, 1, G) of levels, and the spreads at the means of their logarithms."""
        level = self.level.mean(axis=(0, 1), keepdims=True)
        return level, np.exp(np.log(self.spread).mean(axis=(0, 1), keepdims=True))
