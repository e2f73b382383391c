"""`plot_measures`: the place of every driver under every measure of importance, joined by lines that cross."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from drivers.plot.fine_print import ASSOCIATION, base_words, headed
from drivers.plot.frame import clear, headline, height_for, lettering_for, open_axes, settle
from drivers.plot.lettering import plain, printable
from drivers.plot.line_names import stroke
from drivers.plot.style import INK, percent, styled

if TYPE_CHECKING:
    from drivers.importance.measure_table import MeasureTable


def plot_measures(table: MeasureTable, ax: Axes | None = None) -> Axes:
    """Slope graph of places: one column per measure, one line per driver.

    Parameters
    ----------
    table : MeasureTable
        Measures to compare.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; columns are measures, y the place from 1 (largest) on.
    """
    names = list(table.estimates)
    rank = np.array([np.argsort(np.argsort(-table.estimates[name], kind="stable"), kind="stable") for name in names])
    rows: list[Any] = list(table.table().itertuples())
    with styled():
        ax = open_axes(ax, (9.0, height_for(len(table.drivers))))
        clear(ax, grid=None)
        kind = lettering_for(ax)
        for j in range(len(table.drivers)):
            look = stroke(j)
            ax.plot(range(len(names)), rank[:, j], color=look.colour, marker=look.marker, linestyle=look.dashes)
        heads = [
            f"{row.title}\n{'sum ' + percent(row.total) if row.sums_to == 'R2' else 'no sum'}"
            for row in rows
        ]
        ax.set_xticks(range(len(names)), labels=heads, fontsize=kind.fine, color=INK, **plain())
        order = np.argsort(rank[0], kind="stable")
        ax.set_yticks(range(len(order)), labels=[printable(table.label(table.drivers[j])) for j in order],
                      fontsize=kind.text, color=INK, **plain())  # fmt: skip
        ax.invert_yaxis()
        headline(
            ax, headed(table.label(table.outcome), "who comes where, by measure"), "Places under each measure",
            (base_words(table.n, table.n_eff), ASSOCIATION),
        )  # fmt: skip
        settle(ax)
    return ax
