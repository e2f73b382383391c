"""Drivers that follow others straight: what each adds to the latent mean, tabulated once per draw, not per row."""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

WORTH = 4
"""Tables are made when they hold so many times fewer entries than there are rows."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Followed:
    """Rows of one set of moves by what can differ between them, all drivers that follow doing so straight.

    ``step`` (U, p) distinct moves of the drivers acted on, ``which`` (M,) that of each row; ``worth`` (V,) distinct
    answers of all drivers that follow, those of driver k at ``at[k]`` to ``at[k + 1]``; ``code`` (f, M) place among
    them of each row, -1 where the driver does not apply.
    """

    drivers: IntArray
    step: FloatArray
    which: IntArray
    worth: FloatArray
    at: IntArray
    code: IntArray


def followed(
    x: FloatArray, target: FloatArray, applies: BoolArray, follow: IntArray, path: FloatArray
) -> Followed | None:
    """Return the rows of moves in the form of tables, where that is right and worth it.

    Parameters
    ----------
    x, target : ndarray, shape (M, p)
        What each row answers before and after the action.
    applies : ndarray of bool, shape (M, p)
        Whether each driver applies.
    follow : ndarray of int, shape (f,)
        Drivers that follow.
    path : ndarray, shape (s, p, p)
        Row k holds how far driver k goes per point of the others, in each draw.

    Returns
    -------
    Followed or None
        None where a driver follows one that follows itself, or is acted on, or answers differ too much for a table.
    """
    if not len(follow) or not len(x):
        return None
    step = target - x
    if step[:, follow].any() or path[:, follow][:, :, follow].any():
        return None
    steps, which = np.unique(step, axis=0, return_inverse=True)
    answers = [np.unique(x[:, k]) for k in follow]
    at = np.concatenate([[0], np.cumsum([len(one) for one in answers])])
    if len(steps) * at[-1] * WORTH > len(x) * len(follow):
        return None
    code = np.array([
        np.where(applies[:, k], np.searchsorted(one, x[:, k]), -1) for k, one in zip(follow, answers, strict=True)
    ])  # fmt: skip
    return Followed(
        drivers=np.ascontiguousarray(follow), step=np.ascontiguousarray(steps),
        which=which.reshape(-1).astype(np.intp), worth=np.concatenate(answers), at=at.astype(np.intp),
        code=np.ascontiguousarray(code.astype(np.intp)),
    )


def gains(
    rows: Followed, path: FloatArray, slopes: FloatArray, low: FloatArray, high: FloatArray
) -> FloatArray:
    """Return what moves add to the latent mean of a model without products, followers included.

    Parameters
    ----------
    rows : Followed
        From `followed`.
    path : ndarray, shape (s, p, p)
        How far drivers follow, in each draw.
    slopes : ndarray, shape (s, p)
        Latent units per point of each driver.
    low, high : ndarray, shape (p,)
        Ends no driver that follows leaves.

    Returns
    -------
    ndarray, shape (s, M)
        Per draw and row.
    """
    out = np.empty((len(slopes), rows.which.size))
    _gains(rows.drivers, rows.step, rows.which, rows.worth, rows.at, rows.code, path, slopes, low, high, out)
    return out


@njit(cache=True, nogil=True)
def _gains(
    drivers: IntArray, step: FloatArray, which: IntArray, worth: FloatArray, at: IntArray, code: IntArray,
    path: FloatArray, slopes: FloatArray, low: FloatArray, high: FloatArray, out: FloatArray,
) -> None:
    """Fill in `out` (s, M)."""
    table = np.empty((step.shape[0], worth.size))
    alone = np.empty(step.shape[0])
    for d in range(slopes.shape[0]):
        for u in range(step.shape[0]):
            alone[u] = 0.0
            for j in range(step.shape[1]):
                alone[u] += step[u, j] * slopes[d, j]
            for f in range(drivers.size):
                k = drivers[f]
                far = 0.0
                for j in range(step.shape[1]):
                    far += path[d, k, j] * step[u, j]
                for v in range(at[f], at[f + 1]):
                    ended = min(max(worth[v] + far, low[k]), high[k]) if far != 0.0 else worth[v]
                    table[u, v] = (ended - worth[v]) * slopes[d, k]
        for r in range(which.size):
            out[d, r] = alone[which[r]]
        for f in range(drivers.size):
            for r in range(which.size):
                if code[f, r] >= 0:
                    out[d, r] += table[which[r], at[f] + code[f, r]]
