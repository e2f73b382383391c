"""Compiled: what every driver adds when drivers enter in a given order.

This module imports numba: import it inside the function that needs it.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@njit("void(float64[:, ::1], int64[:, ::1], int64[::1], float64[:, ::1])", cache=True, nogil=True, error_model="numpy")
def gains_in_pairs(matrix: FloatArray, orders: IntArray, left: IntArray, gains: FloatArray) -> None:
    """Mean gain of every group in an order of entry and in its reverse.

    Parameters
    ----------
    matrix : ndarray, shape (k + 1, k + 1)
        Covariances of k columns and, last, an outcome of which the variance is the unit.
    orders : ndarray of int, shape (pairs, groups)
        One order of entry per row.
    left : ndarray of int, shape (groups + 1,)
        First column of each group, and k.
    gains : ndarray, shape (pairs, groups)
        Filled.

    Notes
    -----
    One pass sweeps the entering column out of the packed upper triangle of those still to come, which is the Cholesky
    factor of the reordered matrix row by row: k³/6 multiplications for all k gains.
    """
    k = matrix.shape[0] - 1
    groups = left.size - 1
    place = np.empty(k + 1, np.int64)
    owner = np.empty(k, np.int64)
    state = np.empty((k + 1) * (k + 2) // 2)
    place[k] = k
    for pair in range(orders.shape[0]):
        gains[pair] = 0.0
        for backward in range(2):
            count = 0
            for turn in range(groups):
                group = orders[pair, groups - 1 - turn if backward else turn]
                for column in range(left[group], left[group + 1]):
                    place[count] = column
                    owner[count] = group
                    count += 1
            at = 0
            for i in range(k + 1):
                row = matrix[place[i]]
                for j in range(i, k + 1):
                    state[at] = row[place[j]]
                    at += 1
            source = 0
            for i in range(k):
                width = k - i  # columns still to come, outcome included
                inverse = 1.0 / state[source]
                with_outcome = state[source + width]
                gains[pair, owner[i]] += 0.5 * with_outcome * with_outcome * inverse
                row_at = source + width + 1
                for r in range(1, width + 1):
                    factor = state[source + r] * inverse
                    for c in range(width + 1 - r):
                        state[row_at + c] -= factor * state[source + r + c]
                    row_at += width + 1 - r
                source += width + 1
