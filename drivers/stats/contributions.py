"""What every sampling unit adds to the error of an estimate, so that errors of two samples can be set side by side."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.stats.design import Labels, LonelyRule, coded

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contributions:
    """Errors of q estimates as sums over g units: ``parts`` (g, q), of which the covariance is ``parts' parts``.

    ``label`` (g,) tells which unit it is; -1 where it can be in no other sample.
    """

    label: IntArray
    parts: FloatArray

    @property
    def cov(self) -> FloatArray:
        """Covariance (q, q) of the estimates."""
        return self.parts.T @ self.parts

    def through(self, jacobian: FloatArray) -> "Contributions":
        """Return the contributions to r functions of the estimates, by their `jacobian` (r, q)."""
        return Contributions(label=self.label, parts=self.parts @ jacobian.T)

    def with_other(self, other: "Contributions") -> FloatArray:
        """Return the covariance (q, q') of these estimates with those of an `other` sample: units in both."""
        mine, theirs = _first(self.label), _first(other.label)
        shared, at, there = np.intersect1d(self.label[mine], other.label[theirs], return_indices=True)
        if not len(shared):
            return np.zeros((self.parts.shape[1], other.parts.shape[1]))
        return self.parts[mine[at]].T @ other.parts[theirs[there]]


def _first(label: IntArray) -> IntArray:
    """Return where units are that may be in another sample, too."""
    return np.flatnonzero(label >= 0)


def contributions(
    influence: FloatArray,
    sum_w: FloatArray,
    sum_w2: FloatArray,
    n: FloatArray,
    *,
    stratum: Labels | None = None,
    unit: IntArray | None = None,
    fpc: FloatArray | None = None,
    lonely: LonelyRule = "centre",
) -> Contributions:
    """Split the linearised error of estimates among the sampling units of one sample.

    Parameters
    ----------
    influence : ndarray, shape (m, q)
        How far one unit of weight in a cell moves each estimate.
    sum_w, sum_w2, n : ndarray, shape (m,)
        Weights, squared weights and respondents per cell.
    stratum : sequence of length m, optional
        Stratum of each cell.
    unit : ndarray of int, shape (m,), optional
        PSU, or person, of each cell, numbered alike in every sample; without it respondents are drawn one by one.
    fpc : ndarray, shape (m,), optional
        Sampling units in the population of the cell's stratum.
    lonely : {"centre", "certain", "refuse"}
        What a stratum's only unit adds; "refuse" is taken for "centre" here, because the samples were checked before.

    Returns
    -------
    Contributions
        Their covariance is that of `linearized_meat`, but for weights that differ inside both a cell and a stratum:
        there every respondent of a cell is given the cell's root mean square weight.

    References
    ----------
    .. [1] Binder (1983). International Statistical Review 51(3), 279-292. doi:10.2307/1402588
    """
    layer = coded(stratum, len(n))
    width = int(layer.max(initial=0)) + 1
    if unit is None:
        label, home, count = np.full(len(n), -1, dtype=np.int64), layer, n
        people = np.maximum(n, 1.0)
        totals = influence * np.sqrt(sum_w2 / people)[:, None]
        mean_weight = influence * sum_w[:, None]
    else:
        pair, first, where = np.unique(
            np.column_stack([layer, unit]), axis=0, return_index=True, return_inverse=True
        )
        label, home, count = unit[first], pair[:, 0], np.ones(len(pair))
        totals = np.zeros((len(pair), influence.shape[1]))
        np.add.at(totals, where.reshape(-1), influence * sum_w[:, None])
        mean_weight = totals
    size = np.bincount(home, weights=count, minlength=width)
    centre = np.zeros((width, influence.shape[1]))
    np.add.at(centre, home, mean_weight)
    alone = (size > 0) & (size <= 1)
    centre[alone] = centre.sum(axis=0) / max(size.sum(), 1.0)
    centre[~alone] /= np.maximum(size[~alone], 1.0)[:, None]
    scale = np.divide(size, size - 1, out=np.ones_like(size), where=size > 1)
    if lonely == "certain":
        scale[alone] = 0.0
    if fpc is not None:
        population = np.full(width, np.inf)
        population[layer] = fpc
        scale *= np.maximum(1 - size / population, 0.0)
    parts = (totals - centre[home]) * np.sqrt(count * scale[home])[:, None]
    return Contributions(label=label, parts=parts)
