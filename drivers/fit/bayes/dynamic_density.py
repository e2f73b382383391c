"""Log density of slopes and level that walk from wave to wave around their average, with its gradient."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.fit.bayes.density import Density
from drivers.fit.bayes.target import GaussianTarget, OrderedTarget
from drivers.fit.bayes.walk import Walk
from drivers.stats.prior_density import prior_derivatives, prior_values
from drivers.stats.segment_density import SegmentPatterns, SegmentSquares, gaussian_segments
from drivers.stats.walk_density import cumulative_walk

FloatArray = NDArray[np.float64]

START_PACE = 0.03
"""Spread of steps where chains start, in latent standard deviations per standard deviation of a driver."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dynamic:
    """A dynamic posterior in standard units.

    ``flat`` is the same model with slopes and level held for all waves: it holds priors and coordinates of slopes and
    thresholds (or intercept and residual spread), which are those of the average wave. ``data`` are the answers by
    wave. The first ``walk.columns - 1`` columns have slopes that walk, those behind them (controls) one slope.
    """

    flat: OrderedTarget | GaussianTarget
    data: SegmentPatterns | SegmentSquares
    walk: Walk
    names: tuple[str, ...]
    waves: tuple[str, ...]
    words: str

    @property
    def size(self) -> int:
        """Coordinates t."""
        return len(self.flat.prior.scale) + self.walk.size

    def density(self, mode: FloatArray) -> Density:
        """Return the density for chains that start around the flat model's `mode` (t,)."""
        start = np.zeros(self.size)
        start[: len(mode)] = mode
        start[len(mode) : len(mode) + self.walk.columns] = np.log(START_PACE)
        reach = np.full(self.size, 0.5)
        reach[: len(mode)] = 0.05
        ordered = isinstance(self.flat, OrderedTarget)
        dims: dict[str, tuple[str, ...]] = {"slopes": ("driver",), "pace": ("moving",), "walk": ("wave", "moving")}
        coords: dict[str, tuple[object, ...]] = {
            "driver": self.names, "wave": self.waves, "moving": (*self.names[: self.walk.columns - 1], "level")
        }
        if ordered:
            dims["cuts"] = ("cut",)
            coords["cut"] = tuple(f"{k + 1}|{k + 2}" for k in range(len(mode) - len(self.names)))
        if self.walk.seasons:
            dims["season"] = ("quarter",)
            coords["quarter"] = tuple(range(1, self.walk.seasons + 1))
        return Density(
            value=self._ordered() if ordered else self._gaussian(), expand=self.expand, start=start, reach=reach,
            dims=dims, coords=coords, words=self.words,
        )

    def expand(self, phi: FloatArray) -> Mapping[str, FloatArray]:
        """Return parameters by name of coordinates `phi` (..., t)."""
        t = len(self.flat.prior.scale)
        own, beside = phi[..., :t], self.walk.expand(phi[..., t:])
        if isinstance(self.flat, GaussianTarget):
            return {"slopes": own[..., :-2], "intercept": own[..., -2], "error_sd": np.exp(own[..., -1]), **beside}
        theta, p = self.flat.theta(own), self.flat.slopes
        return {"slopes": theta[..., :p], "cuts": theta[..., p:], **beside}

    def _ordered(self) -> Callable[[FloatArray], tuple[float, FloatArray]]:
        flat, data, walk = self.flat, self.data, self.walk
        assert isinstance(flat, OrderedTarget) and isinstance(data, SegmentPatterns)
        prior = flat.prior
        orders = math.lgamma(data.count.shape[1])  # as many as the thresholds could have been drawn in
        constant = float(prior_values(prior, prior.location)) + orders
        quarter = np.zeros(walk.waves, dtype=np.intp) if walk.quarter is None else walk.quarter
        probit, rows, tail, scales = flat.link == "probit", walk.rows, walk.tail, walk.priors

        def value(phi: FloatArray) -> tuple[float, FloatArray]:
            out = np.empty(len(phi))
            found = cumulative_walk(
                phi, data.x, data.segment, data.count, probit, flat.anchor, prior.location, prior.scale, prior.df,
                *rows, tail, scales.pace, walk.basis, quarter, scales.season, out,
            )
            return found + constant, out

        return value

    def _gaussian(self) -> Callable[[FloatArray], tuple[float, FloatArray]]:
        flat, data, walk = self.flat, self.data, self.walk
        assert isinstance(flat, GaussianTarget) and isinstance(data, SegmentSquares)
        t, v = len(flat.prior.scale), walk.columns - 1

        def value(phi: FloatArray) -> tuple[float, FloatArray]:
            own = phi[:t]
            sigma = np.exp(own[-1])
            beside, tail, moved = walk.forward(phi[t:])
            slopes = np.tile(own[:-2], (walk.waves, 1))
            slopes[:, :v] += moved[:, :-1]
            spread = np.full(walk.waves, own[-1])
            loglik, d_slopes, d_level, d_spread = gaussian_segments(data, slopes, own[-2] + moved[:, -1], spread)
            theta = np.append(own[:-1], sigma)
            first = prior_derivatives(flat.prior, theta)[0]
            head = np.concatenate([d_slopes.sum(axis=0), [d_level.sum(), d_spread.sum()]])
            head[:-1] += first[:-1]
            head[-1] += first[-1] * sigma + 1.0
            prior = float(prior_values(flat.prior, theta)) + own[-1]
            prior += np.log(2.0) if np.isfinite(flat.prior.scale[-1]) else 0.0
            tail += walk.back(phi[t:], np.column_stack([d_slopes[:, :v], d_level]))
            return loglik + beside + prior, np.concatenate([head, tail])

        return value
