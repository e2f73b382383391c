"""Write a `Report` as one self-contained HTML page: no script, no network, figures as inline SVG."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from drivers.report.content import Figure, Paragraph, Report, Section, Table
from drivers.report.html_table import html_table
from drivers.report.svg import NARROW, inline_svg

if TYPE_CHECKING:
    from jinja2 import Environment

NO_BREAK = "\N{NO-BREAK SPACE}"


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
    template = _environment().get_template("page.html.j2")
    return template.render(report=report)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("drivers.report", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
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


def _picture(figure: Figure) -> Markup:
    """Draw a figure twice, for wide and for narrow screens; the style sheet shows the one that fits."""
    wide = inline_svg(figure, prefix=f"f-{figure.key}")
    narrow = inline_svg(figure, prefix=f"n-{figure.key}", width=NARROW)
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
