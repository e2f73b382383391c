"""The look of every chart, in one place: colours, type sizes and settings that leave the user's own untouched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import matplotlib as mpl

from drivers.stats.digits import digits_apart

# Okabe & Ito (2008), Color Universal Design: told apart by readers of every common colour vision.
BLUE: Final = "#0072B2"
ORANGE: Final = "#E69F00"
GREEN: Final = "#009E73"
VERMILLION: Final = "#D55E00"
SKY: Final = "#56B4E9"
PURPLE: Final = "#CC79A7"
INK: Final = "#1A1A1A"
GREY: Final = "#5C5C5C"
PALE: Final = "#E6E6E6"

SERIES: Final = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, INK)
"""Colours of lines, in this order; each goes with the marker at the same place in `MARKERS`."""

MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X")

MINUS: Final = "\N{MINUS SIGN}"

_SETTINGS: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "drivers",
    "text.parse_math": False,
    "text.usetex": False,
    "axes.unicode_minus": True,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "savefig.facecolor": "white",
    "hatch.linewidth": 0.8,
}


@contextmanager
def styled() -> Iterator[None]:
    """Apply the settings of our charts inside a ``with`` block; the user's come back afterwards."""
    with mpl.rc_context(_SETTINGS):
        yield


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """Sizes of lettering, in points."""

    title: float
    text: float
    fine: float

    @property
    def dot(self) -> float:
        """Width of a point's symbol, small enough to leave a short interval in sight."""
        return 1.5 + 0.5 * self.text


def type_for(width: float) -> Type:
    """Return type sizes for a chart `width` inches wide: 9 points on half a page, 15 on a 13.3 inch slide."""
    text = min(max(9.0 + 1.0 * (width - 7.5), 7.5), 15.0)
    return Type(title=1.3 * text, text=text, fine=max(0.8 * text, 6.5))


def percent(value: float, digits: int = 0) -> str:
    """Return the proportion `value` as "12 %", to so many `digits`, with a true minus sign and never "-0"."""
    shown = round(100 * value, digits) + 0.0
    return f"{shown:.{digits}f} %".replace("-", MINUS)


def percents(value: float, low: float, high: float, digits: int = 0) -> tuple[str, str]:
    """Return the proportion `value` as "5.8 %" and its interval `low`, `high` as "5.5 to 6.2".

    Both are printed to so many `digits`, or to more where fewer would print two equal ends.
    """
    digits = digits_apart(100 * low, 100 * high, digits)
    return percent(value, digits), " to ".join(percent(end, digits).removesuffix(" %") for end in (low, high))


def number(value: float, digits: int = 2) -> str:
    """Return `value` to so many `digits` with a true minus sign and never "-0"."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", MINUS)


def signed(value: float, digits: int = 2) -> str:
    """Return `value` to so many `digits` with its sign written: "+0.31", "−0.05"; what rounds to zero carries none."""
    shown = round(value, digits) + 0.0
    return f"{shown:+.{digits}f}".replace("-", MINUS) if shown else f"{0:.{digits}f}"


def signed_inside(value: float, low: float, high: float, digits: int = 2) -> tuple[str, str]:
    """Return `value` as "+0.31" and its interval `low`, `high` as "0.25 to 0.37".

    Both are printed to so many `digits`, or to more where fewer would print two equal ends.
    """
    digits = digits_apart(low, high, digits)
    return signed(value, digits), f"{number(low, digits)} to {number(high, digits)}"
