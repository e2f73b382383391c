"""Which drivers enter a model together (groups), and which are in every model (always)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError
from drivers.stats.correlation import correlations

FloatArray = NDArray[np.float64]
Groups = Sequence[Sequence[int]]


def members_of(p: int, groups: Groups | None, always: Sequence[int]) -> list[list[int]]:
    """List the positions of the drivers that enter together, checked.

    Parameters
    ----------
    p : int
        Number of drivers, always-in ones included.
    groups : sequence of sequences of int or None
        Positions of drivers that enter together; None leaves each one alone.
    always : sequence of int
        Positions of drivers that are in every model.

    Returns
    -------
    list of list of int
        One entry per share: the groups as given, or every driver that is not always in.

    Raises
    ------
    InputError
        If a position is named twice, missing or out of place, a group is empty, or nothing is left to share out.
    """
    members = [list(group) for group in groups] if groups is not None else [[j] for j in range(p) if j not in always]
    named = sorted([*always, *(j for group in members for j in group)])
    if named != list(range(p)) or not all(members):
        raise InputError(
            f"Groups {members} and always-in {list(always)} must name each of the {p} positions 0 to {p - 1} once."
        )
    if not members:
        raise InputError("Every driver is always in, so there is nothing left to share out; free at least one.")
    return members


def given(cov: FloatArray, inside: Sequence[int]) -> FloatArray:
    """Take some variables out of what is left of a covariance matrix.

    Parameters
    ----------
    cov : ndarray, shape (..., k, k)
        Covariances; those of `inside` must be positive definite. Draws of NaN pass through.
    inside : sequence of int
        Positions of the variables taken as given.

    Returns
    -------
    ndarray, shape (..., k - len(inside), k - len(inside))
        Covariances of the others' residuals, in the units of `cov`: by Frisch and Waugh, what a model with `inside`
        in it sees of the others.

    References
    ----------
    Frisch & Waugh (1933). Econometrica 1(4), 387-401. doi:10.2307/1907330
    """
    if not len(inside):
        return cov
    held = list(inside)
    rest = [j for j in range(cov.shape[-1]) if j not in held]
    cross = cov[..., held, :][..., rest]
    left: FloatArray = np.full((*cov.shape[:-2], len(rest), len(rest)), np.nan)
    usable = np.isfinite(cov).all(axis=(-2, -1))
    inner, cross = cov[usable][..., held, :][..., held], cross[usable]
    left[usable] = cov[usable][..., rest, :][..., rest] - np.swapaxes(cross, -1, -2) @ np.linalg.solve(inner, cross)
    return left


def standardized(cov: FloatArray, always: Sequence[int] = (), *, invertible: bool = True) -> FloatArray:
    """Scale covariances to correlations, drivers given the always-in ones, the outcome in its own whole variance.

    Parameters
    ----------
    cov : ndarray, shape (..., p + 1, p + 1)
        Covariances of p drivers and, last, the outcome.
    always : sequence of int
        Positions of drivers that are in every model.
    invertible : bool
        Whether the measure needs drivers of which none is an exact mix of others; with always-in drivers it does.

    Returns
    -------
    ndarray, shape (..., k + 1, k + 1)
        For the k drivers that are not always in: correlations of their residuals, and part (semipartial) correlations
        with the outcome. The last diagonal entry is the part of the outcome's variance the always-in ones leave.
        Without always-in drivers, correlations.

    Raises
    ------
    InputError
        If a single matrix is no covariance matrix, or a position of `always` is out of place.
    CollinearDriversError
        If, in a single matrix, a driver does not vary or is an exact mix of others.
    """
    corr = correlations(cov, invertible=invertible or bool(len(always)))
    members_of(corr.shape[-1] - 1, None, always)
    if not len(always):
        return corr
    left = given(corr, always)
    spread = np.sqrt(np.diagonal(left, axis1=-2, axis2=-1))
    spread[..., -1] = 1.0
    return left / spread[..., :, None] / spread[..., None, :]
