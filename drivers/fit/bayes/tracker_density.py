"""Log density of slopes and levels that vary by segment and walk from wave to wave, with its gradient.

Segment g in wave t has the slopes ``common + walk_t + effect_g``, and a level of the same form: segments differ by the
same amount in every wave. Coordinates are those of the two models apart, the flat part's first, then the effects' of
`drivers.stats.correlated_effects`, then the walk's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.fit.bayes.density import Density
from drivers.fit.bayes.dynamic_density import Dynamic
from drivers.fit.bayes.hierarchy import Hierarchy, _Effects
from drivers.fit.bayes.target import GaussianTarget, OrderedTarget
from drivers.stats.cumulative import IntArray
from drivers.stats.quick_prior import QuickPrior, ordered_point, ordered_pull
from drivers.stats.segment_density import SegmentPatterns, SegmentSquares, cumulative_segments, gaussian_segments

FloatArray = NDArray[np.float64]
Value = Callable[[FloatArray], tuple[float, FloatArray]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tracker:
    """The two models it is made of, which share their flat part, and the answers by pair of segment and wave.

    ``hierarchy`` holds priors and coordinates of segments, ``dynamic`` those of waves. ``data`` are the answers of the
    K pairs that occur, which have the places ``segment`` (K,) and ``wave`` (K,).
    """

    hierarchy: Hierarchy
    dynamic: Dynamic
    data: SegmentPatterns | SegmentSquares
    segment: IntArray
    wave: IntArray

    @property
    def size(self) -> int:
        """Coordinates t."""
        return self.hierarchy.size + self.dynamic.walk.size

    def density(self, mode: FloatArray) -> Density:
        """Return the density for chains that start around the flat model's `mode` (t,)."""
        first, second, t = self.hierarchy.density(mode), self.dynamic.density(mode), len(mode)
        value = self._gaussian() if isinstance(self.hierarchy.flat, GaussianTarget) else self._ordered()
        return Density(
            value=value, expand=self.expand, start=np.concatenate([first.start, second.start[t:]]),
            reach=np.concatenate([first.reach, second.reach[t:]]), dims={**first.dims, **second.dims},
            coords={**first.coords, **second.coords},
            words="; ".join(filter(None, (self.hierarchy.words, self.dynamic.words))),
        )

    def expand(self, phi: FloatArray) -> Mapping[str, FloatArray]:
        """Return parameters by name of coordinates `phi` (..., t)."""
        inner = self.hierarchy.size
        return {**self.hierarchy.expand(phi[..., :inner]), **self.dynamic.walk.expand(phi[..., inner:])}

    def _ordered(self) -> Value:
        flat, data, over, prior = self.hierarchy.flat, self.data, _Pairs(self), QuickPrior(self.hierarchy.flat.prior)
        assert isinstance(flat, OrderedTarget) and isinstance(data, SegmentPatterns)
        p, t = flat.slopes, len(flat.prior.scale)
        steps, orders = np.delete(np.arange(p, t), flat.anchor), math.lgamma(t - p + 1)

        def value(phi: FloatArray) -> tuple[float, FloatArray]:
            own = phi[:t]
            theta = ordered_point(own, p, flat.anchor)
            found, slopes, shift, pieces = over.forward(phi, theta[:p])
            loglik, pull = cumulative_segments(data, slopes, shift, theta[p:], flat.link)
            beside, gradient = prior(theta)
            gradient[:p] += pull.slopes.sum(axis=0)
            gradient[p:] += pull.cuts
            head = ordered_pull(own, p, flat.anchor, gradient)
            tail = over.back(phi, pull.slopes, pull.shift, pieces)
            return loglik + found + beside + orders + float(own[steps].sum()), np.concatenate([head, *tail])

        return value

    def _gaussian(self) -> Value:
        flat, data, over, prior = self.hierarchy.flat, self.data, _Pairs(self), QuickPrior(self.hierarchy.flat.prior)
        assert isinstance(flat, GaussianTarget) and isinstance(data, SegmentSquares)
        t = len(flat.prior.scale)
        half = math.log(2.0) if math.isfinite(flat.prior.scale[-1]) else 0.0

        def value(phi: FloatArray) -> tuple[float, FloatArray]:
            own = phi[:t]
            sigma = math.exp(own[-1])
            found, slopes, level, pieces = over.forward(phi, own[:-2])
            spread = np.full(len(level), own[-1])
            loglik, d_slopes, d_level, d_spread = gaussian_segments(data, slopes, own[-2] + level, spread)
            beside, head = prior(np.append(own[:-1], sigma))
            head[-1] = head[-1] * sigma + 1.0 + d_spread.sum()
            head[-2] += d_level.sum()
            head[:-2] += d_slopes.sum(axis=0)
            tail = over.back(phi, d_slopes, d_level, pieces)
            return loglik + found + beside + half + float(own[-1]), np.concatenate([head, *tail])

        return value


class _Pairs:
    """From coordinates of effects and walks to slopes of pairs of segment and wave, and derivatives the way back."""

    def __init__(self, tracker: Tracker) -> None:
        self._split = tracker.hierarchy.size
        self._parts = tracker.hierarchy._parts
        self._effects = _Effects(tracker.hierarchy)
        self._walk = tracker.dynamic.walk
        self._segment, self._wave = tracker.segment, tracker.wave
        groups, waves = len(tracker.hierarchy.segments.groups), self._walk.waves
        self._of_segment = np.asarray(np.arange(groups)[:, None] == tracker.segment, dtype=np.float64)
        self._of_wave = np.asarray(np.arange(waves)[:, None] == tracker.wave, dtype=np.float64)

    def forward(
        self, phi: FloatArray, common: FloatArray
    ) -> tuple[float, FloatArray, FloatArray, tuple[list[FloatArray], FloatArray]]:
        """Return the log density beside the flat part, slopes (K, p), levels (K,), and gradients of that density."""
        found, by_segment, level, own = self._effects.forward(self._parts(phi[: self._split]), common)
        moved, beside, walk = self._walk.forward(phi[self._split :])
        slopes, v = by_segment[self._segment], walk.shape[1] - 1
        slopes[:, :v] += walk[self._wave, :v]
        return found + moved, slopes, level[self._segment] + walk[self._wave, v], (own, beside)

    def back(
        self, phi: FloatArray, d_slopes: FloatArray, d_level: FloatArray, own: tuple[list[FloatArray], FloatArray]
    ) -> list[FloatArray]:
        """Return the gradient in the coordinates of every segment column, and of the walk."""
        v = self._walk.columns - 1
        effects = self._effects.back(
            self._parts(phi[: self._split]), self._of_segment @ d_slopes, self._of_segment @ d_level, own[0]
        )
        d_walk = self._of_wave @ np.column_stack([d_slopes[:, :v], d_level])
        return [*effects, own[1] + self._walk.back(phi[self._split :], d_walk)]
