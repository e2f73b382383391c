"""`plot_importance`: how much of the outcome's differences goes with each driver, and how much with none."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.axes import Axes

from drivers.defaults import INNER_LEVEL, LIKELY
from drivers.plot.fine_print import bound_words, fine_print, headed, interval_words
from drivers.plot.frame import clear, headline, headline_height, height_for, lettering_for, open_axes, room, settle
from drivers.plot.lettering import plain, printable, width, wrap
from drivers.plot.rows import write_rows
from drivers.plot.scale import percent_ticks
from drivers.plot.style import BLUE, GREY, INK, PALE, percent, percents, styled

if TYPE_CHECKING:
    from drivers.importance.result import Importance

_STRIP = 1.8  # rows that the explained/unexplained strip takes above the drivers


def plot_importance(imp: Importance, *, ax: Axes | None = None) -> Axes:
    """Dots of R2 share with 50 % and wider intervals, largest on top, under a strip that shows what is unexplained.

    A driver near zero gets an upper bound (open triangle, dashed line, "at most") instead of an interval: shares
    cannot be negative, so an interval would exclude zero whatever the truth. Where too little is explained for a
    ranking, drivers stay in the order given.

    Parameters
    ----------
    imp : Importance
        Shares to draw.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x is the share of outcome variance (R2 units, axis labelled in percent), one row per driver.
    """
    rows = imp.tidy()
    if imp.rankable:
        rows = rows.sort_values("share", ascending=False, kind="stable")
    with styled():
        ax = open_axes(ax, (9.0, height_for(len(rows))))
        clear(ax)
        words = _words(imp, rows)
        row_height, across = _rows(ax, imp, rows, 72 * room(ax)[1] - headline_height(ax, *words))
        for y, row in enumerate(rows.itertuples()):
            if row.near_zero:
                _bound(ax, y, row)
            else:
                _interval(ax, y, row)
        _order(ax, imp, rows)
        _strip(ax, imp, row_height, across)
        headline(ax, *words)
        settle(ax)
    return ax


def _words(imp: Importance, rows: pd.DataFrame) -> tuple[str, str, tuple[str, ...]]:
    subtitle = "How much of its differences goes with each driver, and how much with none of them"
    if not imp.rankable:
        subtitle = f"{subtitle}. Too little is explained to rank the drivers: order as given"
    signs = [f"dot: estimate; thick line: {interval_words(INNER_LEVEL)}; thin line: {interval_words(imp.level)}"]
    if imp.rankable and len(rows) > 1:
        signs.append(f"dotted line between rows: order at least {percent(LIKELY)} likely; no line: not settled")
    if rows["near_zero"].any():
        signs.append(f"open triangle: share near zero, {bound_words(imp.level)}")
    if imp.always:
        among = ", ".join(imp.label(name) for name in imp.always)
        signs.append(f"explained includes {percent(imp.always_r2_estimate)} with what is always in the model: {among}")
    return headed(imp.label(imp.outcome), "what goes with it"), subtitle, fine_print(imp, *signs)


def _interval(ax: Axes, y: int, row: Any) -> None:
    ax.plot([row.low, row.high], [y, y], color=BLUE, linewidth=1.4, solid_capstyle="butt", zorder=3)
    ax.plot(
        [row.low50, row.high50],
        [y, y],
        color=BLUE,
        linewidth=0.55 * lettering_for(ax).dot,
        solid_capstyle="butt",
        zorder=3,
    )
    ax.plot(
        [row.share],
        [y],
        marker="o",
        markersize=lettering_for(ax).dot,
        color=BLUE,
        markeredgecolor="white",
        markeredgewidth=0.8,
        zorder=4,
        clip_on=False,
    )


def _bound(ax: Axes, y: int, row: Any) -> None:
    ax.plot([0, row.upper], [y, y], color=GREY, linewidth=1.4, linestyle=(0, (2, 1.5)), zorder=3)
    ax.plot(
        [row.upper],
        [y],
        marker="<",
        markersize=lettering_for(ax).dot,
        color="white",
        markeredgecolor=GREY,
        zorder=4,
        clip_on=False,
    )


def _order(ax: Axes, imp: Importance, rows: pd.DataFrame) -> None:
    """Draw a line between two rows where their order is likely; without one, read them as tied."""
    if imp.rankable:
        beats, names = imp.beats(), list(rows["driver"])
        likely = [y + 0.5 for y in range(len(names) - 1) if beats.loc[names[y], names[y + 1]] >= LIKELY]
        ax.hlines(likely, 0, 1, transform=ax.get_yaxis_transform(), color=GREY, linewidth=0.9, linestyle=(0, (1, 2)))


def _value(row: Any, digits: int) -> str:
    if row.near_zero:
        digits = digits if row.upper >= 0.01 else 1
        return f"at most {percent(math.ceil(round(row.upper * 100 * 10**digits, 6)) / 10**digits / 100, digits)}"
    share, ends = percents(row.share, row.low, row.high, digits)
    return f"{share} ({ends})"


def _rows(ax: Axes, imp: Importance, rows: pd.DataFrame, up: float) -> tuple[float, float]:
    """Write names at the left, numbers at the right, the axis below; return row height and plot width in points."""
    kind, across = lettering_for(ax), 72 * room(ax)[0]
    digits = 0 if rows["high"].max() > 0.15 else 1
    values = [_value(row, digits) for row in rows.itertuples()]
    row_height = (up - 3.2 * kind.text) / (len(rows) + _STRIP + 0.5)
    taken = write_rows(
        ax, list(rows["label"]), values, heading=f"share ({interval_words(imp.level)})", row_height=row_height,
        above=["All drivers"],
    )  # fmt: skip
    _axis(ax, rows, kind.text, across - taken)
    words = printable(f"Share of differences in {imp.label(imp.outcome)} (R²,\N{NO-BREAK SPACE}%)")
    ax.set_xlabel("\n".join(wrap(words, kind.text, across - taken)), fontsize=kind.text, color=INK, **plain())
    return row_height, across - taken


def _axis(ax: Axes, rows: pd.DataFrame, size: float, across: float) -> None:
    right = max(rows["high"].max(), rows["share"].max(), 0.05) * 1.06
    left = min(rows["low"].min() * 1.06, 0.0)
    ticks, labels = percent_ticks(left, right, most=max(2, min(6, int(across / (4 * size)))))
    ax.set_xticks(ticks, labels=labels, fontsize=0.9 * size, color=INK, **plain())
    ax.set_xlim(left, right)
    ax.grid(False)
    ax.vlines(ticks, -0.5, len(rows) - 0.5, color=PALE, linewidth=0.8, zorder=1)
    ax.vlines([0], -0.5, len(rows) - 0.5, color=INK, linewidth=1, zorder=2)


def _strip(ax: Axes, imp: Importance, row_height: float, across: float) -> None:
    """Draw explained against unexplained as one bar of 100 % above the drivers, with the interval of R2."""
    kind, whole = lettering_for(ax), imp.r2_interval()
    estimate, low, high = (whole[key] for key in ("estimate", "low", "high"))
    thick = min(0.55, 1.6 * kind.text / row_height)
    strip = ax.inset_axes((0, -1 - thick / 2, 1, thick), transform=ax.get_yaxis_transform())
    strip.set(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[], facecolor="none")
    for side in strip.spines.values():
        side.set_visible(False)
    strip.barh(0.5, estimate, height=1, color=BLUE)
    strip.barh(0.5, 1 - estimate, left=estimate, height=1, color=PALE, edgecolor="white", hatch="///", linewidth=0)
    strip.plot([low, high], [0.5, 0.5], color=INK, linewidth=2, marker="|", markersize=9, markeredgewidth=2,
               clip_on=False)  # fmt: skip
    part, ends = percents(estimate, low, high)
    explained, rest = f"explained {part} ({ends})", f"not explained {percents(1 - estimate, low, high)[0]}"
    size = 0.88 * kind.text
    stacked = width(explained, size) + width(rest, size) + size > across
    lift = 1.25 * size if stacked else 0.0
    ax.set_ylim(len(imp.drivers) - 0.5, -1 - thick / 2 - (1.5 * kind.text + lift) / row_height)
    written: dict[str, Any] = {"fontsize": size, "va": "bottom", "color": INK, "textcoords": "offset points", **plain()}
    strip.annotate(explained, xy=(0, 1), xytext=(0, 3 + lift), ha="left", **written)
    strip.annotate(rest, xy=(1, 1), xytext=(0, 3), ha="right", **written)
