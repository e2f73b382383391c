"""Log posterior densities without constraints: value, derivatives, and thousands of values at once."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from drivers.stats.cumulative import IntArray, Link, log_density, null_cuts
from drivers.stats.cumulative_batch import Patterns, driver_patterns, loglik_draws
from drivers.stats.difference_estimator import DifferenceEstimator, difference_estimator
from drivers.stats.prior_density import PriorArrays, prior_derivatives, prior_values

FloatArray = NDArray[np.float64]

MOST_PATTERNS = 5000
"""With more driver patterns than this, log-likelihoods of proposals are estimated from a sample of the cells."""

SAMPLED_CELLS = 1024
LARGEST_ERROR = 0.05
"""Error of such a log-likelihood, on average over the posterior, above which all cells are used after all."""


class Target(Protocol):
    """A log density on all of R^t, its derivatives, and where to start looking for its mode."""

    @property
    def start(self) -> FloatArray:
        """Where (t,) to start."""
        ...

    def expand(self, phi: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return the log density at `phi` (t,), its gradient (t,) and its Hessian (t, t)."""
        ...

    def values(self, phi: FloatArray) -> FloatArray:
        """Return the log density (s,) at every row of `phi` (s, t)."""
        ...

    def near(self, mode: FloatArray, information: FloatArray, rng: np.random.Generator) -> tuple[Self, float]:
        """Return the density quick to evaluate near `mode`, where minus its Hessian is `information`, and its error.

        What has to be drawn for that is drawn by `rng`.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrderedTarget:
    """Posterior of a cumulative model in ``phi``: slopes, and thresholds without their order as a constraint.

    The threshold nearest the middle of the answers, number ``anchor``, stands for itself; the others are log distances
    from their neighbour on that side, so that thresholds of rare categories bend only their own coordinate. ``prior``
    is of (slopes, thresholds) (p + q,) before they are put in order; the density carries the Jacobian. Where
    ``sampled``, `values` come from a part of the cells.
    """

    x: FloatArray
    y: IntArray
    weight: FloatArray
    patterns: Patterns
    link: Link
    prior: PriorArrays
    anchor: int
    sampled: DifferenceEstimator | None = None

    @property
    def slopes(self) -> int:
        """Number of slopes p."""
        return int(self.x.shape[1])

    @property
    def start(self) -> FloatArray:
        """No slopes, and the thresholds of the outcome alone, every category given half an answer more."""
        p, q = self.slopes, len(self.prior.scale) - self.slopes
        extra = np.arange(q + 1)
        cuts = null_cuts(np.append(self.y, extra), np.append(self.weight, np.full(q + 1, 0.5)), self.link)
        return self.phi(np.concatenate([np.zeros(p), cuts]))

    def phi(self, theta: FloatArray) -> FloatArray:
        """Return the coordinates (..., t) of slopes and increasing thresholds `theta` (..., t)."""
        p, a = self.slopes, self.anchor
        out = theta.copy()
        steps = np.log(np.diff(theta[..., p:], axis=-1))
        out[..., p : p + a], out[..., p + a + 1 :] = steps[..., :a], steps[..., a:]
        return out

    def theta(self, phi: FloatArray) -> FloatArray:
        """Return slopes and thresholds (..., t) of coordinates `phi` (..., t)."""
        p, a = self.slopes, self.anchor
        out = phi.copy()
        middle = phi[..., p + a, None]
        out[..., p + a + 1 :] = middle + np.exp(phi[..., p + a + 1 :]).cumsum(axis=-1)
        out[..., p : p + a] = middle - np.exp(phi[..., p : p + a])[..., ::-1].cumsum(axis=-1)[..., ::-1]
        return out

    def jacobian(self, phi: FloatArray) -> FloatArray:
        """Return the derivative (t, t) of `theta` in the coordinates `phi` (t,)."""
        p, a = self.slopes, self.anchor
        out = np.eye(len(phi))
        out[p:, p + a] = 1.0
        for k in range(p, len(phi)):
            step = math.exp(min(phi[k], 700.0))
            if k > p + a:
                out[k:, k] = step
            elif k < p + a:
                out[p : k + 1, k] = -step
        return out

    def expand(self, phi: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return the log density at `phi` (t,), its gradient (t,) and its Hessian (t, t)."""
        theta, jacobian = self.theta(phi), self.jacobian(phi)
        value, gradient, hessian = log_density(self.x, self.y, self.weight, theta, self.link)
        first, second = prior_derivatives(self.prior, theta)
        gradient = gradient + first
        hessian = hessian + np.diag(second)
        steps = self._steps
        out = jacobian.T @ hessian @ jacobian
        out[steps, steps] += (gradient @ jacobian)[steps]  # a log step bends every threshold it moves by the step
        slope = gradient @ jacobian
        slope[steps] += 1.0
        return value + self.beside(phi, theta), slope, out

    def values(self, phi: FloatArray) -> FloatArray:
        """Return the log density (s,) at every row of `phi` (s, t)."""
        theta = self.theta(phi)
        if self.sampled is not None:
            return self.sampled.values(theta)[0] + self.beside_draws(phi, theta)
        return loglik_draws(self.patterns, theta, self.link) + self.beside_draws(phi, theta)

    def beside(self, phi: FloatArray, theta: FloatArray) -> float:
        """Return what stands beside the likelihood at `phi` (t,), of which `theta` (t,) are slopes and thresholds."""
        return float(self.beside_draws(phi, theta))

    def near(self, mode: FloatArray, information: FloatArray, rng: np.random.Generator) -> tuple[Self, float]:
        """Return the density from a sample of the cells, where they are many and a sample is accurate enough.

        Parameters
        ----------
        mode : ndarray, shape (t,)
            Where the density is largest.
        information : ndarray, shape (t, t)
            Minus its Hessian there.
        rng : numpy.random.Generator
            Draws the sample, and the points at which its error is looked at.

        Returns
        -------
        target : OrderedTarget
            Itself where cells are few or the error would be above `LARGEST_ERROR`.
        error : float
            Of its log density, on average over the posterior; 0 where all cells are used.
        """
        if len(self.patterns.x) <= MOST_PATTERNS:
            return self, 0.0
        sampled = difference_estimator(
            self.x, self.y, self.weight, self.theta(mode), self.link, SAMPLED_CELLS, rng
        )
        root = np.linalg.cholesky(np.linalg.inv(information))
        _, errors = sampled.values(self.theta(mode + rng.standard_normal((200, len(mode))) @ root.T))
        error = float(np.sqrt((errors**2).mean()))
        return (replace(self, sampled=sampled), error) if error <= LARGEST_ERROR else (self, 0.0)

    def beside_draws(self, phi: FloatArray, theta: FloatArray) -> FloatArray:
        """Return what stands beside the likelihood (...) at `phi` (..., t), of which `theta` (..., t) are terms.

        That is the log prior, once for every order the thresholds could have been drawn in, and the log Jacobian.
        """
        orders = math.lgamma(len(self.prior.scale) - self.slopes + 1)
        return np.asarray(prior_values(self.prior, theta) + orders + phi[..., self._steps].sum(axis=-1))

    @property
    def _steps(self) -> NDArray[np.intp]:
        return np.delete(np.arange(self.slopes, len(self.prior.scale)), self.anchor)


