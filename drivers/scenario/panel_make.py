"""From fits and a population to a `Panel`: answers become a weighted grid, draws are thinned and rounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from drivers.cells.resample import resampling_units
from drivers.errors import InputError, quoted
from drivers.fit.forms import refuse_forms
from drivers.fit.result import Fit
from drivers.scenario.axis import Axis
from drivers.scenario.evaluate import people_drawn
from drivers.scenario.panel import Group, Panel, Played, Slider, bends
from drivers.scenario.panel_kept import Kept, kept_of, offered
from drivers.scenario.panel_points import Placed, placed, spread_points
from drivers.scenario.parts import ALL
from drivers.scenario.population import Population
from drivers.scenario.surface import surface_of
from drivers.stats.tilting import mean_tilts, tilted_weights

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

DRAWS = 200
"""Draws in a panel."""

DIGITS = 6
"""Decimals of the numbers in a panel."""

REACHABLE = 1e-9
"""Weight given to every point before the weights of a group are worked out from those of everybody."""


def panel_of(fits: Sequence[Fit], population: Population, by: Sequence[str] = (), *, draws: int = DRAWS) -> Panel:
    """Return a panel to play with.

    Parameters
    ----------
    fits : sequence of Fit
        One per outcome, of the same drivers, each without controls, products and drivers that may not apply.
    population : Population
        Whom outcomes are averaged over, from `population_of` and the first fit.
    by : sequence of str
        Segment columns of the population. Groups below the minimum base of a model are not offered.
    draws : int
        Draws at most; those of the fits are thinned evenly.

    Returns
    -------
    Panel
        With nobody's answers in it: see Notes.

    Raises
    ------
    InputError
        If fits differ in drivers or hold more than drivers.

    Notes
    -----
    The population is replaced by points of a grid with weights. Of everybody and of every group only these are kept:
    how many give each answer to a driver, how many give which answers to two drivers, neighbouring answers put
    together until at least `MIN_BASE_CELL` respondents stand behind each such number in all groups of a column at
    once; and the mean product of every two drivers. All else follows from maximum entropy, for groups from everybody
    as a start. So no weight belongs to a person, and nothing about few people follows from differences between
    everybody and the groups. In every draw weights are tilted to the drivers' means and squares in that draw of the
    people.
    """
    _refuse(fits)
    sets, labels = placed(population), fits[0].labels
    points, drawn = spread_points(sets), _people_drawn(population, draws, fits[0].spec.seed)
    everybody = [np.ones(len(one.people.cells), dtype=np.bool_) for one in sets]
    start = np.full(len(points), 1 / len(points))
    whole = _group(ALL, "Everybody", sets, everybody, points, drawn, kept_of(sets, [everybody]), start)
    groups = [whole]
    for name in by:
        names, insides = offered(sets, name)
        kept = kept_of(sets, insides) if names else None
        for group, inside in zip(names, insides, strict=False):
            assert kept is not None
            named = f"{labels.get(name, name)}: {group}"
            groups.append(
                _group(f"{name}={group}", named, sets, inside, points, drawn, kept, whole.weight + REACHABLE)
            )
    sliders = [
        _slider(axis, at, ends, reach_of(population, j))
        for j, (axis, at, ends) in enumerate(zip(population.axes, sets[0].values, sets[0].ends, strict=True))
    ]
    return Panel(
        sliders=tuple(sliders), points=points, groups=tuple(groups), level=fits[0].spec.level, notes=population.notes,
        outcomes=tuple(_played(fit, draws) for fit in fits),
    )


def _refuse(fits: Sequence[Fit]) -> None:
    first = fits[0].spec.drivers
    for fit in fits:
        if fit.spec.drivers != first:
            raise InputError(
                f"The fits of a panel share their drivers; found {quoted(first)} and {quoted(fit.spec.drivers)}."
            )
        if fit.draws.controls is not None or fit.products or fit.exposed:
            raise InputError(
                f"The fit of `{fit.spec.outcome}` has controls, products or drivers that may not apply, which a panel "
                "does not move. Fit without them, or use dr.what_if."
            )


def _people_drawn(population: Population, draws: int, seed: int) -> list[tuple[IntArray, FloatArray]]:
    """Return, by completed data set, its draws and the weight (s, m) of every cell in them, drawn as in `evaluate`."""
    found, many = [], len(population.sets)
    for i, people in enumerate(population.sets):
        mine = np.arange(i, draws, many)
        units = resampling_units(people.cells, np.random.default_rng([seed, 21, i]))
        drawn = people_drawn(people.cells, units, len(mine), np.random.default_rng([seed, 22, i, 0]))
        found.append((mine, people.cells.sum_w * drawn[:, units.index]))
    return found


def _group(
    name: str, label: str, sets: Sequence[Placed], insides: Sequence[BoolArray], points: FloatArray,
    drawn: Sequence[tuple[IntArray, FloatArray]], kept: Kept, start: FloatArray,
) -> Group:
    """Weigh the points like one group of people, and tell how its draws differ."""
    place = np.column_stack([np.searchsorted(at, points[:, j]) for j, at in enumerate(sets[0].values)])
    inside = [(one, here, one.people.cells.sum_w[here]) for one, here in zip(sets, insides, strict=True)]
    centre = np.mean([np.average(one.scores()[here], weights=load, axis=0) for one, here, load in inside], axis=0)
    targets = np.mean([
        np.average(kept.features(one.place[here], one.scores()[here], centre), weights=load, axis=0)
        for one, here, load in inside
    ], axis=0)  # fmt: skip
    weight = np.round(tilted_weights(kept.features(place, points, centre), targets, start), DIGITS)
    share = weight / weight.sum()
    middle = np.round(centre, DIGITS)
    return Group(
        name=name, label=label, n=float(np.mean([one.people.cells.n[here].sum() for one, here, _ in inside])),
        weight=weight, centre=middle,
        tilt=np.round(mean_tilts(bends(points, middle), share, _shifts(inside, drawn, middle)), DIGITS - 1),
    )


def _shifts(
    inside: Sequence[tuple[Placed, BoolArray, FloatArray]], drawn: Sequence[tuple[IntArray, FloatArray]],
    centre: FloatArray,
) -> FloatArray:
    """Return how far the means of `bends` in each draw of the people are from those of all data sets (D, 2 p)."""
    bent = [bends(one.scores()[here], centre) for one, here, _ in inside]
    today = np.mean([load @ one / load.sum() for one, (_, _, load) in zip(bent, inside, strict=True)], axis=0)
    shifts = np.zeros((sum(len(mine) for mine, _ in drawn), len(today)))
    for one, (_, here, _), (mine, multiplied) in zip(bent, inside, drawn, strict=True):
        load = multiplied[:, here]
        total = load.sum(axis=1, keepdims=True)
        shifts[mine] = np.divide(load @ one, total, out=np.tile(today, (len(mine), 1)), where=total > 0) - today
    return shifts


def reach_of(population: Population, driver: int) -> float:
    """Return the farthest move worth offering for the driver at a place, in points.

    Parameters
    ----------
    population : Population
        The population.
    driver : int
        Place among its axes.

    Returns
    -------
    float
        About a quarter of a declared scale, about a standard deviation of what is measured, as a round number.
    """
    axis, first = population.axes[driver], population.sets[0]
    if axis.declared:
        return _round_down((axis.high - axis.low) / 4)
    x, weight = first.x[:, driver], first.cells.sum_w
    return _round_down(max(float(np.sqrt(np.cov(x, aweights=weight))), 1e-3))


def _slider(axis: Axis, values: FloatArray, ends: tuple[float, float], reach: float) -> Slider:
    return Slider(
        name=axis.name, label=axis.label, values=values, low=ends[0], high=ends[1], better=axis.better,
        lower=axis.lower_is_better, reach=reach, step=round(reach / 10, 9),
    )


def _round_down(value: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that is not above `value`."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(round(max(k * power for k in (1, 2, 5) if k * power <= value * (1 + 1e-9)), 9))


def _played(fit: Fit, draws: int) -> Played:
    refuse_forms(fit, "A panel of sliders")
    modelled = surface_of(fit)
    every = len(modelled.draws.offset)
    thin = modelled.draws.rows(np.arange(draws) * every // draws if every >= draws else np.arange(draws) % every)
    rounded = replace(
        thin, offset=np.round(thin.offset, DIGITS), slopes=np.round(thin.slopes, DIGITS),
        cuts=np.round(thin.cuts, DIGITS),
    )
    name = fit.spec.outcome
    return Played(
        name=name, label=fit.label(name), measures=modelled.measures, columns=modelled.columns, surface=rounded
    )
