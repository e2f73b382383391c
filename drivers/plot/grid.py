"""A table of coloured cells with the number printed in each: the frame of every heat map here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from drivers.plot.frame import clear, lettering_for, room
from drivers.plot.lettering import fit_labels, height, plain, printable, width
from drivers.plot.style import BLUE, GREY, INK, PALE, VERMILLION

SHADES = LinearSegmentedColormap.from_list("drivers.shades", ["#FFFFFF", "#9CCBE8", BLUE, "#003B5C"])
"""White to dark blue: from none to all."""

BOTH_WAYS = LinearSegmentedColormap.from_list("drivers.both_ways", ["#8A3C00", VERMILLION, "#FFFFFF", BLUE, "#003B5C"])
"""Vermillion below zero, white at zero, blue above; the printed sign says it too."""


def ink_on(colour: tuple[float, float, float]) -> str:
    """Return black or white, whichever contrasts more with `colour` (WCAG 2 relative luminance)."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    luminance = float(np.dot(parts, [0.2126, 0.7152, 0.0722]))
    return "white" if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 else "black"


def draw_grid(
    ax: Axes,
    colours: NDArray[np.float64],
    texts: Sequence[Sequence[str]],
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    up: float,
    bold: NDArray[np.bool_],
    hidden: NDArray[np.bool_],
    beside: float = 0.0,
) -> None:
    """Draw the cells, their numbers, names of rows at the left and of columns on top.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    colours : ndarray, shape (rows, columns, 3)
        Red, green, blue of each cell, 0 to 1.
    texts : sequence of sequences of str, shape (rows, columns)
        What each cell says; may hold line breaks.
    rows, columns : sequence of str
        Names; already passed through `printable`.
    up : float
        Height at hand for cells and column names, in points.
    bold, hidden : ndarray of bool, shape (rows, columns)
        Cells printed in bold; cells without a number to show, which are hatched.
    beside : float
        Width to leave at the right of the cells for what the caller writes there, in points.
    """  # fmt: skip
    kind, across = lettering_for(ax), 72 * room(ax)[0]
    head = min(0.3 * up, height(3, kind.text))
    row_height = (up - head - kind.text) / len(rows)
    size, names = fit_labels(rows, kind.text, 0.38 * across, row_height)
    left = max(width(line, size) for name in names for line in name.split("\n"))
    cell = (across - left - beside - 0.8 * kind.text) / len(columns)
    small, tops = fit_labels(columns, kind.text, 0.94 * cell, head, smallest=5.0)
    inside, texts = max(
        ((_inside(way, kind.text, cell, row_height), way) for way in (texts, _folded(texts))), key=lambda pair: pair[0]
    )

    clear(ax, grid=None)
    ax.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    ax.xaxis.tick_top()
    ax.set_xticks(range(len(columns)), labels=tops, fontsize=small, linespacing=1.1, color=INK,
                  va="baseline", **plain())  # fmt: skip
    ax.set_yticks(range(len(rows)), labels=names, fontsize=size, linespacing=1.1, color=INK, **plain())
    ax.tick_params(length=0)
    ax.tick_params(axis="x", pad=0.4 * small)  # letters stand on one line; tails reach below it
    for y, line in enumerate(texts):
        for x, text in enumerate(line):
            red, green, blue = to_rgb(PALE) if hidden[y, x] else colours[y, x]
            ax.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=(red, green, blue), edgecolor="white",
                                   linewidth=1.5, hatch="///" if hidden[y, x] else None))  # fmt: skip
            ink = GREY if hidden[y, x] else ink_on((red, green, blue))
            ax.text(x, y, printable_lines(text), ha="center", va="center", fontsize=inside, color=ink,
                    linespacing=1.15, **plain(bold=bool(bold[y, x])))  # fmt: skip


def printable_lines(text: str) -> str:
    """Return `text` with each line made printable."""
    return "\n".join(printable(line) for line in text.split("\n"))


def _folded(texts: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the texts with "low to high" on two lines, which lets narrow cells have larger type."""
    return [[text.replace(" to ", " to\n") for text in line] for line in texts]


def _inside(texts: Sequence[Sequence[str]], size: float, cell: float, row_height: float) -> float:
    """Return the largest type size at which every text stays inside its cell."""
    cells = {text for line in texts for text in line}
    widest = max(width(part, 10.0, True) for text in cells for part in text.split("\n")) / 10
    lines = max(text.count("\n") + 1 for text in cells)
    return min(size, 0.86 * cell / widest if widest else size, 0.92 * row_height / height(lines, 1.0))
