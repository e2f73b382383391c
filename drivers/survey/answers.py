"""`Answers`: a table that has been checked against its `Survey`."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from drivers.survey.findings import Finding
from drivers.survey.schema import Survey
from drivers.survey.tally import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the data came from. ``sha256`` is of the file's bytes, or None for a live table."""

    name: str
    kind: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """Checked answers. ``frame`` holds the codes as read, wherever they live; nothing was dropped or filled.

    ``levels`` has one row per item and distinct code: item, code, value, reason, n, sum_w.
    """

    survey: Survey
    frame: Frame
    source: Source
    n_read: int
    levels: pd.DataFrame
    findings: tuple[Finding, ...] = ()
