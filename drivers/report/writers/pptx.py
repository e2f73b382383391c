"""A `Report` as slides: every title is a sentence that says what was found, every simple chart can be edited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from drivers.errors import InputError, missing_extra
from drivers.plot.picture import png
from drivers.report.content import Figure, Paragraph, Report, Section, Table
from drivers.report.words import cell_text
from drivers.report.writers.slide_chart import GREY, INK, add_chart
from drivers.report.writers.zipped import same_bytes

WIDE = (13.333, 7.5)
"""Inches of a 16:9 slide."""

ROWS = 11
"""Most rows of a table on one slide; more go on the next."""

LETTER, LINE, ROW = 0.56, 1.25, 0.12
"""Width of a letter and height of a line, in the size of the letters; what a row of a table takes beside, inches."""

INCH = 914_400
"""Units of PowerPoint in an inch."""

COLUMNS = 8
"""A table with more columns than this is left to the workbook and the page, and the slide says so."""

BULLETS = 5
"""Findings on one slide."""

LETTERS = 220
"""A title longer than this is cut at a word; the notes hold it whole."""


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
    for section in _flat(report.sections):
        _section(deck, section)
    _text_slides(deck, "Where these numbers come from", [f"{name}: {value}" for name, value in report.provenance])
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


class Deck:
    """Slides under way in a `show`; with its `own_look` the deck sets sizes and places, else the template does."""

    def __init__(self, show: Any, *, own_look: bool) -> None:
        from pptx.util import Inches

        self.show, self.own_look = show, own_look
        if own_look:
            show.slide_width, show.slide_height = (Inches(side) for side in WIDE)
        self.width, self.height = int(show.slide_width), int(show.slide_height)
        self.margin = self.width // 24
        titled = [layout for layout in show.slide_layouts if _has_title(layout)]
        if not titled:
            raise InputError("The template has no layout with a title. Add one, or leave the template out.")
        self.layout = min(titled, key=lambda layout: len(layout.placeholders))

    def add(self, title: str, notes: str = "") -> Any:
        """Return a new slide with a `title` and `notes` for who presents it."""
        from pptx.dml.color import RGBColor
        from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
        from pptx.util import Pt

        slide = self.show.slides.add_slide(self.layout)
        for extra in [shape for shape in slide.placeholders if shape.placeholder_format.idx != 0]:
            extra._element.getparent().remove(extra._element)
        shape, shown = slide.shapes.title, cut(title, LETTERS)
        shape.text_frame.text = shown
        if self.own_look:
            shape.left, shape.top = self.margin, self.height // 22
            shape.width, shape.height = self.width - 2 * self.margin, self.height // 6
            frame = shape.text_frame
            frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.TOP
            for part in frame.paragraphs:
                part.alignment = PP_ALIGN.LEFT
                part.font.size = Pt(26 if len(shown) < 90 else 22 if len(shown) < 150 else 19)
                part.font.bold, part.font.color.rgb = True, RGBColor.from_string(INK)
        said = "\n\n".join(part for part in (title if shown != title else "", notes) if part)
        if said:
            slide.notes_slide.notes_text_frame.text = said
        return slide

    @property
    def place(self) -> tuple[int, int, int, int]:
        """Left, top, width and height of what stands under the title."""
        top = self.height // 22 + self.height // 6 + self.height // 40
        return self.margin, top, self.width - 2 * self.margin, self.height - top - self.height // 12


def _has_title(layout: Any) -> bool:
    return any(shape.placeholder_format.idx == 0 for shape in layout.placeholders)


def cut(text: str, most: int) -> str:
    """Return `text` on one line, cut at a word to `most` letters where it is longer."""
    words = " ".join(text.split())
    return words if len(words) <= most else f"{words[:most].rsplit(' ', 1)[0][:most]} …"


def _flat(sections: Sequence[Section]) -> Iterator[Section]:
    for section in sections:
        yield section
        yield from _flat(section.sections)


def _opening(deck: Deck, report: Report) -> None:
    slide = deck.add(report.title)
    left, top, width, _ = deck.place
    _lines(slide, [report.subtitle], (left, top, width, deck.height // 10), size=16)
    each = width // max(1, len(report.tiles))
    for number, tile in enumerate(report.tiles):
        place = (left + number * each, top + deck.height // 6, each - deck.margin // 3, deck.height // 3)
        _tile(slide, tile.label, tile.value, tile.detail, place)


def _tile(slide: Any, label: str, value: str, detail: str, place: tuple[int, int, int, int]) -> None:
    from pptx.dml.color import RGBColor

    box = _lines(slide, [cut(label, 120), cut(value, 80), cut(detail, 160)], place, size=14)
    box.fill.solid()
    box.fill.fore_color.rgb = RGBColor.from_string("F3F7FA")
    from pptx.util import Pt

    big = box.text_frame.paragraphs[1]
    big.font.size, big.font.bold = Pt(26 if len(value) < 16 else 18), True


def _findings(deck: Deck, report: Report) -> None:
    if not report.findings:
        return
    first, *rest = report.findings
    _text_slides(deck, first.text, [finding.text for finding in rest])


def _section(deck: Deck, section: Section) -> None:
    words = [block.text for block in section.blocks if isinstance(block, Paragraph)]
    figures = [block for block in section.blocks if isinstance(block, Figure)]
    for figure in figures:
        _figure_slide(deck, figure)
    if words and not figures:
        _text_slides(deck, section.title, words)
    for table in (block for block in section.blocks if isinstance(block, Table)):
        _table_slides(deck, table)


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
    _lines(slide, ["Whiskers are intervals. Association, not effect."], foot, size=11)


def _text_slides(deck: Deck, title: str, lines: Sequence[str]) -> None:
    for start in range(0, max(1, len(lines)), BULLETS):
        part = lines[start : start + BULLETS]
        more = f" ({start // BULLETS + 1})" if start else ""
        slide = deck.add(title + more, notes="\n".join(line for line in part if len(line) > 2 * LETTERS))
        if part:
            longest = max(map(len, part))
            _lines(slide, [cut(line, 2 * LETTERS) for line in part], deck.place, size=18 if longest < 200 else 15)


def _table_slides(deck: Deck, table: Table) -> None:
    if len(table.columns) > COLUMNS:
        text = (
            f"{table.caption}: {len(table.columns)} columns, too wide for a slide; the workbook and the page hold it."
        )
        _text_slides(deck, table.caption, [text])
        return
    head, *texts = [list(table.columns), *([cut(cell_text(cell), 160) for cell in row] for row in table.rows)]
    size = 12 if len(table.columns) <= 5 else 10
    left, top, width, height = deck.place
    share = _shares([head, *texts])
    parts = _parts(head, texts, [width * part / INCH for part in share], height / INCH, size)
    for number, rows in enumerate(parts, start=1):
        more = f" ({number} of {len(parts)})" if len(parts) > 1 else ""
        slide = deck.add(table.caption + more, notes="\n".join(table.notes))
        place = (left, top, width, deck.height // 18 * (len(rows) + 1))
        frame = slide.shapes.add_table(len(rows) + 1, len(table.columns), *place)
        frame._element.nvGraphicFramePr.cNvPr.set("descr", table.caption)
        _fill(frame.table, [head, *rows], [int(width * part) for part in share], size)


def _shares(texts: Sequence[Sequence[str]]) -> list[float]:
    """Return the part of the width each column of `texts` gets: by its longest text, and room for its longest word."""
    asked = []
    for column in zip(*texts, strict=True):
        word = max(len(word) for text in column for word in [*text.split(), ""])
        asked.append(3 + max(min(38, max(map(len, column))), min(word, 24)))
    return [letters / sum(asked) for letters in asked]


def _parts(
    head: Sequence[str], texts: Sequence[list[str]], widths: Sequence[float], height: float, size: int
) -> list[list[list[str]]]:
    """Return rows slide by slide: as many as fit the `height` under their `head`, in inches, at letters of a `size`."""

    def tall(line: Sequence[str]) -> float:
        room = [max((width - 0.2) * 72 / (LETTER * size), 1.0) for width in widths]
        lines = max(-(-len(text) // int(wide)) for text, wide in zip(line, room, strict=True))
        return ROW + max(lines, 1) * LINE * size / 72

    parts: list[list[list[str]]] = [[]]
    left = height - tall(head)
    for line in texts:
        if parts[-1] and (tall(line) > left or len(parts[-1]) == ROWS):
            parts.append([])
            left = height - tall(head)
        parts[-1].append(line)
        left -= tall(line)
    return parts


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


def _lines(slide: Any, lines: Sequence[str], place: tuple[int, int, int, int], *, size: int) -> Any:
    """Put `lines` of text on a `slide` at `place`, in letters of `size` points; return the box."""
    from pptx.dml.color import RGBColor
    from pptx.util import Pt

    box = slide.shapes.add_textbox(*place)
    frame = box.text_frame
    frame.word_wrap = True
    for number, line in enumerate(lines):
        part = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        part.text = line
        part.font.size, part.space_after = Pt(size), Pt(size // 2)
        part.font.color.rgb = RGBColor.from_string(GREY if size < 12 else INK)
    return box
