"""The order of waves: by time where their names tell it for certain, else the order of the names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

_DAY = re.compile(r"\d{4}-[01]\d-[0-3]\d(?:[ T].*)?")
_YEAR_FIRST = re.compile(r"((?:19|20)\d\d)[-./ ]?([A-Za-z]*)[-./ ]?(\d{1,2})")
_NUMBERED = re.compile(r"(\D*)(\d+)")
_LONGEST_COUNT = 5
"""More figures than these in a row are a date written without signs, such as 202607 or 31122025, not a count."""


def wave_order(groups: Iterable[Any]) -> tuple[list[Any], bool]:
    """Put waves, or other groups, in order.

    Parameters
    ----------
    groups : iterable
        Distinct names as they stand in the data; missing ones are allowed.

    Returns
    -------
    list
        Numbers before texts, missing ones last; names that end in a count by that count ("W2" before "W10").
    bool
        Whether the order is certainly the order in time: numbers, dates, or texts such as "2026-07-31", "2026-Q3",
        "2026-07", "2026 W9" and "Wave 3", all written alike. Months by name and days first are not certain.
    """
    groups = list(groups)
    missing = [group for group in groups if pd.isna(group)]
    known = [group for group in groups if not pd.isna(group)]
    keys = _keys(known)
    if keys is None:
        return [*sorted(known, key=_by_name), *missing], False
    places = sorted(range(len(known)), key=keys.__getitem__)
    return [*(known[place] for place in places), *missing], True


def quarter_of(wave: Any) -> int | None:
    """Return the quarter, from 0, that the name of a `wave` tells: "2026-Q3", "2026-07", a date; None for others."""
    if isinstance(wave, date | np.datetime64):
        return (pd.Timestamp(wave).month - 1) // 3
    text = str(wave).strip()
    if _DAY.fullmatch(text):
        return (int(text[5:7]) - 1) // 3
    found = _YEAR_FIRST.fullmatch(text)
    if found is None:
        return None
    kind, number = found[2].casefold(), int(found[3])
    if kind == "q" and 1 <= number <= 4:
        return number - 1
    return (number - 1) // 3 if kind == "" and 1 <= number <= 12 else None


def _keys(groups: list[Any]) -> list[Any] | None:
    """Return what sorts the groups in time, or None where their names do not tell."""
    if any(isinstance(group, bool | np.bool_) for group in groups):
        return None
    if all(isinstance(group, int | float | np.number) for group in groups):
        return groups if all(_is_count(f"{abs(group):.0f}") for group in groups) else None
    if all(isinstance(group, date | np.datetime64) for group in groups):
        return [pd.Timestamp(group) for group in groups]
    if not all(isinstance(group, str) for group in groups):
        return None
    texts = [group.strip() for group in groups]
    if all(_DAY.fullmatch(text) for text in texts):
        return texts
    dated = [_YEAR_FIRST.fullmatch(text) for text in texts]
    if len({found and found[2].casefold() for found in dated}) == 1 and dated[0]:
        return [(int(found[1]), int(found[3])) for found in dated if found]
    numbered = [_NUMBERED.fullmatch(text) for text in texts]
    if len({found and found[1].casefold() for found in numbered}) == 1 and numbered[0]:
        return [int(found[2]) for found in numbered if found] if all(_is_count(f[2]) for f in numbered if f) else None
    return None


def _is_count(figures: str) -> bool:
    """Tell whether `figures` count up in time: a short number, or a date with the year first."""
    if len(figures) <= _LONGEST_COUNT:
        return True
    return re.fullmatch(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-3]\d)?", figures) is not None


def _by_name(group: Any) -> tuple[bool, Any]:
    is_number = isinstance(group, int | float | np.number)
    return not is_number, group if is_number or isinstance(group, str) else str(group)
