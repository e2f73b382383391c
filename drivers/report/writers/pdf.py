"""A `Report` as an accessible PDF (PDF/UA-1), set by typst: words go in as data, figures as SVG."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from drivers.errors import missing_extra
from drivers.plot.picture import svg
from drivers.report.clean_text import clean
from drivers.report.content import Block, Figure, Paragraph, Playable, Report, Section, Table
from drivers.report.words import cell_text
from drivers.report.writers.html_table import is_numeric

LONGEST_WORD = 40
"""Letters after which a word may break, or it would run out of its column."""

SHORT = 18
"""A table of so many rows is kept on one page."""

NO_BREAK = "\N{NO-BREAK SPACE}"
_LONG = re.compile(rf"\S{{{LONGEST_WORD}}}(?=\S)")
_FOOT = 90


def pdf(report: Report) -> bytes:
    """Return the document.

    Parameters
    ----------
    report : Report
        What to write.

    Returns
    -------
    bytes
        The file, tagged for screen readers. The same report gives the same bytes on machines with the same fonts;
        letters of the Latin, Greek, Cyrillic, Arabic and Hebrew scripts come from a font that travels with matplotlib.

    Raises
    ------
    MissingExtraError
        If typst is not installed.
    """
    try:
        import typst
    except ImportError as absent:
        raise missing_extra("typst", "pdf", "Writing a PDF") from absent
    import matplotlib as mpl

    template = Path(__file__).parents[1] / "templates" / "report.typ"
    fonts: Any = [str(Path(mpl.get_data_path(), "fonts", "ttf"))]
    made = typst.compile(
        template.read_bytes(),
        format="pdf",
        font_paths=fonts,
        sys_inputs={"report": json.dumps(_words(report), ensure_ascii=False)},
        pdf_standards=["ua-1"],
        timestamp=0,
    )
    return made


def _words(report: Report) -> dict[str, Any]:
    title = _text(report.title)
    return {
        "title": title,
        "short": title if len(title) <= _FOOT else f"{title[:_FOOT]}…",
        "subtitle": _text(report.subtitle),
        "language": report.language,
        **{part: getattr(report.made, part) for part in ("year", "month", "day")},
        "tiles": [{name: _text(getattr(tile, name)) for name in ("label", "value", "detail")} for tile in report.tiles],
        "findings": [{"text": _text(finding.text)} for finding in report.findings],
        "sections": [_section(section) for section in report.sections],
        "provenance": [[_text(name), _text(value)] for name, value in report.provenance],
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "title": _text(section.title),
        "blocks": [_block(block) for block in section.blocks],
        "sections": [_section(part) for part in section.sections],
    }


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Paragraph():
            return {"kind": "paragraph", "text": _text(block.text), "caution": block.caution}
        case Playable():
            return {"kind": "paragraph", "text": _text(block.instead), "caution": False}
        case Table():
            return _table(block)
        case Figure():
            width, height = block.size
            drawn = svg(block.draw, width=width, height=height)  # type: ignore[arg-type]
            alt, caption = f"{block.title}. {block.alt}", _text(block.caption)
            return {"kind": "figure", "svg": clean(drawn), "alt": alt, "caption": caption}


def _table(table: Table) -> dict[str, Any]:
    rows = [[_text(cell_text(cell)) for cell in row] for row in table.rows]
    numeric = [bool(place) and is_numeric(table, place) for place in range(len(table.columns))]
    longest = [max([0, *(len(row[place]) for row in rows)]) for place in range(len(table.columns))]
    return {
        "kind": "table",
        "caption": _text(table.caption),
        "columns": [_text(name) for name in table.columns],
        "align": ["right" if right else "left" for right in numeric],
        "widths": [0 if right or most <= 14 else min(most, 45) for right, most in zip(numeric, longest, strict=True)],
        "rows": rows,
        "notes": [_text(note) for note in table.notes],
        "short": len(table.rows) <= SHORT,
    }


def _text(words: str) -> str:
    """Return `words` with numbers kept by their percent sign, and a place to break in words longer than a column."""
    return _LONG.sub(lambda part: part.group() + "\N{ZERO WIDTH SPACE}", words.replace(" %", f"{NO_BREAK}%"))
