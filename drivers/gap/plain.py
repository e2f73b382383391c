"""Tables as values that JSON can hold."""

from __future__ import annotations

import numpy as np
import pandas as pd


def plain(value: object) -> object:
    """Return a `value` in JSON's own types: numbers that are not finite, and missing labels, as None."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and not np.isfinite(value)):
        return None
    return value if isinstance(value, (bool, int, float, str)) else str(value)


def records(table: pd.DataFrame) -> list[dict[str, object]]:
    """Return the rows of a `table` as plain values."""
    return [{str(k): plain(v) for k, v in row.items()} for row in table.to_dict("records")]
