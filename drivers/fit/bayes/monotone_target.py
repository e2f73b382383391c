"""Log posterior of a cumulative model with drivers whose steps need not be equal, with exact derivatives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from drivers.fit.bayes.density import Density
from drivers.fit.bayes.target import LARGEST_ERROR, MOST_PATTERNS, SAMPLED_CELLS, OrderedTarget
from drivers.stats.cumulative import cell_scores, log_density
from drivers.stats.cumulative_batch import Patterns, driver_patterns, loglik_draws
from drivers.stats.difference_estimator import DifferenceEstimator, difference_estimator
from drivers.stats.prior_density import prior_derivatives
from drivers.stats.segment_density import cumulative_segments, segment_patterns
from drivers.stats.simplex import bend_of_parts, coordinates_of, log_normal, parts_of, slope_of_parts

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Way:
    """One driver's way up its scale: its ``place`` among the drivers and its ``steps`` n, two or more."""

    place: int
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MonotoneTarget:
    """Posterior in ``phi``: coordinates of the model with equal steps, then n - 1 for the steps of every way.

    What driver j adds is ``b_j sum_k zeta_jk v_jk``, where the parts zeta_j of its n steps add up to 1 and ``v_jk`` is
    the driver as it would be if step k were the whole way. ``flat`` is the model with equal steps, which is this one
    where all zeta are 1/n: it holds priors and coordinates of slopes and thresholds. ``wide`` (m, P) has a column for
    every driver that is linear and n columns for every way, in the order of the drivers. Parts are uniform on the
    simplex beforehand, in coordinates that are standard normals then (`drivers.stats.simplex`). Where ``sampled``,
    `values` come from a part of the cells.
    """

    flat: OrderedTarget
    wide: FloatArray
    patterns: Patterns
    ways: tuple[Way, ...]
    sampled: DifferenceEstimator | None = None

    @property
    def slopes(self) -> int:
        """Number of slopes p."""
        return self.flat.slopes

    @property
    def size(self) -> int:
        """Number of coordinates of the model with equal steps, p + q."""
        return len(self.flat.prior.scale)

    @property
    def start(self) -> FloatArray:
        """That of the model with equal steps."""
        equal = [coordinates_of(np.full(way.steps, 1 / way.steps)) for way in self.ways]
        return np.concatenate([self.flat.start, *equal])

    def parts(self, phi: FloatArray) -> list[FloatArray]:
        """Return the parts (..., n) of the steps of every way at `phi` (..., t)."""
        out, at = [], self.size
        for way in self.ways:
            out.append(parts_of(phi[..., at : at + way.steps - 1]))
            at += way.steps - 1
        return out

    def phi(self, theta: FloatArray, parts: Sequence[FloatArray]) -> FloatArray:
        """Return the coordinates (..., t) of slopes and thresholds `theta` (..., p + q) and `parts` of every way."""
        return np.concatenate([self.flat.phi(theta), *(coordinates_of(part) for part in parts)], axis=-1)

    def expand(self, phi: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return the log density at `phi` (t,), its gradient (t,) and its Hessian (t, t)."""
        t, theta, parts = self.size, self.flat.theta(phi[: self.size]), self.parts(phi)
        value, first, second = log_density(
            self.wide, self.flat.y, self.flat.weight, self._wide(theta, parts), self.flat.link
        )
        into = self._into(phi, theta, parts)
        gradient, hessian = first @ into, into.T @ second @ into
        for way, columns, place in zip(self.ways, self._columns(), self._places(), strict=True):
            pull, w = first[columns], phi[place]
            moved = slope_of_parts(w).T @ pull  # slope and steps bend each other
            hessian[way.place, place] += moved
            hessian[place, way.place] += moved
            hessian[place, place] += theta[way.place] * bend_of_parts(w, pull) - np.eye(len(w))
            gradient[place] -= w
        own, bent = prior_derivatives(self.flat.prior, theta)
        gradient[:t] += own
        hessian[range(t), range(t)] += bent
        jacobian, steps = self._jacobian(phi), self._steps
        pulled, out = gradient @ jacobian, jacobian.T @ hessian @ jacobian
        out[steps, steps] += pulled[steps]  # a log step bends every threshold it moves by the step
        pulled[steps] += 1.0
        return value + float(self._beside(phi, theta)), pulled, out

    def values(self, phi: FloatArray) -> FloatArray:
        """Return the log density (s,) at every row of `phi` (s, t)."""
        theta, parts = self.flat.theta(phi[:, : self.size]), self.parts(phi)
        wide = self._wide(theta, parts)
        found = loglik_draws(self.patterns, wide, self.flat.link) if self.sampled is None else (
            self.sampled.values(wide)[0]
        )
        return np.asarray(found + self._beside(phi, theta))

    def near(self, mode: FloatArray, information: FloatArray, rng: np.random.Generator) -> tuple[Self, float]:
        """Return the density from a sample of the cells, where they are many and a sample will do.

        `mode` (t,) is where the density is largest and `information` (t, t) minus its Hessian there; `rng` draws. The
        second value is the error of the log density, on average over the posterior; 0 where all cells are used.
        """
        if len(self.patterns.x) <= MOST_PATTERNS:
            return self, 0.0
        sampled = difference_estimator(
            self.wide, self.flat.y, self.flat.weight, self.terms(mode), self.flat.link, SAMPLED_CELLS, rng
        )
        root = np.linalg.cholesky(np.linalg.inv(information))
        _, errors = sampled.values(self.terms(mode + rng.standard_normal((200, len(mode))) @ root.T))
        error = float(np.sqrt((errors**2).mean()))
        return (replace(self, sampled=sampled), error) if error <= LARGEST_ERROR else (self, 0.0)

    def terms(self, phi: FloatArray) -> FloatArray:
        """Return the slopes of all columns of ``wide``, and thresholds (..., P + q), at `phi` (..., t)."""
        return self._wide(self.flat.theta(phi[..., : self.size]), self.parts(phi))

    def scores(self, phi: FloatArray) -> FloatArray:
        """Return the gradient (m, t) of each cell's log-probability at `phi` (t,), per unit of weight."""
        theta, parts, columns = self.flat.theta(phi[: self.size]), self.parts(phi), self.wide.shape[1]
        wide = self._wide(theta, parts)
        own = cell_scores(self.wide, self.flat.y, wide[:columns], wide[columns:], self.flat.link)
        return own @ self._into(phi, theta, parts) @ self._jacobian(phi)

    def loglik(self, phi: FloatArray) -> float:
        """Return the log-likelihood at `phi` (t,)."""
        return log_density(self.wide, self.flat.y, self.flat.weight, self.terms(phi), self.flat.link)[0]

    def prior_information(self, phi: FloatArray) -> FloatArray:
        """Return minus the Hessian (t, t) of the log prior at `phi` (t,), where it bends inwards."""
        t, jacobian = self.size, self.flat.jacobian(phi[: self.size])
        second = prior_derivatives(self.flat.prior, self.flat.theta(phi[:t]))[1]
        out = np.zeros((len(phi), len(phi)))
        out[:t, :t] = (jacobian.T * np.maximum(-second, 0.0)) @ jacobian
        out[range(t, len(phi)), range(t, len(phi))] = 1.0
        return out

    def chain_density(self, mode: FloatArray, names: Sequence[str]) -> Density:
        """Return the density for Markov chains that start around `mode` (t,); `names` (p,) are of the drivers."""
        t, columns, steps = self.size, self.wide.shape[1], self._steps
        none = np.zeros(len(self.flat.y), dtype=np.intp)
        patterns = segment_patterns(self.wide, self.flat.y, none, self.flat.weight, t - self.slopes)

        def value(phi: FloatArray) -> tuple[float, FloatArray]:
            theta, parts = self.flat.theta(phi[:t]), self.parts(phi)
            wide = self._wide(theta, parts)
            found, pull = cumulative_segments(
                patterns, wide[None, :columns], np.zeros(1), wide[columns:], self.flat.link
            )
            gradient = np.concatenate([pull.slopes[0], pull.cuts]) @ self._into(phi, theta, parts)
            gradient[:t] += prior_derivatives(self.flat.prior, theta)[0]
            gradient[t:] -= phi[t:]
            out = gradient @ self._jacobian(phi)
            out[steps] += 1.0
            return found + float(self._beside(phi, theta)), out

        def expand(phi: FloatArray) -> Mapping[str, FloatArray]:
            theta = self.flat.theta(phi[..., :t])
            found = zip(self.ways, self.parts(phi), strict=True)
            return {
                "slopes": theta[..., : self.slopes], "cuts": theta[..., self.slopes :],
                **{f"steps_{names[way.place]}": part for way, part in found},
            }

        return Density(
            value=value, expand=expand, start=mode, reach=np.ones(len(mode)),
            dims={
                "slopes": ("driver",), "cuts": ("cut",),
                **{f"steps_{names[way.place]}": (f"step_{names[way.place]}",) for way in self.ways},
            },
            coords={
                "driver": tuple(names), "cut": tuple(f"{k + 1}|{k + 2}" for k in range(t - self.slopes)),
                **{f"step_{names[way.place]}": tuple(range(1, way.steps + 1)) for way in self.ways},
            },
        )

    def from_chains(self, draws: Mapping[str, FloatArray]) -> FloatArray:
        """Return the coordinates (C, D, t) of `draws` by name."""
        parts = [values for name, values in draws.items() if name.startswith("steps_")]
        return self.phi(np.concatenate([draws["slopes"], draws["cuts"]], axis=-1), parts)

    @property
    def _steps(self) -> NDArray[np.intp]:
        return np.delete(np.arange(self.slopes, self.size), self.flat.anchor)

    def _jacobian(self, phi: FloatArray) -> FloatArray:
        """Return the derivative (t, t) of slopes, thresholds and coordinates of steps in `phi` (t,)."""
        out = np.eye(len(phi))
        out[: self.size, : self.size] = self.flat.jacobian(phi[: self.size])
        return out

    def _columns(self) -> list[slice]:
        """Columns of ``wide`` that belong to each way."""
        return [slice(at, at + way.steps) for way, at in zip(self.ways, self._starts()[1], strict=True)]

    def _places(self) -> list[slice]:
        """Coordinates of each way."""
        edges = accumulate([self.size, *(way.steps - 1 for way in self.ways)])
        return [slice(a, b) for a, b in pairwise(edges)]

    def _starts(self) -> tuple[list[int], list[int]]:
        """Return the first column of every driver, and of every way."""
        count = {way.place: way.steps for way in self.ways}
        starts, at = [], 0
        for j in range(self.slopes):
            starts.append(at)
            at += count.get(j, 1)
        return starts, [starts[way.place] for way in self.ways]

    def _wide(self, theta: FloatArray, parts: Sequence[FloatArray]) -> FloatArray:
        """Return the slopes of all columns of ``wide``, and thresholds (..., P + q)."""
        p, by_place = self.slopes, {way.place: part for way, part in zip(self.ways, parts, strict=True)}
        pieces = [
            theta[..., [j]] * by_place[j] if j in by_place else theta[..., [j]] for j in range(p)
        ]
        return np.ascontiguousarray(np.concatenate([*pieces, theta[..., p:]], axis=-1))

    def _into(self, phi: FloatArray, theta: FloatArray, parts: Sequence[FloatArray]) -> FloatArray:
        """Return how slopes of columns, and thresholds (P + q,) move with slopes, thresholds and coordinates (t,)."""
        p, t, wide = self.slopes, self.size, self.wide.shape[1]
        out = np.zeros((wide + t - p, len(phi)))
        out[self._starts()[0], range(p)] = 1.0
        out[range(wide, wide + t - p), range(p, t)] = 1.0
        for way, columns, place, part in zip(self.ways, self._columns(), self._places(), parts, strict=True):
            out[columns, way.place] = part
            out[columns, place] = theta[way.place] * slope_of_parts(phi[place])
        return out

    def _beside(self, phi: FloatArray, theta: FloatArray) -> FloatArray:
        """Return what stands beside the likelihood: log priors and log Jacobians."""
        return self.flat.beside_draws(phi[..., : self.size], theta) + log_normal(phi[..., self.size :])


def monotone_target(flat: OrderedTarget, wide: FloatArray, ways: Sequence[Way]) -> MonotoneTarget:
    """Return the posterior of a cumulative model with steps that need not be equal.

    Parameters
    ----------
    flat : OrderedTarget
        The model with equal steps.
    wide : ndarray, shape (m, P)
        Its drivers, n columns in place of one for each way (see `steps_columns`).
    ways : sequence of Way
        In the order of the drivers.

    Returns
    -------
    MonotoneTarget
        Normalised up to the evidence.
    """
    q = len(flat.prior.scale) - flat.slopes
    return MonotoneTarget(
        flat=flat, wide=np.ascontiguousarray(wide), ways=tuple(ways),
        patterns=driver_patterns(wide, flat.y, flat.weight, q),
    )
