"""`plot_dominance`: what each driver adds, by how many of the others are already in the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from drivers.defaults import LIKELY
from drivers.importance.dominance_result import INDEX_NAMES
from drivers.plot.fine_print import ASSOCIATION, base_words, headed, model_words
from drivers.plot.frame import clear, headline, height_for, lettering_for, open_axes, room, settle
from drivers.plot.lettering import plain, printable, wrap
from drivers.plot.lines import LEAD, WITH_INTERVALS, beside, draw_line, interval_note, name_lines, stroke, value_axis
from drivers.plot.scale import percent_ticks
from drivers.plot.style import INK, percent, styled

if TYPE_CHECKING:
    from drivers.importance.dominance_result import DominanceResult

FloatArray = NDArray[np.float64]


def plot_dominance(result: DominanceResult, ax: Axes | None = None) -> Axes:
    """One line per driver: its mean gain beside none, one, two ... and all of the other drivers.

    A line above another throughout is conditional dominance; lines that cross have none. The mean along a line is
    general dominance. In brackets after a name: how many others it dominates completely - where there are draws, only
    where that is likely among them.

    Parameters
    ----------
    result : DominanceResult
        Dominance of drivers or groups, with or without draws.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x is the number of other drivers in the model, y the mean gain (labelled in percent).
    """
    order, wins = np.argsort(-result.found.general, kind="stable"), _wins(result)
    gains, ends, count = result.found.conditional[order], _ends(result, order), len(order)
    names = [result.label(result.drivers[j]) + (f" ({wins[j]})" if count > 1 else "") for j in order]
    with styled():
        ax = open_axes(ax, (9.0, height_for(count) + 1.4))
        clear(ax, grid=None)
        _axes(ax, count, gains if ends is None else np.fmax(gains, ends[1]))
        starts = []
        for k in range(count):
            x = np.arange(count) + (0.0 if ends is None else beside(count)[k])
            draw_line(ax, x, gains[k], stroke(k), None if ends is None else (ends[0][k], ends[1][k]))
            starts.append((float(x[0]), float(gains[k, 0])))
        headline(ax, *_words(result, int(wins.sum())))
        settle(ax)
        name_lines(ax, starts, [printable(name) for name in names], [stroke(k) for k in range(count)])
        settle(ax)
    return ax


def _wins(result: DominanceResult) -> NDArray[np.int64]:
    """Return how many others each driver dominates completely, likely so where there are draws."""
    chance = result.probabilities
    dominates = result.found.complete == 1 if chance is None else chance.complete >= LIKELY
    return np.asarray(dominates.sum(axis=1), dtype=np.int64)


def _ends(result: DominanceResult, order: NDArray[np.intp]) -> tuple[FloatArray, FloatArray] | None:
    """Return ends (p, sizes) of the intervals of the gains, where they are drawn."""
    if result.draws is None or len(order) > WITH_INTERVALS:
        return None
    tails = [(1 - result.level) / 2, (1 + result.level) / 2]
    low, high = np.nanquantile(result.draws.conditional, tails, axis=0)
    return low[order], high[order]


def _axes(ax: Axes, count: int, highest: FloatArray) -> None:
    kind, across = lettering_for(ax), 72 * room(ax)[0]
    edge = 0.02 * count + 0.15
    top = 1.06 * float(np.nanmax(highest))
    ax.set(xlim=(-edge - LEAD * count, count - 1 + edge), ylim=(-0.02 * top, top))
    ticks = [str(size) for size in range(count)]
    ticks[0], ticks[-1] = "0\nalone", f"{count - 1}\nlast" if count > 1 else "0\nalone"
    ax.set_xticks(range(count), labels=ticks, fontsize=0.9 * kind.text, color=INK, **plain())
    words = "How many of the other drivers are in the model already"
    ax.set_xlabel("\n".join(wrap(words, kind.text, 0.5 * across)), fontsize=kind.text, color=INK, **plain())
    value_axis(ax, *percent_ticks(0.0, top), start=-edge)


def _words(result: DominanceResult, wins: int) -> tuple[str, str, tuple[str, ...]]:
    count, index = len(result.drivers), INDEX_NAMES[result.index]
    pairs = count * (count - 1) // 2
    subtitle = f"Mean gain in {index} from adding a driver, by how many others are in already"
    signs = []
    if pairs:
        subtitle = f"{subtitle}. Complete dominance in {wins} of {pairs} pair{'s' if pairs > 1 else ''}"
        signs.append(
            f"in brackets: how many of {count - 1} others it dominates completely, adding no less to any model"
            + ("" if result.draws is None else f", in {percent(LIKELY)} of draws or more")
        )
    signs.append("estimates, without intervals" if result.draws is None else interval_note(result.level, count))
    if result.always:
        signs.append(f"always in the model: {', '.join(result.label(name) for name in result.always)}")
    signs += [f"{result.label(name)}: {', '.join(result.label(one) for one in held)}"
              for name, held in result.members.items()]  # fmt: skip
    general = "the share (LMG)" if result.index == "r2" else "general dominance"
    return (
        headed(result.label(result.outcome), "what each driver adds to the model"), subtitle,
        (
            base_words(result.n, result.n_eff), *signs,
            f"measure: gain in {index}; the mean along a line is {general}",
            model_words(result.model, result.link, result.engine), ASSOCIATION,
        ),
    )  # fmt: skip
