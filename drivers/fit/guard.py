"""Checks between the cells and the model, whether these answers can carry these drivers at all."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.defaults import DRAWS, FEWEST_DRAWS, MAX_FAILED_DRAWS
from drivers.errors import (
    CollinearDriversError,
    DataError,
    FitError,
    InputError,
    ResampleWarning,
    SurveyError,
    TooFewAnswersError,
    nearest,
    quoted,
)
from drivers.fit.regression.estimated import Estimated
from drivers.fit.result import FitSpec
from drivers.survey.schema import Survey

FloatArray = NDArray[np.float64]

EXACT = 1e-9
"""Smallest eigenvalue of the drivers' correlation matrix that does not count as an exact mix."""


def check_roles(survey: Survey, outcome: str, drivers: Sequence[str]) -> None:
    """Refuse an outcome or drivers that the survey does not declare as such.

    Parameters
    ----------
    survey : Survey
        The definition.
    outcome : str
        Column to explain.
    drivers : sequence of str
        Columns to explain it with.

    Raises
    ------
    SurveyError
        If one is none, or a driver is named twice.
    """
    roles = [(outcome, survey.outcomes, "an outcome"), *((name, survey.drivers, "a driver") for name in drivers)]
    for name, known, role in roles:
        if name not in known:
            raise SurveyError(f"{nearest(name, known)} is not {role} of the survey; it has {quoted(known)}.")
    twice = sorted({name for name in drivers if drivers.count(name) > 1})
    if twice:
        raise SurveyError(f"{quoted(twice)} stand(s) twice among the drivers. Name each driver once.")


def check_group(survey: Survey, name: str) -> None:
    """Refuse a grouping column that the survey does not declare.

    Parameters
    ----------
    survey : Survey
        The definition.
    name : str
        Column to group or filter by.

    Raises
    ------
    SurveyError
        If it is neither the wave nor a segment.
    """
    groups = tuple(column for column in (survey.wave, *survey.segments) if column)
    if name not in groups:
        raise SurveyError(
            f"{nearest(name, groups)} is neither the wave nor a segment of the survey"
            f"{'; it has ' + quoted(groups) if groups else ', which declares none'}. "
            f'To group by it, declare: segments = ["{name}"].'
        )


def check_segments(spec: FitSpec) -> None:
    """Refuse segments that a hierarchical model cannot take.

    Parameters
    ----------
    spec : FitSpec
        The request.

    Raises
    ------
    InputError
        If there are more than two columns, one is named twice or filtered by, or the engine has no such model.
    """
    if not spec.by:
        if spec.population is not None:
            raise InputError("`population` says what segments count for; name their column in `by`.")
        return
    if spec.engine != "bayes":
        raise InputError("`by` is a hierarchical model; add engine='bayes'. Each group by itself: `slopes_by`.")
    if len(spec.by) > 2 or len(set(spec.by)) < len(spec.by):
        raise InputError(f"by={list(spec.by)}: one segment column, or two different ones.")
    both = [name for name in spec.by if name in spec.where]
    if both:
        raise InputError(f"{quoted(both)} stand(s) in `where` and in `by`: a single group has nothing to borrow from.")
    if spec.method not in ("auto", "nuts"):
        raise InputError(f"method={spec.method!r} does not go with `by`, which Markov chains draw; leave it out.")
    if spec.not_applicable == "exposure":
        raise InputError("not_applicable='exposure' does not go with `by`. Leave one of them out.")
    if isinstance(spec.population, str) and spec.population != "weights":
        raise InputError(f"population={spec.population!r}: give a table, or 'weights'.")


def check_walk(survey: Survey, spec: FitSpec) -> None:
    """Refuse waves that a dynamic model cannot take.

    Parameters
    ----------
    survey : Survey
        The definition.
    spec : FitSpec
        The request.

    Raises
    ------
    InputError
        If the survey has no wave, it is filtered by, or the engine has no such model.
    """
    if spec.walk is None:
        if spec.season:
            raise InputError("`season` belongs to slopes that move; add walk='normal'.")
        return
    if spec.walk not in ("normal", "student_t"):
        raise InputError(f"walk={spec.walk!r} is not known; choose `normal` or `student_t`.")
    if spec.engine != "bayes":
        raise InputError("Slopes that move from wave to wave (`walk`) are a posterior; add engine='bayes'.")
    if spec.method not in ("auto", "nuts"):
        raise InputError(f"method={spec.method!r} does not go with `walk`; choose `auto` or `nuts`.")
    if survey.wave is None:
        raise InputError('Slopes can only move where the survey has waves. Declare the column: wave = "quarter".')
    if survey.wave in spec.where:
        raise InputError(f"`{survey.wave}` is what slopes move over; leave it out of `where`.")
    if survey.wave in spec.by:
        raise InputError(f"`{survey.wave}` is what slopes move over; leave it out of `by`.")
    if spec.not_applicable == "exposure":
        raise InputError("`walk` does not go with not_applicable='exposure'. Leave one of them out.")


def few_draws(spec: FitSpec) -> tuple[str, ...]:
    """Return what to note about a `spec` with too few draws to read intervals off."""
    if spec.draws >= FEWEST_DRAWS:
        return ()
    return (
        f"Only {spec.draws:,} bootstrap draw(s): do not read intervals of shares or probabilities off them. Take at "
        f"least {FEWEST_DRAWS}; {DRAWS:,} is the default.",
    )


