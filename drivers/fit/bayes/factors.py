"""Segments of a hierarchical model: the groups of one or two columns, who is in them, and what the population holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.errors import InputError, quoted
from drivers.fit.segment_draws import written

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
Population = Mapping[object, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Factor:
    """One column: its ``groups`` in order, and the group (H,) every segment belongs to."""

    column: str
    groups: tuple[str, ...]
    member: IntArray

    def indicator(self) -> FloatArray:
        """Return 1 where (G, H) a segment belongs to a group."""
        return np.asarray(np.arange(len(self.groups))[:, None] == self.member, dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segments:
    """H segments, the combinations of the factors' groups that occur; ``index`` (m,) of each cell, ``n`` (H,)."""

    factors: tuple[Factor, ...]
    groups: tuple[tuple[str, ...], ...]
    index: IntArray
    n: FloatArray

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the segment columns."""
        return tuple(factor.column for factor in self.factors)

    @property
    def names(self) -> tuple[str, ...]:
        """Segments in words."""
        return tuple(" / ".join(group) for group in self.groups)


def segments_of(cells: Cells, by: tuple[str, ...]) -> Segments:
    """Tell the segments of cells apart.

    Parameters
    ----------
    cells : Cells
        With the columns of `by` among their keys, none of them empty.
    by : tuple of str
        One or two columns.

    Returns
    -------
    Segments
        In the order of their names.

    Raises
    ------
    InputError
        If a column has a single group.
    """
    text = pd.DataFrame({name: [written(value) for value in cells.keys[name]] for name in by})
    codes, levels = pd.MultiIndex.from_frame(text).factorize(sort=True)
    groups = tuple(tuple(map(str, level)) for level in levels)
    factors = []
    for at, name in enumerate(by):
        members = [group[at] for group in groups]
        known = tuple(dict.fromkeys(sorted(members)))
        if len(known) < 2:
            raise InputError(f"`{name}` has the single group {quoted(known)} among the answers used: nothing to pool.")
        member = np.array([known.index(one) for one in members], dtype=np.intp)
        factors.append(Factor(column=name, groups=known, member=member))
    index = np.asarray(codes, dtype=np.intp)
    return Segments(
        factors=tuple(factors), groups=groups, index=index,
        n=np.bincount(index, weights=cells.n, minlength=len(groups)),
    )


def population_shares(segments: Segments, population: Population) -> FloatArray:
    """Return each segment's part of a declared population.

    Parameters
    ----------
    segments : Segments
        H of them.
    population : mapping
        People, or parts of the whole, by group; with two columns by pair of groups.

    Returns
    -------
    ndarray, shape (H,)
        Adds up to 1.

    Raises
    ------
    InputError
        If a segment is not in it, or it holds people nobody of whom answered.
    """
    table: dict[tuple[str, ...], float] = {}
    for key, value in population.items():
        table[tuple(map(written, key)) if isinstance(key, tuple) else (written(key),)] = float(value)
    missing = [" / ".join(group) for group in segments.groups if group not in table]
    beyond = [" / ".join(group) for group in table if group not in segments.groups and table[group] > 0]
    if missing or beyond:
        what = f"lacks {quoted(missing)}" if missing else f"has {quoted(beyond)}, from where nobody answered"
        raise InputError(
            f"The population table {what}. It needs one number for each of {quoted(segments.names)}; put groups "
            "without answers together with a neighbour, in the data too."
        )
    share = np.array([table[group] for group in segments.groups])
    if not (np.isfinite(share).all() and (share >= 0).all() and share.sum() > 0):
        raise InputError("Numbers of the population table must be 0 or more, and not all of them 0.")
    return np.asarray(share / share.sum())
