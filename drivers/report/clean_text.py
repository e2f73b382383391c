"""Text that every format can hold: no control characters, no signs that turn the text around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pandas as pd

TURNING = dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""Characters that turn the direction of text; left out, since one in a label would turn the rest of its sentence."""

_CONTROL = dict.fromkeys((*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0), 0xFFFE, 0xFFFF))
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)
_LEFT_OUT = TURNING | _CONTROL | _SURROGATES


def clean(text: str) -> str:
    """Return `text` without characters that XML forbids or that turn text; halves of characters become "�"."""
    return text.translate(_LEFT_OUT)


def cleaned[T](value: T) -> T:
    """Return `value`, any tree of frozen dataclasses, tuples, mappings and tables, with every text in it clean."""
    return _cleaned(value)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, tuple):
        return tuple(_cleaned(part) for part in value)
    if isinstance(value, pd.DataFrame):
        table = value.copy()
        for name in [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])]:
            table[name] = table[name].map(_cleaned)
        return table.rename(columns=lambda name: clean(str(name)))
    if isinstance(value, Mapping):
        return {_cleaned(key): _cleaned(part) for key, part in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _cleaned(getattr(value, field.name)) for field in fields(value)})
    return value
