"""Tables that are already somewhere: pandas, polars, pyarrow, DuckDB, Ibis, Spark, through narwhals."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import pandas as pd

from drivers.errors import DataError
from drivers.read.columns import match_columns, takeable
from drivers.read.opened import Opened
from drivers.read.quoting import askable, identifier
from drivers.survey.answers import Source
from drivers.survey.codes import BLANK_TEXTS, as_number, is_blank, text_key
from drivers.survey.schema import Survey
from drivers.survey.tally import Frame


def open_table(table: Any, survey: Survey, source: Source | None = None) -> Opened:
    """Take the survey's columns of a table in memory or in an engine; nothing is computed yet.

    Parameters
    ----------
    table : DataFrame, relation or warehouse table
        Anything narwhals knows.
    survey : Survey
        Says which columns are wanted.
    source : Source, optional
        Where the table came from; by default the kind of table.

    Returns
    -------
    Opened
        The table with only the survey's columns.

    Raises
    ------
    DataError
        If `table` is no table.
    """
    if isinstance(table, pd.DataFrame):
        return _open_pandas(table, survey, source or Source(name="DataFrame", kind="pandas"))
    frame = _narwhal(table)
    available = list(frame.collect_schema().names())
    match = match_columns(survey, available)
    if frame.implementation.is_duckdb():
        match = takeable(match)
        columns = [f"{identifier(available[at])} AS {identifier(name)}" for name, at in match.positions.items()]
        picked = askable(frame.to_native().project(", ".join(columns) or "1 AS __none"), match.positions)
    else:
        picked = frame.select(*(nw.col(available[at]).alias(name) for name, at in match.positions.items()))
    source = source or Source(name="table", kind=str(frame.implementation).removeprefix("Implementation.").lower())
    return Opened(frame=picked, source=source, survey=survey, findings=match.findings)


def _open_pandas(table: pd.DataFrame, survey: Survey, source: Source) -> Opened:
    """Pick columns by position, because pandas lets names repeat and be anything."""
    if isinstance(table.columns, pd.MultiIndex):
        raise DataError(
            "The columns of the DataFrame have several header rows. Keep one: "
            "`data.columns = ['_'.join(map(str, c)) for c in data.columns]`."
        )
    match = match_columns(survey, [str(name) for name in table.columns])
    picked: pd.DataFrame = table.iloc[:, list(match.positions.values())].set_axis([*match.positions], axis="columns")
    numbers = [name for name in (survey.weight, survey.frequency) if name in picked and picked[name].dtype == object]
    picked = picked.reset_index(drop=True)
    for name in numbers:
        picked[name] = _numbers(picked[name])
    frame = nw.from_native(picked, eager_only=True)
    return Opened(frame=frame, source=source, survey=survey, findings=match.findings)


def _numbers(column: pd.Series[Any]) -> pd.Series[Any]:
    """Turn a column of mixed cells into numbers if all its filled cells are, else into texts for the checks."""
    cells = [None if is_blank(cell) or text_key(cell) in BLANK_TEXTS else cell for cell in column]
    numbers = [as_number(cell) for cell in cells]
    if all(number is not None for number, cell in zip(numbers, cells, strict=True) if cell is not None):
        return pd.Series(numbers, dtype="float64")
    return pd.Series([None if cell is None else str(cell) for cell in cells], dtype="str")


def _narwhal(table: Any) -> Frame:
    try:
        frame: Frame = nw.from_native(table)
    except TypeError as wrong:
        raise DataError(
            f"Cannot read a {type(table).__name__}. Hand in a DataFrame (pandas, polars, pyarrow), a DuckDB, Ibis or "
            "Spark table, or the path of a .csv, .xlsx, .parquet or .sav file."
        ) from wrong
    return frame
