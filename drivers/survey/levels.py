"""What was answered per item: each distinct code with its meaning, its respondents and their weight."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import narwhals as nw
import numpy as np
import pandas as pd

from drivers.survey.decode import Reason, as_number, decode
from drivers.survey.schema import Item, Survey
from drivers.survey.tally import Frame, Tally, fetched, tally, unused_prefix

LOOKED_AT = 100_000
"""Rows looked at to tell a rating (few codes) from a measurement such as minutes (very many)."""

MANY_CODES = 1_000
"""Numbers with more distinct values than this are summarised, not listed, so that memory stays small."""

JOINT_PATTERNS = 20_000
"""Items are counted together, in one pass over the data, while their patterns may not exceed this."""

COLUMNS = ("item", "code", "value", "reason", "n", "sum_w")


def count_levels(
    frame: Frame, survey: Survey, items: Sequence[str], *, weight: str | None = None, frequency: str | None = None
) -> pd.DataFrame:
    """Count every distinct code of the items and say what it means.

    Parameters
    ----------
    frame : narwhals DataFrame or LazyFrame
        The table; only counts are fetched from it.
    survey : Survey
        Says what the codes mean.
    items : sequence of str
        Rated columns that the table has.
    weight, frequency : str, optional
        Columns of numbers, as in `tally`.

    Returns
    -------
    DataFrame
        One row per item and code: item, code, value (scale points), reason (`Reason`), n (respondents), sum_w (their
        weight). An item with more than `MANY_CODES` distinct numbers has one row per reason: for the answered ones,
        `code` is the text "lowest to highest" and `value` their weighted mean.
    """
    kinds = distinct_codes(frame, items)
    numeric = frame.collect_schema()
    many = [name for name in items if kinds[name] > MANY_CODES and numeric[name].is_numeric()]
    parts = {name: _summarised(frame, name, survey.item(name), weight, frequency) for name in many}
    for batch in joint_batches([name for name in items if name not in many], kinds):
        table = tally(frame, batch, weight=weight, frequency=frequency)
        parts.update({name: _listed(table, name, survey.item(name)) for name in batch})
    tables = [parts[name] for name in items]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(COLUMNS))


def distinct_codes(frame: Frame, columns: Sequence[str]) -> dict[str, int]:
    """Return how many distinct codes each column shows in the first `LOOKED_AT` rows: a lower bound of all.

    Parameters
    ----------
    frame : narwhals DataFrame or LazyFrame
        The table.
    columns : sequence of str
        Columns to look at.

    Returns
    -------
    dict of str to int
        Distinct codes per column.
    """
    if not columns:
        return {}
    counts = fetched(frame.head(LOOKED_AT).select(nw.col(*columns).n_unique()))
    return {name: int(counts[name].iloc[0]) for name in columns}


def joint_batches(items: Sequence[str], kinds: dict[str, int]) -> Iterator[list[str]]:
    """Yield columns that can be counted jointly, in one pass over the data, without making many patterns.

    Parameters
    ----------
    items : sequence of str
        The columns, in order.
    kinds : dict of str to int
        Distinct codes of each.

    Yields
    ------
    list of str
        Columns with at most `JOINT_PATTERNS` patterns together, or a single one.
    """
    batch: list[str] = []
    patterns = 1
    for name in items:
        if batch and patterns * kinds[name] > JOINT_PATTERNS:
            yield batch
            batch, patterns = [], 1
        batch.append(name)
        patterns *= max(kinds[name], 1)
    if batch:
        yield batch


def _listed(table: Tally, name: str, item: Item) -> pd.DataFrame:
    codes, distinct = pd.factorize(table.keys[name], use_na_sentinel=False)
    plain = [None if pd.isna(code) else code for code in distinct]
    values, reasons = decode(item, plain)
    size = len(plain)
    part = pd.DataFrame({
        "item": name,
        "code": pd.Series(plain, dtype=object),
        "value": values,
        "reason": reasons,
        "n": np.bincount(codes, weights=table.n, minlength=size),
        "sum_w": np.bincount(codes, weights=table.sum_w, minlength=size),
    })
    order = sorted(range(size), key=lambda i: (reasons[i], _by_size(plain[i], float(values[i]))))
    return part.iloc[order].reset_index(drop=True)


def _by_size(code: object, value: float) -> tuple[bool, float, str]:
    """Order numbers by themselves and words by the place they stand for."""
    number = as_number(code)
    place = value if number is None else number
    return (np.isnan(place), 0.0 if np.isnan(place) else place, str(code))


def _summarised(frame: Frame, name: str, item: Item, weight: str | None, frequency: str | None) -> pd.DataFrame:
    """Count a column of very many numbers by reason, in two queries that return a handful of rows."""
    number = nw.col(name).cast(nw.Float64)
    own = unused_prefix(frame.collect_schema().names())
    reason, x, loaded = (f"{own}{name}" for name in ("reason", "x", "load"))
    marked = frame.with_columns(_reason(number, item).alias(reason), number.alias(x))
    table = tally(marked, [reason], weight=weight, frequency=frequency)
    load = _product(weight, frequency)
    answered = marked.filter(nw.col(reason) == int(Reason.ANSWERED)).with_columns(load.alias(loaded))
    extent = fetched(
        answered.select(
            nw.col(x).min().alias("low"),
            nw.col(x).max().alias("high"),
            (nw.col(x) * nw.col(loaded)).sum().alias("total"),
            nw.col(loaded).sum().alias("load"),
        )
    ).iloc[0]
    reasons = table.keys[reason].to_numpy(np.int8)
    mean = float(extent["total"]) / float(extent["load"]) if extent["load"] else np.nan
    if item.direction == "lower" and isinstance(item.scale, tuple):
        mean = sum(item.scale) - mean
    part = pd.DataFrame({
        "item": name,
        "code": [f"{extent['low']:g} to {extent['high']:g}" if r == Reason.ANSWERED else None for r in reasons],
        "value": np.where(reasons == Reason.ANSWERED, mean, np.nan),
        "reason": reasons,
        "n": table.n,
        "sum_w": table.sum_w,
    })
    return part.sort_values("reason", ignore_index=True)


def _product(weight: str | None, frequency: str | None) -> nw.Expr:
    load = nw.lit(1.0)
    for column in (weight, frequency):
        load = load * nw.col(column).cast(nw.Float64) if column else load
    return load


def _reason(number: nw.Expr, item: Item) -> nw.Expr:
    """Return the expression that gives each number its `Reason`, as `decode` would."""
    answered = nw.lit(int(Reason.ANSWERED))
    if isinstance(item.scale, tuple):
        low, high = item.scale
        inside = (number >= low) & (number <= high)
        answered = nw.when(inside).then(answered).otherwise(nw.lit(int(Reason.OUT_OF_RANGE)))
    finite = nw.when(number.is_finite()).then(answered).otherwise(nw.lit(int(Reason.TEXT)))
    for reason, codes in ((Reason.DONT_KNOW, item.dont_know), (Reason.NOT_APPLICABLE, item.not_applicable)):
        listed = [n for n in map(as_number, codes or ()) if n is not None]
        if listed:
            finite = nw.when(number.is_in(listed)).then(nw.lit(int(reason))).otherwise(finite)
    return nw.when(number.is_null() | number.is_nan()).then(nw.lit(int(Reason.BLANK))).otherwise(finite)
