"""Which scores an item has, and the estimate and interval of one score in one group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from drivers.errors import SurveyError
from drivers.stats.design import LonelyRule
from drivers.stats.domain_mean import DomainMean, domain_mean
from drivers.stats.proportions import (
    constant_mean_interval,
    effective_n,
    korn_graubard,
    mean_interval,
    net_variance,
    nps_adjusted_wald,
    wilson,
)
from drivers.survey.schema import Item, Survey

FloatArray = NDArray[np.float64]
Measure = Literal["top2", "nps", "ces", "mean"]

PROMOTER, DETRACTOR = 9.0, 6.0
NPS_POINTS: Final = 100.0
NOT_ESTIMABLE: Final = "not estimable"
NO_DEFF: Final = 1e-9
"""A design effect below this is rounding: the sampling units agree exactly, which tells nothing of the error."""

MEASURES: Final[Mapping[str, tuple[Measure, ...]]] = {
    "top2": ("top2", "mean"), "nps": ("nps", "mean"), "ces": ("ces", "top2"), "mean": ("mean",),
}
"""Scores printed for each `score` an item can declare; the first is the headline."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answered:
    """Answers to one item, as counts. Arrays (m,); ``values`` NaN where there is none; ``stratum``/``psu`` codes.

    ``fpc`` (m,) sampling units in the stratum's population; ``replicates`` (m, R) sums of replicate weights with the
    ``factor`` (R,) of each.
    """

    values: FloatArray
    n: FloatArray
    sum_w: FloatArray
    sum_w2: FloatArray
    stratum: NDArray[np.int64] | None = None
    psu: NDArray[np.int64] | None = None
    fpc: FloatArray | None = None
    lonely: LonelyRule = "centre"
    replicates: FloatArray | None = None
    factor: FloatArray | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One score of one group; ``n_lonely`` strata of the design have a single PSU; ``n_kish`` is n by weights alone."""

    estimate: float
    std_error: float
    low: float
    high: float
    n: float
    n_eff: float
    deff: float
    interval: str
    n_lonely: int
    n_kish: float


def measures(survey: Survey, name: str) -> tuple[Measure, ...]:
    """Return the scores of an item, the headline first.

    Parameters
    ----------
    survey : Survey
        Declares scale, direction and, where wanted, the score of its items.
    name : str
        A rated column.

    Returns
    -------
    tuple of str
        What `MEASURES` lists for a declared score. Without one: top2 and mean on a closed scale of three points or
        more, and the mean alone otherwise.

    Raises
    ------
    SurveyError
        If a customer effort score lacks its direction, or top2 is asked of a scale with fewer than three points.
    """
    item = survey.item(name)
    closed = item.scale is not None and item.scale != "open" and item.scale[1] - item.scale[0] >= 2
    if item.score == "ces" and "direction" not in survey.items[name].model_fields_set:
        raise SurveyError(
            f"`{name}` has score = \"ces\" but no direction, and effort is worded both ways. Add to [items.{name}]: "
            'direction = "lower" if high answers mean much effort, direction = "higher" if they mean it was easy.'
        )
    if item.score in ("top2", "ces") and not closed:
        raise SurveyError(
            f"`{name}` has score = \"{item.score}\", but its scale {item.scale} has no two top points among others. "
            f'Write score = "mean" below [items.{name}], or correct its scale.'
        )
    if item.score is not None:
        return MEASURES[item.score]
    return ("top2", "mean") if closed else ("mean",)


def measured(measure: Measure, item: Item, values: FloatArray) -> FloatArray:
    """Return what each answer adds to a score.

    Parameters
    ----------
    measure : {"top2", "nps", "ces", "mean"}
        The score.
    item : Item
        The resolved item.
    values : ndarray, shape (m,)
        Answers in scale points; NaN where there is none.

    Returns
    -------
    ndarray, shape (m,)
        1 or 0 for top2, 1, 0 or -1 for nps, else the scale points; NaN stays NaN.
    """
    if measure == "top2" and item.scale is not None and item.scale != "open":
        result = np.where(values >= item.scale[1] - 1, 1.0, 0.0)
    elif measure == "nps":
        result = np.where(values >= PROMOTER, 1.0, np.where(values <= DETRACTOR, -1.0, 0.0))
    else:
        result = values
    return np.where(np.isnan(values), np.nan, result)


def estimate(
    measure: Measure, item: Item, answered: Answered, group: NDArray[np.bool_], level: float, *, simple: bool
) -> Estimate:
    """Estimate one score in one group.

    Parameters
    ----------
    measure : {"top2", "nps", "ces", "mean"}
        The score.
    item : Item
        The resolved item.
    answered : Answered
        Counts of the whole sample.
    group : ndarray of bool, shape (m,)
        Cells of the group; those without an answer are left out of it.
    level : float
        Level of the interval.
    simple : bool
        Whether respondents count alike and were drawn on their own: no weights that differ, no strata, no PSUs.

    Returns
    -------
    Estimate
        top2 as a proportion, nps in points -100..100, the means in scale points. Under a design the standard error is
        the linearised one; the t interval of a mean uses it, the other intervals have a formula of their own.
    """
    score = measured(measure, item, answered.values)
    inside = group & ~np.isnan(score)
    mean = domain_mean(
        score, inside, answered.sum_w, answered.sum_w2, answered.n, answered.stratum, answered.psu,
        answered.fpc, answered.lonely, answered.replicates, answered.factor,
    )
    n_eff, deff, variance = mean.n_kish, mean.deff, mean.variance
    if simple:
        n_eff, deff = mean.n, 1.0
        if measure in ("top2", "nps") and mean.n > 0:  # of shares the books print sqrt(variance / n), not n - 1
            variance *= (mean.n - 1) / mean.n
    elif (answered.psu is not None or answered.replicates is not None) and deff > 0:
        n_eff = min(mean.n / deff, mean.n)
    if mean.df < 1:
        low, high, method = np.nan, np.nan, NOT_ESTIMABLE
    elif measure == "top2":
        low, high, method = _proportion(mean, level, simple=simple)
    elif measure == "nps":
        low, high, method = _net(mean, score, inside, answered.sum_w, level, simple=simple)
    else:
        low, high, method = _mean(mean, item, n_eff, level, simple=simple)
    unit = NPS_POINTS if measure == "nps" else 1.0
    return Estimate(
        estimate=unit * mean.estimate, std_error=unit * float(np.sqrt(variance)) if mean.df >= 1 else float("nan"),
        low=unit * low, high=unit * high, n=mean.n, n_eff=n_eff, deff=deff, interval=method, n_lonely=mean.n_lonely,
        n_kish=mean.n_kish,
    )


def _proportion(mean: DomainMean, level: float, *, simple: bool) -> tuple[float, float, str]:
    p = mean.estimate
    if simple:
        low, high = wilson(p * mean.n, mean.n, level)
        return float(low), float(high), "Wilson"
    size = effective_n(p * (1 - p), mean.variance, mean.n, mean.df, level, otherwise=mean.n_kish)
    low, high = korn_graubard(p, size, level)
    return float(low), float(high), "Korn-Graubard"


def _net(
    mean: DomainMean, score: FloatArray, inside: NDArray[np.bool_], sum_w: FloatArray, level: float, *, simple: bool
) -> tuple[float, float, str]:
    load = sum_w[inside]
    pro, con = (float(load @ (score[inside] == end)) / float(load.sum()) for end in (1.0, -1.0))
    size, method = mean.n, "adjusted Wald"
    if not simple:
        unit = net_variance(pro, con)
        size = float(effective_n(unit, mean.variance, mean.n, mean.df, level, otherwise=mean.n_kish))
        method = "adjusted Wald, effective n"
    low, high = nps_adjusted_wald(pro * size, con * size, size, level)
    return min(float(low), mean.estimate), max(float(high), mean.estimate), method


def _mean(mean: DomainMean, item: Item, n_eff: float, level: float, *, simple: bool) -> tuple[float, float, str]:
    ends = item.scale if item.scale is not None and item.scale != "open" else None
    if mean.deff > NO_DEFF:
        low, high = mean_interval(mean.estimate, np.sqrt(mean.variance), mean.df, level)
        method = "t" if simple else "t, linearised"
    elif np.isnan(mean.deff) and ends is not None:
        low, high = constant_mean_interval(mean.estimate, n_eff, ends, level)
        method = "Wilson, all answers equal"
    else:
        return float("nan"), float("nan"), NOT_ESTIMABLE
    if ends is None:
        return float(low), float(high), method
    return max(float(low), ends[0]), min(float(high), ends[1]), method
