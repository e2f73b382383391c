"""`slope_share`: the two meanings of "contributes" side by side, so that neither passes for the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.axes import Axes

from drivers.defaults import NEAR_ZERO
from drivers.errors import InputError
from drivers.plot.crosses import Cross, name_crosses, write_key
from drivers.plot.fine_print import bound_words, fine_print, headed, interval_words, slope_words
from drivers.plot.frame import (
    clear,
    headline,
    headline_height,
    height_for,
    lettering_for,
    open_axes,
    room,
    settle,
)
from drivers.plot.lettering import plain, printable, wrap
from drivers.plot.scale import number_ticks, percent_ticks
from drivers.plot.style import BLUE, GREY, INK, PALE, VERMILLION, styled

if TYPE_CHECKING:
    from drivers.importance.result import Importance

_NAMED = 6  # up to so many drivers are named beside their points; more get numbers and a key


def slope_share(imp: Importance, ax: Axes | None = None) -> Axes:
    """Slope against share, a cross of intervals for each driver.

    A driver far to the right on the zero line has a high share and no slope: it moves with the outcome because it
    moves with other drivers. Open squares mark slopes whose interval includes zero.

    Parameters
    ----------
    imp : Importance
        Shares and slopes to draw.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x is the share of outcome variance (R2 units, labelled in percent), y the slope in outcome
        points (latent units for ordinal and logit) per point of the driver. Groups have no one slope and are left out.

    Raises
    ------
    InputError
        If there are only groups.
    """
    rows = imp.tidy().dropna(subset="slope").sort_values("share", ascending=False, kind="stable")
    if rows.empty:
        raise InputError("Groups have no one slope to draw. Take the importance of single drivers: importance(fit).")
    with styled():
        ax = open_axes(ax, (9.0, max(height_for(len(rows)), 4.6)))
        clear(ax)
        ax.grid(False)
        words = _words(imp, rows)
        _axes(ax, imp, rows)
        for row in rows.itertuples():
            _cross(ax, row)
        headline(ax, *words)
        names = [_name(row) for row in rows.itertuples()]
        settle(ax)
        crosses = [_cross_of(row) for row in rows.itertuples()]
        if len(rows) > _NAMED or not name_crosses(ax, crosses, names, lettering_for(ax).text, "none", level=0):
            write_key(ax, names, 72 * room(ax)[1] - headline_height(ax, *words) - 3.5 * lettering_for(ax).text)
            settle(ax)
            numbers = [str(k + 1) for k in range(len(rows))]
            name_crosses(ax, crosses, numbers, 0.85 * lettering_for(ax).text, GREY, level=0)
    return ax


def _crosses_zero(row: Any) -> bool:
    return bool(row.slope_low <= 0 <= row.slope_high)


def _name(row: Any) -> str:
    lost = _crosses_zero(row) and row.share >= NEAR_ZERO
    return printable(f"{row.label} (high share, no slope)" if lost else row.label)


def _words(imp: Importance, rows: pd.DataFrame) -> tuple[str, str, tuple[str, ...]]:
    signs = [f"crosses: {interval_words(imp.level)} of share and of slope"]
    if any(_crosses_zero(row) for row in rows.itertuples()):
        signs.append("open square: interval of the slope includes zero")
    if any("no slope" in _name(row) for row in rows.itertuples()):
        signs.append("high share, no slope: it moves with the outcome because it moves with other drivers")
    if rows["near_zero"].any():
        signs.append(f"dotted: share near zero, {bound_words(imp.level)}")
    return (
        headed(imp.label(imp.outcome), "slope against share"),
        "Slope: what goes with one point more of a driver, others equal. Share: part of all differences",
        fine_print(imp, *signs),
    )


def _axes(ax: Axes, imp: Importance, rows: pd.DataFrame) -> None:
    kind, (across, up) = lettering_for(ax), room(ax)
    wide = rows["high"].max() - min(rows["low"].min(), 0)
    tall = max(rows["slope_high"].max(), 0) - min(rows["slope_low"].min(), 0)
    x = (min(rows["low"].min(), 0) - 0.03 * wide, max(rows["high"].max(), 0.02) + 0.08 * wide)
    y = (min(rows["slope_low"].min(), 0) - 0.12 * tall - 1e-3, max(rows["slope_high"].max(), 0) + 0.12 * tall + 1e-3)
    for axis, (ticks, labels) in ((ax.xaxis, percent_ticks(*x)), (ax.yaxis, number_ticks(*y))):
        axis.set_ticks(ticks, labels=labels, fontsize=0.9 * kind.text, color=INK, **plain())
    ax.set(xlim=x, ylim=y)
    ax.vlines(ax.get_xticks(), *y, color=PALE, linewidth=0.8, zorder=1)
    ax.hlines(ax.get_yticks(), *x, color=PALE, linewidth=0.8, zorder=1)
    ax.axhline(0, color=INK, linewidth=1.2, zorder=2)
    share = printable(f"Share of differences in {imp.label(imp.outcome)} (R²,\N{NO-BREAK SPACE}%)")
    slope = printable(slope_words(imp.label(imp.outcome), imp.link))
    lettered: dict[str, Any] = {"fontsize": kind.text, "color": INK, **plain()}
    ax.set_xlabel("\n".join(wrap(share, kind.text, 0.5 * 72 * across)), **lettered)
    ax.set_ylabel("\n".join(wrap(slope, kind.text, 0.5 * 72 * up)), **lettered)


def _cross_of(row: Any) -> Cross:
    return Cross(x=row.share, y=row.slope, left=row.low, right=row.high, bottom=row.slope_low, top=row.slope_high)


def _cross(ax: Axes, row: Any) -> None:
    colour = VERMILLION if _crosses_zero(row) else BLUE
    bound = bool(row.near_zero)
    ax.plot([0 if bound else row.low, row.high], [row.slope, row.slope], color=colour, linewidth=1.3, zorder=3,
            linestyle=(0, (1, 1.5)) if bound else "-")  # fmt: skip
    ax.plot([row.share, row.share], [row.slope_low, row.slope_high], color=colour, linewidth=1.3, zorder=3)
    ax.plot(
        [row.share],
        [row.slope],
        marker="s" if _crosses_zero(row) else "o",
        markersize=lettering_for(ax).dot,
        markeredgewidth=1.5,
        color="white" if _crosses_zero(row) else colour,
        markeredgecolor=colour,
        zorder=4,
    )
