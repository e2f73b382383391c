"""`rank_heatmap`: how likely each driver holds each rank."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from drivers.plot.fine_print import fine_print, headed
from drivers.plot.frame import headline, headline_height, height_for, lettering_for, open_axes, room, settle
from drivers.plot.grid import SHADES, draw_grid
from drivers.plot.lettering import plain, printable, wrap
from drivers.plot.style import INK, styled

if TYPE_CHECKING:
    from drivers.importance.result import Importance


def rank_heatmap(imp: Importance, ax: Axes | None = None) -> Axes:
    """One row per driver, one column per rank, the probability printed in each cell in percent.

    A row with one dark cell is a rank to rely on; a row spread over many cells is a rank that another sample could
    change. Where too little is explained for a ranking, the chart says so and drivers stay in the order given.

    Parameters
    ----------
    imp : Importance
        Whose rank probabilities to draw.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; columns are ranks 1..p (1 = largest share), rows are drivers.
    """
    rows = imp.tidy()
    if imp.rankable:
        rows = rows.sort_values("share", ascending=False, kind="stable")
    chance = imp.rank_probabilities().loc[list(rows["driver"])].to_numpy()
    subtitle = "How likely each driver holds each rank, in percent (rank 1: largest share)"
    if not imp.rankable:
        subtitle = f"{subtitle}. Too little is explained to rank the drivers: order as given"
    words = (
        headed(imp.label(imp.outcome), "who ranks where"), subtitle,
        fine_print(imp, f"ranks counted over {imp.shares.shape[0] * imp.shares.shape[1]:,} draws"),
    )  # fmt: skip
    with styled():
        ax = open_axes(ax, (9.0, height_for(len(rows))))
        kind, (across, up) = lettering_for(ax), room(ax)
        draw_grid(
            ax, SHADES(chance)[..., :3], [[_cell(value) for value in line] for line in chance],
            rows=[printable(label) for label in rows["label"]], columns=[str(k + 1) for k in range(len(rows))],
            up=72 * up - headline_height(ax, *words) - 2.5 * kind.text, bold=np.zeros(chance.shape, bool),
            hidden=np.zeros(chance.shape, bool),
        )  # fmt: skip
        label = printable(f"Rank by share of differences in {imp.label(imp.outcome)}")
        ax.set_xlabel("\n".join(wrap(label, kind.text, 0.5 * 72 * across)), fontsize=kind.text, color=INK, **plain())
        ax.xaxis.set_label_position("bottom")
        headline(ax, *words)
        settle(ax)
    return ax


def _cell(chance: float) -> str:
    if 0 < chance < 0.005:
        return "<1"
    return ">99" if 0.995 <= chance < 1 else f"{100 * chance:.0f}"
