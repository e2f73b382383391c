"""LMG written out as its definition, apart from the fast code it is there to check."""

from __future__ import annotations

from itertools import combinations
from math import factorial

import numpy as np

from drivers.simulate.people import FloatArray


def lmg_by_definition(cov: FloatArray) -> FloatArray:
    """Share out R2 by the defining sum over all subsets of drivers.

    Parameters
    ----------
    cov : ndarray, shape (p + 1, p + 1)
        Covariances of the drivers, then the outcome.

    Returns
    -------
    ndarray, shape (p,)
        Mean gain in R2 from adding the driver, over all orders; the shares add up to R2.

    Notes
    -----
    Meant for a handful of drivers: each of the 2^p subsets is solved from scratch.

    References
    ----------
    .. [1] Groemping (2007). The American Statistician 61(2), 139-147. doi:10.1198/000313007X188252
    """
    p = len(cov) - 1
    shares = np.zeros(p)
    for j in range(p):
        others = [k for k in range(p) if k != j]
        for size in range(p):
            chance = factorial(size) * factorial(p - 1 - size) / factorial(p)
            for subset in combinations(others, size):
                shares[j] += chance * (r2_of(cov, (*subset, j)) - r2_of(cov, subset))
    return shares


def r2_of(cov: FloatArray, subset: tuple[int, ...]) -> float:
    """Return the part of the outcome's variance explained by a subset of drivers (positions).

    Parameters
    ----------
    cov : ndarray, shape (p + 1, p + 1)
        Covariances of the drivers, then the outcome.
    subset : tuple of int
        Positions of the drivers used.

    Returns
    -------
    float
        R2, 0 for no driver.
    """
    if not subset:
        return 0.0
    rows = list(subset)
    with_outcome = cov[rows, -1]
    return float(with_outcome @ np.linalg.solve(cov[np.ix_(rows, rows)], with_outcome) / cov[-1, -1])
