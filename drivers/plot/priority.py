"""`plot_priority`: how well each driver does against how much it matters, a cross of intervals for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes

from drivers.defaults import LIKELY
from drivers.plot.crosses import Cross, name_crosses, write_key
from drivers.plot.fine_print import ASSOCIATION, base_words, headed, interval_words, model_words
from drivers.plot.frame import clear, headline, headline_height, height_for, lettering_for, open_axes, room, settle
from drivers.plot.lettering import plain, printable, wrap
from drivers.plot.scale import number_ticks
from drivers.plot.style import BLUE, GREY, INK, PALE, VERMILLION, percent, styled

if TYPE_CHECKING:
    from drivers.scenario.priority import PriorityMap

_NAMED = 6  # up to so many drivers are named beside their points; more get numbers and a key


def plot_priority(result: PriorityMap, ax: Axes | None = None) -> Axes:
    """Map of importance against performance, with the drivers' averages dashed and the middle of the scale dotted.

    Full dots are drivers whose quadrant, against the averages, is likely; open ones could well be in another.

    Parameters
    ----------
    result : PriorityMap
        From `priority_map`.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x is performance (0 to 100), y importance (outcome points per driver point, both of 100).
    """
    rows = result.tidy().sort_values("importance", ascending=False, kind="stable")
    crosses = [
        Cross(x=row["performance"], y=row["importance"], left=row["performance_low"], right=row["performance_high"],
              bottom=row["importance_low"], top=row["importance_high"]) for row in rows.to_dict("records")
    ]  # fmt: skip
    names = [printable(label) for label in rows["label"]]
    with styled():
        ax = open_axes(ax, (9.0, max(height_for(len(rows)), 5.0)))
        clear(ax)
        ax.grid(False)
        words = _words(result, rows)
        _axes(ax, result, crosses)
        for one, p, quadrant in zip(crosses, rows["p"], rows["quadrant"], strict=True):
            _draw(ax, one, VERMILLION if quadrant == "concentrate" else BLUE, sure=p >= LIKELY)
        headline(ax, *words)
        settle(ax)
        kind = lettering_for(ax)
        if len(rows) > _NAMED or not name_crosses(ax, crosses, names, kind.text, "none"):
            write_key(ax, names, 72 * room(ax)[1] - headline_height(ax, *words) - 3.5 * kind.text)
            settle(ax)
            name_crosses(ax, crosses, [str(k + 1) for k in range(len(rows))], 0.85 * kind.text, GREY)
    return ax


def _draw(ax: Axes, one: Cross, colour: str, *, sure: bool) -> None:
    ax.plot([one.left, one.right], [one.y, one.y], color=colour, linewidth=1.3, zorder=3)
    ax.plot([one.x, one.x], [one.bottom, one.top], color=colour, linewidth=1.3, zorder=3)
    ax.plot([one.x], [one.y], marker="o", markersize=lettering_for(ax).dot, markeredgewidth=1.5, zorder=4,
            color=colour if sure else "white", markeredgecolor=colour)  # fmt: skip


def _axes(ax: Axes, result: PriorityMap, crosses: list[Cross]) -> None:
    kind, (across, up) = lettering_for(ax), room(ax)
    middle, average = result.lines
    left, right = min(one.left for one in crosses), max(one.right for one in crosses)
    left, right = min(left, 50.0), max(right, 50.0)
    bottom, top = min(0.0, min(one.bottom for one in crosses)), max(one.top for one in crosses)
    wide, tall = max(right - left, 5.0), max(top - bottom, 1e-3)
    x, y = (left - 0.06 * wide, right + 0.08 * wide), (bottom - 0.1 * tall, top + 0.16 * tall)
    ax.set(xlim=x, ylim=y)
    for axis, (ticks, labels) in ((ax.xaxis, number_ticks(*x)), (ax.yaxis, number_ticks(*y))):
        axis.set_ticks(ticks, labels=labels, fontsize=0.9 * kind.text, color=INK, **plain())
    ax.vlines(ax.get_xticks(), *y, color=PALE, linewidth=0.8, zorder=1)
    ax.hlines(ax.get_yticks(), *x, color=PALE, linewidth=0.8, zorder=1)
    ax.axvline(middle, color=GREY, linewidth=1.2, linestyle=(0, (5, 2)), zorder=2)
    ax.axhline(average, color=GREY, linewidth=1.2, linestyle=(0, (5, 2)), zorder=2)
    ax.axvline(50.0, color=GREY, linewidth=1.4, linestyle=(0, (1, 2)), zorder=2)
    outcome = result.label(result.outcome)
    performance = "Performance (0 worst answer, 100 best)"
    importance = printable(f"Importance (points of {outcome} per driver point)")
    ax.set_xlabel("\n".join(wrap(performance, kind.text, 0.6 * 72 * across)), fontsize=kind.text, color=INK, **plain())
    ax.set_ylabel("\n".join(wrap(importance, kind.text, 0.55 * 72 * up)), fontsize=kind.text, color=INK, **plain())


def _words(result: PriorityMap, rows: pd.DataFrame) -> tuple[str, str, tuple[str, ...]]:
    first = rows[(rows["quadrant"] == "concentrate") & (rows["p"] >= LIKELY)]
    named = ", ".join(first["label"][:3])
    finding = f"Concentrate on {named}: weaker and more important than the average" if len(first) else (
        "No driver is likely to be both weaker and more important than the average"
    )
    return (
        headed(result.label(result.outcome), "what matters, and how well it is done"), finding,
        (
            base_words(result.n, result.n_eff), f"crosses: {interval_words(result.level)}",
            "quadrants by the dashed averages: left above concentrate here, right above keep up, left below low "
            "priority, right below possible overkill", "dotted: middle of the scale",
            f"full dot: quadrant at least {percent(LIKELY)} likely, open: it may be another",
            "both axes in points of 100", model_words(result.model, result.link, result.engine), ASSOCIATION,
        ),
    )  # fmt: skip
