"""Lines told apart by colour, symbol and dashes, named at the left where they start, no name over another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from drivers.plot.fine_print import interval_words
from drivers.plot.frame import figure_of, lettering_for, room
from drivers.plot.lettering import fit_labels, height, plain
from drivers.plot.style import GREY, INK, MARKERS, PALE, SERIES

FloatArray = NDArray[np.float64]

LEAD = 0.045
"""Part of the chart's width that joins names to lines."""


NAMES = 0.43
"""Part of the whole width that names may take."""

WITH_INTERVALS = 6
"""Up to so many lines have their intervals drawn, side by side; those of more would hide each other."""

_DASHES: tuple[tuple[float, ...], ...] = ((), (), (4.0, 1.5), (1.0, 1.2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """How one line looks: colour, symbol, lengths of dashes and gaps; further lines are thin, grey and hollow."""

    colour: str
    marker: str
    dashes: tuple[float, ...]
    hollow: bool

    @property
    def style(self) -> str | tuple[float, tuple[float, ...]]:
        """The line style, as matplotlib takes it."""
        return (0.0, self.dashes) if self.dashes else "-"


def stroke(place: int) -> Stroke:
    """Return the look of the line at `place` 0, 1 and so on: seven in colour, then grey; no two of 28 are alike."""
    turn, at = divmod(place, len(SERIES))
    return Stroke(
        colour=GREY if turn else SERIES[at], marker=MARKERS[at], dashes=_DASHES[turn % len(_DASHES)], hollow=turn > 0
    )


def beside(count: int) -> FloatArray:
    """Return how far each of `count` lines moves aside, in columns, so that intervals do not hide each other."""
    width = 0.05 if count <= WITH_INTERVALS else 0.0
    return width * (np.arange(count, dtype=np.float64) - (count - 1) / 2)


def interval_note(level: float, count: int) -> str:
    """Return the note on the intervals at `level` of `count` lines."""
    if count <= WITH_INTERVALS:
        return f"bars: {interval_words(level)}"
    return f"{interval_words(level)}s are drawn for up to {WITH_INTERVALS} drivers only"


def spread(wanted: FloatArray, sizes: FloatArray, low: float, high: float) -> FloatArray:
    """Move centres apart as little as possible, so that boxes of these sizes lie side by side between two bounds.

    Parameters
    ----------
    wanted : ndarray, shape (k,)
        Where each centre would be.
    sizes : ndarray, shape (k,)
        Length of each box, in the same unit.
    low, high : float
        Bounds of all boxes; where they are too long together, they run over `high`.

    Returns
    -------
    ndarray, shape (k,)
        Centres in the order given; boxes keep the order of `wanted`, equal ones the order given.

    Notes
    -----
    Least squares under an order: blocks of touching boxes are pooled to the mean of what their members want (pool
    adjacent violators).
    """
    order = np.argsort(wanted, kind="stable")
    before = np.concatenate([[0.0], np.cumsum(sizes[order])[:-1]]) + sizes[order] / 2
    blocks: list[tuple[float, int]] = []
    for want in wanted[order] - before:
        mean, count = float(want), 1
        while blocks and blocks[-1][0] > mean:
            other, members = blocks.pop()
            mean, count = (mean * count + other * members) / (count + members), count + members
        blocks.append((mean, count))
    start = np.concatenate([np.full(count, mean) for mean, count in blocks])
    start = np.maximum(np.minimum(start, high - sizes.sum()), low)
    centres = np.empty(len(wanted))
    centres[order] = start + before
    return centres


def name_lines(
    ax: Axes, starts: Sequence[tuple[float, float]], names: Sequence[str], strokes: Sequence[Stroke]
) -> None:
    """Write the name of each line at the left of `ax`, whose limits are final and whose place is settled.

    Names lie at the height of their line's start, or as near as others allow, and a thin line joins the two.

    Parameters
    ----------
    ax : Axes
        Where the lines are; a part `LEAD` of its width is left free at the left.
    starts : sequence of (x, y)
        First point of each line, in data units.
    names : sequence of str
        What to write; already passed through `printable`.
    strokes : sequence of Stroke
        How each line looks.
    """
    kind, across = lettering_for(ax), 72 * room(ax)[0]
    up = 72 * ax.bbox.height / figure_of(ax).dpi
    (left, _), (low, high) = ax.get_xlim(), ax.get_ylim()
    size, broken = fit_labels(names, kind.text, NAMES * across, 0.96 * up / len(names))
    tall = np.array([height(name.count("\n") + 1, size) + 0.2 * size for name in broken]) * (high - low) / up
    at = spread(np.array([y for _, y in starts]), tall, low, high)
    ax.set_yticks(list(at), labels=broken, fontsize=size, linespacing=1.1, color=INK, **plain())
    for (x, y), place, look in zip(starts, at, strokes, strict=True):
        ax.plot([left, x], [place, y], color=look.colour, linewidth=0.8, zorder=2, solid_capstyle="butt")


def draw_line(
    ax: Axes, x: FloatArray, y: FloatArray, look: Stroke, ends: tuple[FloatArray, FloatArray] | None = None
) -> None:
    """Draw one line on `ax` with a symbol at each point and, if given, a bar from low to high `ends`.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    x, y : ndarray, shape (k,)
        Points, in data units; NaN breaks the line.
    look : Stroke
        Colour, symbol and dashes.
    ends : tuple of two ndarray, shape (k,), optional
        Low and high ends of the intervals; NaN where there is none.
    """
    dot = lettering_for(ax).dot
    if ends is not None:
        ax.vlines(x, *ends, color=look.colour, linewidth=1.3, alpha=0.75, zorder=3)
    ax.plot(x, y, color=look.colour, linestyle=look.style, linewidth=0.9 if look.hollow else 1.8,
            zorder=2.5 if look.hollow else 3)  # fmt: skip
    ax.plot(x, y, color="white" if look.hollow else look.colour, linestyle="none", marker=look.marker, clip_on=False,
            markersize=(0.75 if look.hollow else 1.0) * dot, markeredgecolor=look.colour if look.hollow else "white",
            markeredgewidth=0.9 if look.hollow else 0.7, zorder=3.5 if look.hollow else 4)  # fmt: skip


def value_axis(ax: Axes, ticks: Sequence[float], labels: Sequence[str], start: float) -> None:
    """Write the values of a chart at its right, with a faint line for each.

    Parameters
    ----------
    ax : Axes
        Where to write; its limits are final.
    ticks : sequence of float
        Values, in data units.
    labels : sequence of str
        What to print for each.
    start : float
        Where the faint lines begin, in data units.
    """
    size, (_, right) = 0.9 * lettering_for(ax).text, ax.get_xlim()
    ax.hlines(ticks, start, right, color=PALE, linewidth=0.8, zorder=0.5)
    for y, label in zip(ticks, labels, strict=True):
        ax.annotate(label, xy=(1, y), xycoords=ax.get_yaxis_transform(), xytext=(5, 0), textcoords="offset points",
                    ha="left", va="center_baseline", fontsize=size, color=GREY, annotation_clip=False,
                    **plain())  # fmt: skip
