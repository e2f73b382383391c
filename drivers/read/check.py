"""`check`: all that is wrong with data and their definition, told instead of raised."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from drivers.errors import SurveyError
from drivers.read.source import open_data
from drivers.survey.check_report import CheckReport, item_counts
from drivers.survey.checks import inspect
from drivers.survey.schema import Survey

_ORDER = ("error", "warning", "note")


def check(
    data: Any = None, survey: Survey | str | Path | None = None, *, sheet: str | int | None = None
) -> CheckReport:
    """Check data against their survey and report every finding.

    Parameters
    ----------
    data : path or table, optional
        As in `drivers.read`; without it, the file the survey names.
    survey : Survey or path of its TOML file
        What the columns mean.
    sheet : str or int, optional
        Sheet of a workbook; the first by default.

    Returns
    -------
    CheckReport
        Errors first, then warnings, then notes; ``exit_code`` is 0 without errors and warnings, else 2.

    Raises
    ------
    DataError
        If the data cannot be opened at all.
    SurveyError
        If there is no survey, or it names no data and none were handed in.
    """
    if survey is None:
        raise SurveyError("There is nothing to check against: hand in a survey, or the path of its TOML file.")
    definition = survey if isinstance(survey, Survey) else Survey.from_toml(survey)
    opened = open_data(data, definition, sheet)
    seen = inspect(opened.frame, opened.survey)
    found = (*opened.findings, *seen.findings)
    return CheckReport(
        source=opened.source,
        n_read=seen.n_read,
        findings=tuple(sorted(found, key=lambda finding: _ORDER.index(finding.severity))),
        items=item_counts(seen.levels, opened.survey),
    )
