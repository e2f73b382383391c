"""From an action to the cells it moves: who answers what instead, and how much of what was asked the scale can give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError
from drivers.scenario.action import Action
from drivers.scenario.axis import Axis
from drivers.scenario.couple import best_group, coupling_rates, raising_rates
from drivers.scenario.population import People, Population
from drivers.scenario.step import Floor, Lift, Match, Move, Scale, Shift, Step
from drivers.survey.item import Item

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]
Rates = Callable[[FloatArray], FloatArray]
"""From the weights (s, m) of the cells in s draws to shares (s, R) that depend on them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Parts of cells on their way: ``source`` (M,) the cell, ``x`` (M, p) what it answers now, ``share`` (M,) of it.

    ``rate`` (M, a) places among all rates, -1 for none.
    """

    source: IntArray
    x: FloatArray
    share: FloatArray
    rate: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What one step comes to among those it is for, in points of the questionnaire.

    ``asked`` average move asked for, None where the request is not a number of points; ``possible`` average move
    that the scale can give; ``at_end`` share who are at the better end already (at the worse end if getting worse is
    meant); ``affected`` share whose answer moves, ``against`` the part of it that moves the other way; ``base``
    respondents the step is for.
    """

    step: Step
    asked: float | None
    possible: float
    at_end: float
    affected: float
    against: float
    base: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Applied:
    """An action on one completed data set: the ``rows`` that move, rates that depend on the draw, and what was got."""

    rows: Rows
    rates: tuple[Rates, ...] = ()
    delivered: tuple[Delivered, ...] = ()

    def rates_at(self, weights: FloatArray) -> FloatArray:
        """Return shares (s, R) that depend on the `weights` (s, m) of the cells."""
        found = [rate(weights) for rate in self.rates]
        return np.ascontiguousarray(np.concatenate(found, axis=1)) if found else np.zeros((len(weights), 0))


@dataclass(slots=True, kw_only=True)
class _Work:
    rows: Rows
    rates: list[Rates] = field(default_factory=list)
    width: int = 0
    touched: set[int] = field(default_factory=set)


def apply(action: Action, people: People, population: Population) -> Applied:
    """Work an action out, step by step.

    Parameters
    ----------
    action : Action
        What is done.
    people : People
        One data set of the population.
    population : Population
        Knows the scales.

    Returns
    -------
    Applied
        Rows of cells that stay as they are, are left out.

    Raises
    ------
    InputError
        If a step names an unknown driver or an empty group, goes the wrong way or beyond the scale, or does not suit
        the kind of scale.
    """
    m = len(people.cells)
    work = _Work(rows=Rows(
        source=np.arange(m), x=people.x.copy(), share=np.ones(m), rate=np.zeros((m, 0), dtype=np.intp)
    ))  # fmt: skip
    point = people.cells.sum_w[None]
    delivered = []
    for step in action.steps:
        j = population.axis(step.driver)
        axis = population.axes[j]
        inside = people.inside(step.where) & people.applies[:, j]
        before = work.rows
        lineage = _take_step(work, step, j, axis, people, inside)
        delivered.append(_got(step, axis, j, people, inside, before, work, lineage, point))
        work.touched.add(j)
    rows = work.rows
    moved = (rows.x != people.x[rows.source]).any(axis=1) & (rows.share > 0)
    kept = Rows(source=rows.source[moved], x=rows.x[moved], share=rows.share[moved], rate=rows.rate[moved])
    return Applied(rows=kept, rates=tuple(work.rates), delivered=tuple(delivered))


def _take_step(work: _Work, step: Step, j: int, axis: Axis, people: People, inside: BoolArray) -> IntArray:
    """Change the rows in place of `work`; return the row (M,) each new one comes from."""
    rows = work.rows
    chosen = inside[rows.source]
    now = rows.x[:, j]
    if isinstance(step, (Shift, Lift, Scale)):
        target = _moved(step, axis, now)
        x = rows.x.copy()
        x[:, j] = np.where(chosen, target, now)
        work.rows = Rows(source=rows.source, x=x, share=rows.share, rate=rows.rate)
        return np.arange(len(now))
    if isinstance(step, Move):
        target = axis.clip(now + axis.better * step.steps)
        split = np.flatnonzero(chosen & (target != now))
        come_from = np.concatenate([np.arange(len(now)), split])
        share = rows.share[come_from]
        share[split] *= 1 - step.share
        share[len(now) :] *= step.share
        x = rows.x[come_from]
        x[len(now) :, j] = target[split]
        work.rows = Rows(source=rows.source[come_from], x=x, share=share, rate=rows.rate[come_from])
        return come_from
    assert isinstance(step, (Match, Floor))
    return _spread(work, step, j, axis, people, inside)


def _moved(step: Shift | Lift | Scale, axis: Axis, now: FloatArray) -> FloatArray:
    call = repr(step)
    if isinstance(step, Lift):
        axis.refuse_beyond(step.to, call)
        to = axis.to_cells(step.to)
        return np.maximum(now, to) if axis.better > 0 else np.minimum(now, to)
    if isinstance(step, Shift):
        _check_way(step, axis, axis.improves(step.by), step.by == 0)
        return axis.clip(now + axis.step(step.by))
    if axis.declared:
        raise InputError(
            f"{call}: `{axis.name}` is a rating from {axis.low:g} to {axis.high:g}, which has no zero to "
            f"multiply from. Use shift({axis.name!r}, ...) or move(...)."
        )
    if axis.low < 0:
        raise InputError(f"{call}: `{axis.name}` has answers below 0, so a factor has no meaning. Use shift(...).")
    _check_way(step, axis, (step.factor - 1) * axis.better > 0, step.factor == 1)
    return now * step.factor


