"""`StepDraws`: how far each step of a driver's scale goes, where steps need not be equal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class StepDraws:
    """Parts that J drivers' steps have of their whole way; draws start with (chain, draw).

    ``drivers`` (J,) are their names and ``places`` (J,) where they stand among all; ``low`` (J,) the lowest point
    answered and ``count`` (J,) how many steps of one point there are from it to the highest. ``parts`` (C, D, J, N)
    add up to 1 over a driver's steps, 0 behind its last. A driver counts with ``low + count * sum of the parts below``
    in place of its points: that is the point itself where steps are equal, and lies on the straight line between two
    points in between. Answers outside those given count as the nearest that was.
    """

    drivers: tuple[str, ...]
    places: IntArray
    low: FloatArray
    count: IntArray
    parts: FloatArray

    def __repr__(self) -> str:
        """Give the size in place of the arrays."""
        return f"<StepDraws: steps of {', '.join(self.drivers)}>"

    def point(self) -> FloatArray:
        """Return the posterior means (1, 1, J, N) of the parts."""
        return self.parts.mean(axis=(0, 1), keepdims=True)

    def climbed(self, j: int, x: FloatArray) -> FloatArray:
        """Return how much (m, n) of each step people have behind them who answer `x` (m,) to the driver `j` of J."""
        return climbed(x, float(self.low[j]), int(self.count[j]))

    def added(self, slopes: FloatArray, x: FloatArray, parts: FloatArray | None = None) -> FloatArray:
        """Return what unequal steps add to the latent mean.

        Parameters
        ----------
        slopes : ndarray, shape (C, D, p)
            Of all drivers, per average step.
        x : ndarray, shape (m, p)
            Answers.
        parts : ndarray, shape (C, D, J, N), optional
            Those of the draws otherwise.

        Returns
        -------
        ndarray, shape (C, D, m)
            To add to ``x'slopes``; 0 where steps are equal.
        """
        of = self.parts if parts is None else parts
        out = np.zeros((*slopes.shape[:2], len(x)))
        for j, place in enumerate(self.places):
            n = int(self.count[j])
            scale = self.low[j] + n * (of[:, :, j, :n] @ self.climbed(j, x[:, place]).T)
            out += slopes[:, :, [place]] * (scale - x[:, place])
        return out

    def widened(self, x: FloatArray) -> FloatArray:
        """Return drivers `x` (m, p) with a column for every step of those that have steps (m, P), in their places."""
        mine = {int(place): j for j, place in enumerate(self.places)}
        return np.column_stack([
            self.climbed(mine[k], x[:, k]) if k in mine else x[:, k] for k in range(x.shape[1])
        ])

    def wide_slopes(self, slopes: FloatArray, parts: FloatArray | None = None) -> tuple[FloatArray, FloatArray]:
        """Return slopes (C, D, P) of `widened` drivers and what stands beside them (C, D).

        `slopes` (C, D, p) are per average step; `parts` (C, D, J, N) those of the draws otherwise.
        """
        of = self.parts if parts is None else parts
        mine = {int(place): j for j, place in enumerate(self.places)}
        pieces = [
            slopes[..., [k]] * self.count[mine[k]] * of[:, :, mine[k], : self.count[mine[k]]] if k in mine
            else slopes[..., [k]] for k in range(slopes.shape[-1])
        ]
        return np.concatenate(pieces, axis=-1), slopes[..., self.places] @ self.low


def climbed(x: FloatArray, low: float, n: int) -> FloatArray:
    """Return how much (m, `n`) of each step from `low` up people have behind them who answer `x` (m,)."""
    return np.asarray(np.clip(x[:, None] - low - np.arange(n), 0.0, 1.0))
