"""Expectation gaps to read: perceived minus expected by driver, dimension and overall, with intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.cells.collapse import Cells, collapse
from drivers.defaults import LEVEL, MIN_BASE_CELL
from drivers.errors import InputError
from drivers.fit.guard import check_group
from drivers.gap.design_means import DesignMeans, design_means
from drivers.gap.pairs import Pair, pairs_of
from drivers.gap.scores_result import GapScores
from drivers.stats.difference_score import difference_reliability
from drivers.stats.domain_mean import DomainMean
from drivers.stats.moments import weighted_moments
from drivers.stats.proportions import effective_n, korn_graubard, mean_interval, wilson
from drivers.stats.reliability import cronbach_alpha
from drivers.survey.answers import Answers
from drivers.survey.schema import Survey

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
NAN = float("nan")


def gap_scores(answers: Answers, by: str | Sequence[str] = (), *, level: float = LEVEL) -> GapScores:
    """Score every pair of a perceived and an expected answer, for everybody or by wave and segments.

    Parameters
    ----------
    answers : Answers
        Checked answers with declared expectations.
    by : str or sequence of str
        The wave ("wave" stands for its column) and segment columns to keep apart.
    level : float
        Level of the intervals, between 0 and 1.

    Returns
    -------
    GapScores
        One row per driver with both answers, then per outcome with an expectation, per dimension, and overall. The gap
        is the mean difference of the two answers of one person, so that their covariance is in its interval. Dimensions
        and overall are means of the gaps of their drivers (SERVQUAL), weighted by mean stated importance where it was
        asked, beside the mean perception (SERVPERF).

    Raises
    ------
    SurveyError
        If no expectation is declared, a pair is on two scales, or `by` is neither the wave nor a segment.
    InputError
        If `level` is not between 0 and 1.

    Notes
    -----
    To be read, not modelled: as outcome or predictor a difference throws away most of what its parts explain.

    References
    ----------
    .. [1] Parasuraman, Zeithaml & Berry (1988). Journal of Retailing 64(1), 12-40.
    .. [2] Cronin & Taylor (1992). Journal of Marketing 56(3), 55-68. doi:10.1177/002224299205600304
    .. [3] Zeithaml, Berry & Parasuraman (1993). JAMS 21(1), 1-12. doi:10.1177/0092070393211001
    """
    if not 0 < level < 1:
        raise InputError(f"`level` is {level:g}; give a share between 0 and 1, like level=0.90.")
    survey = answers.survey
    asked = (by,) if isinstance(by, str) else tuple(by)
    keys = tuple(dict.fromkeys(survey.wave if name == "wave" and survey.wave else name for name in asked))
    for name in keys:
        check_group(survey, name)
    scored = [name for name in (*survey.drivers, *survey.outcomes) if name in survey.expectations]
    every = pairs_of(survey, scored or None)
    pairs = tuple(pair for pair in every if pair.item in survey.drivers)
    extra = [*survey.adequate.values(), *survey.stated_importance.values()]
    cells = collapse(answers, [*(p.item for p in every), *(p.expected for p in every), *extra], by=keys)
    means = design_means(cells)
    blocks = _blocks(survey, pairs)
    rows: list[dict[str, object]] = []
    zones: list[dict[str, object]] = []
    for labels, inside in _groups(cells, keys):
        rows += [
            {"kind": "driver" if pair in pairs else "outcome", "driver": pair.item, "label": pair.label, **labels,
             **_driver(means, pair, inside, level)} for pair in every
        ]  # fmt: skip
        for kind, name, label, members in blocks:
            rows.append({"kind": kind, "driver": name, "label": label, **labels,
                         **_block(means, survey, members, inside, level)})  # fmt: skip
        zones += [
            {"driver": p.item, "label": p.label, **labels, **_zone(means, p, survey.adequate[p.item], inside, level)}
            for p in pairs if p.item in survey.adequate
        ]
    table = _hidden(pd.DataFrame(rows), ["n", "n_eff", "kind", "driver", "label", "shown", *keys])
    zone = _hidden(pd.DataFrame(zones), ["n", "driver", "label", "shown", *keys]) if zones else pd.DataFrame()
    ends = [pair.ends for pair in pairs]
    return GapScores(
        title=survey.title, table=table, zone=zone, by=keys, level=level,
        ends=ends[0] if len(set(ends)) == 1 else None, weighted=bool(survey.stated_importance),
        notes=_notes(table, pairs, survey),
    )


def _blocks(survey: Survey, pairs: Sequence[Pair]) -> list[tuple[str, str, str, list[Pair]]]:
    """Dimensions with at least one pair, then overall."""
    of = {pair.item: pair for pair in pairs}
    found = [
        ("dimension", name, name, [of[item] for item in members if item in of])
        for name, members in survey.dimensions.items()
    ]
    whole = [("overall", "", "All pairs", list(pairs))] if len(pairs) > 1 else []
    return [block for block in found if block[3]] + whole


def _groups(cells: Cells, by: tuple[str, ...]) -> Iterator[tuple[dict[str, object], BoolArray]]:
    if not by:
        yield {}, np.ones(len(cells), dtype=np.bool_)
        return
    grouped = cells.keys.groupby(list(by), dropna=False, sort=True, observed=True)
    for label, places in grouped.indices.items():
        inside = np.zeros(len(cells), dtype=np.bool_)
        inside[places] = True
        named = label if isinstance(label, tuple) else (label,)
        yield dict(zip(by, named, strict=True)), inside


def _driver(means: DesignMeans, pair: Pair, inside: BoolArray, level: float) -> dict[str, object]:
    cells = means.cells
    got, wanted = cells.column(pair.item), cells.column(pair.expected)
    both = inside & ~np.isnan(got) & ~np.isnan(wanted) & (cells.sum_w > 0)
    if not both.any():
        return {"n": 0, "n_eff": NAN, "shown": False}
    gap = np.where(both, got - wanted, 0.0)
    found = means.mean(gap, both)
    row: dict[str, object] = {**_mean("perceived", means.mean(got, both), level, pair.ends),
                              **_mean("expected", means.mean(wanted, both), level, pair.ends)}  # fmt: skip
    width = None if pair.ends is None else pair.ends[1] - pair.ends[0]
    low, high = _interval(found, level, None if width is None else (-width, width))
    row |= {"gap": found.estimate, "std_error": _se(found), "low": low, "high": high}
    for name, here in (("below", gap < 0), ("at", gap == 0), ("above", gap > 0)):
        row |= _share(name, means.mean(here.astype(np.float64), both), level)
    moments = weighted_moments(np.column_stack([got, wanted])[both], cells.sum_w[both])
    sd = np.sqrt(np.diag(moments.cov))
    row["correlation"] = float(moments.cov[0, 1] / (sd[0] * sd[1])) if sd.min() > 0 else NAN
    return row | _base(found)


def _block(
    means: DesignMeans, survey: Survey, members: Sequence[Pair], inside: BoolArray, level: float
) -> dict[str, object]:
    """Mean of the members' rows: the same as what is printed above it, with the covariance of all of them."""
    cells = means.cells
    parts: dict[str, list[tuple[float, FloatArray]]] = {"perceived": [], "expected": [], "gap": []}
    stated: list[tuple[float, FloatArray]] = []
    said = np.zeros(len(cells), dtype=np.bool_)
    for pair in members:
        got, wanted = cells.column(pair.item), cells.column(pair.expected)
        both = inside & ~np.isnan(got) & ~np.isnan(wanted) & (cells.sum_w > 0)
        said |= both
        for name, values in (("perceived", got), ("expected", wanted), ("gap", got - wanted)):
            parts[name].append(means.influence(values, both))
        if pair.item in survey.stated_importance:
            weight = cells.column(survey.stated_importance[pair.item])
            stated.append(means.influence(weight, inside & ~np.isnan(weight) & (cells.sum_w > 0)))
    ends = {pair.ends for pair in members}
    if not said.any() or len(ends) > 1:
        return {"n": 0, "n_eff": NAN, "shown": False}
    (scale,) = ends
    row: dict[str, object] = {}
    for name in ("perceived", "expected"):
        centre, found = _average(means, parts[name], said)
        low, high = _around(centre, found, level, scale)
        row |= {name: centre, f"{name}_low": low, f"{name}_high": high}
    centre, found = _average(means, parts["gap"], said)
    width = None if scale is None else (scale[0] - scale[1], scale[1] - scale[0])
    low, high = _around(centre, found, level, width)
    row |= {"gap": centre, "std_error": _se(found), "low": low, "high": high, **_base(found)}
    if len(stated) == len(members) and sum(weight for weight, _ in stated) > 0:
        row |= _weighted(means, parts["gap"], stated, said, level)
    return row | _reliability(cells, members, inside)


