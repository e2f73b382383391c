"""`plot_elasticity`: how well each elasticity between drivers fits, from the weakest decides to they add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from drivers.plot.fine_print import ASSOCIATION, interval_words
from drivers.plot.frame import clear, headline, lettering_for, open_axes, settle
from drivers.plot.lettering import plain
from drivers.plot.scale import number_ticks
from drivers.plot.style import BLUE, GREY, INK, number, styled

if TYPE_CHECKING:
    from drivers.gap.compensation import Compensation
    from drivers.stats.elasticity import Elasticity

FloatArray = NDArray[np.float64]
SEEN = 7.0
"""Fall of the log-likelihood, to less than a thousandth, beyond which nothing can be seen."""


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
    rho, height = _curve(e, max(result.elasticity.high, 1.0), min(result.elasticity.low, 0.0))
    words = (
        f"{result.label}: can drivers make up for each other?", result.reading(),
        (f"n = {result.n:,}", f"shaded: {interval_words(result.level)} of rho", "far below 0: the weakest decides",
         "power mean on scale points", ASSOCIATION),
    )  # fmt: skip
    with styled():
        ax = open_axes(ax, (9.0, 5.0))
        clear(ax)
        kind = lettering_for(ax)
        inside = (rho >= e.low) & (rho <= e.high)
        ax.fill_between(rho, 0, height, where=inside.tolist(), color=BLUE, alpha=0.25, linewidth=0, zorder=1)
        ax.plot(rho, height, color=BLUE, linewidth=2, zorder=3)
        for place, text in ((0.0, "they multiply"), (1.0, "they add up")):
            ax.axvline(place, color=GREY, linewidth=1, linestyle=(0, (4, 3)), zorder=2)
            ax.annotate(text, (place, 1.08), xytext=(-4 if place == 0 else 4, 0), textcoords="offset points",
                        ha="right" if place == 0 else "left", va="bottom", fontsize=0.9 * kind.text, color=GREY,
                        annotation_clip=False, **plain())  # fmt: skip
        ticks, labels = number_ticks(float(rho[0]), float(rho[-1]), most=8)
        ax.set_xticks(ticks, labels=labels, fontsize=0.9 * kind.text, color=INK, **plain())
        up = [0.0, 0.5, 1.0]
        ax.set_yticks(up, labels=[number(v, 1) for v in up], fontsize=0.9 * kind.text, color=INK, **plain())
        ax.set_xlabel("Elasticity rho", fontsize=kind.text, color=INK, **plain())
        ax.set_ylabel("Likelihood, best = 1", fontsize=kind.text, color=INK, **plain())
        ax.set(xlim=(rho[0] - 0.02 * (rho[-1] - rho[0]), rho[-1]), ylim=(0, 1.2))
        headline(ax, *words)
        settle(ax)
    return ax


def _curve(e: Elasticity, right: float, left: float) -> tuple[FloatArray, FloatArray]:
    """Return rho, where the likelihood can be seen and from `left` to `right`, and its height over the best."""
    fall = np.maximum(e.profile.max() - e.profile, 0.0)
    seen = np.flatnonzero(fall < SEEN)
    first, last = e.grid[max(seen[0] - 1, 0)], e.grid[min(seen[-1] + 1, len(e.grid) - 1)]
    margin = 0.3 * max(last - first, right - left)
    fine = np.linspace(max(min(first, left) - margin, e.grid[0]), min(max(last, right) + margin, e.grid[-1]), 401)
    best = int(np.argmin(fall))
    side = np.where(np.arange(len(fall)) < best, -1.0, 1.0)
    root = np.interp(fine, e.grid, side * np.sqrt(fall))  # linear where the log-likelihood is a parabola
    return fine, np.exp(-(root**2))
