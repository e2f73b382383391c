"""`plot_bottleneck`: how much of each driver every level of the outcome has never gone without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from drivers.plot.fine_print import bases_words
from drivers.plot.frame import headline, headline_height, height_for, lettering_for, open_axes, room, settle
from drivers.plot.grid import SHADES, draw_grid
from drivers.plot.lettering import plain, printable, wrap
from drivers.plot.style import INK, styled

if TYPE_CHECKING:
    from drivers.gap.necessity import Necessity

NEVER, ANY = "never", "any"


def plot_bottleneck(result: Necessity, ax: Axes | None = None) -> Axes:
    """One row per driver, one column per level of the outcome, in each cell the least answer that went with it.

    Rows in bold are necessary: emptier than chance and than the correlation alone makes them.

    Parameters
    ----------
    result : Necessity
        Conditions and their ceilings.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; cells are points of the driver's scale, darker where more is needed.
    """
    table = result.bottleneck()
    conditions = result.bottlenecks or result.conditions
    free = len(result.conditions) - len(conditions)
    found = table[[c.driver for c in conditions]].to_numpy().T
    low, high = (np.array([c.ceiling.ends[k] for c in conditions])[:, None] for k in (0, 1))
    part = np.where(np.isnan(found), 1.0, (found - low) / (high - low))
    texts = [
        [NEVER if np.isnan(v) else ANY if v <= bottom else f"{v:g}" if float(v).is_integer() else f"{v:.1f}"
         for v in line] for line, bottom in zip(found, low[:, 0], strict=True)
    ]  # fmt: skip
    sure = np.array([c.verdict == "necessary" for c in conditions])
    named = sum(sure)
    words = (
        f"{result.label}: what no level of it went without",
        f"The least answer to each driver that went with a level of {result.label}; {named} of "
        f"{len(result.conditions)} drivers have a corner emptier than chance and correlation make it (bold)"
        + (f"; {free} that no level needs left out" if free else ""),
        (bases_words(c.n for c in conditions),
         f"{result.permutations:,} permutations", "ceiling: CE-FDH, defined by the outermost answers, unweighted",
         "any: even the lowest answer; never: level not reached", "necessity in what was seen, not an effect"),
    )  # fmt: skip
    with styled():
        ax = open_axes(ax, (9.0, height_for(len(conditions)) + 0.4))
        kind, (across, up) = lettering_for(ax), room(ax)
        draw_grid(
            ax, SHADES(0.1 + 0.75 * part)[..., :3], texts, rows=[printable(c.label) for c in conditions],
            columns=[f"{level:g}" if float(level).is_integer() else f"{level:.1f}" for level in table.index],
            up=72 * up - headline_height(ax, *words) - 2.5 * kind.text,
            bold=np.tile(sure[:, None], (1, found.shape[1])), hidden=np.isnan(found),
        )  # fmt: skip
        label = printable(f"Level of {result.label}")
        ax.set_xlabel("\n".join(wrap(label, kind.text, 0.5 * 72 * across)), fontsize=kind.text, color=INK, **plain())
        ax.xaxis.set_label_position("bottom")
        headline(ax, *words)
        settle(ax)
    return ax
