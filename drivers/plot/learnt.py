"""`plot_learnt`: what was likely before the answers, and after them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pandas as pd
from matplotlib.axes import Axes

from drivers.defaults import INNER_LEVEL
from drivers.errors import InputError
from drivers.plot.fine_print import ASSOCIATION, base_words, headed, interval_words, model_words, slope_words
from drivers.plot.frame import clear, headline, headline_height, height_for, lettering_for, open_axes, room, settle
from drivers.plot.lettering import plain, printable, wrap
from drivers.plot.rows import write_rows
from drivers.plot.scale import number_ticks, percent_ticks
from drivers.plot.style import BLUE, GREY, INK, PALE, percents, signed_inside, styled

if TYPE_CHECKING:
    from drivers.fit.bayes.learnt import Learnt

APART = 0.17
"""How far the prior lies above, and the posterior below, the middle of a row."""


def plot_learnt(learnt: Learnt, ax: Axes | None = None, *, kind: Literal["share", "slope"] = "share") -> Axes:
    """Two lines a row: the prior, grey with an open dot, above the posterior, blue with a filled one.

    Parameters
    ----------
    learnt : Learnt
        Result of `drivers.learnt`.
    ax : Axes, optional
        Where to draw; a new figure when left out.
    kind : {"share", "slope"}
        R2 and shares, or slopes.

    Returns
    -------
    Axes
        The one drawn on; x is in percent, or in outcome points (latent units) per driver point.

    Raises
    ------
    InputError
        If the prior says nothing about slopes by themselves.
    """
    wanted = ["r2", "share"] if kind == "share" else ["slope"]
    rows = learnt.table[learnt.table["quantity"].isin(wanted)].reset_index(drop=True)
    if rows.empty:
        raise InputError("This prior is one of covariances, not of slopes; draw kind='share'.")
    words = _words(learnt, kind)
    names = [
        "Explained by all together (R²)" if row.quantity == "r2" else learnt.label(str(row.driver))
        for row in rows.itertuples()
    ]
    ends = rows[["median", "low", "high"]].to_numpy(float)
    form = percents if kind == "share" else signed_inside
    values = ["{} ({})".format(*form(*end)) for end in ends]
    with styled():
        ax = open_axes(ax, (9.0, height_for(len(rows)) + 0.2))
        clear(ax)
        kind_of, (across, up) = lettering_for(ax), room(ax)
        row_height = (72 * up - headline_height(ax, *words) - 3.2 * kind_of.text) / (len(rows) + 0.5)
        taken = write_rows(ax, names, values, heading=f"after ({interval_words(learnt.level)})",
                           row_height=row_height)  # fmt: skip
        for y, row in rows.iterrows():
            _line(ax, row, "prior_", float(str(y)) - APART, GREY, filled=False)
            _line(ax, row, "", float(str(y)) + APART, BLUE, filled=True)
        _axis(ax, rows, kind)
        if kind == "slope":
            label = printable(slope_words(learnt.label(learnt.outcome), learnt.link))
            ax.set_xlabel("\n".join(wrap(label, kind_of.text, 72 * across - taken)), fontsize=kind_of.text, color=INK,
                          **plain())  # fmt: skip
        headline(ax, *words)
        settle(ax)
    return ax


def _line(ax: Axes, row: pd.Series, which: str, y: float, colour: str, *, filled: bool) -> None:
    kind = lettering_for(ax)
    ax.plot([row[f"{which}low"], row[f"{which}high"]], [y, y], color=colour, linewidth=1.4, zorder=3)
    ax.plot([row[f"{which}inner_low"], row[f"{which}inner_high"]], [y, y], color=colour, linewidth=4.5,
            solid_capstyle="butt", zorder=3)  # fmt: skip
    ax.plot([row[f"{which}median"]], [y], marker="o", markersize=kind.dot, color=colour if filled else "white",
            markeredgecolor="white" if filled else colour, zorder=4)  # fmt: skip


def _axis(ax: Axes, rows: pd.DataFrame, kind: str) -> None:
    low = min(float(rows[["low", "prior_low"]].to_numpy().min()), 0.0)
    high = max(float(rows[["high", "prior_high"]].to_numpy().max()), 0.0)
    x = (low - 0.03 * (high - low), high + 0.03 * (high - low))
    ticks, labels = percent_ticks(*x, most=5) if kind == "share" else number_ticks(*x, most=5)
    ax.set_xticks(ticks, labels=labels, fontsize=0.9 * lettering_for(ax).text, color=INK, **plain())
    ax.set(xlim=x, ylim=(len(rows) - 0.5, -0.7))
    ax.grid(False)
    ax.vlines(ticks, -0.5, len(rows) - 0.5, color=PALE, linewidth=0.8, zorder=1)
    ax.vlines([0], -0.5, len(rows) - 0.5, color=INK, linewidth=1.2, zorder=2)


def _words(learnt: Learnt, kind: str) -> tuple[str, str, tuple[str, ...]]:
    what = "shares of variance" if kind == "share" else "slopes"
    notes = (
        base_words(learnt.n, learnt.n_eff), "open dot, grey: before any answer; filled dot, blue: after",
        f"thick and thin line: {interval_words(INNER_LEVEL)} and {interval_words(learnt.level)}",
        "measure: share of explained variance (LMG)" if kind == "share" else "measure: slope, not share",
        *learnt.notes, model_words(learnt.model, learnt.link, "bayes"), ASSOCIATION,
    )  # fmt: skip
    return headed(learnt.label(learnt.outcome), f"what the answers taught about {what}"), learnt.stated, notes
