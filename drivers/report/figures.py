"""Figures of a report: which chart, how large, and what it shows in words for readers who cannot see it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from drivers.defaults import MIN_BASE_CELL
from drivers.importance.result import Importance
from drivers.plot.importance import plot_importance
from drivers.plot.ranks import rank_heatmap
from drivers.plot.scores import plot_scores
from drivers.plot.slope_share import slope_share
from drivers.report.charts import scores_chart, shares_chart, slopes_chart
from drivers.report.content import Figure
from drivers.report.findings import by_share, drivers_of
from drivers.report.score_tables import group_text, headline_rows, score_cell
from drivers.report.words import bound, cell_text, chance, inside, percent, share, share_inside

if TYPE_CHECKING:
    from drivers.survey.scores import Scores

WIDTH = 8.0
"""Width of a figure on the page, in inches."""


def importance_figure(imp: Importance) -> Figure:
    """Return the shares of `imp` with intervals and the unexplained part."""
    said = []
    for i in by_share(imp):
        row = imp.tidy().iloc[i]
        small = row["near_zero"]
        size = f"at most {bound(row['upper'])}" if small else share_inside(row["share"], row["low"], row["high"])
        said.append(f"{row['label']} {size}")
    r2 = imp.r2_interval()
    alt = (
        f"Dots with {percent(imp.level)} intervals, one row per driver: {'; '.join(said)}. A bar above them shows "
        f"{percent(r2['estimate'])} explained and {percent(1 - r2['estimate'])} not explained."
    )
    return Figure(
        key="figure-importance",
        title=f"Share of differences in {imp.label(imp.outcome)} by driver",
        alt=alt,
        size=(WIDTH, 2.9 + 0.36 * len(imp.drivers)),
        draw=lambda ax: plot_importance(imp, ax=ax),
        chart=shares_chart(imp),
    )


def ranks_figure(imp: Importance) -> Figure:
    """Return the rank probabilities of `imp` as a heat map."""
    chances = imp.rank_probabilities().to_numpy()
    said = [
        f"{imp.label(imp.drivers[i])} is most often rank {int(chances[i].argmax()) + 1} ({chance(chances[i].max())})"
        for i in by_share(imp)
    ]
    return Figure(
        key="figure-ranks",
        title="Probability of every rank",
        alt=f"Grid with one row per driver and one column per rank: {'; '.join(said)}.",
        size=(WIDTH, 2.6 + 0.34 * len(imp.drivers)),
        draw=lambda ax: rank_heatmap(imp, ax=ax),
    )


def slope_share_figure(imp: Importance) -> Figure:
    """Return slope against share for every driver of `imp`."""
    said = [
        f"{row.label}: slope {_points(row.slope, row.slope_low, row.slope_high)}, share {share(row.share)}"
        for row in drivers_of(imp)
    ]
    return Figure(
        key="figure-slope-share",
        title="Slope against share",
        alt=f"Scatter with crosses of intervals, share across and slope up: {'; '.join(said)}.",
        size=(WIDTH, max(5.0, 2.2 + 0.3 * len(imp.drivers))),
        draw=lambda ax: slope_share(imp, ax=ax),
        chart=slopes_chart(imp),
    )


def waves_figure(scores: Scores, item: str) -> Figure:
    """Return the score of `item` from wave to wave; `scores` are by wave."""
    scores = replace(scores, table=_fit_to_draw(scores.table))
    rows = headline_rows(scores.table, item)
    by = scores.by[0]
    said = [f"{group_text(row[by])}: {cell_text(score_cell(row))}" for _, row in rows.iterrows()]
    return Figure(
        key=f"figure-waves-{item}",
        title=f"{rows['label'].iloc[0]} by wave",
        alt=f"Points with {percent(scores.level)} intervals joined by a line: {'; '.join(said)}.",
        size=(WIDTH, 4.2),
        draw=lambda ax: plot_scores(scores, ax=ax, item=item),
        chart=scores_chart(rows, by),
    )


def _points(value: float, low: float, high: float) -> str:
    size, sides = inside(value, low, high, "points", 2)
    return f"{size} ({sides})"


def _fit_to_draw(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without bases so small that the base itself must not be printed, and without withheld ones."""
    drawn = (rows["n"] >= MIN_BASE_CELL) | (rows["n"] == 0)
    if "withheld" in rows:
        drawn &= ~rows["withheld"].astype(bool)
    return rows[drawn].reset_index(drop=True)