def refuse_wrong_ways(action: Action, items: Mapping[str, Item]) -> None:
    """Refuse what makes a driver worse without saying so, before anything is fitted.

    Parameters
    ----------
    action : Action
        What is asked.
    items : mapping of str to Item
        Resolved definitions of its drivers.

    Raises
    ------
    InputError
        If a shift goes the wrong way, or makes better what was meant to be worse.
    """
    for step in action.steps:
        if isinstance(step, Shift):
            lower = items[step.driver].direction == "lower"
            axis = Axis(name=step.driver, label=step.driver, low=0.0, high=1.0, flipped=lower)
            _check_way(step, axis, axis.improves(step.by), step.by == 0)


def _check_way(step: Shift | Scale, axis: Axis, better: bool, nothing: bool) -> None:
    if nothing or better != step.worsening:
        return
    way = "lower" if axis.lower_is_better else "higher"
    if step.worsening:
        raise InputError(f"{step!r} makes `{axis.name}` better ({way} is better); leave out worsening=True.")
    cure = (
        f"shift({axis.name!r}, {-step.by:+g})" if isinstance(step, Shift) else f"scale({axis.name!r}, 0.5)"
    )
    raise InputError(
        f"{step!r} makes `{axis.name}` worse: {way} is better there. To improve it write {cure}; if getting worse is "
        "what you ask about, add worsening=True."
    )


def _spread(
    work: _Work, step: Match | Floor, j: int, axis: Axis, people: People, inside: BoolArray
) -> IntArray:
    """Split rows over the points of the scale, with shares that depend on the weights of a draw."""
    if j in work.touched:
        raise InputError(f"{step!r} looks at how `{axis.name}` is answered now, so it has to be its first step.")
    if not axis.points:
        raise InputError(
            f"{step!r} needs a rating; `{axis.name}` is measured. Use lift(...) for a limit, or scale(...)."
        )
    points = np.array(axis.points)
    column = step.segment if isinstance(step, Match) else step.by
    codes, groups = people.group_codes(column)
    if isinstance(step, Match):
        values, applies = people.x[:, j], people.applies[:, j]
        model = (
            best_group(values, people.cells.sum_w, codes, len(groups), axis.better, applies) if step.to == "best"
            else people.codes_of(column, step.to)[0]
        )
        rates = coupling_rates(values, points, codes, len(groups), model, applies)
    else:
        axis.refuse_beyond(step.at, repr(step))
        at = axis.to_cells(step.at)
        rates = raising_rates(people.x[:, j], points, codes, len(groups), at, axis.better, people.applies[:, j])
    rows, v = work.rows, len(points)
    chosen = inside[rows.source] & (codes[rows.source] >= 0)
    split, stay = np.flatnonzero(chosen), np.flatnonzero(~chosen)
    at_point = np.searchsorted(points, rows.x[split, j])
    come_from = np.concatenate([stay, np.repeat(split, v)])
    x = rows.x[come_from]
    x[len(stay) :, j] = np.tile(points, len(split))
    place = (codes[rows.source[split]] * v + at_point)[:, None] * v + np.arange(v) + work.width
    rate = np.full((len(come_from), rows.rate.shape[1] + 1), -1, dtype=np.intp)
    rate[:, :-1] = rows.rate[come_from]
    rate[len(stay) :, -1] = place.ravel()
    work.rates.append(rates)
    work.width += len(groups) * v * v
    work.rows = Rows(source=rows.source[come_from], x=x, share=rows.share[come_from], rate=rate)
    return come_from


def _got(
    step: Step, axis: Axis, j: int, people: People, inside: BoolArray, before: Rows, work: _Work,
    come_from: IntArray, point: FloatArray,
) -> Delivered:
    """Tell what a step came to, at the weights of the data."""
    rows = work.rows
    mass = people.cells.sum_w[rows.source] * rows.share
    if work.rates:
        held = np.append(np.concatenate([rate(point) for rate in work.rates], axis=1)[0], 1.0)
        for a in range(rows.rate.shape[1]):
            mass = mass * held[rows.rate[:, a]]
    chosen = inside[rows.source]
    total = float(mass[chosen].sum())
    base = round(float(people.cells.n[inside].sum()))
    if total <= 0:
        raise InputError(f"{step!r}: nobody with a weight is among those it is for, so there is nothing to move.")
    start = before.x[come_from, j]
    way = rows.x[:, j] - start
    end = axis.high if axis.better > 0 else axis.low
    if step.worsening:
        end = axis.low + axis.high - end
    sign = -1.0 if axis.flipped else 1.0
    asked = step.by if isinstance(step, Shift) else None
    if isinstance(step, Move):
        asked = step.share * step.steps * (-1 if axis.lower_is_better else 1)
    share = np.where(chosen, mass, 0.0) / total
    meant = axis.better * (-1 if step.worsening else 1)
    return Delivered(
        step=step, asked=asked, possible=sign * float(share @ way), at_end=float(share[start == end].sum()),
        affected=float(share[way != 0].sum()), against=float(share[way * meant < 0].sum()), base=base,
    )
