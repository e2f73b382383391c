"""Compiled: R2 of every driver subset, and from the fits of all subsets who gains more where.

This module imports numba: import it inside the function that needs it.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from drivers.stats.subset_walk import _sweep

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@njit(
    "void(float64[:, ::1], int64[::1], float64[:, ::1])",
    cache=True,
    nogil=True,
    error_model="numpy",
    fastmath={"contract"},
)
def fill_r2(triangles: FloatArray, left: IntArray, tables: FloatArray) -> None:
    """Write R2 of every subset, at a constant number of operations per subset.

    Parameters
    ----------
    triangles : ndarray, shape (draws, (columns + 1) (columns + 2) / 2)
        Packed upper triangles, outcome last, as for `subset_walk.walk_subsets`.
    left : ndarray of int, shape (groups + 1,)
        Columns still undecided when so many groups are.
    tables : ndarray, shape (draws, 2^groups)
        Filled; the group decided first is the lowest bit of the position.
    """
    groups = left.size - 1
    size_of = np.empty(left[groups] + 1, np.int64)
    room = np.empty(left[groups] + 1, np.int64)
    end = 0
    for columns in range(left[groups], -1, -1):
        size_of[columns] = (columns + 1) * (columns + 2) // 2
        room[columns] = end
        end += size_of[columns]
    state = np.empty(end)
    at = np.zeros(groups + 1, np.int64)
    held = np.zeros(groups + 1, np.int64)
    for draw in range(triangles.shape[0]):
        for k in range(triangles.shape[1]):
            state[k] = triangles[draw, k]
        top = groups
        for leaf in range(1 << groups):
            for m in range(top, 0, -1):
                source = at[m]
                for columns in range(left[m], left[m - 1], -1):
                    _sweep(state, source, room[columns - 1], columns)
                    source = room[columns - 1]
                at[m - 1] = source
                held[m - 1] = held[m] | (1 << (groups - m))
            tables[draw, held[0]] = -state[at[0]]
            m = 0
            path = leaf
            while path & 1:
                path >>= 1
                m += 1
            if m < groups:
                at[m] = at[m + 1] + size_of[left[m + 1]] - size_of[left[m]]
                held[m] = held[m + 1]
            top = m


@njit("void(float64[:, ::1], float64, float64[:, :, ::1], int64[:, :, ::1])", cache=True, nogil=True)
def compare(tables: FloatArray, tie: float, gains: FloatArray, wins: IntArray) -> None:
    """Sum each driver's gains by subset size, and count the subsets to which one adds more than another.

    Parameters
    ----------
    tables : ndarray, shape (draws, 2^p)
        Fit of every subset; bit j of the position says whether driver j is in.
    tie : float
        Differences up to this are rounding.
    gains : ndarray, shape (draws, p, p)
        Filled: sum of gains of a driver (row) over the subsets of so many others (column).
    wins : ndarray of int, shape (draws, p, p)
        Filled: subsets without both drivers to which the row's adds more than the column's.
    """
    p = gains.shape[1]
    sizes = np.zeros(tables.shape[1], np.int64)
    for subset in range(1, sizes.size):
        sizes[subset] = sizes[subset >> 1] + (subset & 1)
    for draw in range(tables.shape[0]):
        fit = tables[draw]
        for i in range(p):
            for j in range(p):
                gains[draw, i, j] = 0.0
                wins[draw, i, j] = 0
        for i in range(p):
            step = 1 << i
            for high in range(0, fit.size, 2 * step):
                for subset in range(high, high + step):
                    gains[draw, i, sizes[subset]] += fit[subset + step] - fit[subset]
        for i in range(p):
            for j in range(i + 1, p):
                low, far = 1 << i, 1 << j
                more, less = 0, 0
                for high in range(0, fit.size, 2 * far):
                    for middle in range(high, high + far, 2 * low):
                        for subset in range(middle, middle + low):
                            difference = fit[subset + low] - fit[subset + far]
                            more += difference > tie
                            less += difference < -tie
                wins[draw, i, j] = more
                wins[draw, j, i] = less
