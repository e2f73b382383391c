"""Cells again, from units of imputed answers: one row per pattern, with the design of the cells they came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.cells.replication import Replication

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


def recollapse(cells: Cells, unit_cell: IntArray, values: FloatArray, count: FloatArray) -> Cells:
    """Collapse units to cells.

    Parameters
    ----------
    cells : Cells
        The cells the units come from, m of them.
    unit_cell : ndarray of int, shape (U,)
        The cell of each unit.
    values : ndarray, shape (U, k)
        Answers of each unit, none missing.
    count : ndarray, shape (U,)
        Respondents of each unit; the units of a cell add up to its respondents.

    Returns
    -------
    Cells
        Every respondent has the mean weight of the cell it comes from, so totals of weights and of squared weights
        are kept; strata, PSUs and other keys are too.
    """
    held = count > 0
    cell, values = unit_cell[held], values[held]
    share = count[held] / cells.n[cell]
    names = list(cells.keys.columns)
    keys = [pd.factorize(cells.keys[name], use_na_sentinel=False)[0][cell] for name in names]
    group, first = _group([*values.T, *keys])
    size = len(first)
    return replace(
        cells, values=values[first], reasons=np.zeros((size, values.shape[1]), dtype=np.int8),
        keys=cells.keys.iloc[cell[first]].reset_index(drop=True),
        n=np.bincount(group, weights=count[held], minlength=size),
        sum_w=np.bincount(group, weights=cells.sum_w[cell] * share, minlength=size),
        sum_w2=np.bincount(group, weights=cells.sum_w2[cell] * share, minlength=size),
        replication=_added(cells.replication.take(cell, share), group, size) if cells.replication else None,
        higher=None if cells.higher is None else np.column_stack([
            np.bincount(group, weights=power[cell] * share, minlength=size) for power in cells.higher.T
        ]),
    )


def _added(replication: Replication, group: IntArray, size: int) -> Replication:
    """Add replicate weights up by group."""
    sums = [np.bincount(group, weights=column, minlength=size) for column in replication.weights.T]
    return replace(replication, weights=np.column_stack(sums))


def _group(columns: Sequence[NDArray[np.generic]]) -> tuple[IntArray, IntArray]:
    """Give the distinct rows numbers, in order: the number (U,) of each row and the first row of each number."""
    key = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        levels, code = np.unique(column, return_inverse=True)
        key = np.unique(key * len(levels) + code, return_inverse=True)[1]  # renumbered, so that it cannot overflow
    _, first = np.unique(key, return_index=True)
    return key.astype(np.intp), first.astype(np.intp)


def joined(cells: Cells, others: Cells) -> Cells:
    """Return `cells` followed by `others`, which have as many items and the same keys."""
    both = cells.replication
    if both and others.replication:
        both = replace(both, weights=np.concatenate([both.weights, others.replication.weights]))
    return replace(
        cells, values=np.concatenate([cells.values, others.values]),
        reasons=np.concatenate([cells.reasons, others.reasons]),
        keys=pd.concat([cells.keys, others.keys], ignore_index=True), n=np.concatenate([cells.n, others.n]),
        sum_w=np.concatenate([cells.sum_w, others.sum_w]), sum_w2=np.concatenate([cells.sum_w2, others.sum_w2]),
        replication=both, higher=None if cells.higher is None else np.concatenate([cells.powers, others.powers]),
    )
