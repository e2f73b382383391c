"""One row of group effects: where its coordinates put it given spreads and correlations, and the derivatives back.

Compiled parts of `drivers.stats.correlated_effects`, which says what they are for. This module imports numba: import it
inside the function that needs it, or from a module that is loaded so.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@njit(cache=True, nogil=True, error_model="numpy")
def _root(phi: FloatArray, r: int, partial: FloatArray, root: FloatArray) -> None:
    """Fill partial correlations and the Cholesky factor of the correlation matrix."""
    at = r
    root[:, :] = 0.0
    for i in range(r):
        left = 1.0
        for k in range(i):
            c = math.tanh(phi[at])
            at += 1
            partial[i, k] = c
            root[i, k] = c * left
            left *= math.sqrt(1.0 - c * c)
        root[i, i] = left


@njit(cache=True, nogil=True, error_model="numpy")
def _fill_factor(phi: FloatArray, r: int, place: int, partial: FloatArray, root: FloatArray, a: FloatArray) -> None:
    """Fill `a` (r + 1, r + 1), the Cholesky factor of a row's covariance; the level stands last, by itself."""
    _root(phi, r, partial, root)
    a[:, :] = 0.0
    for i in range(r):
        tau = math.exp(phi[i])
        for k in range(i + 1):
            a[i, k] = tau * root[i, k]
    a[r, r] = math.exp(phi[place])


@njit(cache=True, nogil=True, error_model="numpy")
def _place_row(
    u: FloatArray, a: FloatArray, d: FloatArray, b: FloatArray, w: FloatArray, c: FloatArray, y: FloatArray,
    e: FloatArray,
) -> None:
    """Fill w = D A, the Cholesky factor c of I + A' D A, y = c^-1 A' b and e = c'^-1 (u + y)."""
    k = u.size
    for i in range(k):
        for j in range(k):
            total = 0.0
            for m in range(j, k):
                total += d[i, m] * a[m, j]
            w[i, j] = total
    for i in range(k):
        for j in range(i + 1):
            total = 1.0 if i == j else 0.0
            for m in range(i, k):
                total += a[m, i] * w[m, j]
            for m in range(j):
                total -= c[i, m] * c[j, m]
            c[i, j] = math.sqrt(total) if i == j else total / c[j, j]
    for i in range(k):
        total = 0.0
        for m in range(i, k):
            total += a[m, i] * b[m]
        for m in range(i):
            total -= c[i, m] * y[m]
        y[i] = total / c[i, i]
    for back in range(k):
        i = k - 1 - back
        total = u[i] + y[i]
        for m in range(i + 1, k):
            total -= c[m, i] * e[m]
        e[i] = total / c[i, i]


@njit(cache=True, nogil=True, error_model="numpy")
def _row_back(
    d_e: FloatArray, logs: float, a: FloatArray, b: FloatArray, w: FloatArray, c: FloatArray, y: FloatArray,
    e: FloatArray, d_u: FloatArray, d_a: FloatArray,
) -> None:
    """Overwrite `d_u` and add to `d_a`, given the derivative `d_e` in e and `logs` in the sum of logs of c's diagonal.

    The derivative of a Cholesky factor is that of Smith (1995). Differentiation of the Cholesky algorithm. Journal of
    Computational and Graphical Statistics 4(2), 134-147. doi:10.2307/1390762
    """
    k = e.size
    d_v, d_c, half = np.zeros(k), np.zeros((k, k)), np.zeros((k, k))
    for i in range(k):
        total = d_e[i]
        for m in range(i):
            total -= c[i, m] * d_u[m]
        d_u[i] = total / c[i, i]
    for back in range(k):
        i = k - 1 - back
        total = d_u[i]
        for m in range(i + 1, k):
            total -= c[m, i] * d_v[m]
        d_v[i] = total / c[i, i]
    for i in range(k):
        for j in range(i + 1):
            d_c[i, j] = -e[i] * d_u[j] - d_v[i] * y[j]
            d_a[i, j] += b[i] * d_v[j]
        d_c[i, i] += logs / c[i, i]
    for i in range(k):  # lower half of c' d_c, the diagonal halved, and its mirror image
        for j in range(i + 1):
            total = 0.0
            for m in range(i, k):
                total += c[m, i] * d_c[m, j]
            half[i, j] = half[j, i] = total
    for _side in range(2):  # c'^-1 half c^-1: solved from the left, turned, and again
        for j in range(k):
            for back in range(k):
                i = k - 1 - back
                total = half[i, j]
                for m in range(i + 1, k):
                    total -= c[m, i] * d_c[m, j]
                d_c[i, j] = total / c[i, i]
        for i in range(k):
            for j in range(k):
                half[i, j] = d_c[j, i]
    for i in range(k):
        for j in range(i + 1):
            total = 0.0
            for m in range(k):
                total += w[i, m] * half[m, j]
            d_a[i, j] += total


@njit(cache=True, nogil=True, error_model="numpy")
def _factor_back(
    r: int, place: int, partial: FloatArray, root: FloatArray, a: FloatArray, d_a: FloatArray, phi: FloatArray,
    out: FloatArray,
) -> None:
    """Add the derivative in log spreads and correlations, given that in the factor `a`; `d_a` is spent."""
    out[place] += d_a[r, r] * a[r, r]
    for i in range(r):
        tau = math.exp(phi[i])
        for k in range(i + 1):
            out[i] += d_a[i, k] * a[i, k]
            d_a[i, k] *= tau
    _pull_root(r, partial, root, d_a, out)


@njit(cache=True, nogil=True, error_model="numpy")
def _pull_root(r: int, partial: FloatArray, root: FloatArray, d_root: FloatArray, out: FloatArray) -> None:
    """Add the derivative in the coordinates of correlations, given that in the Cholesky factor."""
    at = r
    for i in range(r):
        left = 1.0
        for k in range(i):
            c = partial[i, k]
            slope = d_root[i, k] * left * (1.0 - c * c)
            for later in range(k + 1, i + 1):
                slope -= d_root[i, later] * root[i, later] * c
            out[at] += slope
            left *= math.sqrt(1.0 - c * c)
            at += 1
