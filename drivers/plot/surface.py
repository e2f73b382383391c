"""`plot_surface`: the fitted outcome over perceived and expected answers, where there are data to hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from drivers.defaults import MIN_BASE_CELL
from drivers.plot.fine_print import ASSOCIATION, base_words
from drivers.plot.frame import clear, headline, lettering_for, open_axes, settle
from drivers.plot.lettering import plain
from drivers.plot.scale import number_ticks
from drivers.plot.style import INK, number, styled

if TYPE_CHECKING:
    from drivers.gap.surface_result import Surface

FloatArray = NDArray[np.float64]
LEVELS = 8
"""Most bands of the surface; their edges are round numbers."""

STEPS = 25
"""Points along each side of the grid that contours are drawn through: parabolas need few."""

SIZES = 6
"""Sizes of dots."""


def plot_surface(surface: Surface, ax: Axes | None = None) -> Axes:
    """Draw filled contours inside the hull of the data, pale outside of it, with the line of congruence.

    Parameters
    ----------
    surface : Surface
        One driver's surface.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x is the perceived, y the expected answer, in scale points. Dots are patterns of at least
        `MIN_BASE_CELL` respondents, their area grows with their number.
    """
    low, high = surface.ends
    line = np.linspace(low, high, STEPS)
    across, up = np.meshgrid(line, line)
    z = surface.values(across, up)
    hull = _hull(surface.points[:, :2])
    inside = _inside(hull, across, up)
    words = (
        f"{surface.label}: perceived against expected",
        "Fitted outcome by both answers; lighter outside of the data, where the surface is a guess",
        (base_words(surface.n, surface.n_eff), f"{surface.off_diagonal:,.0f} off the line of agreement",
         "solid line: hull of the data", "dashed: got what was expected", f"dots: {MIN_BASE_CELL} people or more",
         ASSOCIATION),
    )  # fmt: skip
    with styled():
        ax = open_axes(ax, (8.0, 7.6))
        clear(ax, grid=None)
        kind = lettering_for(ax)
        levels = np.asarray(MaxNLocator(LEVELS, steps=[1, 2, 2.5, 5, 10]).tick_values(*_range(z, inside)))
        for part, alpha in (("all", 0.3), ("data", 1.0)):
            filled = ax.contourf(across, up, z, levels=levels, cmap="cividis", alpha=alpha, extend="both", zorder=1)
            if part == "data" and len(hull) > 2:
                filled.set_clip_path(Path(np.vstack([hull, hull[:1]])), ax.transData)
        lines = ax.contour(across, up, z, levels=levels, colors="white", linewidths=0.7, zorder=2)
        digits = next(d for d in range(9) if d == 8 or np.allclose(levels, levels.round(d), atol=1e-9))
        written = {level: number(float(level), digits) for level in levels}
        for text in ax.clabel(lines, fmt=written, fontsize=0.8 * kind.text, colors=INK):
            text.set(bbox={"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 0.6}, **plain())
        ax.plot(*np.vstack([hull, hull[:1]]).T, color=INK, linewidth=1.3, zorder=3)
        ax.plot([low, high], [low, high], color=INK, linewidth=1.3, linestyle=(0, (5, 3)), zorder=3)
        points = surface.points[surface.points[:, 2] >= MIN_BASE_CELL]
        if len(points):
            size = np.ceil(SIZES * points[:, 2] / points[:, 2].max())  # few sizes: a marker of each is drawn once
            for k in np.unique(size):
                here = points[size == k]
                ax.plot(here[:, 0], here[:, 1], linestyle="none", marker="o", markersize=14 * np.sqrt(k / SIZES),
                        markerfacecolor=(1, 1, 1, 0.55), markeredgecolor=INK, markeredgewidth=0.8, zorder=4,
                        clip_on=False)  # fmt: skip
        ticks, labels = number_ticks(low, high, most=min(10, round(high - low)))
        ax.set_xticks(ticks, labels=labels, fontsize=0.9 * kind.text, color=INK, **plain())
        ax.set_yticks(ticks, labels=labels, fontsize=0.9 * kind.text, color=INK, **plain())
        ax.set_xlabel("Perceived (scale points)", fontsize=kind.text, color=INK, **plain())
        ax.set_ylabel("Expected (scale points)", fontsize=kind.text, color=INK, **plain())
        edge = 0.02 * (high - low)
        ax.set(xlim=(low - edge, high + edge), ylim=(low - edge, high + edge))
        headline(ax, *words)
        settle(ax)
    return ax


def _range(z: FloatArray, inside: NDArray[np.bool_]) -> tuple[float, float]:
    seen = z[inside] if inside.any() else z
    low, high = float(seen.min()), float(seen.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _hull(points: FloatArray) -> FloatArray:
    """Return the corners of the convex hull of points (m, 2), in order (monotone chain)."""
    ordered = sorted({(float(a), float(b)) for a, b in points})
    if len(ordered) < 3:
        return np.array(ordered)

    def chain(sequence: list[tuple[float, float]]) -> list[tuple[float, float]]:
        kept: list[tuple[float, float]] = []
        for c in sequence:
            while len(kept) > 1:
                (ax, ay), (bx, by) = kept[-2:]
                if (bx - ax) * (c[1] - ay) - (by - ay) * (c[0] - ax) > 0:
                    break
                kept.pop()
            kept.append(c)
        return kept[:-1]

    return np.array(chain(ordered) + chain(ordered[::-1]))


def _inside(hull: FloatArray, across: FloatArray, up: FloatArray) -> NDArray[np.bool_]:
    if len(hull) < 3:
        return np.ones(across.shape, dtype=np.bool_)
    places = np.column_stack([across.ravel(), up.ravel()])
    found: NDArray[np.bool_] = Path(hull).contains_points(places, radius=1e-9).reshape(across.shape)
    return found
