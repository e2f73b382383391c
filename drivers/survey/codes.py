"""What one code of a file is: a number, a text, or an empty cell. Says nothing about any question."""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Hashable
from decimal import Decimal
from typing import Final

import numpy as np

BLANK_TEXTS: Final = frozenset({"", "na", "n/a", "nan", "null", "none", "<na>", "nat"})
"""Texts that spreadsheets and statistics programs write for an empty cell (compared without case)."""

_NUMBER: Final = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?|[+-]?inf(inity)?", re.IGNORECASE)
_THOUSANDS: Final = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")


def is_blank(code: object) -> bool:
    """Return whether a code is an empty cell that no definition can give a meaning: None, NaN, NaT or pandas' NA."""
    if code is None:
        return True
    return not isinstance(code, str) and str(code).casefold() in {"nan", "snan", "<na>", "nat"}


def text_key(code: object) -> str:
    """Return the text by which codes are compared: no case, no outer or doubled blanks, straight apostrophes."""
    return " ".join(str(code).replace("\u2019", "'").split()).casefold()


def as_number(code: object) -> float | None:
    """Return the finite number a code stands for, or None.

    Parameters
    ----------
    code : object
        A Python, numpy or `decimal.Decimal` number, or a text such as ``" 4 "``, ``"4.0"`` or ``"4,5"``.

    Returns
    -------
    float or None
        None for texts, empty cells and infinities, and for ``"1,234"``, which is either 1.234 or 1234.
    """
    number = _any_number(code)
    return number if number is not None and math.isfinite(number) else None


def is_infinite(code: object) -> bool:
    """Return whether a code is a number without end, which lies outside every scale."""
    number = _any_number(code)
    return number is not None and math.isinf(number)


def code_key(code: object) -> Hashable:
    """Return what two codes share when they mean the same: ``8``, ``8.0``, ``"8"`` and ``" 8 "`` are one code."""
    number = as_number(code)
    return text_key(code) if number is None else number


def _any_number(code: object) -> float | None:
    if isinstance(code, str):
        text = code.strip()
        if not _NUMBER.fullmatch(text) or _THOUSANDS.fullmatch(text):
            return None
        return float(text.replace(",", "."))
    if isinstance(code, (numbers.Real, Decimal, np.bool_)):
        try:
            return float(code)
        except OverflowError:
            return math.inf
        except ValueError:  # a signalling NaN
            return None
    return None
