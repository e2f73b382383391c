"""Write a `Report` as one self-contained HTML page: no script, no network, figures as inline SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from drivers.report.content import Figure, Paragraph, Report, Section, Table
from drivers.report.html_table import html_table
from drivers.report.svg import NARROW, inline_svg

if TYPE_CHECKING:
    from jinja2 import Environment

NO_BREAK = "\N{NO-BREAK SPACE}"

TURNING = dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""Characters that turn the direction of text; left out, since one in a label would turn the rest of its sentence."""


def html(report: Report) -> str:
    """Return the whole page as text.

    Parameters
    ----------
    report : Report
        What to say.

    Returns
    -------
    str
        HTML 5 in UTF-8. The same report gives the same text.
    """
    ids = {block.key: f"part-{place}" for place, block in enumerate(_placed(report.sections), start=1)}
    return _environment().get_template("page.html.j2").render(report=report, ids=ids).translate(TURNING)


def _placed(sections: Sequence[Section]) -> Iterator[Table | Figure]:
    """Yield every table and figure in order; ids are made of the place, since names may hold anything."""
    for section in sections:
        yield from (block for block in section.blocks if isinstance(block, Table | Figure))
        yield from _placed(section.sections)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("drivers.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(read=_read, picture=_picture, table=html_table, kind=_kind)
    made.globals["stylesheet"] = _stylesheet
    return made


def _stylesheet() -> Markup:
    from importlib.resources import files

    text = files("drivers.report").joinpath("templates", "page.css").read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704 - our own file


def _read(text: str) -> Markup:
    """Escape text and keep numbers together with their percent sign when lines break."""
    return Markup(escape(text).replace(" %", f"{NO_BREAK}%"))  # noqa: S704 - escaped here


def _picture(figure: Figure, key: str) -> Markup:
    """Draw a figure twice, for wide and for narrow screens; the style sheet shows the one that fits."""
    wide = inline_svg(figure, prefix=f"{key}-w")
    narrow = inline_svg(figure, prefix=f"{key}-n", width=NARROW)
    return Markup('<div class="wide">{}</div>\n<div class="narrow">{}</div>').format(wide, narrow)


def _kind(block: object) -> str:
    match block:
        case Paragraph():
            return "paragraph"
        case Table():
            return "table"
        case Figure():
            return "figure"
        case Section():
            return "section"
    raise TypeError(f"A report holds no {type(block).__name__}.")
