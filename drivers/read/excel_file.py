"""Workbooks (.xlsx, .xls, .xlsb, .ods) through pandas and calamine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from drivers.errors import DataError, nearest, quoted
from drivers.read.opened import Opened
from drivers.read.tables import open_table
from drivers.survey.answers import Source
from drivers.survey.findings import note
from drivers.survey.schema import Survey


def open_excel(path: Path, survey: Survey, source: Source, sheet: str | int | None) -> Opened:
    """Open one sheet; its first filled row holds the column names.

    Parameters
    ----------
    path : Path
        The workbook.
    survey : Survey
        Says which columns are wanted.
    source : Source
        Name and hash of the file.
    sheet : str, int or None
        Name, or position from 0; the first by default.

    Returns
    -------
    Opened
        The survey's columns; a note says which sheet was read when there are several.

    Raises
    ------
    DataError
        If the workbook cannot be opened, the sheet is not there, or it is empty.
    """
    from python_calamine import CalamineError

    try:
        with pd.ExcelFile(path, engine="calamine") as book:
            names = [str(name) for name in book.sheet_names]
            chosen = _sheet(sheet, names, path.name)
            cells = pd.read_excel(
                book, sheet_name=chosen, header=None, dtype=object, keep_default_na=False, na_values=[""]
            )
    except CalamineError as wrong:
        raise DataError(f"`{path.name}` is not a whole workbook ({wrong}). Save it again from Excel.") from wrong
    cells = cells.dropna(how="all")
    if cells.empty:
        raise DataError(f'Sheet "{chosen}" of `{path.name}` is empty. The workbook has: {quoted(names)}.')
    header = ["" if pd.isna(cell) else _name(cell) for cell in cells.iloc[0]]
    table = cells.iloc[1:].set_axis(header, axis="columns").infer_objects().reset_index(drop=True)
    opened = open_table(table, survey, source)
    if len(names) == 1 or sheet is not None:
        return opened
    read = note("sheet", "", len(names), f'The workbook has {len(names)} sheets; "{chosen}", the first, was read.',
                "Name another with `sheet=`.")  # fmt: skip
    return replace(opened, findings=(*opened.findings, read))


def _sheet(sheet: str | int | None, names: list[str], file: str) -> str:
    if isinstance(sheet, str):
        if sheet in names:
            return sheet
        raise DataError(f"There is no sheet {nearest(sheet, names)} in `{file}`. It has: {quoted(names)}.")
    place = sheet or 0
    if not -len(names) <= place < len(names):
        raise DataError(f"There is no sheet {place} in `{file}`: it has {len(names)}, counted from 0: {quoted(names)}.")
    return names[place]


def _name(cell: object) -> str:
    return f"{cell:.0f}" if isinstance(cell, float) and cell.is_integer() else str(cell)
