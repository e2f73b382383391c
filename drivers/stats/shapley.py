"""LMG (Shapley) shares of explained variance, exactly, from covariance matrices.

All 2^p driver subsets are visited by the compiled walk of `subset_walk`. From the sums it brings back follow the LMG
shares, and the mean gain by subset size (conditional dominance), for one matrix or for thousands of draws.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import comb
from typing import Final

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError
from drivers.stats.correlation import correlations

FloatArray = NDArray[np.float64]
Groups = Sequence[Sequence[int]]

MAX_DRIVERS: Final = 30
"""Most drivers (or groups) for which every subset is visited: about ten seconds on one core."""

CHUNK: Final = 1 << 20
"""Subsets one thread takes on at a time."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SubsetSums:
    """R2 summed over driver subsets by size. ``draws...`` is absent for a single matrix.

    ``total`` (draws..., p + 1): over the subsets of 0, 1, ..., p members. ``holding`` (draws..., p, p + 1): over those
    that hold the driver (or group). R2 is the part explained beyond always-in drivers, of the whole outcome variance.
    """

    total: FloatArray
    holding: FloatArray

    @property
    def r2(self) -> FloatArray:
        """R2 of all drivers together, beyond the always-in ones."""
        return self.total[..., -1]


def subset_sums(
    cov: FloatArray, *, groups: Groups | None = None, always: Sequence[int] = (), workers: int | None = 1
) -> SubsetSums:
    """Sum R2 over all driver subsets, by size and by member.

    Parameters
    ----------
    cov : ndarray, shape (p + 1, p + 1) or (draws, p + 1, p + 1)
        Covariances of p drivers and, last, the outcome.
    groups : sequence of sequences of int, optional
        Positions of drivers that enter together; the default is each one alone.
    always : sequence of int
        Positions of drivers that are in every model (controls); they get no share.
    workers : int or None
        Threads over draws, which changes no number; None takes one per core.

    Returns
    -------
    SubsetSums
        Sums by size. In a stack, draws that cannot be used (not finite, no variance, exactly collinear) are NaN.

    Raises
    ------
    InputError
        If there are more than `MAX_DRIVERS` drivers or groups, a position is out of place, or a single matrix is no
        covariance matrix.
    CollinearDriversError
        If, in a single matrix, a driver does not vary or is an exact mix of others; it carries their positions.

    Notes
    -----
    Time grows as 2^p at a constant cost per subset, memory as p³ per thread.
    """
    corr = correlations(cov)
    if corr.ndim > 3:
        raise InputError(f"Covariances have shape {corr.shape}; expected one leading dimension, the draws.")
    members = _members(corr.shape[-1] - 1, groups, always)
    stack = corr[None] if corr.ndim == 2 else corr
    tables = np.full((len(stack), len(members) + 1, len(members) + 1), np.nan)
    usable = np.flatnonzero(np.isfinite(stack[:, 0, 0]))
    tables[usable] = _walk(stack[usable], members, always, workers)
    found = tables[0] if corr.ndim == 2 else tables
    return SubsetSums(total=found[..., 0, :], holding=found[..., 1:, :])


def conditional_dominance(sums: SubsetSums) -> FloatArray:
    """Mean gain in R2 from adding a driver to subsets of 0, 1, ..., p - 1 others.

    Parameters
    ----------
    sums : SubsetSums
        From `subset_sums`.

    Returns
    -------
    ndarray, shape (..., p, p)
        Row: driver; column: number of drivers already in. Never negative beyond rounding; a row's mean is its LMG
        share, column 0 is R2 alone, the last column the gain over all others.

    References
    ----------
    Azen & Budescu (2003). Psychological Methods 8(2), 129-148. doi:10.1037/1082-989X.8.2.129
    """
    p = sums.holding.shape[-2]
    subsets = np.array([comb(p - 1, size) for size in range(p)], dtype=np.float64)
    without = sums.total[..., None, :-1] - sums.holding[..., :-1]
    return (sums.holding[..., 1:] - without) / subsets


def lmg(cov: FloatArray, *, groups: Groups | None = None, always: Sequence[int] = ()) -> FloatArray:
    """Split R2 among drivers by its mean gain over all orders of entry (LMG, Shapley value, general dominance).

    Parameters
    ----------
    cov : ndarray, shape (p + 1, p + 1)
        Covariances of p drivers and, last, the outcome. Correlations give the same shares.
    groups : sequence of sequences of int, optional
        Positions of drivers that enter together and get one share; the default is each one alone.
    always : sequence of int
        Positions of drivers that are in every model; they get no share.

    Returns
    -------
    ndarray, shape (p,) or (groups,)
        Part of the outcome's variance per driver: never negative, and adding up to the model's R2 (beyond the
        always-in drivers), not to 1.

    Raises
    ------
    InputError
        If there are more than `MAX_DRIVERS` drivers or groups, or `cov` is no covariance matrix.
    CollinearDriversError
        If a driver does not vary or is an exact mix of others; it carries their positions.

    Notes
    -----
    A share of explained variance is not the effect of a change: a driver without any effect of its own has a share
    when it goes with others that have one, and a near copy of a driver takes part of its share.

    References
    ----------
    Lindeman, Merenda & Gold (1980). Introduction to Bivariate and Multivariate Analysis. Scott, Foresman.
    Groemping (2007). The American Statistician 61(2), 139-147. doi:10.1198/000313007X188252
    """
    if np.ndim(cov) != 2:
        raise InputError(f"Covariances have shape {np.shape(cov)}; `lmg` takes one matrix, `lmg_draws` a stack.")
    return conditional_dominance(subset_sums(cov, groups=groups, always=always)).mean(axis=-1)


