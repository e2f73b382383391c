"""`plot_elasticity`: how well each elasticity between drivers fits, from the weakest decides to they add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from drivers.plot.fine_print import ASSOCIATION, interval_words
from drivers.plot.frame import clear, headline, lettering_for, open_axes, settle
from drivers.plot.lettering import plain
from drivers.plot.scale import number_ticks
from drivers.plot.style import BLUE, GREY, INK, PALE, number, styled

if TYPE_CHECKING:
    from drivers.gap.compensation import Compensation


def plot_elasticity(result: Compensation, ax: Axes | None = None) -> Axes:
    """Draw the likelihood of rho relative to its best, with the interval and the places of known rules.

    Parameters
    ----------
    result : Compensation
        Fitted power mean and its profile.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x is rho, y likelihood over its largest value.
    """
    e = result.elasticity
    height = np.exp(e.profile - e.profile.max())
    words = (
        f"{result.label}: can drivers make up for each other?", result.reading(),
        (f"n = {result.n:,}", f"shaded: {interval_words(result.level)} of rho", "rho 1: drivers add up; 0: they "
         "multiply; far below 0: the weakest decides", "power mean on scale points", ASSOCIATION),
    )  # fmt: skip
    with styled():
        ax = open_axes(ax, (9.0, 5.0))
        clear(ax)
        kind = lettering_for(ax)
        inside = (e.grid >= e.low) & (e.grid <= e.high)
        ax.fill_between(e.grid, 0, height, where=inside.tolist(), color=PALE, zorder=1)
        ax.plot(e.grid, height, color=BLUE, linewidth=2, zorder=3)
        for rho in (0.0, 1.0):
            ax.axvline(rho, color=GREY, linewidth=1, linestyle=(0, (4, 3)), zorder=2)
        ticks, labels = number_ticks(float(e.grid[0]), float(e.grid[-1]), most=8)
        ax.set_xticks(ticks, labels=labels, fontsize=0.9 * kind.text, color=INK, **plain())
        up = [0.0, 0.5, 1.0]
        ax.set_yticks(up, labels=[number(v, 1) for v in up], fontsize=0.9 * kind.text, color=INK, **plain())
        ax.set_xlabel("Elasticity rho", fontsize=kind.text, color=INK, **plain())
        ax.set_ylabel("Likelihood, best = 1", fontsize=kind.text, color=INK, **plain())
        ax.set_ylim(0, 1.06)
        headline(ax, *words)
        settle(ax)
    return ax
