"""The slope of the expected outcome, averaged over people: outcome points per driver point for every model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError, quoted
from drivers.fit.result import Fit
from drivers.scenario.population import Population, population_of
from drivers.scenario.surface import surface_of
from drivers.stats.gcomputation import Surface

FloatArray = NDArray[np.float64]

AT_ONCE = 4_000_000
"""Draws times cells held in memory at once."""


def average_slopes(fit: Fit) -> tuple[FloatArray, FloatArray]:
    """Return how the expected outcome changes with each driver, the others held equal.

    Parameters
    ----------
    fit : Fit
        A fitted driver model without products of drivers.

    Returns
    -------
    draws : ndarray, shape (S, p)
        Outcome points per driver point.
    point : ndarray, shape (p,)
        The same at the estimate.

    Raises
    ------
    InputError
        If the fit holds products or squares of drivers, or steps that are not equal: then a slope is another one at
        every answer.

    Notes
    -----
    ``sum_i w_i dE(y | x_i) / dx_j / sum_i w_i``: averaged over people, never at the average person, which differs from
    it wherever the model curves.

    References
    ----------
    .. [1] Bartus (2005). Estimation of marginal effects using margeff. Stata Journal 5(3), 309-329.
       doi:10.1177/1536867X0500500303
    """
    if fit.products:
        raise InputError(
            "This fit holds products or squares of drivers, so a driver has another slope at every answer. Fit without "
            "them for this, or ask what an action gains: dr.what_if(fit, ...)."
        )
    if fit.steps is not None:
        raise InputError(
            f"The steps of {quoted(fit.steps.drivers)} are not equal in this fit, so they have another slope at every "
            "answer. Fit without `monotone` for this, or ask what an action gains: dr.what_if(fit, ...)."
        )
    p = len(fit.spec.drivers)
    if fit.spec.model == "linear":
        return fit.draws.slopes.reshape(-1, p), fit.point.slopes[0, 0]
    modelled, population = surface_of(fit, ["latent"]), population_of(fit, None, ())
    rise = np.diff(fit.categories)
    steep = [_steepness(fit, surface, population, rise) for surface in (modelled.draws, modelled.point)]
    draws, point = modelled.draws.slopes[:, 0], modelled.point.slopes[0, 0]
    return steep[0][:, None] * draws, steep[1][0] * point


def _steepness(fit: Fit, surface: Surface, population: Population, rise: FloatArray) -> FloatArray:
    """Return outcome points per latent unit (s,), averaged over people."""
    total = np.zeros(len(surface.offset))
    for people in population.sets:
        weight = people.cells.sum_w / people.cells.sum_w.sum()
        whose = np.zeros(1, dtype=np.intp) if fit.spreads is None else fit.spreads.index(people.cells.keys)
        step = max(1, AT_ONCE // len(weight))
        for start in range(0, len(total), step):
            one = surface.rows(slice(start, start + step))
            eta = one.offset[:, whose] + one.slopes[:, 0] @ people.x.T + one.gamma @ people.z[:, : one.gamma.shape[1]].T
            density, sd = np.zeros_like(eta), 1.0 if one.spread is None else one.spread[:, whose]
            for j, points in enumerate(rise):
                density += points * _density((eta - one.cuts[:, [j]]) / sd, one.probit) / sd
            total[start : start + step] += density @ weight
    return total / len(population.sets)


def _density(z: FloatArray, probit: bool) -> FloatArray:
    if probit:
        normal: FloatArray = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
        return normal
    logistic: FloatArray = 0.25 / np.cosh(0.5 * z) ** 2
    return logistic
