"""`Answers`: a table that has been checked against its `Survey`."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from drivers.survey.findings import Finding
from drivers.survey.schema import Survey
from drivers.survey.tally import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the data came from.

    ``name`` is the file's name without its folder; ``sha256`` and ``size`` (bytes) are of the file as it lies on disk,
    or None for a live table. ``outside`` says that a definition named it and that it lies outside that one's folder.
    """

    name: str
    kind: str
    sha256: str | None = None
    size: int | None = None
    outside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Answers:
    """Checked answers. ``frame`` holds the codes as read, wherever they live; nothing was dropped or filled.

    ``n_read`` counts rows. ``levels`` has one row per item and distinct code: item, code, value, reason, n, sum_w; an
    item with very many distinct numbers has one row per reason instead (see `drivers.survey.levels`). ``findings``
    holds the warnings and notes of the checks: an error would have been raised.
    """

    survey: Survey
    frame: Frame
    source: Source
    n_read: int
    levels: pd.DataFrame
    findings: tuple[Finding, ...] = ()

    def __repr__(self) -> str:
        """Give source and size in place of the table."""
        return f"<Answers: {self.n_read:,} rows of {self.source.name}, {len(self.survey.rated)} rated items>"

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What weakens the analysis without stopping it."""
        return tuple(finding for finding in self.findings if finding.severity == "warning")
