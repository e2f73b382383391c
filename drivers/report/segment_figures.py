"""The map of segments as a picture, and in words for those who cannot see it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from drivers.change.segments import SegmentMap
from drivers.defaults import MIN_BASE_CELL, MIN_BASE_MODEL
from drivers.plot.segment_map import plot_segment_map
from drivers.report.content import Figure
from drivers.report.figures import WIDTH
from drivers.report.words import inside


def map_figure(found: SegmentMap, by: str) -> Figure:
    """Return the pooled slopes in `found` of every driver in every segment of the column `by` as a coloured grid."""
    table = found.table
    drawn = ((table["n"] >= MIN_BASE_CELL) | (table["n"] == 0)) & ~table["withheld"].astype(bool)
    found = replace(found, table=table[drawn].reset_index(drop=True))
    rows = found.table[found.table["segment_column"] == by]
    cells: list[Any] = list(rows.itertuples())
    said = [
        *(f"{row.label} in {row.segment}: {_slope(row)}" for row in cells if row.shown),
        *dict.fromkeys(f"{row.segment} is not shown: {_why_hidden(row.n)}" for row in cells if not row.shown),
    ]
    name = found.label(by)
    return Figure(
        key=f"figure-segments-{by}",
        title=f"Slopes by {name}",
        alt=f"Grid with one row per driver and one column per segment: {'; '.join(said)}.",
        size=(WIDTH, 2.6 + 0.62 * rows["driver"].nunique()),
        draw=lambda ax: plot_segment_map(found, ax=ax, by=by),
    )


def _slope(row: Any) -> str:
    value, ends = inside(row.slope, row.low, row.high, "points", 2)
    differs = f", differs from the others ({row.direction})" if row.flag else ""
    return f"{value} ({ends}){differs}"


def _why_hidden(n: float) -> str:
    """Return in short why a segment of `n` respondents was held back; the reason in full may name small counts."""
    return f"fewer than {MIN_BASE_MODEL} respondents" if n < MIN_BASE_MODEL else "the model could not be fitted there"
