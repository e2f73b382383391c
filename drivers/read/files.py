"""Which reader opens which file."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from drivers.errors import DataError, nearest
from drivers.read.fingerprint import fingerprint
from drivers.read.opened import Opened
from drivers.survey.answers import Source
from drivers.survey.schema import Survey

KINDS = {
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".txt": "csv", ".gz": "csv",
    ".parquet": "parquet", ".pq": "parquet",
    ".xlsx": "excel", ".xlsm": "excel", ".xlsb": "excel", ".xls": "excel", ".ods": "excel",
    ".sav": "spss", ".zsav": "spss",
}  # fmt: skip

MAGIC = (
    (b"PAR1", "parquet"),
    (b"PK\x03\x04", "excel"),
    (b"\xd0\xcf\x11\xe0", "excel"),
    (b"$FL2", "spss"),
    (b"$FL3", "spss"),
)
"""First bytes that tell the kind of a file whatever its name says."""


def open_file(path: Path, survey: Survey, sheet: str | int | None = None) -> Opened:
    """Open a file with the reader for its kind; its first bytes count more than its name.

    Parameters
    ----------
    path : Path
        The file.
    survey : Survey
        Says which columns are wanted.
    sheet : str or int, optional
        Sheet of a workbook, by name or position from 0; the first by default.

    Returns
    -------
    Opened
        The survey's columns.

    Raises
    ------
    DataError
        If there is no such file, it is empty, or its kind is unknown.
    """
    kind = _kind(path)
    mark = fingerprint(path)
    source = Source(name=path.name, kind=kind, sha256=mark.sha256, size=mark.size)
    if kind == "parquet":
        from drivers.read.parquet_file import open_parquet

        return open_parquet(path, survey, source)
    if kind == "excel":
        from drivers.read.excel_file import open_excel

        return open_excel(path, survey, source, sheet)
    if kind == "spss":
        from drivers.read.spss_file import open_spss

        return open_spss(path, survey, source)
    from drivers.read.csv_file import open_csv

    try:
        return open_csv(path, survey, source)
    except (EOFError, gzip.BadGzipFile, zlib.error) as problem:
        raise DataError(f"`{path.name}` is not a whole .gz file ({problem}). Pack it again.") from None


def _kind(path: Path) -> str:
    if not path.is_file():
        raise _no_file(path)
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise DataError(f"`{path.name}` is empty (0 bytes). Export the survey again.")
    for start, kind in MAGIC:
        if head.startswith(start):
            return kind
    kind = KINDS.get(path.suffix.lower(), "")
    if kind not in ("csv", ""):
        raise DataError(f"`{path.name}` is not a {path.suffix} file inside: it may be cut off. Export it again.")
    if not kind:
        raise DataError(f"Cannot tell what `{path.name}` is. Save it as .csv, .tsv, .txt, .xlsx, .parquet or .sav.")
    return kind


def _no_file(path: Path) -> DataError:
    if path.is_dir():
        return DataError(f"`{path}` is a folder. Name the file inside it.")
    beside = [each.name for each in path.parent.iterdir() if each.is_file()] if path.parent.is_dir() else []
    hint = nearest(path.name, beside).removeprefix(f"`{path.name}`")
    return DataError(f"There is no file `{path}`{hint}. Correct the path.")
