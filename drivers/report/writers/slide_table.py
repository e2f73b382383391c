"""Tables on slides: as large as can be read, on as few slides as that takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drivers.report.content import Table
from drivers.report.words import cell_text
from drivers.report.writers.slide_deck import Deck, cut

ROWS = 16
"""Most rows of a table on one slide; more go on the next."""

LETTER, LINE, ROW = 0.56, 1.25, 0.12
"""Width of a letter and height of a line, in the size of the letters; what a row of a table takes beside, inches."""

WORD = 1.12
"""Words are set wider than text on average, by this at most: without blanks, and bold in the head."""

INCH = 914_400
"""Units of PowerPoint in an inch."""

COLUMNS = 8
"""A table with more columns than this is left to the workbook and the page, and the deck says so."""

SIZES = (14, 12, 11, 10)
"""Sizes of letters, points: the largest with which the whole table stands on one slide, else the smallest."""


def fits(deck: Deck, table: Table) -> int:
    """Return how many slides of a `deck` a `table` takes; 0 where it has too many columns for any."""
    return len(_laid_out(deck, table)[1]) if len(table.columns) <= COLUMNS else 0


def add_table(deck: Deck, table: Table) -> None:
    """Put a `table` on as many slides of a `deck` as it takes; one with too many columns on none."""
    if len(table.columns) > COLUMNS:
        return
    size, parts = _laid_out(deck, table)
    head = list(table.columns)
    left, top, width, _ = deck.place
    share = _shares(_texts(table))
    for number, rows in enumerate(parts, start=1):
        more = f" ({number} of {len(parts)})" if len(parts) > 1 else ""
        slide = deck.add(table.caption + more, notes="\n".join(table.notes))
        heights = [int(_tall(line, [width * part / INCH for part in share], size) * INCH) for line in [head, *rows]]
        frame = slide.shapes.add_table(len(rows) + 1, len(table.columns), left, top, width, sum(heights))
        for row, height in zip(frame.table.rows, heights, strict=True):
            row.height = height
        frame._element.nvGraphicFramePr.cNvPr.set("descr", table.caption)
        _fill(frame.table, [head, *rows], [int(width * part) for part in share], size)


def _texts(table: Table) -> list[list[str]]:
    """Return head and rows as text."""
    return [list(table.columns), *([cut(cell_text(cell), 160) for cell in row] for row in table.rows)]


def _laid_out(deck: Deck, table: Table) -> tuple[int, list[list[list[str]]]]:
    """Return the size of the letters, and the rows slide by slide."""
    head, *texts = _texts(table)
    _, _, width, height = deck.place
    widths = [width * part / INCH for part in _shares([head, *texts])]
    parts: list[list[list[str]]] = []
    for size in SIZES:
        parts = _parts(head, texts, widths, height / INCH, size)
        if len(parts) == 1 and _words_fit([head, *texts], widths, size):
            return size, parts
    return SIZES[-1], parts


def _shares(texts: Sequence[Sequence[str]]) -> list[float]:
    """Return the part of the width each column of `texts` gets: by its longest text, and room for its longest word."""
    asked = []
    for column in zip(*texts, strict=True):
        word = max(len(word) for text in column for word in [*text.split(), ""])
        asked.append(3 + max(min(60, max(map(len, column))), min(word, 24)))
    return [letters / sum(asked) for letters in asked]


def _words_fit(texts: Sequence[Sequence[str]], widths: Sequence[float], size: int) -> bool:
    """Return whether the longest word of every column of `texts` stands on one line of its width."""
    longest = [max(len(word) for text in column for word in [*text.split(), ""]) for column in zip(*texts, strict=True)]
    return all(WORD * letters <= _room(width, size) for letters, width in zip(longest, widths, strict=True))


def _room(width: float, size: int) -> float:
    """Return how many letters of a `size` stand on one line of a column, `width` inches wide."""
    return max((width - 0.2) * 72 / (LETTER * size), 1.0)


def _parts(
    head: Sequence[str], texts: Sequence[list[str]], widths: Sequence[float], height: float, size: int
) -> list[list[list[str]]]:
    """Return rows slide by slide: as many as fit the `height` under their `head`, in inches, at letters of a `size`."""
    parts: list[list[list[str]]] = [[]]
    left = height - _tall(head, widths, size)
    for line in texts:
        tall = _tall(line, widths, size)
        if parts[-1] and (tall > left or len(parts[-1]) == ROWS):
            parts.append([])
            left = height - _tall(head, widths, size)
        parts[-1].append(line)
        left -= tall
    return parts


def _tall(line: Sequence[str], widths: Sequence[float], size: int) -> float:
    """Return the height of a row in inches, from its longest text in columns of `widths` at letters of a `size`."""
    lines = max(-(-len(text) // int(_room(width, size))) for text, width in zip(line, widths, strict=True))
    return ROW + max(lines, 1) * LINE * size / 72


def _fill(grid: Any, texts: Sequence[Sequence[str]], widths: Sequence[int], size: int) -> None:
    from pptx.util import Pt

    for place, width in enumerate(widths):
        grid.columns[place].width = width
    for row, line in enumerate(texts):
        for column, text in enumerate(line):
            frame = grid.cell(row, column).text_frame
            frame.text = text
            for part in frame.paragraphs:
                part.font.size = Pt(size)