def _average(
    means: DesignMeans, parts: Sequence[tuple[float, FloatArray]], said: BoolArray
) -> tuple[float, DomainMean]:
    centre = float(np.mean([value for value, _ in parts]))
    return centre, means.spread(np.mean([pull for _, pull in parts], axis=0), said)


def _weighted(
    means: DesignMeans, gaps: Sequence[tuple[float, FloatArray]], stated: Sequence[tuple[float, FloatArray]],
    said: BoolArray, level: float,
) -> dict[str, object]:
    """Gap weighted by mean stated importance; the weights are estimates too."""
    total = sum(weight for weight, _ in stated)
    centre = sum(w * g for (w, _), (g, _) in zip(stated, gaps, strict=True)) / total
    pull = sum(
        w / total * of_gap + (g - centre) / total * of_weight
        for (w, of_weight), (g, of_gap) in zip(stated, gaps, strict=True)
    )
    found = means.spread(np.asarray(pull), said)
    low, high = _around(centre, found, level, None)
    return {"weighted_gap": centre, "weighted_low": low, "weighted_high": high}


def _reliability(cells: Cells, members: Sequence[Pair], inside: BoolArray) -> dict[str, object]:
    """Cronbach's alpha of perceptions and of expectations, and the reliability of the difference of their means."""
    k = len(members)
    values = np.column_stack([cells.column(c) for c in (*(p.item for p in members), *(p.expected for p in members))])
    whole = inside & ~np.isnan(values).any(axis=1) & (cells.sum_w > 0)
    people = float(cells.n[whole].sum())
    if k < 2 or people <= 2 * k:
        return {}
    cov = weighted_moments(values[whole], cells.sum_w[whole]).cov
    if np.diag(cov).min() <= 0:
        return {}
    alpha = [float(cronbach_alpha(cov[at, at])) for at in (slice(0, k), slice(k, 2 * k))]
    var = [cov[at, at].sum() for at in (slice(0, k), slice(k, 2 * k))]
    r = float(cov[:k, k:].sum() / np.sqrt(var[0] * var[1]))
    return {
        "alpha_perceived": alpha[0], "alpha_expected": alpha[1], "correlation": r,
        "reliability": float(difference_reliability(alpha[0], alpha[1], r, np.sqrt(var[0]), np.sqrt(var[1]))),
    }


