"""Text tables (.csv, .tsv, .txt): layout found, then read lazily by the embedded engine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.errors import DataError
from drivers.read.columns import match_columns, takeable
from drivers.read.csv_dialect import Dialect, find_dialect, looks_like_answers
from drivers.read.csv_types import find_types
from drivers.read.engine import connect, exact_path, literal
from drivers.read.fingerprint import open_bytes, text_encoding
from drivers.read.opened import Opened
from drivers.read.quoting import askable, identifier
from drivers.survey.answers import Source
from drivers.survey.findings import Finding, note
from drivers.survey.schema import Survey
from drivers.survey.tally import Frame

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

HEAD = 1 << 22
"""Bytes in which the header must end (thousands of columns fit)."""

LAZY = {"utf-8": "utf-8", "utf-8-sig": "utf-8", "latin-1": "latin-1"}
"""Encodings the engine reads by itself; files in others are re-coded, the survey's columns only, in memory."""


def open_csv(path: Path, survey: Survey, source: Source) -> Opened:
    """Open a text table; separator, encoding, decimal comma and types are found, never asked.

    Parameters
    ----------
    path : Path
        The file, also packed as .gz.
    survey : Survey
        Says which columns are wanted; only they are read.
    source : Source
        Name and hash of the file.

    Returns
    -------
    Opened
        A lazy table: every query streams the file, so memory does not grow with its length.

    Raises
    ------
    DataError
        If the file has no line, or a line has more or fewer cells than the header.
    """
    encoding = text_encoding(path)
    dialect = find_dialect(_head(path, encoding), survey.columns)
    if dialect is None:
        raise DataError(f"`{path.name}` is empty. Export the survey again, with a header line and its answers.")
    match = takeable(match_columns(survey, dialect.names))
    if not match.positions and looks_like_answers(dialect.names):
        raise DataError(
            f"The first line of `{path.name}` holds numbers, not column names. Add a header line with the names "
            f"of the survey: {', '.join(survey.columns)}."
        )
    frame, findings = _typed(path, dialect, encoding, match.positions, survey)
    findings = (*match.findings, *_coded(encoding), *findings)
    return Opened(frame=frame, source=source, survey=survey, findings=findings)


def _typed(
    path: Path, dialect: Dialect, encoding: str, positions: dict[str, int], survey: Survey
) -> tuple[Frame, tuple[Finding, ...]]:
    import duckdb

    cells = {name: f"c{at}" for name, at in positions.items()}
    plain = [name for name in survey.rated if not _has_words(survey, name)]
    measured = [name for name in survey.controls if not survey.is_category(name)]
    loads = (survey.weight, survey.frequency, survey.fpc, *survey.replicate_columns(list(positions)))
    numbers = [*plain, *measured, *(role for role in loads if role)]
    keys = [role for role in (survey.wave, survey.stratum, survey.psu, *survey.segments) if role]
    keys += [name for name in survey.controls if survey.is_category(name)]
    one_line_header = dialect.lines == dialect.skip + 1  # in others the engine may take the wrong line ends
    for reader in (_lazy, _recoded) if encoding in LAZY and one_line_header else (_recoded,):
        try:
            table = reader(path, dialect, encoding, list(positions.values()))
            types = find_types(table, cells, numbers, keys)
            if not cells:  # nothing has been read yet, so a broken file would only show itself later
                table.aggregate("count(*)").fetchone()
            columns = [f"{sql} AS {identifier(name)}" for name, sql in types.typed.items()]
            return askable(table.project(", ".join(columns) or "1 AS __none"), types.typed), types.findings
        except duckdb.Error as wrong:
            if "state machine" in str(wrong):  # line ends of two kinds, which only the other reader takes
                continue
            raise broken_line(path.name, str(wrong)) from wrong
    raise broken_line(path.name, "")


def _has_words(survey: Survey, name: str) -> bool:
    """Tell whether the survey gives texts of this item a meaning, so that it must stay text."""
    item = survey.item(name)
    codes = (*(item.not_applicable or ()), *(item.dont_know or ()))
    return bool(item.levels) or any(isinstance(code, str) for code in codes)


def _lazy(path: Path, dialect: Dialect, encoding: str, positions: list[int]) -> DuckDBPyRelation:
    columns = ", ".join(f"c{i}: 'VARCHAR'" for i in range(len(dialect.names)))
    return connect().sql(
        f"FROM read_csv({literal(exact_path(path))}, auto_detect = false, header = true, skip = {dialect.skip}, "
        f"delim = {literal(dialect.separator)}, quote = '\"', escape = '\"', encoding = '{LAZY[encoding]}', "
        f"columns = {{{columns}}})"
    )


def _recoded(path: Path, dialect: Dialect, encoding: str, positions: list[int]) -> DuckDBPyRelation:
    """Read a file whose encoding the engine lacks through pyarrow, the wanted columns only."""
    import pyarrow as pa
    from pyarrow import csv

    names = [f"c{i}" for i in range(len(dialect.names))]
    wanted = [names[i] for i in positions] or names[:1]
    try:
        with open_bytes(path) as file:
            table = csv.read_csv(
                file,
                csv.ReadOptions(encoding=encoding, column_names=names, skip_rows=dialect.lines, use_threads=False),
                csv.ParseOptions(delimiter=dialect.separator, newlines_in_values=True),
                csv.ConvertOptions(
                    column_types=dict.fromkeys(wanted, pa.string()), include_columns=wanted,
                    strings_can_be_null=True, quoted_strings_can_be_null=True, null_values=[""],
                ),
            )  # fmt: skip
    except pa.ArrowInvalid as wrong:
        raise broken_line(path.name, str(wrong)) from wrong
    return connect().from_arrow(table)


def _head(path: Path, encoding: str) -> str:
    with open_bytes(path) as file:
        return file.read(HEAD).decode(encoding, errors="replace")


def _coded(encoding: str) -> tuple[Finding, ...]:
    if encoding.startswith("utf-8"):
        return ()
    return (note("encoding", "", 1, f"The file is not UTF-8; it was read as {encoding}.", "Check names with accents."),)


def broken_line(name: str, message: str) -> DataError:
    """Return (do not raise) the error for a line that cannot be cut into cells; the line itself is not shown.

    Parameters
    ----------
    name : str
        The file.
    message : str
        What the engine or pyarrow said.

    Returns
    -------
    DataError
        With the line's number and what is wrong there.
    """
    line = re.search(r"Line: (\d+)|Row #(\d+)", message)
    where = f", line {next(filter(None, line.groups()))}" if line else ""
    cells = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)|Expected (\d+) columns, got (\d+)", message)
    if cells:
        expected, got = filter(None, cells.groups())
        found = f"{got} cells where the header has {expected}"
    elif "quote" in message:
        found = "a quote is opened and never closed, or text follows a closing quote"
    else:
        found = "the line cannot be cut into cells"
    return DataError(f"`{name}`{where}: {found}. Mend that line (a separator or a quote is wrong), or export again.")
