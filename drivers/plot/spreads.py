"""`plot_spreads`: the latent distribution of every group against the thresholds between scale points."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from drivers.plot.fine_print import base_words, headed, interval_words, model_words
from drivers.plot.frame import clear, headline, headline_height, height_for, lettering_for, open_axes, room, settle
from drivers.plot.lettering import plain, printable, wrap
from drivers.plot.rows import write_rows
from drivers.plot.style import BLUE, GREY, INK, SKY, number, signed_inside, styled
from drivers.survey.plain_text import shown_count

if TYPE_CHECKING:
    from drivers.fit.bayes.spreads import GroupSpreads

FloatArray = NDArray[np.float64]

TALL = 0.78
"""Height of the highest curve, in rows."""

REACH = 2.4
"""Curves are drawn this many of their standard deviations to each side."""


def plot_spreads(spreads: GroupSpreads, ax: Axes | None = None) -> Axes:
    """Curves of the latent outcome, one per group, over the thresholds; a dot with its interval marks the level.

    The part of a curve between two dashed lines is the part of the group that answers the point named below it.

    Parameters
    ----------
    spreads : GroupSpreads
        Result of `drivers.group_spreads`.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x is the latent outcome at the average of what goes with the drivers.
    """
    table, words = spreads.table, _words(spreads)
    names = [f"{row.group} (n {shown_count(int(str(row.n)))})" for row in table.itertuples()]
    values = [
        f"{number(spread)} ({number(low)} to {number(high)})"
        for spread, low, high in table[["spread", "spread_low", "spread_high"]].to_numpy(float)
    ]
    with styled():
        ax = open_axes(ax, (9.0, height_for(len(table)) + 0.4 * len(table)))
        clear(ax, grid=None)
        kind, (across, up) = lettering_for(ax), room(ax)
        row_height = (72 * up - headline_height(ax, *words) - 3.6 * kind.text) / (len(table) + 0.8)
        taken = write_rows(ax, names, values, heading=f"spread ({interval_words(spreads.level)})",
                           row_height=row_height)  # fmt: skip
        low, high = _thresholds(ax, spreads)
        _curves(ax, spreads, low, high)
        label = f"Latent {printable(spreads.label(spreads.outcome))}; numbers: the answer between two thresholds"
        ax.set_xlabel("\n".join(wrap(label, kind.text, 72 * across - taken)), fontsize=kind.text, color=INK, **plain())
        headline(ax, *words)
        settle(ax)
    return ax


def _thresholds(ax: Axes, spreads: GroupSpreads) -> tuple[float, float]:
    """Draw thresholds and name the points between them; return the ends of the axis."""
    table, rows = spreads.table, len(spreads.table)
    wide = REACH * table["spread"] * _unit(spreads.link)
    low = min(float((table["level"] - wide).min()) + spreads.centre, spreads.cuts[0] - 0.5)
    high = max(float((table["level"] + wide).max()) + spreads.centre, spreads.cuts[-1] + 0.5)
    ax.set(xlim=(low, high), ylim=(rows - 0.55, -TALL - 0.25))
    ax.vlines(spreads.cuts, -TALL - 0.1, rows - 0.55, color=GREY, linewidth=1.0, linestyle="dashed", zorder=1)
    edges = [low, *spreads.cuts, high]
    middle = [(a + b) / 2 for a, b in pairwise(edges)]
    kind = lettering_for(ax)
    ax.set_xticks(middle, labels=[f"{point:g}" for point in spreads.points], fontsize=kind.text, color=INK, **plain())
    return low, high


def _curves(ax: Axes, spreads: GroupSpreads, low: float, high: float) -> None:
    x = np.linspace(low, high, 400)
    kind = lettering_for(ax)
    curves = [
        _density((x - spreads.centre - level) / spread, spreads.link) / spread
        for level, spread in spreads.table[["level", "spread"]].to_numpy(float)
    ]
    scale = TALL / max(float(curve.max()) for curve in curves)
    for y, (curve, row) in enumerate(zip(curves, spreads.table.itertuples(), strict=True)):
        ax.fill_between(x, y - scale * curve, y, color=SKY, alpha=0.35, linewidth=0, zorder=2)
        ax.plot(x, y - scale * curve, color=BLUE, linewidth=1.4, zorder=3)
        ends = np.array([row.level_low, row.level_high], dtype=np.float64) + spreads.centre
        ax.plot(ends, [y, y], color=INK, linewidth=2.4, solid_capstyle="butt", zorder=4)
        ax.plot([float(str(row.level)) + spreads.centre], [y], marker="o", markersize=0.7 * kind.dot, color=INK,
                markeredgecolor="white", zorder=5)  # fmt: skip


def _unit(link: str) -> float:
    """Return the standard deviation of the latent error of a group of spread 1."""
    return 1.0 if link == "probit" else float(np.pi / np.sqrt(3))


def _density(z: FloatArray, link: str) -> FloatArray:
    if link == "probit":
        return np.asarray(np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi))
    return np.asarray(0.25 / np.cosh(0.5 * z) ** 2)


def _words(spreads: GroupSpreads) -> tuple[str, str, tuple[str, ...]]:
    table = spreads.table
    widest = table.iloc[int(np.argmax(table["spread"]))]
    told = signed_inside(widest["level"], widest["level_low"], widest["level_high"])[0]
    notes = (
        base_words(spreads.n, spreads.n_eff), "curve: latent outcome of people with average answers to the drivers",
        f"dot and black line: level, {interval_words(spreads.level)}", "dashed: thresholds between answers",
        "spread 1 is that of the average group", model_words("ordinal", spreads.link, "bayes"),
        "a higher level need not go with a higher mean",
    )
    title = headed(spreads.label(spreads.outcome), f"latent level and spread by {spreads.label(spreads.column)}")
    subtitle = (
        f"{widest['group']} spreads widest: {number(widest['spread'])} times the average group, level {told}, mean "
        f"{number(widest['mean'])}"
    )
    return title, subtitle, notes
