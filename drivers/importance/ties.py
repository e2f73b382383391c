"""Which drivers can be told apart: groups that tie, rank intervals, and letters that say both at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from string import ascii_lowercase, ascii_uppercase
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

LETTERS: Final = ascii_lowercase + ascii_uppercase


def tie_groups(tied: BoolArray, order: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Find runs of drivers, in order of their share, in which every pair ties.

    Parameters
    ----------
    tied : ndarray of bool, shape (p, p)
        Whether two drivers are practically equal; symmetric.
    order : sequence of int
        Positions of the drivers, largest share first.

    Returns
    -------
    tuple of tuple of int
        Runs of two or more positions, none inside another. Runs may overlap: a ties with b and b with c does not make
        a tie with c.
    """
    runs: list[tuple[int, ...]] = []
    end = 0
    for start in range(len(order)):
        stop = start + 1
        while stop < len(order) and all(tied[order[stop], other] for other in order[start:stop]):
            stop += 1
        if stop - start > 1 and stop > end:
            runs.append(tuple(order[start:stop]))
            end = stop
    return tuple(runs)


def compact_letters(separated: BoolArray, order: Sequence[int]) -> tuple[str, ...]:
    """Give drivers letters so that two of them share one exactly when they cannot be told apart.

    Parameters
    ----------
    separated : ndarray of bool, shape (p, p)
        Whether two drivers can be told apart; symmetric, False on the diagonal.
    order : sequence of int
        Positions of the drivers, largest share first; "a" goes to the first.

    Returns
    -------
    tuple of str
        Letters of each driver, by position; a driver unlike all others has a letter of its own.

    References
    ----------
    .. [1] Piepho (2004). An algorithm for a letter-based representation of all-pairwise comparisons. Journal of
       Computational and Graphical Statistics 13(2), 456-466. doi:10.1198/1061860043515
    """
    columns: list[frozenset[int]] = [frozenset(order)]
    for one, two in combinations(order, 2):
        if not separated[one, two]:
            continue
        split = [c - {gone} for c in columns if one in c and two in c for gone in (one, two)]
        columns = _absorbed([c for c in columns if not (one in c and two in c)] + split)
    place = {driver: at for at, driver in enumerate(order)}
    columns.sort(key=lambda column: sorted(place[driver] for driver in column))
    signs = [LETTERS[at] if at < len(LETTERS) else f"({at + 1})" for at in range(len(columns))]
    return tuple(
        "".join(sign for sign, column in zip(signs, columns, strict=True) if driver in column)
        for driver in range(len(order))
    )


def ranks(shares: FloatArray) -> IntArray:
    """Rank the drivers in every draw.

    Parameters
    ----------
    shares : ndarray, shape (draws, p)
        Shares.

    Returns
    -------
    ndarray of int, shape (draws, p)
        1 for the largest; equal shares hold the better of their ranks.
    """
    above: IntArray = 1 + (shares[:, None, :] > shares[:, :, None]).sum(axis=2)
    return above


def rank_intervals(shares: FloatArray, level: float) -> tuple[IntArray, IntArray]:
    """Return the lowest and highest rank of each driver that the draws leave open.

    Parameters
    ----------
    shares : ndarray, shape (draws, p)
        Draws of the shares.
    level : float
        Level of the interval, between 0 and 1.

    Returns
    -------
    best, worst : ndarray of int, shape (p,)
        Ranks a driver holds in draws, cut off at ``(1 - level) / 2`` on both sides.
    """
    cuts = [(1 - level) / 2, (1 + level) / 2]
    best, worst = np.quantile(ranks(shares), cuts, axis=0, method="inverted_cdf")
    return best.astype(np.int64), worst.astype(np.int64)


def rank_letters(best: IntArray, worst: IntArray) -> tuple[str, ...]:
    """Write rank intervals as R's relaimpo does: "_BC_" holds second or third rank of four.

    Parameters
    ----------
    best, worst : ndarray of int, shape (p,)
        Ends of the rank intervals.

    Returns
    -------
    tuple of str
        One text of p signs per driver.

    References
    ----------
    .. [1] Groemping (2006). Journal of Statistical Software 17(1), 1-27. doi:10.18637/jss.v017.i01
    """
    signs = (ascii_uppercase + ascii_lowercase).ljust(len(best), "+")
    return tuple(
        "".join(signs[rank] if low <= rank + 1 <= high else "_" for rank in range(len(best)))
        for low, high in zip(best, worst, strict=True)
    )


def _absorbed(columns: list[frozenset[int]]) -> list[frozenset[int]]:
    """Drop columns that lie inside another."""
    once = list(dict.fromkeys(column for column in columns if column))
    return [column for column in once if not any(column < other for other in once)]
