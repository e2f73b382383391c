"""A `Report` as slides: every title is a sentence that says what was found, every simple chart can be edited."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from drivers.errors import InputError, missing_extra
from drivers.plot.picture import png
from drivers.report.content import Figure, Paragraph, Report, Section, Table
from drivers.report.writers.slide_chart import add_chart
from drivers.report.writers.slide_deck import LETTERS, Deck, add_lines, cut
from drivers.report.writers.slide_table import add_table, fits
from drivers.report.writers.zipped import same_bytes

BULLETS = 5
"""Findings on one slide."""

MOST_LINES = 9
"""Paragraphs of a section on one slide, as far as `MOST_TEXT` letters go."""

MOST_TEXT = 1600

MOST_SLIDES = 1
"""A table that takes more slides than so many is left to the workbook and the page, and the deck says so."""

APPENDIX = "Appendix: for questions"


def pptx(report: Report, template: Path | None = None) -> bytes:
    """Return the slides.

    Parameters
    ----------
    report : Report
        What to write.
    template : Path, optional
        Slides whose master, colours and size are taken over; the slides in it are removed. A plain 16:9 one without it.

    Returns
    -------
    bytes
        The file. The same report and template give the same bytes.

    Raises
    ------
    InputError
        If the template is not there or is no PowerPoint file.
    MissingExtraError
        If python-pptx is not installed.
    """
    try:
        from pptx import Presentation
    except ImportError as absent:
        raise missing_extra("python-pptx", "office", "Writing slides") from absent
    deck = Deck(_opened(Presentation, template), own_look=template is None)
    _opening(deck, report)
    _findings(deck, report)
    _shown(deck, report)
    _appendix(deck, report)
    _text_slides(deck, "Where these numbers come from", [f"{name}: {value}" for name, value in report.provenance],
                 most=len(report.provenance))  # fmt: skip
    core = deck.show.core_properties
    core.title, core.author, core.last_modified_by = report.title[:250], "drivers", "drivers"
    out = BytesIO()
    deck.show.save(out)
    return same_bytes(out.getvalue(), report.made)


def _opened(presentation: Any, template: Path | None) -> Any:
    if template is None:
        return presentation()
    from pptx.exc import PackageNotFoundError

    try:
        show = presentation(str(template))
    except (PackageNotFoundError, KeyError, ValueError):
        raise InputError(f"`{template}` is not there or is no PowerPoint file. Name one that ends in .pptx.") from None
    for old in list(show.slides._sldIdLst):
        show.part.drop_rel(old.rId)
        show.slides._sldIdLst.remove(old)
    return show


def _flat(sections: Sequence[Section], beside: bool = False) -> Iterator[tuple[Section, bool]]:
    """Yield all sections in order, each with whether it, or one it stands in, is beside the point."""
    for section in sections:
        yield section, beside or section.beside
        yield from _flat(section.sections, beside or section.beside)


def _opening(deck: Deck, report: Report) -> None:
    slide = deck.add(report.title)
    left, top, width, _ = deck.place
    add_lines(slide, [report.subtitle], (left, top, width, deck.height // 10), size=16)
    each = width // max(1, len(report.tiles))
    for number, tile in enumerate(report.tiles):
        place = (left + number * each, top + deck.height // 8, each - deck.margin // 3, deck.height // 2)
        _tile(slide, tile.label, tile.value, tile.detail, place)


def _tile(slide: Any, label: str, value: str, detail: str, place: tuple[int, int, int, int]) -> None:
    from pptx.dml.color import RGBColor
    from pptx.enum.text import MSO_AUTO_SIZE
    from pptx.util import Pt

    box = add_lines(slide, [cut(label, 90), cut(value, 70), cut(detail, 120)], place, size=13)
    box.text_frame.auto_size, box.height = MSO_AUTO_SIZE.NONE, place[3]
    box.fill.solid()
    box.fill.fore_color.rgb = RGBColor.from_string("F3F7FA")
    big = box.text_frame.paragraphs[1]
    big.font.size, big.font.bold = Pt(26 if len(value) < 12 else 18 if len(value) < 32 else 14), True


def _findings(deck: Deck, report: Report) -> None:
    if not report.findings:
        return
    first, *rest = report.findings
    _text_slides(deck, first.text, [finding.text for finding in rest], again="Further findings")


def _shown(deck: Deck, report: Report) -> None:
    """Add what is shown: every figure under its sentence, and the words of a section without any."""
    for section, beside in _flat(report.sections):
        if not beside:
            _section(deck, section)


def _section(deck: Deck, section: Section) -> None:
    figures = [block for block in section.blocks if isinstance(block, Figure)]
    for figure in figures:
        _figure_slide(deck, figure)
    words = [block.text for block in section.blocks if isinstance(block, Paragraph)]
    if words and not figures:
        _text_slides(deck, section.title, words, most=MOST_LINES)


def _appendix(deck: Deck, report: Report) -> None:
    """Add what is for questions: what is beside the point, and the tables; those too long for slides are named."""
    sections = list(_flat(report.sections))
    tables = [block for section, _ in sections for block in section.blocks if isinstance(block, Table)]
    long = [table for table in tables if not 0 < _slides(deck, table, tables) <= MOST_SLIDES]
    told = "Tables behind the slides, other measures, data quality, diagnostics, method."
    if long:
        told += f" {len(long)} of {len(tables)} tables do not fit a slide: the workbook and the page hold them."
    _text_slides(deck, APPENDIX, [told, *sorted({_stem(table) for table in long})], most=len(tables) + 1)
    for section, beside in sections:
        if beside:
            _section(deck, section)
        for table in section.blocks:
            if isinstance(table, Table) and table not in long:
                add_table(deck, table)


def _slides(deck: Deck, table: Table, tables: Sequence[Table]) -> int:
    """Return how many slides a table takes together with those it is one part of; 0 where it fits none."""
    parts = [fits(deck, other) for other in tables if _stem(other) == _stem(table)]
    return sum(parts) if all(parts) else 0


def _stem(table: Table) -> str:
    """Return the caption of a table without which part of a larger one it is."""
    return re.sub(r",? part \d+ of \d+$", "", table.caption)


def _figure_slide(deck: Deck, figure: Figure) -> None:
    slide = deck.add(
        figure.says or figure.title, notes="\n".join(part for part in (figure.alt, figure.caption) if part)
    )
    left, top, width, height = deck.place
    alt = f"{figure.title}. {figure.alt}"
    if figure.chart is not None:
        add_chart(slide, figure.chart, (left, top, width, height), alt)
    else:
        from pptx.util import Emu

        inches = 914_400
        drawn = png(figure.draw, width=width / inches, height=height / inches, dpi=150)  # type: ignore[arg-type]
        picture = slide.shapes.add_picture(BytesIO(drawn), Emu(left), Emu(top), height=Emu(height))
        picture._element.nvPicPr.cNvPr.set("descr", alt)
    foot = (left, top + height, width, deck.height // 20)
    add_lines(slide, ["Whiskers are intervals. Association, not effect."], foot, size=11)


def _text_slides(deck: Deck, title: str, lines: Sequence[str], *, again: str = "", most: int = BULLETS) -> None:
    """Add slides of text, so many lines at most on each; those behind the first are headed `again`, or by `title`."""
    for number, part in enumerate(_chunks(lines, most), start=1):
        heading = title if number == 1 else f"{cut(again or title, LETTERS - 5)} ({number})"
        slide = deck.add(heading, notes="\n".join(line for line in part if len(line) > 2 * LETTERS))
        if part:
            letters = sum(map(len, part)) + 60 * len(part)
            shown = [cut(line, 2 * LETTERS) for line in part]
            add_lines(slide, shown, deck.place, size=18 if letters < 900 else 15 if letters < 1300 else 13)


def _chunks(lines: Sequence[str], most: int) -> list[list[str]]:
    """Return `lines` slide by slide: so many at `most` on each, and letters that can be read."""
    parts: list[list[str]] = [[]]
    for line in lines:
        letters = sum(min(len(other), 2 * LETTERS) for other in [*parts[-1], line])
        if parts[-1] and (len(parts[-1]) == most or letters > MOST_TEXT):
            parts.append([])
        parts[-1].append(line)
    return parts
