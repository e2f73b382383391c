"""Random walks of slopes and of the level across waves: their log density, and the way from coordinates to waves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from drivers.defaults import PRIOR_PACE, PRIOR_SEASON
from drivers.errors import InputError
from drivers.stats.walk_density import walk_back, walk_expand, walk_forward

FloatArray = NDArray[np.float64]
Innovations = Literal["normal", "student_t"]

TAIL = 4.0
"""Degrees of freedom of Student-t steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkPriors:
    """Priors of how slopes and level move, in standard units.

    ``pace`` is the scale of the half-normal standard deviation of a step, of every slope and of the level; ``season``
    the standard deviation of what goes with a season.
    """

    pace: float = PRIOR_PACE
    season: float = PRIOR_SEASON

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) and value > 0 for value in (self.pace, self.season)):
            raise InputError(f"{self!r}: both must be above 0.")

    def times(self, unit: float) -> WalkPriors:
        """Return them where a latent standard deviation is `unit` wide."""
        return WalkPriors(pace=self.pace * unit, season=self.season * unit)

    def words(self, innovations: Innovations, *, season: bool) -> str:
        """Return them as they are usually written; steps as `innovations`, with or without a `season`."""
        step = "normal" if innovations == "normal" else f"Student-t with {TAIL:g} degrees of freedom"
        seasons = f", seasons normal(0, {self.season:g}) and adding up to zero" if season else ""
        return (
            f"steps from wave to wave {step}, their spread half normal(0, {self.pace:g}) for each slope and the "
            f"level{seasons}"
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WaveInformation:
    """What waves tell about walks (T, v): ``seen`` (T, v) where they stand, up to a constant per column.

    ``information`` (v, v) is how surely all tell it together, ``part`` (T,) what each has of it.
    """

    part: FloatArray
    information: FloatArray
    seen: FloatArray


@dataclass(frozen=True, eq=False)
class Walk:
    """Walks over ``waves`` T of ``columns`` v: slopes of drivers and, last, the level.

    Value t of a column is a random walk with steps ``pace * e`` less its average over the waves, so the average stands
    beside it as a parameter of its own, with the prior a flat model has. Coordinates: v log paces, (T - 1) v of u, row
    by row, and S - 1 of the season. Without ``told`` u are the steps e themselves (not centred); with it they follow
    what the waves tell, which changes neither what `expand` says coordinates stand for in law, nor the density of that.
    ``quarter`` (T,) is the place of each wave in the year, None without a season.
    """

    waves: int
    columns: int
    innovations: Innovations
    priors: WalkPriors
    told: WaveInformation | None = None
    quarter: NDArray[np.intp] | None = None
    seasons: int = 0

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return self.waves * self.columns + max(self.seasons - 1, 0)

    @property
    def tail(self) -> float:
        """Degrees of freedom of a step; infinite where it is normal."""
        return TAIL if self.innovations == "student_t" else math.inf

    @cached_property
    def sums(self) -> FloatArray:
        """The matrix (T, T - 1) from steps to walks that average to zero."""
        lower = np.tril(np.ones((self.waves, self.waves - 1)), -1)
        return np.asarray(lower - lower.mean(axis=0))

    @cached_property
    def rows(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """What `walk_forward` needs: basis (T, T - 1), turn (T - 1, T - 1), information and what is told of rows."""
        rows, v = self.waves - 1, self.columns
        if self.told is None:
            return self.sums, np.eye(rows), np.zeros((rows, v, v)), np.zeros((rows, v))
        size, turn = np.linalg.eigh(self.sums.T @ (self.told.part[:, None] * self.sums))
        turn = np.ascontiguousarray(turn)
        basis = np.ascontiguousarray(self.sums @ turn)
        information = np.maximum(size, 0.0)[:, None, None] * self.told.information
        rows_seen = np.linalg.lstsq(basis, self.told.seen - self.told.seen.mean(axis=0))[0]
        return basis, turn, information, np.einsum("kij,kj->ki", information, rows_seen)

    @cached_property
    def basis(self) -> FloatArray:
        """Orthonormal columns (S, S - 1) that each add up to zero; (0, 0) without a season."""
        if not self.seasons:
            return np.empty((0, 0))
        whole = np.linalg.qr(np.column_stack([np.ones(self.seasons), np.eye(self.seasons)[:, 1:]]))[0]
        return np.ascontiguousarray(whole[:, 1:])

    def expand(self, phi: FloatArray) -> dict[str, FloatArray]:
        """Return what coordinates mean.

        Parameters
        ----------
        phi : ndarray, shape (..., size)
            Coordinates.

        Returns
        -------
        dict
            ``pace`` (..., v), ``walk`` (..., T, v) without the season, and with one ``season`` (..., S).
        """
        flat = np.ascontiguousarray(phi.reshape(-1, phi.shape[-1])[:, : self.waves * self.columns])
        walk = np.zeros((len(flat), self.waves, self.columns))
        basis, _, information, told = self.rows
        walk_expand(flat, basis, information, told, walk)
        out = {
            "pace": np.exp(phi[..., : self.columns]), "walk": walk.reshape(*phi.shape[:-1], self.waves, self.columns)
        }
        if self.seasons:
            out["season"] = phi[..., self.waves * self.columns :] @ self.basis.T
        return out

    def forward(self, phi: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return the log density at `phi` (size,), its gradient (size,), and walks (T, v), the season in the last."""
        v, t = self.columns, self.waves
        own, walk = np.zeros(len(phi)), np.empty((t, v))
        value = walk_forward(phi[: t * v], *self.rows, self.tail, self.priors.pace, own[: t * v], walk)
        if self.quarter is not None:
            z = phi[t * v :]
            value -= 0.5 * float(((z / self.priors.season) ** 2).sum())
            value -= len(z) * (0.5 * math.log(2 * math.pi) + math.log(self.priors.season))
            own[t * v :] = -z / self.priors.season**2
            walk[:, -1] += (self.basis @ z)[self.quarter]
        return value, own, walk

    def back(self, phi: FloatArray, d_walk: FloatArray) -> FloatArray:
        """Return the gradient (size,) at `phi` of whatever has the derivative `d_walk` (T, v) in the walks."""
        v, t = self.columns, self.waves
        out = np.zeros(len(phi))
        basis, _, information, told = self.rows
        walk_back(phi[: t * v], basis, information, told, np.ascontiguousarray(d_walk), out[: t * v])
        if self.quarter is not None:
            out[t * v :] = self.basis.T @ np.bincount(self.quarter, weights=d_walk[:, -1], minlength=self.seasons)
        return out

    def named(self, drawn: Mapping[str, FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Return slopes' walks (..., T, v - 1) and levels (..., T), season included, of `drawn` by `expand`."""
        level = drawn["walk"][..., -1]
        if self.seasons:
            level = level + drawn["season"][..., self.quarter]
        return drawn["walk"][..., :-1], level
