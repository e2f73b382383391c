"""Checks of the points of an outcome's scale: an ordinal fit needs answers on both sides of every threshold."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from drivers.defaults import THIN_CATEGORY
from drivers.survey.codes import as_number
from drivers.survey.decode import Reason
from drivers.survey.findings import Finding, counted, listed, note, shown_code, warning
from drivers.survey.schema import Survey

MOST_POINTS = 11
"""A column of more points than this is a measurement, whose single points need no answers."""


def check_outcomes(levels: pd.DataFrame, survey: Survey) -> list[Finding]:
    """Find points of the outcomes' scales that hardly anybody chose.

    Parameters
    ----------
    levels : DataFrame
        From `count_levels`.
    survey : Survey
        Says which columns are outcomes, and their scales.

    Returns
    -------
    list of Finding
        Warnings for points with fewer than `THIN_CATEGORY` respondents and for unused points between used ones; notes
        for unused ends of a scale.
    """
    findings: list[Finding] = []
    for name in survey.outcomes:
        findings += _check_outcome(levels[levels["item"] == name], survey, name)
    return findings


def _check_outcome(table: pd.DataFrame, survey: Survey, name: str) -> Iterator[Finding]:
    answered = table[table["reason"] == Reason.ANSWERED]
    counts = answered.groupby("value")["n"].sum()
    scale = survey.item(name).scale
    whole = bool(len(counts)) and bool((counts.index.to_numpy() % 1 == 0).all())
    if not whole or len(counts) > MOST_POINTS or len(counts) < 2:
        return
    words = dict(zip(answered["value"], answered["code"], strict=True))
    thin = counts[counts < THIN_CATEGORY]
    if len(thin):
        n = int(thin.sum())
        shown = ", ".join(f"{_shown(words[value])} ({count:g})" for value, count in thin.items())
        yield warning(
            "thin_category", name, n, f"fewer than {THIN_CATEGORY} answers at {shown}.",
            'An ordinal fit knows little about these points: use `model="linear"`, or merge them in the data.',
        )  # fmt: skip
    if isinstance(scale, tuple) and scale[1] - scale[0] < MOST_POINTS:
        yield from _unused(counts, scale, survey, name)


def _unused(counts: pd.Series, scale: tuple[float, float], survey: Survey, name: str) -> Iterator[Finding]:
    low, high = int(scale[0]), int(scale[1])
    used = counts.index.to_numpy().tolist()
    turned = survey.item(name).direction == "lower"
    unused = [value for value in range(low, high + 1) if value not in used]
    for inside in (True, False):
        values = [value for value in unused if (used[0] < value < used[-1]) == inside]
        codes = sorted(low + high - value if turned else value for value in values)
        if not codes:
            continue
        found = f"nobody chose {listed(codes)} on the scale {low}..{high}."
        if inside:
            cure = 'An ordinal fit needs every point used: use `model="linear"`, or merge points in the data.'
            yield warning("unused_category", name, len(codes), found, cure)
        else:
            yield note("unused_end", name, len(codes), f"{found} {counted(len(used), 'point')} were used.")


def _shown(code: object) -> str:
    number = as_number(code)
    return shown_code(code if number is None else number)
