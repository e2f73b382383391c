"""Support: how much of what an action moves lands where people have answered."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drivers.defaults import MIN_BASE_CELL
from drivers.scenario.apply import Applied
from drivers.scenario.axis import Axis
from drivers.scenario.follow import Path
from drivers.scenario.population import Population
from drivers.stats.nearby import have_neighbours

FloatArray = NDArray[np.float64]

NEAR_MEASURED = 0.5
"""Near on a measured driver: within this many of its standard deviations. On a rating it is one point."""


def support_of(population: Population, applied: tuple[Applied, ...], path: Path | None) -> float:
    """Return the share of moved answers that land where there are data.

    Parameters
    ----------
    population : Population
        Whose answers move.
    applied : tuple of Applied
        One per completed data set.
    path : Path or None
        How other drivers follow.

    Returns
    -------
    float
        Of the moved weight, the part whose new pattern has at least `MIN_BASE_CELL` respondents within one point on
        every rated driver and half a standard deviation on every measured one; NaN where nothing moves. Beyond, the
        answer is the model's alone.
    """
    got, whole = 0.0, 0.0
    for people, one in zip(population.sets, applied, strict=True):
        rows = one.rows
        if not len(rows.source):
            continue
        rates = np.append(one.rates_at(people.cells.sum_w[None])[0], 1.0)
        mass = people.cells.sum_w[rows.source] * rows.share * rates[rows.rate].prod(axis=1)
        landed = landing(rows.x, people.x[rows.source], people.applies[rows.source], path, population.axes)
        places, back = np.unique(landed, axis=0, return_inverse=True)
        reach = np.array([
            1.0 if axis.points or axis.declared else NEAR_MEASURED * float(np.std(people.x[:, j]))
            for j, axis in enumerate(population.axes)
        ])
        near = have_neighbours(places, people.x, people.cells.n, reach, MIN_BASE_CELL)
        got += float(mass[near[back.ravel()]].sum())
        whole += float(mass.sum())
    return got / whole if whole > 0 else float("nan")


def landing(
    target: FloatArray, start: FloatArray, applies: NDArray[np.bool_], path: Path | None, axes: tuple[Axis, ...]
) -> FloatArray:
    """Return where rows end up once other drivers have followed, at the estimate.

    Parameters
    ----------
    target, start : ndarray, shape (M, p)
        Answers after and before the action itself.
    applies : ndarray of bool, shape (M, p)
        Whether each driver applies.
    path : Path or None
        How other drivers follow.
    axes : tuple of Axis
        Ends of the scales.

    Returns
    -------
    ndarray, shape (M, p)
        Answers.
    """
    landed = target.copy()
    for k in path.order if path else ():
        assert path is not None
        goes = (landed - start) @ path.point[0, k]
        landed[:, k] = np.where(applies[:, k] & (goes != 0), axes[k].clip(landed[:, k] + goes), landed[:, k])
    return landed