def check_enough(cells: Cells, spec: FitSpec, terms: int) -> None:
    """Refuse fewer answers than the model has terms.

    Parameters
    ----------
    cells : Cells
        The cells the model will use.
    spec : FitSpec
        The request.
    terms : int
        Slopes plus intercept or thresholds.

    Raises
    ------
    TooFewAnswersError
        If the respondents with an answer to the outcome are not more than the terms.
    """
    answered = round(cells.n[~np.isnan(cells.column(spec.outcome)) & (cells.sum_w > 0)].sum())
    if 0 < answered <= terms + 1:  # no answer at all is told apart by `check_spread`
        raise TooFewAnswersError(
            f"{answered} answers to `{spec.outcome}` cannot carry {terms} terms ({len(spec.drivers)} drivers). Use "
            "fewer drivers, or a larger group of respondents."
        )


def check_spread(cells: Cells, spec: FitSpec) -> None:
    """Refuse items that nobody answered or that do not vary, and drivers that are an exact mix of others.

    Parameters
    ----------
    cells : Cells
        The cells the model will use.
    spec : FitSpec
        The request.

    Raises
    ------
    DataError
        If an item has no answers, or the same answer from everybody.
    CollinearDriversError
        If drivers are copies or exact mixes of each other; it names them.
    TooFewAnswersError
        If a pair of items was never answered together.
    """
    values = np.where((cells.sum_w > 0)[:, None], cells.values, np.nan)
    answered = ~np.isnan(values)
    people = (answered * cells.n[:, None]).sum(axis=0)
    silent = [name for name, count in zip(cells.items, people, strict=True) if count == 0]
    if silent:
        them = "it" if len(silent) == 1 else "them"
        raise DataError(f"Nobody used here answered {quoted(silent)}. Leave {them} out.")
    with np.errstate(invalid="ignore"):
        flat = [j for j in range(len(cells.items)) if np.nanmax(values[:, j]) == np.nanmin(values[:, j])]
    if flat:
        j = flat[0]
        role = "outcome" if cells.items[j] == spec.outcome else "driver"
        raise DataError(
            f"All {round(people[j]):,} answers to {role} `{cells.items[j]}` are {np.nanmin(values[:, j]):g}; what does "
            "not vary explains nothing and cannot be explained. Leave it out."
        )
    together = (answered * cells.n[:, None]).T @ answered.astype(float)
    if (together == 0).any():
        i, j = np.argwhere(together == 0)[0]
        raise TooFewAnswersError(
            f"Nobody answered both `{cells.items[i]}` and `{cells.items[j]}`, so how they go together is unknown. "
            "Leave one of them out."
        )
    mixed = collinear(values[:, :-1], cells.sum_w)
    if mixed:
        names = [cells.items[j] for j in mixed]
        raise CollinearDriversError(
            f"Drivers {quoted(names)} are copies or exact mixes of each other, so their shares cannot be told apart. "
            f"Leave out {f'`{names[-1]}`' if len(names) == 2 else 'one of them'}."
        )


def collinear(x: FloatArray, weight: FloatArray) -> list[int]:
    """Return the positions of drivers in an exact linear mix, empty if there is none.

    Judged on the rows that answered all drivers, or pair by pair where no row did.

    Parameters
    ----------
    x : ndarray, shape (m, p)
        Driver values of the cells, NaN where missing.
    weight : ndarray, shape (m,)
        Weight of each cell; cells without weight are left aside.

    Returns
    -------
    list of int
        Columns of `x` that together give a constant; at least two, or none.
    """
    complete = ~np.isnan(x).any(axis=1) & (weight > 0)
    if complete.sum() > x.shape[1]:
        return _mix(x[complete], weight[complete])
    for i in range(x.shape[1]):
        for j in range(i):
            both = ~np.isnan(x[:, [i, j]]).any(axis=1) & (weight > 0)
            if both.sum() > 2 and (found := _mix(x[both][:, [j, i]], weight[both])):
                return [(j, i)[k] for k in found]
    return []


def _mix(x: FloatArray, weight: FloatArray) -> list[int]:
    centred = x - weight @ x / weight.sum()
    spread = np.sqrt(weight @ centred**2)
    if (spread == 0).any():
        return []  # constant among these rows only; the model on all rows may still be defined
    scaled = centred / spread * np.sqrt(weight)[:, None]
    size, direction = np.linalg.eigh(scaled.T @ scaled)
    return [int(j) for j in np.flatnonzero(np.abs(direction[:, 0]) > 0.05)] if size[0] < EXACT else []


def check_draws(estimated: Estimated, spec: FitSpec) -> None:
    """Refuse estimates of which too many draws failed, and count those that did.

    Parameters
    ----------
    estimated : Estimated
        Any estimates.
    spec : FitSpec
        The request.

    Raises
    ------
    FitError
        If more than `MAX_FAILED_DRAWS` of the draws could not be fitted.

    Warns
    -----
    ResampleWarning
        When some could not.
    """
    if not estimated.failed:
        return
    text = f"{estimated.failed:,} of {spec.draws:,} bootstrap draws could not be fitted"
    if estimated.failed > MAX_FAILED_DRAWS * spec.draws:
        raise FitError(
            f"{text}, so intervals must not be trusted. In such draws a driver does not vary, drivers mix exactly, or "
            "no optimum is found; what makes it frequent here is not known. Look for drivers on which few people "
            f"differ; use fewer than these {len(spec.drivers)} drivers, or a larger group of respondents."
        )
    warnings.warn(f"{text}; they were left out of the intervals.", ResampleWarning, stacklevel=3)
