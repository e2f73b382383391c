"""`WaveDraws`: what differs between the waves of a dynamic model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class WaveDraws:
    """What differs between the T waves of a dynamic model, in order of time; draws start with (chain, draw).

    ``column`` is the wave column and ``names`` (T,) its waves; ``n`` (T,) respondents. ``slopes`` (C, D, T, p) of the
    drivers in each wave; ``shift`` (C, D, T) of the latent outcome against the latest wave, season included, so that
    ``P(y <= k) = F(cuts_k - shift_t - x'slopes_t)`` with the cuts of the fit's draws, or added to the intercept of a
    linear model. ``pace`` (C, D, p + 1) is the standard deviation of a step from wave to wave, of slopes and, last, of
    the level; ``season`` (C, D, S) what goes with the season alone, adding up to zero, None without. ``walk`` names the
    distribution of steps. ``x_mean`` (T, p) and ``x_cov`` (T, p, p) of the drivers. Where slopes vary by segment too,
    every wave is averaged over segments by the shares of the latest, and ``x_cov`` is that within segments.
    """

    column: str
    names: tuple[str, ...]
    n: FloatArray
    slopes: FloatArray
    shift: FloatArray
    pace: FloatArray
    season: FloatArray | None
    walk: str
    x_mean: FloatArray
    x_cov: FloatArray

    def __repr__(self) -> str:
        """Give the size in place of the arrays."""
        return f"<WaveDraws: {len(self.names)} waves of {self.column}>"

    def index(self, rows: pd.DataFrame) -> NDArray[np.intp]:
        """Return the place (m,) of each of `rows` among the waves, -1 where it belongs to none."""
        place = {name: at for at, name in enumerate(self.names)}
        return np.array([place.get(str(value), -1) for value in rows[self.column]], dtype=np.intp)
