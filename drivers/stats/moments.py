"""Weighted means and covariances that add up: of one table, and of many reweightings of it at once."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """``total`` weight, ``mean`` (k,) and ``cov`` (k, k), the maximum-likelihood covariance (divisor: the weight)."""

    total: float
    mean: FloatArray
    cov: FloatArray


def weighted_moments(values: FloatArray, weight: FloatArray) -> Moments:
    """Return mean and covariance of complete rows.

    Parameters
    ----------
    values : ndarray, shape (m, k)
        One row per cell, no missing entries.
    weight : ndarray, shape (m,)
        Weight of each cell; its scale does not matter for mean and covariance.

    Returns
    -------
    Moments
        Covariance with divisor ``weight.sum()``.
    """
    total = float(weight.sum())
    mean = weight @ values / total
    centred = values - mean
    return Moments(total=total, mean=mean, cov=(centred * weight[:, None]).T @ centred / total)


def unit_sums(columns: FloatArray, weight: FloatArray, unit: NDArray[np.intp], n_units: int) -> FloatArray:
    """Add weighted columns up by resampling unit.

    Parameters
    ----------
    columns : ndarray, shape (m, q)
        What is to be added: one row per cell.
    weight : ndarray, shape (m,)
        Weight of each cell.
    unit : ndarray of int, shape (m,)
        The resampling unit each cell belongs to, 0..n_units-1.
    n_units : int
        Number of units G.

    Returns
    -------
    ndarray, shape (G, q)
        Sums of ``weight * columns`` per unit.
    """
    if n_units == len(unit) and np.array_equal(unit, np.arange(n_units)):
        return columns * weight[:, None]
    out = np.empty((n_units, columns.shape[1]))
    for j in range(columns.shape[1]):
        out[:, j] = np.bincount(unit, weights=columns[:, j] * weight, minlength=n_units)
    return out


def moment_draws(
    values: FloatArray,
    weight: FloatArray,
    unit: NDArray[np.intp],
    n_units: int,
    multipliers: Iterator[FloatArray],
) -> tuple[FloatArray, FloatArray]:
    """Return mean and covariance under every reweighting of the resampling units.

    Parameters
    ----------
    values, weight : ndarray, shapes (m, k) and (m,)
        Complete rows and their weights.
    unit, n_units : ndarray of int (m,), int
        The resampling unit of each row, and how many there are (G).
    multipliers : iterator of ndarray, shape (s, G)
        Blocks of multipliers, one row per draw, mean 1.

    Returns
    -------
    means : ndarray, shape (S, k)
        In the units of ``values``.
    covs : ndarray, shape (S, k, k)
        Divisor: the draw's total weight.
    """
    k = values.shape[1]
    centre = weight @ values / weight.sum()  # centring first keeps the cross-products free of cancellation
    sums = np.zeros((n_units, 1 + k + k * (k + 1) // 2))
    _add_products(np.ascontiguousarray(values), centre, weight, unit, sums)
    rows, cols = np.triu_indices(k)
    means, covs = [], []
    for block in multipliers:
        drawn = block @ sums
        total = drawn[:, :1]
        mean = drawn[:, 1 : k + 1] / total
        cov = np.empty((len(block), k, k))
        cov[:, rows, cols] = drawn[:, k + 1 :] / total - mean[:, rows] * mean[:, cols]
        cov[:, cols, rows] = cov[:, rows, cols]
        means.append(mean + centre)
        covs.append(cov)
    return np.concatenate(means), np.concatenate(covs)


@njit(cache=True, nogil=True)
def _add_products(
    values: FloatArray, centre: FloatArray, weight: FloatArray, unit: NDArray[np.intp], sums: FloatArray
) -> None:
    """Add weight, centred values and their upper-triangle products of every row to its unit, without a big table."""
    m, k = values.shape
    x = np.empty(k)
    for c in range(m):
        w, u = weight[c], unit[c]
        for i in range(k):
            x[i] = values[c, i] - centre[i]
        sums[u, 0] += w
        q = k + 1
        for i in range(k):
            wx = w * x[i]
            sums[u, 1 + i] += wx
            for j in range(i, k):
                sums[u, q] += wx * x[j]
                q += 1
