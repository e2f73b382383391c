"""What each driver of a group contributes: the group's share split by the Owen value, and the drivers' own slopes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.importance.blocks import Blocks

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """Members of groups, group by group: names (m,) of ``drivers`` and of the ``groups`` they are in.

    ``estimate`` (m,) and ``shares`` (S, m) are parts of the outcome's variance that add up to the group's LMG share;
    NaN where the measure has no split. ``slope_estimate`` (m,) and ``slopes`` (S, m) are per point of the driver.
    """

    drivers: tuple[str, ...]
    groups: tuple[str, ...]
    labels: Mapping[str, str]
    estimate: FloatArray
    shares: FloatArray
    slope_estimate: FloatArray
    slopes: FloatArray
    level: float

    def tidy(self) -> pd.DataFrame:
        """Return one row per member: ``group``, ``driver``, ``label``, ``share`` and ``slope`` with their intervals."""
        tails = [(1 - self.level) / 2, (1 + self.level) / 2]
        (low, high), (slope_low, slope_high) = (np.quantile(v, tails, axis=0) for v in (self.shares, self.slopes))
        return pd.DataFrame({
            "group": list(self.groups), "driver": list(self.drivers),
            "label": [self.labels.get(name, name) for name in self.drivers],
            "share": self.estimate, "low": low, "high": high,
            "slope": self.slope_estimate, "slope_low": slope_low, "slope_high": slope_high,
        })


def owen_members(point: FloatArray, stack: FloatArray, blocks: Blocks) -> tuple[FloatArray, FloatArray] | None:
    """Split groups among their members.

    Parameters
    ----------
    point : ndarray, shape (p + 1, p + 1)
        Covariances of the drivers and, last, the outcome.
    stack : ndarray, shape (S, p + 1, p + 1)
        The same by draw.
    blocks : Blocks
        Rows of which some hold several drivers, and always-in drivers.

    Returns
    -------
    tuple of ndarray or None
        Owen values (m,) and (S, m) of the members of groups, in the order of `members_of_groups`; None where there
        are too many for them.
    """
    from drivers.stats.owen import MOST_DECISIONS, owen

    widest = max(len(places) for places in blocks.members)
    if len(blocks.members) - 1 + widest > MOST_DECISIONS or len(stack) << (len(blocks.members) - 1 + widest) > 2**32:
        return None
    rest = [j for j in range(point.shape[-1] - 1) if j not in blocks.always]
    groups = [list(places) for places in blocks.members]
    columns = [rest.index(place) for _, place in members_of_groups(blocks)]
    one, many = (owen(cov, groups=groups, always=blocks.always)[..., columns] for cov in (point, stack))
    return one, many


def members_of_groups(blocks: Blocks) -> list[tuple[str, int]]:
    """Return (group, position) of every driver that shares a row of `blocks` with others."""
    rows = zip(blocks.names, blocks.members, strict=True)
    return [(name, place) for name, places in rows if len(places) > 1 for place in places]
