"""`compare_runs`: what differs between two reports, from their `run.json` alone, and what cannot be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from drivers.defaults import FALSE_FLAGS
from drivers.report.run_apart import apart
from drivers.report.run_file import Run
from drivers.report.words import chance, inside, number, percent
from drivers.stats.flag_set import step_up

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KINDS = {"score": "Scores", "slope": "Slopes", "share": "Shares of the differences", "explained": "Explained by all"}
COLUMNS = ("kind", "outcome", "item", "label", "measure", "before", "after", "change", "std_error", "low", "high",
           "p_up", "p_value", "flag", "why")  # fmt: skip
BOUNDED = ("share", "explained")
"""Kinds that cannot fall below zero: near it their intervals are not normal, so only the sizes are compared."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunComparison:
    """Two runs side by side: ``before`` and ``after`` name them, ``table`` has a row per estimate that both hold.

    ``not_comparable`` says what was left out and why, ``settings`` what was made differently without standing in the
    way; ``level`` is that of the intervals of changes.
    """

    before: str
    after: str
    level: float
    table: pd.DataFrame
    not_comparable: tuple[str, ...]
    settings: tuple[str, ...]

    def tidy(self) -> pd.DataFrame:
        """Return one row per estimate.

        Columns: ``kind`` ("score", "slope", "share", "explained"), ``outcome``, ``item``, ``label``, ``measure``,
        ``before``, ``after``, ``change`` with ``std_error``, ``low`` and ``high``, ``p_up`` the probability that it
        rose, ``p_value`` of no change, ``flag`` whether it belongs to the changes that may be claimed of this
        comparison, and ``why`` there is no number.
        """
        return self.table.copy()

    def summary(self) -> str:
        """Return what differs as a text, one table per kind."""
        lines = [f"{self.before} against {self.after}, {percent(self.level)} intervals"]
        for kind, title in KINDS.items():
            rows = self.table[self.table["kind"] == kind]
            if len(rows):
                shown = pd.DataFrame([_line(row) for row in rows.to_dict("records")])
                lines += ["", title, shown.to_string(index=False)]
        known, flags = int(self.table["p_value"].notna().sum()), int(self.table["flag"].sum())
        if known:
            lines += [
                "", f"* {flags} of {known} may be called changes: of those chosen like this at most "
                f"{percent(FALSE_FLAGS)} are expected to be false. P: that it went up or down, from these two runs "
                "alone; `drivers change` on the answers knows the earlier waves and who answered twice.",
            ]
        for title, notes in (("Not comparable", self.not_comparable), ("Made differently", self.settings)):
            lines += ["", f"{title}:", *(f"- {note}" for note in notes)] if notes else []
        return "\n".join(lines)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw all changes with their intervals, in standard errors, on `ax`, or on a new figure without it."""
        from drivers.plot.run_changes import plot_run_changes

        return plot_run_changes(self.table, self.before, self.after, self.level, ax=ax)

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain values for JSON."""
        return {
            "before": self.before, "after": self.after, "level": self.level,
            "changes": [{str(key): value for key, value in row.items()} for row in self.table.to_dict("records")],
            "not_comparable": list(self.not_comparable), "made_differently": list(self.settings),
        }


def compare_runs(before: Run, after: Run) -> RunComparison:
    """Hold two reports side by side.

    Parameters
    ----------
    before, after : Run
        As `drivers.report.run_file.read_run` returns them, the earlier first.

    Returns
    -------
    RunComparison
        Estimates of both with the change and its interval. Errors are those of the runs; the runs are taken as samples
        of different people, which is said where the facts of the runs speak against it, and then no probability is
        given. Levels of intervals may differ: every interval is turned into an error at its own level.

    Notes
    -----
    Scores carry their standard errors; those of slopes and shares are read off their intervals, as if these were
    normal, which intervals of shares close to zero are not: there only the sizes are compared.
    """
    judged = apart(before, after)
    level = float(after.facts["level"])
    tables = [_scores(before, after, judged.items), *_models(before, after, judged.outcomes)]
    table = pd.concat([part for part in tables if len(part)] or [pd.DataFrame(columns=list(COLUMNS))])
    table = _judged(table.reset_index(drop=True), level, independent=judged.independent)
    return RunComparison(
        before=before.when, after=after.when, level=level, table=table, settings=judged.settings,
        not_comparable=(*judged.reasons, *_only_in_one(before, after)),
    )  # fmt: skip


def _scores(before: Run, after: Run, closed: Mapping[str, str]) -> pd.DataFrame:
    """Return the scores of items both runs have, but for those `closed`."""
    keys = ["item", "measure"]
    if "scores" not in before.tables or "scores" not in after.tables:
        return pd.DataFrame()
    both = before.tables["scores"].merge(after.tables["scores"], on=keys, suffixes=("_a", "_b"))
    both = both[~both["item"].isin(closed)]
    return pd.DataFrame({
        "kind": "score", "outcome": "", "item": both["item"], "label": both["label_b"], "measure": both["measure"],
        "before": both["estimate_a"].astype(float), "after": both["estimate_b"].astype(float),
        "std_error": np.hypot(both["std_error_a"].astype(float), both["std_error_b"].astype(float)),
    })  # fmt: skip


