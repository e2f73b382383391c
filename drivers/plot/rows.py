"""Rows of a chart: names at the left, numbers at the right, in type that fits the height of a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from drivers.plot.frame import lettering_for, room
from drivers.plot.lettering import fit_labels, plain, printable, width
from drivers.plot.style import GREY, INK


def write_rows(
    ax: Axes,
    labels: Sequence[str],
    values: Sequence[str],
    *,
    heading: str,
    row_height: float,
    above: Sequence[str] = (),
) -> float:
    """Name row k (at y = k) at the left and print its value at the right; return the width both take, in points.

    Parameters
    ----------
    ax : Axes
        Where to write; y grows downwards.
    labels, values : sequence of str
        One per row.
    heading : str
        Stands over the values.
    row_height : float
        Height of a row, in points.
    above : sequence of str
        Names of rows above the first, at y = -1, -2 and so on.

    Returns
    -------
    float
        Points taken beside the plotting area.
    """
    kind, across = lettering_for(ax), 72 * room(ax)[0]
    size, names = fit_labels([printable(label) for label in labels], kind.text, 0.4 * across, row_height)
    small = min(0.95 * size, 0.24 * across / width(heading, 1.0))
    number = min(size, 0.26 * across / max(width(value, 1.0) for value in values))
    places = [*(-1 - k for k in range(len(above))), *range(len(names))]
    ax.set_yticks(places, labels=[*above, *names], fontsize=size, linespacing=1.1, color=INK, **plain())
    beside: dict[str, Any] = {
        "xycoords": ax.get_yaxis_transform(),
        "textcoords": "offset points",
        "va": "center_baseline",
        "annotation_clip": False,
    }
    for y, value in enumerate(values):
        ax.annotate(value, xy=(1, y), xytext=(6, 0), fontsize=number, color=INK, **beside, **plain())
    lift = min(0.75 * row_height, 1.8 * size)
    ax.annotate(heading, xy=(1, 0), xytext=(6, lift), fontsize=small, color=GREY, **beside, **plain())
    left = max(width(line, size) for name in (*above, *names) for line in name.split("\n"))
    return left + max(*(width(value, number) for value in values), width(heading, small)) + 20
