"""Every check of the model a report leads with, as one table: what was checked, the number, its limit, the verdict."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pandas as pd

from drivers.defaults import MAX_FAILED_DRAWS
from drivers.fit.bayes.diagnosis import Diagnosis
from drivers.fit.result import Fit
from drivers.importance.result import Importance
from drivers.report.content import Cell, Number, Table
from drivers.report.words import count, percent, spelled

type Judged = Literal["passes", "look", "does not apply", "for information"]

PARTS = {
    "draws": "Draws", "prior": "Prior", "prediction": "What it foretells", "leave one out": "Single answers",
    "missing": "Missing answers", "regression": "Regression",
}
"""Words for the parts of a diagnosis, in the order of the table."""

COLUMNS = ("part", "check", "value", "limit", "verdict", "reading")


def checks(diagnosis: Diagnosis | None, lead: Fit, beside: Fit | None, shares: tuple[Importance, ...]) -> pd.DataFrame:
    """Return one row per check of the model a report leads with.

    Parameters
    ----------
    diagnosis : Diagnosis or None
        Of `lead`; None where a regression leads.
    lead : Fit
        The model.
    beside : Fit or None
        The same model as a regression, where there is one.
    shares : tuple of Importance
        Of `lead`, and of `beside` where it is there.

    Returns
    -------
    DataFrame
        Columns ``part`` (of `PARTS`), ``check``, ``value`` (NaN where there is none), ``limit``, ``verdict`` ("passes",
        "look", "does not apply", "for information") and ``reading``, what a check means that asks for a
        look; "" for all others.
    """
    rows = [*_of_posterior(diagnosis), *_of_missing(lead)]
    regression = beside if diagnosis is not None else lead
    if regression is not None:
        rows.append(_failed_draws(regression))
    if beside is not None:
        rows.append(_outside(*shares))
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    found["reading"] = found["reading"].where(found["verdict"] == "look", "")
    return found


def _of_posterior(diagnosis: Diagnosis | None) -> list[tuple[object, ...]]:
    """Return the checks of a diagnosis, and what does not apply to its method and prior."""
    if diagnosis is None:
        return []
    found: list[tuple[object, ...]] = [
        (row["part"], row["check"], row["value"], row["limit"], "passes" if row["passed"] else "look", row["reading"])
        for _, row in diagnosis.checks.iterrows()
    ]
    if diagnosis.method != "nuts":
        found.insert(0, _not("draws", "R-hat, effective draws of tails, divergences", "independent draws, no chain"))
    foretold = any(row[1] == "R2 found: p under the prior" for row in found)
    if not foretold and diagnosis.sensitivity is not None:
        place = 1 + max(at for at, row in enumerate(found) if row[0] == "prior")
        found.insert(place, _not("prior", "R² and shares of answers before any answer", "this prior foretells nothing"))
    return found


def _not(part: str, check: str, why: str) -> tuple[object, ...]:
    return part, check, math.nan, why, "does not apply", ""


def _of_missing(lead: Fit) -> list[tuple[object, ...]]:
    """Return whether imputations have settled, and what missing answers took from the slope that lost most."""
    rows: list[tuple[object, ...]] = []
    trend, limit = (lead.diagnostics.get(name) for name in ("imputation_trend", "imputation_trend_limit"))
    if isinstance(trend, float) and isinstance(limit, float):
        rows.append((
            "missing", "trend left between sweeps of imputation (t)", abs(trend), f"up to {limit:.1f}",
            "passes" if abs(trend) <= limit else "look", "Imputed answers still drift; do not use the fit.",
        ))
    if lead.missing is not None:
        lost = lead.missing.fmi[: len(lead.spec.drivers)]
        name = lead.label(lead.spec.drivers[int(np.argmax(lost))])
        check = f"largest part of what a slope could tell that is missing: {name}"
        rows.append(("missing", check, float(lost.max()), "", "for information", ""))
    return rows


def _failed_draws(regression: Fit) -> tuple[object, ...]:
    failed, draws = int(str(regression.diagnostics["failed_draws"])), int(str(regression.diagnostics["draws"]))
    return (
        "regression", f"bootstrap draws that could not be fitted, of {count(draws)}", float(failed),
        f"0; refused above {percent(MAX_FAILED_DRAWS)}", "look" if failed else "passes",
        f"{count(failed)} of {count(draws)} bootstrap draws could not be fitted and are left out of its intervals.",
    )


def _outside(posterior: Importance, regression: Importance) -> tuple[object, ...]:
    """Count the drivers whose share by regression lies outside the posterior's interval."""
    table = posterior.tidy()
    low = np.where(table["near_zero"], 0.0, table["low"])
    high = np.where(table["near_zero"], table["upper"], table["high"])
    out = (regression.estimate < low) | (regression.estimate > high)
    named = ", ".join(posterior.label(name) for name, is_out in zip(posterior.drivers, out, strict=True) if is_out)
    return (
        "regression", f"its shares outside the posterior's intervals, of {len(out)}", float(out.sum()), "0",
        "look" if out.any() else "passes", f"The regression's share lies outside the posterior's interval for {named}.",
    )


def checks_table(rows: pd.DataFrame, notes: tuple[str, ...]) -> Table:
    """Return the `rows` of `checks` as a table of the page, `notes` below it."""
    shown: list[tuple[Cell, ...]] = []
    for part, check, value, limit, verdict, _ in rows[list(COLUMNS)].itertuples(index=False):
        applies = verdict != "does not apply"
        shown.append((
            f"{PARTS[part]}: {check.replace('R2', 'R²')}", verdict if applies else f"does not apply: {limit}",
            _number(check, float(value)), limit if applies else NOTHING,
        ))
    return Table(
        key="diagnostics", caption="What was checked of the model the report leads with",
        columns=("Checked", "Verdict", "Found", "Limit"), rows=tuple(shown), notes=notes,
    )


NOTHING = ""
"""Stands where there is no limit."""


def _number(check: str, value: float) -> Cell:
    if math.isnan(value):
        return None
    if check.startswith("largest part"):
        return Number(value=value, unit="percent")
    if value >= 100 or check.startswith(("its shares", "bootstrap", "divergences")):
        return Number(value=value, unit="count")
    return Number(value=value, unit="factor", digits=3 if value < 1 else 2)


def verdict(rows: pd.DataFrame, diagnosis: Diagnosis | None) -> tuple[str, dict[str, float]]:
    """Return the verdict in one plain sentence, and the numbers in it.

    Parameters
    ----------
    rows : DataFrame
        What `checks` returned.
    diagnosis : Diagnosis or None
        Of the model; None where a regression leads.

    Returns
    -------
    text : str
        The sentence.
    numbers : dict
        ``checks`` that were judged, and ``failed`` among them.
    """
    judged, failed = int(rows["verdict"].isin(["passes", "look"]).sum()), int((rows["verdict"] == "look").sum())
    numbers = {"checks": float(judged), "failed": float(failed)}
    if diagnosis is None:
        return (
            "No posterior stands behind this report, so there are no chains, no prior and no predictions to check: "
            "a regression with a bootstrap leads, and “Data quality” says why.", numbers,
        )
    if diagnosis.verdict == "do not use":
        return "Do not use the shares and slopes of this report yet: the draws behind them cannot be trusted.", numbers
    if not failed:
        return (
            f"Nothing speaks against the model behind the shares and slopes: it passes all {spelled(judged)} checks.",
            numbers,
        )
    said = f"{spelled(failed).capitalize()} of {spelled(judged)} checks {'asks' if failed == 1 else 'ask'} for a look"
    return f"{said} before the shares and slopes are used; the others pass.", numbers
