"""Figures of changes: ribbons by wave, slopes by wave, and why a mean moved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from drivers.change.result import Change
from drivers.change.why import Waterfall
from drivers.plot.ribbon import plot_ribbon, said_of
from drivers.plot.waterfall import MOST_DRIVERS, plot_waterfall
from drivers.plot.wave_table import plot_wave_table
from drivers.report.change_sentences import level_of
from drivers.report.change_tables import PART_WORDS
from drivers.report.content import Chart, Figure
from drivers.report.figures import WIDTH
from drivers.report.words import inside, number, percent


def ribbon_figure(moved: Change, item: str, kind: str = "score") -> Figure:
    """Return the series of `item` of a `kind` in `moved` from wave to wave, with its last change."""
    rows = moved.by_wave[(moved.by_wave["kind"] == kind) & (moved.by_wave["item"] == item)]
    judged = moved.table[(moved.table["kind"] == kind) & (moved.table["item"] == item)]
    label, measure = str(rows["label"].iloc[0]), str(rows["measure"].iloc[0])
    unit, digits = level_of(measure)
    said = []
    for row in rows.itertuples():
        each: Any = row
        if not each.shown:
            said.append(f"{each.wave}: not shown")
            continue
        value, ends = inside(each.estimate, each.low, each.high, unit, digits)
        said.append(f"{each.wave}: {value} ({ends})")
    changes = "; ".join(said_of(row) for row in judged.itertuples())
    key = f"figure-waves-{item}" if kind == "score" else f"figure-waves-{kind}-{item}"
    return Figure(
        key=key,
        title=f"{label} by wave",
        alt=f"Points joined by a line in the band of their {percent(moved.level)} intervals: {'; '.join(said)}. "
        f"{changes}.",
        size=(WIDTH, 4.2),
        draw=lambda ax: plot_ribbon(moved, ax=ax, item=item, kind=kind),
        chart=Chart(
            kind="line", title=label, labels=tuple(map(str, rows["wave"])), values=_numbers(rows["estimate"]),
            low=_numbers(rows["low"]), high=_numbers(rows["high"]), unit=unit, digits=digits,
        ),
    )  # fmt: skip


def slopes_figure(moved: Change) -> Figure:
    """Return every slope in `moved` by wave as a coloured grid, with the last changes beside."""
    rows = moved.by_wave[moved.by_wave["kind"] == "slope"]
    drivers = list(dict.fromkeys(rows["item"]))
    said = []
    for driver in drivers:
        own = rows[rows["item"] == driver]
        now: Any = next(own[own["wave"] == moved.focus].itertuples())
        judged = moved.table[(moved.table["kind"] == "slope") & (moved.table["item"] == driver)]
        level = number(now.estimate, "points", 2) if now.shown else "not shown"
        said.append(f"{now.label}: {level} in {moved.focus}, {'; '.join(said_of(row) for row in judged.itertuples())}")
    return Figure(
        key="figure-slopes-by-wave",
        title="Slopes by wave",
        alt=f"Grid with one row per driver and one column per wave, the last changes to the right: {'. '.join(said)}.",
        size=(WIDTH, 2.6 + 0.62 * len(drivers)),
        draw=lambda ax: plot_wave_table(moved, ax=ax, kind="slope"),
    )


def why_figure(fall: Waterfall, name: str) -> Figure:
    """Return the parts of the change in `fall`, since the reference `name`, as a waterfall."""
    sums = [row for row in fall.table.to_dict("records") if row["driver"] == ""]
    said = [f"{PART_WORDS[row['part']].lower()} {_part(row)}" for row in sums]
    drivers = fall.table.loc[fall.table["driver"] != "", "driver"].nunique()
    bars = 2 * min(drivers, MOST_DRIVERS) + 1 + bool(fall.mix)
    parts = [row for row in fall.table.to_dict("records") if row["driver"] or row["part"] in ("mix", "unexplained")]
    return Figure(
        key=f"figure-why-{name}",
        title=f"Why the mean of {fall.label} moved",
        alt=f"Bars from the mean of {number(fall.before, 'points', 2)} in {fall.wave_before} to "
        f"{number(fall.after, 'points', 2)} in {fall.wave_after}: {'; '.join(said)}.",
        size=(WIDTH, 3.0 + 0.34 * (bars + 2)),
        draw=lambda ax: plot_waterfall(fall, ax=ax),
        chart=Chart(
            kind="bars", title=f"Why the mean of {fall.label} moved, points",
            labels=tuple(_name(row) for row in parts), values=_numbers([row["estimate"] for row in parts]),
            low=_numbers([row["low"] for row in parts]), high=_numbers([row["high"] for row in parts]), unit="score",
            digits=2,
        ),
    )  # fmt: skip


def _name(row: dict[Any, Any]) -> str:
    return f"{PART_WORDS[row['part']]}: {row['label']}" if row["driver"] else PART_WORDS[row["part"]]


def _part(row: dict[Any, Any]) -> str:
    if math.isnan(row["low"]):
        return number(row["estimate"], "score", 2)
    value, ends = inside(row["estimate"], row["low"], row["high"], "score", 2)
    return f"{value} ({ends})"


def _numbers(column: pd.Series | Sequence[float]) -> tuple[float | None, ...]:
    return tuple(None if math.isnan(value) else float(value) for value in column)
