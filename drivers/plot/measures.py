"""`plot_measures`: the place of every driver under every measure of importance, joined by lines that cross."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from drivers.defaults import LIKELY
from drivers.errors import InputError, nearest, quoted
from drivers.plot.fine_print import ASSOCIATION, base_words, headed, measure_words
from drivers.plot.frame import clear, headline, headline_height, height_for, lettering_for, open_axes, room, settle
from drivers.plot.grid import ink_on
from drivers.plot.lettering import fit_labels, height, plain, printable, width
from drivers.plot.style import BLUE, GREEN, GREY, INK, MINUS, ORANGE, PURPLE, SKY, VERMILLION, number, percent, styled
from drivers.stats.measure_facts import MEASURE_FACTS

if TYPE_CHECKING:
    from drivers.importance.measure_table import MeasureTable

FloatArray = NDArray[np.float64]

_AS_FIRST = ("correlation", "structure")  # their sizes order drivers as `first` does, so they need no column
_HEADS = {"beta_squared": "Squared slope", "car": "Squared CAR"}  # where the title is long for a column
_MOVERS = (BLUE, GREEN, PURPLE, ORANGE, SKY)  # drivers that change places most have these colours, others are grey
_SAMPLING = 0.005  # shares sampled over orders miss R2 by less than this
_LINE = "#B4B4B4"
_GAP = 0.35  # columns between measures that share out R2 and those that do not


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """Where everything is: ``names`` of measures and ``x`` of their columns; ``row`` (measures, p) of each driver."""

    names: tuple[str, ...]
    x: FloatArray
    row: NDArray[np.int64]

    @property
    def order(self) -> NDArray[np.int64]:
        """Drivers by their row under the first measure."""
        return np.argsort(self.row[0], kind="stable")


def plot_measures(table: MeasureTable, names: Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
    """Slope graph of places: one column per measure, one line per driver, largest value on top.

    The number in a circle is the driver's place under the first measure, LMG where there is one, so that any driver
    is found again in every column; its value stands beside. Drivers that change places most are coloured. Circles
    joined by a bar are not settled in their order; a square and a minus sign mark a negative value.

    Parameters
    ----------
    table : MeasureTable
        Measures to compare, from `measures`.
    names : sequence of str, optional
        Measures to draw, in this order; all that can order the drivers differently when left out.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x are measures, y the place from 0 (largest value) on, downwards.

    Raises
    ------
    InputError
        If a measure is not in the table, or none is left.
    """
    places = _places(table, names)
    with styled():
        ax = open_axes(ax, (9.0, height_for(len(table.drivers)) + 1.0))
        clear(ax, grid=None)
        words = _words(table, places)
        size = _frame(ax, table, places, 72 * room(ax)[1] - headline_height(ax, *words))
        _lines(ax, places)
        for k, name in enumerate(places.names):
            _unsettled(ax, table.draws[name], places, k, 0.4 * size)
            _nodes(ax, table.estimates[name], _printed(table, name), places, k, size)
        headline(ax, *words)
        settle(ax)
    return ax


def _places(table: MeasureTable, names: Sequence[str] | None) -> _Places:
    wanted = tuple(names) if names is not None else tuple(name for name in table.estimates if name not in _AS_FIRST)
    for name in wanted:
        if name not in table.estimates:
            raise InputError(f"No measure {nearest(name, table.estimates)}. There are: {quoted(table.estimates)}.")
    if not wanted:
        raise InputError(f"No measure to draw; name some of {quoted(table.estimates)}.")
    if names is None:
        wanted = tuple(sorted(wanted, key=lambda name: MEASURE_FACTS[name].sums_to != "R2"))
    sizes = [np.abs(table.estimates[name]) if name in _AS_FIRST else table.estimates[name] for name in wanted]
    start = np.argsort(np.argsort(-sizes[0], kind="stable"), kind="stable")
    row = np.stack([np.argsort(np.lexsort((start, -values))) for values in sizes])
    apart = [MEASURE_FACTS[one].sums_to != MEASURE_FACTS[two].sums_to for one, two in pairwise(wanted)]
    return _Places(names=wanted, x=np.arange(len(wanted)) + _GAP * np.cumsum([0, *apart]), row=row)


def _frame(ax: Axes, table: MeasureTable, places: _Places, up: float) -> float:
    """Name rows and columns; return the type size of the circles, in points."""
    kind, across, count = lettering_for(ax), 72 * room(ax)[0], len(table.drivers)
    below = _below(table)
    names = [f"{place}\N{NO-BREAK SPACE} {_name(table, j, below)}" for place, j in enumerate(places.order, start=1)]
    labels = [printable(name) for name in names]
    heads, totals = [_head(name) for name in places.names], [_sum(table, name) for name in places.names]
    row_height = (up - 5 * kind.text) / count
    for _ in range(2):  # the room for names depends on that for heads, and the other way round
        part = 0.36 if row_height > height(2, 0.9 * kind.text) else 0.43  # names of one line take more width
        size, broken = fit_labels(labels, kind.text, part * across, row_height)
        left = max(width(line, size) for name in broken for line in name.split("\n"))
        column = (across - left - size) / (float(places.x[-1]) + 0.9)
        small, tops = fit_labels(heads, 0.95 * kind.text, 0.92 * column, height(3, kind.text))
        sums, feet = fit_labels(totals, 0.9 * kind.text, 0.92 * column, height(2, kind.text))
        head, foot = height(_most_lines(tops), small), height(_most_lines(feet), sums)
        row_height = (up - head - foot - 0.5 * kind.text) / count
    ax.set(xlim=(-0.4, places.x[-1] + 0.5), ylim=(count - 0.5 + foot / row_height, -0.5))
    ax.xaxis.tick_top()
    ax.set_xticks(places.x, labels=tops, fontsize=small, linespacing=1.1, color=INK, **plain())
    ax.set_yticks(range(count), labels=broken, fontsize=size, linespacing=1.1, color=INK, **plain())
    for x, words in zip(places.x, feet, strict=True):
        ax.annotate(words, xy=(x, count - 0.5), xytext=(0, -0.2 * kind.text), textcoords="offset points", ha="center",
                    va="top", fontsize=sums, linespacing=1.1, color=GREY, **plain())  # fmt: skip
    widest = max(width(text, 1.0, MINUS in text) for name in places.names for text in _printed(table, name))
    return min(0.95 * kind.text, 0.46 * row_height, 0.76 * column / (2.1 + widest))


def _name(table: MeasureTable, driver: int, below: Mapping[str, list[str]]) -> str:
    """Return the label of a driver, with what is negative of its slope and its correlation."""
    name = table.drivers[driver]
    negative = below.get(name, [])
    return f"{table.label(name)} ({' and '.join(negative)} {MINUS})" if negative else table.label(name)


def _below(table: MeasureTable) -> dict[str, list[str]]:
    """Return which of slope and correlation are negative, by driver; groups have neither."""
    rows: list[Any] = list(table.signs().itertuples())
    return {row.driver: [what for what in ("slope", "correlation") if getattr(row, what) < 0] for row in rows}


def _most_lines(texts: list[str]) -> int:
    return max(text.count("\n") + 1 for text in texts)


def _head(name: str) -> str:
    """Return the title of a measure, short enough for a column."""
    return _HEADS.get(name, MEASURE_FACTS[name].title.split(" (")[0])


def _sum(table: MeasureTable, name: str) -> str:
    if MEASURE_FACTS[name].sums_to != "R2":
        return "no total"
    total = percent(float(table.estimates[name].sum())).replace(" %", "\N{NO-BREAK SPACE}%")
    return f"total: {total}" if _always(table) else f"total R²: {total}"


def _always(table: MeasureTable) -> float:
    """Return the part of R2 that no column shares out, because it is of drivers that are always in; 0 without any."""
    totals = [values.sum() for name, values in table.estimates.items() if MEASURE_FACTS[name].sums_to == "R2"]
    rest = max((table.r2 - float(total) for total in totals), default=0.0)
    return rest if rest > _SAMPLING else 0.0


def _printed(table: MeasureTable, name: str) -> list[str]:
    """Return the values of a measure in percent, coefficients as they are."""
    if name in _AS_FIRST:
        return [number(value) for value in table.estimates[name]]
    return [
        "~0" if 0 < value < 0.0005 else number(100 * value, 0 if abs(value) >= 0.00995 or value == 0 else 1)
        for value in table.estimates[name]
    ]


def _movers(places: _Places) -> dict[int, str]:
    """Return colours of the drivers that move most from their first place, by driver."""
    far = np.abs(places.row - places.row[0]).max(axis=0)
    most = [int(j) for j in np.lexsort((places.row[0], -far)) if far[j] > 0]
    chosen = sorted(most[: len(_MOVERS)], key=lambda j: int(places.row[0, j]))
    return dict(zip(chosen, _MOVERS, strict=False))


def _lines(ax: Axes, places: _Places) -> None:
    colours = _movers(places)
    for j in range(places.row.shape[1]):
        ax.plot(places.x, places.row[:, j], color=colours.get(j, _LINE), linewidth=2.2 if j in colours else 1.0,
                zorder=2.5 if j in colours else 2.0)  # fmt: skip


def _unsettled(ax: Axes, draws: FloatArray, places: _Places, column: int, thick: float) -> None:
    """Join the circles of neighbours whose order is less than likely."""
    if places.names[column] in _AS_FIRST:
        draws = np.abs(draws)
    order = np.argsort(places.row[column], kind="stable")
    for y, (upper, lower) in enumerate(pairwise(order)):
        if (draws[:, upper] > draws[:, lower]).mean() < LIKELY:
            ax.plot([places.x[column]] * 2, [y, y + 1], color=GREY, linewidth=thick, solid_capstyle="butt", zorder=3)


def _nodes(ax: Axes, values: FloatArray, printed: list[str], places: _Places, column: int, size: float) -> None:
    """Draw the circle of each driver with its first place inside and its value beside."""
    colours, x = _movers(places), places.x[column]
    for j, (value, text) in enumerate(zip(values, printed, strict=True)):
        y, below = int(places.row[column, j]), value < 0
        face = colours.get(j, "white")
        ax.plot([x], [y], marker="s" if below else "o", markersize=1.75 * size, color=face, zorder=4,
                markeredgecolor=VERMILLION if below else colours.get(j, GREY), markeredgewidth=1.0 + below)  # fmt: skip
        ax.text(x, y, str(int(places.row[0, j]) + 1), ha="center", va="center_baseline", fontsize=size,
                color=ink_on(to_rgb(face)), zorder=5, **plain(bold=j in colours))  # fmt: skip
        ax.annotate(text, xy=(x, y), xytext=((1.4 if below else 1.15) * size, 0), textcoords="offset points", ha="left",
                    va="center_baseline", fontsize=size, color=VERMILLION if below else INK, zorder=5,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.8 if below else 0.6},
                    **plain(bold=below))  # fmt: skip


def _words(table: MeasureTable, places: _Places) -> tuple[str, str, tuple[str, ...]]:
    moved = [k for k in range(1, len(places.names)) if (places.row[k] != places.row[0]).any()]
    first = _head(places.names[0])
    others = len(places.names) - 1
    subtitle = f"In the circle: place under {first}. Beside it: value in %"
    if others:
        who = f"{len(moved) or others} of {others} other measures put" if others > 1 else "The other measure puts"
        subtitle = f"{who} the drivers in {'another' if moved else 'the same'} order. {subtitle}"
    conflict = any(negative == ["slope"] for negative in _below(table).values())
    negative = any((table.estimates[name] < 0).any() for name in places.names)
    return (
        headed(table.label(table.outcome), "who comes where, by measure"), subtitle,
        (
            base_words(table.n, table.n_eff),
            *((f"coloured: the {len(_movers(places))} drivers that move furthest",) if moved else ()),
            f"joined by a bar: order less than {percent(LIKELY)} likely",
            *((f"square and {MINUS}: negative, so no share",) if negative else ()),
            *((f"slope {MINUS}: goes down where the others are equal, though its correlation is +",)
              if conflict else ()),
            *(("correlation and structure coefficient order the drivers as First does",)
              if "first" in places.names and "correlation" in table.estimates else ()),
            *((f"totals: of the R² beyond the {percent(_always(table))} of what is always in the model",)
              if _always(table) else ()),
            *(("squared slope: of the standardised driver",) if "beta_squared" in places.names else ()),
            f"measures: {measure_words(places.names[0])} and others as headed", ASSOCIATION,
        ),
    )  # fmt: skip
