"""Write a `Report` as one self-contained HTML page: no network, no script but that of its sliders, SVG figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from drivers.errors import InputError
from drivers.report.clean_text import TURNING
from drivers.report.content import Figure, Paragraph, Playable, Report, Section, Table
from drivers.report.writers.html_panel import SCRIPT, data_of, script_hash
from drivers.report.writers.html_table import html_table
from drivers.report.writers.svg import FITS_BOTH, NARROW, inline_svg

if TYPE_CHECKING:
    from jinja2 import Environment

NO_BREAK = "\N{NO-BREAK SPACE}"


def html(report: Report, templates: Path | None = None) -> str:
    """Return the whole page as text.

    Parameters
    ----------
    report : Report
        What to say.
    templates : Path, optional
        Folder of a reader's own templates: its ``page.html.j2`` extends ``drivers/page.html.j2`` and overrides blocks
        of it, its ``page.css`` stands behind our style sheet.

    Returns
    -------
    str
        HTML 5 in UTF-8. The same report gives the same text.

    Raises
    ------
    InputError
        If a template of the folder cannot be used.
    """
    from jinja2 import TemplateError

    blocks = list(_placed(report.sections))
    ids = {block.key: f"part-{place}" for place, block in enumerate(blocks, start=1)}
    playable = any(isinstance(block, Playable) for block in blocks)
    try:
        page = _environment(templates).get_template("page.html.j2").render(report=report, ids=ids, playable=playable)
    except TemplateError as problem:
        if templates is None:
            raise
        raise InputError(f"The templates in `{templates}` cannot be used ({problem}). Mend them.") from None
    return page.translate(TURNING)


def _placed(sections: Sequence[Section]) -> Iterator[Table | Figure | Playable]:
    """Yield all but paragraphs in order; ids are made of the place, since names may hold anything."""
    for section in sections:
        yield from (block for block in section.blocks if not isinstance(block, Paragraph))
        yield from _placed(section.sections)


def _environment(templates: Path | None) -> Environment:
    """Return where templates are looked up: in the reader's folder first. None of them can run code or open files."""
    from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    ours = PackageLoader("drivers.report", "templates")
    own = [] if templates is None else [FileSystemLoader(templates)]
    made = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([*own, ours, PrefixLoader({"drivers": ours})]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(read=_read, picture=_picture, table=html_table, kind=_kind, data=data_of)
    made.globals["stylesheet"] = lambda: _stylesheet(templates)
    made.globals["script"] = lambda: Markup(SCRIPT)  # noqa: S704 - our own file
    made.globals["script_hash"] = script_hash
    return made


def _stylesheet(templates: Path | None) -> Markup:
    from importlib.resources import files

    text = files("drivers.report").joinpath("templates", "page.css").read_text(encoding="utf-8")
    own = None if templates is None else templates / "page.css"
    if own is not None and own.is_file():
        text += own.read_text(encoding="utf-8").replace("</", "")
    return Markup(text)  # noqa: S704 - our own file, and the reader's without an end tag


def _read(text: str) -> Markup:
    """Escape text and keep numbers together with their percent sign when lines break."""
    return Markup(escape(text).replace(" %", f"{NO_BREAK}%"))  # noqa: S704 - escaped here


def _picture(figure: Figure, key: str) -> Markup:
    """Draw a figure for wide and for narrow screens, of which the style sheet shows one; a small figure fits both."""
    wide = inline_svg(figure, prefix=f"{key}-w")
    if figure.size[0] <= FITS_BOTH:
        return Markup('<div class="small">{}</div>').format(wide)
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
        case Playable():
            return "panel"
        case Section():
            return "section"
    raise TypeError(f"A report holds no {type(block).__name__}.")
