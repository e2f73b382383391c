"""`plot_steps`: a driver's estimated scale against one of equal steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from drivers.errors import InputError, nearest
from drivers.plot.fine_print import ASSOCIATION, base_words, headed, interval_words, model_words
from drivers.plot.frame import clear, headline, lettering_for, open_axes, room, settle
from drivers.plot.lettering import plain, printable, wrap
from drivers.plot.style import BLUE, GREY, INK, PALE, SKY, percent, styled

if TYPE_CHECKING:
    from drivers.fit.bayes.steps import ScaleSteps


def plot_steps(steps: ScaleSteps, ax: Axes | None = None, *, driver: str | None = None) -> Axes:
    """Dots joined by a line in the band of their intervals, against a dashed line of equal steps.

    Below every step stands its part of the whole way.

    Parameters
    ----------
    steps : ScaleSteps
        Result of `drivers.scale_steps`.
    ax : Axes, optional
        Where to draw; a new figure when left out.
    driver : str, optional
        Which driver; the one whose steps are least likely equal when left out.

    Returns
    -------
    Axes
        The one drawn on; x is the answer, y where it lies on the estimated scale, both in scale points.

    Raises
    ------
    InputError
        If there is no such driver.
    """
    whole = steps.drivers.set_index("driver")
    if driver is None:
        driver = str(whole["p_equal"].idxmin())
    if driver not in whole.index:
        raise InputError(f"{nearest(driver, list(whole.index))} has no steps in this fit: {list(whole.index)}.")
    rows = steps.table[steps.table["driver"] == driver]
    with styled():
        ax = open_axes(ax, (9.0, 5.0))
        clear(ax, grid=None)
        _scale(ax, rows)
        kind, (across, up) = lettering_for(ax), room(ax)
        name = steps.label(driver)
        ax.set_xlabel("\n".join(wrap(printable(f"Answer to {name} (points)"), kind.text, 60 * across)),
                      fontsize=kind.text, color=INK, **plain())  # fmt: skip
        ax.set_ylabel("\n".join(wrap("Where it lies on the estimated scale (points)", kind.text, 36 * up)),
                      fontsize=kind.text, color=INK, **plain())  # fmt: skip
        row = whole.loc[driver]
        subtitle = (
            f"The step {row['largest']} is the largest with a probability of {row['p_largest']:.2f}; equal steps, "
            f"roughly: {row['p_equal']:.2f}"
        )
        notes = (
            base_words(steps.n, steps.n_eff), f"band: {interval_words(steps.level)}", "dashed: equal steps",
            f"numbers below: part of the way ({percent(1 / len(rows))} if equal)",
            model_words(steps.model, steps.link, "bayes"), ASSOCIATION,
        )
        headline(ax, headed(steps.label(steps.outcome), f"steps of {name}"), subtitle, notes)
        settle(ax)
    return ax


def _scale(ax: Axes, rows: pd.DataFrame) -> None:
    kind = lettering_for(ax)
    start = float(rows["start"].iloc[0])
    x = np.append(start, rows["end"].to_numpy(float))
    middle, low, high = (np.append(start, rows[name].to_numpy(float)) for name in ("scale", "scale_low", "scale_high"))
    ax.set(xlim=(x[0] - 0.25, x[-1] + 0.25), ylim=(x[0] - 0.55, x[-1] + 0.25))
    for axis, put in ((ax.xaxis, ax.set_xticks), (ax.yaxis, ax.set_yticks)):
        put(x, labels=[f"{point:g}" for point in x], fontsize=0.95 * kind.text, color=INK, **plain())
        axis.set_tick_params(length=0)
    ax.hlines(x, x[0] - 0.25, x[-1] + 0.25, color=PALE, linewidth=0.8, zorder=1)
    ax.plot(x[[0, -1]], x[[0, -1]], color=GREY, linewidth=1.4, linestyle="dashed", zorder=2)
    ax.fill_between(x, low, high, color=SKY, alpha=0.35, linewidth=0, zorder=1.5)
    ax.vlines(x, low, high, color=BLUE, linewidth=1.4, zorder=3)
    ax.plot(x, middle, color=BLUE, linewidth=2.0, marker="o", markersize=kind.dot, markeredgecolor="white", zorder=4)
    for k, part in enumerate(rows["part"].to_numpy(float)):
        ax.text((x[k] + x[k + 1]) / 2, x[0] - 0.32, percent(part), ha="center", va="center", fontsize=kind.text,
                color=INK, zorder=5, **plain())  # fmt: skip
