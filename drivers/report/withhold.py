"""Withhold further groups where a hidden one could be computed as the total less all the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from drivers.defaults import MIN_BASE_CELL


def withhold(rows: pd.DataFrame, by: str, keys: Sequence[str], numbers: Sequence[str]) -> pd.DataFrame:
    """Hide the next smallest groups until nothing about a small one follows from the total.

    Parameters
    ----------
    rows : DataFrame
        One row per group and `keys`, with ``n`` and ``shown``.
    by : str
        Column of the group.
    keys : sequence of str
        Columns that tell tables apart: each has a total of its own, such as an item.
    numbers : sequence of str
        Columns to empty where a group is withheld.

    Returns
    -------
    DataFrame
        With a column ``withheld``. Where groups of 1 to `MIN_BASE_CELL` - 1 answers are hidden, at least two groups
        are, and at least so many answers lie in them together. Complementary suppression, as in Hundepool et al.
        (2012), Statistical Disclosure Control, ch. 4. doi:10.1002/9781118348239
    """
    rows = rows.reset_index(drop=True).assign(withheld=False)
    groups = rows[by].map(lambda group: "" if pd.isna(group) else f"={group}")
    parts = rows.groupby(list(keys), sort=False).indices.values() if keys else [np.arange(len(rows))]
    for places in map(pd.Index, parts):
        bases = rows.loc[places, "n"].groupby(groups.loc[places]).max().sort_values(kind="stable")
        chosen = groups.loc[places].isin(_next_smallest(bases))
        rows.loc[chosen.index[chosen], "withheld"] = True
    rows.loc[rows["withheld"], "shown"] = False
    rows.loc[rows["withheld"], list(numbers)] = np.nan
    return rows


def _next_smallest(bases: pd.Series) -> list[str]:
    """Return the groups to withhold; `bases` are answers by group, smallest first."""
    bases = bases[bases > 0]
    hidden = bases[bases < MIN_BASE_CELL]
    if hidden.empty:
        return []
    chosen: list[str] = []
    total = float(hidden.sum())
    for group, n in bases[bases >= MIN_BASE_CELL].items():
        if len(hidden) + len(chosen) >= 2 and total >= MIN_BASE_CELL:
            break
        chosen.append(str(group))
        total += float(n)
    return chosen
