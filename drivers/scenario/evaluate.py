"""Averages before and after actions, by draw and part of the population: what every what-if and plan is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drivers.cells.resample import Units, multipliers, resampling_units
from drivers.fit.result import Fit
from drivers.scenario.action import Action
from drivers.scenario.apply import Applied, Delivered, apply
from drivers.scenario.follow import Path, no_path
from drivers.scenario.parts import Parts
from drivers.scenario.population import People, Population
from drivers.scenario.surface import Modelled
from drivers.stats.gcomputation import Crowd, Moves, Surface, averages

FloatArray = NDArray[np.float64]


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

    Notes
    -----
    Every draw has parameters of its own and weights of its own: cells, or declared PSUs within strata, are resampled as
    in a fit, apart from the parameters. That is exact for a posterior, in which the drivers' distribution and the
    outcome given drivers are independent, and holds for bootstrap draws where the model is right: then the error of a
    slope given the drivers does not go with the drivers. Draw d of S meets completed data set d mod M of M.

    References
    ----------
    .. [1] Robins (1986). Mathematical Modelling 7(9-12), 1393-1512. doi:10.1016/0270-0255(86)90088-6
    .. [2] Rubin (1981). The Bayesian bootstrap. Annals of Statistics 9(1), 130-134. doi:10.1214/aos/1176345338
    """
    s, k, many = len(modelled.draws.offset), 1 + len(modelled.draws.base), len(population.sets)
    shape = (len(requests), s, len(parts.names), k)
    before, change = np.empty(shape), np.empty(shape)
    point_before = np.zeros((len(requests), *shape[2:]))
    point_change, affected = np.zeros_like(point_before), np.zeros((len(requests), shape[2]))
    applied: list[list[Applied]] = [[] for _ in requests]
    paths = [request.path or no_path(fit) for request in requests]
    for i, people in enumerate(population.sets):
        done = [apply(request.action, people, population) for request in requests]
        units = resampling_units(people.cells, np.random.default_rng([fit.spec.seed, 21, i]))
        crowd = _crowd(people, parts.places(people), units)
        ones = np.ones((1, len(units)))
        moves = [_moves(one, request, population) for one, request in zip(done, requests, strict=True)]
        for r, one in enumerate(done):
            applied[r].append(one)
            got = _block(crowd, modelled.point, moves[r], one, ones, paths[r].point, parts)
            point_before[r] += got[0][0] / many
            point_change[r] += got[1][0] / many
            affected[r] += _affected(crowd, one, len(parts.names)) / many
        mine = np.arange(i, s, many)
        for chosen, drawn in _multipliers(people, units, mine, fit.spec.seed, i):
            surface = modelled.draws.rows(chosen)
            for r, one in enumerate(done):
                path = np.ascontiguousarray(paths[r].draws[chosen])
                before[r, chosen], change[r, chosen] = _block(crowd, surface, moves[r], one, drawn, path, parts)
    columns = list(modelled.columns)
    return tuple(
        Effect(
            before=before[r][..., columns], change=change[r][..., columns], point_before=point_before[r][:, columns],
            point_change=point_change[r][:, columns], affected=affected[r],
            delivered=_mean_delivered([one.delivered for one in applied[r]]), applied=tuple(applied[r]),
        )
        for r in range(len(requests))
    )


def _crowd(people: People, places: NDArray[np.intp], units: Units) -> Crowd:
    return Crowd(
        x=np.ascontiguousarray(people.x), z=np.ascontiguousarray(people.z), weight=people.cells.sum_w,
        unit=units.index, group=np.zeros(len(people.cells), dtype=np.intp), parts=places, applies=people.applies,
    )


def _moves(one: Applied, request: Request, population: Population) -> Moves:
    order = request.path.order if request.path else ()
    return Moves(
        source=one.rows.source, target=np.ascontiguousarray(one.rows.x), share=one.rows.share, rate=one.rows.rate,
        follow=np.array(order, dtype=np.intp), low=np.array([axis.low for axis in population.axes]),
        high=np.array([axis.high for axis in population.axes]),
    )


def _block(
    crowd: Crowd, surface: Surface, moves: Moves, one: Applied, drawn: FloatArray, path: FloatArray, parts: Parts
) -> tuple[FloatArray, FloatArray]:
    rates = one.rates_at(crowd.weight * drawn[:, crowd.unit]) if one.rates else np.zeros((len(drawn), 0))
    return averages(crowd, surface, moves, drawn, rates, path, len(parts.names))


def _multipliers(
    people: People, units: Units, mine: NDArray[np.intp], seed: int, i: int
) -> Iterator[tuple[NDArray[np.intp], FloatArray]]:
    """Yield some draws that are this data set's, and the multipliers (s, G) of its units in them."""
    rng, cells = np.random.default_rng([seed, 22, i]), people.cells
    blocks = (
        cells.replication.draws(cells.sum_w, len(mine), rng) if cells.replication
        else multipliers(units, len(mine), rng, psu=bool(cells.psu))
    )
    at = 0
    for block in blocks:
        yield mine[at : at + len(block)], np.ascontiguousarray(block)
        at += len(block)


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
