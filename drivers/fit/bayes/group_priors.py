"""Priors of how groups of unequal spread differ, on scales people can judge."""

from __future__ import annotations

import math
from dataclasses import dataclass

from drivers.defaults import PRIOR_GROUP_LEVEL, PRIOR_GROUP_SPREAD
from drivers.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPriors:
    """Priors of the groups of a model with unequal spread; both are of the difference between any two groups.

    ``level`` is the standard deviation of the difference between two groups' latent levels, in latent standard
    deviations, ``spread`` that of the difference between the logarithms of their latent spreads. Levels, and logarithms
    of spreads, add up to 0 over groups, so that no group is a reference and their order does not matter.
    """

    level: float = PRIOR_GROUP_LEVEL
    spread: float = PRIOR_GROUP_SPREAD

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) and value > 0 for value in (self.level, self.spread)):
            raise InputError(f"{self!r}: both must be above 0.")

    def scales(self, unit: float) -> tuple[float, float]:
        """Return the scales of zero-sum normals of levels and log spreads where a latent sd is `unit` wide."""
        return self.level * unit / math.sqrt(2), self.spread / math.sqrt(2)

    def words(self) -> str:
        """Return them as they are usually written."""
        return (
            f"difference between two groups' levels normal(0, {self.level:g}), between the logarithms of their spreads "
            f"normal(0, {self.spread:g})"
        )
