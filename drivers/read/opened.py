"""What every reader hands over: a table, where it came from, and what was noticed on the way."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.survey.answers import Source
from drivers.survey.findings import Finding
from drivers.survey.schema import Survey
from drivers.survey.tally import Frame


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Opened:
    """A table not yet checked. ``frame`` has the survey's columns that were found, under the survey's names.

    ``survey`` is the definition to use from here on: an SPSS file adds the codes it declares as missing. ``findings``
    are about names and about how the file was read.
    """

    frame: Frame
    source: Source
    survey: Survey
    findings: tuple[Finding, ...] = ()
