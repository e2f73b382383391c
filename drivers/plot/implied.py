"""`plot_implied`: what a prior says about R2, the top box and every share before any answer is in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from drivers.defaults import INNER_LEVEL, LEVEL
from drivers.plot.fine_print import interval_words
from drivers.plot.frame import clear, headline, headline_height, height_for, lettering_for, open_axes, room, settle
from drivers.plot.lettering import plain
from drivers.plot.rows import write_rows
from drivers.plot.scale import percent_ticks
from drivers.plot.style import GREY, INK, PALE, percents, styled

if TYPE_CHECKING:
    from drivers.fit.bayes.implied import ImpliedPrior


def plot_implied(implied: ImpliedPrior, ax: Axes | None = None) -> Axes:
    """Median, 50 % and 90 % interval of R2, of the top box and of each driver's share, under the prior alone.

    Parameters
    ----------
    implied : ImpliedPrior
        Draws from the prior.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x runs from 0 to 100 %.
    """
    rows = [("Explained by all together (R²)", implied.r2)]
    if implied.top is not None:
        rows.append(("Share of answers in the top box", implied.top))
    shares = implied.shares.T
    rows += [(f"Share of {implied.label(name)}", shares[j]) for j, name in enumerate(implied.drivers)]
    words = (
        "Before any answer: what the prior takes for likely", implied.stated,
        (f"dot: median; thick and thin line: {interval_words(INNER_LEVEL)} and {interval_words(LEVEL)} of the prior",
         "shares: of the outcome's variance (LMG)", *implied.notes),
    )  # fmt: skip
    tails = [(1 - LEVEL) / 2, (1 - INNER_LEVEL) / 2]
    ends = [np.quantile(values, [tails[0], tails[1], 0.5, 1 - tails[1], 1 - tails[0]]) for _, values in rows]
    with styled():
        ax = open_axes(ax, (9.0, height_for(len(rows))))
        clear(ax)
        kind, (_, up) = lettering_for(ax), room(ax)
        row_height = (72 * up - headline_height(ax, *words) - 3.2 * kind.text) / (len(rows) + 0.5)
        values = ["{} ({})".format(*percents(end[2], end[0], end[4])) for end in ends]
        write_rows(ax, [name for name, _ in rows], values, heading=f"median ({interval_words(LEVEL)})",
                   row_height=row_height)  # fmt: skip
        for y, (low, inner, middle, outer, high) in enumerate(ends):
            ax.plot([low, high], [y, y], color=GREY, linewidth=1.4, zorder=3)
            ax.plot([inner, outer], [y, y], color=GREY, linewidth=4.5, solid_capstyle="butt", zorder=3)
            ax.plot([middle], [y], marker="o", color="white", markeredgecolor=INK, markersize=kind.dot, zorder=4)
        ticks, labels = percent_ticks(0, 1, most=5)
        ax.set_xticks(ticks, labels=labels, fontsize=0.9 * kind.text, color=INK, **plain())
        ax.set(xlim=(-0.02, 1.02), ylim=(len(rows) - 0.5, -0.7))
        ax.grid(False)
        ax.vlines(ticks, -0.5, len(rows) - 0.5, color=PALE, linewidth=0.8, zorder=1)
        headline(ax, *words)
        settle(ax)
    return ax
