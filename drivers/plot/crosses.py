"""Crosses of two intervals, and their names beside them or in a key, none over another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from drivers.plot.frame import figure_of, lettering_for, room
from drivers.plot.lettering import fit_labels, height, plain, width, wrap
from drivers.plot.placement import Box, centred, place
from drivers.plot.style import GREY, INK

_INDENT = "\N{FIGURE SPACE}" * 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Cross:
    """A point with an interval in either direction, in data units."""

    x: float
    y: float
    left: float
    right: float
    bottom: float
    top: float


def name_crosses(
    ax: Axes, crosses: Sequence[Cross], names: Sequence[str], size: float, edge: str, *,
    level: float | None = None,
) -> bool:
    """Write names or numbers beside crosses with leader lines.

    Parameters
    ----------
    ax : Axes
        Where the crosses are; its limits are final and its place is settled.
    crosses : sequence of Cross
        The points.
    names : sequence of str
        One for each; already passed through `printable`.
    size : float
        Type size, in points.
    edge : str
        Colour of the box round each name, or "none".
    level : float, optional
        Height of a line across the chart, in data units, that names had better not cover.

    Returns
    -------
    bool
        Whether there was room for all; nothing is written otherwise.
    """
    scale = 72 / figure_of(ax).dpi
    frame = ax.bbox

    def spot(x: float, y: float) -> tuple[float, float]:
        across, up = ax.transData.transform((x, y))
        return scale * (across - frame.x0), scale * (up - frame.y0)

    lines: list[Box] = []
    for one in crosses:
        (x, y), (left, _), (right, _) = (spot(v, one.y) for v in (one.x, one.left, one.right))
        (_, bottom), (_, top) = spot(one.x, one.bottom), spot(one.x, one.top)
        lines += [centred((left + right) / 2, y, right - left, 1), centred(x, (bottom + top) / 2, 1, top - bottom)]
    broken = ["\n".join(wrap(name, size, 0.34 * scale * frame.width)) for name in names]
    sizes = [(max(width(part, size) for part in text.split("\n")), height(text.count("\n") + 1, size))
             for text in broken]  # fmt: skip
    points = [spot(one.x, one.y) for one in crosses]
    bounds = Box(left=0, bottom=0, right=scale * frame.width, top=scale * frame.height)
    if level is not None:
        lines.append(centred(bounds.right / 2, spot(0, level)[1], bounds.right, 1.2))
    centres = place(points, sizes, bounds=bounds, lines=lines)
    if centres is None:
        return False
    for one, text, (x, y), (cx, cy) in zip(crosses, broken, points, centres, strict=True):
        ax.annotate(
            text, xy=(one.x, one.y), xytext=(cx - x, cy - y), textcoords="offset points", ha="center",
            va="center", fontsize=size, color=INK, linespacing=1.15, zorder=5, annotation_clip=False,
            bbox={"boxstyle": "round,pad=0.12", "fc": "white", "ec": edge, "linewidth": 0.6, "alpha": 0.9},
            arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.7, "shrinkA": 1, "shrinkB": 4}, **plain(),
        )  # fmt: skip
    return True


def write_key(ax: Axes, names: Sequence[str], up: float) -> None:
    """List number and name of every cross at the right of `ax`: `names` in at most `up` points of height."""
    kind, across = lettering_for(ax), 72 * room(ax)[0]
    size, wrapped = fit_labels(names, kind.text, 0.38 * across, up / len(names))
    entries = [
        f"{k:>2}".replace(" ", "\N{FIGURE SPACE}") + " " + name.replace("\n", f"\n{_INDENT}")
        for k, name in enumerate(wrapped, start=1)
    ]
    lines = sum(entry.count("\n") + 1 for entry in entries)
    leading = min(max(0.85 * up / (1.2 * size * lines), 1.1), 1.5)
    ax.annotate("\n".join(entries), xy=(1, 1), xycoords="axes fraction", xytext=(10, 0), textcoords="offset points",
                ha="left", va="top", fontsize=size, color=INK, linespacing=leading, annotation_clip=False,
                **plain())  # fmt: skip
