"""Which columns of a text table are numbers, found on the whole file in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from drivers.survey.decode import BLANK_TEXTS
from drivers.survey.findings import Finding, counted, note

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

Kind = Literal["number", "whole", "text"]

_WHOLE = "^-?(0|[1-9][0-9]{0,17})$"
_DECIMAL = "^-?(0|[1-9][0-9]*)([.][0-9]+)?$"


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
    measures: dict[str, str] = {}
    for i, name in enumerate(cells):
        text = cells[name]
        if name in numbers:
            measures[f"bad{i}"] = f"count(*) FILTER ({_filled(text)} AND {_number(text)} IS NULL)"
            measures[f"comma{i}"] = f"count(*) FILTER (contains({text}, ',') AND {_number(text)} IS NOT NULL)"
        elif name in keys:
            measures[f"part{i}"] = f"count(*) FILTER (NOT regexp_matches({text}, '{_WHOLE}'))"
            measures[f"bad{i}"] = f"count(*) FILTER (NOT regexp_matches({text}, '{_DECIMAL}'))"
    if not measures:
        return TextColumns(typed=dict(cells), findings=())
    row = table.aggregate(", ".join(measures.values())).fetchone()
    seen = dict(zip(measures, row or (), strict=True))
    typed: dict[str, str] = {}
    findings: list[Finding] = []
    for i, name in enumerate(cells):
        typed[name] = _as_type(cells[name], _kind(seen, i, name in numbers), commas=bool(seen.get(f"comma{i}")))
        if commas := seen.get(f"comma{i}"):
            findings.append(note("decimal_comma", name, commas, f"{counted(commas, 'number')} with a decimal comma."))
    return TextColumns(typed=typed, findings=tuple(findings))


def _kind(seen: dict[str, int], i: int, is_number: bool) -> Kind:
    if f"bad{i}" not in seen or seen[f"bad{i}"]:
        return "text"
    return "number" if is_number or seen[f"part{i}"] else "whole"


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
