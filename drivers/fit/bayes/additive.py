"""Where groups stand when all differ at once: what chains of models by segment and wave move around.

Segments or waves fitted by themselves have thresholds of their own; with many answers those lie many standard errors
from where the groups stand on common thresholds, and coordinates around them bend. So the centre is the mode of the
model in which all groupings add up and each group is free.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from drivers.fit.bayes.target import GaussianTarget, OrderedTarget
from drivers.stats.cumulative import IntArray, log_density

if TYPE_CHECKING:
    from drivers.fit.bayes.hierarchical import Coded

FloatArray = NDArray[np.float64]
Part = Callable[[IntArray, FloatArray], tuple[float, FloatArray, FloatArray]]

RIDGE = 2.5
"""Standard deviation of the normal penalty on how far groups stand apart, in standard units: few answers will do."""

ITERATIONS = 30
ENOUGH = 1e-4
"""The log-likelihood is this near its top, by Newton's own forecast, where it ends."""


def group_deviations(
    values: FloatArray, coded: Coded, weight: FloatArray, flat: GaussianTarget | OrderedTarget, mode: FloatArray,
    varying: int, groupings: Sequence[IntArray],
) -> list[FloatArray]:
    """Return how far groups stand from all, groupings adding up.

    Parameters
    ----------
    values : ndarray, shape (m, p + 1)
        Drivers, controls and outcome in standard units, one row per cell.
    coded : Coded
        The outcome.
    weight : ndarray, shape (m,)
        Answers in each cell.
    flat : OrderedTarget or GaussianTarget
        The model without groups.
    mode : ndarray, shape (t,)
        Its mode.
    varying : int
        How many of the first columns have slopes that differ.
    groupings : sequence of ndarray of int, shape (m,)
        The group of each cell, one array for each grouping.

    Returns
    -------
    list of ndarray, shape (G, varying + 1)
        Slopes and, last, the level of every group of each grouping, up to a constant per column. Where the mode is not
        found they are those of the last step: they only choose where chains move.
    """
    sizes = [int(one.max()) + 1 for one in groupings]
    pairs, place = np.unique(np.column_stack(groupings), axis=0, return_inverse=True)
    inside = [np.flatnonzero(place.reshape(-1) == c) for c in range(len(pairs))]
    theta, to, part = _flat_part(values, coded, weight, flat, mode, varying)
    k, size = varying + 1, len(theta)
    starts = size + k * np.concatenate([[0], np.cumsum(sizes)])
    at = [[starts[f] + k * g + np.arange(k) for f, g in enumerate(pair)] for pair in pairs]

    def expand(phi: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        gradient, known = -phi / RIDGE**2, np.eye(len(phi)) / RIDGE**2
        value = -0.5 * float(phi @ phi) / RIDGE**2
        for c, cells in enumerate(inside):
            own = theta + phi[:size] + to @ sum(phi[one] for one in at[c])
            found, slope, bend = part(cells, own)
            value += found
            places = [(np.arange(size), np.eye(size)), *((one, to) for one in at[c])]
            for rows, left in places:
                gradient[rows] += left.T @ slope
                for columns, right in places:
                    known[np.ix_(rows, columns)] -= left.T @ bend @ right
        return value, gradient, known

    phi = _climb(expand, np.zeros(int(starts[-1])))
    return [phi[starts[f] : starts[f + 1]].reshape(-1, k) for f in range(len(sizes))]


def flat_information(
    values: FloatArray, coded: Coded, weight: FloatArray, flat: GaussianTarget | OrderedTarget, mode: FloatArray,
    varying: int,
) -> FloatArray:
    """Return how surely (varying + 1, varying + 1) all cells tell slopes and level at the flat model's mode.

    Parameters
    ----------
    values : ndarray, shape (m, p + 1)
        Drivers, controls and outcome in standard units, one row per cell.
    coded : Coded
        The outcome.
    weight : ndarray, shape (m,)
        Answers in each cell.
    flat : OrderedTarget or GaussianTarget
        The model without groups.
    mode : ndarray, shape (t,)
        Its mode.
    varying : int
        How many of the first columns have slopes that differ.

    Returns
    -------
    ndarray, shape (varying + 1, varying + 1)
        Minus the second derivative of the log-likelihood.
    """
    theta, to, part = _flat_part(values, coded, weight, flat, mode, varying)
    return np.asarray(-to.T @ part(np.arange(len(values)), theta)[2] @ to)


def _flat_part(
    values: FloatArray, coded: Coded, weight: FloatArray, flat: GaussianTarget | OrderedTarget, mode: FloatArray,
    varying: int,
) -> tuple[FloatArray, FloatArray, Part]:
    """Return the flat model's coefficients (t,), the way (t, v + 1) from slopes and level to them, and the likelihood.

    The last takes places of cells and coefficients, and returns value, gradient and Hessian.
    """
    x, p = values[:, :-1], values.shape[1] - 1
    if isinstance(flat, GaussianTarget):
        design = np.column_stack([x, np.ones(len(x))])
        precision = weight * np.exp(-2 * mode[-1])
        to = np.zeros((p + 1, varying + 1))
        to[range(varying), range(varying)] = to[p, varying] = 1.0

        def squares(cells: IntArray, own: FloatArray) -> tuple[float, FloatArray, FloatArray]:
            rows, scale = design[cells], precision[cells]
            off = values[cells, -1] - rows @ own
            return -0.5 * float(scale @ off**2), rows.T @ (scale * off), -(rows * scale[:, None]).T @ rows

        return mode[:-1], to, squares
    assert coded.category is not None
    category, link = coded.category, flat.link
    theta = flat.theta(mode)
    to = np.zeros((len(theta), varying + 1))  # a slope is a slope, a higher level means lower thresholds
    to[range(varying), range(varying)], to[p:, varying] = 1.0, -1.0

    def ordered(cells: IntArray, own: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        if (np.diff(own[p:]) <= 0).any():
            return -np.inf, np.zeros(len(own)), np.zeros((len(own), len(own)))
        return log_density(x[cells], category[cells], weight[cells], own, link)

    return theta, to, ordered


def _climb(expand: Callable[[FloatArray], tuple[float, FloatArray, FloatArray]], phi: FloatArray) -> FloatArray:
    """Return where Newton's method ends that starts at `phi`; steps that lead down are halved."""
    value, gradient, known = expand(phi)
    for _ in range(ITERATIONS):
        step = np.linalg.solve(known, gradient)
        if not np.isfinite(step).all() or gradient @ step < ENOUGH:
            break
        for _half in range(20):
            found = expand(phi + step)
            if found[0] >= value:
                break
            step = step / 2
        else:
            break
        phi, (value, gradient, known) = phi + step, found
    return phi
