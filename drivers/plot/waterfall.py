"""`plot_waterfall`: why a mean moved between two waves, part by part, with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from drivers.plot.fine_print import ASSOCIATION, headed, interval_words
from drivers.plot.frame import clear, headline, headline_height, height_for, lettering_for, open_axes, room, settle
from drivers.plot.lettering import plain
from drivers.plot.rows import write_rows
from drivers.plot.scale import number_ticks
from drivers.plot.style import BLUE, GREY, INK, PALE, VERMILLION, number, signed_inside, styled

if TYPE_CHECKING:
    from drivers.change.why import Waterfall

MOST_DRIVERS = 6
"""Drivers with a bar of their own per part; the others have one together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bar:
    name: str
    size: float
    low: float
    high: float


def plot_waterfall(fall: Waterfall, ax: Axes | None = None, *, most: int = MOST_DRIVERS) -> Axes:
    """Bars from the earlier mean to the later: ratings, what they count for, who was asked, and the rest.

    Bars that lift the mean are blue and carry a plus, bars that lower it red-brown and hatched with a minus; the line
    across the end of a bar is its interval.

    Parameters
    ----------
    fall : Waterfall
        Result of `drivers.change`.
    ax : Axes, optional
        Where to draw; a new figure when left out.
    most : int
        Drivers with a bar of their own per part, the largest; the others have one together.

    Returns
    -------
    Axes
        The one drawn on; x is the mean of the outcome in scale points, one row per part.
    """
    bars = _bars(fall, most)
    words = _words(fall)
    with styled():
        ax = open_axes(ax, (9.0, height_for(round(1.4 * (len(bars) + 2)))))
        kind, (_, up) = lettering_for(ax), room(ax)
        row_height = (72 * up - headline_height(ax, *words) - 4 * kind.text) / (len(bars) + 2)
        names = [f"{fall.wave_before} (n = {fall.n_before:,})", *(bar.name for bar in bars),
                 f"{fall.wave_after} (n = {fall.n_after:,})"]  # fmt: skip
        values = [number(fall.before), *(_value(bar) for bar in bars), number(fall.after)]
        clear(ax)
        write_rows(ax, names, values, heading="mean, and points", row_height=row_height)
        _draw(ax, fall, bars)
        headline(ax, *words)
        settle(ax)
    return ax


def _bars(fall: Waterfall, most: int) -> list[_Bar]:
    found: list[_Bar] = []
    table = fall.table
    for part, words in (("performance", "ratings of"), ("sensitivity", "weight of")):
        rows = table[(table["part"] == part) & (table["driver"] != "")]
        order = rows["estimate"].abs().sort_values(ascending=False, kind="stable").index
        own = set(order) if len(rows) <= most else set(order[: most - 1])
        for index, row in rows.iterrows():
            if index in own:
                name = f"{words} {row['label']}"
                found.append(_Bar(name=name, size=row["estimate"], low=row["low"], high=row["high"]))
        rest = rows.loc[[index for index in rows.index if index not in own], "estimate"]
        if len(rest):
            found.append(_Bar(name=f"{words} {len(rest)} others", size=float(rest.sum()), low=float("nan"),
                              high=float("nan")))  # fmt: skip
    for part, words in (("mix", "who was asked"), ("unexplained", "unexplained")):
        row = fall.part(part)
        if part == "unexplained" or fall.mix:
            found.append(_Bar(name=words, size=row["estimate"], low=row["low"], high=row["high"]))
    return found


def _value(bar: _Bar) -> str:
    if bar.low != bar.low:
        return signed_inside(bar.size, bar.size - 0.1, bar.size + 0.1)[0]
    value, span = signed_inside(bar.size, bar.low, bar.high)
    return f"{value} ({span})"


def _draw(ax: Axes, fall: Waterfall, bars: list[_Bar]) -> None:
    last = len(bars) + 1
    at = fall.before
    edges = [fall.before, fall.after]
    for y, bar in enumerate(bars, start=1):
        colour = BLUE if bar.size >= 0 else VERMILLION
        ax.barh(y, bar.size, left=at, height=0.62, color=colour, hatch=None if bar.size >= 0 else "////",
                edgecolor="white", linewidth=0, zorder=2)  # fmt: skip
        ax.plot([at, at], [y - 1, y + 0.31], color=GREY, linewidth=0.8, zorder=1.5)
        if bar.low == bar.low:
            ax.plot([at + bar.low, at + bar.high], [y, y], color=INK, linewidth=1.4, zorder=3)
            edges += [at + bar.low, at + bar.high]
        at += bar.size
        edges.append(at)
    ax.plot([at, at], [last - 1, last + 0.31], color=GREY, linewidth=0.8, zorder=1.5)
    low, high = min(edges), max(edges)
    spare = 0.06 * max(high - low, 0.02)
    for y, value in ((0, fall.before), (last, fall.after)):
        ax.plot([value], [y], marker="D", markersize=1.2 * lettering_for(ax).dot, color=INK, zorder=4)
    ax.set_xlim(low - spare, high + spare)
    ax.set_ylim(last + 0.6, -0.9)
    ticks, labels = number_ticks(low - spare, high + spare)
    ax.set_xticks(ticks, labels=labels, fontsize=0.95 * lettering_for(ax).text, color=INK, **plain())
    ax.axhline(last - 0.5, color=PALE, linewidth=1)


def _words(fall: Waterfall) -> tuple[str, str, tuple[str, ...]]:
    change = fall.part("change")
    value, span = signed_inside(change["estimate"], change["low"], change["high"])
    return (
        headed(fall.label, "why the mean moved"),
        f"{fall.wave_before} to {fall.wave_after}: {value} points ({span})",
        (
            f"black line: {interval_words(fall.level)} of each part",
            "ratings of: a driver was rated otherwise; weight of: a rating counts for more or less",
            "blue and +: lifts the mean; hatched and \N{MINUS SIGN}: lowers it",
            f"weights are counted from {_anchor(fall)}",
            "parts are averaged over both waves as a base and add up to the change",
            ASSOCIATION,
        ),
    )


def _anchor(fall: Waterfall) -> str:
    values = {round(value, 2) for value in fall.anchor.values()}
    return f"a rating of {values.pop():g}" if len(values) == 1 else "each scale's declared anchor"
