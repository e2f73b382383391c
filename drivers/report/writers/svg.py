"""A figure as SVG that may stand inside an HTML page: no outside reference, own ids, words for who cannot see it."""

from __future__ import annotations

import re
from functools import partial

from markupsafe import Markup, escape

from drivers.plot.picture import svg
from drivers.report.content import Figure

NARROW = 4.0
"""Width in inches of the drawing for telephones; the wide drawing has the figure's own width."""

FITS_BOTH = 5.0
"""Width in inches up to which one drawing serves wide and narrow screens alike."""


def inline_svg(figure: Figure, *, prefix: str, width: float | None = None) -> Markup:
    """Draw a figure for the inside of a page.

    Parameters
    ----------
    figure : Figure
        What to draw, with its title and alternative text.
    prefix : str
        Put before every id, so that ids stay unique on a page with several drawings.
    width : float, optional
        Width in inches instead of the figure's own; the height stays.

    Returns
    -------
    Markup
        One ``<svg role="img">`` element with title and description.
    """
    across, up = figure.size
    drawn = svg(figure.draw, width=width or across, height=up)  # type: ignore[arg-type]
    return Markup(embed(drawn, prefix=prefix, title=figure.title, alt=figure.alt))  # noqa: S704 - escaped in embed


def embed(drawn: str, *, prefix: str, title: str, alt: str) -> str:
    """Turn the SVG document `drawn` into an element: ids get `prefix`; `title` and `alt` are put in."""
    body = drawn[drawn.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, count=1, flags=re.DOTALL)
    body = re.sub(r"<!--.*?-->\s*", "", body, flags=re.DOTALL)
    body = re.sub(r"<(?:/?(?:script|foreignObject|image|a)\b)[^>]*>", "", body)
    opening, rest = body.split(">", 1)
    box = re.search(r'viewBox="[^"]*"', opening)
    assert box is not None, "matplotlib writes a viewBox"
    rest = re.sub(r'(<[^>]*?)\bxlink:href="#', r'\1href="#', rest)
    rest = re.sub(r"<[^!?/][^>]*>", partial(_prefix_ids, prefix=prefix), rest)
    named = f'aria-labelledby="{prefix}-title {prefix}-alt"'
    words = f'<title id="{prefix}-title">{escape(title)}</title><desc id="{prefix}-alt">{escape(alt)}</desc>'
    return f'<svg role="img" {named} {box.group()} focusable="false">{words}{rest.strip()}'


def _prefix_ids(tag: re.Match[str], prefix: str) -> str:
    """Prefix ids and references to ids inside one tag; text between tags is never touched."""
    text = re.sub(r'\bid="([^"]*)"', lambda m: f'id="{prefix}-{_safe(m[1])}"', tag.group())
    text = re.sub(r'\bhref="#([^"]*)"', lambda m: f'href="#{prefix}-{_safe(m[1])}"', text)
    return re.sub(r"url\(#([^)]*)\)", lambda m: f"url(#{prefix}-{_safe(m[1])})", text)


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "-", name)
