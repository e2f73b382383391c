"""`plot_scores`: one score from wave to wave, with intervals and the number of answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from drivers.defaults import MIN_BASE_CELL
from drivers.errors import InputError, nearest, quoted
from drivers.plot.fine_print import headed, interval_words
from drivers.plot.frame import clear, headline, lettering_for, open_axes, room, settle
from drivers.plot.lettering import fit_labels, plain, printable, width, wrap
from drivers.plot.scale import number_ticks, percent_ticks
from drivers.plot.style import INK, MARKERS, MINUS, PALE, SERIES, styled
from drivers.survey.plain_text import shown_count
from drivers.survey.wave_order import wave_order

if TYPE_CHECKING:
    from drivers.survey.scores import Scores

_NAMES = {
    "top2": "Share of answers in the top two boxes (%)",
    "nps": f"Net promoter score ({MINUS}100\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}100)",
    "ces": "Customer effort score (mean, scale points)",
    "mean": "Mean (scale points)",
}
_LEAST_SPAN = {"top2": 0.2, "nps": 30.0}  # so that a small wobble does not fill the chart
_LIMITS = {"top2": (0.0, 1.0), "nps": (-100.0, 100.0)}


def plot_scores(scores: Scores, ax: Axes | None = None, *, item: str | None = None, measure: str | None = None) -> Axes:
    """Points with intervals joined by a line along the first grouping column; one line per further group.

    Parameters
    ----------
    scores : Scores
        Scores to draw, by wave and perhaps by segment.
    ax : Axes, optional
        Where to draw; a new figure when left out.
    item : str, optional
        Which item; the first one when left out.
    measure : str, optional
        Which measure of that item, for instance ``"nps"``; its first one when left out.

    Returns
    -------
    Axes
        The one drawn on; x is the wave, y the score (percent for top-two, points for NPS, scale points for means).

    Raises
    ------
    InputError
        If there is no such item, or no such measure of it.
    """
    by = list(scores.by)
    rows = _chosen(scores.table, item, measure)
    order = [_group(value) for value in wave_order(rows[by[0]].drop_duplicates())[0]] if by else []
    rows = rows.assign(**{column: [_group(value) for value in rows[column]] for column in by})
    if by:
        rows = rows.iloc[np.argsort([order.index(wave) for wave in rows[by[0]]], kind="stable")]
    measure = str(rows["measure"].iloc[0])
    waves = list(dict.fromkeys(order)) or [""]
    groups = _groups(rows, by[1:])
    if len(groups) > len(SERIES):
        raise InputError(
            f"{len(groups)} groups of {quoted(by[1:])} are too many lines for one chart (at most {len(SERIES)}). "
            f"Score fewer: keep the largest groups, or `scores(answers, by={tuple(by[:1])!r})`."
        )
    with styled():
        ax = open_axes(ax, (9.0, 4.6))
        clear(ax, grid=None)
        base = rows.groupby(by[0], sort=False)["n"].sum() if by else pd.Series({"": rows["n"].sum()})
        _waves(ax, waves, [int(base[wave]) for wave in waves], list(groups))
        for k, (name, group) in enumerate(groups.items()):
            shift = 0.0 if len(groups) == 1 else 0.4 * (k / (len(groups) - 1) - 0.5)
            places = [waves.index(wave) + shift for wave in group[by[0]]] if by else [0.0]
            _line(ax, group, places, k, printable(name))
        _height(ax, rows, measure)
        if len(groups) > 1:
            _legend(ax, list(groups))
        n = sum(int(count) for count in base if count >= MIN_BASE_CELL)  # else the hidden one were the difference
        headline(ax, *_words(scores, rows, n, len(groups) > 1))
        settle(ax)
    return ax


def _group(value: Any) -> str:
    """Return the name of a group; those who gave none are a group of their own."""
    return "no answer" if pd.isna(value) else str(value)


def _chosen(rows: pd.DataFrame, item: str | None, measure: str | None) -> pd.DataFrame:
    for column, wanted in (("item", item), ("measure", measure)):
        there = list(dict.fromkeys(rows[column].astype(str)))
        if wanted is not None and wanted not in there:
            raise InputError(f"No {column} {nearest(wanted, there)} among these scores. There are: {quoted(there)}.")
        rows = rows[rows[column].astype(str) == (wanted or there[0])]
    return rows


def _groups(rows: pd.DataFrame, columns: list[str]) -> dict[str, pd.DataFrame]:
    """Return the rows of each line, in order of appearance."""
    if not columns:
        return {"": rows}
    names = rows[columns].astype(str).agg(", ".join, axis=1)
    return {name: rows[names == name] for name in dict.fromkeys(names)}


def _line(ax: Axes, rows: pd.DataFrame, places: list[float], k: int, name: str) -> None:
    """Draw one line; a group below the base leaves a gap in it."""
    known = rows["shown"].to_numpy(bool)
    y = rows["estimate"].where(known).to_numpy(float)
    ax.plot(
        places,
        y,
        color=SERIES[k],
        linewidth=2,
        marker=MARKERS[k],
        markersize=lettering_for(ax).dot,
        markeredgecolor="white",
        label=name,
        zorder=3,
    )
    low, high = rows["low"].where(known).to_numpy(float), rows["high"].where(known).to_numpy(float)
    ax.vlines(places, low, high, color=SERIES[k], linewidth=1.6, zorder=2)
    bottom = ax.get_xaxis_transform()
    for place, shown in zip(places, known, strict=True):
        if not shown:
            ax.plot(
                [place],
                [0.02],
                marker="x",
                markersize=lettering_for(ax).dot,
                markeredgewidth=1.6,
                color=SERIES[k],
                transform=bottom,
                linestyle="none",
                zorder=4,
            )


def _waves(ax: Axes, waves: list[str], bases: list[int], groups: list[str]) -> None:
    """Name the waves, their bases below, in type that fits beside the legend."""
    kind, across = lettering_for(ax), 72 * room(ax)[0]
    legend = min(max(width(name, 0.9 * kind.text) for name in groups), 0.22 * across) + 4 * kind.text
    wide = (across - 5 * kind.text - (legend if len(groups) > 1 else 0)) / len(waves)
    counts = [f"n = {shown_count(n)}".replace("= <", "< ") for n in bases]
    widest = max(width(words, 1.0) for words in counts)
    size = max(min(0.95 * kind.text, 0.92 * wide / widest), 4.5)
    size, names = fit_labels([printable(wave) for wave in waves], size, 0.92 * wide, 4 * kind.text)
    labels = [f"{name}\n{words}" if name else words for name, words in zip(names, counts, strict=True)]
    ax.set_xticks(range(len(waves)), labels=labels, fontsize=size, linespacing=1.25, color=INK, **plain())
    ax.set_xlim(-0.5, len(waves) - 0.5)


def _height(ax: Axes, rows: pd.DataFrame, measure: str) -> None:
    kind, (_, up) = lettering_for(ax), room(ax)
    shown = rows[rows["shown"].astype(bool)]
    ends = shown[["low", "estimate", "high"]].to_numpy(float)
    low, high = (float(np.nanmin(ends)), float(np.nanmax(ends))) if len(shown) else (0.0, 1.0)
    spare = max(_LEAST_SPAN.get(measure, 0.6) - (high - low), 0.16 * (high - low)) / 2
    floor, ceiling = _LIMITS.get(measure, (-float("inf"), float("inf")))
    y = (max(low - spare, floor - 0.02 * (high - low)), min(high + spare, ceiling + 0.02 * (high - low)))
    ticks, labels = percent_ticks(*y) if measure == "top2" else number_ticks(*y)
    ax.set_yticks(ticks, labels=labels, fontsize=0.95 * kind.text, color=INK, **plain())
    ax.set_ylim(*y)
    ax.hlines(ticks, *ax.get_xlim(), color=PALE, linewidth=0.8, zorder=1)
    if y[0] < 0 < y[1] and measure == "nps":
        ax.axhline(0, color=INK, linewidth=1, zorder=1.5)
    title = _NAMES.get(measure, measure.replace("_", " "))
    ax.set_ylabel("\n".join(wrap(title, kind.text, 0.5 * 72 * up)), fontsize=kind.text, color=INK, **plain())


def _legend(ax: Axes, names: list[str]) -> None:
    kind, across = lettering_for(ax), 72 * room(ax)[0]
    legend = ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=0.9 * kind.text)
    for text in legend.get_texts():
        text.set_text("\n".join(wrap(text.get_text(), 0.9 * kind.text, 0.22 * across)))
        text.set(color=INK, **plain())


def _words(scores: Scores, rows: pd.DataFrame, n: int, several: bool) -> tuple[str, str, tuple[str, ...]]:
    label, measure = str(rows["label"].iloc[0]), str(rows["measure"].iloc[0])
    along = " and ".join(str(column) for column in scores.by)
    shown = rows[rows["shown"].astype(bool)]
    notes = [
        f"n = {n:,} (effective n {shown['n_eff'].sum():,.0f})",
        f"points: estimates; upright lines: {interval_words(scores.level)}",
    ]
    if (rows["n"] < MIN_BASE_CELL).any():
        notes.append(f"\N{MULTIPLICATION SIGN}: base under {MIN_BASE_CELL}, not shown")
    if (~rows["shown"].astype(bool) & (rows["n"] >= MIN_BASE_CELL)).any():
        notes.append("\N{MULTIPLICATION SIGN}: weight of zero, or nearly all with few people, not shown")
    if shown["low"].isna().any():
        notes.append("point without a line: no interval can be computed")
    if several:
        notes.append("n under the axis: all groups together")
    name = {"top2": "top-two-box share", "nps": "net promoter score", "ces": "customer effort score"}
    return (
        headed(label, name.get(measure, measure.replace("_", " "))),
        f"By {along}" if along else "All answers",
        tuple(notes),
    )
