"""`plot_sensitivity`: shares once more, under an assumed halo and under stated reliabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from drivers.plot.fine_print import ASSOCIATION, base_words, headed
from drivers.plot.frame import clear, headline, height_for, lettering_for, open_axes, settle
from drivers.plot.lettering import plain, printable
from drivers.plot.line_names import LEAD, name_lines, stroke, value_axis
from drivers.plot.scale import percent_ticks
from drivers.plot.style import INK, styled

if TYPE_CHECKING:
    from drivers.importance.sensitivity import Sensitivity


def plot_sensitivity(result: Sensitivity, ax: Axes | None = None) -> Axes:
    """Lines of each driver's part of R2 across scenarios.

    Parameters
    ----------
    result : Sensitivity
        Scenarios, the observed one first.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x are scenarios, y the part of R2.
    """
    rows = result.tidy()
    wide = rows.pivot(index="driver", columns="scenario", values="relative")
    scenarios = [each.name for each in result.scenarios]
    values = wide.loc[list(result.drivers), scenarios].to_numpy()
    looks = [stroke(j) for j in range(len(values))]
    with styled():
        ax = open_axes(ax, (9.0, height_for(len(values)) + 1.0))
        clear(ax, grid=None)
        kind, last = lettering_for(ax), len(scenarios) - 1
        ax.set(xlim=(-LEAD * (last + 1), last + 0.1), ylim=(0, 1.05 * float(np.nanmax(values))))
        for line, look in zip(values, looks, strict=True):
            ax.plot(range(last + 1), line, color=look.colour, marker=look.marker, linestyle=look.dashes,
                    markerfacecolor=look.fill)  # fmt: skip
        ax.set_xticks(range(last + 1), labels=scenarios, fontsize=0.9 * kind.text, color=INK, **plain())
        value_axis(ax, *percent_ticks(*ax.get_ylim()), start=0)
        headline(
            ax, headed(result.label(result.outcome), "if the answers were coloured"), "Part of what is explained",
            (base_words(result.n, result.n_eff), ASSOCIATION),
        )  # fmt: skip
        settle(ax)
        name_lines(ax, [(0.0, y) for y in values[:, 0]], [printable(result.label(d)) for d in result.drivers], looks)
        settle(ax)
    return ax
