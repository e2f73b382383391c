"""`plot_sensitivity`: who has which part of what is explained, if ratings hold a halo or random error."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from drivers.plot.fine_print import ASSOCIATION, base_words, headed, measure_words
from drivers.plot.frame import clear, headline, height_for, lettering_for, open_axes, room, settle
from drivers.plot.lettering import plain, printable, width, wrap
from drivers.plot.lines import (
    LEAD,
    NAMES,
    WITH_INTERVALS,
    beside,
    draw_line,
    interval_note,
    name_lines,
    stroke,
    value_axis,
)
from drivers.plot.scale import percent_ticks
from drivers.plot.style import INK, PALE, percent, styled

if TYPE_CHECKING:
    from drivers.importance.sensitivity import Scenario, Sensitivity

FloatArray = NDArray[np.float64]

_APART = 0.35  # columns between the halo scenarios and those of another kind


def plot_sensitivity(result: Sensitivity, ax: Axes | None = None) -> Axes:
    """One line per driver: its part of R2 as observed, under growing halo, and under the reliabilities stated.

    Lines that cross change the order. A scenario that the answers cannot hold is hatched and called refused. R2 under
    each assumption stands below its column.

    Parameters
    ----------
    result : Sensitivity
        Scenarios, from `sensitivity`.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x are scenarios, evenly spaced, y the part of R2 (labelled in percent).
    """
    columns = _columns(result.scenarios)
    order = np.argsort(-columns[0].estimate, kind="stable")
    parts = np.stack([_parts(each.estimate) for each in columns])[:, order]
    names = [printable(f"{result.label(result.drivers[j])}, {percent(part)}")
             for j, part in zip(order, parts[0], strict=True)]  # fmt: skip
    with styled():
        ax = open_axes(ax, (9.0, height_for(len(order)) + 1.4))
        clear(ax, grid=None)
        x = _axes(ax, columns, names)
        starts = _lines(ax, columns, x, parts, _ends(columns, order, result.level))
        headline(ax, *_words(result))
        settle(ax)
        name_lines(ax, starts, names, [stroke(k) for k in range(len(order))])
        settle(ax)
    return ax


def _columns(scenarios: tuple[Scenario, ...]) -> list[Scenario]:
    """Return scenarios as drawn: observed, halo from small to large (none is what was observed), reliability."""
    halo = sorted((each for each in scenarios if each.kind == "halo" and each.amount > 0), key=lambda e: e.amount)
    others = [each for each in scenarios if each.kind != "halo"]
    return [*others[:1], *halo, *others[1:]]


def _parts(shares: FloatArray) -> FloatArray:
    """Return shares (..., p) as parts of their sum, which is R2."""
    return shares / shares.sum(axis=-1, keepdims=True)


def _ends(columns: list[Scenario], order: NDArray[np.intp], level: float) -> tuple[FloatArray, FloatArray] | None:
    """Return low and high ends (columns, p) of the parts' intervals, NaN where there are no draws."""
    if len(order) > WITH_INTERVALS:
        return None
    ends = np.full((2, len(columns), len(order)), np.nan)
    for k, each in enumerate(columns):
        if each.usable:
            ends[:, k] = np.quantile(_parts(each.shares)[:, order], [(1 - level) / 2, (1 + level) / 2], axis=0)
    return ends[0], ends[1]


def _axes(ax: Axes, columns: list[Scenario], names: list[str]) -> FloatArray:
    """Name the columns with R2 below, hatch refused ones, and return where they are."""
    kind, across = lettering_for(ax), 72 * room(ax)[0]
    x = np.arange(len(columns)) + _APART * np.array([each.kind == "reliability" for each in columns])
    ax.set_xlim(-0.25 - LEAD * (x[-1] + 0.5), x[-1] + 0.25)
    left = min(NAMES * across, max(width(name, kind.text) for name in names))
    cell = (across - left - 5 * kind.text) / (x[-1] + 0.75)
    heads = []
    for place, each in zip(x, columns, strict=True):
        words = f"halo\N{NO-BREAK SPACE}{percent(each.amount)}" if each.kind == "halo" else each.name
        below = "refused" if each.refused else f"R² {percent(float(each.estimate.sum()))}"
        lines = wrap(words.replace(" %", "\N{NO-BREAK SPACE}%"), 0.9 * kind.text, 0.95 * cell)
        heads.append("\n".join([*lines, below]))
        if each.refused:
            ax.axvspan(place - 0.25, place + 0.25, facecolor=PALE, edgecolor="white", hatch="///", zorder=0.6)
    ax.set_xticks(x, labels=heads, fontsize=0.9 * kind.text, linespacing=1.15, color=INK, **plain())
    return x


def _lines(
    ax: Axes, columns: list[Scenario], x: FloatArray, parts: FloatArray, ends: tuple[FloatArray, FloatArray] | None
) -> list[tuple[float, float]]:
    """Draw a line per driver, side by side where they have intervals; return where each starts."""
    count, starts = parts.shape[1], []
    top = 1.06 * float(np.nanmax(parts if ends is None else np.fmax(parts, ends[1])))
    ax.set_ylim(-0.02 * top, top)
    value_axis(ax, *percent_ticks(0.0, top), start=-0.25)
    other = np.array([each.kind == "reliability" for each in columns])
    for k in range(count):
        moved = x + beside(count)[k]
        for chosen in (~other, other):
            if chosen.any():
                draw_line(ax, moved[chosen], parts[chosen, k], stroke(k),
                          None if ends is None else (ends[0][chosen, k], ends[1][chosen, k]))  # fmt: skip
        starts.append((float(moved[0]), float(parts[0, k])))
    return starts


def _words(result: Sensitivity) -> tuple[str, str, tuple[str, ...]]:
    stable = result.stability().iloc[1:]
    held = stable[stable["refused"] == ""]
    notes = [
        base_words(result.n, result.n_eff),
        interval_note(result.level, len(result.drivers)),
        "halo: part of every variance that is one general impression",
        f"at most {percent(math.floor(100 * result.most_halo) / 100)} can be halo here",
    ]
    if len(held) < len(stable):
        notes.append("hatched: refused, the answers cannot hold it")
    for each in result.scenarios:
        if each.failed and not each.refused:
            notes.append(f"{each.name}: {each.failed:,} of {each.failed + len(each.shares):,} draws left out")
    first = result.label(result.drivers[int(np.argmax(result.scenarios[0].estimate))])
    subtitle = "Parts of what is explained, as observed: every assumption asked for is refused"
    if len(held):
        subtitle = (
            f"Parts of what is explained, under {len(held)} assumption{'s' if len(held) > 1 else ''}: {first} stays "
            f"first in {int(held['same_first'].sum())}, the whole order in {int(held['same_order'].sum())}"
        )
    return (
        headed(result.label(result.outcome), "would halo or random error change the order?"), subtitle,
        (*notes, "assumptions, not findings", f"measure: {measure_words('lmg')}", ASSOCIATION),
    )  # fmt: skip
