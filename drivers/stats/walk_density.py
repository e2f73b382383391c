"""Cumulative models whose slopes and level walk over waves: log posterior and gradient in one compiled pass.

Steps move in coordinates u as effects of groups do (`drivers.stats.correlated_effects`): they are turned so that waves
tell rows of them independently of each other, and given the paces a row has the mean and covariance that the answers
leave it, about, so that there is no funnel whether waves are thin or rich.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from drivers.stats.cumulative import IntArray
from drivers.stats.effect_rows import _place_row, _row_back
from drivers.stats.segment_density import _cumulative

FloatArray = NDArray[np.float64]


@njit(cache=True, nogil=True, error_model="numpy")
def walk_forward(
    phi: FloatArray, basis: FloatArray, turn: FloatArray, information: FloatArray, told: FloatArray, tail: float,
    scale: float, own: FloatArray, walk: FloatArray,
) -> float:
    """Write walks and the gradient of their log density.

    Parameters
    ----------
    phi : ndarray, shape (T v,)
        Log paces (v,), then T - 1 rows of u over v columns.
    basis : ndarray, shape (T, T - 1)
        From turned steps to walks that average to zero.
    turn : ndarray, shape (T - 1, T - 1)
        Orthogonal, from turned steps to steps.
    information : ndarray, shape (T - 1, v, v)
        How surely the answers tell every row of turned steps times their pace; zeros where coordinates are not to
        follow them.
    told : ndarray, shape (T - 1, v)
        Information times what they tell.
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
    waves, v = int(walk.shape[0]), int(walk.shape[1])
    rows, gaussian = waves - 1, math.isinf(tail)
    constant = 0.5 * math.log(2.0 * math.pi)
    if not gaussian:
        constant = math.lgamma(0.5 * tail) + 0.5 * math.log(tail * math.pi) - math.lgamma(0.5 * (tail + 1.0))
    value = v * (0.5 * math.log(2.0 / math.pi) - math.log(scale)) - rows * v * constant
    a, d_a, w, c = np.zeros((v, v)), np.zeros((v, v)), np.zeros((v, v)), np.zeros((v, v))
    y, e, d_u = np.empty(v), np.empty(v), np.empty(v)
    turned, pull = np.empty((rows, v)), np.zeros((rows, v))
    for j in range(v):
        a[j, j] = math.exp(phi[j])
        value += phi[j] - 0.5 * (a[j, j] / scale) ** 2
        own[j] = 1.0 - (a[j, j] / scale) ** 2
    for k in range(rows):
        _place_row(phi[v + k * v : v + (k + 1) * v], a, information[k], told[k], w, c, y, e)
        for j in range(v):
            turned[k, j] = e[j]
            value -= math.log(c[j, j])
            if gaussian:
                value -= 0.5 * e[j] * e[j]
                pull[k, j] = -e[j]
    if not gaussian:
        for j in range(v):
            for t in range(rows):
                step = 0.0
                for k in range(rows):
                    step += turn[t, k] * turned[k, j]
                value -= 0.5 * (tail + 1.0) * math.log1p(step * step / tail)
                slope = -(tail + 1.0) * step / (tail + step * step)
                for k in range(rows):
                    pull[k, j] += turn[t, k] * slope
    for k in range(rows):
        _place_row(phi[v + k * v : v + (k + 1) * v], a, information[k], told[k], w, c, y, e)
        _row_back(pull[k], -1.0, a, told[k], w, c, y, e, d_u, d_a)
        for j in range(v):
            own[v + k * v + j] = d_u[j]
    for j in range(v):
        own[j] += d_a[j, j] * a[j, j]
        for t in range(waves):
            walk[t, j] = 0.0
            for k in range(rows):
                walk[t, j] += basis[t, k] * turned[k, j] * a[j, j]
    return float(value)


