"""The chapters' estimates as tables that may leave the house: names unique, small bases emptied whoever made them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from drivers.defaults import MIN_BASE_CELL


def gathered(parts: Iterable[Mapping[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    """Return all tables of `parts` by name.

    Parameters
    ----------
    parts : iterable of mapping
        Tables of one chapter each.

    Returns
    -------
    dict
        In the order given, each as `safe` leaves it.

    Raises
    ------
    ValueError
        If two chapters give the same name.
    """
    found: dict[str, pd.DataFrame] = {}
    for part in parts:
        for name, table in part.items():
            if name in found:
                raise ValueError(f"two tables are called {name!r}")
            found[name] = safe(table)
    return found


def safe(table: pd.DataFrame) -> pd.DataFrame:
    """Return `table` without a number about 1 to `MIN_BASE_CELL` - 1 answers, nor about a group that was withheld.

    A table with a column ``n`` says how many answers are behind each row; every number of a row with too few, and the
    ``n`` itself, becomes missing. The names stay, so that a reader sees that something was hidden.
    """
    table = table.reset_index(drop=True).copy()
    if "n" not in table or "respondents" in table:
        return table
    hidden = (table["n"] > 0) & (table["n"] < MIN_BASE_CELL)
    if "withheld" in table:
        hidden |= table["withheld"].astype(bool)
    if not hidden.any():
        return table
    for name in table.columns:
        if pd.api.types.is_numeric_dtype(table[name]) and not pd.api.types.is_bool_dtype(table[name]):
            table[name] = table[name].astype(float).where(~hidden)
    if "shown" in table:
        table["shown"] = table["shown"].astype(bool) & ~hidden
    return table
