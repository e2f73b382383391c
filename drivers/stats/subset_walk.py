"""The compiled walk over all driver subsets, at a constant number of operations per subset.

Drivers are decided one after the other. With m of them undecided, what matters is their covariance matrix, outcome
last, given the drivers already in. "In" sweeps the first undecided driver out of that matrix (m²/2 operations); "out"
drops its row. As half as many nodes have one more driver undecided, a whole tree costs the same per subset whatever
the number of drivers.

Two choices keep it lean. The matrix is a packed upper triangle, first undecided driver first and outcome last, so that
"out" is only a larger offset and never a copy. And what a node hands back is the sum of R2 over its subtree by subset
size, together with the same sum over the subsets that hold each of its drivers: sums of two children, so rounding
grows with the number of drivers, not with the number of subsets. The last three drivers are written out.

This module imports numba: import it inside the function that needs it.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@njit(inline="always")
def _sweep(state: FloatArray, source: int, target: int, m: int) -> None:
    """Write to `target` the triangle of m drivers at `source` given its first driver."""
    inverse = 1.0 / state[source]
    row = source + m + 1
    for i in range(1, m + 1):
        factor = state[source + i] * inverse
        width = m + 1 - i
        for j in range(width):
            state[target + j] = state[row + j] - factor * state[source + i + j]
        target += width
        row += width


@njit(inline="always")
def _last_three(state: FloatArray, at: int, table: FloatArray) -> None:
    """Fill the table (4 rows x 4 sizes) of the 8 subsets of the last three drivers, at `at`."""
    s11, s12, s13, y1 = state[at], state[at + 1], state[at + 2], state[at + 3]
    s22, s23, y2 = state[at + 4], state[at + 5], state[at + 6]
    s33, y3 = state[at + 7], state[at + 8]
    none = -state[at + 9]
    inverse1, inverse2 = 1.0 / s11, 1.0 / s22
    b12, b13, b23 = s12 * inverse1, s13 * inverse1, s23 * inverse2
    # given driver 1
    s22g1, s23g1, s33g1 = s22 - b12 * s12, s23 - b12 * s13, s33 - b13 * s13
    y2g1, y3g1 = y2 - b12 * y1, y3 - b13 * y1
    inverse2g1 = 1.0 / s22g1
    b23g1 = s23g1 * inverse2g1
    y3g12, y3g2 = y3g1 - b23g1 * y2g1, y3 - b23 * y2
    only1, only2, only3 = none + y1 * y1 * inverse1, none + y2 * y2 * inverse2, none + y3 * y3 / s33
    in12 = only1 + y2g1 * y2g1 * inverse2g1
    in13 = only1 + y3g1 * y3g1 / s33g1
    in23 = only2 + y3g2 * y3g2 / (s33 - b23 * s23)
    in123 = in12 + y3g12 * y3g12 / (s33g1 - b23g1 * s23g1)
    table[0], table[1], table[2], table[3] = none, only1 + only2 + only3, in12 + in13 + in23, in123
    table[4], table[5], table[6], table[7] = 0.0, only1, in12 + in13, in123
    table[8], table[9], table[10], table[11] = 0.0, only2, in12 + in23, in123
    table[12], table[13], table[14], table[15] = 0.0, only3, in13 + in23, in123


@njit(inline="always")
def _merge(inside: FloatArray, outside: FloatArray, table: FloatArray, m: int) -> None:
    """Fill the table of m + 1 drivers from those of m drivers with the first one in and out.

    A table of m drivers has m + 1 rows (all subsets; then those holding each driver) of m + 1 sizes.
    """
    n = m + 1
    table[0] = outside[0]
    for size in range(1, n):
        table[size] = outside[size] + inside[size - 1]
    table[n] = inside[n - 1]
    table[n + 1] = 0.0
    for size in range(n):
        table[n + 2 + size] = inside[size]
    for row in range(1, n):
        child, here = row * n, (row + 1) * (n + 1)
        table[here] = outside[child]
        for size in range(1, n):
            table[here + size] = outside[child + size] + inside[child + size - 1]
        table[here + n] = inside[child + n - 1]


@njit(
    "void(float64[:, ::1], int64[::1], float64[:, ::1])",
    cache=True,
    nogil=True,
    error_model="numpy",
    fastmath={"contract"},
)
def walk_subsets(triangles: FloatArray, left: IntArray, tables: FloatArray) -> None:
    """Sum R2 over all subsets by size, for many covariance matrices.

    Parameters
    ----------
    triangles : ndarray, shape (draws, (columns + 1) (columns + 2) / 2)
        Packed upper triangles, outcome last, in units in which the outcome has variance 1; the outcome's own slot
        holds minus the R2 already explained (0, usually). Columns of one group stand together.
    left : ndarray of int, shape (groups + 1,)
        Columns still undecided when so many groups are: 0, ..., columns. Every column its own group: 0, 1, 2, ...
    tables : ndarray, shape (draws, (groups + 1)²)
        Filled row by row: row 0 the sum of R2 over the subsets of 0, 1, ..., groups members; row j the same over those
        that hold group j.
    """
    groups = left.size - 1
    base = 3 if groups >= 3 and left[3] == 3 else 0
    size_of = np.empty(left[groups] + 1, np.int64)  # numbers in the triangle of so many columns
    room = np.empty(left[groups] + 1, np.int64)  # where that triangle is kept
    end = 0
    for columns in range(left[groups], -1, -1):
        size_of[columns] = (columns + 1) * (columns + 2) // 2
        room[columns] = end
        end += size_of[columns]
    state = np.empty(end)
    at = np.zeros(groups + 1, np.int64)  # where the matrix of the current node with so many undecided groups starts
    kept = np.zeros((groups + 1, 2, (groups + 1) ** 2))  # finished tables: first driver of the parent in, out

    for draw in range(triangles.shape[0]):
        for k in range(triangles.shape[1]):
            state[k] = triangles[draw, k]
        top = groups
        for leaf in range(1 << (groups - base)):  # its bits: the decisions, 0 for in, last driver in the lowest bit
            for m in range(top, base, -1):
                source = at[m]
                for columns in range(left[m], left[m - 1], -1):
                    _sweep(state, source, room[columns - 1], columns)
                    source = room[columns - 1]
                at[m - 1] = source
            if base == 3:
                _last_three(state, at[3], kept[3, leaf & 1])
            else:
                kept[0, leaf & 1, 0] = -state[at[0]]
            m = base
            path = leaf
            while path & 1:  # this node and its "in" sibling are done: so is their parent
                path >>= 1
                _merge(kept[m, 0], kept[m, 1], kept[m + 1, path & 1], m)
                m += 1
            if m < groups:  # an "in" node is done: go to its "out" sibling
                at[m] = at[m + 1] + size_of[left[m + 1]] - size_of[left[m]]
            top = m
        for k in range(tables.shape[1]):
            tables[draw, k] = kept[groups, 0, k]
