"""The numbers of a figure as a `Chart`, for slides and workbooks with charts of their own."""

from __future__ import annotations

import math

import pandas as pd

from drivers.importance.result import Importance
from drivers.report.content import Chart
from drivers.report.findings import by_share
from drivers.report.score_tables import group_text, measure_unit


def shares_chart(imp: Importance) -> Chart:
    """Return the shares of `imp`, largest first; a share near zero has an upper end only."""
    rows = imp.tidy().iloc[by_share(imp)]
    return Chart(
        kind="bars",
        title=f"Share of differences in {imp.label(imp.outcome)}",
        labels=tuple(rows["label"]),
        values=_numbers(rows["share"]),
        low=_numbers(rows["low"].where(~rows["near_zero"])),
        high=_numbers(rows["upper"].where(rows["near_zero"], rows["high"])),
        unit="percent",
    )


def slopes_chart(imp: Importance) -> Chart:
    """Return the slopes of `imp` in the order of its shares."""
    rows = imp.tidy().iloc[by_share(imp)]
    return Chart(
        kind="bars",
        title=f"Points of {imp.label(imp.outcome)} per point of the driver",
        labels=tuple(rows["label"]),
        values=_numbers(rows["slope"]),
        low=_numbers(rows["slope_low"]),
        high=_numbers(rows["slope_high"]),
        unit="points",
        digits=2,
    )


def scores_chart(rows: pd.DataFrame, by: str) -> Chart:
    """Return one item's scores as a line over the groups of `by`; `rows` are of one measure, fit to be shown."""
    unit, digits = measure_unit(rows["measure"].iloc[0])
    return Chart(
        kind="line",
        title=str(rows["label"].iloc[0]),
        labels=tuple(map(group_text, rows[by])),
        values=_numbers(rows["estimate"]),
        low=_numbers(rows["low"]),
        high=_numbers(rows["high"]),
        unit=unit,
        digits=digits,
    )


def _numbers(column: pd.Series) -> tuple[float | None, ...]:
    return tuple(None if math.isnan(value) else float(value) for value in column.astype(float))
