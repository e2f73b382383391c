"""Cumulative models whose slopes and level walk over waves: log posterior and gradient in one compiled pass."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from drivers.stats.cumulative import IntArray
from drivers.stats.segment_density import _cumulative

FloatArray = NDArray[np.float64]


@njit(cache=True, nogil=True)
def walk_forward(
    phi: FloatArray, centred: NDArray[np.bool_], tail: float, scale: float, own: FloatArray, walk: FloatArray
) -> float:
    """Write walks and the gradient of their log density.

    Parameters
    ----------
    phi : ndarray, shape (T v,)
        Log paces (v,), then T - 1 steps of v columns, divided by the pace where not centred.
    centred : ndarray of bool, shape (v,)
        Which columns' steps are not divided.
    tail : float
        Degrees of freedom of the steps; infinite for normal ones.
    scale : float
        Of the half-normal prior of paces.
    own : ndarray, shape (T v,)
        Gradient of the value, written.
    walk : ndarray, shape (T, v)
        Walks, which average to zero over waves, written.

    Returns
    -------
    float
        Log density of `phi`, Jacobian and constants included.
    """
    waves, columns = int(walk.shape[0]), int(walk.shape[1])
    gaussian = math.isinf(tail)
    constant = 0.5 * math.log(2.0 * math.pi)
    if not gaussian:
        constant = math.lgamma(0.5 * tail) + 0.5 * math.log(tail * math.pi) - math.lgamma(0.5 * (tail + 1.0))
    value = columns * (0.5 * math.log(2.0 / math.pi) - math.log(scale)) - (waves - 1) * columns * constant
    for j in range(columns):
        pace = math.exp(phi[j])
        value += phi[j] - 0.5 * (pace / scale) ** 2
        own[j] = 1.0 - (pace / scale) ** 2
        mean, at = 0.0, 0.0
        walk[0, j] = 0.0
        for t in range(waves - 1):
            place = columns + t * columns + j
            e = phi[place] / pace if centred[j] else phi[place]
            if gaussian:
                value -= 0.5 * e * e
                pull = -e
            else:
                value -= 0.5 * (tail + 1.0) * math.log1p(e * e / tail)
                pull = -(tail + 1.0) * e / (tail + e * e)
            own[place] = pull / pace if centred[j] else pull
            if centred[j]:
                value -= phi[j]
                own[j] -= pull * e + 1.0
            at += e * pace
            walk[t + 1, j] = at
            mean += at
        mean /= waves
        for t in range(waves):
            walk[t, j] -= mean
    return float(value)


@njit(cache=True, nogil=True)
def walk_back(phi: FloatArray, centred: NDArray[np.bool_], d_walk: FloatArray, own: FloatArray) -> None:
    """Add to `own` (T v,) the gradient at `phi` (T v,), `centred` (v,), of what has the derivative `d_walk` (T, v)."""
    waves, columns = d_walk.shape
    for j in range(columns):
        pace = math.exp(phi[j])
        whole = 0.0
        for t in range(waves):
            whole += d_walk[t, j]
        left = whole
        for t in range(waves - 1):
            left -= d_walk[t, j]
            # a step moves all later waves by 1, and all waves by minus its part of the average
            slope = left - whole * (waves - 1 - t) / waves
            place = columns + t * columns + j
            if centred[j]:
                own[place] += slope
            else:
                own[place] += slope * pace
                own[j] += slope * phi[place] * pace


@njit(cache=True, nogil=True)
def cumulative_walk(
    phi: FloatArray, x: FloatArray, wave: IntArray, count: FloatArray, probit: bool, anchor: int,
    location: FloatArray, spread: FloatArray, df: FloatArray, centred: NDArray[np.bool_], tail: float, scale: float,
    basis: FloatArray, quarter: IntArray, season: float, waves: int, out: FloatArray,
) -> float:
    """Write the gradient of the log posterior, up to constants of the prior of slopes and thresholds, and return it.

    Parameters
    ----------
    phi : ndarray, shape (t,)
        Slopes (p,); thresholds (q,), the one numbered `anchor` as it is and the others as log distances; walks as in
        `walk_forward`; the season (S - 1,).
    x : ndarray, shape (P, p)
        Driver patterns.
    wave : ndarray of int, shape (P,)
        Wave of each.
    count : ndarray, shape (P, q + 1)
        Weight of each category.
    probit : bool
        Probit or logit.
    anchor : int
        Threshold that stands for itself.
    location, spread, df : ndarray, shape (p + q,)
        Priors of slopes and thresholds: normal where `df` is infinite.
    centred : ndarray of bool, shape (v,)
        As in `walk_forward`; the first v - 1 slopes walk, and the level.
    tail, scale : float
        As in `walk_forward`.
    basis : ndarray, shape (S, S - 1)
        Columns that add up to zero; (0, 0) without a season.
    quarter : ndarray of int, shape (T,)
        Season of each wave.
    season : float
        Prior standard deviation of the season.
    waves : int
        T.
    out : ndarray, shape (t,)
        Gradient, written.

    Returns
    -------
    float
        Log density, without the constants of the priors of slopes and thresholds.
    """
    p, q, columns = x.shape[1], count.shape[1] - 1, centred.size
    first, last = p + q, p + q + waves * columns
    theta, inner = np.empty(p + q), np.empty(p + q)
    value = _prior(phi, p, anchor, location, spread, df, theta, inner)
    walk = np.empty((waves, columns))
    value += walk_forward(phi[first:last], centred, tail, scale, out[first:last], walk)
    slopes = np.empty((waves, p))
    shift = np.empty(waves)
    for t in range(waves):
        for j in range(p):
            slopes[t, j] = theta[j] + (walk[t, j] if j < columns - 1 else 0.0)
        shift[t] = walk[t, columns - 1]
        for s in range(basis.shape[1]):
            shift[t] += basis[quarter[t], s] * phi[last + s]
    d_slopes, d_shift, d_cuts = np.zeros((waves, p)), np.zeros(waves), np.zeros(q)
    value += _cumulative(
        x, wave, count, slopes, shift, theta[p:], np.zeros(waves), probit, d_slopes, d_shift, d_cuts, np.zeros(waves)
    )
    d_walk = np.empty((waves, columns))
    for t in range(waves):
        for j in range(p):
            inner[j] += d_slopes[t, j]
            if j < columns - 1:
                d_walk[t, j] = d_slopes[t, j]
        d_walk[t, columns - 1] = d_shift[t]
    walk_back(phi[first:last], centred, d_walk, out[first:last])
    for s in range(basis.shape[1]):
        z = phi[last + s]
        value -= 0.5 * (z / season) ** 2 + 0.5 * math.log(2.0 * math.pi) + math.log(season)
        out[last + s] = -z / season**2
        for t in range(waves):
            out[last + s] += basis[quarter[t], s] * d_shift[t]
    for k in range(q):
        inner[p + k] += d_cuts[k]
    return value + _pull_back(phi, p, anchor, inner, out)


@njit(cache=True, nogil=True)
def _prior(
    phi: FloatArray, p: int, anchor: int, location: FloatArray, spread: FloatArray, df: FloatArray,
    theta: FloatArray, inner: FloatArray,
) -> float:
    """Write slopes and thresholds into `theta` and the gradient of their log prior into `inner`; return the latter."""
    size = theta.size
    theta[:] = phi[:size]
    for k in range(p + anchor + 1, size):
        theta[k] = theta[k - 1] + math.exp(min(phi[k], 700.0))
    for k in range(p + anchor - 1, p - 1, -1):
        theta[k] = theta[k + 1] - math.exp(min(phi[k], 700.0))
    value = 0.0
    for i in range(size):
        u = (theta[i] - location[i]) / spread[i]
        if math.isinf(df[i]):
            value -= 0.5 * u * u
            inner[i] = -u / spread[i]
        else:
            value -= 0.5 * (df[i] + 1.0) * math.log1p(u * u / df[i])
            inner[i] = -(df[i] + 1.0) * u / (df[i] + u * u) / spread[i]
    return value


@njit(cache=True, nogil=True)
def _pull_back(phi: FloatArray, p: int, anchor: int, inner: FloatArray, out: FloatArray) -> float:
    """Write the gradient in slopes and coordinates of thresholds, Jacobian included; return the log Jacobian."""
    out[:p] = inner[:p]
    above, below, value = 0.0, 0.0, 0.0
    middle = p + anchor
    for k in range(inner.size - 1, middle, -1):
        above += inner[k]
        out[k] = above * math.exp(min(phi[k], 700.0)) + 1.0
        value += phi[k]
    for k in range(p, middle):
        below += inner[k]
        out[k] = -below * math.exp(min(phi[k], 700.0)) + 1.0
        value += phi[k]
    out[middle] = above + below + inner[middle]
    return value
