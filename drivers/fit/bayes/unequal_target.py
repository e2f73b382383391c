"""Log posterior of a cumulative model whose groups differ in latent level and spread, with exact derivatives."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from drivers.fit.bayes.density import Density
from drivers.fit.bayes.group_priors import GroupPriors
from drivers.fit.bayes.target import LARGEST_ERROR, MOST_PATTERNS, SAMPLED_CELLS, OrderedTarget, ordered_target
from drivers.fit.regression.ordered import LATENT_SD
from drivers.stats.cumulative import IntArray, Link, cell_scores, log_density
from drivers.stats.cumulative_batch import Patterns, driver_patterns, loglik_draws
from drivers.stats.difference_estimator import DifferenceEstimator, difference_estimator
from drivers.stats.prior_density import PriorArrays, prior_derivatives
from drivers.stats.segment_density import cumulative_segments, segment_patterns

FloatArray = NDArray[np.float64]


FARTHEST = 50.0
"""Log spreads beyond this are taken for it: the prior puts them a hundred standard deviations away."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupCells:
    """Cells of one group: their ``place`` (m,) among all, ``x`` (m, p), ``y`` (m,), ``weight`` (m,), and patterns."""

    place: IntArray
    x: FloatArray
    y: IntArray
    weight: FloatArray
    patterns: Patterns


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnequalTarget:
    """Posterior in ``phi``: coordinates of the model without groups, then levels, then log spreads.

    ``P(y <= k) = F((tau_k - level_g - x'b) / exp(z_g))``. ``flat`` is the model without groups: it holds the priors of
    slopes and thresholds and their coordinates. Levels and log spreads add up to 0 over the G groups; ``basis``
    (G, G - 1) has orthonormal columns, so that their G - 1 coordinates are independent normals of the scales
    ``priors``. Within a group the model is the plain one in (b, tau - level) / spread, from where the derivatives come.
    Where ``sampled``, `values` come from a part of the cells.
    """

    flat: OrderedTarget
    groups: tuple[GroupCells, ...]
    basis: FloatArray
    priors: tuple[float, float]
    sampled: tuple[DifferenceEstimator, ...] = ()

    @property
    def slopes(self) -> int:
        """Number of slopes p."""
        return self.flat.slopes

    @property
    def size(self) -> int:
        """Number of coordinates of the model without groups, p + q."""
        return len(self.flat.prior.scale)

    @property
    def start(self) -> FloatArray:
        """That of the model without groups; no differences between them."""
        return np.append(self.flat.start, np.zeros(2 * self.basis.shape[1]))

    def theta(self, phi: FloatArray) -> FloatArray:
        """Return slopes, thresholds, levels (G) and log spreads (G) of coordinates `phi` (..., t)."""
        t, g = self.size, self.basis.shape[1]
        return np.concatenate(
            [self.flat.theta(phi[..., :t]), phi[..., t : t + g] @ self.basis.T, phi[..., t + g :] @ self.basis.T],
            axis=-1,
        )

    def phi(self, theta: FloatArray) -> FloatArray:
        """Return the coordinates (..., t) of `theta` (..., p + q + 2 G)."""
        t, g = self.size, len(self.groups)
        return np.concatenate(
            [self.flat.phi(theta[..., :t]), theta[..., t : t + g] @ self.basis, theta[..., t + g :] @ self.basis],
            axis=-1,
        )

    def expand(self, phi: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return the log density at `phi` (t,), its gradient (t,) and its Hessian (t, t)."""
        theta, jacobian, t = self.theta(phi), self.jacobian(phi), self.size
        value, gradient, hessian = self._likelihood(theta)
        first, second = prior_derivatives(self.flat.prior, theta[:t])
        gradient[:t] += first
        hessian[range(t), range(t)] += second
        pulled, out = gradient @ jacobian, jacobian.T @ hessian @ jacobian
        steps = self._steps
        out[steps, steps] += pulled[steps]  # a log step bends every threshold it moves by the step
        pulled[steps] += 1.0
        rest, precision = phi[t:], self._precision
        pulled[t:] -= precision * rest
        out[range(t, len(phi)), range(t, len(phi))] -= precision
        return value + float(self._beside(phi, theta)), pulled, out

    def values(self, phi: FloatArray) -> FloatArray:
        """Return the log density (s,) at every row of `phi` (s, t)."""
        theta = self.theta(phi)
        inside = [self._within(theta, g) for g in range(len(self.groups))]
        if self.sampled:
            parts = [one.values(at)[0] for one, at in zip(self.sampled, inside, strict=True)]
        else:
            parts = [
                loglik_draws(one.patterns, at, self.flat.link) for one, at in zip(self.groups, inside, strict=True)
            ]
        return np.asarray(np.sum(parts, axis=0) + self._beside(phi, theta))

    def near(self, mode: FloatArray, information: FloatArray, rng: np.random.Generator) -> tuple[Self, float]:
        """Return the density from a sample of each group's cells, where they are many and a sample will do.

        `mode` (t,) is where the density is largest and `information` (t, t) minus its Hessian there; `rng` draws. The
        second value is the error of the log density, on average over the posterior; 0 where all cells are used.
        """
        if sum(len(one.patterns.x) for one in self.groups) <= MOST_PATTERNS:
            return self, 0.0
        at = self.theta(mode)
        sampled = tuple(
            difference_estimator(one.x, one.y, one.weight, self._within(at, g), self.flat.link, SAMPLED_CELLS, rng)
            for g, one in enumerate(self.groups)
        )
        root = np.linalg.cholesky(np.linalg.inv(information))
        tried = self.theta(mode + rng.standard_normal((200, len(mode))) @ root.T)
        errors = [one.values(self._within(tried, g))[1] for g, one in enumerate(sampled)]
        error = float(np.sqrt((np.array(errors) ** 2).sum(axis=0).mean()))
        return (replace(self, sampled=sampled), error) if error <= LARGEST_ERROR else (self, 0.0)

    def jacobian(self, phi: FloatArray) -> FloatArray:
        """Return the derivative (p + q + 2 G, t) of `theta` in the coordinates `phi` (t,)."""
        t, (g, free) = self.size, self.basis.shape
        out = np.zeros((t + 2 * g, t + 2 * free))
        out[:t, :t] = self.flat.jacobian(phi[:t])
        out[t : t + g, t : t + free] = out[t + g :, t + free :] = self.basis
        return out

    def scores(self, phi: FloatArray) -> FloatArray:
        """Return the gradient (m, t) of each cell's log-probability at `phi` (t,), per unit of weight."""
        theta, p, t = self.theta(phi), self.slopes, self.size
        out = np.zeros((len(self.flat.y), t + 2 * len(self.groups)))
        for g, one in enumerate(self.groups):
            at, inverse = self._within(theta, g), float(self._inverse(theta, g))
            own = cell_scores(one.x, one.y, at[:p], at[p:], self.flat.link)
            out[one.place, :t] = own * inverse
            out[one.place, t + g] = -own[:, p:].sum(axis=1) * inverse
            out[one.place, t + len(self.groups) + g] = -own @ at
        return out @ self.jacobian(phi)

    def loglik(self, phi: FloatArray) -> float:
        """Return the log-likelihood at `phi` (t,)."""
        return self._likelihood(self.theta(phi))[0]

    def prior_information(self, phi: FloatArray) -> FloatArray:
        """Return minus the Hessian (t, t) of the log prior at `phi` (t,), where it bends inwards."""
        t = self.size
        jacobian = self.flat.jacobian(phi[:t])
        second = prior_derivatives(self.flat.prior, self.flat.theta(phi[:t]))[1]
        out = np.diag(np.append(np.zeros(t), self._precision))
        out[:t, :t] = (jacobian.T * np.maximum(-second, 0.0)) @ jacobian
        return out

    def chain_density(self, mode: FloatArray, names: Sequence[str]) -> Density:
        """Return the density for Markov chains that start around `mode` (t,); `names` (p,) are of the drivers."""
        p, t, g = self.slopes, self.size, len(self.groups)
        group = np.zeros(len(self.flat.y), dtype=np.intp)
        for at, one in enumerate(self.groups):
            group[one.place] = at
        patterns = segment_patterns(self.flat.x, self.flat.y, group, self.flat.weight, t - p)
        steps, precision = self._steps, self._precision

        def value(phi: FloatArray) -> tuple[float, FloatArray]:
            theta = self.theta(phi)
            found, pull = cumulative_segments(
                patterns, np.tile(theta[:p], (g, 1)), theta[t : t + g], theta[p:t], self.flat.link, theta[t + g :]
            )
            own = np.concatenate([pull.slopes.sum(axis=0), pull.cuts])
            own += prior_derivatives(self.flat.prior, theta[:t])[0]
            head = own @ self.flat.jacobian(phi[:t])
            head[steps] += 1.0
            tail = np.concatenate([pull.shift @ self.basis, pull.log_sd @ self.basis]) - precision * phi[t:]
            return found + float(self._beside(phi, theta)), np.concatenate([head, tail])

        def expand(phi: FloatArray) -> Mapping[str, FloatArray]:
            theta = self.theta(phi)
            return {
                "slopes": theta[..., :p], "cuts": theta[..., p:t], "level": theta[..., t : t + g],
                "log_spread": theta[..., t + g :],
            }

        return Density(
            value=value, expand=expand, start=mode, reach=np.ones(len(mode)),
            dims={"slopes": ("driver",), "cuts": ("cut",), "level": ("group",), "log_spread": ("group",)},
            coords={
                "driver": tuple(names), "cut": tuple(f"{k + 1}|{k + 2}" for k in range(t - p)),
                "group": tuple(range(g)),
            },
        )

    def from_chains(self, draws: Mapping[str, FloatArray]) -> FloatArray:
        """Return the coordinates (C, D, t) of `draws` by name."""
        return self.phi(np.concatenate([draws[name] for name in ("slopes", "cuts", "level", "log_spread")], axis=-1))

    @property
    def _steps(self) -> NDArray[np.intp]:
        return np.delete(np.arange(self.slopes, self.size), self.flat.anchor)

    @property
    def _precision(self) -> FloatArray:
        """Of the normal priors of the coordinates of levels and log spreads."""
        return np.repeat(1 / np.array(self.priors) ** 2, self.basis.shape[1])

    def _within(self, theta: FloatArray, g: int) -> FloatArray:
        """Return slopes and thresholds (..., p + q) of the plain model that holds within group `g`."""
        p, t = self.slopes, self.size
        out = theta[..., :t].copy()
        out[..., p:] -= theta[..., t + g, None]
        out *= self._inverse(theta, g)[..., None]
        return out

    def _inverse(self, theta: FloatArray, g: int) -> FloatArray:
        """Return 1 over the spread (...) of group `g`; a step of Newton may ask far beyond what numbers hold."""
        return np.asarray(np.exp(-np.clip(theta[..., self.size + len(self.groups) + g], -FARTHEST, FARTHEST)))

    def _likelihood(self, theta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return the log-likelihood with derivatives in `theta`, group by group through the plain model."""
        p, t, count = self.slopes, self.size, len(self.groups)
        value, gradient, hessian = 0.0, np.zeros(len(theta)), np.zeros((len(theta), len(theta)))
        for g, one in enumerate(self.groups):
            at = self._within(theta, g)
            found, first, second = log_density(one.x, one.y, one.weight, at, self.flat.link)
            into = np.zeros((t, len(theta)))  # how slopes and thresholds within move
            inverse = float(self._inverse(theta, g))
            into[range(t), range(t)] = inverse
            into[p:, t + g] = -inverse
            into[:, t + count + g] = -at
            value += found
            gradient += first @ into
            hessian += into.T @ second @ into
            bend = -first @ into  # a log spread bends everything it divides
            bend[t + count + g] = 0.0
            hessian[t + count + g] += bend
            hessian[:, t + count + g] += bend
            hessian[t + count + g, t + count + g] += first @ at
        return value, gradient, hessian

    def _beside(self, phi: FloatArray, theta: FloatArray) -> FloatArray:
        """Return what stands beside the likelihood: log prior and log Jacobian."""
        t, free = self.size, self.basis.shape[1]
        rest = phi[..., t:]
        constant = -free * (math.log(2 * math.pi) + math.log(self.priors[0] * self.priors[1]))
        return np.asarray(
            self.flat.beside_draws(phi[..., :t], theta[..., :t]) + constant
            - 0.5 * (rest**2 * self._precision).sum(axis=-1)
        )


def unequal_target(
    x: FloatArray, y: IntArray, group: IntArray, weight: FloatArray, q: int, link: Link, prior: PriorArrays,
    groups: GroupPriors,
) -> UnequalTarget:
    """Return the posterior of a cumulative model with unequal spread.

    Parameters
    ----------
    x : ndarray, shape (m, p)
        Drivers, one row per cell.
    y : ndarray of int, shape (m,)
        Outcome category 0..q.
    group : ndarray of int, shape (m,)
        Group of each cell, from 0, none of them empty.
    weight : ndarray, shape (m,)
        Weight of each cell.
    q : int
        Number of thresholds, 2 or more.
    link : {"logit", "probit"}
        The distribution of the latent error.
    prior : PriorArrays
        Of p slopes and q thresholds of the average group.
    groups : GroupPriors
        Of levels and log spreads, with latent standard deviations as the unit of levels.

    Returns
    -------
    UnequalTarget
        Normalised up to the evidence.
    """
    parts = []
    for g in range(int(group.max()) + 1):
        place = np.flatnonzero(group == g)
        own = np.ascontiguousarray(x[place])
        parts.append(GroupCells(
            place=place, x=own, y=y[place], weight=weight[place], patterns=driver_patterns(own, y[place],
            weight[place], q),
        ))
    return UnequalTarget(
        flat=ordered_target(x, y, weight, q, link, prior), groups=tuple(parts), basis=zero_sum_basis(len(parts)),
        priors=groups.scales(LATENT_SD[link]),
    )


def zero_sum_basis(g: int) -> FloatArray:
    """Return orthonormal columns (`g`, `g` - 1) that each add up to 0."""
    out = np.zeros((g, g - 1))
    for j in range(g - 1):
        out[: j + 1, j] = 1.0
        out[j + 1, j] = -(j + 1.0)
        out[:, j] /= math.sqrt((j + 1.0) * (j + 2.0))
    return out
