"""Averages before and after actions, by draw and part of the population: what every what-if and plan is made of."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.cells.resample import Units, multipliers, resampling_units
from drivers.errors import InputError
from drivers.fit.result import Fit
from drivers.scenario.action import Action
from drivers.scenario.apply import Applied, Delivered, apply
from drivers.scenario.follow import Path, no_path
from drivers.scenario.parts import Parts
from drivers.scenario.population import People, Population
from drivers.scenario.surface import Modelled
from drivers.stats.gcomputation import Crowd, Moves, Surface, averages

FloatArray = NDArray[np.float64]

CHUNK = 250
"""Draws worked on at a time."""

MEMORY = 2_000_000
"""Multipliers held in memory by each core at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One ``action``, and which other drivers follow it: ``path`` None where they stay as they are."""

    action: Action
    path: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Effect:
    """What one request comes to, for B parts of the population and K measures.

    ``before`` and ``change`` (S, B, K) by draw; ``point_before`` and ``point_change`` (B, K) at the estimate and the
    weights of the data; ``affected`` (B,) share of each part whose answers move; ``delivered`` step by step;
    ``applied`` one per completed data set. All requests of one call share their draws.
    """

    before: FloatArray
    change: FloatArray
    point_before: FloatArray
    point_change: FloatArray
    affected: FloatArray
    delivered: tuple[Delivered, ...]
    applied: tuple[Applied, ...]


def evaluate(
    fit: Fit, modelled: Modelled, population: Population, requests: Sequence[Request], parts: Parts
) -> tuple[Effect, ...]:
    """Average the outcome before and after each of several actions, with the same draws for all of them.

    Parameters
    ----------
    fit : Fit
        The fit; its seed draws the population.
    modelled : Modelled
        The fit's draws, from `surface_of`.
    population : Population
        Whom it is averaged over.
    requests : sequence of Request
        What is done.
    parts : Parts
        Parts of the population to tell apart.

    Returns
    -------
    tuple of Effect
        One per request.

    Raises
    ------
    InputError
        If other drivers are to follow, and steps of drivers are not equal.

    Notes
    -----
    Every draw has parameters of its own and weights of its own: cells, or declared PSUs within strata, are resampled as
    in a fit, apart from the parameters. That is exact for a posterior, in which the drivers' distribution and the
    outcome given drivers are independent, and holds for bootstrap draws where the model is right: then the error of a
    slope given the drivers does not go with the drivers. Draw d of S meets completed data set d mod M of M.

    Steps that look at distributions (`match`, `floor`) have a kink where groups are nearly alike: chance moves answers
    to and fro, and more is gained below than is lost above. That makes estimates lean, and draws lean from
    estimates as much again. The lean of the draws is measured and taken out, once of the estimate, twice of the draws.

    References
    ----------
    .. [1] Robins (1986). Mathematical Modelling 7(9-12), 1393-1512. doi:10.1016/0270-0255(86)90088-6
    .. [2] Rubin (1981). The Bayesian bootstrap. Annals of Statistics 9(1), 130-134. doi:10.1214/aos/1176345338
    """
    s, k, many = len(modelled.draws.offset), 1 + len(modelled.draws.base), len(population.sets)
    shape = (s, len(parts.names), k)
    before, change = np.empty(shape), np.empty((len(requests), *shape))
    point_before, point_change = np.zeros(shape[1:]), np.zeros((len(requests), *shape[1:]))
    affected = np.zeros((len(requests), shape[1]))
    applied: list[tuple[Applied, ...]] = []
    if fit.steps is not None and any(request.path for request in requests):
        raise InputError(
            "Other drivers follow along straight lines, which drivers with steps of their own do not have. Ask what "
            "happens with the others as they are, or fit without `monotone`."
        )
    paths = [request.path or no_path(fit) for request in requests]
    for i, people in enumerate(population.sets):
        setting = _setting(fit, people, population, requests, parts, i)
        applied.append(setting.applied)
        got = setting.average(modelled.point, np.ones((1, len(setting.units))), [path.point for path in paths])
        point_before += got[0][0] / many
        point_change += got[1][:, 0] / many
        for r, one in enumerate(setting.applied):
            affected[r] += _affected(setting.crowd, one, len(parts.names)) / many
        for chosen, found in _by_chunk(setting, modelled, paths, np.arange(i, s, many), [fit.spec.seed, 22, i]):
            before[chosen], change[:, chosen] = found
    for r, ones in enumerate(zip(*applied, strict=True)):
        if any(one.rates for one in ones):
            lean = np.nan_to_num(change[r].mean(axis=0) - point_change[r])
            change[r] -= 2 * lean
            point_change[r] -= lean
    columns = list(modelled.columns)
    return tuple(
        Effect(
            before=before[..., columns], change=change[r][..., columns], point_before=point_before[:, columns],
            point_change=point_change[r][:, columns], affected=affected[r],
            delivered=_mean_delivered([one[r].delivered for one in applied]), applied=tuple(one[r] for one in applied),
        )
        for r in range(len(requests))
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Setting:
    """One completed data set with everything that is done to it."""

    cells: Cells
    crowd: Crowd
    units: Units
    applied: tuple[Applied, ...]
    moves: tuple[Moves, ...]
    parts: int

    def average(
        self, surface: Surface, drawn: FloatArray, paths: Sequence[FloatArray]
    ) -> tuple[FloatArray, FloatArray]:
        """Average under some draws of the model, with `drawn` (s, G) multipliers of the units."""
        weights = self.crowd.weight * drawn[:, self.crowd.unit] if any(one.rates for one in self.applied) else drawn
        rates = [one.rates_at(weights) for one in self.applied]
        return averages(self.crowd, surface, self.moves, drawn, rates, paths, self.parts)


def _setting(
    fit: Fit, people: People, population: Population, requests: Sequence[Request], parts: Parts, i: int
) -> _Setting:
    cells = people.cells
    units = resampling_units(cells, np.random.default_rng([fit.spec.seed, 21, i]))
    group = np.zeros(len(cells), dtype=np.intp) if fit.spreads is None else fit.spreads.index(cells.keys)
    x = people.x if fit.steps is None else fit.steps.widened(people.x)
    crowd = Crowd(
        x=np.ascontiguousarray(x), z=np.ascontiguousarray(people.z), weight=cells.sum_w, unit=units.index,
        group=group, parts=parts.places(people), applies=people.applies,
    )
    applied = tuple(apply(request.action, people, population) for request in requests)
    moves = tuple(_moves(fit, one, request, population) for one, request in zip(applied, requests, strict=True))
    return _Setting(cells=cells, crowd=crowd, units=units, applied=applied, moves=moves, parts=len(parts.names))


def _moves(fit: Fit, one: Applied, request: Request, population: Population) -> Moves:
    order = request.path.order if request.path else ()
    target = one.rows.x if fit.steps is None else fit.steps.widened(one.rows.x)
    return Moves(
        source=one.rows.source, target=np.ascontiguousarray(target), share=one.rows.share, rate=one.rows.rate,
        follow=np.array(order, dtype=np.intp), low=np.array([axis.low for axis in population.axes]),
        high=np.array([axis.high for axis in population.axes]),
    )


def _by_chunk(
    setting: _Setting, modelled: Modelled, paths: Sequence[Path], mine: NDArray[np.intp], seed: Sequence[int]
) -> list[tuple[NDArray[np.intp], tuple[FloatArray, FloatArray]]]:
    """Average the draws that are this data set's, some at a time, on all cores; every chunk has its own stream."""
    size = max(1, min(CHUNK, MEMORY // max(len(setting.units), 1)))
    chunks = [mine[at : at + size] for at in range(0, len(mine), size)]

    def work(number: int) -> tuple[NDArray[np.intp], tuple[FloatArray, FloatArray]]:
        chosen = chunks[number]
        rng = np.random.default_rng([*seed, number])
        drawn = people_drawn(setting.cells, setting.units, len(chosen), rng)
        return chosen, setting.average(modelled.draws.rows(chosen), drawn, [path.draws[chosen] for path in paths])

    with ThreadPoolExecutor(max(1, min(os.cpu_count() or 1, len(chunks)))) as pool:
        return list(pool.map(work, range(len(chunks))))


def people_drawn(cells: Cells, units: Units, draws: int, rng: np.random.Generator) -> FloatArray:
    """Draw a population anew.

    Parameters
    ----------
    cells : Cells
        The population's cells.
    units : Units
        What is resampled, from `resampling_units`.
    draws : int
        How often.
    rng : numpy.random.Generator
        Draws.

    Returns
    -------
    ndarray, shape (draws, U)
        Multipliers of every unit.
    """
    blocks = list(
        cells.replication.draws(cells.sum_w, draws, rng) if cells.replication
        else multipliers(units, draws, rng, psu=bool(cells.psu))
    )
    return np.ascontiguousarray(blocks[0] if len(blocks) == 1 else np.concatenate(blocks))


def _affected(crowd: Crowd, one: Applied, parts: int) -> FloatArray:
    """Share (B,) of each part whose answers move, at the weights of the data."""
    rates = np.append(one.rates_at(crowd.weight[None])[0], 1.0)
    mass = crowd.weight[one.rows.source] * one.rows.share * rates[one.rows.rate].prod(axis=1)
    moved, whole = np.zeros(parts + 1), np.zeros(parts + 1)
    for level in crowd.parts.T:
        np.add.at(moved, level[one.rows.source], mass)
        np.add.at(whole, level, crowd.weight)
    share: FloatArray = np.divide(moved, whole, out=np.full(parts + 1, np.nan), where=whole > 0)[:-1]
    return share


def _mean_delivered(sets: Sequence[tuple[Delivered, ...]]) -> tuple[Delivered, ...]:
    """Average what steps came to over completed data sets."""
    def mean(values: Sequence[float]) -> float:
        return float(np.mean(values))

    return tuple(
        replace(
            alike[0], possible=mean([one.possible for one in alike]), at_end=mean([one.at_end for one in alike]),
            affected=mean([one.affected for one in alike]), against=mean([one.against for one in alike]),
            base=mean([one.base for one in alike]),
        )
        for alike in zip(*sets, strict=True)
    )
