"""The what-if chapter in words and tables: what the same step on every driver goes with, and what that rests on."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from drivers.defaults import MIN_BASE_CELL, MIN_BASE_MODEL
from drivers.plot.tornado import plot_tornado
from drivers.report.content import Cell, Estimate, Figure, Finding, Number, Table, Unit
from drivers.report.words import count, decimal, inside, number, plural, quoted_label
from drivers.scenario.sweep import Sweep

UNITS: Mapping[str, tuple[str, float, Unit, int]] = {
    "mean": ("average", 1.0, "score", 2), "top2": ("top 2 box, percentage points", 100.0, "score", 1),
    "nps": ("NPS", 1.0, "score", 1),
}  # fmt: skip
"""Name, factor, unit and decimals of the change in each measure."""

MEANING = (
    "Each row moves one driver for everybody, as far as its scale goes, and leaves the others as they are. It is how "
    "the outcome differs between people who answer so differently, averaged over everybody: what the step would do "
    "only if nothing else stands behind both. Association, not effect."
)


def changed(row: Mapping[Hashable, Any], measure: str) -> tuple[str, str]:
    """Return the change in a `measure` and its interval in words, from a `row` of `Sweep.tidy`."""
    _, factor, unit, digits = UNITS[measure]
    return inside(factor * row["change"], factor * row["low"], factor * row["high"], unit, digits)


def headline(sweep: Sweep) -> Finding:
    """Say which driver of a `sweep` has most to give, and how far its scale lets it."""
    first = sweep.tidy().iloc[0].to_dict()
    asked, possible = (decimal(abs(first[key]), 2).rstrip("0").rstrip(".") for key in ("asked", "possible"))
    capped = f" ({possible} of them possible on the scale)" if possible != asked else ""
    text = (
        f"What if: of the same step on each driver, {quoted_label(first['label'])} goes with most. Where everybody "
        f"answers {asked} points better{capped}, {_then(sweep, first)}. Association, not effect."
    )
    return Finding(
        key="what-if", text=text,
        numbers={f"{sweep.measure} change {driver}": float(value)
                 for driver, value in zip(sweep.drivers, sweep.estimate, strict=True)},
    )  # fmt: skip


def _then(sweep: Sweep, row: Mapping[Hashable, Any]) -> str:
    """Say what a change of a measure means: "4.6 more in 100 answer 4 or 5 ..."."""
    _, factor, _, digits = UNITS[sweep.measure]
    name, down = quoted_label(sweep.label(sweep.outcome)), row["change"] < 0
    low, high = sorted(factor * (-row[key] if down else row[key]) for key in ("low", "high"))
    size, span = inside(factor * abs(row["change"]), low, high, "points", digits)
    if sweep.measure == "top2":
        return f"{size} {'fewer' if down else 'more'} in 100 are in the top box of {name} ({span})"
    what = f"the NPS of {name}" if sweep.measure == "nps" else name
    more = "" if sweep.measure == "nps" else " on average"
    return f"{what} is {size} points {'lower' if down else 'higher'}{more} ({span})"


def sweep_figure(sweep: Sweep) -> Figure:
    """Return the tornado of a `sweep`."""
    said = []
    for row in sweep.tidy().to_dict("records"):
        size, ends = changed(row, sweep.measure)
        said.append(f"{row['label']} {size} ({ends})")
    name = UNITS[sweep.measure][0]
    return Figure(
        key="figure-what-if", title=f"{sweep.label(sweep.outcome)}: what each driver would change, {name}",
        alt=f"Dots with intervals, one row per driver, the largest change in {name} first: {'; '.join(said)}.",
        size=(8.0, 2.9 + 0.42 * len(sweep.drivers)), draw=lambda ax: plot_tornado(sweep, ax=ax),
        says=headline(sweep).text,
    )  # fmt: skip


def sweeps_table(sweeps: Sequence[Sweep], drivers: Sequence[str]) -> Table:
    """Return the change in every measure of one outcome, its `sweeps`, one row per driver in the order of `drivers`."""
    tables = [{row["driver"]: row for row in sweep.tidy().to_dict("records")} for sweep in sweeps]
    rows: list[tuple[Cell, ...]] = []
    for driver in drivers:
        first = tables[0][driver]
        cells: list[Cell] = [str(first["label"]), _moved(first["asked"]), _moved(first["possible"])]
        for sweep, table in zip(sweeps, tables, strict=True):
            _, factor, unit, digits = UNITS[sweep.measure]
            change, low, high = (factor * float(table[driver][key]) for key in ("change", "low", "high"))
            cells.append(Estimate(value=change, low=low, high=high, unit=unit, digits=digits))
        rows.append(tuple(cells))
    lead = sweeps[0]
    return Table(
        key=f"what-if-{lead.outcome}", caption=f"The same step on every driver: {lead.label(lead.outcome)}",
        columns=("Driver", "Points asked", "Possible", *(f"Change in {UNITS[one.measure][0]}" for one in sweeps)),
        rows=tuple(rows),
        notes=(
            "Possible: the average move the scale gives, since people at its end cannot move further. In brackets: "
            f"{number(lead.level, 'percent', 0)} intervals.",
            f"{lead.model.capitalize()} model, {plural(lead.n, 'respondent')}, {count(len(lead.change))} draws.",
        ),
    )  # fmt: skip


def _moved(points: float) -> Cell:
    return Number(value=float(points), unit="score", digits=2)


def steps_tidy(sweeps: Sequence[Sweep]) -> pd.DataFrame:
    """Return all `sweeps` in one table, one row per outcome, measure and driver."""
    tables = [
        sweep.tidy().drop(columns="action").assign(outcome=sweep.outcome, measure=sweep.measure, before=sweep.before)
        for sweep in sweeps
    ]
    return pd.concat(tables, ignore_index=True)


def panel_note(draws: int, groups: int, notes: Sequence[str]) -> str:
    """Say what the numbers of a panel rest on: its `draws`, how many `groups` it offers, and `notes`."""
    offered = (
        f" Groups with fewer than {MIN_BASE_MODEL} answers are not offered, nor groups that would give them away."
        if groups > 1 else ""
    )
    return " ".join((
        "Sliders move everybody, or everybody in the group chosen, as far as the scale goes; drivers without a move "
        f"stay as they are. Averages over {count(draws)} draws of the model; intervals are those of the draws. People "
        f"stand in it as a modelled grid made from counts of at least {MIN_BASE_CELL} answers, so it holds nobody's "
        "answers, and its changes differ from those of drivers whatif by a small part of an interval." + offered,
        *notes, "Association, not effect.",
    ))  # fmt: skip


