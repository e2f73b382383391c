"""Cumulative logit and probit on cells: compiled density with exact gradient and Hessian, and its Newton optimum.

``P(y <= k | x) = F(cut_k - x'b)`` (McCullagh 1980). Two categories make it the binary model, so there is one kernel
for all of them. The log-likelihood is concave in (slopes, cuts), so Newton with step halving finds the one optimum.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
Link = Literal["logit", "probit"]

MAX_STEPS = 60
GRADIENT_TOLERANCE = 1e-9
"""Newton stops when half its squared step, in log-likelihood units per respondent, is below this."""

SETTLED = 1e-4
"""Longest last Newton step, in latent units per standard deviation. Where drivers separate the outcome the
likelihood flattens out while the slopes walk on, so a small gain alone would pass for an optimum."""

RUNAWAY = 30.0
"""A slope beyond this many latent units per standard deviation of its driver has run off to infinity."""


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
    loglik, information, steps, converged = _newton(z, y, weight, theta, p, link == "probit")
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
    return np.asarray(_scores(np.ascontiguousarray(x), y, np.concatenate([slopes, cuts]), link == "probit"))


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
    value = _accumulate(np.ascontiguousarray(x), y, weight, theta, link == "probit", gradient, hessian)
    return float(value), gradient, hessian


@njit(cache=True, nogil=True)
def _cdf(u: float, probit: bool) -> float:
    if probit:
        return 0.5 * math.erfc(-u * 0.7071067811865476)
    return 1.0 / (1.0 + math.exp(-u)) if u >= 0 else math.exp(u) / (1.0 + math.exp(u))


@njit(cache=True, nogil=True)
def _pdf(u: float, probit: bool) -> float:
    if probit:
        return 0.3989422804014327 * math.exp(-0.5 * u * u)
    e = math.exp(-abs(u))
    return e / ((1.0 + e) * (1.0 + e))


@njit(cache=True, nogil=True)
def _slope_of_pdf(u: float, f: float, probit: bool) -> float:
    return -u * f if probit else f * (1.0 - 2.0 * _cdf(u, False))


@njit(cache=True, nogil=True)
def _pieces(eta: float, k: int, cuts: FloatArray, probit: bool) -> tuple[float, float, float, float, float, float]:
    """Log-probability of category k, and its derivatives in the upper (u) and lower (l) standardised threshold."""
    q = cuts.size
    upper, lower = k < q, k > 0
    u = cuts[k] - eta if upper else 0.0
    low = cuts[k - 1] - eta if lower else 0.0
    if upper and lower:
        # differences are taken in the tail where both distribution values are small
        chance = _cdf(-low, probit) - _cdf(-u, probit) if low > 0 else _cdf(u, probit) - _cdf(low, probit)
    else:
        chance = _cdf(u, probit) if upper else _cdf(-low, probit)
    chance = max(chance, 1e-300)
    gu = gl = huu = hll = hul = 0.0
    if upper:
        f = _pdf(u, probit)
        gu = f / chance
        huu = _slope_of_pdf(u, f, probit) / chance - gu * gu
    if lower:
        f = _pdf(low, probit)
        gl = -f / chance
        hll = -_slope_of_pdf(low, f, probit) / chance - gl * gl
    hul = -gu * gl
    return math.log(chance), gu, gl, huu, hll, hul


@njit(cache=True, nogil=True)
def _accumulate(
    x: FloatArray, y: IntArray, weight: FloatArray, theta: FloatArray, probit: bool,
    gradient: FloatArray, hessian: FloatArray,
) -> float:
    m, p = x.shape
    cuts = theta[p:]
    q = cuts.size
    for i in range(p + q):
        gradient[i] = 0.0
        for j in range(p + q):
            hessian[i, j] = 0.0
    value = 0.0
    for c in range(m):
        w = weight[c]
        if w == 0.0:
            continue
        eta = 0.0
        for j in range(p):
            eta += x[c, j] * theta[j]
        k = y[c]
        logp, gu, gl, huu, hll, hul = _pieces(eta, k, cuts, probit)
        value += w * logp
        g_eta = -w * (gu + gl)
        h_eta = w * (huu + hll + 2.0 * hul)
        cross_u, cross_l = -w * (huu + hul), -w * (hll + hul)
        for i in range(p):
            xi = x[c, i]
            gradient[i] += g_eta * xi
            for j in range(i + 1):
                hessian[i, j] += h_eta * xi * x[c, j]
            if k < q:
                hessian[p + k, i] += cross_u * xi
            if k > 0:
                hessian[p + k - 1, i] += cross_l * xi
        if k < q:
            gradient[p + k] += w * gu
            hessian[p + k, p + k] += w * huu
        if k > 0:
            gradient[p + k - 1] += w * gl
            hessian[p + k - 1, p + k - 1] += w * hll
        if 0 < k < q:
            hessian[p + k, p + k - 1] += w * hul
    for i in range(p + q):
        for j in range(i):
            hessian[j, i] = hessian[i, j]
    return value


@njit(cache=True, nogil=True)
def _scores(x: FloatArray, y: IntArray, theta: FloatArray, probit: bool) -> FloatArray:
    m, p = x.shape
    cuts = theta[p:]
    out = np.zeros((m, theta.size))
    for c in range(m):
        eta = 0.0
        for j in range(p):
            eta += x[c, j] * theta[j]
        k = y[c]
        _, gu, gl, _, _, _ = _pieces(eta, k, cuts, probit)
        for j in range(p):
            out[c, j] = -(gu + gl) * x[c, j]
        if k < cuts.size:
            out[c, p + k] += gu
        if k > 0:
            out[c, p + k - 1] += gl
    return out


@njit(cache=True, nogil=True)
def _step(hessian: FloatArray, gradient: FloatArray, work: FloatArray, move: FloatArray) -> bool:
    """Write Newton's step to `move` by elimination with pivoting; False if minus the Hessian is singular.

    Written out, since `numpy.linalg.solve` takes longer to compile than all else here together.
    """
    size = gradient.size
    ridge = 0.0
    for i in range(size):
        ridge = max(ridge, -hessian[i, i])
    for i in range(size):
        move[i] = gradient[i]
        for j in range(size):
            work[i, j] = -hessian[i, j]
        work[i, i] += 1e-13 * ridge
    for a in range(size):
        best = a
        for i in range(a + 1, size):
            if abs(work[i, a]) > abs(work[best, a]):
                best = i
        if not abs(work[best, a]) > 0.0:
            return False
        if best != a:
            move[a], move[best] = move[best], move[a]
            for j in range(a, size):
                work[a, j], work[best, j] = work[best, j], work[a, j]
        for i in range(a + 1, size):
            factor = work[i, a] / work[a, a]
            move[i] -= factor * move[a]
            for j in range(a + 1, size):
                work[i, j] -= factor * work[a, j]
    for a in range(size - 1, -1, -1):
        for j in range(a + 1, size):
            move[a] -= work[a, j] * move[j]
        move[a] /= work[a, a]
    return True


@njit(cache=True, nogil=True)
def _newton(
    x: FloatArray, y: IntArray, weight: FloatArray, theta: FloatArray, p: int, probit: bool
) -> tuple[float, FloatArray, int, bool]:
    """Move `theta` to the optimum in place; the columns of `x` are standardised."""
    size = theta.size
    gradient, hessian, work = np.zeros(size), np.zeros((size, size)), np.zeros((size, size))
    trial_gradient, trial_hessian = np.zeros(size), np.zeros((size, size))
    move, trial = np.zeros(size), np.zeros(size)
    value = _accumulate(x, y, weight, theta, probit, gradient, hessian)
    total = 0.0
    for c in range(weight.size):
        total += weight[c]
    converged = False
    step = 0
    while step < MAX_STEPS:
        if not _step(hessian, gradient, work, move):
            break
        gain, longest = 0.0, 0.0
        for i in range(size):
            gain += 0.5 * move[i] * gradient[i]
            longest = max(longest, abs(move[i]))
        if gain <= GRADIENT_TOLERANCE**2 * total and longest <= SETTLED:
            converged = True
            break
        length = 1.0
        accepted = False
        for _ in range(40):
            ordered = True
            for i in range(size):
                trial[i] = theta[i] + length * move[i]
                if i > p and trial[i] <= trial[i - 1]:
                    ordered = False
            if ordered:
                trial_value = _accumulate(x, y, weight, trial, probit, trial_gradient, trial_hessian)
                if trial_value >= value - 1e-12 * abs(value):
                    accepted = True
                    break
            length *= 0.5
        if not accepted:
            converged = gain <= 1e-9 * total and longest <= SETTLED
            break
        value = trial_value
        gradient, trial_gradient = trial_gradient, gradient
        hessian, trial_hessian = trial_hessian, hessian
        runaway = False
        for i in range(size):
            theta[i] = trial[i]
            runaway |= i < p and abs(theta[i]) > RUNAWAY
        if runaway:
            break
        step += 1
    for i in range(size):
        for j in range(size):
            hessian[i, j] = -hessian[i, j]
    return value, hessian, step, converged
