"""R2 of submodels in which squares and products come with the drivers they are made of."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError
from drivers.stats.correlation import correlations

FloatArray = NDArray[np.float64]

MOST_ROWS: Final = 12
"""Most drivers (or groups): every one of the 2^m submodels is solved anew in every draw."""


def require_few_rows(rows: int) -> None:
    """Refuse more rows than submodels with squares and products are solved of.

    Parameters
    ----------
    rows : int
        Drivers, or groups of them.

    Raises
    ------
    InputError
        If there are more than `MOST_ROWS`.
    """
    if rows > MOST_ROWS:
        raise InputError(
            f"{rows} drivers or groups are more than {MOST_ROWS}, the most for which submodels with squares and "
            "products are compared. Put some into groups, or leave the squares and products out."
        )


def hierarchical_fits(cov: FloatArray, needs: Sequence[int], rows: int) -> FloatArray:
    """R2 of every set of rows, a column being in the model once all rows it needs are.

    Parameters
    ----------
    cov : ndarray, shape (c + 1, c + 1) or (draws, c + 1, c + 1)
        Covariances of c columns (drivers, their squares and products) and, last, the outcome.
    needs : sequence of int, length c
        The rows each column needs, as bits: one for a driver, both for a product, none for what is always in.
    rows : int
        Number of rows m.

    Returns
    -------
    ndarray, shape (2^m,) or (draws, 2^m)
        R2 of the submodel with the rows whose bits the position has. Draws that cannot be used are NaN.

    Raises
    ------
    InputError
        If there are more than `MOST_ROWS`, or a single matrix is no covariance matrix.
    CollinearDriversError
        If, in a single matrix, a column does not vary or is an exact mix of others.

    Notes
    -----
    The Shapley value of this game gives a square to its driver, and of what a product adds to both its drivers one
    half each: nothing of it is there before both are in.

    References
    ----------
    Nelder (1977). A reformulation of linear models. JRSS A 140(1), 48-77 (marginality). doi:10.2307/2344517
    Shapley (1953). In Contributions to the Theory of Games II, 307-317. doi:10.1515/9781400881970-018
    """
    require_few_rows(rows)
    corr = correlations(cov)
    stack = corr.reshape(-1, *corr.shape[-2:])
    usable = np.isfinite(stack[:, 0, 0])
    whole = np.full((len(stack), 1 << rows), np.nan)
    inside = stack[usable]
    for held in range(1 << rows):
        columns = [j for j, need in enumerate(needs) if not need & ~held]
        cross = inside[:, columns, -1]
        solved = np.linalg.solve(inside[:, columns][:, :, columns], cross[..., None])[..., 0]
        whole[usable, held] = (solved * cross).sum(axis=-1)
    return whole.reshape(*corr.shape[:-2], 1 << rows)
