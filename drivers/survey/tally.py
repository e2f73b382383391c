"""The one GROUP BY of the package, written once in narwhals for every engine."""

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

type Frame = nw.DataFrame[Any] | nw.LazyFrame[Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tally:
    """One row per distinct pattern (m of them); counts stand beside the keys, so that no name can clash.

    ``keys`` (m rows) the patterns; ``n``, ``sum_w``, ``sum_w2`` (m,) respondents, sum of weights, sum of squared
    weights; ``replicates`` (m, r) sums of replicate weights, in the order asked for; ``powers`` (m, 2) sums of third
    and fourth powers of weights, where asked for.
    """

    keys: pd.DataFrame
    n: NDArray[np.float64]
    sum_w: NDArray[np.float64]
    sum_w2: NDArray[np.float64]
    replicates: NDArray[np.float64]
    powers: NDArray[np.float64] | None = None


def tally(
    frame: Frame,
    keys: Sequence[str],
    *,
    weight: str | None = None,
    frequency: str | None = None,
    replicates: Sequence[str] = (),
    powers: bool = False,
) -> Tally:
    """Count respondents and their weights per distinct pattern of `keys`.

    Parameters
    ----------
    frame : narwhals DataFrame or LazyFrame
        The answers, wherever they live; missing keys stay visible as a level of their own.
    keys : sequence of str
        Columns whose patterns are counted; none counts the whole table in one row.
    weight, frequency : str, optional
        Column of the sampling weight (1 without), and of the number of respondents a row stands for (1 without).
    replicates : sequence of str
        Columns of replicate weights.
    powers : bool
        Whether to sum third and fourth powers of weights, too.

    Returns
    -------
    Tally
        The patterns with respondents and weights. Those of an engine with threads are sorted, so that they, and what
        is added up over them, come in the same order every time. Engines add up files in parts that end in any order:
        sums of weights that have to be rounded may still differ between runs in the last bits, counts never do.
    """
    one = nw.lit(1.0)
    count = nw.col(frequency).cast(nw.Float64) if frequency else one
    load = nw.col(weight).cast(nw.Float64) if weight else one
    own = unused_prefix(frame.collect_schema().names())
    n, w, *raised = (f"{own}{name}" for name in ("n", "w", "nw", "nw2", *(("nw3", "nw4") if powers else ())))
    loaded = frame.with_columns(count.alias(n), load.alias(w))
    for before, name in pairwise((n, *raised)):
        loaded = loaded.with_columns((nw.col(before) * nw.col(w)).alias(name))
    copies = [f"{own}rep_{i}" for i in range(len(replicates))]
    columns = [n, *raised, *copies]
    sums = [nw.col(name).sum().alias(f"{own}sum_{i}") for i, name in enumerate(columns)]
    if replicates:
        loaded = loaded.with_columns(*(
            (nw.col(n) * nw.col(name).cast(nw.Float64)).alias(own_name)
            for name, own_name in zip(replicates, copies, strict=True)
        ))
    with warnings.catch_warnings():  # narwhals lets a pandas table of many columns fall into pieces; the copy mends it
        warnings.simplefilter("ignore", pd.errors.PerformanceWarning)
        counted = _counted(loaded, keys, sums).copy()
    found = counted.iloc[:, len(keys) :].to_numpy(np.float64)
    return Tally(
        keys=counted.iloc[:, : len(keys)], n=found[:, 0], sum_w=found[:, 1], sum_w2=found[:, 2],
        replicates=found[:, 1 + len(raised) :], powers=found[:, 3:5] if powers else None,
    )  # fmt: skip


def unused_prefix(names: Iterable[str]) -> str:
    """Return a beginning for column names of one's own that none of `names` has, in whatever case.

    Parameters
    ----------
    names : iterable of str
        The columns there are.

    Returns
    -------
    str
        Two underscores, or more.
    """
    taken = [name.casefold() for name in names]
    prefix = "__"
    while any(name.startswith(prefix) for name in taken):
        prefix += "_"
    return prefix


def _counted(loaded: Frame, keys: Sequence[str], sums: Sequence[nw.Expr]) -> pd.DataFrame:
    """Count patterns of `keys` with their `sums`, in an order that does not hang on threads."""
    if not keys:
        return fetched(loaded.select(*sums))
    counted = loaded.group_by(list(keys)).agg(*sums)
    # pandas gives patterns as they first appear, and could not sort a column of numbers and texts
    return fetched(counted if loaded.implementation.is_pandas_like() else counted.sort(*keys, nulls_last=True))


def fetched(frame: Frame) -> pd.DataFrame:
    """Return a small narwhals frame (counts, never respondents) as a pandas table.

    Parameters
    ----------
    frame : narwhals DataFrame or LazyFrame
        A result; a lazy one is computed now.

    Returns
    -------
    DataFrame
        Its rows.
    """
    eager = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    return eager.to_pandas()
