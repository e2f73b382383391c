"""Where to put labels beside points so that none covers a label, a point or the edge; same input, same places."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle by its edges, in points."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: Box) -> bool:
        """Return whether this box and `other` share any area."""
        return (
            self.left < other.right and other.left < self.right and self.bottom < other.top and other.bottom < self.top
        )

    def inside(self, other: Box) -> bool:
        """Return whether this box lies within `other`."""
        return (
            self.left >= other.left and self.right <= other.right
            and self.bottom >= other.bottom and self.top <= other.top
        )  # fmt: skip


def centred(x: float, y: float, width: float, height: float) -> Box:
    """Return the box of that `width` and `height` round the centre `x`, `y`."""
    return Box(left=x - width / 2, right=x + width / 2, bottom=y - height / 2, top=y + height / 2)


def place(
    points: Sequence[tuple[float, float]],
    sizes: Sequence[tuple[float, float]],
    *,
    bounds: Box,
    lines: Sequence[Box] = (),
    marker: float = 9.0,
    gap: float = 4.0,
) -> list[tuple[float, float]] | None:
    """Return the centre of each label, or None where there is no room for all of them.

    Labels are placed in the order given; each takes the nearest free place, rings outward, and prefers one that does
    not lie on an interval line.

    Parameters
    ----------
    points : sequence of (x, y)
        The points, in points (1/72 inch) from the corner of the chart.
    sizes : sequence of (width, height)
        Size of each label.
    bounds : Box
        Labels stay inside.
    lines : sequence of Box
        Thin boxes of lines that labels had better not cover.
    marker : float
        Width of a point's symbol.
    gap : float
        Space kept round symbols and labels.

    Returns
    -------
    list of (x, y), or None
        Centres in the order of `points`.
    """  # fmt: skip
    symbols = [centred(x, y, marker + gap, marker + gap) for x, y in points]
    taken: list[Box] = []
    centres: list[tuple[float, float]] = []
    for (x, y), (wide, high) in zip(points, sizes, strict=True):
        best: tuple[float, float, float] | None = None
        for reach, cx, cy in _candidates(x, y, wide, high, marker / 2 + gap, bounds):
            if best is not None and reach >= best[0]:
                break
            box = centred(cx, cy, wide + gap, high + gap / 2)
            if not box.inside(bounds) or any(box.meets(other) for other in (*symbols, *taken)):
                continue
            cost = reach + 25.0 * sum(box.meets(line) for line in lines)
            if best is None or cost < best[0]:
                best = (cost, cx, cy)
        if best is None:
            return None
        taken.append(centred(best[1], best[2], wide + gap, high + gap / 2))
        centres.append((best[1], best[2]))
    return centres


def _candidates(
    x: float, y: float, wide: float, high: float, start: float, bounds: Box
) -> list[tuple[float, float, float]]:
    """Return (distance, x, y) of places on rings round the point, near ones first, the right-hand side first."""
    furthest = math.hypot(bounds.right - bounds.left, bounds.top - bounds.bottom)
    places: list[tuple[float, float, float]] = []
    reach = start
    while reach < furthest:
        for turn in (0, 45, 315, 180, 135, 225, 90, 270, 22, 338, 158, 202, 67, 293, 112, 248):
            across, up = math.cos(math.radians(turn)), math.sin(math.radians(turn))
            places.append((reach, x + across * (reach + wide / 2), y + up * (reach + high / 2)))
        reach += 5.0
    return places