def ordered_target(
    x: FloatArray, y: IntArray, weight: FloatArray, q: int, link: Link, prior: PriorArrays
) -> OrderedTarget:
    """Return the posterior of a cumulative model.

    Parameters
    ----------
    x : ndarray, shape (m, p)
        Drivers, one row per cell.
    y : ndarray of int, shape (m,)
        Outcome category 0..q; not all need be used.
    weight : ndarray, shape (m,)
        Weight of each cell.
    q : int
        Number of thresholds.
    link : {"logit", "probit"}
        The distribution of the latent error.
    prior : PriorArrays
        Of p slopes and q thresholds, in the units of `x`.

    Returns
    -------
    OrderedTarget
        Normalised up to the evidence.
    """
    share = np.cumsum(np.bincount(y, weights=weight, minlength=q + 1))[:-1] / weight.sum()
    return OrderedTarget(
        x=np.ascontiguousarray(x), y=y, weight=weight, patterns=driver_patterns(x, y, weight, q), link=link,
        prior=prior, anchor=int(np.argmin(np.abs(share - 0.5))),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GaussianTarget:
    """Posterior of a linear model in ``phi``: slopes, intercept, and log residual spread.

    ``squares`` (p+2, p+2) mean squares and products of (drivers, 1, outcome) over ``n`` answers; ``prior`` of slopes,
    intercept and residual spread (p + 2,), the last on its positive half.
    """

    squares: FloatArray
    n: float
    prior: PriorArrays

    @property
    def start(self) -> FloatArray:
        """Least squares."""
        design, cross = self.squares[:-1, :-1], self.squares[:-1, -1]
        beta = np.linalg.solve(design, cross)
        spread = self.squares[-1, -1] - cross @ beta
        return np.append(beta, 0.5 * math.log(max(spread, 1e-12 * self.squares[-1, -1])))

    def expand(self, phi: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return the log density at `phi` (t,), its gradient (t,) and its Hessian (t, t)."""
        n, sigma = self.n, math.exp(phi[-1])
        design = self.squares[:-1, :-1]
        slope = self._pull(phi)
        residual = self._mean_square(phi[:-1])
        out = np.zeros((len(phi), len(phi)))
        out[:-1, :-1] = -n * design / sigma**2
        out[:-1, -1] = out[-1, :-1] = -2 * slope[:-1]
        out[-1, -1] = -2 * n * residual / sigma**2
        first, second = prior_derivatives(self.prior, np.append(phi[:-1], sigma))
        slope[:-1] += first[:-1]
        out[range(len(phi) - 1), range(len(phi) - 1)] += second[:-1]
        slope[-1] += first[-1] * sigma + 1  # the Jacobian of the log
        out[-1, -1] += second[-1] * sigma**2 + first[-1] * sigma
        return float(self.values(phi[None])[0]), slope, out

    def slope(self, phi: FloatArray) -> tuple[float, FloatArray]:
        """Return the log density at `phi` (t,) and its gradient (t,)."""
        sigma = math.exp(phi[-1])
        first, _ = prior_derivatives(self.prior, np.append(phi[:-1], sigma))
        slope = self._pull(phi)
        slope[:-1] += first[:-1]
        slope[-1] += first[-1] * sigma + 1  # the Jacobian of the log
        return float(self.values(phi[None])[0]), slope

    def _pull(self, phi: FloatArray) -> FloatArray:
        """Return the gradient (t,) of the log-likelihood."""
        design, cross = self.squares[:-1, :-1], self.squares[:-1, -1]
        precision = self.n * math.exp(-2 * phi[-1])
        residual = self._mean_square(phi[:-1])
        return np.append((cross - design @ phi[:-1]) * precision, residual * precision - self.n)

    def values(self, phi: FloatArray) -> FloatArray:
        """Return the log density (s,) at every row of `phi` (s, t)."""
        log_sigma = phi[:, -1]
        residual = self._mean_square(phi[:, :-1])
        loglik = -self.n * (0.5 * math.log(2 * math.pi) + log_sigma + 0.5 * residual * np.exp(-2 * log_sigma))
        theta = np.column_stack([phi[:, :-1], np.exp(log_sigma)])
        half = math.log(2) if math.isfinite(self.prior.scale[-1]) else 0.0
        return np.asarray(loglik + prior_values(self.prior, theta) + half + log_sigma)

    def near(self, mode: FloatArray, information: FloatArray, rng: np.random.Generator) -> tuple[Self, float]:
        """Return itself: sums of squares are quick wherever; `mode`, `information` and `rng` are not needed."""
        return self, 0.0

    def _mean_square(self, beta: FloatArray) -> FloatArray:
        """Return the mean squared residual (...) of coefficients `beta` (..., p + 1)."""
        v = np.concatenate([-beta, np.ones((*beta.shape[:-1], 1))], axis=-1)
        return np.asarray(np.einsum("...i,ij,...j->...", v, self.squares, v))
