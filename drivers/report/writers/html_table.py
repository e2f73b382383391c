"""A `Table` as HTML, by great_tables; the look comes from the page's own style sheet."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from drivers.report.content import Table
from drivers.report.words import cell_text

_INTERVAL = re.compile(r'(<td [^>]*class="[^"]*gt_right[^"]*)">([^<>()]+) (\([^<>()]+ to [^<>()]+\))</td>')
"""A number and its interval, which a narrow page may set on two lines."""


def html_table(table: Table, key: str) -> Markup:
    """Return a table as HTML with a caption, row headings and escaped text.

    Parameters
    ----------
    table : Table
        What to print. Labels may hold anything: they are escaped.
    key : str
        Start of the ids inside the table: letters, digits and dashes.

    Returns
    -------
    Markup
        One ``<table>``, without style sheet and without a heading of its own.
    """
    from great_tables import GT

    keys = [f"c{i}" for i in range(len(table.columns))]
    body = pd.DataFrame([[cell_text(cell) for cell in row] for row in table.rows], columns=keys, dtype=object)
    heads = {key: _head(name) for key, name in zip(keys, table.columns, strict=True)}
    gt = GT(body, rowname_col=keys[0], id=key, auto_align=False)
    gt = gt.cols_label(heads).tab_stubhead(heads[keys[0]])
    if table.columns[1:]:
        numbers = [key for i, key in enumerate(keys) if i and is_numeric(table, i)]
        gt = gt.cols_align("left", columns=keys[1:])
        gt = gt.cols_align("right", columns=numbers) if numbers else gt
    found = re.search(r"<table[^>]*>(.*)</table>", gt.as_raw_html(), flags=re.DOTALL)
    assert found is not None, "great_tables writes one table"
    caption = escape(table.caption)
    inside = found.group(1).replace("\n\n", "\n").strip()
    inside = _INTERVAL.sub(r'\1 two"><span>\2</span> <span>\3</span></td>', inside)
    return Markup(f'<table class="gt_table"><caption><span>{caption}</span></caption>\n{inside}\n</table>')  # noqa: S704


def _head(name: str) -> Any:
    """Return a column heading as escaped HTML, so that great_tables reads no notation of its own in it."""
    from great_tables import html

    return html(str(escape(name)).replace("{", "&#123;"))


def is_numeric(table: Table, column: int) -> bool:
    """Tell whether a `column` of a `table` holds numbers, which stand on the right."""
    return not all(isinstance(row[column], str) for row in table.rows) or not table.rows
