"""`plot_comparisons`: for every two drivers, how likely the one has the larger share, and which of them tie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from drivers.defaults import LIKELY
from drivers.plot.fine_print import ASSOCIATION, base_words, headed, interval_words, measure_words
from drivers.plot.frame import headline, headline_height, height_for, lettering_for, open_axes, room, settle
from drivers.plot.grid import BOTH_WAYS, draw_grid
from drivers.plot.lettering import printable
from drivers.plot.style import percent, styled

if TYPE_CHECKING:
    from drivers.importance.compare import Comparisons

_NAMED = 5  # up to so many drivers have their names over the columns too; more have numbers


def plot_comparisons(comparisons: Comparisons, ax: Axes | None = None) -> Axes:
    """Matrix of P(row's share is larger than column's), ordered by share, with ties marked.

    Parameters
    ----------
    comparisons : Comparisons
        Pairs of drivers, from `compare`.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; rows and columns are drivers, cells are percentages.
    """
    places = comparisons.ranking()
    order = [comparisons.drivers.index(name) for name in places["driver"]]
    chance = comparisons.chance[np.ix_(order, order)]
    tied = (comparisons.tie_chance[np.ix_(order, order)] >= LIKELY) & comparisons.rankable
    itself = np.eye(len(order), dtype=bool)
    names = [f"{k}  {label}" for k, label in enumerate(places["label"], start=1)]
    words = _words(comparisons)
    colours = BOTH_WAYS(np.where(itself | tied, 0.5, 0.1 + 0.8 * chance))[..., :3]
    texts = [[_cell(chance[i, j], bool(tied[i, j]), i == j) for j in range(len(order))] for i in range(len(order))]
    with styled():
        ax = open_axes(ax, (9.0, height_for(len(order)) + 1.0))
        kind, (_, up) = lettering_for(ax), room(ax)
        draw_grid(
            ax, colours, texts, rows=[printable(name) for name in names],
            columns=[printable(label) for label in places["label"]] if len(order) <= _NAMED
            else [str(k + 1) for k in range(len(order))],
            up=72 * up - headline_height(ax, *words) - kind.text, bold=tied, hidden=itself,
        )  # fmt: skip
        headline(ax, *words)
        settle(ax)
    return ax


def _cell(chance: float, tied: bool, itself: bool) -> str:
    if itself:
        return ""
    whole = "<1" if 0 < chance < 0.005 else ">99" if 0.995 <= chance < 1 else f"{100 * chance:.0f}"
    return f"{whole}\ntie" if tied else whole


def _words(comparisons: Comparisons) -> tuple[str, str, tuple[str, ...]]:
    return (
        headed(comparisons.label(comparisons.outcome), "which driver is ahead of which"),
        "How likely the driver of a row has a larger share than that of a column, in percent",
        (
            base_words(comparisons.n, comparisons.n_eff),
            f"tie: at least {percent(LIKELY)} likely that shares differ by less than {percent(comparisons.tie_width)}",
            interval_words(comparisons.level),
            f"measure: {measure_words(comparisons.measure)}", ASSOCIATION,
        ),
    )  # fmt: skip
