"""A `Report` as a workbook: what it is about, what was found, a what-if to try, and one tidy sheet per table.

Text is written as text: a label such as ``=1+1`` is never a formula, and stays none when somebody edits its cell.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from textwrap import wrap
from typing import Any

import pandas as pd

from drivers.errors import missing_extra
from drivers.report.content import Playable, Report, Section
from drivers.report.writers.live_sheet import live_names, live_sheets
from drivers.report.writers.zipped import same_bytes

MOST_LETTERS = 32_000
"""A cell holds 32,767; longer text is cut, with a mark."""

WIDEST = 60
"""Widest column, in letters."""

SENTENCE = 90
"""Letters of a sentence that stand on one line."""

LINE = 15
"""Height of one line, in points."""

_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def xlsx(report: Report) -> bytes:
    """Return the workbook.

    Parameters
    ----------
    report : Report
        What to write.

    Returns
    -------
    bytes
        The file. The same report gives the same bytes.

    Raises
    ------
    MissingExtraError
        If xlsxwriter is not installed.
    """
    try:
        import xlsxwriter
    except ImportError as absent:
        raise missing_extra("xlsxwriter", "office", "Writing a workbook") from absent

    out = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    made = datetime(report.made.year, report.made.month, report.made.day)
    book.set_properties({"title": _cut(report.title)[:250], "comments": report.subtitle[:250], "created": made})
    pages, play = Pages(book), _playable(report.sections)
    live = len(live_names(play))
    names = sheet_names(["About", "Findings", *live_names(play), *report.tables])
    _about(pages, report, names)
    _findings(pages, report, names[1])
    if play is not None:
        live_sheets(pages, play, names[2 : 2 + live])
    for name, table in zip(names[2 + live :], report.tables.values(), strict=True):
        _table(pages, name, table)
    book.close()
    return same_bytes(out.getvalue(), report.made)


def _playable(sections: Sequence[Section]) -> Playable | None:
    """Return the first what-if to play with, if there is one."""
    for section in sections:
        for block in section.blocks:
            if isinstance(block, Playable):
                return block
        inside = _playable(section.sections)
        if inside is not None:
            return inside
    return None


class Pages:
    """A workbook (`book`) and its few formats; `text` and `value` are the only ways into a cell."""

    def __init__(self, book: Any) -> None:
        self.book = book
        look = {"valign": "top"}
        self.plain = book.add_format(look)
        self.wrapped = book.add_format({**look, "text_wrap": True})
        self.title = book.add_format({**look, "bold": True, "font_size": 16, "text_wrap": True})
        self.head = book.add_format({**look, "bold": True, "bottom": 2, "text_wrap": True})
        self.quoted = book.add_format({**look, "quote_prefix": True, "text_wrap": True})
        self.quoted_head = book.add_format({"bold": True, "bottom": 2, "quote_prefix": True, "text_wrap": True})
        self.number = book.add_format({**look, "num_format": "0.000"})
        self.count = book.add_format({**look, "num_format": "#,##0"})

    def text(self, sheet: Any, row: int, column: int, words: str, form: Any = None) -> None:
        """Write `words` as text at (`row`, `column`) of a `sheet` in the format `form`."""
        risky = words.lstrip(" ").startswith(_FORMULA)
        quoted = self.quoted_head if form is self.head else self.quoted
        sheet.write_string(row, column, _cut(words), quoted if risky else form or self.plain)

    def value(self, sheet: Any, row: int, column: int, value: Any) -> None:
        """Write a `value` of a tidy table at (`row`, `column`) of a `sheet`: number, truth, text, or nothing."""
        value = value.item() if hasattr(value, "item") else value
        if value is None or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
            return
        if isinstance(value, bool):
            sheet.write_boolean(row, column, value, self.plain)
        elif isinstance(value, int | float):
            sheet.write_number(row, column, value, self.count if float(value).is_integer() else self.number)
        else:
            self.text(sheet, row, column, str(value))


def sheet_names(wanted: Sequence[str]) -> list[str]:
    """Return names for sheets that spreadsheets accept, like those `wanted`, all different."""
    found: list[str] = []
    for name in wanted:
        plain = _NOT_IN_NAMES.sub("-", name).strip() or "Sheet"
        place, tried = 1, plain[:31]
        while tried.casefold() in {other.casefold() for other in found}:
            place += 1
            tried = f"{plain[: 28 - len(str(place))]} ({place})"
        found.append(tried)
    return found


def _cut(words: str) -> str:
    return words if len(words) <= MOST_LETTERS else f"{words[:MOST_LETTERS]} … (cut)"


def _print_across(sheet: Any) -> None:
    """Print a sheet as wide as one page, lying."""
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _about(pages: Pages, report: Report, names: Sequence[str]) -> None:
    sheet = pages.book.add_worksheet(names[0])
    sheet.hide_gridlines(2)
    _print_across(sheet)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, SENTENCE)
    sheet.merge_range(0, 0, 0, 1, "", pages.title)
    pages.text(sheet, 0, 0, report.title, pages.title)
    sheet.merge_range(1, 0, 1, 1, "", pages.wrapped)
    pages.text(sheet, 1, 0, report.subtitle, pages.wrapped)
    row = 3
    for name, value in report.provenance:
        pages.text(sheet, row, 0, name, pages.head)
        pages.text(sheet, row, 1, value, pages.wrapped)
        row += 1
    row += 1
    for name, words in READING:
        pages.text(sheet, row, 0, name, pages.head)
        pages.text(sheet, row, 1, words, pages.wrapped)
        row += 1
    row += 1
    pages.text(sheet, row, 0, "Sheets", pages.head)
    for place, name in enumerate(names, start=1):
        sheet.write_url(row + place, 0, f"internal:'{name}'!A1", string=name)


READING = (
    ("Empty cells", "A number that is not shown: too few answers, or nothing to show."),
    ("share, low, high", "Parts of 1 of the differences in the outcome, with the ends of the interval."),
    ("slope", "Outcome points per point of the driver, other drivers equal."),
    ("Association", "Answers that go together. No number here is the effect of changing anything."),
)
"""How to read the sheets."""


def _findings(pages: Pages, report: Report, name: str) -> None:
    """Write one row per number behind a finding, so that every sentence can be held against its numbers."""
    sheet = pages.book.add_worksheet(name)
    for column, words in enumerate(("finding", "sentence", "caution", "number", "value")):
        pages.text(sheet, 0, column, words, pages.head)
    row = 1
    for finding in report.findings:
        for number, value in list(finding.numbers.items()) or [("", math.nan)]:
            pages.text(sheet, row, 0, finding.key)
            pages.text(sheet, row, 1, finding.text, pages.wrapped)
            sheet.write_boolean(row, 2, finding.caution, pages.plain)
            pages.text(sheet, row, 3, number)
            pages.value(sheet, row, 4, value)
            sheet.set_row(row, LINE * len(wrap(finding.text, SENTENCE)))  # not every program fits rows to their text
            row += 1
    _print_across(sheet)
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, SENTENCE + 10)
    sheet.set_column(2, 4, 14)
    sheet.freeze_panes(1, 0)


def _table(pages: Pages, name: str, table: pd.DataFrame) -> None:
    sheet = pages.book.add_worksheet(name)
    for column, head in enumerate(map(str, table.columns)):
        pages.text(sheet, 0, column, head, pages.head)
        values = list(table.iloc[:, column])
        for row, value in enumerate(values, start=1):
            pages.value(sheet, row, column, value)
        longest = max([len(head), *(len(value) for value in values if isinstance(value, str))])
        sheet.set_column(column, column, min(WIDEST, max(9, longest + 2)))
    _print_across(sheet)
    sheet.freeze_panes(1, 0)
    if len(table) and len(table.columns):
        sheet.autofilter(0, 0, len(table), len(table.columns) - 1)
