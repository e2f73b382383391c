"""`SegmentDraws`: what differs between the segments of a hierarchical model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class SegmentDraws:
    """What differs between the G segments of a hierarchical model; draws start with (chain, draw).

    ``columns`` are the segment columns, ``groups`` (G,) the group of each in every segment and ``names`` (G,) both in
    words. ``slopes`` (C, D, G, p) of the drivers in each segment; ``shift`` (C, D, G) of the latent outcome, so that
    ``P(y <= k) = F(cuts_k - shift_g - x'slopes_g)`` with the cuts of the fit's draws, or added to the intercept of a
    linear model. ``share`` (C, D, G) of the population in each, by which `Fit.draws` averages slopes and shifts; ``n``
    (G,) respondents. ``spread`` (C, D, F, p) standard deviation of slopes over the groups of each of F columns,
    ``level_spread`` (C, D, F) that of the level of people with average answers, ``correlation`` (C, D, F, p (p-1) / 2)
    of slopes over groups: of the second driver with the first, of the third with both, and so on.
    ``alone`` (G, p) and ``alone_se`` (G, p) are the slopes of each segment by itself, ``shrinkage`` (G, p) the part of
    the way from there to the average that pooling takes them. ``x_mean`` (G, p) and ``x_cov`` (G, p, p) of the drivers.
    Where slopes walk over waves too, all are of the latest one: ``alone`` is each segment over all its waves, moved by
    as much as all segments moved since.
    """

    columns: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    names: tuple[str, ...]
    n: FloatArray
    slopes: FloatArray
    shift: FloatArray
    share: FloatArray
    spread: FloatArray
    level_spread: FloatArray
    correlation: FloatArray
    alone: FloatArray
    alone_se: FloatArray
    shrinkage: FloatArray
    x_mean: FloatArray
    x_cov: FloatArray

    def __repr__(self) -> str:
        """Give the size in place of the arrays."""
        return f"<SegmentDraws: {len(self.names)} segments by {' and '.join(self.columns)}>"

    def index(self, rows: pd.DataFrame) -> NDArray[np.intp]:
        """Return the place (m,) of each of `rows` among the segments, -1 where it belongs to none."""
        place = {group: at for at, group in enumerate(self.groups)}
        keys = zip(*([written(value) for value in rows[name]] for name in self.columns), strict=True)
        return np.array([place.get(key, -1) for key in keys], dtype=np.intp)


def written(value: object) -> str:
    """Return the group `value` of a segment column as text; whole numbers without a point."""
    return f"{value:g}" if isinstance(value, float) else str(value).strip()
