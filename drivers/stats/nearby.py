"""Whether places have data near them: enough respondents within reach in every direction."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

EDGE = 1e-9
"""Rounding allowed at the edge of what is near."""


def have_neighbours(
    places: FloatArray, x: FloatArray, n: FloatArray, reach: FloatArray, least: float
) -> NDArray[np.bool_]:
    """Tell which places have at least so many respondents near them.

    Parameters
    ----------
    places : ndarray, shape (M, p)
        Where to look.
    x : ndarray, shape (m, p)
        Answers of each cell.
    n : ndarray, shape (m,)
        Respondents of each cell.
    reach : ndarray, shape (p,)
        How far from a place, on each driver, a cell may lie and still count as near.
    least : float
        Respondents needed.

    Returns
    -------
    ndarray of bool, shape (M,)
        A box around each place, not a ball: a respondent is near who is near on every driver.
    """
    order = np.argsort(-n)
    near: NDArray[np.bool_] = _have(
        np.ascontiguousarray(places), np.ascontiguousarray(x[order]), np.ascontiguousarray(n[order]),
        np.asarray(reach, dtype=np.float64) + EDGE, float(least),
    )
    return near


@njit(cache=True, nogil=True)
def _have(
    places: FloatArray, x: FloatArray, n: FloatArray, reach: FloatArray, least: float
) -> NDArray[np.bool_]:
    """Return which places have at least so many people in reach."""
    found = np.zeros(len(places), dtype=np.bool_)
    for r in range(len(places)):
        seen = 0.0
        for i in range(len(x)):
            near = True
            for j in range(x.shape[1]):
                if abs(x[i, j] - places[r, j]) > reach[j]:
                    near = False
                    break
            if near:
                seen += n[i]
                if seen >= least:
                    found[r] = True
                    break
    return found
