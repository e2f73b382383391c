"""The one GROUP BY of the package, written once in narwhals for every engine."""

import warnings
from collections.abc import Sequence
from typing import Any

import narwhals as nw
import pandas as pd

type Frame = nw.DataFrame[Any] | nw.LazyFrame[Any]


def tally(
    frame: Frame,
    keys: Sequence[str],
    *,
    weight: str | None = None,
    frequency: str | None = None,
    replicates: Sequence[str] = (),
) -> pd.DataFrame:
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

    Returns
    -------
    DataFrame
        The keys, then `n` (respondents), `sum_w` (sum of weights) and `sum_w2` (sum of squared weights), and
        `rep_w_1`, `rep_w_2`, ... (sums of replicate weights, in the order given).
    """
    one = nw.lit(1.0)
    count = nw.col(frequency).cast(nw.Float64) if frequency else one
    load = nw.col(weight).cast(nw.Float64) if weight else one
    loaded = (
        frame.with_columns(count.alias("__n"), load.alias("__w"))
        .with_columns((nw.col("__n") * nw.col("__w")).alias("__nw"))
        .with_columns((nw.col("__nw") * nw.col("__w")).alias("__nw2"))
    )
    sums = (
        nw.col("__n").sum().alias("n"),
        nw.col("__nw").sum().alias("sum_w"),
        nw.col("__nw2").sum().alias("sum_w2"),
        *(nw.col(f"__rep_{i}").sum().alias(f"rep_w_{i}") for i in range(1, len(replicates) + 1)),
    )
    if replicates:
        loaded = loaded.with_columns(*(
            (nw.col("__n") * nw.col(name).cast(nw.Float64)).alias(f"__rep_{i}")
            for i, name in enumerate(replicates, start=1)
        ))
    with warnings.catch_warnings():  # narwhals lets a pandas table of many columns fall into pieces; the copy mends it
        warnings.simplefilter("ignore", pd.errors.PerformanceWarning)
        return _counted(loaded, keys, sums).copy()


def _counted(loaded: Frame, keys: Sequence[str], sums: Sequence[nw.Expr]) -> pd.DataFrame:
    return fetched(loaded.group_by(list(keys)).agg(*sums) if keys else loaded.select(*sums))


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
