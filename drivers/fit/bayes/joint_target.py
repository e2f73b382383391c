"""Log posterior of two ordered answers at once, on all of R^t: value, derivatives, and thousands of values."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from drivers.stats.cumulative import null_cuts
from drivers.stats.difference_estimator import GROUPS, Quadratic
from drivers.stats.joint_cumulative import JointCells, joint_density, joint_loglik_draws
from drivers.stats.prior_density import PriorArrays, prior_derivatives, prior_values

FloatArray = NDArray[np.float64]

MOST_CELLS = 1000
"""With more cells than this, log-likelihoods of proposals are estimated from a sample of them."""

SAMPLED_CELLS = 768
LARGEST_ERROR = 0.05
"""Error of such a log-likelihood, on average over the posterior, above which all cells are used after all."""

EDGE = 1 - 1e-10
"""No correlation is taken to be larger than this."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JointTarget:
    """Posterior of two cumulative probits with correlated errors, in ``phi`` without constraints.

    ``theta`` (t,) holds slopes of the first answer (p,), of the second (p,), then where thresholds are ``common`` the
    gap between the levels (first less second) and one set of thresholds, otherwise both sets, then the correlation.
    With common thresholds levels are plus and minus half the gap: a move of both is a move of the thresholds. ``prior``
    is of everything but the correlation, which is LKJ with ``concentration``. Of thresholds, in ``phi``, the one at
    the place in ``anchors`` stands for itself and others are log distances; the correlation is its inverse hyperbolic
    tangent. ``spread_out`` is the matrix from `theta` to the parameters of `JointCells`, in which every answer has its
    own; ``sampled`` holds a part of the cells and what their expansions leave out.
    """

    cells: JointCells
    prior: PriorArrays
    common: bool
    concentration: float
    anchors: tuple[int, ...]
    spread_out: FloatArray
    sampled: tuple[Quadratic, tuple[tuple[JointCells, Quadratic], ...]] | None = None

    @property
    def slopes(self) -> int:
        """Number of slopes p of each answer."""
        return int(self.cells.x.shape[1])

    @property
    def sets(self) -> tuple[slice, ...]:
        """Where each set of thresholds stands in `theta`."""
        q = self.cells.q[:1] if self.common else self.cells.q
        ends = 2 * self.slopes + self.common + np.concatenate([[0], np.cumsum(q)])
        return tuple(slice(int(a), int(b)) for a, b in pairwise(ends))

    @property
    def size(self) -> int:
        """Number of parameters t."""
        return int(self.sets[-1].stop + 1)

    @property
    def start(self) -> FloatArray:
        """No slopes, no gap, no correlation, and the thresholds of the answers alone, half an answer more in each."""
        theta = np.zeros(self.size)
        y, weight = self.cells.y, self.cells.weight
        said = [y.T.ravel()] if self.common else list(y.T)
        for place, categories in zip(self.sets, said, strict=True):
            extra = np.arange(place.stop - place.start + 1)
            load = np.append(np.tile(weight, len(categories) // len(weight)), np.full(len(extra), 0.5))
            theta[place] = null_cuts(np.append(categories, extra), load, "probit")
        return self.phi(theta)

    def phi(self, theta: FloatArray) -> FloatArray:
        """Return the coordinates (t,) of parameters `theta` (t,)."""
        out = theta.copy()
        for place, a in zip(self.sets, self.anchors, strict=True):
            steps = np.log(np.diff(theta[place]))
            out[place.start : place.start + a], out[place.start + a + 1 : place.stop] = steps[:a], steps[a:]
        out[-1] = math.atanh(theta[-1])
        return out

    def theta(self, phi: FloatArray) -> FloatArray:
        """Return the parameters (..., t) at coordinates `phi` (..., t)."""
        out = phi.copy()
        for place, a in zip(self.sets, self.anchors, strict=True):
            middle = phi[..., place.start + a, None]
            above, below = slice(place.start + a + 1, place.stop), slice(place.start, place.start + a)
            out[..., above] = middle + np.exp(np.minimum(phi[..., above], 700)).cumsum(axis=-1)
            out[..., below] = middle - np.exp(np.minimum(phi[..., below], 700))[..., ::-1].cumsum(axis=-1)[..., ::-1]
        out[..., -1] = np.tanh(phi[..., -1]).clip(-EDGE, EDGE)
        return out

    def jacobian(self, phi: FloatArray) -> FloatArray:
        """Return the derivative (t, t) of `theta` in the coordinates `phi` (t,)."""
        out = np.eye(len(phi))
        for place, a in zip(self.sets, self.anchors, strict=True):
            at = place.start + a
            out[place, at] = 1.0
            for k in range(place.start, place.stop):
                step = math.exp(min(phi[k], 700.0))
                if k > at:
                    out[k : place.stop, k] = step
                elif k < at:
                    out[place.start : k + 1, k] = -step
        out[-1, -1] = 1 - self.theta(phi)[-1] ** 2
        return out

    def value(self, phi: FloatArray) -> tuple[float, FloatArray]:
        """Return the log density at `phi` (t,) and its gradient (t,)."""
        theta, jacobian, spread = self.theta(phi), self.jacobian(phi), self.spread_out
        value, gradient, _ = joint_density(self.cells, spread @ theta, bent=False)
        slope = self._prior_slope(theta, gradient @ spread) @ jacobian
        slope[self._steps] += 1.0
        slope[-1] -= 2 * self.concentration * theta[-1]
        return value + float(self._beside(phi, theta)), slope

    def expand(self, phi: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return the log density at `phi` (t,), its gradient (t,) and its Hessian (t, t)."""
        theta, jacobian, spread = self.theta(phi), self.jacobian(phi), self.spread_out
        value, gradient, hessian = joint_density(self.cells, spread @ theta)
        inside = self._prior_slope(theta, gradient @ spread)
        bend = spread.T @ hessian @ spread
        bend[range(self.size - 1), range(self.size - 1)] += prior_derivatives(self.prior, theta[:-1])[1]
        slope, out = inside @ jacobian, jacobian.T @ bend @ jacobian
        steps, r = self._steps, theta[-1]
        out[steps, steps] += slope[steps]  # a log step bends every threshold it moves by the step
        out[-1, -1] -= 2 * r * slope[-1] + 2 * self.concentration * (1 - r * r)
        slope[steps] += 1.0
        slope[-1] -= 2 * self.concentration * r
        return value + float(self._beside(phi, theta)), slope, out

    def values(self, phi: FloatArray) -> FloatArray:
        """Return the log density (s,) at every row of `phi` (s, t)."""
        theta = self.theta(phi)
        full = theta @ self.spread_out.T
        if self.sampled is None:
            return joint_loglik_draws(self.cells, full) + self._beside(phi, theta)
        return self._estimated(full)[0] + self._beside(phi, theta)

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
        target : JointTarget
            Itself where cells are few or the error would be above `LARGEST_ERROR`.
        error : float
            Of its log density, on average over the posterior; 0 where all cells are used.
        """
        cells = self.cells
        if len(cells.x) <= MOST_CELLS:
            return self, 0.0
        centre = self.spread_out @ self.theta(mode)
        total, each = float(cells.weight.sum()), SAMPLED_CELLS // GROUPS
        parts = []
        for _ in range(GROUPS):
            drawn = np.searchsorted(np.cumsum(cells.weight) / total, (np.arange(each) + rng.random(each)) / each)
            drawn = drawn.clip(0, len(cells.x) - 1)
            part = JointCells(x=cells.x[drawn], y=cells.y[drawn], weight=np.full(each, total / each), q=cells.q)
            parts.append((part, _quadratic(part, centre)))
        sampled = replace(self, sampled=(_quadratic(cells, centre), tuple(parts)))
        root = np.linalg.cholesky(np.linalg.inv(information))
        tried = self.theta(mode + rng.standard_normal((200, len(mode))) @ root.T) @ self.spread_out.T
        error = float(np.sqrt((sampled._estimated(tried)[1] ** 2).mean()))
        return (sampled, error) if error <= LARGEST_ERROR else (self, 0.0)

    def _estimated(self, full: FloatArray) -> tuple[FloatArray, FloatArray]:
        assert self.sampled is not None
        whole, parts = self.sampled
        left_out = np.array([joint_loglik_draws(part, full) - near.at(full) for part, near in parts])
        return whole.at(full) + left_out.mean(axis=0), left_out.std(axis=0, ddof=1) / np.sqrt(len(parts))

    def _prior_slope(self, theta: FloatArray, gradient: FloatArray) -> FloatArray:
        out = gradient.copy()
        out[:-1] += prior_derivatives(self.prior, theta[:-1])[0]
        return out

    @property
    def _steps(self) -> NDArray[np.intp]:
        return np.concatenate([
            np.delete(np.arange(place.start, place.stop), a) for place, a in zip(self.sets, self.anchors, strict=True)
        ])

    def _beside(self, phi: FloatArray, theta: FloatArray) -> FloatArray:
        """Return log prior, one for every order the thresholds could have been drawn in, and log Jacobian."""
        orders = sum(math.lgamma(place.stop - place.start + 1) for place in self.sets)
        lkj = math.lgamma(self.concentration + 0.5) - math.lgamma(self.concentration) - 0.5 * math.log(math.pi)
        z = np.abs(phi[..., -1])
        log_left = math.log(4) - 2 * z - 2 * np.log1p(np.exp(-2 * z))  # log(1 - tanh(z)^2), also far out
        return np.asarray(
            prior_values(self.prior, theta[..., :-1]) + orders + phi[..., self._steps].sum(axis=-1) + lkj
            + self.concentration * log_left
        )


def _quadratic(cells: JointCells, centre: FloatArray) -> Quadratic:
    value, gradient, hessian = joint_density(cells, centre)
    return Quadratic(centre=centre, value=value, gradient=gradient, hessian=hessian)


def joint_target(cells: JointCells, prior: PriorArrays, *, common: bool, concentration: float) -> JointTarget:
    """Return the posterior of two ordered answers.

    Parameters
    ----------
    cells : JointCells
        The answers; with common thresholds both have the same number of categories.
    prior : PriorArrays
        Of the slopes of both answers, the gap (with common thresholds), and the thresholds, in the units of the cells.
    common : bool
        Whether both answers have the same thresholds.
    concentration : float
        Of the LKJ prior of the correlation; its density is proportional to (1 - r^2)^(concentration - 1).

    Returns
    -------
    JointTarget
        Normalised up to the evidence.
    """
    anchors = []
    said = [(cells.y.T.ravel(), np.tile(cells.weight, 2), cells.q[0])] if common else [
        (cells.y[:, a], cells.weight, cells.q[a]) for a in (0, 1)
    ]
    for categories, weight, q in said:
        share = np.cumsum(np.bincount(categories, weights=weight, minlength=q + 1))[:-1] / weight.sum()
        anchors.append(int(np.argmin(np.abs(share - 0.5))))
    return JointTarget(
        cells=cells, prior=prior, common=common, concentration=concentration, anchors=tuple(anchors),
        spread_out=_spread_out(cells, common=common),
    )


def _spread_out(cells: JointCells, *, common: bool) -> FloatArray:
    p, (q1, q2) = cells.x.shape[1], cells.q
    shared = 2 * p + common
    first, second = shared + np.arange(q1), shared + (0 if common else q1) + np.arange(q2)
    out = np.zeros((cells.size, max(int(first[-1]), int(second[-1])) + 2))
    out[range(p), range(p)] = out[range(p + 1, 2 * p + 1), range(p, 2 * p)] = 1.0
    out[2 * p + 2 + np.arange(q1), first] = out[2 * p + 2 + q1 + np.arange(q2), second] = 1.0
    if common:
        out[p, 2 * p], out[2 * p + 1, 2 * p] = 0.5, -0.5
    out[-1, -1] = 1.0
    return out
