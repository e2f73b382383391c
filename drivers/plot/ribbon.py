"""`plot_ribbon`: one series from wave to wave as a band, with what may be said of its last change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from drivers.defaults import MIN_BASE_CELL
from drivers.errors import InputError, nearest
from drivers.plot.fine_print import headed, interval_words
from drivers.plot.frame import clear, headline, lettering_for, open_axes, room, settle
from drivers.plot.lettering import fit_labels, plain, printable, width, wrap
from drivers.plot.scale import number_ticks, percent_ticks
from drivers.plot.style import BLUE, GREY, INK, MINUS, PALE, SKY, VERMILLION, number, percent, signed, styled
from drivers.survey.plain_text import shown_count

if TYPE_CHECKING:
    from drivers.change.result import Change

NAMES = {
    "top2": "Share of answers in the top two boxes (%)",
    "nps": f"Net promoter score ({MINUS}100 to 100)",
    "ces": "Customer effort score (mean, scale points)",
    "mean": "Mean (scale points)",
    "gap": "Perceived less expected (scale points)",
    "slope": "Slope (outcome points per driver point)",
}
UP, DOWN = "\N{BLACK UP-POINTING TRIANGLE}", "\N{BLACK DOWN-POINTING TRIANGLE}"
REFERENCES = {"previous": "the wave before", "year_ago": "a year ago"}


def series_of(change: Change, item: str | None, kind: str) -> pd.DataFrame:
    """Return the rows by wave of one series.

    Parameters
    ----------
    change : Change
        The result.
    item : str or None
        Which column; None takes the first of its kind.
    kind : {"score", "gap", "slope"}
        What is meant: its score, or its slope.

    Returns
    -------
    DataFrame
        One row per wave.

    Raises
    ------
    InputError
        If there is no such series.
    """
    rows = change.by_wave[change.by_wave["kind"] == kind]
    there = list(dict.fromkeys(rows["item"]))
    if not there or (item is not None and item not in there):
        raise InputError(f"No {kind} of {nearest(item or '', there)} among these changes. There are: {there}.")
    return rows[rows["item"] == (item or there[0])]


def change_text(value: float, measure: str) -> str:
    """Return a change `value` as "+3.2 points" of percent for top2, else in the units of its `measure`."""
    if measure == "top2":
        return f"{signed(100 * value, 1)} points"
    return signed(value, 1 if measure == "nps" else 2)


def plot_ribbon(change: Change, ax: Axes | None = None, *, item: str | None = None, kind: str = "score") -> Axes:
    """Points joined by a line in the band of their intervals; bases below, changes with their probability beside.

    A change that may be claimed carries a triangle that points its way and is named so; others have a plain dot.

    Parameters
    ----------
    change : Change
        Result of `drivers.change`.
    ax : Axes, optional
        Where to draw; a new figure when left out.
    item : str, optional
        Which outcome or driver; the first of its kind when left out.
    kind : {"score", "gap", "slope"}
        Whether its score or its slope.

    Returns
    -------
    Axes
        The one drawn on; x is the wave, y the score or slope.

    Raises
    ------
    InputError
        If there is no such series.
    """
    rows = series_of(change, item, kind).reset_index(drop=True)
    measure, name = str(rows["measure"].iloc[0]), str(rows["item"].iloc[0])
    judged = change.table[(change.table["kind"] == kind) & (change.table["item"] == name)]
    with styled():
        ax = open_axes(ax, (9.0, 4.6))
        clear(ax, grid=None)
        _name_waves(ax, rows)
        _band(ax, rows)
        _mark(ax, rows, judged)
        _height(ax, rows, measure)
        headline(ax, *_words(change, rows, judged, measure))
        settle(ax)
    return ax


def _band(ax: Axes, rows: pd.DataFrame) -> None:
    x, y = np.arange(len(rows)), rows["estimate"].to_numpy(float)
    low, high = rows["low"].to_numpy(float), rows["high"].to_numpy(float)
    ax.fill_between(x, low, high, color=SKY, alpha=0.35, linewidth=0, zorder=1.5)
    ax.vlines(x, low, high, color=BLUE, linewidth=1.2, zorder=2)
    ax.plot(x, y, color=BLUE, linewidth=2, marker="o", markersize=lettering_for(ax).dot, markeredgecolor="white",
            zorder=3)  # fmt: skip
    for place in np.flatnonzero(~np.isfinite(y)):
        ax.plot([place], [0.03], marker="x", markersize=lettering_for(ax).dot, markeredgewidth=1.6, color=GREY,
                transform=ax.get_xaxis_transform(), linestyle="none", zorder=4)  # fmt: skip


def _mark(ax: Axes, rows: pd.DataFrame, judged: pd.DataFrame) -> None:
    flagged = judged[judged["flag"]]
    last = len(rows) - 1
    if flagged.empty or not np.isfinite(float(rows["estimate"].iloc[last])):
        return
    up = flagged.iloc[0]["direction"] == "up"
    ax.plot([last], [float(rows["estimate"].iloc[last])], marker="^" if up else "v", linestyle="none",
            markersize=2.4 * lettering_for(ax).dot, color=BLUE if up else VERMILLION, markeredgecolor="white",
            zorder=5)  # fmt: skip


def _name_waves(ax: Axes, rows: pd.DataFrame) -> None:
    kind, across = lettering_for(ax), 72 * room(ax)[0]
    wide = (across - 5 * kind.text) / len(rows)
    counts = ["n hidden" if np.isnan(n) else f"n = {shown_count(int(n))}".replace("= <", "< ") for n in rows["n"]]
    size = max(min(0.95 * kind.text, 0.92 * wide / max(width(words, 1.0) for words in counts)), 4.5)
    size, names = fit_labels([printable(str(wave)) for wave in rows["wave"]], size, 0.92 * wide, 4 * kind.text)
    labels = [f"{name}\n{words}" for name, words in zip(names, counts, strict=True)]
    ax.set_xticks(range(len(rows)), labels=labels, fontsize=size, linespacing=1.25, color=INK, **plain())
    ax.set_xlim(-0.5, len(rows) - 0.5)


def _height(ax: Axes, rows: pd.DataFrame, measure: str) -> None:
    kind, (_, up) = lettering_for(ax), room(ax)
    ends = rows[["low", "estimate", "high"]].to_numpy(float)
    known = np.isfinite(ends).any()
    low, high = (float(np.nanmin(ends)), float(np.nanmax(ends))) if known else (0.0, 1.0)
    spare = max({"top2": 0.2, "nps": 30.0, "slope": 0.3}.get(measure, 0.6) - (high - low), 0.16 * (high - low)) / 2
    y = (low - spare, high + spare)
    ticks, labels = percent_ticks(*y) if measure == "top2" else number_ticks(*y)
    ax.set_yticks(ticks, labels=labels, fontsize=0.95 * kind.text, color=INK, **plain())
    ax.set_ylim(*y)
    ax.hlines(ticks, *ax.get_xlim(), color=PALE, linewidth=0.8, zorder=1)
    if y[0] < 0 < y[1] and measure in ("nps", "gap", "slope"):
        ax.axhline(0, color=INK, linewidth=1, zorder=1.4)
    title = "\n".join(wrap(NAMES.get(measure, measure), kind.text, 0.5 * 72 * up))
    ax.set_ylabel(title, fontsize=kind.text, color=INK, **plain())


def said_of(row: Any) -> str:
    """Return what may be said of one change, a `row` of ``Change.tidy()``: size, probability, and whether claimed."""
    reference = REFERENCES.get(str(row.against), "")
    since = f"since {reference} ({row.wave})" if reference else f"since {row.wave}"
    if not np.isfinite(row.change):
        return f"{since}: not shown"
    sign = f"{UP if row.direction == 'up' else DOWN} flagged" if row.flag else "not flagged"
    word = "no reading" if not np.isfinite(row.p_change) else f"P({row.direction}) {row.p_change:.2f}"
    return f"{since}: {change_text(row.change, str(row.measure))}, {word}, {sign}"


def _words(
    change: Change, rows: pd.DataFrame, judged: pd.DataFrame, measure: str
) -> tuple[str, str, tuple[str, ...]]:
    label = str(rows["label"].iloc[0])
    names = {"top2": "top-two-box share", "nps": "net promoter score", "gap": "gap by wave",
             "slope": f"slope of {change.label(change.outcome)}"}  # fmt: skip
    title = label if measure == "gap" else headed(label, names.get(measure, measure))
    notes = [
        f"band: {interval_words(change.level)}",
        f"{UP} {DOWN}: a change that may be claimed; of such claims at most one in ten is expected to be false",
        "P: posterior probability, shrunk by what all series show",
        *(["seasons allowed for"] if change.seasonal else []),
    ]
    if not rows["shown"].all():
        hidden = rows[~rows["shown"].astype(bool)]
        small = (hidden["n"].fillna(0) < MIN_BASE_CELL).all()
        notes.append(f"\N{MULTIPLICATION SIGN}: {'not asked, or base too small' if small else 'not shown'}")
    return title, "; ".join(said_of(row) for row in judged.itertuples()), tuple(notes)


def value_text(value: float, measure: str) -> str:
    """Return the `value` of a score, gap or slope in the digits of its `measure`, as a table prints it."""
    return percent(value) if measure == "top2" else number(value, 0 if measure == "nps" else 2)
