"""`segment_map`: slopes in every segment, pooled as far as the data ask for it, and which differ from the rest."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.cells.collapse import Cells, collapse
from drivers.change.bases import settle_bases
from drivers.change.result import plain_records
from drivers.defaults import FALSE_FLAGS, LEVEL, LIKELY, SEED
from drivers.errors import InputError, SmallBaseWarning, SurveyError
from drivers.fit.guard import check_group
from drivers.fit.segments import slopes_by
from drivers.stats.flag_set import expected_false, step_up
from drivers.stats.normal_hierarchy import pool
from drivers.survey.answers import Answers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]

SPREAD = 0.3
"""Scale of the half-normal prior of how far segments differ, in standardised slopes."""

NUMBERS = ("raw", "raw_low", "raw_high", "slope", "low", "high", "kept", "rest", "rest_low", "rest_high", "p_differs",
           "p_value")  # fmt: skip
"""Columns that are empty where a segment is not shown."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SegmentMap:
    """Slopes of every segment of the columns ``by``; ``spread`` says per driver how far segments differ."""

    outcome: str
    by: tuple[str, ...]
    labels: Mapping[str, str]
    level: float
    table: pd.DataFrame
    spread: pd.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def flags(self) -> pd.DataFrame:
        """The slopes that may be said to differ from the rest, the surest first."""
        return self.table[self.table["flag"]].sort_values("p_value", kind="stable")

    def label(self, name: str) -> str:
        """Return the words to print for the column `name`; the name itself where it has no label."""
        return self.labels.get(name, name)

    def tidy(self) -> pd.DataFrame:
        """Return one row per segment and driver.

        Columns: ``segment_column``, ``segment``, ``driver``, ``label``, ``n``, ``raw`` slope of the segment's own
        fit with ``raw_low`` and ``raw_high``, ``slope`` pooled with ``low`` and ``high``, ``kept`` the part of the own
        slope that is kept (1: not pooled), ``rest`` the slope less the average of the other segments with ``rest_low``
        and ``rest_high``, ``direction`` and ``p_differs`` the likelier sign of that and its probability, ``p_value``,
        ``flag`` whether it may be claimed, ``shown``, and ``why`` not.
        """
        return self.table.copy()

    def summary(self) -> str:
        """Return the pooled slopes as text, one table per segment column; "*" marks those that differ."""
        lines = [f"Slopes of {self.label(self.outcome)} by segment, pooled; * differs from the rest"]
        for column in self.by:
            rows = self.table[self.table["segment_column"] == column]
            text = [f"{row.slope:.2f}{'*' if row.flag else ''}" if row.shown else "-" for row in rows.itertuples()]
            wide = rows.assign(text=text).pivot(index="label", columns="segment", values="text")
            wide = wide.loc[list(dict.fromkeys(rows["label"])), list(dict.fromkeys(rows["segment"]))]
            wide.index.name = wide.columns.name = None
            lines += ["", self.label(column), wide.to_string()]
        return "\n".join([*lines, "", *self.notes])

    def plot(self, ax: Axes | None = None, by: str | None = None) -> Axes:
        """Draw the heat map of one segment column `by`, the first by default, on `ax` or on a new figure."""
        from drivers.plot.segment_map import plot_segment_map

        return plot_segment_map(self, ax=ax, by=by)

    def to_dict(self) -> dict[str, Any]:
        """Return the map as values that JSON can hold; numbers that are not shown are None."""
        return {
            "outcome": self.outcome, "by": list(self.by), "level": self.level, "slopes": plain_records(self.table),
            "spread": plain_records(self.spread), "notes": list(self.notes),
        }


def segment_map(
    answers: Answers, by: str | Sequence[str] | None = None, outcome: str | None = None,
    drivers: Sequence[str] | None = None, *, level: float = LEVEL, seed: int = SEED, min_model: int | None = None,
    min_cell: int | None = None,
) -> SegmentMap:
    """Set the slopes of segments side by side, pooled, and say which differ from the rest.

    Parameters
    ----------
    answers : Answers
        Checked answers.
    by : str or sequence of str, optional
        Segment columns; all by default. Claims are chosen for all of them together.
    outcome : str, optional
        Column to explain; the first outcome by default.
    drivers : sequence of str, optional
        Drivers; all by default.
    level : float
        Level of the intervals.
    seed : int
        Seed handed to each fit.
    min_model, min_cell : int, optional
        Fewest answers for a segment's own model, fewest respondents behind a number; raised at will, lowered with a
        warning.

    Returns
    -------
    SegmentMap
        Every segment has a fit of its own; per driver, slopes are then pooled towards their mean as far as they differ
        by less than their errors. How far they differ is integrated over, with a half-normal prior of `SPREAD` in
        standardised slopes. A claim is `LIKELY` itself, belongs to those of which at most a part `FALSE_FLAGS` is
        expected to be false, and is one that a step-up test at the same rate rejects.

    Raises
    ------
    SurveyError
        If the survey has no segments, or a column is not one.
    InputError
        If the level is not between 0 and 1.

    References
    ----------
    .. [1] Rubin (1981). Journal of Educational Statistics 6(4), 377-401. doi:10.3102/10769986006004377
    .. [2] Gelman, Hill & Yajima (2012). J. Research on Educational Effectiveness 5(2), 189-211.
       doi:10.1080/19345747.2011.618213
    """
    survey = answers.survey
    columns = survey.segments if by is None else (by,) if isinstance(by, str) else tuple(by)
    if not columns:
        raise SurveyError('The survey declares no segments to compare. Add to it: segments = ["..."].')
    if not 0 < level < 1:
        raise InputError(f"level={level!r} is not between 0 and 1; write 0.9 for 90 % intervals.")
    for column in columns:
        check_group(survey, column)
    bases = settle_bases(min_model, min_cell)
    name, names = outcome or survey.outcomes[0], tuple(drivers or survey.drivers)
    tables, spreads, notes = [], [], []
    for column in columns:
        with warnings.catch_warnings():  # the notes say which were held back
            warnings.simplefilter("ignore", SmallBaseWarning)
            own = slopes_by(answers, column, name, names, level=level, seed=seed, min_base=bases.model)
        cells = collapse(answers, (*names, name), by=(column,))
        rows, spread = _pooled(own.tidy(), cells, column, level, bases.cell)
        rows["why"] = [own.held_back.get(segment, "") for segment in rows["segment"]]
        tables.append(rows)
        spreads.append(spread.assign(segment_column=column))
        notes += [f"{survey.label(column)}, {group}: {reason}" for group, reason in own.held_back.items()]
    return SegmentMap(
        outcome=name, by=tuple(columns), level=level, table=_chosen(pd.concat(tables, ignore_index=True)),
        labels={column: survey.label(column) for column in (*names, name, *columns)},
        spread=pd.concat(spreads, ignore_index=True), notes=tuple(notes),
    )


