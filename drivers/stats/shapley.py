"""LMG (Shapley) shares of explained variance, exactly, from covariance matrices.

All 2^p driver subsets are visited by the compiled walk of `subset_walk`. From the sums it brings back follow the LMG
shares, and the mean gain by subset size (conditional dominance), for one matrix or for thousands of draws.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import comb
from typing import Final

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError
from drivers.stats.blocks import Groups, given, members_of
from drivers.stats.correlation import correlations

FloatArray = NDArray[np.float64]
Progress = Callable[[int, int], None]
"""Told how many parts of the work are done, and of how many."""

MAX_DRIVERS: Final = 30
"""Most drivers (or groups) for which every subset is visited: about ten seconds on one core."""

PART: Final = 20
"""Drivers of which one walk visits all subsets, about a million; those before them are decided first."""

CHUNK: Final = 1 << PART
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
    cov: FloatArray,
    *,
    groups: Groups | None = None,
    always: Sequence[int] = (),
    workers: int | None = None,
    progress: Progress | None = None,
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
        Threads over draws and over parts of a large tree, which changes no number; None takes one per core.
    progress : callable, optional
        Called with the parts done and all parts, where there is more than one.

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
    Time grows as 2^p at a constant cost per subset, memory as p³ per thread. With more than `PART` drivers the first
    ones are decided beforehand, and each of their subsets is a part with a walk of its own: the parts are the same and
    are joined in the same order whatever the number of threads.
    """
    corr = correlations(cov)
    if corr.ndim > 3:
        raise InputError(f"Covariances have shape {corr.shape}; expected one leading dimension, the draws.")
    members = members_of(corr.shape[-1] - 1, groups, always)
    _require_few(len(members))
    stack = corr[None] if corr.ndim == 2 else corr
    tables = np.full((len(stack), len(members) + 1, len(members) + 1), np.nan)
    usable = np.flatnonzero(np.isfinite(stack[:, 0, 0]))
    tables[usable] = _walk(stack[usable], members, always, workers, progress)
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


def _require_few(count: int) -> None:
    """Refuse more drivers than can be enumerated."""
    if count > MAX_DRIVERS:
        raise InputError(
            f"{count} drivers have {2.0**count:.0e} subsets; at most {MAX_DRIVERS} are taken exactly. Put drivers that "
            "belong together into groups, leave out those you would not act on, or sample orders of entry instead: "
            "`drivers.stats.permutations.sampled_lmg`, which states its own error."
        )


def _walk(
    corr: FloatArray,
    members: list[list[int]],
    always: Sequence[int],
    workers: int | None,
    progress: Progress | None,
) -> FloatArray:
    """Run the compiled walk over usable draws; return tables (draws, groups + 1, groups + 1), groups as given."""
    order = sorted(range(len(members)), key=lambda g: -len(members[g]))  # wide groups first: fewest nodes to sweep
    rest = [j for j in range(corr.shape[-1] - 1) if j not in always]
    columns = [rest.index(j) for g in order for j in members[g]] + [len(rest)]
    matrix = given(corr, always)[:, columns][:, :, columns]
    matrix[:, -1, -1] = 0.0  # R2 is counted from here
    tables = subset_tables(matrix, [len(members[g]) for g in order], workers, progress)
    rows = np.empty(len(members) + 1, dtype=np.int64)
    rows[0] = 0
    rows[1 + np.array(order)] = np.arange(1, len(members) + 1)
    return tables[:, rows]


def subset_tables(
    matrix: FloatArray, widths: list[int], workers: int | None = 1, progress: Progress | None = None
) -> FloatArray:
    """Sum R2 over the subsets of groups that stand one after the other.

    Parameters
    ----------
    matrix : ndarray, shape (draws, k + 1, k + 1)
        Covariances of k columns and, last, an outcome of variance 1, of which the own entry holds minus the R2 to
        count from.
    widths : list of int
        Columns of each group, k in all.
    workers : int or None
        Threads; None takes one per core.
    progress : callable, optional
        Called with the parts done and all parts.

    Returns
    -------
    ndarray, shape (draws, groups + 1, groups + 1)
        Row 0: over the subsets of 0, 1, ..., groups members; row j: over those that hold group j.
    """
    from drivers.stats.subset_walk import walk_subsets

    early = max(0, len(widths) - PART)
    matrix = decided(matrix, widths[:early])
    upper = np.triu_indices(matrix.shape[-1])
    triangles = np.ascontiguousarray(matrix[:, upper[0], upper[1]])
    left = np.cumsum([0, *reversed(widths[early:])], dtype=np.int64)
    side = len(left)
    tables = np.empty((len(triangles), side * side))
    step = max(1, CHUNK >> (side - 1))
    parts = [slice(start, start + step) for start in range(0, len(triangles), step)]
    in_threads(lambda part: walk_subsets(triangles[part], left, tables[part]), parts, workers, progress)
    return _joined(tables.reshape(-1, side, side), early)


def in_threads(
    work: Callable[[slice], None], parts: Sequence[slice], workers: int | None, progress: Progress | None
) -> None:
    """Do every part, in threads where there are several.

    Parameters
    ----------
    work : callable
        Does one part; releases the GIL.
    parts : sequence of slice
        What there is to do.
    workers : int or None
        Threads; None takes one per core.
    progress : callable, optional
        Called with the parts done and all parts.
    """
    with ThreadPoolExecutor(max_workers=workers or os.cpu_count()) as pool:
        results: Iterable[None] = map(work, parts) if len(parts) <= 1 or workers == 1 else pool.map(work, parts)
        for done, _ in enumerate(results, start=1):
            if progress:
                progress(done, len(parts))


def decided(matrix: FloatArray, widths: list[int]) -> FloatArray:
    """Decide the first groups: each is in (swept out of what is left) or out (dropped).

    Parameters
    ----------
    matrix : ndarray, shape (draws, k, k)
        Covariances, the groups' columns first.
    widths : list of int
        Columns of each group to decide.

    Returns
    -------
    ndarray, shape (draws * 2^groups, rest, rest)
        Each draw's matrices stand together; the decision about the first group varies slowest, "in" before "out".
    """
    for width in widths:
        inside = matrix
        for _ in range(width):
            row = inside[:, 0, 1:]
            inside = inside[:, 1:, 1:] - row[:, :, None] * row[:, None, :] / inside[:, :1, :1]
        both = np.stack([inside, matrix[:, width:, width:]], axis=1)
        matrix = both.reshape(-1, *inside.shape[1:])
    return matrix


def _joined(tables: FloatArray, early: int) -> FloatArray:
    """Undo `decided` on finished tables, last decision first: (draws * 2^early, m + 1, m + 1) to all groups."""
    for _ in range(early):
        inside, outside = tables[0::2], tables[1::2]
        m = tables.shape[-1] - 1
        tables = np.zeros((len(inside), m + 2, m + 2))
        kept = [0, *range(2, m + 2)]  # all subsets, then the groups decided later
        tables[:, kept, : m + 1] += outside
        tables[:, kept, 1:] += inside
        tables[:, 1, 1:] = inside[:, 0]  # this group: every subset it is in
    return tables
