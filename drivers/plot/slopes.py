"""`plot_slopes`: the slope of every driver of a fit, with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes

from drivers.plot.fine_print import ASSOCIATION, base_words, headed, interval_words, model_words, slope_words
from drivers.plot.frame import clear, headline, headline_height, height_for, lettering_for, open_axes, room, settle
from drivers.plot.lettering import plain, printable, wrap
from drivers.plot.rows import write_rows
from drivers.plot.scale import number_ticks
from drivers.plot.style import BLUE, INK, PALE, VERMILLION, signed_inside, styled

if TYPE_CHECKING:
    from drivers.fit.result import Fit


def plot_slopes(fit: Fit, ax: Axes | None = None) -> Axes:
    """Dots of slope with intervals, in the order of the fit, against a line at zero.

    Open squares mark slopes whose interval includes zero.

    Parameters
    ----------
    fit : Fit
        Whose slopes to draw; intercept and thresholds are left to ``summary()``.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x is the slope in outcome points (latent units for ordinal and logit) per driver point.
    """
    table = fit.tidy()
    rows = table[table["term"].isin(fit.spec.drivers)].reset_index(drop=True)
    words = _words(fit, rows)
    values = [
        "{} ({})".format(*signed_inside(slope, low, high))
        for slope, low, high in zip(rows["estimate"], rows["low"], rows["high"], strict=True)
    ]
    with styled():
        ax = open_axes(ax, (9.0, height_for(len(rows)) - 0.4))
        clear(ax)
        kind, (across, up) = lettering_for(ax), room(ax)
        row_height = (72 * up - headline_height(ax, *words) - 3.2 * kind.text) / (len(rows) + 0.5)
        heading = f"slope ({interval_words(fit.spec.level)})"
        taken = write_rows(ax, list(rows["label"].astype(str)), values, heading=heading, row_height=row_height)
        for y, (slope, low, high) in enumerate(zip(rows["estimate"], rows["low"], rows["high"], strict=True)):
            open_ = low <= 0 <= high
            colour = VERMILLION if open_ else BLUE
            ax.plot([low, high], [y, y], color=colour, linewidth=1.6, zorder=3)
            ax.plot(
                [slope],
                [y],
                marker="s" if open_ else "o",
                markersize=lettering_for(ax).dot,
                markeredgecolor=colour,
                color="white" if open_ else colour,
                zorder=4,
            )
        _axis(ax, rows)
        label = printable(slope_words(fit.label(fit.spec.outcome), fit.spec.link))
        ax.set_xlabel("\n".join(wrap(label, kind.text, 72 * across - taken)), fontsize=kind.text, color=INK, **plain())
        headline(ax, *words)
        settle(ax)
    return ax


def _words(fit: Fit, rows: pd.DataFrame) -> tuple[str, str, tuple[str, ...]]:
    base = base_words(fit.n, fit.n_eff)
    if fit.usage.complete < fit.n:
        base = f"{base}, {fit.usage.complete:,} answered everything"
    notes = [base, f"dot: estimate; line: {interval_words(fit.spec.level)}"]
    if ((rows["low"] <= 0) & (rows["high"] >= 0)).any():
        notes.append("open square: interval includes zero")
    model = model_words(fit.spec.model, fit.spec.link, fit.spec.engine)
    notes += ["measure: slope, not share", model, ASSOCIATION]
    title = headed(fit.label(fit.spec.outcome), "slope of each driver")
    return title, "What goes with one point more of a driver, the others equal", tuple(notes)


def _axis(ax: Axes, rows: pd.DataFrame) -> None:
    wide = max(rows["high"].max(), 0) - min(rows["low"].min(), 0)
    x = (min(rows["low"].min(), 0) - 0.05 * wide - 1e-6, max(rows["high"].max(), 0) + 0.05 * wide + 1e-6)
    ticks, labels = number_ticks(*x, most=5)
    ax.set_xticks(ticks, labels=labels, fontsize=0.9 * lettering_for(ax).text, color=INK, **plain())
    ax.set(xlim=x, ylim=(len(rows) - 0.5, -0.7))
    ax.grid(False)
    ax.vlines(ticks, -0.5, len(rows) - 0.5, color=PALE, linewidth=0.8, zorder=1)
    ax.vlines([0], -0.5, len(rows) - 0.5, color=INK, linewidth=1.2, zorder=2)
