"""Log density of slopes and levels that vary by segment around those of the population, with its gradient."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from drivers.fit.bayes.density import Density
from drivers.fit.bayes.factors import Segments
from drivers.fit.bayes.priors import SegmentPriors
from drivers.fit.bayes.target import GaussianTarget, OrderedTarget
from drivers.stats.correlated_effects import EffectsShape, effects_constant, effects_kernel, effects_pull
from drivers.stats.hierarchy_density import cumulative_hierarchy
from drivers.stats.quick_prior import QuickPrior
from drivers.stats.segment_density import SegmentPatterns, SegmentSquares, gaussian_segments

FloatArray = NDArray[np.float64]

START_SPREAD = 0.1
"""Spread between segments where chains start, in latent standard deviations per standard deviation of a driver."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hierarchy:
    """A hierarchical posterior in standard units.

    ``flat`` is the same model without segments: it holds priors and coordinates of slopes and thresholds (or intercept
    and residual spread). ``data`` are the answers by segment. The first ``varying`` columns have effects of segments,
    those behind them (controls) have one slope for all; ``shapes`` has one entry per factor of ``segments``.
    """

    flat: OrderedTarget | GaussianTarget
    data: SegmentPatterns | SegmentSquares
    segments: Segments
    shapes: tuple[EffectsShape, ...]
    priors: SegmentPriors
    names: tuple[str, ...]
    words: str

    @property
    def size(self) -> int:
        """Coordinates t."""
        return len(self.flat.prior.scale) + sum(shape.size for shape in self.shapes)

    def density(self, mode: FloatArray) -> Density:
        """Return the density for chains that start around the flat model's `mode` (t,)."""
        start = np.zeros(self.size)
        start[: len(mode)] = mode
        reach = np.full(self.size, 0.3)
        reach[: len(mode)] = 0.1
        at = len(mode)
        for shape in self.shapes:
            level = at + shape.effects + shape.pairs + (shape.groups - 1) * shape.effects
            start[at : at + shape.effects] = start[level] = np.log(START_SPREAD)
            at += shape.size
        value = self._gaussian() if isinstance(self.flat, GaussianTarget) else self._ordered()
        dims, coords = self._dims()
        return Density(
            value=value, expand=self.expand, start=start, reach=reach, dims=dims, coords=coords, words=self.words
        )

    def expand(self, phi: FloatArray) -> Mapping[str, FloatArray]:
        """Return parameters by name of coordinates `phi` (..., t)."""
        t = len(self.flat.prior.scale)
        own = phi[..., :t]
        out: dict[str, FloatArray] = {}
        if isinstance(self.flat, GaussianTarget):
            out |= {"slopes": own[..., :-2], "intercept": own[..., -2], "error_sd": np.exp(own[..., -1])}
        else:
            theta, p = self.flat.theta(own), self.flat.slopes
            out |= {"slopes": theta[..., :p], "cuts": theta[..., p:]}
        for factor, shape, part in zip(self.segments.factors, self.shapes, self._parts(phi), strict=True):
            found = shape.expand(part)
            lower = np.tril_indices(shape.effects, -1)
            name = factor.column
            out |= {
                f"spread_{name}": found["spread"], f"level_spread_{name}": found["level_spread"],
                f"effect_{name}": found["effect"], f"level_{name}": found["level"],
            }
            if shape.pairs:
                out[f"correlation_{name}"] = found["correlation"][..., lower[0], lower[1]]
        return out

    def _dims(self) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[object, ...]]]:
        dims: dict[str, tuple[str, ...]] = {"slopes": ("driver",)}
        coords: dict[str, tuple[object, ...]] = {"driver": self.names}
        if isinstance(self.flat, OrderedTarget):
            dims["cuts"] = ("cut",)
            q = len(self.flat.prior.scale) - self.flat.slopes
            coords["cut"] = tuple(f"{k + 1}|{k + 2}" for k in range(q))
        r = self.shapes[0].effects
        coords["varying"] = self.names[:r]
        coords["pair"] = tuple(f"{self.names[i]}~{self.names[j]}" for i in range(r) for j in range(i))
        for factor in self.segments.factors:
            name = factor.column
            coords[name] = factor.groups
            dims |= {
                f"spread_{name}": ("varying",), f"effect_{name}": (name, "varying"), f"level_{name}": (name,),
                f"correlation_{name}": ("pair",),
            }
        return dims, coords

    def _parts(self, phi: FloatArray) -> list[FloatArray]:
        """Coordinates of each factor."""
        edges = accumulate([len(self.flat.prior.scale), *(shape.size for shape in self.shapes)])
        return [phi[..., a:b] for a, b in pairwise(edges)]

    def _ordered(self) -> Callable[[FloatArray], tuple[float, FloatArray]]:
        flat, data, prior = self.flat, self.data, QuickPrior(self.flat.prior)
        assert isinstance(flat, OrderedTarget) and isinstance(data, SegmentPatterns)
        scales = (self.priors.spread, self.priors.level_spread, self.priors.lkj)
        constant = prior.constant + math.lgamma(data.count.shape[1])  # orders thresholds could have been drawn in
        constant += sum(effects_constant(shape, *scales) for shape in self.shapes)
        member = np.array([factor.member for factor in self.segments.factors])
        bases = tuple(shape.basis() for shape in self.shapes)
        information, told = zip(*(shape.told() for shape in self.shapes), strict=True)
        probit = flat.link == "probit"

        def value(phi: FloatArray) -> tuple[float, FloatArray]:
            out = np.empty(len(phi))
            found = cumulative_hierarchy(
                phi, data.x, data.segment, data.count, probit, flat.anchor, *prior.arrays, self.shapes[0].effects,
                member, bases, information, told, *scales, out,
            )
            return found + constant, out

        return value

    def _gaussian(self) -> Callable[[FloatArray], tuple[float, FloatArray]]:
        flat, data, effects, prior = self.flat, self.data, _Effects(self), QuickPrior(self.flat.prior)
        assert isinstance(flat, GaussianTarget) and isinstance(data, SegmentSquares)
        t = len(flat.prior.scale)
        half = math.log(2.0) if math.isfinite(flat.prior.scale[-1]) else 0.0

        def value(phi: FloatArray) -> tuple[float, FloatArray]:
            own, parts = phi[:t], self._parts(phi)
            sigma = math.exp(own[-1])
            found, slopes, level, pieces = effects.forward(parts, own[:-2])
            spread = np.full(len(level), own[-1])
            loglik, d_slopes, d_level, d_spread = gaussian_segments(data, slopes, own[-2] + level, spread)
            beside, head = prior(np.append(own[:-1], sigma))
            head[-1] = head[-1] * sigma + 1.0 + d_spread.sum()
            head[-2] += d_level.sum()
            head[:-2] += d_slopes.sum(axis=0)
            tail = effects.back(parts, d_slopes, d_level, pieces)
            return loglik + found + beside + half + float(own[-1]), np.concatenate([head, *tail])

        return value


