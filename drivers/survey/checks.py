"""Every check of data against their definition, run together so that all findings are told at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import narwhals as nw
import pandas as pd

from drivers.survey.design_checks import check_design
from drivers.survey.findings import Finding, error
from drivers.survey.group_checks import check_groups, check_ids
from drivers.survey.item_checks import check_items
from drivers.survey.levels import count_levels
from drivers.survey.load_checks import CheckedLoad, check_load, count_rows
from drivers.survey.outcome_checks import check_outcomes
from drivers.survey.schema import Survey
from drivers.survey.tally import Frame
from drivers.survey.twin_checks import check_twins
from drivers.survey.wave_weights import fill_unweighted_waves


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inspection:
    """``frame`` with weights as numbers, rows read, the levels of every rated column, and all findings."""

    frame: Frame
    n_read: int
    levels: pd.DataFrame
    findings: tuple[Finding, ...]


def inspect(frame: Frame, survey: Survey) -> Inspection:
    """Check a table against its survey; no answer is changed, dropped or filled.

    Parameters
    ----------
    frame : narwhals DataFrame or LazyFrame
        Those of the survey's columns that the table has.
    survey : Survey
        Says what the columns mean.

    Returns
    -------
    Inspection
        Every finding, errors included: the caller decides what to do about them. Counts fall back to unweighted
        where the weight itself is faulty.
    """
    have = frame.collect_schema().names()
    items = [name for name in survey.rated if name in have]
    findings: list[Finding] = []
    loads: dict[str, str | None] = {"weight": None, "frequency": None}
    n_read: int | None = None if have else 0
    for role, column in (("weight", survey.weight), ("frequency", survey.frequency)):
        if column in have:
            checked = _check_load(frame, column, role, survey.wave if survey.wave in have else None)
            frame, n_read = checked.frame, checked.rows
            loads[role] = column if checked.usable else None
            findings += checked.findings
    n_read = count_rows(frame) if n_read is None else n_read
    if not n_read:
        none = count_levels(frame, survey, ())
        empty = [error("empty", "", 0, "there are no rows.", "Export the answers again.")] if have else []
        return Inspection(frame=frame, n_read=0, levels=none, findings=tuple(empty))
    levels = count_levels(frame, survey, items, weight=loads["weight"], frequency=loads["frequency"])
    findings = [*check_items(levels, survey, n_read), *check_outcomes(levels, survey), *findings]
    findings += check_twins(frame, levels, survey)
    groups = check_groups(frame, survey, loads["frequency"])
    frame = _without_blank_texts(frame, [f.column for f in groups if f.check.startswith("blank_")])
    findings += groups
    findings += check_ids(frame, survey)
    findings += check_design(frame, survey, loads["frequency"])
    return Inspection(frame=frame, n_read=n_read, levels=levels, findings=tuple(findings))


def _without_blank_texts(frame: Frame, columns: list[str]) -> Frame:
    """Let texts of nothing but blanks count as not stated."""
    schema = frame.collect_schema()
    texts = [nw.col(name) for name in dict.fromkeys(columns) if schema[name] == nw.String]
    return frame.with_columns(*(nw.when(text.str.strip_chars() != "").then(text) for text in texts)) if texts else frame


def _check_load(frame: Frame, column: str, role: str, wave: str | None) -> CheckedLoad:
    """Check a weight or frequency; waves that were never weighted get the average weight, and a warning."""
    checked = check_load(frame, column, role)
    if role != "weight" or wave is None or all(finding.check != "missing_weight" for finding in checked.findings):
        return checked
    filled = fill_unweighted_waves(checked.frame, column, wave)
    if filled is None:
        return checked
    again = check_load(filled[0], column, role)
    return replace(again, findings=(filled[1], *again.findings))
