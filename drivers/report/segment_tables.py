"""Pooled slopes by segment as tables: drivers down, segments across, small bases suppressed and named as such."""

from __future__ import annotations

import pandas as pd

from drivers.change.segments import SegmentMap
from drivers.defaults import MIN_BASE_CELL, MIN_BASE_MODEL
from drivers.report.content import Cell, Estimate, Hidden, Number, Table
from drivers.report.score_tables import TOO_FEW, WHY_WITHHELD, WITHHELD, group_order, group_text
from drivers.report.words import percent, quoted_label, some
from drivers.survey.schema import Survey

ACROSS = 4
"""Segments side by side in one table; more go into a further table below it."""

MOST_NAMED = 6
"""Segments without a model that are named; of more the number is told."""


def segment_tables(found: SegmentMap, by: str, survey: Survey) -> tuple[Table, ...]:
    """Return pooled slopes by segment.

    Parameters
    ----------
    found : SegmentMap
        Slopes fit to be shown, with a column ``withheld``.
    by : str
        Segment column.
    survey : Survey
        Labels.

    Returns
    -------
    tuple of Table
        One row per driver, a row of bases and one of how much of their own slopes segments keep; at most `ACROSS`
        segments per table.
    """
    slopes = found.table[found.table["segment_column"] == by]
    segments = group_order(slopes["segment"])
    parts = [segments[start : start + ACROSS] for start in range(0, len(segments), ACROSS)]
    tables = []
    for place, part in enumerate(parts, start=1):
        more = f", part {place} of {len(parts)}" if len(parts) > 1 else ""
        rows: list[tuple[Cell, ...]] = [("Respondents", *(_base(slopes, segment) for segment in part))]
        for driver, label in slopes[["driver", "label"]].drop_duplicates().itertuples(index=False):
            rows.append((label, *(_slope(slopes, segment, driver) for segment in part)))
        rows.append(("Part of its own slopes that a segment keeps", *(_kept(slopes, segment) for segment in part)))
        tables.append(
            Table(
                key=f"segments_{by}_{place}",
                caption=f"Slopes by {survey.label(by)}, pooled, with intervals and bases{more}",
                columns=("Driver", *map(group_text, part)),
                rows=tuple(rows),
                notes=_notes(slopes, found.level) if place == len(parts) else (),
            )
        )
    return tuple(tables)


def _notes(slopes: pd.DataFrame, level: float) -> tuple[str, ...]:
    said = (
        f"Points of the outcome per point of the driver, other drivers equal; {percent(level)} intervals in brackets."
    )
    small = slopes.loc[slopes["n"] < MIN_BASE_MODEL, "segment"].nunique()
    withheld = slopes["withheld"] if "withheld" in slopes else pd.Series(False, index=slopes.index)
    unfit = (slopes["n"] >= MIN_BASE_MODEL) & ~slopes["shown"].astype(bool) & ~withheld
    other = [group_text(one) for one in slopes.loc[unfit, "segment"].unique()]
    notes = [said, *([WHY_WITHHELD] if withheld.any() else [])]
    if small:
        have = "1 segment has" if small == 1 else f"{small} segments have"
        notes.append(f"{have} fewer than {MIN_BASE_MODEL} respondents: too few for slopes of their own.")
    if other:
        named = some([quoted_label(one) for one in other], MOST_NAMED)
        notes.append(
            f"No model for {named}, though there are respondents enough: too few answered some driver together with "
            "the others, it does not vary there, or it is a mix of others."
        )
    return tuple(notes)


def _base(slopes: pd.DataFrame, segment: object) -> Cell:
    first = _rows(slopes, segment).iloc[0]
    if first.get("withheld", False):
        return WITHHELD
    n = float(first["n"])
    return TOO_FEW if n < MIN_BASE_CELL else Number(value=n, unit="count")


def _slope(slopes: pd.DataFrame, segment: object, driver: str) -> Cell:
    found = _rows(slopes, segment)
    row = found[found["driver"] == driver].iloc[0]
    if row.get("withheld", False) and row["n"] >= MIN_BASE_MODEL:
        return WITHHELD
    if not row["shown"]:
        return Hidden(why=f"base under {MIN_BASE_MODEL}" if row["n"] < MIN_BASE_MODEL else "no model")
    return Estimate(value=row["slope"], low=row["low"], high=row["high"], unit="points", digits=2)


def _kept(slopes: pd.DataFrame, segment: object) -> Cell:
    kept = _rows(slopes, segment)["kept"]
    return Hidden(why="no model") if kept.isna().all() else Number(value=float(kept.mean()), unit="percent")


def _rows(slopes: pd.DataFrame, segment: object) -> pd.DataFrame:
    return slopes[slopes["segment"].map(group_text) == group_text(segment)]
