"""Checks of the columns that carry the sampling design: population sizes, lonely units, replicate weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import narwhals as nw
import pandas as pd

from drivers.errors import InputError
from drivers.survey.findings import Finding, counted, error, listed, warning
from drivers.survey.replicates import declared_factors
from drivers.survey.schema import Survey
from drivers.survey.tally import Frame, fetched, tally, unused_prefix

FAR_OFF: Final = 1.5
"""Replicate weights whose total is this many times that of the weight, or as much less, are looked at again."""


def check_design(frame: Frame, survey: Survey, frequency: str | None) -> list[Finding]:
    """Check population sizes, strata with a single unit, and replicate weights.

    Parameters
    ----------
    frame : narwhals DataFrame or LazyFrame
        The table.
    survey : Survey
        Declares the design.
    frequency : str or None
        Column of respondents per row, when usable.

    Returns
    -------
    list of Finding
        An error for everything variances cannot be computed with.
    """
    have = frame.collect_schema().names()
    findings: list[Finding] = []
    if survey.fpc in have or (survey.lonely_psu == "refuse" and survey.stratum in have):
        findings += _strata(frame, survey, frequency, have)
    columns = survey.replicate_columns(have)
    if columns:
        findings += _replicates(frame, survey, columns, have)
    return findings


def _strata(frame: Frame, survey: Survey, frequency: str | None, have: Sequence[str]) -> list[Finding]:
    keys = [key for key in dict.fromkeys((survey.stratum, survey.psu, survey.fpc)) if key in have and key is not None]
    patterns = tally(frame, keys, frequency=frequency)
    layers = [survey.stratum] if survey.stratum in have else []
    own = f"{unused_prefix(keys)}units"
    table = patterns.keys.assign(**{own: 1.0 if survey.psu in have else patterns.n})
    if survey.psu in have:
        table = table.drop_duplicates([*layers, survey.psu, *([survey.fpc] if survey.fpc in have else [])])
    findings: list[Finding] = []
    if survey.fpc in have and survey.fpc is not None:
        findings += _population(table, layers, survey.fpc, own)
    if survey.lonely_psu == "refuse" and layers:
        units = table.groupby(layers, dropna=False)[own].sum()
        alone = units[units <= 1]
        if len(alone):
            names = listed(list(alone.index))
            found = f"{counted(len(alone), 'stratum has', 'strata have')} a single sampling unit: {names}."
            cure = 'Merge each with a like stratum, or write lonely_psu = "centre" or "certain".'
            findings.append(error("lonely_psu", str(layers[0]), len(alone), found, cure))
    return findings


def _population(table: pd.DataFrame, layers: list[str | None], fpc: str, units: str) -> list[Finding]:
    sizes = pd.to_numeric(table[fpc], errors="coerce")
    cure = "Give every row the number of sampling units in the population of its stratum."
    bad = int((~(sizes > 0)).sum())
    if bad:
        found = f"{counted(bad, 'value is', 'values are')} no population size above 0."
        return [error("fpc", fpc, bad, found, cure)]
    size = f"{units}_size"
    held = table.assign(**{size: sizes}).groupby(layers if layers else lambda _: 0, dropna=False)
    several = int((held[size].nunique() > 1).sum())
    if several:
        found = f"{counted(several, 'stratum has', 'strata have')} more than one population size."
        return [error("fpc_differs", fpc, several, found, cure)]
    less = int((held[units].sum() > held[size].first()).sum())
    if less:
        found = f"{counted(less, 'stratum holds', 'strata hold')} more sampled units than its population."
        return [error("fpc_small", fpc, less, found, f"{cure} A number, not a fraction.")]
    return []


def _replicates(frame: Frame, survey: Survey, columns: tuple[str, ...], have: Sequence[str]) -> list[Finding]:
    where = survey.replicate_weights[0]
    schema = frame.collect_schema()
    texts = [name for name in columns if not schema[name].is_numeric()]
    if texts:
        found = f"{counted(len(texts), 'replicate weight is', 'replicate weights are')} no number: {listed(texts)}."
        return [error("replicate_text", where, len(texts), found, "Correct them in the data.")]
    try:
        declared_factors(survey, len(columns))
    except InputError as wrong:
        return [error("replicate_count", where, len(columns), str(wrong), "")]
    sums = fetched(frame.select(*_sums(columns, survey.weight if survey.weight in have else None))).iloc[0]
    findings = []
    for kind, cure in (("missing", "Fill them in from the survey's file."), ("negative", "Correct these rows.")):
        counts = [int(sums[f"{kind}_{i}"]) for i in range(len(columns))]
        if sum(counts):
            found = f"{counted(sum(counts), f'replicate weight is {kind}', f'replicate weights are {kind}')}."
            findings.append(error(f"{kind}_replicate", where, sum(counts), found, cure))
    whole = float(sums["whole"]) if "whole" in sums and not findings else 0.0
    if whole > 0:
        ratio = [float(sums[f"total_{i}"]) / whole for i in range(len(columns))]
        off = [name for name, r in zip(columns, ratio, strict=True) if not 1 / FAR_OFF < r < FAR_OFF]
        if off:
            found = (
                f"{counted(len(off), 'replicate weight does', 'replicate weights do')} not add up to about the total "
                f"of the weight: {listed(off)}."
            )
            cure = "If they are factors, multiply each by the weight before reading."
            findings.append(warning("replicate_total", where, len(off), found, cure))
    return findings


def _sums(columns: tuple[str, ...], weight: str | None) -> list[nw.Expr]:
    sums = [nw.col(weight).cast(nw.Float64).sum().alias("whole")] if weight else []
    for i, name in enumerate(columns):
        value = nw.col(name).cast(nw.Float64)
        empty, below = value.is_null() | value.is_nan(), value < 0
        sums += [
            nw.when(empty).then(nw.lit(1)).otherwise(nw.lit(0)).sum().alias(f"missing_{i}"),
            nw.when(below).then(nw.lit(1)).otherwise(nw.lit(0)).sum().alias(f"negative_{i}"),
            value.sum().alias(f"total_{i}"),
        ]
    return sums