def lmg_draws(
    covs: FloatArray, *, groups: Groups | None = None, always: Sequence[int] = (), workers: int | None = None
) -> FloatArray:
    """LMG shares for every draw of a covariance matrix.

    Parameters
    ----------
    covs : ndarray, shape (draws, p + 1, p + 1)
        One covariance matrix per draw, outcome last.
    groups : sequence of sequences of int, optional
        Positions of drivers that enter together and get one share; the default is each one alone.
    always : sequence of int
        Positions of drivers that are in every model; they get no share.
    workers : int or None
        Threads; None takes one per core. The shares do not depend on it.

    Returns
    -------
    ndarray, shape (draws, p) or (draws, groups)
        Part of the outcome's variance per driver. A draw that cannot be used (not finite, a driver without variance,
        exactly collinear drivers) is a row of NaN, for the caller to count.

    Raises
    ------
    InputError
        If there are more than `MAX_DRIVERS` drivers or groups, or the shape is wrong.
    """
    if np.ndim(covs) != 3:
        raise InputError(f"Covariances have shape {np.shape(covs)}; expected (draws, p + 1, p + 1), outcome last.")
    sums = subset_sums(covs, groups=groups, always=always, workers=workers)
    return conditional_dominance(sums).mean(axis=-1)


def _members(p: int, groups: Groups | None, always: Sequence[int]) -> list[list[int]]:
    """List the driver positions that enter together, checked."""
    members = [list(group) for group in groups] if groups is not None else [[j] for j in range(p) if j not in always]
    named = sorted([*always, *(j for group in members for j in group)])
    if named != list(range(p)) or not all(members):
        raise InputError(
            f"Groups {members} and always-in {list(always)} must name each of the {p} positions 0 to {p - 1} once."
        )
    if not members:
        raise InputError("Every driver is always in, so there is nothing left to share out; free at least one.")
    if len(members) > MAX_DRIVERS:
        raise InputError(
            f"{len(members)} drivers have {2.0 ** len(members):.0e} subsets; at most {MAX_DRIVERS} are taken "
            "exactly. Put drivers that belong together into groups, or leave out those you would not act on."
        )
    return members


def _given(corr: FloatArray, always: Sequence[int]) -> FloatArray:
    """Take the always-in drivers out of what is left to explain; the outcome keeps its unit."""
    if not len(always):
        return corr
    inside = list(always)
    rest = [j for j in range(corr.shape[-1]) if j not in always]
    cross = corr[:, inside][:, :, rest]
    explained = np.swapaxes(cross, 1, 2) @ np.linalg.solve(corr[:, inside][:, :, inside], cross)
    left: FloatArray = corr[:, rest][:, :, rest] - explained
    return left


def _walk(corr: FloatArray, members: list[list[int]], always: Sequence[int], workers: int | None) -> FloatArray:
    """Run the compiled walk over usable draws; return tables (draws, groups + 1, groups + 1), groups as given."""
    from drivers.stats.subset_walk import walk_subsets

    order = sorted(range(len(members)), key=lambda g: -len(members[g]))  # wide groups first: fewest nodes to sweep
    rest = [j for j in range(corr.shape[-1] - 1) if j not in always]
    columns = [rest.index(j) for g in order for j in members[g]] + [len(rest)]
    matrix = _given(corr, always)[:, columns][:, :, columns]
    matrix[:, -1, -1] = 0.0  # R2 is counted from here
    upper = np.triu_indices(len(columns))
    triangles = np.ascontiguousarray(matrix[:, upper[0], upper[1]])
    left = np.cumsum([0] + [len(members[g]) for g in reversed(order)], dtype=np.int64)
    side = len(members) + 1
    tables = np.empty((len(corr), side * side))
    step = max(1, CHUNK >> len(members))
    parts = [slice(start, start + step) for start in range(0, len(corr), step)]
    if len(parts) == 1 or workers == 1:
        walk_subsets(triangles, left, tables)
    else:
        with ThreadPoolExecutor(max_workers=workers or os.cpu_count()) as pool:
            list(pool.map(lambda part: walk_subsets(triangles[part], left, tables[part]), parts))
    rows = np.empty(side, dtype=np.int64)
    rows[0] = 0
    rows[1 + np.array(order)] = np.arange(1, side)
    return tables.reshape(-1, side, side)[:, rows]
