"""`plot_comparisons`: for every two drivers, how likely the one has the larger share, and which of them tie."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.transforms import ScaledTranslation
from numpy.typing import NDArray

from drivers.defaults import LIKELY, RANKABLE_R2
from drivers.plot.fine_print import ASSOCIATION, base_words, headed, interval_words, measure_words
from drivers.plot.frame import figure_of, headline, headline_height, height_for, lettering_for, open_axes, room, settle
from drivers.plot.grid import SHADES, draw_grid
from drivers.plot.lettering import plain, printable, width
from drivers.plot.style import GREY, INK, PALE, VERMILLION, percent, styled

if TYPE_CHECKING:
    from drivers.importance.compare import Comparisons

_NAMED = 5  # up to so many drivers have their names over the columns too; more have numbers
_TIE = "tie"
_TIED = "#F9DFA8"  # a tint of orange: neither ahead nor open


def plot_comparisons(comparisons: Comparisons, ax: Axes | None = None) -> Axes:
    """Matrix of the probability that a row's share is larger than a column's, largest share first, ties marked.

    Blue from 50 % on: the darker, the surer that the row is ahead. Ties - shares that are likely to differ by less
    than the tie width - have a colour of their own and say so. At the right: shares, the places the answers leave
    open, and a bracket over the rows of each group of ties (left out where groups overlap).

    Parameters
    ----------
    comparisons : Comparisons
        Pairs of drivers, from `compare`.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; rows and columns are drivers, largest share first (in the order given where too little is
        explained to rank them), cells are percentages.
    """
    places = comparisons.ranking()
    if not comparisons.rankable:
        places = places.set_index("driver").loc[list(comparisons.drivers)].reset_index()
    order = [comparisons.drivers.index(name) for name in places["driver"]]
    chance = comparisons.chance[np.ix_(order, order)]
    itself = np.eye(len(order), dtype=np.bool_)
    tied = (comparisons.tie_chance[np.ix_(order, order)] >= LIKELY) & ~itself & comparisons.rankable
    with styled():
        ax = open_axes(ax, (9.0, height_for(len(order)) + 1.0))
        _matrix(ax, comparisons, places, chance, tied)
        settle(ax)
    return ax


def _matrix(
    ax: Axes, comparisons: Comparisons, places: pd.DataFrame, chance: NDArray[np.float64], tied: NDArray[np.bool_]
) -> None:
    words, count = _words(comparisons, bool(tied.any())), len(places)
    kind, (_, up) = lettering_for(ax), room(ax)
    size = min(kind.text, 0.36 * (72 * up - headline_height(ax, *words)) / count)
    columns = _columns(places)
    groups = _runs(comparisons, places)
    wide = [max(width(text, size) for text in (head, *values)) + 0.7 * size for head, values in columns]
    colours = SHADES(np.clip(1.7 * (chance - 0.5), 0, 1))[..., :3]
    colours[tied], colours[np.eye(count) > 0] = to_rgb(_TIED), to_rgb(PALE)
    narrow = count > _NAMED
    names = [f"{k}\N{NO-BREAK SPACE} {label}" if narrow else label for k, label in enumerate(places["label"], start=1)]
    cells = [[_cell(chance[i, j], bool(tied[i, j]), i == j, narrow) for j in range(count)] for i in range(count)]
    draw_grid(
        ax, colours, cells,
        rows=[printable(name) for name in names],
        columns=[str(k + 1) for k in range(count)] if narrow else [printable(name) for name in names],
        up=72 * up - headline_height(ax, *words) - kind.text, bold=tied, hidden=np.zeros_like(tied),
        beside=sum(wide) + (1.5 * size if groups else 0.0),
    )  # fmt: skip
    for cell, (row, column) in zip(ax.texts, np.ndindex(count, count), strict=True):
        if row > column:  # 100 less the number mirrored there
            cell.set_color(GREY)
    _beside(ax, columns, wide, size)
    _brackets(ax, groups, sum(wide), size)
    headline(ax, *words)


def _cell(chance: float, tied: bool, itself: bool, narrow: bool) -> str:
    if itself:
        return ""
    whole = f"{min(max(100 * chance, 1), 99):.0f}"
    if not narrow and not 0.01 <= round(chance, 2) <= 0.99:
        whole = "<1" if chance < 0.5 else ">99"
    return f"{whole}\n{_TIE}" if tied else whole


def _columns(places: pd.DataFrame) -> list[tuple[str, list[str]]]:
    """Return what stands at the right of the cells: heading and one text per row."""
    rows: list[Any] = list(places.itertuples())
    digits = 0 if places["share"].max() > 0.15 else 1
    return [
        ("share, %", [percent(row.share, digits).removesuffix(" %") for row in rows]),
        ("place", [f"{row.rank_low}" if row.rank_low == row.rank_high else f"{row.rank_low}\N{EN DASH}{row.rank_high}"
                   for row in rows]),
    ]  # fmt: skip


def _beside(ax: Axes, columns: list[tuple[str, list[str]]], wide: list[float], size: float) -> None:
    written: dict[str, Any] = {"textcoords": "offset points", "ha": "right", "annotation_clip": False, **plain()}
    right = 0.0
    for (head, values), across in zip(columns, wide, strict=True):
        right += across
        for y, value in enumerate(values):
            ax.annotate(value, xy=(1, y), xycoords=ax.get_yaxis_transform(), xytext=(right, 0), va="center_baseline",
                        fontsize=size, color=INK, **written)  # fmt: skip
        ax.annotate(head, xy=(1, 1), xycoords="axes fraction", xytext=(right, 3), va="bottom", fontsize=size,
                    color=GREY, **written)  # fmt: skip


def _runs(comparisons: Comparisons, places: pd.DataFrame) -> list[tuple[int, int]]:
    """Return first and last row of each tie group; none where groups overlap, which the cells show better."""
    at = {name: row for row, name in enumerate(places["driver"])}
    rows = [sorted(at[name] for name in group) for group in comparisons.ties]
    runs = [(run[0], run[-1]) for run in rows]
    return runs if all(end < start for (_, end), (start, _) in pairwise(runs)) else []


def _brackets(ax: Axes, groups: list[tuple[int, int]], start: float, size: float) -> None:
    """Draw a bracket at the right over the rows of each tie group, with the badge in its middle."""
    right = start + 1.05 * size
    for first, last in groups:
        moved = ax.get_yaxis_transform() + ScaledTranslation(right / 72, 0, figure_of(ax).dpi_scale_trans)
        y = [first - 0.3, last + 0.3]
        ax.plot([1, 1], y, transform=moved, color=VERMILLION, linewidth=1.5, marker="_", markersize=0.5 * size,
                clip_on=False)  # fmt: skip
        ax.text(1, sum(y) / 2, _TIE, transform=moved, ha="center", va="center", rotation=90, fontsize=0.9 * size,
                color=VERMILLION, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
                **plain(bold=True))  # fmt: skip


def _words(comparisons: Comparisons, tied: bool) -> tuple[str, str, tuple[str, ...]]:
    subtitle = "How likely the driver of a row has a larger share than the driver of a column, in percent"
    if not comparisons.rankable:
        subtitle = f"{subtitle}. Too little is explained to rank the drivers: order as given"
    tie = f"tie: at least {percent(LIKELY)} likely that two shares differ by less than {percent(comparisons.tie_width)}"
    return (
        headed(comparisons.label(comparisons.outcome), "which driver is ahead of which"), subtitle,
        (
            base_words(comparisons.n, comparisons.n_eff),
            *((f"{tie} of all differences",) if tied else ()), "near 50 without a tie: cannot be separated",
            *(("1 and 99: that or beyond",) if len(comparisons.drivers) > _NAMED else ()),
            f"place: {interval_words(comparisons.level)} of the rank" if comparisons.rankable
            else f"no ties claimed: the {interval_words(comparisons.level)} of R² reaches below {percent(RANKABLE_R2)}",
            f"measure: {measure_words(comparisons.measure)}", ASSOCIATION,
        ),
    )  # fmt: skip
