"""Cumulative logit and probit on cells: compiled density with exact gradient and Hessian, and its Newton optimum.

``P(y <= k | x) = F(cut_k - x'b)`` (McCullagh 1980). Two categories make it the binary model, so there is one kernel
for all of them. The log-likelihood is concave in (slopes, cuts), so Newton with step halving finds the one optimum.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from drivers.stats.cumulative_newton import accumulate, cell_gradients, newton

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
Link = Literal["logit", "probit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CumulativeFit:
    """``slopes`` (p,) and ``cuts`` (q,) at the optimum; ``information`` (p+q, p+q) minus the Hessian, slopes first.

    ``loglik`` weighted log-likelihood; ``steps`` of Newton; ``converged`` whether the optimum was reached.
    """

    slopes: FloatArray
    cuts: FloatArray
    information: FloatArray
    loglik: float
    steps: int
    converged: bool


def fit_cumulative(
    x: FloatArray,
    y: IntArray,
    weight: FloatArray,
    link: Link,
    start: tuple[FloatArray, FloatArray] | None = None,
) -> CumulativeFit:
    """Fit a cumulative model to weighted cells by Newton's method.

    Parameters
    ----------
    x : ndarray, shape (m, p)
        Drivers, one row per cell.
    y : ndarray of int, shape (m,)
        Outcome category 0..q; every category must have some weight.
    weight : ndarray, shape (m,)
        Weight of each cell.
    link : {"logit", "probit"}
        The distribution F of the latent error.
    start : tuple of ndarray, optional
        Slopes (p,) and cuts (q,) to start from; without it the answer of a model with no drivers.

    Returns
    -------
    CumulativeFit
        ``converged`` is False when slopes run off (separation) or the steps ran out; nothing is raised here, so that
        a bootstrap can count such draws.

    References
    ----------
    .. [1] McCullagh (1980). Regression models for ordinal data. JRSS B 42(2), 109-142.
       doi:10.1111/j.2517-6161.1980.tb01109.x
    """
    total = weight.sum()
    centre = weight @ x / total
    spread = np.sqrt(weight @ (x - centre) ** 2 / total)
    spread[spread == 0] = 1.0
    z = np.ascontiguousarray((x - centre) / spread)
    p, q = x.shape[1], int(y.max())
    theta = np.zeros(p + q)
    if start is None:
        theta[p:] = null_cuts(y, weight, link)
    else:
        theta[:p] = start[0] * spread
        theta[p:] = start[1] - centre @ start[0]
    loglik, information, steps, converged = newton(z, y, weight, theta, p, link == "probit")
    slopes = theta[:p] / spread
    # back to the drivers' own units: cut_k = cut_k(z) + centre'b
    back = np.eye(p + q)
    back[:p, :p] = np.diag(spread)
    back[p:, :p] = -centre
    return CumulativeFit(
        slopes=slopes, cuts=theta[p:] + centre @ slopes, information=back.T @ information @ back,
        loglik=float(loglik), steps=int(steps), converged=bool(converged),
    )


def null_cuts(y: IntArray, weight: FloatArray, link: Link) -> FloatArray:
    """Return the cuts (q,) of the model without drivers: quantiles, under `link`, of the cumulative shares.

    The categories `y` (m,) run from 0 to q; each cell counts its `weight` (m,).
    """
    from scipy.special import logit, ndtri

    share = np.cumsum(np.bincount(y, weights=weight))[:-1] / weight.sum()
    share = np.clip(share, 1e-12, 1 - 1e-12)
    return np.asarray(ndtri(share) if link == "probit" else logit(share), dtype=np.float64)


def null_loglik(y: IntArray, weight: FloatArray) -> float:
    """Return the log-likelihood of the model without drivers for categories `y` (m,), counted by `weight` (m,)."""
    counts = np.bincount(y, weights=weight)
    counts = counts[counts > 0]
    return float(counts @ np.log(counts / counts.sum()))


def category_probabilities(eta: FloatArray, cuts: FloatArray, link: Link) -> FloatArray:
    """Return P(category) for every latent mean.

    Parameters
    ----------
    eta : ndarray, shape (..., m)
        Latent means x'b.
    cuts : ndarray, shape (..., q)
        Increasing thresholds.
    link : {"logit", "probit"}
        The distribution of the latent error.

    Returns
    -------
    ndarray, shape (..., m, q + 1)
        Rows sum to 1; never negative.
    """
    from scipy.special import expit, ndtr

    cdf = ndtr if link == "probit" else expit
    below = cdf(cuts[..., None, :] - eta[..., :, None])
    edge = np.zeros((*below.shape[:-1], 1))
    return np.diff(np.concatenate([edge, below, edge + 1.0], axis=-1), axis=-1)


def cell_scores(x: FloatArray, y: IntArray, slopes: FloatArray, cuts: FloatArray, link: Link) -> FloatArray:
    """Return the gradient of each cell's log-probability, slopes first.

    Parameters
    ----------
    x : ndarray, shape (m, p)
        Drivers.
    y : ndarray of int, shape (m,)
        Category of each cell, 0 to q.
    slopes : ndarray, shape (p,)
        Latent units per driver point.
    cuts : ndarray, shape (q,)
        Increasing thresholds.
    link : {"logit", "probit"}
        The distribution of the latent error.

    Returns
    -------
    ndarray, shape (m, p + q)
        Per unit of weight.
    """
    return np.asarray(cell_gradients(np.ascontiguousarray(x), y, np.concatenate([slopes, cuts]), link == "probit"))


def log_density(
    x: FloatArray, y: IntArray, weight: FloatArray, theta: FloatArray, link: Link
) -> tuple[float, FloatArray, FloatArray]:
    """Return the weighted log-likelihood with its first and second derivatives.

    Parameters
    ----------
    x : ndarray, shape (m, p)
        Drivers.
    y : ndarray of int, shape (m,)
        Category of each cell, 0 to q.
    weight : ndarray, shape (m,)
        How often each cell counts.
    theta : ndarray, shape (p + q,)
        Slopes, then increasing cuts: where to evaluate.
    link : {"logit", "probit"}
        The distribution of the latent error.

    Returns
    -------
    value : float
        The log-likelihood.
    gradient : ndarray, shape (p + q,)
        In the order of `theta`.
    hessian : ndarray, shape (p + q, p + q)
        In the order of `theta`.
    """
    size = len(theta)
    gradient, hessian = np.zeros(size), np.zeros((size, size))
    value = accumulate(np.ascontiguousarray(x), y, weight, theta, link == "probit", gradient, hessian)
    return float(value), gradient, hessian
