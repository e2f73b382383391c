"""The waves of a survey in time: their order, the one before, the one a year ago, and their place in the year."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.errors import InputError, nearest, quoted
from drivers.survey.wave_order import wave_order

_IN_YEAR = re.compile(r"((?:19|20)\d\d)[-./ ]?([A-Za-z]*)[-./ ]?(\d{1,2})")
_YEAR = re.compile(r"(?:19|20)\d\d")
_CYCLES = {"q": 4, "h": 2, "m": 12, "": 12, "w": 52}
"""Waves in a year, by the letter between year and number: 2026-Q3, 2026-H1, 2026-M07 or 2026-07, 2026-W31."""

FEWEST_FOR_SEASON = 8
"""Waves from which on seasons are allowed for, if they make two full years."""

PREVIOUS, YEAR_AGO = "previous", "year_ago"
AGAINST = {PREVIOUS: "the wave before", YEAR_AGO: "a year ago"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Waves up to the ``focus``, oldest first, by ``names``; ``values`` are what stands in the data.

    ``against`` maps "previous", "year_ago" or the name of a wave to the name it is compared with. ``season`` holds the
    place of each wave in the year, where seasons are allowed for; ``notes`` say what is not.
    """

    names: tuple[str, ...]
    values: tuple[Any, ...]
    against: Mapping[str, str]
    season: tuple[int, ...] | None
    notes: tuple[str, ...] = ()

    @property
    def focus(self) -> str:
        """The wave that is judged."""
        return self.names[-1]

    @property
    def places(self) -> NDArray[np.intp] | None:
        """``season`` as an array."""
        return None if self.season is None else np.array(self.season, dtype=np.intp)


