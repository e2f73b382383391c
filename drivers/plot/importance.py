"""`plot_importance`: how much of the outcome's differences goes with each driver, and how much with none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from drivers.defaults import INNER_LEVEL
from drivers.plot.fine_print import fine_print, interval_words
from drivers.plot.frame import clear, headline, headline_height, lettering_for, open_axes, room, settle
from drivers.plot.lettering import fit_labels, plain, printable
from drivers.plot.style import BLUE, GREY, INK, PALE, percent, styled

if TYPE_CHECKING:
    from drivers.importance.result import Importance

_STRIP = 1.9  # rows that the explained/unexplained strip takes above the drivers


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
        ax = open_axes(ax, (9.0, 2.9 + 0.36 * len(rows)))
        outcome = printable(imp.label(imp.outcome))
        ax.set_xlabel(f"Share of differences in {outcome} (% of its variance, R²)")
        clear(ax)
        words = _words(imp, outcome)
        _labels(ax, rows, imp.level, 72 * room(ax)[1] - headline_height(ax, *words))
        for y, row in enumerate(rows.itertuples()):
            _bound(ax, y, row) if _one_sided(row) else _interval(ax, y, row)
        _axis(ax, rows)
        _strip(ax, imp)
        headline(ax, *words)
        settle(ax)
    return ax


def _one_sided(row: tuple) -> bool:
    return bool(row.near_zero) and row.low >= 0


def _words(imp: Importance, outcome: str) -> tuple[str, str, tuple[str, ...]]:
    subtitle = f"Share of differences in {outcome} that goes with each driver"
    if not imp.rankable:
        subtitle = f"{subtitle}. Too little is explained to rank the drivers: order as given"
    signs = (
        f"dot: estimate; thick line: {interval_words(INNER_LEVEL)}; thin line: {interval_words(imp.level)}",
        f"open triangle: upper bound, share too near zero for an interval ({interval_words(imp.level)} tail)",
    )
    near_zero = any(_one_sided(row) for row in imp.tidy().itertuples())
    return f"What goes with {outcome}", subtitle, fine_print(imp, *(signs if near_zero else signs[:1]))


def _interval(ax: Axes, y: int, row: tuple) -> None:
    ax.plot([row.low, row.high], [y, y], color=BLUE, linewidth=1.4, solid_capstyle="butt", zorder=3)
    ax.plot([row.low50, row.high50], [y, y], color=BLUE, linewidth=5, solid_capstyle="butt", zorder=3)
    ax.plot([row.share], [y], marker="o", markersize=8, color=BLUE, markeredgecolor="white", zorder=4)


def _bound(ax: Axes, y: int, row: tuple) -> None:
    ax.plot([0, row.upper], [y, y], color=GREY, linewidth=1.4, linestyle=(0, (2, 1.5)), zorder=3)
    ax.plot([row.upper], [y], marker="<", markersize=8, color="white", markeredgecolor=GREY, zorder=4)


def _value(row: tuple) -> str:
    if _one_sided(row):
        return f"at most {percent(row.upper, 0 if row.upper >= 0.01 else 1)}"
    low, high = percent(row.low).removesuffix(" %"), percent(row.high).removesuffix(" %")
    return f"{percent(row.share)}  ({low} to {high})"


def _labels(ax: Axes, rows: pd.DataFrame, level: float, up: float) -> None:
    """Write the drivers' names at the left and their numbers at the right."""
    kind, across = lettering_for(ax), 72 * room(ax)[0]
    row_height = (up - 3.5 * kind.text) / (len(rows) + _STRIP + 0.7)
    names = [printable(label) for label in rows["label"]]
    size, wrapped = fit_labels(names, kind.text, 0.36 * across, row_height)
    ax.set_ylim(len(rows) - 0.4, -_STRIP - 0.3)
    ax.set_yticks(range(len(rows)), labels=wrapped, fontsize=size, linespacing=1.1, color=INK, **plain())
    ax.xaxis.label.set(fontsize=kind.text, color=INK, **plain())
    beside = {"xycoords": ax.get_yaxis_transform(), "xytext": (6, 0), "textcoords": "offset points", "va": "center"}
    small = min(kind.text, max(row_height / 1.25, 6.0))
    for y, row in enumerate(rows.itertuples()):
        ax.annotate(_value(row), xy=(1, y), fontsize=small, color=INK, annotation_clip=False, **beside, **plain())
    ax.annotate(f"share ({interval_words(level)})", xy=(1, -0.75), fontsize=0.8 * kind.text, color=GREY,
                annotation_clip=False, **beside, **plain())  # fmt: skip


def _axis(ax: Axes, rows: pd.DataFrame) -> None:
    right = max(rows["high"].max(), rows["share"].max(), 0.05) * 1.06
    left = min(rows["low"].min(), 0.0) * 1.06
    ax.set_xlim(left - 0.012 * (right - left), right)
    ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: percent(x, 0 if right > 0.12 else 1)))
    ax.axvline(0, ymax=(len(rows) - 0.4 + 0.5) / (len(rows) + _STRIP - 0.1), color=INK, linewidth=1, zorder=2)


def _strip(ax: Axes, imp: Importance) -> None:
    """Draw explained against unexplained as one bar of 100 % above the drivers, with the interval of R2."""
    kind, whole = lettering_for(ax), imp.r2_interval()
    estimate, low, high = (min(max(whole[key], 0.0), 1.0) for key in ("estimate", "low", "high"))
    strip = ax.inset_axes((0, -_STRIP + 0.35, 1, 0.55), transform=ax.get_yaxis_transform())
    strip.set(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[])
    for side in strip.spines.values():
        side.set_visible(False)
    strip.barh(0.5, estimate, height=1, color=BLUE)
    strip.barh(0.5, 1 - estimate, left=estimate, height=1, color=PALE, edgecolor="white", hatch="///", linewidth=0)
    strip.plot([low, high], [0.5, 0.5], color=INK, linewidth=2, marker="|", markersize=9, markeredgewidth=2)
    explained = f"explained {percent(estimate)} ({percent(low)[:-2]} to {percent(high)[:-2]})"
    written = {"fontsize": 0.88 * kind.text, "va": "bottom", "color": INK, **plain()}
    strip.annotate(explained, xy=(0, 1), xytext=(0, 3), textcoords="offset points", ha="left", **written)
    strip.annotate(f"not explained {percent(1 - estimate)}", xy=(1, 1), xytext=(0, 3), textcoords="offset points",
                   ha="right", **written)  # fmt: skip
