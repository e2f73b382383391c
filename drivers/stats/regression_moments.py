"""A straight-line regression and its influence, read off means and covariances."""

import numpy as np
from numpy.typing import NDArray

from drivers.stats.moments import Moments, weighted_moments

FloatArray = NDArray[np.float64]


def regression(moments: Moments) -> FloatArray:
    """Return the slopes and the intercept (p + 1,) of the last item of `moments` on the others."""
    slopes = np.linalg.solve(moments.cov[:-1, :-1], moments.cov[:-1, -1])
    return np.append(slopes, moments.mean[-1] - moments.mean[:-1] @ slopes)


def regression_jacobian(moments: Moments) -> FloatArray:
    """Return the derivative (p + 1, q) of `regression` in the means and the upper triangle of the covariance.

    `moments` are of k = p + 1 items, q = k + k(k+1)/2; the triangle goes row by row (`numpy.triu_indices`).
    """
    k = len(moments.mean)
    p = k - 1
    slopes = np.linalg.solve(moments.cov[:p, :p], moments.cov[:p, p])
    inverse = np.linalg.inv(moments.cov[:p, :p])
    rows, cols = np.triu_indices(k)
    out = np.zeros((k, k + len(rows)))
    out[p, :p], out[p, p] = -slopes, 1.0
    for q, (i, j) in enumerate(zip(rows, cols, strict=True)):
        change = np.zeros(p)
        if j == p and i < p:
            change[i] = 1.0
        elif i < p:
            change[i] -= slopes[j]
            if i != j:
                change[j] -= slopes[i]
        out[:p, k + q] = inverse @ change
    out[p, k:] = -moments.mean[:p] @ out[:p, k:]
    return out


def moments_influence(values: FloatArray, weight: FloatArray) -> tuple[Moments, FloatArray]:
    """Estimate mean and covariance, with the influence of one unit of weight of every row.

    Parameters
    ----------
    values : ndarray, shape (m, k)
        One row per cell; missing answers (NaN) are dealt with by maximum likelihood.
    weight : ndarray, shape (m,)
        Weight of each cell.

    Returns
    -------
    moments : Moments
        Of the k items.
    influence : ndarray, shape (m, k + k(k+1)/2)
        Of the means, then of the upper triangle of the covariance; its weighted sum over the rows is 0.

    Raises
    ------
    ConvergenceError
        If maximum likelihood does not settle.
    """
    if np.isnan(values).any():
        from drivers.stats.incomplete import incomplete_moments

        found = incomplete_moments(values, weight)
        return found.moments, found.influence
    moments = weighted_moments(values, weight)
    away = values - moments.mean
    rows, cols = np.triu_indices(values.shape[1])
    return moments, np.hstack([away, away[:, rows] * away[:, cols] - moments.cov[rows, cols]]) / moments.total
