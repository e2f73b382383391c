"""Figures of a diagnosis: categories as observed and as foretold, and what was likely before the answers and after."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from drivers.fit.bayes.diagnosis import Diagnosis
from drivers.fit.bayes.learnt import Learnt
from drivers.plot.learnt import plot_learnt
from drivers.plot.predictive import plot_predictive
from drivers.report.content import Figure
from drivers.report.figures import WIDTH
from drivers.report.tidy_tables import safe
from drivers.report.withhold import withhold
from drivers.report.words import inside, percent

FORETOLD, AFTER = ("foretold", "low", "high"), ("median", "low", "high")
BEFORE = ("prior_median", "prior_low", "prior_high")
NUMBERS = ("observed", "foretold", "low", "high", "p", "off")


def bars_to_show(diagnosis: Diagnosis) -> pd.DataFrame | None:
    """Return the categories of the outcome among all people, observed and foretold.

    Parameters
    ----------
    diagnosis : Diagnosis
        Whose bars they are.

    Returns
    -------
    DataFrame or None
        One row per category with its ``n`` answers; numbers of a category with few are missing, and of the next
        smallest where it could be told from the others. None where nothing was foretold.
    """
    if diagnosis.predictive is None:
        return None
    bars = diagnosis.predictive.bars
    bars = bars[bars["column"] == ""].reset_index(drop=True)
    counted = bars.assign(n=(bars["observed"] * bars["n"]).round(), shown=True)
    return safe(withhold(counted, "category", (), NUMBERS).drop(columns=["column", "group"]))


def foretold_figure(diagnosis: Diagnosis, bars: pd.DataFrame) -> Figure:
    """Return observed and foretold shares of the outcome's categories; `bars` are those of `diagnosis` to show."""
    assert diagnosis.predictive is not None
    shown = bars[bars["observed"].notna()]
    said = [
        f"{row['category']}: {percent(row['observed'])} observed, {_spread(row, FORETOLD)} foretold"
        for row in shown.to_dict("records")
    ]
    whole = diagnosis.predictive.bars
    kept = whole[(whole["column"] == "") & whole["category"].isin(shown["category"])]
    drawn = replace(diagnosis, predictive=replace(diagnosis.predictive, bars=kept.reset_index(drop=True)))
    wrong = int(shown["misfit"].sum())
    return Figure(
        key="figure-foretold",
        title=f"{diagnosis.label(diagnosis.outcome)}: answers observed and foretold",
        alt=f"Bars of the share of every answer, with dot and line for what the model foretells: {'; '.join(said)}.",
        size=(WIDTH, 4.4),
        draw=lambda ax: plot_predictive(drawn, ax=ax),
        says=(
            "The model foretells how often every answer is given as well as chance allows" if not wrong
            else f"The model foretells {wrong} of {len(shown)} shares of answers wrong, by more than chance"
        ),
    )


def _spread(row: Mapping[Hashable, Any], names: tuple[str, str, str]) -> str:
    """Return a share with its interval, from the columns `names` of a `row`."""
    value, ends = inside(row[names[0]], row[names[1]], row[names[2]], "percent")
    return f"{value} ({ends})"


def learnt_figure(found: Learnt) -> Figure:
    """Return R2 and every driver's share before the answers and after them, as `found`."""
    rows = found.table[found.table["quantity"].isin(["r2", "share"])]
    said = []
    for row in rows.to_dict("records"):
        name = "Explained together" if row["quantity"] == "r2" else found.label(row["driver"])
        said.append(f"{name}: {_spread(row, BEFORE)} before, {_spread(row, AFTER)} after")
    return Figure(
        key="figure-learnt",
        title="What was likely before the answers, and after them",
        alt=f"Two lines a row, the prior above the posterior: {'; '.join(said)}.",
        size=(WIDTH, 3.2 + 0.5 * len(rows)),
        draw=lambda ax: plot_learnt(found, ax=ax),
        says="The answers, not what was taken for granted before them, say what is explained"
        if float(rows["narrower"].min()) >= LEARNT else "",
    )


LEARNT = 0.5
"""Where answers take at least this part of the prior's standard deviation away, they are said to decide."""
