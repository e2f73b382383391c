"""`plot_run_changes`: what differs between two reports, every change in its own standard errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from drivers.errors import InputError
from drivers.plot.fine_print import ASSOCIATION, interval_words
from drivers.plot.ribbon import DOWN, UP, change_text
from drivers.plot.series_rows import RowChart, Series, draw_rows
from drivers.plot.style import signed

WORDS = {"top2": "top two boxes", "nps": "net promoter score", "ces": "effort score", "explained": "explained by all"}


def plot_run_changes(table: pd.DataFrame, before: str, after: str, level: float, ax: Axes | None = None) -> Axes:
    """Row chart of changes between two runs, in standard errors, so that scores and slopes share an axis.

    Parameters
    ----------
    table : DataFrame
        `RunComparison.tidy()`.
    before, after : str
        The runs.
    level : float
        Level of the intervals.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x is the change over its standard error, one row per estimate with an error.

    Raises
    ------
    InputError
        If no change has an error.
    """
    rows = table[table["std_error"] > 0].reset_index(drop=True)
    if rows.empty:
        raise InputError("No change between these runs has an error, so there is nothing to draw; read summary().")
    size = {name: (rows[name] / rows["std_error"]).to_numpy(float) for name in ("change", "low", "high")}
    return draw_rows(
        RowChart(
            labels=[_name(row, rows["outcome"].replace("", np.nan).nunique()) for row in rows.to_dict("records")],
            values=[_value(row) for row in rows.to_dict("records")],
            heading=f"change, {UP} {DOWN} claimed",
            series=[Series(name=f"{before} to {after}", value=size["change"], low=size["low"], high=size["high"])],
            axis="Change, in its own standard errors", title=f"What differs: {before} and {after}",
            subtitle="Estimates that both reports hold, as far as they can be compared",
            notes=(f"lines: {interval_words(level)}",
                   "claimed: of changes chosen like this at most one in ten is expected to be false", ASSOCIATION),
            zero=0.0,
        ),
        ax,
    )  # fmt: skip


def _name(row: dict[object, object], outcomes: int) -> str:
    of = f" for {row['outcome']}" if row["kind"] in ("slope", "share") and outcomes > 1 else ""
    return f"{row['label']}: {WORDS.get(str(row['measure']), str(row['measure']))}{of}"


def _value(row: dict[object, object]) -> str:
    change, measure = float(np.float64(row["change"])), str(row["measure"])  # type: ignore[arg-type]
    text = f"{signed(100 * change, 1)} points" if measure in ("share", "explained") else change_text(change, measure)
    return f"{text} {UP if change > 0 else DOWN}" if row["flag"] else text
