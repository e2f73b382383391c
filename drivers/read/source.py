"""`read`: from a file, a table in memory or a warehouse to checked `Answers`."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from drivers.errors import OutsideFolderWarning, SurveyError
from drivers.read.files import open_file
from drivers.read.opened import Opened
from drivers.read.tables import open_table
from drivers.survey.answers import Answers
from drivers.survey.checks import inspect
from drivers.survey.findings import data_error
from drivers.survey.schema import Code, Scale, Survey


def read(
    data: Any = None,
    survey: Survey | str | Path | None = None,
    *,
    drivers: Sequence[str] | None = None,
    outcome: str | Sequence[str] | None = None,
    weight: str | None = None,
    frequency: str | None = None,
    wave: str | None = None,
    segments: Sequence[str] = (),
    scale: Scale | None = None,
    not_applicable: Sequence[Code] = (),
    dont_know: Sequence[Code] = (),
    sheet: str | int | None = None,
) -> Answers:
    """Read answers and check them against their survey.

    Parameters
    ----------
    data : path or table, optional
        A .csv, .tsv, .txt (also .gz), .xlsx, .xls, .parquet or .sav file; a pandas, polars or pyarrow DataFrame; a
        DuckDB, Ibis or Spark table. Without it, the file the survey names.
    survey : Survey or path of its TOML file, optional
        What the columns mean. Without it, `drivers` and `outcome` are needed.
    drivers, segments : sequence of str
        Columns by role, for a table without a survey.
    outcome : str or sequence of str
        Columns to be explained.
    weight, frequency, wave : str, optional
        Columns by role.
    scale : (low, high) or "open", optional
        Ends of the rating scale of all items; "open" (the default) takes every number as an answer.
    not_applicable, dont_know : sequence of codes
        Codes that stand for these instead of a rating.
    sheet : str or int, optional
        Sheet of a workbook; the first by default.

    Returns
    -------
    Answers
        The table with its codes as read, wherever it lives; warnings and notes are in ``findings``.

    Raises
    ------
    DataError
        If the file cannot be read, or the data do not fit the survey: every finding is listed in the one error.
    SurveyError
        If the survey is missing, or given twice.
    """
    given = _definition(
        survey, drivers=drivers, outcome=outcome, weight=weight, frequency=frequency, wave=wave,
        segments=segments, scale=scale, not_applicable=not_applicable, dont_know=dont_know,
    )  # fmt: skip
    opened = open_data(data, given, sheet)
    seen = inspect(opened.frame, opened.survey)
    findings = (*opened.findings, *seen.findings)
    if any(finding.severity == "error" for finding in findings):
        raise data_error(findings, f"`{opened.source.name}`")
    return Answers(
        survey=opened.survey, frame=seen.frame, source=opened.source,
        n_read=seen.n_read, levels=seen.levels, findings=findings,
    )  # fmt: skip


def open_data(data: Any, survey: Survey, sheet: str | int | None = None) -> Opened:
    """Open a path, a table, or (without data) the file the survey names; nothing is checked yet.

    Parameters
    ----------
    data : path, table or None
        As in `read`.
    survey : Survey
        Says which columns are wanted.
    sheet : str or int, optional
        Sheet of a workbook.

    Returns
    -------
    Opened
        The survey's columns and where they came from.

    Raises
    ------
    DataError
        If the file or table cannot be opened.
    SurveyError
        If neither data nor a file named by the survey is there.
    """
    if data is None:
        if survey.data_path is None:
            raise SurveyError(
                'The survey names no data file. Add `data = "answers.csv"` to its TOML, or hand the data in: '
                '`--data answers.csv` on the command line, `dr.read("answers.csv", survey)` in Python.'
            )
        return _named(survey, survey.data_path, sheet)
    if isinstance(data, (str, Path)):
        return open_file(Path(data).expanduser(), survey, sheet)
    return open_table(data, survey)


def _named(survey: Survey, data: Path, sheet: str | int | None) -> Opened:
    """Open the file that the definition names, and say so where it lies outside the folder of the definition."""
    path = data.expanduser()
    opened = open_file(path, survey, sheet)
    if survey.folder is None or path.resolve().is_relative_to(survey.folder.resolve()):
        return opened
    warnings.warn(
        f"The definition names a file outside its own folder: `{path.resolve()}` was read. Give `--data` on the "
        "command line, or `dr.read(file, survey)` in Python, to name the file yourself.",
        OutsideFolderWarning, stacklevel=4,
    )
    return replace(opened, source=replace(opened.source, outside=True))


def _definition(
    survey: Survey | str | Path | None,
    *,
    drivers: Sequence[str] | None,
    outcome: str | Sequence[str] | None,
    weight: str | None,
    frequency: str | None,
    wave: str | None,
    segments: Sequence[str],
    scale: Scale | None,
    not_applicable: Sequence[Code],
    dont_know: Sequence[Code],
) -> Survey:
    named = {
        "drivers": drivers, "outcome": outcome, "weight": weight, "frequency": frequency, "wave": wave,
        "segments": segments, "scale": scale, "not_applicable": not_applicable, "dont_know": dont_know,
    }  # fmt: skip
    twice = [role for role, value in named.items() if value]
    if survey is not None:
        if twice:
            raise SurveyError(
                f"The survey already says what the columns mean; {', '.join(f'`{role}=`' for role in twice)} would say "
                "it twice. Put it into the survey, or leave the survey out."
            )
        return survey if isinstance(survey, Survey) else Survey.from_toml(survey)
    if not drivers or not outcome:
        raise SurveyError(
            "What do the columns mean? Hand in a survey, `dr.read(data, dr.Survey.from_toml(...))`, or name them: "
            '`dr.read(data, drivers=["price", "service"], outcome="satisfaction")`.'
        )
    return Survey(
        drivers=(drivers,) if isinstance(drivers, str) else tuple(drivers),
        outcomes=(outcome,) if isinstance(outcome, str) else tuple(outcome),
        weight=weight, frequency=frequency, wave=wave, segments=tuple(segments), scale=scale or "open",
        not_applicable=tuple(not_applicable), dont_know=tuple(dont_know),
    )  # fmt: skip
