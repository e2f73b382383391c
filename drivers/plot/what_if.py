"""`plot_what_if`: the change in one measure, in total and by group, with intervals."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes

from drivers.errors import InputError, quoted
from drivers.plot.fine_print import ASSOCIATION, headed, interval_words
from drivers.plot.frame import clear, headline, headline_height, height_for, lettering_for, open_axes, room, settle
from drivers.plot.lettering import plain, printable, wrap
from drivers.plot.rows import write_rows
from drivers.plot.scale import number_ticks
from drivers.plot.style import BLUE, INK, PALE, SKY, percent, signed_inside, styled

if TYPE_CHECKING:
    from drivers.scenario.outcome import Outcome

UNITS = {
    "mean": ("mean, points of the scale", 1.0), "top2": ("top 2 box, percentage points", 100.0),
    "nps": ("NPS, points", 1.0), "latent": ("latent mean, latent units", 1.0), "gap": ("latent gap, latent units", 1.0),
    "below": ("those who got less than expected, percentage points", 100.0),
}
"""Name with unit, and factor, of each measure on an axis."""


def plot_what_if(out: Outcome, ax: Axes | None = None, *, measure: str | None = None) -> Axes:
    """Dots of change with 50 % and outer intervals, the whole population first, against a line at zero.

    Parameters
    ----------
    out : Outcome
        What would happen.
    ax : Axes, optional
        Where to draw; a new figure when left out.
    measure : str, optional
        Which measure, such as "nps"; the first one when left out.

    Returns
    -------
    Axes
        The one drawn on; x is the change, one row per part of the population.

    Raises
    ------
    InputError
        If the outcome has no such measure.
    """
    chosen = out.measures[0] if measure is None else measure
    if chosen not in out.measures:
        raise InputError(f"This what-if has no {chosen!r}; it tells {quoted(out.measures)}.")
    rows = out.tidy()
    rows = rows[(rows["measure"] == chosen) & rows["shown"]].reset_index(drop=True)
    unit, factor = UNITS[chosen]
    columns = ["change", "low", "high", "low50", "high50"]
    rows[columns] *= factor
    digits = 1 if factor > 1 or chosen == "nps" else 2
    values = [
        "{} ({})".format(*signed_inside(row["change"], row["low"], row["high"], digits))
        for row in rows.to_dict("records")
    ]
    names = ["Everybody" if name == "all" else name.replace("=", ": ", 1) for name in rows["segment"]]
    words = _words(out, rows)
    with styled():
        ax = open_axes(ax, (9.0, height_for(len(rows)) + 0.4))
        clear(ax)
        kind, (across, up) = lettering_for(ax), room(ax)
        row_height = (72 * up - headline_height(ax, *words) - 3.2 * kind.text) / (len(rows) + 0.5)
        heading = f"change ({interval_words(out.level)})"
        taken = write_rows(ax, names, values, heading=heading, row_height=row_height)
        for y, row in enumerate(rows.to_dict("records")):
            draw_interval(ax, y, row)
        settle_axis(ax, rows)
        label = printable(f"Change in {unit}")
        ax.set_xlabel("\n".join(wrap(label, kind.text, 72 * across - taken)), fontsize=kind.text, color=INK, **plain())
        headline(ax, *words)
        settle(ax)
    return ax


def draw_interval(ax: Axes, y: float, row: Mapping[Hashable, float]) -> None:
    """Draw a dot at `y` on `ax` for the change in `row`, with a thick 50 % and a thin outer interval."""
    ax.plot([row["low"], row["high"]], [y, y], color=BLUE, linewidth=1.6, zorder=3)
    ax.plot([row["low50"], row["high50"]], [y, y], color=SKY, linewidth=5, solid_capstyle="butt", zorder=3)
    ax.plot([row["change"]], [y], marker="o", markersize=lettering_for(ax).dot, color=BLUE, zorder=4)


def settle_axis(ax: Axes, rows: pd.DataFrame) -> None:
    """Set the limits of `ax` so that the intervals of `rows` and zero are inside, with a line at zero."""
    low, high = min(float(rows["low"].min()), 0.0), max(float(rows["high"].max()), 0.0)
    margin = 0.05 * (high - low) + 1e-6
    ticks, labels = number_ticks(low - margin, high + margin, most=5)
    ax.set_xticks(ticks, labels=labels, fontsize=0.9 * lettering_for(ax).text, color=INK, **plain())
    ax.set(xlim=(low - margin, high + margin), ylim=(len(rows) - 0.5, -0.7))
    ax.grid(False)
    ax.vlines(ticks, -0.5, len(rows) - 0.5, color=PALE, linewidth=0.8, zorder=1)
    ax.vlines([0], -0.5, len(rows) - 0.5, color=INK, linewidth=1.2, zorder=2)


def _words(out: Outcome, rows: pd.DataFrame) -> tuple[str, str, tuple[str, ...]]:
    scenario = {
        "alone": "other drivers stay as they are", "block": "correlated drivers go along",
        "dag": "drivers follow the declared causes",
    }[out.scenario]
    notes = [
        f"n = {out.n[0]:,.0f}", f"dot: change; thick: {percent(0.5)} interval; thin: {interval_words(out.level)}",
        f"{percent(float(out.affected[0]))} of people move", scenario, "measure: gain from an action, not share",
        f"{out.model} model, {out.engine} engine", "effect under declared causes" if out.causal else ASSOCIATION,
    ]  # fmt: skip
    title = headed(out.label(out.outcome), "what would change")
    return title, out.action.name or out.action.describe(out.label), tuple(notes)
