"""`plot_tornado`: the same shift of every driver side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from drivers.plot.fine_print import ASSOCIATION, base_words, headed, interval_words
from drivers.plot.frame import clear, headline, headline_height, height_for, lettering_for, open_axes, room, settle
from drivers.plot.lettering import plain, printable, wrap
from drivers.plot.rows import write_rows
from drivers.plot.style import INK, number, percent, signed, signed_inside, styled
from drivers.plot.what_if import UNITS, draw_interval, settle_axis

if TYPE_CHECKING:
    from drivers.scenario.sweep import Sweep


def plot_tornado(sweep: Sweep, ax: Axes | None = None) -> Axes:
    """Dots of change with intervals, one row per driver, the largest change first; each row says what was possible.

    Parameters
    ----------
    sweep : Sweep
        From `drivers.scenario.sweep.tornado`.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x is the change in the outcome.
    """
    rows = sweep.tidy()
    unit, factor = UNITS[sweep.measure]
    rows[["change", "low", "high", "low50", "high50"]] *= factor
    digits = 1 if factor > 1 or sweep.measure == "nps" else 2
    values = [
        "{} ({})".format(*signed_inside(row["change"], row["low"], row["high"], digits))
        for row in rows.to_dict("records")
    ]
    names = [
        f"{row['label']}: {signed(row['possible'])}" if row["asked"] == row["asked"] else str(row["label"])
        for row in rows.to_dict("records")
    ]
    words = _words(sweep)
    with styled():
        ax = open_axes(ax, (9.0, height_for(len(rows)) + 0.2))
        clear(ax)
        kind, (across, up) = lettering_for(ax), room(ax)
        row_height = (72 * up - headline_height(ax, *words) - 3.2 * kind.text) / (len(rows) + 0.5)
        heading = f"change ({interval_words(sweep.level)})"
        taken = write_rows(ax, names, values, heading=heading, row_height=row_height)
        for y, row in enumerate(rows.to_dict("records")):
            draw_interval(ax, y, row)
        settle_axis(ax, rows)
        label = printable(f"Change in {unit}")
        ax.set_xlabel("\n".join(wrap(label, kind.text, 72 * across - taken)), fontsize=kind.text, color=INK, **plain())
        headline(ax, *words)
        settle(ax)
    return ax


def _words(sweep: Sweep) -> tuple[str, str, tuple[str, ...]]:
    asked = {abs(float(size)) for size in sweep.asked if size == size}
    subtitle = "Each action alone, as far as the scale goes"
    if len(asked) == 1:
        subtitle = f"Every driver better by {number(asked.pop(), 1)} points, each alone, as far as the scale goes"
    notes = (
        base_words(sweep.n, sweep.n_eff), "behind each name: points the scale can give",
        f"dot: change; thick: {percent(0.5)} interval; thin: {interval_words(sweep.level)}",
        "measure: gain from an action, not share", f"{sweep.model} model, {sweep.engine} engine", ASSOCIATION,
    )  # fmt: skip
    return headed(sweep.label(sweep.outcome), "what each driver would change"), subtitle, notes
