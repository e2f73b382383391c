"""How each cell pulls on the maximum-likelihood mean and covariance: scores, information, and one-step draws."""

from collections.abc import Iterator

import numpy as np
from numba import njit
from numpy.typing import NDArray

from drivers.stats.em import EmResult, _sweep
from drivers.stats.moments import unit_sums

FloatArray = NDArray[np.float64]


def em_influence(values: FloatArray, result: EmResult) -> tuple[FloatArray, FloatArray]:
    """Return the influence of one unit of weight in each cell on mean and covariance, and their inverse information.

    Parameters
    ----------
    values : ndarray, shape (m, k)
        The cells `result` was estimated from, NaN where there is no answer.
    result : EmResult
        Maximum-likelihood moments.

    Returns
    -------
    influence : ndarray, shape (m, q), q = k + k(k+1)/2
        First the means, then the upper triangle of the covariance row by row (`numpy.triu_indices`). To first order
        the estimate moves by ``influence[c] * dw`` when cell c gains weight dw. The weighted sum over cells is 0.
    inverse : ndarray, shape (q, q)
        Inverse of the observed information, each unit of weight counting as one respondent.

    Notes
    -----
    The observed information is used, not the expected one, which would be right only for answers missing completely
    at random (Kenward & Molenberghs 1998, Statistical Science 13(3), 236-247. doi:10.1214/ss/1028905886).
    """
    mean, cov = result.moments.mean, result.moments.cov
    seen, row = result.patterns.seen, result.patterns.row
    scores = _scores(values, np.argsort(row, kind="stable"), row, seen, mean, cov)
    inverse = em_inverse(result)
    return scores @ inverse, inverse


def em_inverse(result: EmResult) -> FloatArray:
    """Return the inverse (q, q) of the observed information at `result`, as `em_influence` has it."""
    seen, total, p_mean, p_cov, _ = result.patterns
    return np.linalg.inv(_information(seen, total, p_mean, p_cov, result.moments.mean, result.moments.cov))


def em_draws(
    result: EmResult,
    influence: FloatArray,
    weight: FloatArray,
    unit: NDArray[np.intp],
    n_units: int,
    multipliers: Iterator[FloatArray],
) -> tuple[FloatArray, FloatArray]:
    """Return mean and covariance under every reweighting, moved one step from the full-sample estimate.

    Parameters
    ----------
    result : EmResult
        Maximum-likelihood moments of the full sample.
    influence : ndarray, shape (m, q)
        From `em_influence`.
    weight : ndarray, shape (m,)
        Weight of each cell.
    unit, n_units : ndarray of int (m,), int
        The resampling unit of each cell, and how many there are (G).
    multipliers : iterator of ndarray, shape (s, G)
        Blocks of multipliers, one row per draw, mean 1.

    Returns
    -------
    means : ndarray, shape (S, k)
        In the units of the items.
    covs : ndarray, shape (S, k, k)
        Not positive definite when a step was too long for a small sample; the caller counts such draws.

    References
    ----------
    .. [1] Hu & Kalbfleisch (2000). The estimating function bootstrap. Canadian Journal of Statistics 28(3), 449-481.
       doi:10.2307/3315958
    """
    mean, cov = result.moments.mean, result.moments.cov
    k = len(mean)
    rows, cols = np.triu_indices(k)
    sums = unit_sums(influence, weight, unit, n_units)
    loads = np.bincount(unit, weights=weight, minlength=n_units)
    means, covs = [], []
    for block in multipliers:
        scale = loads.sum() / (block @ loads)
        step = (block @ sums) * scale[:, None]
        drawn = np.empty((len(block), k, k))
        drawn[:, rows, cols] = cov[rows, cols] + step[:, k:]
        drawn[:, cols, rows] = drawn[:, rows, cols]
        means.append(mean + step[:, :k])
        covs.append(drawn)
    return np.concatenate(means), np.concatenate(covs)


