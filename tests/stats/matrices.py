"""Random covariance matrices for laws, and the defining sum of LMG, written without any cleverness."""

from itertools import combinations
from math import comb

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@st.composite
def covariances(draw: st.DrawFn, min_drivers: int = 1, max_drivers: int = 6) -> FloatArray:
    """Covariances of correlated drivers in very different units, outcome last; condition number below about 1e4."""
    p = draw(st.integers(min_drivers, max_drivers))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    halo = draw(st.floats(0, 0.95))
    rows = np.sqrt(1 - halo) * rng.normal(size=(4 * (p + 1), p + 1)) + np.sqrt(halo) * rng.normal(size=(4 * (p + 1), 1))
    units = 10.0 ** rng.uniform(-3, 3, p + 1)
    return np.cov(rows * units, rowvar=False).reshape(p + 1, p + 1)


def r_squared(cov: FloatArray, subset: tuple[int, ...]) -> float:
    """R2 of the outcome on some drivers, by the normal equations."""
    if not subset:
        return 0.0
    inside, outcome = list(subset), cov[-1, list(subset)]
    return float(outcome @ np.linalg.solve(cov[np.ix_(inside, inside)], outcome) / cov[-1, -1])


def mean_gains(cov: FloatArray) -> FloatArray:
    """Mean gain of each driver (rows) by the number of others already in (columns), subset by subset."""
    p = len(cov) - 1
    gains = np.zeros((p, p))
    for driver in range(p):
        others = [j for j in range(p) if j != driver]
        for size in range(p):
            for subset in combinations(others, size):
                gain = r_squared(cov, (*subset, driver)) - r_squared(cov, subset)
                gains[driver, size] += gain / comb(p - 1, size)
    return gains


def draws_of(p: int, count: int, seed: int = 1) -> FloatArray:
    """Sample covariances (count, p + 1, p + 1) of 50 rows each, all variables correlated .5."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(count, 50, p + 1)) + rng.normal(size=(count, 50, 1))
    rows -= rows.mean(axis=1, keepdims=True)
    return np.swapaxes(rows, 1, 2) @ rows / 49
