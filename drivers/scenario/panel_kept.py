"""What a panel keeps of people: how many answer what, in classes and blocks of at least the minimum base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from drivers.defaults import MIN_BASE_CELL, MIN_BASE_MODEL
from drivers.scenario.panel_points import Placed

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

DETAILED, COARSE = 5, 3
"""Classes of each driver in tables of pairs, of up to `FEW` drivers and of more."""

FEW = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kept:
    """``classes`` of the values of every driver, and of both drivers of every pair: neighbours with one number."""

    classes: tuple[IntArray, ...]
    pairs: tuple[tuple[int, int, IntArray, IntArray], ...]

    def features(self, place: IntArray, scores: FloatArray, centre: FloatArray) -> FloatArray:
        """Return what is averaged over people and points alike.

        Parameters
        ----------
        place : ndarray of int, shape (n, p)
            Place of each answer among the values of its driver.
        scores : ndarray, shape (n, p)
            The values.
        centre : ndarray, shape (p,)
            Taken off before pairs are multiplied.

        Returns
        -------
        ndarray, shape (n, f)
            Indicators of classes and blocks, the first of each left out, and products of pairs.
        """
        columns: list[NDArray[np.float64] | BoolArray] = [
            classes[place[:, j]] == k for j, classes in enumerate(self.classes) for k in range(1, classes[-1] + 1)
        ]
        far = scores - centre
        for j, k, first, second in self.pairs:
            columns.append(far[:, j] * far[:, k])
            here, there = first[place[:, j]], second[place[:, k]]
            columns += [
                (here == u) & (there == v) for u in range(1, first[-1] + 1) for v in range(1, second[-1] + 1)
            ]
        return np.column_stack(columns).astype(np.float64) if columns else np.zeros((len(place), 0))


def kept_of(sets: Sequence[Placed], insides: Sequence[Sequence[BoolArray]]) -> Kept:
    """Return classes and blocks that hold enough people in every one of some groups.

    Parameters
    ----------
    sets : sequence of Placed
        Data sets; respondents are averaged over them.
    insides : sequence of sequences of ndarray of bool, shape (m,)
        By group, who is in it in each data set. Classes are the same for all, so that none follows from the others.

    Returns
    -------
    Kept
        Neighbouring points are put together until each class and each block has at least `MIN_BASE_CELL` respondents.
    """
    values = sets[0].values
    p = len(values)
    classes = []
    for j, at in enumerate(values):
        counts = _counts(sets, insides, [(one.place[:, j], len(at)) for one in sets])
        classes.append(_merged(counts))
    most = DETAILED if p <= FEW else COARSE
    pairs = []
    for j, k in combinations(range(p), 2):
        size = len(values[j]) * len(values[k])
        counts = _counts(sets, insides, [(one.place[:, j] * len(values[k]) + one.place[:, k], size) for one in sets])
        shaped = counts.reshape(len(insides), len(values[j]), len(values[k]))
        pairs.append((j, k, *_blocks(shaped, classes[j], classes[k], most)))
    return Kept(classes=tuple(classes), pairs=tuple(pairs))


def _counts(
    sets: Sequence[Placed], insides: Sequence[Sequence[BoolArray]], places: Sequence[tuple[IntArray, int]]
) -> FloatArray:
    """Return respondents (groups, size) at every place, averaged over data sets."""
    return np.array([
        np.mean([
            np.bincount(place[inside], weights=one.people.cells.n[inside], minlength=size)
            for one, inside, (place, size) in zip(sets, group, places, strict=True)
        ], axis=0)
        for group in insides
    ])  # fmt: skip


def _merged(counts: FloatArray) -> IntArray:
    """Put neighbouring values together until each class has its base in every row of `counts` (groups, values)."""
    classes, held = np.zeros(counts.shape[1], dtype=np.intp), counts[:, 0].copy()
    for v in range(1, counts.shape[1]):
        enough = (held >= MIN_BASE_CELL).all() and (counts[:, v:].sum(axis=1) >= MIN_BASE_CELL).all()
        classes[v] = classes[v - 1] + enough
        held = counts[:, v] + (0.0 if enough else held)
    return classes


def _blocks(counts: FloatArray, first: IntArray, second: IntArray, most: int) -> tuple[IntArray, IntArray]:
    """Coarsen the classes of two drivers until every block of their table has its base in every group."""
    sides = [first.copy(), second.copy()]
    while True:
        table = _table(counts, sides)
        small = (table < MIN_BASE_CELL).any() if table.shape[1] > 1 and table.shape[2] > 1 else False
        crowded = max(table.shape[1:]) > most
        if not (small or crowded):
            return sides[0], sides[1]
        side = int(table.shape[2] > table.shape[1]) if crowded else _thinner(table)
        along = table.sum(axis=(0, 2 - side))
        at = int(np.argmin(along[1:] + along[:-1]))  # the two neighbours that are fewest together
        sides[side] = sides[side] - (sides[side] > at)


def _thinner(table: FloatArray) -> int:
    """Return the side, 0 or 1, with the class that holds fewest people beside the small block."""
    _, u, v = np.unravel_index(int(np.argmin(table)), table.shape)
    whole = table.sum(axis=0)
    return int(whole[:, v].sum() < whole[u].sum())


def _table(counts: FloatArray, sides: Sequence[IntArray]) -> FloatArray:
    """Return people (groups, classes, classes) per block."""
    rows = np.add.reduceat(counts, np.flatnonzero(np.diff(sides[0], prepend=-1)), axis=1)
    return np.add.reduceat(rows, np.flatnonzero(np.diff(sides[1], prepend=-1)), axis=2)


def offered(sets: Sequence[Placed], name: str) -> tuple[list[str], list[list[BoolArray]]]:
    """Return the groups of a column that can be chosen, and who is in them.

    Parameters
    ----------
    sets : sequence of Placed
        Data sets.
    name : str
        Segment column.

    Returns
    -------
    groups : list of str
        Those with at least `MIN_BASE_MODEL` respondents; the smallest of them are left out, too, until those in no
        group offered are none or that many together, since they follow from everybody less the groups.
    insides : list of list of ndarray of bool, shape (m,)
        By group and data set; a last one for those in no group offered, if there are any.
    """
    groups = sets[0].people.group_codes(name)[1]
    codes = [one.people.group_codes(name)[0] for one in sets]
    base = np.array([sets[0].people.cells.n[codes[0] == g].sum() for g in range(len(groups))])
    shown = [int(g) for g in np.argsort(base, kind="stable") if base[g] >= MIN_BASE_MODEL]
    total = float(sets[0].people.cells.n.sum())
    while shown and 0 < total - base[shown].sum() < MIN_BASE_MODEL:
        shown = shown[1:]
    insides = [[one == g for one in codes] for g in sorted(shown)]
    rest = [~np.isin(one, shown) for one in codes]
    return [groups[g] for g in sorted(shown)], [*insides, *([rest] if any(one.any() for one in rest) else [])]
