"""A log-likelihood over very many cells at thousands of points near its mode, from a part of the cells."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.stats.cumulative import IntArray, Link, log_density
from drivers.stats.cumulative_batch import Patterns, driver_patterns, loglik_draws

FloatArray = NDArray[np.float64]

GROUPS = 8
"""Parts of the sample of cells whose disagreement tells the error."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quadratic:
    """Second-order expansion of a log-likelihood around ``centre`` (t,): its ``value``, ``gradient``, ``hessian``."""

    centre: FloatArray
    value: float
    gradient: FloatArray
    hessian: FloatArray

    def at(self, theta: FloatArray) -> FloatArray:
        """Return its values (s,) at the rows of `theta` (s, t)."""
        away = theta - self.centre
        bend = np.einsum("si,ij,sj->s", away, self.hessian, away)
        return np.asarray(self.value + away @ self.gradient + 0.5 * bend)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DifferenceEstimator:
    """The expansion of ``whole`` and, for each of some ``parts`` of the cells, their patterns and own expansion."""

    whole: Quadratic
    parts: tuple[tuple[Patterns, Quadratic], ...]
    link: Link

    def values(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return log-likelihoods and their standard errors, each (s,), at the rows of `theta` (s, t).

        The error is that of taking a sample of the cells for what the expansion of all of them leaves out.
        """
        left_out = np.array([loglik_draws(part, theta, self.link) - near.at(theta) for part, near in self.parts])
        mean = left_out.mean(axis=0)
        return self.whole.at(theta) + mean, left_out.std(axis=0, ddof=1) / np.sqrt(len(self.parts))


def difference_estimator(
    x: FloatArray, y: IntArray, weight: FloatArray, centre: FloatArray, link: Link, size: int, rng: np.random.Generator
) -> DifferenceEstimator:
    """Expand the log-likelihood around its mode, and sample the cells from which what is left out is estimated.

    Parameters
    ----------
    x : ndarray, shape (m, p)
        Drivers, one row per cell.
    y : ndarray of int, shape (m,)
        Outcome category 0..q.
    weight : ndarray, shape (m,)
        Weight of each cell; cells are sampled with probabilities proportional to it.
    centre : ndarray, shape (p + q,)
        Slopes and increasing cuts near which values are wanted.
    link : {"logit", "probit"}
        The distribution of the latent error.
    size : int
        Cells to sample, with replacement.
    rng : numpy.random.Generator
        Draws the sample.

    Returns
    -------
    DifferenceEstimator
        Its error falls with the number of respondents: cells differ only in terms of third order around the mode.

    References
    ----------
    .. [1] Quiroz, Kohn, Villani & Tran (2019). Speeding up MCMC by efficient data subsampling. JASA 114(526), 831-843.
       doi:10.1080/01621459.2018.1448827
    """
    q = len(centre) - x.shape[1]
    total, each = float(weight.sum()), size // GROUPS
    parts = []
    for _ in range(GROUPS):
        drawn = np.searchsorted(np.cumsum(weight) / total, (np.arange(each) + rng.random(each)) / each)
        drawn = drawn.clip(0, len(weight) - 1)
        load = np.full(each, total / each)
        near = expansion(x[drawn], y[drawn], load, centre, link)
        parts.append((driver_patterns(x[drawn], y[drawn], load, q), near))
    return DifferenceEstimator(
        whole=expansion(x, y, weight, centre, link), parts=tuple(parts), link=link
    )


def expansion(x: FloatArray, y: IntArray, weight: FloatArray, centre: FloatArray, link: Link) -> Quadratic:
    """Expand the log-likelihood of cells `x` (m, p), `y` (m,), `weight` (m,) under `link` around `centre` (p + q,)."""
    value, gradient, hessian = log_density(x, y, weight, centre, link)
    return Quadratic(centre=centre, value=value, gradient=gradient, hessian=hessian)
