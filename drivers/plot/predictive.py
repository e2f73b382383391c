"""`plot_predictive`: shares of the outcome's categories as observed, and as the model foretells them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from drivers.errors import InputError, nearest
from drivers.plot.fine_print import bases_words, headed, interval_words, model_words
from drivers.plot.frame import clear, headline, lettering_for, open_axes, room, settle
from drivers.plot.lettering import fit_labels, plain, printable
from drivers.plot.scale import percent_ticks
from drivers.plot.style import INK, PALE, SKY, VERMILLION, styled
from drivers.survey.plain_text import shown_count

if TYPE_CHECKING:
    from drivers.fit.bayes.diagnosis import Diagnosis

MOST_BARS = 30
"""Bars on one chart; of more groups those that are most off are drawn, in their order."""

CROSS = "\N{MULTIPLICATION SIGN}"


def plot_predictive(diagnosis: Diagnosis, ax: Axes | None = None, *, by: str = "all") -> Axes:
    """Bars of observed shares, each with the mean foretold and the interval of such surveys.

    A cross over a bar marks a share foretold wrong, by more than chance and more than matters.

    Parameters
    ----------
    diagnosis : Diagnosis
        Result of `drivers.diagnose`.
    ax : Axes, optional
        Where to draw; a new figure when left out.
    by : str
        "all", or the segments, waves or driver by which bars are drawn.

    Returns
    -------
    Axes
        The one drawn on; y is the share of answers.

    Raises
    ------
    InputError
        If nothing was foretold, or not by this column.
    """
    rows, left_out = _rows(diagnosis, by)
    groups = list(dict.fromkeys(rows["group"]))
    bars = len(rows) // len(groups)
    x = np.concatenate([np.arange(bars) + at * (bars + 1) for at in range(len(groups))]).astype(float)
    with styled():
        ax = open_axes(ax, (9.0, 4.8))
        clear(ax, grid=None)
        kind = lettering_for(ax)
        _name(ax, rows, groups, x, by)
        top = 1.12 * float(rows[["observed", "high"]].to_numpy().max())
        ticks, labels = percent_ticks(0, top, most=5)
        ax.set_yticks(ticks, labels=labels, fontsize=0.95 * kind.text, color=INK, **plain())
        ax.hlines(ticks, x[0] - 0.7, x[-1] + 0.7, color=PALE, linewidth=0.8, zorder=1)
        ax.bar(x, rows["observed"], width=0.78, color=SKY, edgecolor="white", zorder=2)
        ax.vlines(x, rows["low"], rows["high"], color=INK, linewidth=0.45 * kind.dot, zorder=3)
        ax.plot(x, rows["foretold"], linestyle="none", marker="o", markersize=kind.dot, color=INK,
                markeredgecolor="white", zorder=4)  # fmt: skip
        for place, row in zip(x, rows.itertuples(), strict=True):
            if row.misfit:
                ax.plot([place], [max(float(str(row.observed)), float(str(row.high))) + 0.04 * top], marker="X",
                        markersize=1.5 * kind.dot, color=VERMILLION, markeredgecolor="white", zorder=5)  # fmt: skip
        ax.set(xlim=(x[0] - 0.8, x[-1] + 0.8), ylim=(0, top))
        ax.set_ylabel("Share of answers", fontsize=kind.text, color=INK, **plain())
        headline(ax, *_words(diagnosis, rows, by, left_out))
        settle(ax)
    return ax


def _rows(diagnosis: Diagnosis, by: str) -> tuple[pd.DataFrame, int]:
    """Return the rows of the bars to draw, and the number of groups left out."""
    if diagnosis.predictive is None:
        raise InputError("Nothing was foretold for this fit; its diagnosis says why.")
    bars = diagnosis.predictive.bars
    column = "" if by == "all" else by
    if column not in set(bars["column"]):
        there = ["all", *(name for name in dict.fromkeys(bars["column"]) if name)]
        raise InputError(f"{nearest(by, there)} is none of what bars are foretold by: {there}.")
    rows = bars[bars["column"] == column]
    size = rows.groupby("group", sort=False).size().iloc[0]
    most = max(MOST_BARS // int(size), 1)
    off = rows["off"].abs().groupby(rows["group"], sort=False).max()
    kept = set(off.sort_values(ascending=False).index[:most])
    return rows[rows["group"].isin(kept)].reset_index(drop=True), len(off) - len(kept)


def _name(ax: Axes, rows: pd.DataFrame, groups: list[str], x: np.ndarray, by: str) -> None:
    """Name every bar and, below, every group with its base."""
    kind, across = lettering_for(ax), 72 * room(ax)[0] - 5 * lettering_for(ax).text
    bars = len(rows) // len(groups)
    one = across / (len(x) + len(groups))
    size, names = fit_labels([printable(str(name)) for name in rows["category"]], 0.9 * kind.text, 0.95 * one,
                             3 * kind.text)  # fmt: skip
    ax.set_xticks(x, labels=names, fontsize=size, color=INK, **plain())
    if by == "all":
        return
    lines = max(name.count("\n") + 1 for name in names)
    ax.xaxis.remove_overlapping_locs = False
    n = rows["n"].to_numpy()[::bars]
    told = [printable(f"{group} (n {shown_count(int(count))})") for group, count in zip(groups, n, strict=True)]
    large, told = fit_labels(told, kind.text, 0.95 * one * (bars + 1), 3.6 * kind.text)
    middle = [float(x[at * bars : (at + 1) * bars].mean()) for at in range(len(groups))]
    ax.set_xticks(middle, labels=told, minor=True, fontsize=large, color=INK, **plain(bold=True))
    ax.tick_params(axis="x", which="minor", length=0, pad=4 + 1.35 * size * lines)


def _words(
    diagnosis: Diagnosis, rows: pd.DataFrame, by: str, left_out: int
) -> tuple[str, str, tuple[str, ...]]:
    assert diagnosis.predictive is not None
    where = "" if by == "all" else f" by {diagnosis.label(by)}"
    wrong = int(rows["misfit"].sum())
    said = (
        f"The model foretells every share{where} as well as chance allows" if not wrong
        else f"{CROSS} {wrong} of {len(rows)} shares{where} are foretold wrong"
    )
    notes = [
        bases_words(rows["n"]), "bar: observed",
        f"dot and line: foretold for the same people, {interval_words(diagnosis.predictive.level)}",
        *([f"{CROSS}: off by more than chance and more than matters"] if wrong else []),
        *([f"{left_out} group(s) that are less off are not drawn"] if left_out else []),
        model_words(diagnosis.model, diagnosis.link, "bayes"),
    ]
    title = headed(diagnosis.label(diagnosis.outcome), f"observed and foretold{where}")
    return title, said, tuple(notes)
