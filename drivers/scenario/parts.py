"""`Parts`: the population as a whole, its groups by segment or wave, and those an action is for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.scenario.action import Action
from drivers.scenario.population import People, Population

ALL = "all"
"""Name of the whole population."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """``names`` of B parts, the whole first, and respondents ``n`` (B,) in each.

    ``by`` columns whose groups are parts; ``acted`` the groups of other columns that an action is restricted to.
    """

    names: tuple[str, ...]
    n: tuple[float, ...]
    by: tuple[str, ...]
    acted: tuple[tuple[str, tuple[str, ...]], ...]

    def places(self, people: People) -> NDArray[np.intp]:
        """Return the part (m, L) of each cell of `people`, by the whole and by column; -1 for none."""
        columns = [np.zeros(len(people.cells), dtype=np.intp)]
        at = {name: place for place, name in enumerate(self.names)}
        for name in (*self.by, *(acted for acted, _ in self.acted)):
            codes, groups = people.group_codes(name)
            place = np.array([*(at.get(f"{name}={group}", -1) for group in groups), -1], dtype=np.intp)
            columns.append(place[codes])
        return np.ascontiguousarray(np.column_stack(columns))


def parts_of(population: Population, by: Sequence[str] = (), actions: Sequence[Action] = ()) -> Parts:
    """Return the parts of a population to tell apart.

    Parameters
    ----------
    population : Population
        The population.
    by : sequence of str
        Segment or wave columns, all groups of which are parts.
    actions : sequence of Action
        The groups they are restricted to are parts, too.

    Returns
    -------
    Parts
        Groups in alphabetical order.

    Raises
    ------
    InputError
        If a column is not kept apart, or a group has no answers.
    """
    first = population.sets[0]
    acted: dict[str, set[str]] = {}
    for action in actions:
        for step in action.steps:
            for name, value in step.where.items():
                groups = first.group_codes(name)[1]
                acted.setdefault(name, set()).update(groups[code] for code in first.codes_of(name, value))
    more = tuple((name, tuple(sorted(groups))) for name, groups in acted.items() if name not in by)
    columns: list[tuple[str, tuple[str, ...]]] = [(name, tuple(first.group_codes(name)[1])) for name in by]
    names, n = [ALL], [float(first.cells.n.sum())]
    for name, wanted in (*columns, *more):
        codes, known = first.group_codes(name)
        for group in wanted:
            names.append(f"{name}={group}")
            n.append(float(first.cells.n[codes == known.index(group)].sum()))
    return Parts(names=tuple(names), n=tuple(n), by=tuple(by), acted=more)
