"""Lettering that fits: characters the fonts have, lines broken at a width, a size at which all rows fit."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import Any, Final

from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.textpath import text_to_path

from drivers.errors import GlyphWarning

_FIRST: Final = "DejaVu Sans"  # comes with matplotlib, so every machine draws the same chart
_OTHERS: Final = (
    "Noto Sans CJK JP", "Noto Sans CJK SC", "Source Han Sans", "Hiragino Sans", "PingFang SC", "Yu Gothic",
    "Microsoft YaHei", "Malgun Gothic", "WenQuanYi Zen Hei", "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Thai",
    "Noto Sans Devanagari", "Noto Emoji", "Segoe UI Emoji", "Segoe UI Symbol", "Arial Unicode MS",
)  # fmt: skip
_ABSENT: Final = "\N{WHITE SQUARE}"
_MOST: Final = 300  # letters of one text on a chart; more would never fit, and measuring them takes minutes
_LEADING: Final = 1.25  # line height in units of the type size
_MARGIN: Final = 1.06  # hinted letters on screen run up to 6 % wider than their outlines
_PARTS: Final = re.compile(r"[^ _/\-]+[_/\-]*|[_/\-]+")  # where a line may break: spaces, and after these signs
_keep_glyphs: ContextVar[bool] = ContextVar("keep_glyphs", default=False)


@contextmanager
def viewer_has_the_fonts() -> Iterator[None]:
    """Keep letters this machine cannot draw: an SVG holds the text itself and the reader's browser has the font."""
    token = _keep_glyphs.set(True)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r"Glyph \d+ .*missing from font", category=UserWarning)
            yield
    finally:
        _keep_glyphs.reset(token)


@cache
def families() -> tuple[str, ...]:
    """Return the font families to try, letter by letter: ours first, then installed ones of other scripts."""
    installed = {font.name for font in fontManager.ttflist}
    return (_FIRST, *(name for name in _OTHERS if name in installed))


@cache
def _covered() -> frozenset[int]:
    paths = [findfont(FontProperties(family=[name]), fallback_to_default=False) for name in families()]
    return frozenset(code for path in paths for code in get_font(path).get_charmap())


def plain(*, bold: bool = False) -> dict[str, Any]:
    """Return text properties, `bold` or not, under which "$" and "_" are letters and no setting changes the font."""
    return {"parse_math": False, "usetex": False, "family": list(families()), "weight": "bold" if bold else "normal"}


def _invisible(letter: str) -> bool:
    """Return whether a letter has no shape of its own: control and format signs, accents that no font here has."""
    kind = unicodedata.category(letter)
    return kind in {"Cc", "Cf", "Cs"} or (kind == "Mn" and ord(letter) not in _covered())


def printable(words: str) -> str:
    """Return `words` on one line, with an empty square for each letter that no installed font has.

    Parameters
    ----------
    words : str
        Any text, for instance a label from a file.

    Returns
    -------
    str
        One line; no-break spaces stay, control signs go; what is longer than any chart could hold ends in "…".

    Warns
    -----
    GlyphWarning
        With the count and the cure, when letters had to be replaced.
    """
    tidy = re.sub(r"[ \t\r\n\f\v]+", " ", words)  # no-break spaces stay
    tidy = tidy if len(tidy) <= _MOST else f"{tidy[: _MOST - 1]}…"
    if _keep_glyphs.get():
        return "".join(c for c in tidy if unicodedata.category(c) not in {"Cc", "Cs"}).strip(" ")
    kept = "".join(c for c in tidy if not _invisible(c))
    kept = kept.strip(" ")
    absent = sorted({c for c in kept if ord(c) not in _covered()})
    if not absent:
        return kept
    named = ", ".join(f"U+{ord(c):04X}" for c in absent[:5])
    warnings.warn(
        f"{len(absent)} letter(s) of {tidy!r} are in no installed font ({named}) and are drawn as {_ABSENT}. "
        "Install a font that has them (for instance Noto Sans CJK or Noto Emoji), or save as SVG with "
        "`drivers.plot.picture.svg`, which leaves the letters to the reader's browser.",
        GlyphWarning, stacklevel=3,
    )  # fmt: skip
    return "".join(_ABSENT if c in absent else c for c in kept)


@lru_cache(maxsize=8192)
def width(line: str, size: float, bold: bool = False) -> float:
    """Return the width of one `line` in type of `size`, `bold` or not, in points."""
    known = "".join(c if ord(c) in _covered() else "\N{EM DASH}" for c in line)
    face = FontProperties(family=[_FIRST] if known.isascii() else list(families()), weight="bold" if bold else "normal")
    face.set_size(size)
    return float(text_to_path.get_text_width_height_descent(known, face, False)[0]) * _MARGIN if line else 0.0


def height(lines: int, size: float) -> float:
    """Return the height of so many `lines` in type of `size`, in points."""
    return lines * size * _LEADING


def _pieces(word: str, size: float, room: float) -> list[str]:
    """Break a word that is wider than the room after "_", "-" or "/", and anywhere if it must be."""
    if width(word, size) <= room:
        return [word]
    pieces: list[str] = []
    for part in _PARTS.findall(word):
        while part:
            fits, most = 1, len(part)
            while fits < most:  # a longer start of a word is never narrower
                middle = (fits + most + 1) // 2
                fits, most = (middle, most) if width(part[:middle], size) <= room else (fits, middle - 1)
            pieces.append(part[:fits])
            part = part[fits:]
    return pieces


def wrap(words: str, size: float, room: float, bold: bool = False) -> list[str]:
    """Break `words` into lines no wider than `room` points in type of `size`, `bold` or not."""
    lines = [""]
    for word in words.split(" "):
        for k, piece in enumerate(_pieces(word, size, room / (1.1 if bold else 1.0))):
            joined = f"{lines[-1]}{' ' if k == 0 and lines[-1] else ''}{piece}"
            if lines[-1] and width(joined, size, bold) > room:
                lines.append(piece)
            else:
                lines[-1] = joined
    return lines


def fit_labels(
    labels: Sequence[str], size: float, room: float, row_height: float, smallest: float = 6.0
) -> tuple[float, list[str]]:
    """Return the largest size up to `size` at which every label fits its row, and the labels with line breaks.

    Parameters
    ----------
    labels : sequence of str
        One per row; already passed through `printable`.
    size : float
        The size wished for, in points.
    room : float
        Width at hand, in points.
    row_height : float
        Height of one row, in points.
    smallest : float
        Size below which lines are cut with an ellipsis instead, in points.

    Returns
    -------
    tuple of float and list of str
        Size in points; labels in the order given.
    """
    least = 0.75 * size  # smaller than this only to fit the row, not to keep a long word whole
    while True:
        wrapped = [wrap(label, size, room) for label in labels]
        allowed = max(int(row_height / (size * _LEADING)), 1)
        whole = size <= least or all(width(part, size) <= room for label in labels for part in _PARTS.findall(label))
        if whole and max(map(len, wrapped), default=0) <= allowed:
            return size, ["\n".join(lines) for lines in wrapped]
        if size <= smallest:
            return size, [
                "\n".join(lines if len(lines) <= allowed else [*lines[: allowed - 1], f"{lines[allowed - 1][:-1]}…"])
                for lines in wrapped
            ]
        size = max(size - 0.5, smallest)