class _Effects:
    """From coordinates of effects to slopes of segments, and derivatives the way back."""

    def __init__(self, hierarchy: Hierarchy) -> None:
        self._shapes = hierarchy.shapes
        self._bases = [shape.basis() for shape in hierarchy.shapes]
        self._members = [factor.member for factor in hierarchy.segments.factors]
        self._indicators = [factor.indicator() for factor in hierarchy.segments.factors]
        priors = hierarchy.priors
        self._scales = (priors.spread, priors.level_spread, priors.lkj)
        self._segments = len(hierarchy.segments.groups)
        self._constant = sum(effects_constant(shape, *self._scales) for shape in hierarchy.shapes)

    def forward(
        self, parts: list[FloatArray], common: FloatArray
    ) -> tuple[float, FloatArray, FloatArray, list[FloatArray]]:
        """Return the log density of effects, slopes (H, p), levels (H,), and the gradients of that density."""
        slopes, level = np.tile(common, (self._segments, 1)), np.zeros(self._segments)
        whole, own = self._constant, []
        for shape, basis, member, phi in zip(self._shapes, self._bases, self._members, parts, strict=True):
            value, effect, shift, gradient = effects_kernel(shape, basis, phi, *self._scales)
            slopes[:, : shape.effects] += effect[member]
            level += shift[member]
            whole += value
            own.append(gradient)
        return whole, slopes, level, own

    def back(
        self, parts: list[FloatArray], d_slopes: FloatArray, d_level: FloatArray, own: list[FloatArray]
    ) -> list[FloatArray]:
        """Return the gradient in the coordinates of every factor."""
        return [
            gradient + effects_pull(
                shape, basis, phi, indicator @ d_slopes[:, : shape.effects], indicator @ d_level
            )
            for shape, basis, indicator, phi, gradient in zip(
                self._shapes, self._bases, self._indicators, parts, own, strict=True
            )
        ]