@njit(cache=True, nogil=True)
def _answered_inverse(
    cov: FloatArray, seen: NDArray[np.bool_], work: FloatArray, column: FloatArray, out: FloatArray
) -> None:
    """Write the inverse of the answered block of `cov` into `out`, zeros elsewhere; `work`, `column` are scratch."""
    _sweep(cov, seen, work, column)
    k = cov.shape[0]
    for i in range(k):
        for j in range(k):
            out[i, j] = -work[i, j] if seen[i] and seen[j] else 0.0


@njit(cache=True, nogil=True)
def _scores(
    values: FloatArray,
    order: NDArray[np.intp],
    row: NDArray[np.intp],
    seen: NDArray[np.bool_],
    mean: FloatArray,
    cov: FloatArray,
) -> FloatArray:
    """Scores of every cell, visited in `order` of their patterns, `row`, so that each is inverted once."""
    m, k = values.shape
    out = np.zeros((m, k + k * (k + 1) // 2))
    inverse, work, column, a = np.empty((k, k)), np.empty((k, k)), np.empty(k), np.empty(k)
    last = -1
    for c in order:
        p = row[c]
        if p < 0:
            continue
        if p != last:
            _answered_inverse(cov, seen[p], work, column, inverse)
            last = p
        for i in range(k):
            value = 0.0
            for j in range(k):
                if seen[p, j]:
                    value += inverse[i, j] * (values[c, j] - mean[j])
            a[i] = value
            out[c, i] = value
        q = k
        for i in range(k):
            if not seen[p, i]:
                q += k - i
                continue
            for j in range(i, k):
                half = 0.5 if i == j else 1.0
                out[c, q] = half * (a[i] * a[j] - inverse[i, j])
                q += 1
    return out


@njit(cache=True, nogil=True)
def _information(
    seen: NDArray[np.bool_], total: FloatArray, p_mean: FloatArray, p_cov: FloatArray, mean: FloatArray, cov: FloatArray
) -> FloatArray:
    """Observed information of (mean, upper triangle of cov), summed over patterns."""
    k = mean.size
    size = k + k * (k + 1) // 2
    info = np.zeros((size, size))
    inverse, work, column = np.empty((k, k)), np.empty((k, k)), np.empty(k)
    a, second, half = np.empty(k), np.empty((k, k)), np.empty((k, k))
    for p in range(total.size):
        w = total[p]
        _answered_inverse(cov, seen[p], work, column, inverse)
        for i in range(k):
            a[i] = 0.0
            for j in range(k):
                if seen[p, j]:
                    a[i] += inverse[i, j] * (p_mean[p, j] - mean[j])
                half[i, j] = 0.0
                for b in range(k):
                    half[i, j] += inverse[i, b] * p_cov[p, b, j]
        for i in range(k):
            for j in range(k):
                value = a[i] * a[j]
                for b in range(k):
                    value += half[i, b] * inverse[b, j]
                second[i, j] = value  # mean over the pattern of aa', a = inverse (x - mean)
        for i in range(k):
            for j in range(k):
                info[i, j] += w * inverse[i, j]
        q = k - 1
        for r in range(k):
            for s in range(r, k):
                q += 1
                if not (seen[p, r] and seen[p, s]):
                    continue
                # how a and (aa' - inverse)/2 move when cov[r, s] moves (both triangles together)
                for i in range(k):
                    moved = inverse[i, r] * a[s]
                    if r != s:
                        moved += inverse[i, s] * a[r]
                    info[i, q] += w * moved
                t = q - 1
                for i in range(r, k):
                    first = s if i == r else i
                    if not seen[p, i]:
                        t += k - first
                        continue
                    for j in range(first, k):
                        t += 1
                        pep = inverse[i, r] * inverse[s, j]
                        cross = inverse[i, r] * second[s, j] + second[i, r] * inverse[s, j]
                        if r != s:
                            pep += inverse[i, s] * inverse[r, j]
                            cross += inverse[i, s] * second[r, j] + second[i, s] * inverse[r, j]
                        factor = 0.5 if i == j else 1.0
                        info[q, t] += w * factor * (cross - pep)
    for q in range(size):
        for t in range(q + 1, size):
            info[t, q] = info[q, t]
    return info
