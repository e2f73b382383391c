"""`plot_fan`: the change by size of shift, with the mark where the scale ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from drivers.plot.fine_print import ASSOCIATION, base_words, headed, interval_words
from drivers.plot.frame import clear, headline, lettering_for, open_axes, room, settle
from drivers.plot.lettering import plain, printable, wrap
from drivers.plot.scale import number_ticks
from drivers.plot.style import BLUE, GREY, INK, SKY, VERMILLION, number, percent, signed, styled
from drivers.plot.what_if import UNITS

if TYPE_CHECKING:
    from drivers.scenario.sweep import Sweep


def plot_fan(sweep: Sweep, ax: Axes | None = None) -> Axes:
    """Change in the outcome by size of shift: a line in bands of 50 % and the outer interval, and the ceiling.

    Parameters
    ----------
    sweep : Sweep
        From `drivers.scenario.sweep.fan`.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x is the shift asked for, y the change in the outcome. Under each shift stands what the scale
        can give; a dashed line marks from where on it gives less than half of what is asked further.
    """
    rows = sweep.tidy()
    unit, factor = UNITS[sweep.measure]
    rows[["change", "low", "high", "low50", "high50"]] *= factor
    x = rows["asked"].to_numpy(np.float64)
    with styled():
        ax = open_axes(ax, (9.0, 5.0))
        clear(ax, grid="y")
        kind = lettering_for(ax)
        ax.fill_between(x, rows["low"], rows["high"], color=SKY, alpha=0.35, linewidth=0, zorder=2)
        ax.fill_between(x, rows["low50"], rows["high50"], color=SKY, alpha=0.8, linewidth=0, zorder=2)
        ax.plot(x, rows["change"], color=BLUE, linewidth=2, marker="o", markersize=0.8 * kind.dot, zorder=3)
        low, high = min(float(rows["low"].min()), 0.0), max(float(rows["high"].max()), 0.0)
        span = high - low + 1e-9
        ticks, labels = number_ticks(low, high + 0.12 * span, most=6)
        ax.set_yticks(ticks, labels=labels, fontsize=0.9 * kind.text, color=INK, **plain())
        shown = range(0, len(x), 2 if room(ax)[0] < 11 else 1)
        ax.set_xticks(
            [float(x[k]) for k in shown], fontsize=0.9 * kind.text, color=INK,
            labels=[f"{signed(float(x[k]))}\n{signed(float(rows['possible'][k]))}" for k in shown], **plain(),
        )  # fmt: skip
        margin = 0.03 * abs(x[-1] - x[0]) + 1e-9
        ax.set(xlim=(min(x) - margin, max(x) + margin), ylim=(low - 0.03 * span, high + 0.16 * span))
        ax.axhline(0, color=INK, linewidth=1.2, zorder=1)
        if np.isfinite(sweep.ceiling):
            _mark(ax, sweep.ceiling, left=abs(sweep.ceiling - x[0]) > 0.55 * abs(x[-1] - x[0]))
        ax.set_ylabel(
            "\n".join(wrap(printable(f"Change in {unit}"), kind.text, 72 * 0.55 * room(ax)[1])), fontsize=kind.text,
            color=INK, **plain(),
        )
        who = "everybody" if not sweep.where else ", ".join(f"{k} = {v}" for k, v in sweep.where.items())
        ax.set_xlabel(
            printable(f"Points asked (above) and possible (below) among {who}"), fontsize=kind.text, color=INK,
            **plain(),
        )
        headline(ax, *_words(sweep))
        settle(ax)
    return ax


def _mark(ax: Axes, at: float, *, left: bool) -> None:
    kind = lettering_for(ax)
    ax.axvline(at, color=VERMILLION, linewidth=1.4, linestyle=(0, (4, 3)), zorder=2)
    ax.annotate(
        "ceiling: beyond, less than\nhalf of what is asked", xy=(at, 1), xycoords=ax.get_xaxis_transform(),
        xytext=(-6 if left else 6, -2), textcoords="offset points", ha="right" if left else "left", va="top",
        fontsize=0.9 * kind.text, color=GREY, **plain(),
    )  # fmt: skip


def _words(sweep: Sweep) -> tuple[str, str, tuple[str, ...]]:
    driver = sweep.label(sweep.drivers[0])
    before = sweep.before * UNITS[sweep.measure][1]
    notes = (
        base_words(sweep.n, sweep.n_eff), f"bands: {percent(0.5)} and {interval_words(sweep.level)}",
        f"now {number(before, 1 if sweep.measure in ('top2', 'nps') else 2)}", "other drivers stay as they are",
        "measure: gain from an action, not share", f"{sweep.model} model, {sweep.engine} engine", ASSOCIATION,
    )  # fmt: skip
    title = headed(sweep.label(sweep.outcome), f"if answers on {driver} moved")
    return title, "By points asked; answers at the end of the scale cannot move further", notes
