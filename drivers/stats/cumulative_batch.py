"""Log-likelihood of a cumulative model at thousands of parameter values at once, from driver patterns and counts."""

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray

from drivers.stats.cumulative import IntArray, Link

FloatArray = NDArray[np.float64]

FLOOR = 1e-300
"""Smallest chance of a category, as in `drivers.stats.cumulative`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patterns:
    """``x`` (P, p) distinct driver patterns and ``count`` (P, q+1) the weight of each outcome category in them."""

    x: FloatArray
    count: FloatArray


def driver_patterns(x: FloatArray, y: IntArray, weight: FloatArray, q: int) -> Patterns:
    """Gather cells with the same drivers, so that thresholds are evaluated once per pattern and draw.

    Parameters
    ----------
    x : ndarray, shape (m, p)
        Drivers, one row per cell.
    y : ndarray of int, shape (m,)
        Outcome category 0..q.
    weight : ndarray, shape (m,)
        Weight of each cell.
    q : int
        Number of thresholds.

    Returns
    -------
    Patterns
        At most m of them.
    """
    if not len(x):
        return Patterns(x=np.ascontiguousarray(x), count=np.zeros((0, q + 1)))
    order = np.lexsort(x.T[::-1])
    sorted_x = x[order]
    new = np.append(True, (sorted_x[1:] != sorted_x[:-1]).any(axis=1))
    group = np.cumsum(new) - 1
    width = q + 1
    place = group * width + y[order]
    count = np.bincount(place, weights=weight[order], minlength=(int(group[-1]) + 1) * width)
    return Patterns(x=np.ascontiguousarray(sorted_x[new]), count=np.ascontiguousarray(count.reshape(-1, width)))


def loglik_draws(patterns: Patterns, theta: FloatArray, link: Link) -> FloatArray:
    """Return the weighted log-likelihood at every row of `theta`.

    Parameters
    ----------
    patterns : Patterns
        P driver patterns with their counts.
    theta : ndarray, shape (s, p + q)
        Slopes, then increasing cuts.
    link : {"logit", "probit"}
        The distribution of the latent error.

    Returns
    -------
    ndarray, shape (s,)
        Minus infinity where cuts do not increase.
    """
    s = len(theta)
    theta, out = np.ascontiguousarray(theta), np.empty(s)
    workers = max(1, min(os.cpu_count() or 1, s // 64))
    edges = np.linspace(0, s, workers + 1).astype(int)
    with ThreadPoolExecutor(workers) as pool:  # the kernel releases the GIL; rows are independent
        jobs = [
            pool.submit(_logliks, patterns.x, patterns.count, theta[a:b], link == "probit", out[a:b])
            for a, b in pairwise(edges)
        ]
        for job in jobs:
            job.result()
    return out


@njit(cache=True, nogil=True)
def _tail(u: float, probit: bool) -> float:
    """Probability beyond |u| on one side."""
    if probit:
        return 0.5 * math.erfc(abs(u) * 0.7071067811865476)
    e = math.exp(-abs(u))
    return e / (1.0 + e)


@njit(cache=True, nogil=True)
def _logliks(x: FloatArray, count: FloatArray, theta: FloatArray, probit: bool, out: FloatArray) -> None:
    """Write the log-likelihood of every draw of `theta`, minus infinity where thresholds are out of order."""
    patterns, p = x.shape
    q = count.shape[1] - 1
    for d in range(len(theta)):
        ordered = True
        for i in range(p + 1, p + q):
            if theta[d, i] <= theta[d, i - 1]:
                ordered = False
        if not ordered:
            out[d] = -np.inf
            continue
        value = 0.0
        for c in range(patterns):
            eta = 0.0
            for j in range(p):
                eta += x[c, j] * theta[d, j]
            known, u_known, tail_known = -1, 0.0, 0.0  # the threshold last looked at
            for k in range(q + 1):
                n = count[c, k]
                if n == 0.0:
                    continue
                u = tail_u = low = tail_low = 0.0
                if k > 0:
                    if known == k - 1:
                        low, tail_low = u_known, tail_known
                    else:
                        low = theta[d, p + k - 1] - eta
                        tail_low = _tail(low, probit)
                if k < q:
                    u = theta[d, p + k] - eta
                    tail_u = _tail(u, probit)
                    known, u_known, tail_known = k, u, tail_u
                if k == 0:
                    chance = tail_u if u < 0 else 1.0 - tail_u
                elif k == q:
                    chance = tail_low if low > 0 else 1.0 - tail_low
                elif low > 0:  # differences are taken in the tail where both are small
                    chance = tail_low - tail_u
                elif u < 0:
                    chance = tail_u - tail_low
                else:
                    chance = 1.0 - tail_low - tail_u
                value += n * math.log(max(chance, FLOOR))
        out[d] = value
