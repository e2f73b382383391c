"""The points of a panel: where answers stand on each driver's scale, and a grid to weigh instead of people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, qmc

from drivers.defaults import MIN_BASE_CELL
from drivers.scenario.axis import Axis
from drivers.scenario.population import People, Population

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

MOST_POINTS = 1000
"""A grid with more points than this is replaced by points spread like the population."""

SAMPLED = 512
"""So many of them; twice as many for more than six drivers."""

BINS = 7
"""Measured drivers stand for so many groups of about equal size."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """One completed data set with the place (m, p) of every cell's answers among the ``values`` of each driver.

    ``ends`` of each driver that no move leaves: those of a declared scale; of what is measured, averages over the
    lowest and the highest answers.
    """

    people: People
    values: tuple[FloatArray, ...]
    ends: tuple[tuple[float, float], ...]
    place: IntArray

    def scores(self) -> FloatArray:
        """Return the value (m, p) each answer stands for."""
        return np.column_stack([at[self.place[:, j]] for j, at in enumerate(self.values)])


def placed(population: Population) -> tuple[Placed, ...]:
    """Return every data set of a `population` with its answers placed; bins come from the first one."""
    first = population.sets[0]
    scales = [_scale(axis, first.x[:, j], first) for j, axis in enumerate(population.axes)]
    return tuple(
        Placed(
            people=people, values=tuple(at for _, at, _ in scales), ends=tuple(ends for _, _, ends in scales),
            place=np.column_stack([
                np.searchsorted(edges, people.x[:, j], side="right") for j, (edges, _, _) in enumerate(scales)
            ]),
        )
        for people in population.sets
    )  # fmt: skip


def _scale(axis: Axis, x: FloatArray, people: People) -> tuple[FloatArray, FloatArray, tuple[float, float]]:
    """Return edges between values, the values and their ends: a declared scale's, or of bins of what is measured."""
    if axis.points and axis.declared:
        at = np.array(axis.points)
        return (at[1:] + at[:-1]) / 2, at, (axis.low, axis.high)
    edges, at = _bins(x, people.cells.n, people.cells.sum_w)
    low = min(_lowest(x, people.cells.n), float(at[0]))
    return edges, at, (low, max(-_lowest(-x, people.cells.n), float(at[-1])))


def _lowest(x: FloatArray, n: FloatArray) -> float:
    """Return the average of the lowest 1 in 100 answers, at least of the minimum base, to three digits."""
    order = np.argsort(x, kind="stable")
    below = np.cumsum(n[order])
    first = order[: int(np.searchsorted(below, max(float(MIN_BASE_CELL), 0.01 * below[-1]))) + 1]
    return float(f"{np.average(x[first], weights=n[first]):.3g}")


def _bins(x: FloatArray, n: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return edges between groups of about equal size and the average answer in each, to three digits."""
    order = np.argsort(x, kind="stable")
    seen, first = np.unique(x[order], return_index=True)
    below = np.concatenate([[0.0], np.cumsum(n[order])])[first]
    least, last = max(float(n.sum()) / BINS, float(MIN_BASE_CELL)), 0.0
    edges: list[float] = []
    for at in range(1, len(seen)):
        if below[at] - last >= least and n.sum() - below[at] >= MIN_BASE_CELL:
            edges.append((seen[at] + seen[at - 1]) / 2)
            last = below[at]
    group = np.searchsorted(edges, x, side="right")
    held = np.bincount(group, weights=weight * x) / np.bincount(group, weights=weight)
    return np.array(edges), np.array([float(f"{value:.3g}") for value in held])


def spread_points(sets: Sequence[Placed]) -> FloatArray:
    """Return points to weigh.

    Parameters
    ----------
    sets : sequence of Placed
        Data sets.

    Returns
    -------
    ndarray, shape (N, p)
        The full grid where it is small, else quasi-random points with the margins and about the correlations of all.
    """
    values = sets[0].values
    if np.prod([float(len(at)) for at in values]) <= MOST_POINTS:
        grid = np.meshgrid(*values, indexing="ij")
        return np.ascontiguousarray(np.column_stack([one.ravel() for one in grid]))
    scores = np.concatenate([one.scores() for one in sets])
    weight = np.concatenate([one.people.cells.sum_w for one in sets])
    count = SAMPLED * (2 if len(values) > 6 else 1)
    even = qmc.Sobol(len(values), scramble=True, seed=np.random.default_rng(1)).random(count)
    normal = norm.ppf(np.clip(even, 1e-6, 1 - 1e-6)) @ np.linalg.cholesky(_correlation(scores, weight)).T
    columns = []
    for j, at in enumerate(values):
        place = np.concatenate([one.place[:, j] for one in sets])
        share = np.bincount(place, weights=weight, minlength=len(at)) / weight.sum()
        share = (share + 0.5 / count) / (1 + 0.5 * len(at) / count)  # so that every value can be met
        columns.append(at[np.searchsorted(np.cumsum(share)[:-1], norm.cdf(normal[:, j]))])
    return np.ascontiguousarray(np.column_stack(columns))


def _correlation(scores: FloatArray, weight: FloatArray) -> FloatArray:
    """Return correlations (p, p) that have a Cholesky root; a driver everybody answers alike goes with no other."""
    cov = np.cov(scores, rowvar=False, aweights=weight).reshape(scores.shape[1], -1)
    sd = np.sqrt(np.diag(cov))
    over = np.divide(1.0, sd, out=np.zeros_like(sd), where=sd > 0)
    corr = 0.999 * cov * over * over[:, None]
    np.fill_diagonal(corr, 1.0)
    return corr
