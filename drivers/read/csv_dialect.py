"""How a text table is laid out: separator, header line, and what stands before it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.read.columns import one_line
from drivers.survey.decode import as_number

SEPARATORS = (",", ";", "\t", "|")
LINES_LOOKED_AT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """``names`` as they stand in the header, which ends with line ``lines``; ``skip`` lines stand before it."""

    separator: str
    names: tuple[str, ...]
    skip: int
    lines: int


def find_dialect(head: str, wanted: Sequence[str]) -> Dialect | None:
    """Find the layout that makes most of the wanted columns appear.

    Parameters
    ----------
    head : str
        The beginning of the file; its last line may be cut off.
    wanted : sequence of str
        The survey's columns.

    Returns
    -------
    Dialect or None
        The separator whose header holds most wanted names, then the one that cuts the following lines into equally
        many cells, then the one that makes most columns. None when there is no line at all.
    """
    lines = head.splitlines(keepends=True)
    skip = 0
    while skip < len(lines) and not lines[skip].strip():
        skip += 1
    declared = lines[skip].strip().casefold() if skip < len(lines) else ""
    if declared.startswith("sep=") and len(declared) == 5:  # Excel's own first line
        skip += 1
    body = "".join(lines[skip:])
    if not body.strip():
        return None
    found = [(_score(rows, wanted), separator, rows[0], high) for separator, rows, high in _cut(body)]
    _, separator, names, high = max(found, key=lambda each: each[0])
    return Dialect(separator=separator, names=tuple(names), skip=skip, lines=skip + high)


def looks_like_answers(names: Sequence[str]) -> bool:
    """Tell whether a header line holds numbers, as a data line would.

    Parameters
    ----------
    names : sequence of str
        The cells of the line.

    Returns
    -------
    bool
        True when most of them are numbers.
    """
    return sum(as_number(name) is not None for name in names) * 2 > len(names)


def _cut(body: str) -> list[tuple[str, list[list[str]], int]]:
    """Return the first rows per separator, and how many lines the first of them takes."""
    cut = []
    for separator in SEPARATORS:
        reader = csv.reader(io.StringIO(body, newline=""), delimiter=separator)
        rows: list[list[str]] = []
        header = 1
        try:
            for row in reader:
                if row:
                    header = header if rows else reader.line_num
                    rows.append(row)
                if len(rows) > LINES_LOOKED_AT:
                    break
        except csv.Error:  # a cell longer than Python's reader takes: the lines so far must do
            pass
        if rows:
            cut.append((separator, rows, header))
    return cut


def _score(rows: list[list[str]], wanted: Sequence[str]) -> tuple[int, float, int]:
    names = {one_line(name) for name in rows[0]}
    hits = sum(one_line(name) in names for name in wanted)
    following = rows[1:-1] or rows[1:]  # the last one may be cut off
    even = sum(len(row) == len(rows[0]) for row in following) / len(following) if following else 1.0
    return hits, even if len(rows[0]) > 1 else 0.0, len(rows[0])
