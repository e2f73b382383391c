"""Column names that the engine takes in SQL but narwhals cannot ask it for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import narwhals as nw

from drivers.survey.tally import Frame

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

_READ_OTHERWISE = frozenset('.*"')
"""Signs that narwhals hands to DuckDB unquoted, which takes them for "column of table", "all columns", a quote."""


def identifier(name: str) -> str:
    """Return a column name as the engine's SQL writes it.

    Parameters
    ----------
    name : str
        Any name.

    Returns
    -------
    str
        In double quotes.
    """
    return '"' + name.replace('"', '""') + '"'


def askable(relation: DuckDBPyRelation, names: Iterable[str]) -> Frame:
    """Return the relation as a frame that can be asked for every column by its name.

    Parameters
    ----------
    relation : DuckDB relation
        The survey's columns, under the survey's names.
    names : iterable of str
        These names.

    Returns
    -------
    narwhals DataFrame or LazyFrame
        Lazy, so that every query streams the file. When a name holds a dot, a star or a double quote, these columns
        are loaded into memory instead: there any name will do.
    """
    if any(_READ_OTHERWISE & set(name) for name in names):
        return nw.from_native(relation.to_arrow_table(), eager_only=True)
    return nw.from_native(relation)
