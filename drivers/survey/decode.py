"""From the code a file holds to the value it means, or the reason there is none.

Decoding works on distinct codes, never on respondents, so it costs nothing however long the file is.
"""

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from drivers.survey.schema import Item

BLANK_TEXTS = frozenset({"", "na", "nan", "null", "none", "<na>"})
"""Texts that spreadsheets and statistics programs write for an empty cell (compared without case)."""


class Reason(IntEnum):
    """Why a code has no value; `ANSWERED` when it has one."""

    ANSWERED = 0
    BLANK = 1
    NOT_APPLICABLE = 2
    DONT_KNOW = 3
    TEXT = 4
    OUT_OF_RANGE = 5


def decode(item: Item, codes: Sequence[object]) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Turn distinct codes of one item into values and reasons.

    Parameters
    ----------
    item : Item
        A resolved item (`Survey.item`): scale, direction, levels and codes for "no answer".
    codes : sequence of length m
        The distinct codes as the file holds them: numbers, texts or None.

    Returns
    -------
    values : ndarray, shape (m,)
        The answer in scale points, reversed where lower is better on a closed scale; NaN without an answer.
    reasons : ndarray of int8, shape (m,)
        A `Reason` per code.
    """
    pairs = [_decode_one(item, code) for code in codes]
    values = np.array([value for value, _ in pairs], dtype=np.float64)
    reasons = np.array([reason for _, reason in pairs], dtype=np.int8)
    return values, reasons


def _decode_one(item: Item, code: object) -> tuple[float, Reason]:
    text = "" if code is None else str(code).strip()
    number = as_number(code)
    for reason, listed in ((Reason.NOT_APPLICABLE, item.not_applicable), (Reason.DONT_KNOW, item.dont_know)):
        if any(_same_code(code, text, number, entry) for entry in listed or ()):
            return np.nan, reason
    if text.casefold() in BLANK_TEXTS:
        return np.nan, Reason.BLANK
    if item.levels and text in item.levels:
        number = float(item.levels.index(text) + 1)
    if number is None:
        return np.nan, Reason.TEXT
    if item.scale is None or item.scale == "open":
        return number, Reason.ANSWERED
    low, high = item.scale
    if not low <= number <= high:
        return np.nan, Reason.OUT_OF_RANGE
    return (low + high - number if item.direction == "lower" else number), Reason.ANSWERED


def as_number(code: object) -> float | None:
    """Return the number a code stands for (decimal comma allowed), or None when it is text or not finite."""
    if isinstance(code, bool):
        return float(code)
    try:
        number = float(str(code).strip().replace(",", ".", 1)) if isinstance(code, str) else float(code)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None


def _same_code(code: object, text: str, number: float | None, entry: object) -> bool:
    listed = as_number(entry)
    if listed is not None and number is not None:
        return listed == number
    return text == str(entry).strip()
