"""Columns that hold the same answers twice: a driver copied, or the outcome among its own drivers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import pandas as pd

from drivers.survey.decode import Reason, decode
from drivers.survey.findings import Finding, error, warning
from drivers.survey.levels import MANY_CODES
from drivers.survey.schema import Survey
from drivers.survey.tally import Frame, tally


def check_twins(frame: Frame, levels: pd.DataFrame, survey: Survey) -> list[Finding]:
    """Find pairs of drivers, or of driver and outcome, in which every respondent gave the same answer.

    Parameters
    ----------
    frame : narwhals DataFrame or LazyFrame
        The table; it is asked only about pairs whose counts already agree.
    levels : DataFrame
        From `count_levels`.
    survey : Survey
        Says what the columns mean.

    Returns
    -------
    list of Finding
        An error where an outcome would explain itself, a warning where a driver occurs twice.
    """
    seen = {str(name): _profile(table) for name, table in levels.groupby("item", sort=False)}
    names = [name for name in (*survey.outcomes, *survey.drivers) if name in seen and 1 < len(seen[name]) < MANY_CODES]
    findings: list[Finding] = []
    for first, second in combinations(dict.fromkeys(names), 2):
        both_outcomes = second in survey.outcomes
        if not both_outcomes and seen[first] == seen[second] and _same(frame, survey, first, second):
            findings += _twin(first, second, survey)
    return findings


def _profile(table: pd.DataFrame) -> tuple[tuple[float, float], ...]:
    answered = table[table["reason"] == Reason.ANSWERED]
    sums = answered.groupby("value")["n"].sum()
    return tuple((float(value), float(n)) for value, n in zip(sums.index, sums, strict=True))


def _same(frame: Frame, survey: Survey, first: str, second: str) -> bool:
    pairs = tally(frame, [first, second]).keys
    plain = {name: [None if pd.isna(code) else code for code in pairs[name]] for name in (first, second)}
    one, other = (decode(survey.item(name), plain[name])[0] for name in (first, second))
    return pd.Series(one).equals(pd.Series(other))


def _twin(first: str, second: str, survey: Survey) -> Iterator[Finding]:
    if first in survey.outcomes:
        found = f"it holds the same answers as the outcome `{first}`, so it would explain it perfectly."
        yield error("outcome_as_driver", second, 1, found, "Take it out of `drivers`.")
    else:
        found = f"it holds the same answers as `{first}`: their shares cannot be told apart."
        yield warning("copied_driver", second, 1, found, "Take one of them out of `drivers`.")
