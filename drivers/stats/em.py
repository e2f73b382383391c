"""Mean and covariance by maximum likelihood when answers are missing (FIML through EM), on missing-data patterns."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from drivers.errors import ConvergenceError
from drivers.stats.fixed_point import fixed_point
from drivers.stats.moments import Moments

FloatArray = NDArray[np.float64]

TOLERANCE = 1e-9
"""Largest change of a mean or covariance, in standard deviations of the answers, at which EM stops."""

MAX_ITERATIONS = 2000


class Patterns(NamedTuple):
    """Sufficient statistics per missing-data pattern (P of them, k items).

    ``seen`` (P, k) which items were answered; ``total`` (P,) weight; ``mean`` (P, k) and ``cov`` (P, k, k) of the
    answered items about their own mean, 0 elsewhere; ``row`` (m,) the pattern of each cell, -1 if nothing was answered.
    """

    seen: NDArray[np.bool_]
    total: FloatArray
    mean: FloatArray
    cov: FloatArray
    row: NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmResult:
    """``moments`` by maximum likelihood, after ``iterations`` of EM over ``patterns`` missing-data patterns."""

    moments: Moments
    iterations: int
    patterns: Patterns


def find_patterns(values: FloatArray, weight: FloatArray) -> Patterns:
    """Collect the sufficient statistics of every missing-data pattern.

    Parameters
    ----------
    values : ndarray, shape (m, k)
        One row per cell, NaN where there is no answer.
    weight : ndarray, shape (m,)
        Weight of each cell.

    Returns
    -------
    Patterns
        Rows without any answer belong to no pattern.
    """
    seen = ~np.isnan(values)
    filled = np.where(seen, values, 0.0)
    distinct, row = np.unique(seen, axis=0, return_inverse=True)
    row = row.reshape(-1).astype(np.intp)
    count, k = distinct.shape
    total = np.bincount(row, weights=weight, minlength=count)
    safe = np.where(total > 0, total, 1.0)
    sums = [np.bincount(row, weights=weight * filled[:, j], minlength=count) for j in range(k)]
    mean = np.stack(sums, axis=1) / safe[:, None]
    centred = np.where(seen, values - mean[row], 0.0)
    cov = np.zeros((count, k, k))
    for i in range(k):
        for j in range(i, k):
            cross = np.bincount(row, weights=weight * centred[:, i] * centred[:, j], minlength=count) / safe
            cov[:, i, j] = cov[:, j, i] = cross
    keep = distinct.any(axis=1) & (total > 0)
    renumber = np.full(count, -1, dtype=np.intp)
    renumber[keep] = np.arange(keep.sum())
    return Patterns(distinct[keep], total[keep], mean[keep], cov[keep], renumber[row])


def em_moments(values: FloatArray, weight: FloatArray) -> EmResult:
    """Estimate mean and covariance from incomplete rows by maximum likelihood.

    Every row with at least one answer counts. Assumes that what is missing depends only on what was answered
    (missing at random) and that a normal model is good enough for the covariance of ratings.

    Parameters
    ----------
    values : ndarray, shape (m, k)
        One row per cell, NaN where there is no answer.
    weight : ndarray, shape (m,)
        Weight of each cell.

    Returns
    -------
    EmResult
        Covariance with divisor the total weight; equal to the plain weighted moments when nothing is missing.

    Raises
    ------
    ConvergenceError
        If EM has not settled after `MAX_ITERATIONS`: too few people answered some pair of items.

    References
    ----------
    .. [1] Dempster, Laird & Rubin (1977). JRSS B 39(1), 1-38. doi:10.1111/j.2517-6161.1977.tb01600.x
    .. [2] Little & Rubin (2019). Statistical Analysis with Missing Data, 3rd ed., ch. 8. doi:10.1002/9781119482260
    """
    patterns = find_patterns(values, weight)
    seen = ~np.isnan(values)
    answered = (weight[:, None] * seen).sum(axis=0)
    mean = np.nansum(weight[:, None] * values, axis=0) / answered
    spread = np.sqrt(np.nansum(weight[:, None] * (values - mean) ** 2, axis=0) / answered)
    unit = np.where(spread > 0, spread, 1.0)
    k = len(mean)
    rows, cols = np.triu_indices(k)
    scale = np.concatenate([unit, unit[rows] * unit[cols]])

    def unpacked(theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        cov = np.empty((k, k))
        cov[rows, cols] = cov[cols, rows] = theta[k:] * scale[k:]
        return theta[:k] * unit, cov

    def step(theta: FloatArray) -> tuple[FloatArray, float]:
        mean, cov, loglik = _em_step(patterns.seen, patterns.total, patterns.mean, patterns.cov, *unpacked(theta))
        return np.concatenate([mean, cov[rows, cols]]) / scale, loglik

    def proper(theta: FloatArray) -> bool:
        scaled = unpacked(theta)[1] / np.outer(unit, unit)
        return bool(np.isfinite(scaled).all() and np.linalg.eigvalsh(scaled)[0] > 0)

    start = np.concatenate([mean, np.diag(unit**2)[rows, cols]]) / scale
    theta, iterations, change = fixed_point(step, start, proper, tolerance=TOLERANCE, most=MAX_ITERATIONS)
    if not change < TOLERANCE:
        raise ConvergenceError(
            f"The covariance with missing answers has not settled after {MAX_ITERATIONS:,} steps (last change "
            f"{change:.1e} standard deviations): too few respondents answered some pair of items together. "
            "Leave out the item with the most missing answers."
        )
    mean, cov = unpacked(theta)
    moments = Moments(total=float(patterns.total.sum()), mean=mean, cov=cov)
    return EmResult(moments=moments, iterations=iterations, patterns=patterns)


@njit(cache=True, nogil=True)
def _em_step(
    seen: NDArray[np.bool_], total: FloatArray, p_mean: FloatArray, p_cov: FloatArray, mean: FloatArray, cov: FloatArray
) -> tuple[FloatArray, FloatArray, float]:
    """One EM step: fill in what is missing by regression on what was answered, plus its residual covariance.

    The third result is the log-likelihood of `mean` and `cov`, up to a constant, per unit of weight.
    """
    k = mean.size
    loglik = 0.0
    shift, cross = np.zeros(k), np.zeros((k, k))
    swept, column = np.empty((k, k)), np.empty(k)
    d, filled, second = np.empty(k), np.empty((k, k)), np.empty((k, k))
    for p in range(total.size):
        w, here = total[p], seen[p]
        loglik -= 0.5 * w * _sweep(cov, here, swept, column)
        # swept holds -inverse of what was answered, slopes of the rest on it and their residual covariance
        for i in range(k):
            d[i] = p_mean[p, i] - mean[i] if here[i] else 0.0
        for i in range(k):
            if here[i]:
                shift[i] += w * d[i]
                for j in range(k):
                    second[i, j] = p_cov[p, i, j] + d[i] * d[j] if here[j] else 0.0
                    loglik += 0.5 * w * swept[i, j] * second[i, j]
                    if j >= i and here[j]:
                        cross[i, j] += w * second[i, j]
        for i in range(k):
            if here[i]:
                continue
            moved = 0.0
            for j in range(k):
                filled[i, j] = 0.0
            for a in range(k):
                if here[a]:
                    slope = swept[i, a]
                    moved += slope * d[a]
                    for j in range(k):
                        filled[i, j] += slope * second[a, j]
            shift[i] += w * moved
            for j in range(k):
                if here[j]:
                    cross[min(i, j), max(i, j)] += w * filled[i, j]
                elif j <= i:
                    value = swept[i, j]
                    for a in range(k):
                        if here[a]:
                            value += filled[i, a] * swept[j, a]
                    cross[j, i] += w * value
    weight = 0.0
    for p in range(total.size):
        weight += total[p]
    new_mean, new_cov = np.empty(k), np.empty((k, k))
    for i in range(k):
        shift[i] /= weight
        new_mean[i] = mean[i] + shift[i]
    for i in range(k):
        for j in range(i, k):
            new_cov[i, j] = cross[i, j] / weight - shift[i] * shift[j]
            new_cov[j, i] = new_cov[i, j]
    return new_mean, new_cov, loglik / weight


@njit(cache=True, nogil=True)
def _sweep(cov: FloatArray, seen: NDArray[np.bool_], out: FloatArray, column: FloatArray) -> float:
    """Sweep the answered items out of `cov`: answered block -inverse, cross block slopes, rest residual covariance.

    Writes `out` (k, k) and `column` (k,); returns the log determinant of the answered block.
    """
    k = cov.shape[0]
    logdet = 0.0
    for i in range(k):  # a loop, as an assignment of whole arrays takes seconds to compile
        for j in range(i + 1):
            out[i, j] = cov[i, j]
    for a in range(k):
        if not seen[a]:
            continue
        logdet += math.log(out[a, a])
        pivot = 1.0 / out[a, a]
        for i in range(a):
            column[i] = out[a, i]
        for i in range(a + 1, k):
            column[i] = out[i, a]
        column[a] = 0.0
        for i in range(k):
            factor = column[i] * pivot
            for j in range(i + 1):
                out[i, j] -= factor * column[j]
        for i in range(a):
            out[a, i] = column[i] * pivot
        for i in range(a + 1, k):
            out[i, a] = column[i] * pivot
        out[a, a] = -pivot
    for i in range(k):
        for j in range(i):
            out[j, i] = out[i, j]
    return logdet
