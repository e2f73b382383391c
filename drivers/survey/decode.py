"""From the code a file holds to the value it means, or the reason there is none.

Decoding works on distinct codes, never on respondents, so it costs nothing however long the file is.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from drivers.survey.codes import BLANK_TEXTS, as_number, code_key, is_blank, text_key

if TYPE_CHECKING:  # pydantic is loaded by whoever makes an Item
    from drivers.survey.schema import Item

__all__ = ["BLANK_TEXTS", "Reason", "as_number", "decode"]


class Reason(IntEnum):
    """Why a code has no value; `ANSWERED` when it has one."""

    ANSWERED = 0
    BLANK = 1
    NOT_APPLICABLE = 2
    DONT_KNOW = 3
    TEXT = 4
    OUT_OF_RANGE = 5


def decode(
    item: Item, codes: Sequence[object] | NDArray[np.generic]
) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Turn distinct codes of one item into values and reasons, each code for itself.

    Parameters
    ----------
    item : Item
        A resolved item (`Survey.item`): scale, direction, levels and codes for "no answer".
    codes : sequence or array, shape (m,)
        The distinct codes as the file holds them: numbers, texts, True and False, or an empty cell (None, NaN, NA).

    Returns
    -------
    values : ndarray, shape (m,)
        The answer in scale points, reversed where lower is better on a closed scale; NaN without an answer.
    reasons : ndarray of int8, shape (m,)
        A `Reason` per code.

    Notes
    -----
    The first that holds: an empty cell is blank; a listed code is "not applicable" or "don't know"; a level's text is
    its place in the list; "", "NA", "null" and their like are blank; what is no finite number is text; a number
    beyond the ends of a closed scale is out of range. Numbers are compared as numbers (``1``, ``1.0``, ``"1"``,
    ``"1,0"``), texts without case and outer blanks. Numbers between two points of a scale (item means) stay as they
    are. True and False are 1 and 0 on an open scale and on a scale from 0 to 1; on any other they are text, because
    they are no ratings.
    """
    if isinstance(codes, np.ndarray) and codes.dtype.kind in "iuf" and not item.levels:
        return _decode_numbers(item, codes.astype(np.float64))
    listed, levels = _listed(item), _level_values(item)
    pairs = [_decode_one(item, code, listed, levels) for code in codes]
    values = np.array([value for value, _ in pairs], dtype=np.float64)
    reasons = np.array([reason for _, reason in pairs], dtype=np.int8)
    return values, reasons


def _listed(item: Item) -> dict[Hashable, Reason]:
    """Codes without a rating; "not applicable" comes first where a code is listed twice."""
    dont_know = {code_key(code): Reason.DONT_KNOW for code in item.dont_know or ()}
    return {**dont_know, **{code_key(code): Reason.NOT_APPLICABLE for code in item.not_applicable or ()}}


def _level_values(item: Item) -> dict[Hashable, float]:
    return {code_key(level): float(place) for place, level in enumerate(item.levels or (), start=1)}


def _decode_one(
    item: Item, code: object, listed: dict[Hashable, Reason], levels: dict[Hashable, float]
) -> tuple[float, Reason]:
    if is_blank(code):
        return np.nan, Reason.BLANK
    key = code_key(code)
    if key in listed:
        return np.nan, listed[key]
    if key not in levels and text_key(code) in BLANK_TEXTS:
        return np.nan, Reason.BLANK
    number = levels.get(key, as_number(code))
    if number is None or (isinstance(code, (bool, np.bool_)) and item.scale not in (None, "open", (0.0, 1.0))):
        return np.nan, Reason.TEXT
    return _on_scale(item, number)


def _on_scale(item: Item, number: float) -> tuple[float, Reason]:
    if not isinstance(item.scale, tuple):
        return number, Reason.ANSWERED
    low, high = item.scale
    if not low <= number <= high:
        return np.nan, Reason.OUT_OF_RANGE
    return (min(max(low + high - number, low), high) if item.direction == "lower" else number), Reason.ANSWERED


def _decode_numbers(item: Item, codes: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Decode many numbers at once; what `_decode_one` says of each."""
    reasons = np.full(codes.shape, Reason.ANSWERED, dtype=np.int8)
    values = codes.copy()
    if isinstance(item.scale, tuple):
        low, high = item.scale
        reasons[(codes < low) | (codes > high)] = Reason.OUT_OF_RANGE
        if item.direction == "lower":
            values = np.clip(low + high - codes, low, high)
    reasons[np.isinf(codes)] = Reason.TEXT
    for key, reason in _listed(item).items():
        if isinstance(key, float):
            reasons[codes == key] = reason
    reasons[np.isnan(codes)] = Reason.BLANK
    values[reasons != Reason.ANSWERED] = np.nan
    return values, reasons
