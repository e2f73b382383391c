"""`plot_segment_map`: the pooled slope of every driver in every segment, and which differ from the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from drivers.errors import InputError, nearest
from drivers.plot.fine_print import ASSOCIATION, headed
from drivers.plot.frame import headline, headline_height, height_for, lettering_for, open_axes, room, settle
from drivers.plot.grid import BOTH_WAYS, draw_grid
from drivers.plot.lettering import printable
from drivers.plot.ribbon import DOWN, UP
from drivers.plot.style import number, styled
from drivers.survey.plain_text import shown_count

if TYPE_CHECKING:
    from drivers.change.segments import SegmentMap


def plot_segment_map(found: SegmentMap, ax: Axes | None = None, *, by: str | None = None) -> Axes:
    """Table of pooled slopes, drivers down and segments across, coloured by distance from the driver's average.

    Below each pooled slope stands the segment's own. Bold with a triangle marks slopes that may be said to differ from
    the other segments; hatched are segments with too small a base.

    Parameters
    ----------
    found : SegmentMap
        Result of `drivers.segment_map`.
    ax : Axes, optional
        Where to draw; a new figure when left out.
    by : str, optional
        Segment column; the first when left out.

    Returns
    -------
    Axes
        The one drawn on; one column per segment, one row per driver.

    Raises
    ------
    InputError
        If the column is not in the map.
    """
    column = by or found.by[0]
    if column not in found.by:
        raise InputError(f"No segments by {nearest(column, found.by)} in this map; it has {', '.join(found.by)}.")
    rows = found.table[found.table["segment_column"] == column]
    drivers, segments = list(dict.fromkeys(rows["driver"])), list(dict.fromkeys(rows["segment"]))
    at: dict[tuple[Any, Any], Any] = {(row.driver, row.segment): row for row in rows.itertuples()}
    table = [[at[driver, segment] for segment in segments] for driver in drivers]
    value = np.array([[row.slope if row.shown else np.nan for row in line] for line in table], float)
    hidden = ~np.isfinite(value)
    bold = np.array([[bool(row.flag) for row in line] for line in table])
    with np.errstate(invalid="ignore"):
        away = value - np.array([np.mean(v[np.isfinite(v)]) if np.isfinite(v).any() else 0.0 for v in value])[:, None]
    largest = max(float(np.nanmax(np.abs(away), initial=0.0)), 0.1)
    words = _words(found, column, rows, bool(hidden.any()))
    labels = dict(zip(rows["driver"], rows["label"].astype(str), strict=True))
    first = {segment: at[drivers[0], segment] for segment in segments}
    names = [f"{segment} (n\N{NO-BREAK SPACE}{shown_count(int(first[segment].n))})" for segment in segments]
    with styled():
        ax = open_axes(ax, (min(5.0 + 0.9 * len(segments), 13.3), height_for(2 * len(drivers))))
        kind, (_, up) = lettering_for(ax), room(ax)
        draw_grid(
            ax, BOTH_WAYS(0.5 + 0.35 * np.nan_to_num(away) / largest)[..., :3],
            [[_cell(row) for row in line] for line in table], rows=[printable(labels[d]) for d in drivers],
            columns=[printable(name) for name in names], up=72 * up - headline_height(ax, *words) - kind.text,
            bold=bold, hidden=hidden,
        )  # fmt: skip
        headline(ax, *words)
        settle(ax)
    return ax


def _cell(row: Any) -> str:
    if not row.shown:
        return "not\nshown"
    sign = (f" {UP}" if row.direction == "above" else f" {DOWN}") if row.flag else ""
    return f"{number(row.slope)}{sign}\n({number(row.raw)})"


def _words(found: SegmentMap, column: str, rows: Any, hidden: bool) -> tuple[str, str, tuple[str, ...]]:
    outcome = found.label(found.outcome)
    kept = rows.loc[rows["shown"].astype(bool), "kept"]
    pooled = f"pooled: on average {kept.mean():.0%} of a segment's own slope is kept".replace("%", " %")
    return (
        headed(outcome, f"what counts by {found.label(column)}"),
        f"Points of {outcome} that go with one point more of each driver, the others equal; below, in brackets, the "
        "segment's own slope before pooling",
        (
            *((pooled,) if len(kept) else ()),
            f"bold with {UP} {DOWN}: differs from the others; of such claims at most one in ten is expected false",
            "colour: distance from the driver's average over segments (blue above, red-brown below)",
            *(("hatched: base too small, or the model could not be fitted",) if hidden else ()),
            "compare slopes between segments, never shares",
            ASSOCIATION,
        ),
    )
