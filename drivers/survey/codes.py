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

_NUMBER: Final = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_THOUSANDS: Final = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)


def is_blank(code: object) -> bool:
    """Return whether a code is an empty cell that no definition can give a meaning: None, NaN, NaT or pandas' NA.

    Parameters
    ----------
    code : object
        One cell of a file.

    Returns
    -------
    bool
        False for every text: a definition may give `""` or `"NA"` a meaning.
    """
    if code is None:
        return True
    return not isinstance(code, str) and str(code).casefold() in {"nan", "snan", "<na>", "nat"}


def text_key(code: object) -> str:
    """Return the text by which codes are compared: no case, no outer or doubled blanks, straight apostrophes.

    Parameters
    ----------
    code : object
        One cell of a file, or a code of a definition.

    Returns
    -------
    str
        Equal for codes that are the same words.
    """
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
    if isinstance(code, str):
        text = code.strip()
        if not _NUMBER.fullmatch(text) or _THOUSANDS.fullmatch(text):
            return None
        number = float(text.replace(",", "."))
    elif isinstance(code, (numbers.Real, Decimal, np.bool_)):
        try:
            number = float(code)
        except (OverflowError, ValueError):  # beyond every scale; a signalling NaN
            return None
    else:
        return None
    return number if math.isfinite(number) else None


def code_key(code: object) -> Hashable:
    """Return what two codes share when they mean the same: ``8``, ``8.0``, ``"8"`` and ``" 8 "`` are one code.

    Parameters
    ----------
    code : object
        One cell of a file, or a code of a definition.

    Returns
    -------
    hashable
        The number where there is one, else `text_key`.
    """
    number = as_number(code)
    return text_key(code) if number is None else number