@njit(cache=True, nogil=True, error_model="numpy")
def walk_back(
    phi: FloatArray, basis: FloatArray, information: FloatArray, told: FloatArray, d_walk: FloatArray, own: FloatArray
) -> None:
    """Add to `own` (T v,) the gradient at `phi` (T v,) of what has the derivative `d_walk` (T, v) in walks.

    `basis`, `information` and `told` are those of `walk_forward`.
    """
    waves, v = d_walk.shape
    a, d_a, w, c = np.zeros((v, v)), np.zeros((v, v)), np.zeros((v, v)), np.zeros((v, v))
    y, e, d_e, d_u = np.empty(v), np.empty(v), np.empty(v), np.empty(v)
    for j in range(v):
        a[j, j] = math.exp(phi[j])
    for k in range(waves - 1):
        _place_row(phi[v + k * v : v + (k + 1) * v], a, information[k], told[k], w, c, y, e)
        for j in range(v):
            slope = 0.0
            for t in range(waves):
                slope += basis[t, k] * d_walk[t, j]
            d_e[j] = a[j, j] * slope
            d_a[j, j] += e[j] * slope
        _row_back(d_e, 0.0, a, told[k], w, c, y, e, d_u, d_a)
        for j in range(v):
            own[v + k * v + j] += d_u[j]
    for j in range(v):
        own[j] += d_a[j, j] * a[j, j]


@njit(cache=True, nogil=True, error_model="numpy")
def walk_expand(
    phi: FloatArray, basis: FloatArray, information: FloatArray, told: FloatArray, walk: FloatArray
) -> None:
    """Write the `walk` (n, T, v) of many `phi` (n, T v); `basis`, `information` and `told` as in `walk_forward`."""
    waves, v = int(walk.shape[1]), int(walk.shape[2])
    a, w, c = np.zeros((v, v)), np.zeros((v, v)), np.zeros((v, v))
    y, e = np.empty(v), np.empty(v)
    for i in range(len(phi)):
        for j in range(v):
            a[j, j] = math.exp(phi[i, j])
        for k in range(waves - 1):
            _place_row(phi[i, v + k * v : v + (k + 1) * v], a, information[k], told[k], w, c, y, e)
            for j in range(v):
                for t in range(waves):
                    walk[i, t, j] += basis[t, k] * e[j] * a[j, j]


@njit(cache=True, nogil=True)
def cumulative_walk(
    phi: FloatArray, x: FloatArray, wave: IntArray, count: FloatArray, probit: bool, anchor: int,
    location: FloatArray, spread: FloatArray, df: FloatArray, basis: FloatArray, turn: FloatArray,
    information: FloatArray, told: FloatArray, tail: float, scale: float, seasons: FloatArray, quarter: IntArray,
    season: float, out: FloatArray,
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
    basis, turn, information, told : ndarray
        As in `walk_forward`; the first v - 1 slopes walk, and the level.
    tail, scale : float
        As in `walk_forward`.
    seasons : ndarray, shape (S, S - 1)
        Columns that add up to zero; (0, 0) without a season.
    quarter : ndarray of int, shape (T,)
        Season of each wave.
    season : float
        Prior standard deviation of the season.
    out : ndarray, shape (t,)
        Gradient, written.

    Returns
    -------
    float
        Log density, without the constants of the priors of slopes and thresholds.
    """
    p, q, columns, waves = x.shape[1], count.shape[1] - 1, int(told.shape[1]), int(basis.shape[0])
    first, last = p + q, p + q + waves * columns
    theta, inner = np.empty(p + q), np.empty(p + q)
    value = _prior(phi, p, anchor, location, spread, df, theta, inner)
    walk = np.empty((waves, columns))
    value += walk_forward(
        phi[first:last], basis, turn, information, told, tail, scale, out[first:last], walk
    )
    slopes = np.empty((waves, p))
    shift = np.empty(waves)
    for t in range(waves):
        for j in range(p):
            slopes[t, j] = theta[j] + (walk[t, j] if j < columns - 1 else 0.0)
        shift[t] = walk[t, columns - 1]
        for s in range(seasons.shape[1]):
            shift[t] += seasons[quarter[t], s] * phi[last + s]
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
    walk_back(phi[first:last], basis, information, told, d_walk, out[first:last])
    for s in range(seasons.shape[1]):
        z = phi[last + s]
        value -= 0.5 * (z / season) ** 2 + 0.5 * math.log(2.0 * math.pi) + math.log(season)
        out[last + s] = -z / season**2
        for t in range(waves):
            out[last + s] += seasons[quarter[t], s] * d_shift[t]
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
