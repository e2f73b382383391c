"""`plot_dominance`: what each driver adds, by how many of the others are already in the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from drivers.defaults import LIKELY
from drivers.errors import InputError
from drivers.plot.fine_print import ASSOCIATION, base_words, headed, model_words
from drivers.plot.frame import clear, headline, height_for, lettering_for, open_axes, room, settle
from drivers.plot.lettering import plain, printable, wrap
from drivers.plot.lines import LEAD, WITH_INTERVALS, beside, draw_line, interval_note, name_lines, stroke, value_axis
from drivers.plot.scale import percent_ticks
from drivers.plot.style import INK, percent, styled

if TYPE_CHECKING:
    from drivers.importance.dominance_result import DominanceResult
    from drivers.importance.result import Importance
    from drivers.stats.dominance import Dominance

FloatArray = NDArray[np.float64]


def plot_dominance(
    found: Dominance, imp: Importance | DominanceResult, *, draws: Dominance | None = None, index: str = "R²",
    ax: Axes | None = None,
) -> Axes:
    """One line per driver: its mean gain beside none, one, two ... and all of the other drivers.

    A line above another throughout is conditional dominance; lines that cross have none. The mean along a line is the
    driver's LMG share. In brackets after a name: how many others it dominates completely.

    Parameters
    ----------
    found : Dominance
        Of the estimate, drivers in the order of `imp`.
    imp : Importance or DominanceResult
        Whose drivers they are: labels, base and model.
    draws : Dominance, optional
        Of the draws: adds intervals, and complete dominance counts where it is likely among them instead of where the
        estimate has it.
    index : str
        What the fit is measured in, as printed; "R²" or the name of an index of likelihood.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x is the number of other drivers in the model, y the mean gain (labelled in percent).

    Raises
    ------
    InputError
        If `found` is not of one estimate, or either has other drivers than `imp`, or no draw can be used.
    """
    ends, wins = _checked(found, imp, draws)
    order = np.argsort(-found.general, kind="stable")
    gains, count = found.conditional[order], len(order)
    names = [imp.label(imp.drivers[j]) + (f" ({wins[j]})" if count > 1 else "") for j in order]
    with styled():
        ax = open_axes(ax, (9.0, height_for(count) + 1.4))
        clear(ax, grid=None)
        _axes(ax, count, gains if ends is None else np.fmax(gains, ends[1][order]))
        starts = []
        for k in range(count):
            x = np.arange(count) + (0.0 if ends is None else beside(count)[k])
            draw_line(ax, x, gains[k], stroke(k), None if ends is None else (ends[0][order[k]], ends[1][order[k]]))
            starts.append((float(x[0]), float(gains[k, 0])))
        headline(ax, *_words(imp, draws, index, wins))
        settle(ax)
        name_lines(ax, starts, [printable(name) for name in names], [stroke(k) for k in range(count)])
        settle(ax)
    return ax


def _checked(
    found: Dominance, imp: Importance | DominanceResult, draws: Dominance | None
) -> tuple[tuple[FloatArray, FloatArray] | None, NDArray[np.int64]]:
    """Return ends of the gains' intervals (p, p), if drawn, and how many others each driver dominates completely."""
    from drivers.stats.dominance import dominance_probabilities

    p = len(imp.drivers)
    if found.general.ndim != 1:
        raise InputError("The estimate is one matrix, not a stack; hand draws over as `draws=`.")
    for each in (found, draws):
        if each is not None and each.general.shape[-1] != p:
            raise InputError(f"Dominance is of {each.general.shape[-1]} drivers, the importance of {p}; use one model.")
    if draws is None:
        return None, np.asarray((found.complete == 1).sum(axis=1), dtype=np.int64)
    wins = np.asarray((dominance_probabilities(draws).complete >= LIKELY).sum(axis=1), dtype=np.int64)
    if p > WITH_INTERVALS:
        return None, wins
    low, high = np.nanquantile(draws.conditional, [(1 - imp.level) / 2, (1 + imp.level) / 2], axis=0)
    return (low, high), wins


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


def _words(
    imp: Importance | DominanceResult, draws: Dominance | None, index: str, wins: NDArray[np.int64]
) -> tuple[str, str, tuple[str, ...]]:
    count = len(imp.drivers)
    pairs = count * (count - 1) // 2
    dominance = f"in brackets: how many of {count - 1} others it dominates completely, adding no less to any model"
    if draws is not None:
        dominance = f"{dominance}, in {percent(LIKELY)} of draws or more"
    signs = [dominance] if count > 1 else []
    signs.append("estimates, without intervals" if draws is None else interval_note(imp.level, count))
    subtitle = f"Mean gain in {index} from adding a driver, by how many others are in already"
    if pairs:
        subtitle = f"{subtitle}. Complete dominance in {int(wins.sum())} of {pairs} pairs"
    return (
        headed(imp.label(imp.outcome), "what each driver adds"), subtitle,
        (
            base_words(imp.n, imp.n_eff), *signs,
            f"measure: gain in {index}; the mean along a line is the share (LMG, general dominance)",
            model_words(imp.model, imp.link, imp.engine), ASSOCIATION,
        ),
    )  # fmt: skip
