"""Which columns of a text table are numbers, found on the whole file in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from drivers.survey.codes import BLANK_TEXTS, as_number
from drivers.survey.findings import Finding, counted, note

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

PROBED = 1_000
"""Rows in which a grouping column may show that it holds texts."""

Kind = Literal["number", "whole", "text"]

_WHOLE = "^-?(0|[1-9][0-9]{0,17})$"
_DECIMAL = "^-?(0|[1-9][0-9]*)([.][0-9]+)?$"
_THOUSANDS = "^[+-]?[1-9][0-9]{0,2},[0-9]{3}$"
"""1,234 is 1.234 or 1234; the rest of the column decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextColumns:
    """SQL per column that gives it its type, and notes on decimal commas."""

    typed: dict[str, str]
    findings: tuple[Finding, ...]


def find_types(
    table: DuckDBPyRelation, cells: dict[str, str], numbers: Sequence[str], keys: Sequence[str]
) -> TextColumns:
    """Decide on all rows which columns are numbers.

    Parameters
    ----------
    table : DuckDB relation
        All columns as text.
    cells : dict
        For each survey column, the SQL of its text.
    numbers : sequence of str
        Ratings, weight, frequency: numbers when every filled cell is one, with decimal point or comma.
    keys : sequence of str
        Waves, segments, strata, PSUs: numbers only when written plainly, so that "007" stays a text.

    Returns
    -------
    TextColumns
        Columns that are not numbers stay as they are.
    """
    unread = _unread(table, cells, numbers, keys)
    measures: dict[str, str] = {}
    for i, (name, text) in enumerate(cells.items()):
        if name in numbers and unread[name]:
            number = f"{_number(text)} IS NOT NULL"
            unclear = f"regexp_matches(trim({text}), '{_THOUSANDS}')"
            measures[f"bad{i}"] = f"count(*) FILTER ({_filled(text)} AND NOT ({number}))"
            measures[f"comma{i}"] = f"count(*) FILTER (contains({text}, ',') AND {number})"
            measures[f"unclear{i}"] = f"count(*) FILTER ({unclear})"
            measures[f"point{i}"] = f"count(*) FILTER (contains({text}, '.') AND {number})"
        elif name in keys and not unread[name]:
            measures[f"part{i}"] = f"count(*) FILTER (NOT regexp_matches({text}, '{_WHOLE}'))"
            measures[f"bad{i}"] = f"count(*) FILTER (NOT regexp_matches({text}, '{_DECIMAL}'))"
    seen = _counts(table, measures)
    kinds = {name: _kind(seen, i, name in numbers, name in keys and not unread[name]) for i, name in enumerate(cells)}
    commas = {name: seen.get(f"comma{i}", 0) for i, name in enumerate(cells) if kinds[name] == "number"}
    return TextColumns(
        typed={name: _as_type(text, kinds[name], commas=commas.get(name, 0) > 0) for name, text in cells.items()},
        findings=tuple(
            note("decimal_comma", name, count, f"{counted(count, 'number')} with a decimal comma.")
            for name, count in commas.items()
            if count
        ),
    )


def _kind(seen: dict[str, int], i: int, is_number: bool, is_plain_key: bool) -> Kind:
    """Decide from the counts; 1,234 needs a companion such as 0,5 and no 1.5 to be read as a decimal."""
    if is_number:
        unclear, points = seen.get(f"unclear{i}", 0), seen.get(f"point{i}", 0)
        decimals = not unclear or (seen[f"comma{i}"] > unclear and not points)
        return "number" if decimals and not seen.get(f"bad{i}") else "text"
    if is_plain_key and not seen[f"bad{i}"]:
        return "number" if seen[f"part{i}"] else "whole"
    return "text"


def _unread(
    table: DuckDBPyRelation, cells: dict[str, str], numbers: Sequence[str], keys: Sequence[str]
) -> dict[str, int]:
    """Count the filled cells per column that are not plain numbers: most columns are settled by this alone.

    Keys that show a text in the first rows are texts already and are not counted (1 stands for some).
    """
    named = [name for name in keys if name in cells]
    first = table.project(", ".join(cells[name] for name in named)).limit(PROBED).fetchall() if named else []
    texts = {name for at, name in enumerate(named) if any(row[at] and as_number(row[at]) is None for row in first)}
    measures = {
        name: f"count({text}) - count(TRY_CAST({text} AS DOUBLE))"
        for name, text in cells.items()
        if name in numbers or (name in keys and name not in texts)
    }
    return {**_counts(table, measures), **dict.fromkeys(texts, 1)}


def _counts(table: DuckDBPyRelation, measures: dict[str, str]) -> dict[str, int]:
    if not measures:
        return {}
    row = table.aggregate(", ".join(measures.values())).fetchone()
    return dict(zip(measures, row or (), strict=True))


def _as_type(text: str, kind: Kind, *, commas: bool) -> str:
    if kind == "whole":
        return f"TRY_CAST({text} AS BIGINT)"
    if kind == "number":
        return _number(text) if commas else f"TRY_CAST({text} AS DOUBLE)"
    return text


def _number(text: str) -> str:
    return f"TRY_CAST(replace({text}, ',', '.') AS DOUBLE)"


def _filled(text: str) -> str:
    blanks = ", ".join(f"'{blank}'" for blank in sorted(BLANK_TEXTS))
    return f"lower(trim({text})) NOT IN ({blanks})"