def wave_text(value: Any) -> str:
    """Return the name of the wave that stands as `value` in the data."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def make_calendar(
    column: str, values: Sequence[Any], *, wave: str | None, against: str | None, order: Sequence[str] | None
) -> Calendar:
    """Put waves in order and settle which are compared.

    Parameters
    ----------
    column : str
        The wave column, for messages.
    values : sequence
        Distinct waves as they stand in the data, none missing.
    wave : str, optional
        The wave to judge; the latest without it.
    against : str, optional
        "previous", "year_ago", or the name of an earlier wave; both of the former without it.
    order : sequence of str, optional
        Names of all waves, oldest first, where the names do not tell.

    Returns
    -------
    Calendar
        Waves after the one to judge are left out.

    Raises
    ------
    InputError
        If there are fewer than two waves, their order is not known, or one asked for is not there.
    """
    placed = _in_order(column, values, order)
    names = [wave_text(value) for value in placed]
    if len(names) < 2:
        raise InputError(
            f"`{column}` holds a single wave ({quoted(names)}); a change needs two. Add the answers of an earlier wave "
            "to the data."
        )
    if wave is not None and wave not in names:
        raise InputError(f"No answers for wave {nearest(wave, names)} in `{column}`. The data have: {quoted(names)}.")
    last = len(names) - 1 if wave is None else names.index(wave)
    if last == 0:
        raise InputError(f"{names[0]} is the first wave of `{column}`, so nothing comes before it. Choose a later one.")
    names, placed = names[: last + 1], placed[: last + 1]
    in_year = _in_year(names)
    back = None if in_year is None else _year_ago(in_year)
    found, notes = _compared(names, against, back)
    season, said = _season(names, in_year)
    return Calendar(names=tuple(names), values=tuple(placed), against=found, season=season, notes=(*notes, *said))


def _in_order(column: str, values: Sequence[Any], order: Sequence[str] | None) -> list[Any]:
    """Return the waves of `column` oldest first: as `order` says, else by their names, or refuse."""
    if order is None:
        placed, certain = wave_order(values)
        if not certain and len(values) > 1:
            names = [wave_text(value) for value in placed]
            raise InputError(
                f"The names of the waves in `{column}` do not tell their order in time: {quoted(names[:12])}. Give it, "
                f"oldest first: order={names[:2]!r} and so on (--order {','.join(names[:2])},...), or name waves like "
                "2026-Q3."
            )
        return placed
    by_name = {wave_text(value): value for value in values}
    missing, extra = [name for name in by_name if name not in order], [name for name in order if name not in by_name]
    if missing or extra or len(set(order)) != len(order):
        told = f"it leaves out {quoted(missing)}" if missing else f"it has {quoted(extra) or 'names twice'}"
        raise InputError(
            f"`order` must name each wave of `{column}` once; {told}. The data have: {quoted(sorted(by_name))}."
        )
    return [by_name[name] for name in order]


def _in_year(names: Sequence[str]) -> tuple[int, list[tuple[int, int]]] | None:
    """Return waves in a year, and year and number of each wave, where names such as 2026-Q3 tell them."""
    if all(_YEAR.fullmatch(name.strip()) for name in names):
        return 1, [(int(name), 1) for name in names]
    parsed = [_IN_YEAR.fullmatch(name.strip()) for name in names]
    letters = {found[2].casefold() if found else None for found in parsed}
    if len(letters) != 1 or (letter := letters.pop()) not in _CYCLES or letter is None:
        return None
    cycle = _CYCLES[letter]
    at = [(int(found[1]), int(found[3])) for found in parsed if found]
    return (cycle, at) if all(1 <= place <= cycle for _, place in at) else None


def _year_ago(in_year: tuple[int, list[tuple[int, int]]]) -> int | None:
    """Return the place of the wave a year before the last one, None where there is none."""
    _, at = in_year
    year, place = at[-1]
    return at.index((year - 1, place)) if (year - 1, place) in at else None


def _compared(names: list[str], against: str | None, back: int | None) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the waves to compare the last of `names` with, by reference, and notes; `back` is that of a year ago."""
    before = names[-2]
    if against in (None, PREVIOUS, YEAR_AGO):
        if against == YEAR_AGO and back is None:
            raise InputError(
                f"No wave lies a year before {names[-1]}; the waves before it are {quoted(names[:-1])}. Name one: "
                f"against='{before}'."
            )
        found = {PREVIOUS: before} if against != YEAR_AGO else {}
        if back is not None and against != PREVIOUS and names[back] != before:
            found[YEAR_AGO] = names[back]
        if against == YEAR_AGO and not found:
            found = {YEAR_AGO: before}
        none = back is None and against is None
        return found, (f"No wave lies a year before {names[-1]}, so nothing is compared with a year ago.",) * none
    assert against is not None
    if against not in names[:-1]:
        raise InputError(
            f"{nearest(against, names[:-1])} is not a wave before {names[-1]}; choose `previous`, `year_ago` or one of "
            f"{quoted(names[:-1])}."
        )
    return {against: against}, ()


def _season(
    names: Sequence[str], in_year: tuple[int, list[tuple[int, int]]] | None
) -> tuple[tuple[int, ...] | None, tuple[str, ...]]:
    """Return the place of every wave in the year and a note, where there are waves enough to tell seasons."""
    if in_year is None or in_year[0] == 1:
        return None, ()
    cycle, at = in_year
    need = max(FEWEST_FOR_SEASON, 2 * cycle)
    if len(names) >= need:
        note = f"Seasons are allowed for: {len(names)} waves, {cycle} in a year."
        return tuple(place for _, place in at), (note,)
    free = "" if _year_ago(in_year) is None else " The comparison with a year ago is free of it."
    return None, (
        f"{len(names)} waves are too few to tell seasons from changes ({need} would do): a change since the wave "
        f"before may be the time of year.{free}",
    )


def spans(waves: Sequence[str], names: Sequence[str]) -> str:
    """Return some `waves` of a calendar in words, three or more in a row as one span; `names` are all of them."""
    runs: list[list[str]] = []
    for name in names:
        if name in waves:
            before = names[names.index(name) - 1] if names.index(name) else None
            if runs and runs[-1][-1] == before:
                runs[-1].append(name)
            else:
                runs.append([name])
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(run) for run in runs)


def distinct_waves(column: pd.Series) -> list[Any]:
    """Return the distinct values of a wave `column`, missing ones left out."""
    return list(column.dropna().drop_duplicates())
