"""Who was asked: columns of segments and controls whose averages are the mix of a wave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.change.bases import Bases
from drivers.change.calendar import Calendar
from drivers.change.links import LinkedCells
from drivers.defaults import MOST_SEGMENTS_DRAWN
from drivers.survey.schema import Survey

FloatArray = NDArray[np.float64]

SMALL = "(small groups)"
UNKNOWN = "(not stated)"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mix:
    """Columns ``values`` (m, d) of 0 and 1 per group but the largest of each column, and of numbers held equal.

    ``columns`` names the survey's columns behind them; ``notes`` say which groups were merged or left out.
    """

    values: FloatArray
    columns: tuple[str, ...]
    notes: tuple[str, ...]


def mix_columns(
    linked: LinkedCells, segments: Sequence[str], survey: Survey, calendar: Calendar, bases: Bases,
    used: NDArray[np.bool_],
) -> Mix:
    """Make the columns that say who was asked.

    Parameters
    ----------
    linked : LinkedCells
        Cells of (drivers, controls, outcome), kept apart by the segments.
    segments : sequence of str
        Segment columns.
    survey : Survey
        Labels.
    calendar : Calendar
        The waves.
    bases : Bases
        Groups with fewer answers than a model's base in a compared wave are merged.
    used : ndarray of bool, shape (m,)
        Cells that count.

    Returns
    -------
    Mix
        Controls come first, as they are in the model. A column with more than `MOST_SEGMENTS_DRAWN` groups, or with a
        single one, is left out.
    """
    cells = linked.cells
    controls = cells.values[:, len(cells.items) - 1 - _controls(cells.items, survey) : -1]
    compared = [calendar.names.index(name) for name in (calendar.focus, *calendar.against.values())]
    made, names, notes = [controls], [], []
    for column in segments:
        group = cells.keys[column].map(lambda value: UNKNOWN if pd.isna(value) else str(value)).to_numpy(object)
        bases_of = {
            name: min(cells.n[linked.of(t, used & (group == name))].sum() for t in compared)
            for name in sorted(set(group[used]))
        }
        small = [name for name, n in bases_of.items() if n < bases.model]
        kept = [name for name in bases_of if name not in small]
        label = survey.label(column)
        if len(kept) > MOST_SEGMENTS_DRAWN:
            notes.append(f"`{label}` has {len(kept)} groups, too many to be part of the mix.")
            continue
        if len(small) > 1:
            notes.append(f"{len(small)} groups of `{label}` with fewer than {bases.model} answers in a compared wave "
                         "count as one group of the mix.")  # fmt: skip
        group = np.array([SMALL if name in small else name for name in group], dtype=object)
        levels = sorted(kept, key=lambda name: -cells.n[used & (group == name)].sum())
        if small and _varies(cells.n, linked, group == SMALL, used, compared):
            levels.append(SMALL)
        elif small:
            group[group == SMALL] = levels[0] if levels else SMALL
            notes.append(f"Too few answers of small groups of `{label}`: they count with its largest group in the mix.")
        if len(levels) < 2:
            continue
        made.append(np.column_stack([(group == name).astype(np.float64) for name in levels[1:]]))
        names.append(column)
    return Mix(values=np.hstack(made), columns=(*survey.controls, *names), notes=tuple(notes))


def _controls(items: tuple[str, ...], survey: Survey) -> int:
    """Return how many of the `items` are controls or made of them: all that are neither drivers nor the outcome."""
    return sum(name not in survey.drivers for name in items[:-1])


def _varies(
    n: FloatArray, linked: LinkedCells, inside: NDArray[np.bool_], used: NDArray[np.bool_], compared: Sequence[int]
) -> bool:
    """Tell whether a merged group has a few answers in every compared wave, so that its part can be estimated."""
    return all(n[linked.of(t, used & inside)].sum() >= 5 for t in compared)
