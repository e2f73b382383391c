"""`gap_if`: what would happen to the latent gap between what people get and what they expected, if drivers moved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drivers.cells.collapse import Cells, collapse
from drivers.cells.resample import resampling_units
from drivers.defaults import DRAWS, LEVEL, SEED
from drivers.errors import InputError, nearest, quoted
from drivers.fit.bayes.joint import JointDraws, draw_joint
from drivers.fit.regression.sample import Sample, take_sample
from drivers.scenario.action import Action, together
from drivers.scenario.apply import Applied, Rows, apply
from drivers.scenario.axis import axes_of
from drivers.scenario.compute import columns_named
from drivers.scenario.evaluate import people_drawn
from drivers.scenario.outcome import Outcome
from drivers.scenario.parts import Parts, parts_of
from drivers.scenario.population import People, Population
from drivers.scenario.support import support_of
from drivers.stats.gcomputation import Crowd, Moves, Surface, averages
from drivers.survey.answers import Answers

FloatArray = NDArray[np.float64]

STAYS = (
    "Expectations stay as they are: people are moved in what they get, and do not come to expect more. With "
    "expectations following, they move by their own slopes on the drivers."
)


def gap_if(
    answers: Answers, action: Action | Iterable[Action], *, item: str | None = None, by: str | Sequence[str] = (),
    draws: int = DRAWS, seed: int = SEED, level: float = LEVEL,
) -> Outcome:
    """Tell what would happen to the gap between an item and what was expected of it, if drivers were moved.

    Parameters
    ----------
    answers : Answers
        Checked answers with declared expectations.
    action : Action or iterable of Action
        What is done, not on the item itself.
    item : str, optional
        An outcome, or a driver, with an expectation on the same scale; the first outcome that has one by default.
    by : str or sequence of str
        Segment or wave columns to tell the change for.
    draws : int
        From the posterior of both answers together.
    seed : int
        Of the draws.
    level : float
        Level of intervals.

    Returns
    -------
    Outcome
        ``gap``, the latent mean of what people get less that of what they expected, in standard deviations of either
        error; and ``below``, the share who get less than they expected. Expectations stay; ``others`` lets them follow.

    Raises
    ------
    InputError
        If the item has no expectation, the action moves it, or nobody answered everything.
    FitError
        If the draws must not be trusted.

    Notes
    -----
    P* = m_P + x'b_P + u and E* = m_E + x'b_E + v, cut at the same thresholds. Moving x by d moves the gap by d'b_P
    where expectations stay, by d'(b_P - b_E) where they follow; the share is averaged over people, never at the
    average. With another driver as the item its gap moves as it goes with the drivers that are moved. Complete cases.

    References
    ----------
    .. [1] Butler & Chatterjee (1997). Review of Economics and Statistics 79(2), 343-347.
       doi:10.1162/003465397556737
    """
    whole = together(action)
    columns = (by,) if isinstance(by, str) else tuple(by)
    name, expected = _pair(answers, item)
    drivers = tuple(one for one in answers.survey.drivers if one != name)
    _refuse(whole, name, drivers)
    keys = tuple(dict.fromkeys((*columns, *columns_named(whole))))
    sample, left_out = _sample(answers, (*drivers, name, expected), keys)
    drawn = draw_joint(sample, *_categories(answers, sample, name), common=True, draws=draws, seed=seed)
    population = _population(answers, sample.cells, drivers)
    people, parts = population.sets[0], parts_of(population, columns, (whole,))
    applied = apply(whole, people, population)
    if applied.rates:
        raise InputError("match(...) and floor(...) are not told for the gap; use shift, lift, move or scale.")
    notes = (STAYS, *([f"{left_out:,} respondents left an answer out and are left out."] if left_out else []))
    told = [
        _outcome(answers, name, whole, population, parts, applied, found, scenario, level, (*notes, *drawn.notes))
        for scenario, found in zip(("alone", "expected"), _averages(drawn, people, parts, applied, seed), strict=True)
    ]
    return replace(told[0], others=(told[1],))


def _pair(answers: Answers, item: str | None) -> tuple[str, str]:
    asked = answers.survey.expectations
    if not asked:
        raise InputError("The survey declares no expectations, so there is no gap; add [expectations] to it.")
    if item is None:
        own = [name for name in answers.survey.outcomes if name in asked]
        if not own:
            raise InputError(
                f"No outcome has an expectation of its own. Name a driver that has one, of {quoted(asked)}: the change "
                f"in its gap is then told for moves of the other drivers."
            )
        item = own[0]
    if item not in asked:
        raise InputError(f"{nearest(item, asked)} has no expectation; there are {quoted(asked)}.")
    return item, asked[item]


def _refuse(action: Action, item: str, drivers: Sequence[str]) -> None:
    for name in action.drivers:
        if name == item:
            raise InputError(
                f"The action moves `{item}` itself, whose gap then closes by just the points that are possible: see "
                "dr.what_if. Ask for the gap of another item, or move other drivers."
            )
        if name not in drivers:
            raise InputError(f"{nearest(name, drivers)} is not a driver; there are {quoted(drivers)}.")


def _sample(answers: Answers, items: Sequence[str], keys: Sequence[str]) -> tuple[Sample, int]:
    """Return the cells of those who answered everything, and how many are left out."""
    cells = collapse(answers, tuple(items), by=tuple(keys))
    used = ~np.isnan(cells.values).any(axis=1) & (cells.sum_w > 0)
    if not used.any():
        raise InputError(f"No respondent answered all of {quoted(items)}. Leave out the driver with most gaps.")
    sample = take_sample(cells, used)
    return sample, round(float(cells.n.sum() - sample.cells.n.sum()))


def _categories(answers: Answers, sample: Sample, item: str) -> tuple[NDArray[np.intp], tuple[int, int]]:
    scale = answers.survey.item(item).scale
    said = sample.cells.values[:, -2:]
    if not isinstance(scale, tuple) or (said % 1 != 0).any():
        raise InputError(f"`{item}` is not rated on a closed scale of points, so its gap has no thresholds.")
    low, high = scale
    return (said - low).astype(np.intp), (round(high - low), round(high - low))


def _population(answers: Answers, cells: Cells, drivers: tuple[str, ...]) -> Population:
    p = len(drivers)
    mine = replace(cells, items=drivers, values=cells.values[:, :p], reasons=cells.reasons[:, :p])
    people = People(cells=mine, applies=np.ones((len(cells), p), dtype=np.bool_))
    axes = axes_of({name: answers.survey.item(name) for name in drivers}, drivers, mine)
    return Population(sets=(people,), axes=axes, imputed=0, notes=())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Told:
    """``before`` and ``change`` (S, B, 2) of the gap and of the share below; ``affected`` (B,)."""

    before: FloatArray
    change: FloatArray
    affected: FloatArray


def _averages(drawn: JointDraws, people: People, parts: Parts, applied: Applied, seed: int) -> list[_Told]:
    """Average the gap before and after, expectations staying and then following.

    Every driver stands twice, once for what people get and once for what they expect: an action moves the first alone
    where expectations stay.
    """
    p, gap = people.x.shape[1], drawn.gap
    assert gap is not None, "thresholds are common"
    slopes = drawn.slopes.reshape(-1, 2, p)
    spread = np.sqrt(2 - 2 * drawn.correlation.reshape(-1))
    level = gap.reshape(-1) - (slopes[:, 0] - slopes[:, 1]) @ drawn.centre
    s = len(spread)
    surface = Surface(
        offset=np.ascontiguousarray((level / spread)[:, None]), gamma=np.zeros((s, 0)), cuts=np.zeros((s, 1)),
        slopes=np.ascontiguousarray(np.concatenate([slopes[:, 0], -slopes[:, 1]], axis=1) / spread[:, None])[:, None],
        products=np.zeros((s, 0)), pair=np.zeros((0, 2), dtype=np.intp), centre=np.zeros((0, 2)), base=np.zeros(1),
        rise=np.ones((1, 1)), probit=True,
    )  # fmt: skip
    cells, rows = people.cells, applied.rows
    units = resampling_units(cells, np.random.default_rng([seed, 21, 0]))
    crowd = Crowd(
        x=np.ascontiguousarray(np.hstack([people.x, people.x])), z=np.zeros((len(cells), 0)), weight=cells.sum_w,
        unit=units.index, group=np.zeros(len(cells), dtype=np.intp), parts=parts.places(people),
        applies=np.hstack([people.applies, people.applies]),
    )
    moves = [
        Moves(
            source=rows.source, target=np.ascontiguousarray(np.hstack([rows.x, expects])), share=rows.share,
            rate=rows.rate, follow=np.empty(0, dtype=np.intp), low=np.zeros(2 * p), high=np.zeros(2 * p),
        )
        for expects in (people.x[rows.source], rows.x)
    ]
    people_of = people_drawn(cells, units, s, np.random.default_rng([seed, 22, 0, 0]))
    still = [np.zeros((s, 2 * p, 2 * p))] * 2
    before, change = averages(crowd, surface, moves, people_of, [np.zeros((s, 0))] * 2, still, len(parts.names))
    factor = np.stack([spread, -np.ones(s)], axis=1)[:, None, :]
    now = before * factor + np.array([0.0, 1.0])
    return [_Told(before=now, change=one * factor, affected=_affected(crowd, rows, parts)) for one in change]


def _affected(crowd: Crowd, rows: Rows, parts: Parts) -> FloatArray:
    """Return the share (B,) of each part whose answers move."""
    moved, whole = np.zeros(len(parts.names) + 1), np.zeros(len(parts.names) + 1)
    mass = crowd.weight[rows.source] * rows.share
    for level in crowd.parts.T:
        np.add.at(moved, level[rows.source], mass)
        np.add.at(whole, level, crowd.weight)
    return np.asarray(np.divide(moved, whole, out=np.full(len(moved), np.nan), where=whole > 0)[:-1])


def _outcome(
    answers: Answers, item: str, action: Action, population: Population, parts: Parts, applied: Applied, told: _Told,
    scenario: str, level: float, notes: tuple[str, ...],
) -> Outcome:
    names = (item, *(axis.name for axis in population.axes))
    return Outcome(
        outcome=item, labels={name: answers.survey.label(name) for name in names}, action=action, scenario=scenario,
        model="joint ordinal", engine="bayes", measures=("gap", "below"), parts=parts.names, n=parts.n,
        point_before=told.before.mean(axis=0), point_change=told.change.mean(axis=0), before=told.before,
        change=told.change, affected=told.affected, delivered=applied.delivered,
        support=support_of(population, (applied,), None), level=level, notes=notes,
    )  # fmt: skip