def _pooled(
    own: pd.DataFrame, cells: Cells, column: str, level: float, least: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pool the slopes of each driver over the segments of one column."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    said = ~np.isnan(cells.values[:, -1])
    weight = pd.Series(cells.sum_w[said]).groupby(cells.keys.loc[said, column].astype(str).to_numpy()).sum()
    table = own.rename(columns={"slope": "raw", "low": "raw_low", "high": "raw_high"})
    table["shown"] &= table["n"] >= least
    table = table.assign(**{key: np.nan for key in NUMBERS if not key.startswith("raw")}, direction="")
    spreads = []
    for j, driver in enumerate(dict.fromkeys(own["driver"])):
        rows = table.index[(table["driver"] == driver) & table["shown"]]
        if not len(rows):
            continue
        raw = table.loc[rows, "raw"].to_numpy(float)
        # half a t interval over z: the error, larger where few degrees of freedom make it uncertain itself
        error = (table.loc[rows, "raw_high"] - table.loc[rows, "raw_low"]).to_numpy(float) / (2 * z)
        size = np.asarray(weight.reindex(table.loc[rows, "segment"].astype(str)), dtype=np.float64)
        scale = SPREAD * _sd(cells, -1) / _sd(cells, j)
        if len(rows) == 1:
            alone = [raw[0], raw[0] - z * error[0], raw[0] + z * error[0], 1.0]
            for key, value in zip(("slope", "low", "high", "kept"), alone, strict=True):
                table.loc[rows, key] = value
            continue
        found = pool(raw, error, size, scale=scale)
        up = found.p_above >= 0.5
        numbers = {
            "slope": found.mean, "low": found.mean - z * found.sd, "high": found.mean + z * found.sd,
            "kept": found.kept, "rest": found.rest_mean, "rest_low": found.rest_mean - z * found.rest_sd,
            "rest_high": found.rest_mean + z * found.rest_sd,
            "p_differs": np.where(up, found.p_above, 1 - found.p_above), "p_value": _p_values(raw, error, size),
        }
        for key, values in numbers.items():
            table.loc[rows, key] = values
        table.loc[rows, "direction"] = np.where(up, "above", "below")
        spreads.append({"driver": driver, "centre": found.centre, "centre_sd": found.centre_sd, "spread": found.spread})
    return table, pd.DataFrame(spreads, columns=["driver", "centre", "centre_sd", "spread"])


def _sd(cells: Cells, item: int) -> float:
    """Return the weighted standard deviation of an item, above 0 even where all answers are alike."""
    value = cells.values[:, item]
    known = ~np.isnan(value) & (cells.sum_w > 0)
    w, x = cells.sum_w[known], value[known]
    return max(float(np.sqrt(w @ (x - w @ x / w.sum()) ** 2 / w.sum())), 1e-9)


def _p_values(raw: FloatArray, error: FloatArray, size: FloatArray) -> FloatArray:
    """Return two-sided p values (G,) of no difference between a segment's own slope and the average of the others."""
    from scipy.special import ndtr

    share = size[None, :] * (1 - np.eye(len(size)))
    contrast = np.eye(len(size)) - share / share.sum(axis=1, keepdims=True)
    found: FloatArray = 2 * ndtr(-np.abs(contrast @ raw) / np.sqrt(contrast**2 @ error**2))
    return found


def _chosen(table: pd.DataFrame) -> pd.DataFrame:
    """Mark the slopes that may be said to differ, all segments and drivers judged together."""
    sure, p_value = table["p_differs"].to_numpy(float), table["p_value"].to_numpy(float)
    chosen = expected_false(1 - sure, FALSE_FLAGS) & step_up(p_value, np.ones(len(table)), FALSE_FLAGS)
    chosen &= sure >= LIKELY
    return table.assign(flag=chosen)
