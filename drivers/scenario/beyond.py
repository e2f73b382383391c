"""Predictions of a linear model that leave the scale: counted, never clipped."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drivers.fit.result import Fit
from drivers.scenario.apply import Applied
from drivers.scenario.follow import Path
from drivers.scenario.population import Population
from drivers.scenario.support import landing
from drivers.scenario.surface import Modelled
from drivers.stats.gcomputation import Surface

FloatArray = NDArray[np.float64]

ROUNDING = 1e-9


def beyond_scale(
    fit: Fit, modelled: Modelled, population: Population, applied: tuple[Applied, ...], path: Path | None
) -> tuple[float, float] | None:
    """Return the shares of the population whose prediction lies off the outcome's scale, before and after.

    Parameters
    ----------
    fit : Fit
        The fit.
    modelled : Modelled
        Its estimate as a surface.
    population : Population
        Whose outcome is predicted.
    applied : tuple of Applied
        One per completed data set.
    path : Path or None
        How other drivers follow.

    Returns
    -------
    tuple of float, or None
        None for models whose predictions cannot leave the scale, and for outcomes on an open one.
    """
    item = fit.items.get(fit.spec.outcome)
    if fit.spec.model != "linear" or item is None or not isinstance(item.scale, tuple):
        return None
    low, high = item.scale
    before = after = whole = 0.0
    for people, one in zip(population.sets, applied, strict=True):
        weight, rows = people.cells.sum_w, one.rows
        off = _off(_eta(modelled.point, people.x, people.z), low, high)
        rates = np.append(one.rates_at(weight[None])[0], 1.0)
        mass = weight[rows.source] * rows.share * rates[rows.rate].prod(axis=1)
        landed = landing(rows.x, people.x[rows.source], people.applies[rows.source], path, population.axes)
        then = _off(_eta(modelled.point, landed, people.z[rows.source]), low, high)
        now = float(weight[off].sum())
        before += now
        after += now + float(mass @ (then.astype(np.float64) - off[rows.source]))
        whole += float(weight.sum())
    return before / whole, max(after / whole, 0.0)


def _eta(surface: Surface, x: FloatArray, z: FloatArray) -> FloatArray:
    pair, centre = surface.pair, surface.centre
    products = (x[:, pair[:, 0]] - centre[:, 0]) * (x[:, pair[:, 1]] - centre[:, 1])
    eta: FloatArray = (
        surface.offset[0, 0] + x @ surface.slopes[0, 0] + z @ surface.gamma[0] + products @ surface.products[0]
    )
    return eta


def _off(predicted: FloatArray, low: float, high: float) -> NDArray[np.bool_]:
    return (predicted < low - ROUNDING) | (predicted > high + ROUNDING)