def _models(before: Run, after: Run, closed: Mapping[str, str]) -> list[pd.DataFrame]:
    """Return slopes, shares and what is explained, of the outcomes whose models can be compared."""
    found = []
    levels = float(before.facts["level"]), float(after.facts["level"])
    for kind, name, columns in (
        ("slope", "importance", ("slope", "slope_low", "slope_high")),
        ("share", "importance", ("share", "low", "high")), ("explained", "explained", ("estimate", "low", "high")),
    ):  # fmt: skip
        if name not in before.tables or name not in after.tables:
            continue
        keys = ["outcome", "driver"] if kind != "explained" else ["outcome"]
        both = before.tables[name].merge(after.tables[name], on=keys, suffixes=("_a", "_b"))
        both = both[~both["outcome"].isin(closed)]
        errors = [_error(both, columns, side, level) for side, level in zip("ab", levels, strict=True)]
        labels = {**before.facts.get("labels", {}), **after.facts.get("labels", {})}
        rows = pd.DataFrame({
            "kind": kind, "outcome": both["outcome"], "item": both["driver"] if kind != "explained" else "",
            "measure": kind, "before": both[f"{columns[0]}_a"].astype(float),
            "after": both[f"{columns[0]}_b"].astype(float), "std_error": np.hypot(errors[0], errors[1]),
        })  # fmt: skip
        named = rows["item"] if kind != "explained" else rows["outcome"]
        rows["label"] = [f"{labels.get(name, name)}" for name in named]
        if kind == "share":
            small = both["near_zero_a"].astype(bool) | both["near_zero_b"].astype(bool)
            rows.loc[small, "std_error"] = np.nan
        found.append(rows)
    return found


def _error(both: pd.DataFrame, columns: tuple[str, str, str], side: str, level: float) -> pd.Series:
    """Return the error behind intervals at `level`: half their width over that of a standard normal one."""
    wide = both[f"{columns[2]}_{side}"].astype(float) - both[f"{columns[1]}_{side}"].astype(float)
    return wide / (2 * NormalDist().inv_cdf((1 + level) / 2))


def _judged(table: pd.DataFrame, level: float, *, independent: bool) -> pd.DataFrame:
    """Add the changes, how sure they are, and which may be claimed."""
    table = table.reindex(columns=list(COLUMNS))
    change = table["after"] - table["before"]
    error = table["std_error"] if independent else table["std_error"] * np.nan
    reach = NormalDist().inv_cdf((1 + level) / 2) * error
    z = (change / error.where(error > 0)).to_numpy(float)
    up = np.array([NormalDist().cdf(value) if np.isfinite(value) else np.nan for value in z])
    p_value = 2 * np.minimum(up, 1 - up)
    why = np.where(change.isna(), "not shown in one of the runs", np.where(np.isnan(up), "no error for the change", ""))
    return table.assign(
        change=change, std_error=error, low=change - reach, high=change + reach, p_up=up, p_value=p_value,
        flag=step_up(p_value, np.ones(len(table)), FALSE_FLAGS), why=why,
    )  # fmt: skip


def _only_in_one(before: Run, after: Run) -> tuple[str, ...]:
    """Name scores that only one of the runs has."""
    said = []
    found = [
        set(zip(run.tables["scores"]["item"], run.tables["scores"]["measure"], strict=True))
        if "scores" in run.tables else set() for run in (before, after)
    ]  # fmt: skip
    for mine, other, run in ((found[0], found[1], before), (found[1], found[0], after)):
        only = sorted({f"{item} ({measure})" for item, measure in mine - other})
        if only:
            said.append(f"Only {run.when} has scores of {', '.join(only)}.")
    return tuple(said)


_UNITS: Mapping[str, tuple[Any, int]] = {
    "top2": ("percent", 0), "nps": ("score", 0), "share": ("percent", 1), "explained": ("percent", 0),
}  # fmt: skip


def _line(row: Mapping[Any, Any]) -> dict[str, str]:
    unit, digits = _UNITS.get(row["measure"], ("points", 2))
    size = 100 if unit == "percent" else 1
    places = 1 if unit == "percent" else digits + (unit == "score")
    change = "-"
    if not np.isnan(row["change"]):
        change = number(size * row["change"], "score", places)
        if not np.isnan(row["low"]):
            value, ends = inside(size * row["change"], size * row["low"], size * row["high"], "score", places)
            change = f"{value} ({ends})"
    sure = ""
    if not np.isnan(row["p_up"]):
        up = row["p_up"] >= 0.5
        sure = f"{chance(row['p_up'] if up else 1 - row['p_up'])} {'up' if up else 'down'}"
    of = f", {row['outcome']}" if row["kind"] in ("slope", "share") else ""
    what = f"{row['label']} ({row['measure']}{of})" if row["kind"] in ("score", "slope", "share") else row["label"]
    return {
        "": "*" if row["flag"] else "", "what": what, "before": number(row["before"], unit, digits),
        "after": number(row["after"], unit, digits), "change, points": change, "P": sure,
    }  # fmt: skip
