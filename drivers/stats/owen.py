"""The Owen value: what each member of a group contributes, when orders of entry keep the group together.

Members add up to their group's LMG. Between groups it is the Shapley value of the groups, inside a group that of its
members, averaged over which other groups are already in.
"""

from collections.abc import Sequence
from itertools import combinations
from math import comb
from typing import Final

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError
from drivers.stats.blocks import Groups, given, members_of
from drivers.stats.correlation import correlations
from drivers.stats.shapley import SubsetSums, conditional_dominance, decided, subset_tables

FloatArray = NDArray[np.float64]

MOST_DECISIONS: Final = 24
"""Most other groups plus members of one group: 2 to this power subsets are visited for each group."""

AT_ONCE: Final = 1 << 16
"""Contexts (subsets of the other groups, times draws) whose covariances are held in memory together."""


def owen(cov: FloatArray, *, groups: Groups, always: Sequence[int] = ()) -> FloatArray:
    """Split each group's LMG share among its members (Owen value).

    Parameters
    ----------
    cov : ndarray, shape (p + 1, p + 1) or (draws, p + 1, p + 1)
        Covariances of p drivers and, last, the outcome.
    groups : sequence of sequences of int
        Positions of drivers that belong together; every driver that is not always in belongs to one group.
    always : sequence of int
        Positions of drivers that are in every model; they get no share.

    Returns
    -------
    ndarray, shape (..., k)
        Part of the outcome's variance of each driver that is not always in, by position: never negative, adding up to
        `lmg(cov, groups=groups)` within each group and so to R2. With one group, or only groups of one, it is LMG.
        Draws that cannot be used are rows of NaN.

    Raises
    ------
    InputError
        If the other groups and the members of one group are more than `MOST_DECISIONS` together, a position is out of
        place, or a single matrix is no covariance matrix.
    CollinearDriversError
        If, in a single matrix, a driver does not vary or is an exact mix of others; it carries their positions.

    Notes
    -----
    Unlike the group's share, the members' depend on the coding inside the group: meaningful for survey items of one
    stage, not for the dummies of one category.

    References
    ----------
    Owen (1977). Values of games with a priori unions. In Mathematical Economics and Game Theory, 76-88. Springer.
    doi:10.1007/978-3-642-45494-3_7
    """
    corr = correlations(cov)
    members = members_of(corr.shape[-1] - 1, groups, always)
    _require_few(members)
    stack = corr.reshape(-1, *corr.shape[-2:])
    usable = np.flatnonzero(np.isfinite(stack[:, 0, 0]))
    rest = [j for j in range(corr.shape[-1] - 1) if j not in always]
    left = given(stack[usable], always)
    left[:, -1, -1] = 0.0
    shares = np.full((len(stack), len(rest)), np.nan)
    step = max(1, AT_ONCE >> (len(members) - 1))
    for at, group in enumerate(members):
        others = [other for place, other in enumerate(members) if place != at]
        columns = [rest.index(j) for j in [*(j for other in others for j in other), *group]]
        for start in range(0, len(left), step):
            part = slice(start, start + step)
            matrix = left[part][:, [*columns, -1]][:, :, [*columns, -1]]
            inside = _inside(matrix, [len(other) for other in others], len(group))
            shares[np.ix_(usable[part], columns[len(columns) - len(group) :])] = inside
    return shares.reshape(*corr.shape[:-2], len(rest))


def _inside(matrix: FloatArray, widths: list[int], size: int) -> FloatArray:
    """Shares (draws, size) of the last `size` drivers, averaged over subsets of the groups before them."""
    contexts = decided(matrix, widths)
    tables = subset_tables(contexts, [1] * size)
    gains = conditional_dominance(SubsetSums(total=tables[:, 0], holding=tables[:, 1:])).mean(axis=-1)
    inside = len(widths) - np.bitwise_count(np.arange(1 << len(widths)))  # groups that are in, "in" first
    weights = 1 / ((len(widths) + 1) * np.array([comb(len(widths), k) for k in inside]))
    shares: FloatArray = np.einsum("c,dcj->dj", weights, gains.reshape(len(matrix), len(weights), size))
    return shares


def owen_of_fits(fits: FloatArray, groups: Groups) -> FloatArray:
    """Owen value from the fit of every submodel.

    Parameters
    ----------
    fits : ndarray, shape (..., 2^p)
        Fit of the submodel that holds driver j where bit j of the position is set.
    groups : sequence of sequences of int
        Positions of drivers that belong together; every driver belongs to one group.

    Returns
    -------
    ndarray, shape (..., p)
        Part of the fit per driver, adding up to the whole gain, and within each group to the group's Shapley value.

    Raises
    ------
    InputError
        If the number of submodels is no power of 2, or a position is out of place.

    References
    ----------
    Owen (1977). Values of games with a priori unions. In Mathematical Economics and Game Theory, 76-88. Springer.
    doi:10.1007/978-3-642-45494-3_7
    """
    fits = np.asarray(fits, dtype=np.float64)
    p = fits.shape[-1].bit_length() - 1
    if fits.shape[-1] != 1 << p or p < 1:
        raise InputError(f"{fits.shape[-1]} fits are not those of all submodels of p drivers; 2^p are needed.")
    members = members_of(p, groups, ())
    shares = np.zeros((*fits.shape[:-1], p))
    for group in members:
        masks = [sum(1 << j for j in other) for other in members if other is not group]
        for inside in _subsets(masks):
            outer = 1 / (len(members) * comb(len(masks), len(inside)))
            for j in group:
                mates = [1 << k for k in group if k != j]
                for near in _subsets(mates):
                    without = sum(inside) + sum(near)
                    weight = outer / (len(group) * comb(len(mates), len(near)))
                    shares[..., j] += weight * (fits[..., without | 1 << j] - fits[..., without])
    return shares


def _subsets(masks: list[int]) -> list[tuple[int, ...]]:
    """Return all subsets, the empty one first."""
    return [chosen for size in range(len(masks) + 1) for chosen in combinations(masks, size)]


def _require_few(members: list[list[int]]) -> None:
    """Refuse groups too many or too large to be split among members."""
    widest = max(len(group) for group in members)
    if len(members) - 1 + widest > MOST_DECISIONS:
        raise InputError(
            f"{len(members)} groups, the largest of {widest} drivers, are more than can be split among members: other "
            f"groups and members of one may be {MOST_DECISIONS} together. Use fewer or smaller groups, or the groups' "
            "own shares: `lmg(cov, groups=...)`."
        )
