"""`plot_segments`: the slope of every driver in every segment, with interval and base."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from drivers.defaults import MIN_BASE_MODEL
from drivers.plot.fine_print import ASSOCIATION, base_words, headed, interval_words
from drivers.plot.frame import headline, headline_height, height_for, lettering_for, open_axes, room, settle
from drivers.plot.grid import BOTH_WAYS, draw_grid
from drivers.plot.lettering import printable
from drivers.plot.style import signed_inside, styled
from drivers.survey.plain_text import shown_count

if TYPE_CHECKING:
    from drivers.fit.segments import SegmentSlopes


def plot_segments(slopes: SegmentSlopes, ax: Axes | None = None) -> Axes:
    """Table of slopes, drivers down and segments across, coloured by sign and size; base sizes under the names.

    Bold where the interval leaves out zero. A segment below the base for a model is hatched and says so; a base that
    must not be shown is printed as "<5".

    Parameters
    ----------
    slopes : SegmentSlopes
        Slopes by segment, in outcome points (latent units for ordinal and logit) per driver point.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; one column per segment, one row per driver, in the order of ``tidy()``.
    """
    rows = slopes.tidy()
    drivers, segments = list(dict.fromkeys(rows["driver"])), list(dict.fromkeys(rows["segment"]))
    at: dict[tuple[Any, Any], Any] = {(row.driver, row.segment): row for row in rows.itertuples()}
    table = [[at[driver, segment] for segment in segments] for driver in drivers]
    value = np.array([[row.slope if row.shown else np.nan for row in line] for line in table], float)
    hidden = ~np.isfinite(value)
    clear_of_zero = np.array([[bool(row.shown) and (row.low > 0 or row.high < 0) for row in line] for line in table])
    largest = np.nanmax(np.abs(value), initial=1e-9)
    first = {segment: at[drivers[0], segment] for segment in segments}
    words = _words(slopes, list(first.values()))
    names = [f"{segment} (n\N{NO-BREAK SPACE}{shown_count(first[segment].n)})" for segment in segments]
    with styled():
        ax = open_axes(ax, (9.0, height_for(2 * len(drivers))))
        kind, (_, up) = lettering_for(ax), room(ax)
        labels = dict(zip(rows["driver"], rows["label"].astype(str), strict=True))
        draw_grid(
            ax, BOTH_WAYS(0.5 + 0.4 * np.nan_to_num(value) / largest)[..., :3],
            [[_cell(row) for row in line] for line in table], rows=[printable(labels[d]) for d in drivers],
            columns=[printable(name) for name in names],
            up=72 * up - headline_height(ax, *words) - kind.text, bold=clear_of_zero, hidden=hidden,
        )  # fmt: skip
        headline(ax, *words)
        settle(ax)
    return ax


def _cell(row: Any) -> str:
    if not row.shown:
        return f"base under\n{MIN_BASE_MODEL}" if row.n < MIN_BASE_MODEL else "could not\nbe fitted"
    return "\n".join(signed_inside(row.slope, row.low, row.high))


def _words(slopes: SegmentSlopes, first: list[Any]) -> tuple[str, str, tuple[str, ...]]:
    shown = [row for row in first if row.shown]
    small = any(row.n < MIN_BASE_MODEL for row in first if not row.shown)
    unfit = any(row.n >= MIN_BASE_MODEL for row in first if not row.shown)
    outcome, latent = slopes.label(slopes.outcome), slopes.model != "linear"
    base = base_words(sum(row.n for row in shown), sum(row.n_eff for row in shown))
    notes = (
        f"{base} in the segments shown",
        f"below each slope: {interval_words(slopes.level)}",
        "bold: interval leaves out zero",
        "blue and +: goes up together; red-brown and \N{MINUS SIGN}: goes down",
        *((f"hatched: base under {MIN_BASE_MODEL}, not shown",) if small else ()),
        *(("hatched: the model could not be fitted",) if unfit else ()),
        "measure: slope, not share",
        f"{slopes.model} model{', latent scale' if latent else ''}",
        ASSOCIATION,
    )
    units = "Latent units" if latent else "Points"
    subtitle = f"{units} of {outcome} that go with one point more of each driver, the others equal"
    return headed(outcome, f"slopes by {slopes.label(slopes.by)}"), subtitle, notes
