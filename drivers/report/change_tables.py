"""Changes between waves as tables: levels, changes with intervals, how sure, and what is claimed; parts of changes."""

from __future__ import annotations

import math
from typing import Any

from drivers.change.result import Change
from drivers.change.why import ShareMove, Waterfall
from drivers.defaults import LEANING
from drivers.report.change_sentences import change_digits, in_points, level_of, reference
from drivers.report.content import Cell, Estimate, Hidden, Number, Table
from drivers.report.score_tables import WHY_WITHHELD, WITHHELD, measure_words
from drivers.report.waves_shown import WITHHELD as WHY
from drivers.report.words import chance, percent
from drivers.survey.schema import Survey

PART_WORDS = {
    "change": "Change of the mean", "performance": "Ratings moved", "sensitivity": "Ratings count for more or less",
    "mix": "Who was asked", "unexplained": "Not explained by the drivers",
}  # fmt: skip


def changes_table(moved: Change, name: str, survey: Survey) -> Table:
    """Return every change in `moved` since the reference `name`, worded by `survey`; what is claimed is marked."""
    wave = moved.against[name]
    rows = [_row(row, survey) for row in moved.table[moved.table["against"] == name].itertuples()]
    hidden = any(WITHHELD in row for row in rows)
    return Table(
        key=f"changes_{name}",
        caption=f"{moved.focus} against {reference(name, wave)}",
        columns=("What", wave, moved.focus, "Change, points", "Direction, and how sure", "Called a change"),
        rows=tuple(rows),
        notes=(
            f"{percent(moved.level)} intervals of each change by itself, from the design of the survey. How sure: "
            "posterior probability of the direction, drawn together by what all series and earlier waves show. Called "
            "a change: chosen for the whole report at once, so that few are false.",
            *([WHY_WITHHELD] if hidden else []),
        ),
    )


def _row(row: Any, survey: Survey) -> tuple[Cell, ...]:
    words = {"slope": "slope", "gap": ""}.get(row.kind) if row.kind != "score" else measure_words(
        row.measure, survey.item(row.item)
    )  # fmt: skip
    name = f"{row.label}: {words}" if words else str(row.label)
    unit, digits = level_of(row.measure)
    levels = [_level(value, unit, digits, row.why) for value in (row.before, row.after)]
    if math.isnan(row.change):
        return (name, *levels, WITHHELD if row.why == WHY else Hidden(why="not comparable"), None, None)
    low, value, high = (in_points(part, row.measure) for part in (row.low, row.change, row.high))
    change = Estimate(value=value, low=low, high=high, unit="score", digits=change_digits(row.measure))
    told = not math.isnan(row.p_change) and row.p_change >= LEANING
    sure = f"{row.direction}, {chance(row.p_change)}" if told else "cannot be told"
    return (name, *levels, change, sure, "yes" if row.flag else "no")


def _level(value: float, unit: Any, digits: int, why: str) -> Cell:
    if math.isnan(value):
        return WITHHELD if why == WHY else Hidden(why="not asked" if "asked" in why else "not shown")
    return Number(value=value, unit=unit, digits=digits)


def why_table(fall: Waterfall, name: str) -> Table:
    """Return the parts of the change of a mean in `fall`, since the reference `name`."""
    rows = []
    for row in fall.table.itertuples():
        part: Any = row
        words = PART_WORDS[part.part]
        label = f"{words}: {part.label}" if part.label else words
        cell: Cell = (
            Number(value=part.estimate, unit="score", digits=2) if math.isnan(part.low)
            else Estimate(value=part.estimate, low=part.low, high=part.high, unit="score", digits=2)
        )  # fmt: skip
        rows.append((label, cell))
    return Table(
        key=f"why_{name}",
        caption=f"{fall.label}, mean: {fall.wave_before} to {fall.wave_after}, part by part",
        columns=("Part", "Points"),
        rows=tuple(rows),
        notes=(
            f"Points of the outcome; {percent(fall.level)} intervals in brackets. Parts are averaged over both waves "
            "as a base and add up to the change. Those of single drivers add up to that of all drivers.",
            *fall.notes,
        ),
    )


def shares_table(found: ShareMove, name: str) -> Table:
    """Return what moved shares in `found`, since the reference `name`."""
    rows = []
    for row in found.table.itertuples():
        part: Any = row
        rows.append((
            str(part.label), Number(value=part.before, unit="percent", digits=1),
            Number(value=part.after, unit="percent", digits=1),
            *(_points(part, which) for which in ("change", "spread", "slope", "noise")),
        ))  # fmt: skip
    return Table(
        key=f"shares_{name}",
        caption=f"Why shares of the differences moved, {found.wave_before} to {found.wave_after}",
        columns=("Driver", found.wave_before, found.wave_after, "Change, points",
                 "Of that: ratings differ more or less", "Of that: slopes", "Of that: what is unexplained"),
        rows=tuple(rows),
        notes=(
            f"Points are percent of the differences in {found.label}, {percent(found.level)} intervals in brackets. A "
            "share moves without any slope moving when people differ more or less in their ratings, or when other "
            "things matter more or less.",
            *found.notes,
        ),
    )  # fmt: skip


def _points(row: Any, which: str) -> Cell:
    value, low, high = (100 * getattr(row, name) for name in (which, f"{which}_low", f"{which}_high"))
    if math.isnan(low):
        return Number(value=value, unit="score", digits=1)
    return Estimate(value=value, low=low, high=high, unit="score", digits=1)
