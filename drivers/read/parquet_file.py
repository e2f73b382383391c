"""Parquet files, read lazily by the embedded engine."""

from __future__ import annotations

from pathlib import Path

from drivers.errors import DataError
from drivers.read.engine import connect, exact_path
from drivers.read.opened import Opened
from drivers.read.tables import open_table
from drivers.survey.answers import Source
from drivers.survey.schema import Survey


def open_parquet(path: Path, survey: Survey, source: Source) -> Opened:
    """Open a Parquet file; only the survey's columns are ever read from it.

    Parameters
    ----------
    path : Path
        The file.
    survey : Survey
        Says which columns are wanted.
    source : Source
        Name and hash of the file.

    Returns
    -------
    Opened
        A lazy table.

    Raises
    ------
    DataError
        If it is no whole Parquet file.
    """
    import duckdb

    try:
        relation = connect().read_parquet(exact_path(path))
    except duckdb.Error as wrong:
        reason = str(wrong).splitlines()[0]
        raise DataError(f"`{path.name}` is not a whole Parquet file ({reason}). Export it again.") from wrong
    return open_table(relation, survey, source)
