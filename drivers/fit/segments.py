"""Slopes by segment or wave: each group fitted on its own, small groups held back and counted."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from drivers.cells.collapse import collapse
from drivers.defaults import LEVEL, MIN_BASE_CELL, MIN_BASE_MODEL, SEED
from drivers.errors import DriversError, ResampleWarning, SmallBaseWarning
from drivers.fit.guard import check_group
from drivers.fit.result import Model
from drivers.fit.run import fit
from drivers.survey.answers import Answers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GROUP_DRAWS = 25
"""Bootstrap draws of a group's fit: intervals come from the robust errors, draws only tell a fit that cannot stand."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SegmentSlopes:
    """Slopes of every group of ``by``; ``held_back`` says why a group has none."""

    by: str
    outcome: str
    labels: Mapping[str, str]
    model: str
    level: float
    table: pd.DataFrame
    held_back: Mapping[str, str]

    def label(self, name: str) -> str:
        """Return the words to print for the column `name`; the name itself where it has no label."""
        return self.labels.get(name, name)

    def tidy(self) -> pd.DataFrame:
        """Return one row per group and driver.

        Columns: ``segment_column``, ``segment``, ``driver``, ``label``, ``slope``, ``low``, ``high``, ``n``, ``n_eff``,
        ``shown``. Where ``shown`` is False the slope is NaN and ``held_back`` gives the reason.
        """
        return self.table.copy()

    def summary(self) -> str:
        """Return the slopes as a text table, one column per group."""
        table = self.table
        shown = table.assign(text=[
            f"{s:.2f} ({a:.2f} to {b:.2f})" if ok else "-"
            for s, a, b, ok in zip(table["slope"], table["low"], table["high"], table["shown"], strict=True)
        ])
        head = shown.drop_duplicates("segment")
        names = {s: f"{s} (n={n:,})" if n >= MIN_BASE_CELL else f"{s} (n<{MIN_BASE_CELL})"
                 for s, n in zip(head["segment"], head["n"], strict=True)}
        wide = shown.pivot(index="label", columns="segment", values="text")
        wide = wide.loc[list(dict.fromkeys(table["label"])), list(names)].rename(columns=names)
        wide.index.name = wide.columns.name = None
        lines = [f"Slopes of {self.label(self.outcome)} by {self.label(self.by)}, {self.level:.0%} intervals", "",
                 wide.to_string(), ""]
        return "\n".join([*lines, *(f"{group}: {reason}" for group, reason in self.held_back.items())])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the slopes of every group with their intervals and bases on `ax`, or on a new figure without it."""
        from drivers.plot.segments import plot_segments

        return plot_segments(self, ax=ax)


def slopes_by(
    answers: Answers,
    by: str,
    outcome: str | None = None,
    drivers: Sequence[str] | None = None,
    *,
    model: Model = "linear",
    level: float = LEVEL,
    seed: int = SEED,
    min_base: int = MIN_BASE_MODEL,
) -> SegmentSlopes:
    """Fit the driver model separately in every group of a segment or wave column.

    Parameters
    ----------
    answers : Answers
        Checked answers.
    by : str
        The wave or a segment column of the survey.
    outcome : str, optional
        Column to explain; the first outcome by default.
    drivers : sequence of str, optional
        Drivers; all by default.
    model : {"linear", "ordinal", "logit"}
        As in `drivers.fit`.
    level : float
        Level of the intervals (t intervals on the robust, design-based standard error).
    seed : int
        Seed handed to each fit.
    min_base : int
        Fewest answers for a group's own model.

    Returns
    -------
    SegmentSlopes
        Groups with fewer than `MIN_BASE_MODEL` answers, or that cannot carry the model, are shown without slopes and
        with the reason. Slopes are compared across groups, never importance shares: a share also moves with the
        spread of the driver and the noise of the group.

    Raises
    ------
    SurveyError
        If `by` is neither the wave nor a segment of the survey.

    Warns
    -----
    SmallBaseWarning
        When groups were held back, with their number.
    """
    outcome = outcome or answers.survey.outcomes[0]
    names = tuple(drivers or answers.survey.drivers)
    check_group(answers.survey, by)
    cells = collapse(answers, (outcome,), by=(by,))
    answered = ~np.isnan(cells.values[:, 0]) & (cells.sum_w > 0)
    group_of = cells.keys[by]
    rows: list[dict[str, object]] = []
    held_back: dict[str, str] = {}
    for group in sorted(group_of.dropna().unique(), key=str):
        n = round(cells.n[(group_of == group).to_numpy() & answered].sum())
        rows += _one_group(
            answers, by, str(group), outcome, names, n, model, level, seed, held_back, min_base
        )
    nobody = round(cells.n[group_of.isna().to_numpy()].sum())
    if nobody:
        held_back["(no answer)"] = f"{_at_least(nobody)} respondents without a {by}."
    if held_back:
        text = f"{len(held_back)} group(s) of `{by}` held back: " + "; ".join(f"{k}: {v}" for k, v in held_back.items())
        warnings.warn(text, SmallBaseWarning, stacklevel=2)
    labels = {name: answers.survey.label(name) for name in (*names, outcome, by)}
    return SegmentSlopes(
        by=by, outcome=outcome, labels=labels, model=model, level=level, table=pd.DataFrame(rows), held_back=held_back
    )


def _at_least(n: int) -> str:
    """Return `n` in words that do not give away a count of very few people."""
    return f"fewer than {MIN_BASE_CELL}" if n < MIN_BASE_CELL else f"{n:,}"


def _one_group(
    answers: Answers, by: str, group: str, outcome: str, names: tuple[str, ...], n: int, model: Model, level: float,
    seed: int, held_back: dict[str, str], min_base: int,
) -> list[dict[str, object]]:
    row = {"segment_column": by, "segment": group, "n": n, "n_eff": np.nan, "shown": False}
    empty = {"slope": np.nan, "low": np.nan, "high": np.nan}
    label = answers.survey.label
    if n < min_base:
        held_back[group] = f"{_at_least(n)} answers; a model of its own needs {min_base}."
        return [{**row, "driver": d, "label": label(d), **empty} for d in names]
    try:
        with warnings.catch_warnings():
            # the draws are not shown; enough are made to refuse a group in which many of them fail
            warnings.simplefilter("ignore", ResampleWarning)
            fitted = fit(
                answers, outcome, names, model=model, draws=GROUP_DRAWS, seed=seed, level=level, where={by: group}
            )
    except DriversError as problem:
        held_back[group] = str(problem)
        return [{**row, "driver": d, "label": label(d), **empty} for d in names]
    table = fitted.tidy().set_index("term")
    return [
        {
            **row, "driver": d, "label": label(d), "slope": table.at[d, "estimate"], "low": table.at[d, "low"],
            "high": table.at[d, "high"], "n": fitted.n, "n_eff": fitted.n_eff, "shown": True,
        }
        for d in names
    ]
