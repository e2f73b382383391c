"""Slides under way: a sentence for a title, a place for what stands under it, lines of text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from drivers.errors import InputError
from drivers.report.writers.slide_chart import GREY, INK

WIDE = (13.333, 7.5)
"""Inches of a 16:9 slide."""

LETTERS = 220
"""A title longer than this keeps the sentences that fit, or is cut at a word; the notes hold it whole."""


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
        shape, shown = slide.shapes.title, headed(title, LETTERS)
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


def headed(text: str, most: int) -> str:
    """Return as many sentences of `text` as `most` letters hold; the first is cut at a word where it alone is longer.

    A sentence ends at a mark behind a small letter, a bracket, a quote or a percent sign: not at a point in a number.
    """
    words = " ".join(text.split())
    if len(words) <= most:
        return words
    ends = [found.end() for found in re.finditer(r"(?<=[a-z)”%])[.?!](?=\s)", words) if found.end() <= most]
    return words[: ends[-1]] if ends else cut(words, most)


def add_lines(slide: Any, lines: Sequence[str], place: tuple[int, int, int, int], *, size: int) -> Any:
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
