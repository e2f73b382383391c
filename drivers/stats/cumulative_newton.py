"""Compiled kernels of cumulative models on cells: log-likelihood with its derivatives, and Newton's walk.

This module imports numba: import it inside the function that needs it, or from a module that is loaded so.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

MAX_STEPS = 60
GRADIENT_TOLERANCE = 1e-9
"""Newton stops when half its squared step, in log-likelihood units per respondent, is below this."""

SETTLED = 1e-4
"""Longest last Newton step, in latent units per standard deviation. Where drivers separate the outcome the
likelihood flattens out while the slopes walk on, so a small gain alone would pass for an optimum."""

RUNAWAY = 30.0
"""A slope beyond this many latent units per standard deviation of its driver has run off to infinity."""


@njit(cache=True, nogil=True)
def cdf(u: float, probit: bool) -> float:
    """Return the distribution function at `u`: standard normal if `probit`, else standard logistic."""
    if probit:
        return 0.5 * math.erfc(-u * 0.7071067811865476)
    return 1.0 / (1.0 + math.exp(-u)) if u >= 0 else math.exp(u) / (1.0 + math.exp(u))


@njit(cache=True, nogil=True)
def pdf(u: float, probit: bool) -> float:
    """Return the density at `u`: standard normal if `probit`, else standard logistic."""
    if probit:
        return 0.3989422804014327 * math.exp(-0.5 * u * u)
    e = math.exp(-abs(u))
    return e / ((1.0 + e) * (1.0 + e))


@njit(cache=True, nogil=True)
def slope_of_pdf(u: float, f: float, probit: bool) -> float:
    """Return the derivative of the density at `u`, where it is `f`; `probit` as for `cdf`."""
    return -u * f if probit else f * (1.0 - 2.0 * cdf(u, False))


@njit(cache=True, nogil=True)
def _pieces(eta: float, k: int, cuts: FloatArray, probit: bool) -> tuple[float, float, float, float, float, float]:
    """Log-probability of category k, and its derivatives in the upper (u) and lower (l) standardised threshold."""
    q = cuts.size
    upper, lower = k < q, k > 0
    u = cuts[k] - eta if upper else 0.0
    low = cuts[k - 1] - eta if lower else 0.0
    if upper and lower:
        # differences are taken in the tail where both distribution values are small
        chance = cdf(-low, probit) - cdf(-u, probit) if low > 0 else cdf(u, probit) - cdf(low, probit)
    else:
        chance = cdf(u, probit) if upper else cdf(-low, probit)
    chance = max(chance, 1e-300)
    gu = gl = huu = hll = hul = 0.0
    if upper:
        f = pdf(u, probit)
        gu = f / chance
        huu = slope_of_pdf(u, f, probit) / chance - gu * gu
    if lower:
        f = pdf(low, probit)
        gl = -f / chance
        hll = -slope_of_pdf(low, f, probit) / chance - gl * gl
    hul = -gu * gl
    return math.log(chance), gu, gl, huu, hll, hul


@njit(cache=True, nogil=True)
def accumulate(
    x: FloatArray, y: IntArray, weight: FloatArray, theta: FloatArray, probit: bool,
    gradient: FloatArray, hessian: FloatArray,
) -> float:
    """Return the log-likelihood of cells and write its derivatives.

    Parameters
    ----------
    x : ndarray, shape (m, p)
        Drivers, one row per cell.
    y : ndarray of int, shape (m,)
        Category of each cell, 0 to q.
    weight : ndarray, shape (m,)
        How often each cell counts.
    theta : ndarray, shape (p + q,)
        Slopes, then increasing cuts.
    probit : bool
        Probit link, otherwise logit.
    gradient, hessian : ndarray, shapes (p + q,) and (p + q, p + q)
        Overwritten, in the order of `theta`.

    Returns
    -------
    float
        The weighted log-likelihood.
    """
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
def cell_gradients(x: FloatArray, y: IntArray, theta: FloatArray, probit: bool) -> FloatArray:
    """Return the gradient of each cell's log-probability.

    Parameters
    ----------
    x : ndarray, shape (m, p)
        Drivers, one row per cell.
    y : ndarray of int, shape (m,)
        Category of each cell, 0 to q.
    theta : ndarray, shape (p + q,)
        Slopes, then increasing cuts.
    probit : bool
        Probit link, otherwise logit.

    Returns
    -------
    ndarray, shape (m, p + q)
        In the order of `theta`, per unit of weight.
    """
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
def newton(
    x: FloatArray, y: IntArray, weight: FloatArray, theta: FloatArray, p: int, probit: bool
) -> tuple[float, FloatArray, int, bool]:
    """Move `theta` to the optimum.

    Parameters
    ----------
    x : ndarray, shape (m, p)
        Drivers, one row per cell, standardised.
    y : ndarray of int, shape (m,)
        Category of each cell, 0 to q.
    weight : ndarray, shape (m,)
        How often each cell counts.
    theta : ndarray, shape (p + q,)
        Slopes, then increasing cuts; moved in place.
    p : int
        Number of drivers.
    probit : bool
        Probit link, otherwise logit.

    Returns
    -------
    loglik : float
        At the end of the walk.
    information : ndarray, shape (p + q, p + q)
        Minus the Hessian there.
    steps : int
        Taken.
    converged : bool
        False when slopes ran off, the Hessian is singular or the steps ran out.
    """
    size = theta.size
    gradient, hessian, work = np.zeros(size), np.zeros((size, size)), np.zeros((size, size))
    trial_gradient, trial_hessian = np.zeros(size), np.zeros((size, size))
    move, trial = np.zeros(size), np.zeros(size)
    value = accumulate(x, y, weight, theta, probit, gradient, hessian)
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
                trial_value = accumulate(x, y, weight, trial, probit, trial_gradient, trial_hessian)
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