def _zone(means: DesignMeans, pair: Pair, adequate: str, inside: BoolArray, level: float) -> dict[str, object]:
    """Shares below the adequate level, between it and the desired one, and at the desired level or above."""
    cells = means.cells
    got, wanted, least = (cells.column(c) for c in (pair.item, pair.expected, adequate))
    three = inside & ~np.isnan(got + wanted + least) & (cells.sum_w > 0)
    crossed = three & (least > wanted)
    use = three & ~crossed
    if not use.any():
        return {"n": 0, "crossed": round(float(cells.n[crossed].sum())), "shown": False}
    row: dict[str, object] = {}
    for name, here in (
        ("below", got < least), ("inside", (got >= least) & (got < wanted)),
        ("desired", got >= wanted),
    ):
        row |= _share(name, means.mean((here & use).astype(np.float64), use), level)
    found = means.mean(got, use)
    base = _base(found)
    return {**row, "crossed": round(float(cells.n[crossed].sum())), "n": base["n"], "shown": base["shown"]}


def _base(found: DomainMean) -> dict[str, object]:
    shown = found.n >= MIN_BASE_CELL and found.n_kish >= MIN_BASE_CELL - 1e-6
    return {"n": round(found.n), "n_eff": found.n_kish, "shown": bool(shown)}


def _se(found: DomainMean) -> float:
    return float(np.sqrt(found.variance)) if found.df >= 1 else NAN


def _interval(
    found: DomainMean, level: float, ends: tuple[float, float] | None
) -> tuple[float, float]:
    return _around(found.estimate, found, level, ends)


def _around(
    centre: float, found: DomainMean, level: float, ends: tuple[float, float] | None
) -> tuple[float, float]:
    low, high = mean_interval(centre, np.sqrt(found.variance), found.df, level)
    if ends is None:
        return float(low), float(high)
    return max(float(low), ends[0]), min(float(high), ends[1])


def _mean(name: str, found: DomainMean, level: float, ends: tuple[float, float] | None) -> dict[str, object]:
    low, high = _interval(found, level, ends)
    return {name: found.estimate, f"{name}_low": low, f"{name}_high": high}


def _share(name: str, found: DomainMean, level: float) -> dict[str, object]:
    p = found.estimate
    plain = bool(np.isclose(found.n, found.n_kish)) and bool(np.isnan(found.deff) or abs(found.deff - 1) < 1e-3)
    if plain:
        low, high = wilson(p * found.n, found.n, level)
    else:
        size = effective_n(p * (1 - p), found.variance, found.n, found.df, level, otherwise=found.n_kish)
        low, high = korn_graubard(p, size, level)
    return {name: p, f"{name}_low": float(low), f"{name}_high": float(high)}


def _hidden(table: pd.DataFrame, kept: Sequence[str]) -> pd.DataFrame:
    numbers = [name for name in table.columns if name not in kept]
    table[numbers] = table[numbers].astype(np.float64).where(table["shown"].astype(bool), np.nan, axis=0)
    table["n"] = table["n"].astype(np.int64)
    return table


def _notes(table: pd.DataFrame, pairs: Sequence[Pair], survey: Survey) -> tuple[str, ...]:
    notes = [
        "A gap is perceived minus expected: below zero people got less than they expected. Gaps are for reading; "
        "models keep the two answers apart.",
        "What was expected may be recalled after the visit; recall leans towards what was got, which makes gaps small.",
    ]
    if hidden := int((~table["shown"].astype(bool)).sum()):
        notes.append(f"{hidden} of {len(table)} rows are not shown: fewer than {MIN_BASE_CELL} (effective) answers, "
                     "or pairs on different scales that cannot be averaged.")  # fmt: skip
    scales: Mapping[object, int] = {pair.ends: 1 for pair in pairs}
    if len(scales) > 1:
        notes.append(f"The pairs are on {len(scales)} different scales; their gaps are not averaged.")
    if survey.stated_importance:
        notes.append("Weighted gaps use the mean stated importance of each driver.")
    return tuple(notes)
