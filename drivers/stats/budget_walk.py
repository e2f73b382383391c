"""The compiled list of best plans: every affordable plan that no cheaper one equals, one action after the other.

This module imports numba: import it inside the function that needs it.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@njit(cache=True, nogil=True)
def undominated(
    cost: FloatArray, value: FloatArray, steps: IntArray, limit: float
) -> tuple[FloatArray, FloatArray, IntArray]:
    """List the plans worth their money, cheapest first.

    Parameters
    ----------
    cost, value : ndarray, shape (A, K + 1)
        Of each action at 0, 1, ..., K steps.
    steps : ndarray of int, shape (A,)
        Most steps of each action.
    limit : float
        Budget.

    Returns
    -------
    cost, value : ndarray, shape (L,)
        Both rise strictly along the list.
    code : ndarray of int, shape (L,)
        Steps of all actions, as the digits of one number: action a counts in units of prod(steps[:a] + 1).
    """
    c, v, code = np.zeros(1), np.zeros(1), np.zeros(1, np.int64)
    radix = 1
    for a in range(steps.size):
        room = c.size * (steps[a] + 1)
        nc, nv, ncode = np.empty(room), np.empty(room), np.empty(room, np.int64)
        count = 0
        for k in range(steps[a] + 1):
            for i in range(c.size):
                total = c[i] + cost[a, k]
                if total <= limit:
                    nc[count], nv[count], ncode[count] = total, v[i] + value[a, k], code[i] + k * radix
                    count += 1
        order = np.argsort(nc[:count], kind="mergesort")
        c, v, code = np.empty(count), np.empty(count), np.empty(count, np.int64)
        kept = 0
        for j in order:
            if kept > 0 and nv[j] <= v[kept - 1]:
                continue
            if kept > 0 and nc[j] == c[kept - 1]:
                kept -= 1
            c[kept], v[kept], code[kept] = nc[j], nv[j], ncode[j]
            kept += 1
        c, v, code = c[:kept], v[:kept], code[:kept]
        radix *= steps[a] + 1
    return c, v, code


@njit(cache=True, nogil=True)
def best_in_draws(
    cost: FloatArray, value: FloatArray, steps: IntArray, limit: float
) -> tuple[FloatArray, IntArray]:
    """Solve every draw by itself.

    Parameters
    ----------
    cost : ndarray, shape (A, K + 1)
        Of each action at 0, 1, ..., K steps.
    value : ndarray, shape (S, A, K + 1)
        The same of what is gained, by draw.
    steps : ndarray of int, shape (A,)
        Most steps of each action.
    limit : float
        Budget.

    Returns
    -------
    best : ndarray, shape (S,)
        Largest value within the budget.
    chosen : ndarray of int, shape (S, A)
        Steps of each action in the cheapest plan of that value.
    """
    best = np.empty(len(value))
    chosen = np.empty((len(value), steps.size), np.int64)
    for s in range(len(value)):
        _, v, code = undominated(cost, value[s], steps, limit)
        best[s] = v[-1]
        left = code[-1]
        for a in range(steps.size):
            chosen[s, a] = left % (steps[a] + 1)
            left //= steps[a] + 1
    return best, chosen
