"""A `Report` as an accessible PDF (PDF/UA-1), set by typst: words go in as data, figures as SVG."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from drivers.errors import InputError, missing_extra
from drivers.plot.picture import svg
from drivers.report.clean_text import clean
from drivers.report.content import Block, Figure, Paragraph, Playable, Report, Section, Table
from drivers.report.words import cell_text
from drivers.report.writers.html_table import is_numeric

LONGEST_WORD = 40
"""Letters after which a word may break, or it would run out of its column."""

SHORT = 26
"""A table of so many lines is kept on one page."""

ACROSS = 100
"""Letters that fit side by side in a table; one with more has columns in proportion to what they hold."""

WIDEST = 28
"""Letters a column of words may ask for in proportion; longer texts break into lines."""

TEXT_WIDTH, TALLEST = 174.0, 225.0
"""Width of the text and the height a picture may have beside its heading, millimetres."""

OWN = "// A reader's own report.typ stands here.\n"
"""Where a reader's own definitions go, after ours and before they are used."""

NO_BREAK = "\N{NO-BREAK SPACE}"
_LONG = re.compile(rf"\S{{{LONGEST_WORD}}}(?=\S)")
_FOOT = 90


def pdf(report: Report, templates: Path | None = None) -> bytes:
    """Return the document.

    Parameters
    ----------
    report : Report
        What to write.
    templates : Path, optional
        Folder of a reader's own templates: its ``report.typ`` defines blocks of the document anew (`show-title`,
        `show-tiles`, `show-findings`, `show-sections`, `show-provenance`, or the colours and sizes above them), and may
        read files of the folder, such as a logo; no others.

    Returns
    -------
    bytes
        The file, tagged for screen readers. The same report gives the same bytes on machines with the same fonts;
        letters of the Latin, Greek, Cyrillic, Arabic and Hebrew scripts come from a font that travels with matplotlib.

    Raises
    ------
    MissingExtraError
        If typst is not installed.
    InputError
        If the template of the folder cannot be used.
    """
    try:
        import typst
    except ImportError as absent:
        raise missing_extra("typst", "pdf", "Writing a PDF") from absent
    import matplotlib as mpl

    folder = Path(__file__).parents[1] / "templates"
    template = (folder / "report.typ").read_text(encoding="utf-8")
    own = None if templates is None else templates / "report.typ"
    given = own is not None and own.is_file()
    if own is not None and given:
        template = template.replace(OWN, own.read_text(encoding="utf-8"))
        folder = own.parent
    fonts: Any = [str(Path(mpl.get_data_path(), "fonts", "ttf"))]
    try:
        made = typst.compile(
            template.encode("utf-8"),
            format="pdf",
            root=str(folder),
            font_paths=fonts,
            sys_inputs={"report": json.dumps(_words(report), ensure_ascii=False)},
            pdf_standards=["ua-1"],
            timestamp=0,
        )
    except typst.TypstError as problem:
        if not given:
            raise
        raise InputError(f"The template `{own}` cannot be used ({problem}). Mend it, or leave it out.") from None
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
            part = min(1.0, TALLEST / (TEXT_WIDTH * height / width))
            return {"kind": "figure", "svg": clean(drawn), "alt": alt, "caption": caption, "part": round(100 * part)}


def _table(table: Table) -> dict[str, Any]:
    rows = [[_text(cell_text(cell)) for cell in row] for row in table.rows]
    numeric = [bool(place) and is_numeric(table, place) for place in range(len(table.columns))]
    longest = [max([0, *(len(row[place]) for row in rows)]) for place in range(len(table.columns))]
    widths = [0 if right or most <= 14 else min(most, 45) for right, most in zip(numeric, longest, strict=True)]
    heads = [max(map(len, name.split()), default=0) for name in table.columns]
    whole = [max(most, len(name)) + 2 for most, name in zip(longest, table.columns, strict=True)]
    asked = [max(most if right else min(most, WIDEST), head) + 2
             for most, head, right in zip(longest, heads, numeric, strict=True)]  # fmt: skip
    if sum(whole) > ACROSS:
        widths = asked
    room = [ACROSS * width / sum(widths) if width else most for width, most in zip(widths, asked, strict=True)]
    lines = sum(max(-(-len(text) // max(int(wide), 1)) for text, wide in zip(row, room, strict=True)) for row in rows)
    return {
        "kind": "table",
        "caption": _text(table.caption),
        "columns": [_text(name) for name in table.columns],
        "align": ["right" if right else "left" for right in numeric],
        "widths": widths,
        "rows": rows,
        "notes": [_text(note) for note in table.notes],
        "short": lines <= SHORT,
    }


def _text(words: str) -> str:
    """Return `words` with numbers kept by their percent sign, and a place to break in words longer than a column."""
    return _LONG.sub(lambda part: part.group() + "\N{ZERO WIDTH SPACE}", words.replace(" %", f"{NO_BREAK}%"))
