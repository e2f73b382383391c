"""Log-likelihoods of segments that differ in slopes, level and spread, with their gradients: compiled, from counts.

A flat model has one segment, a hierarchical one has several, a tracker has waves for segments.
"""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from drivers.stats.cumulative import IntArray, Link
from drivers.stats.cumulative_batch import FLOOR, _tail, driver_patterns
from drivers.stats.cumulative_newton import pdf

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SegmentPatterns:
    """``x`` (P, p) driver patterns, ``segment`` (P,) of each, ``count`` (P, q+1) weight of each outcome category."""

    x: FloatArray
    segment: IntArray
    count: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gradient:
    """Derivatives in ``slopes`` (H, p), ``shift`` (H,), ``cuts`` (q,), and ``log_sd`` (H,) of the latent error."""

    slopes: FloatArray
    shift: FloatArray
    cuts: FloatArray
    log_sd: FloatArray


def segment_patterns(x: FloatArray, y: IntArray, segment: IntArray, weight: FloatArray, q: int) -> SegmentPatterns:
    """Gather cells with the same drivers and segment.

    Parameters
    ----------
    x : ndarray, shape (m, p)
        Drivers, one row per cell.
    y : ndarray of int, shape (m,)
        Outcome category 0..q.
    segment : ndarray of int, shape (m,)
        Segment of each cell, from 0.
    weight : ndarray, shape (m,)
        Weight of each cell.
    q : int
        Number of thresholds.

    Returns
    -------
    SegmentPatterns
        Sorted by segment.
    """
    found = driver_patterns(np.column_stack([segment.astype(np.float64), x]), y, weight, q)
    return SegmentPatterns(
        x=np.ascontiguousarray(found.x[:, 1:]), segment=found.x[:, 0].astype(np.intp), count=found.count
    )


def cumulative_segments(
    patterns: SegmentPatterns, slopes: FloatArray, shift: FloatArray, cuts: FloatArray, link: Link,
    log_sd: FloatArray | None = None,
) -> tuple[float, Gradient]:
    """Return the log-likelihood of ``P(y <= k) = F((cut_k - shift_h - x'b_h) / sd_h)`` and its gradient.

    Parameters
    ----------
    patterns : SegmentPatterns
        Drivers, segments and counts.
    slopes : ndarray, shape (H, p)
        Latent units per driver point in each segment.
    shift : ndarray, shape (H,)
        Latent level of each segment.
    cuts : ndarray, shape (q,)
        Increasing thresholds, those of all segments.
    link : {"logit", "probit"}
        The distribution F.
    log_sd : ndarray, shape (H,), optional
        Logarithm of each segment's latent spread; 0 otherwise.

    Returns
    -------
    value : float
        Without multinomial coefficients.
    gradient : Gradient
        In every argument.
    """
    spread = np.zeros(len(shift)) if log_sd is None else log_sd
    out = Gradient(
        slopes=np.zeros(slopes.shape), shift=np.zeros(len(shift)), cuts=np.zeros(len(cuts)),
        log_sd=np.zeros(len(shift)),
    )
    value = _cumulative(
        patterns.x, patterns.segment, patterns.count, np.ascontiguousarray(slopes), shift, np.ascontiguousarray(cuts),
        spread, link == "probit", out.slopes, out.shift, out.cuts, out.log_sd,
    )
    return float(value), out


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SegmentSquares:
    """``squares`` (H, p+2, p+2) sums of squares and products of (drivers, 1, outcome) in each segment; ``n`` (H,)."""

    squares: FloatArray
    n: FloatArray


def segment_squares(values: FloatArray, segment: IntArray, weight: FloatArray) -> SegmentSquares:
    """Sum squares and products by segment.

    Parameters
    ----------
    values : ndarray, shape (m, p + 1)
        Drivers and outcome, one row per cell.
    segment : ndarray of int, shape (m,)
        Segment of each cell, from 0.
    weight : ndarray, shape (m,)
        Weight of each cell.

    Returns
    -------
    SegmentSquares
        All a Gaussian model needs.
    """
    rows = np.column_stack([values[:, :-1], np.ones(len(values)), values[:, -1]])
    groups = range(int(segment.max()) + 1)
    inside = [segment == h for h in groups]
    return SegmentSquares(
        squares=np.array([(rows[at] * weight[at, None]).T @ rows[at] for at in inside]),
        n=np.array([weight[at].sum() for at in inside]),
    )


def gaussian_segments(
    data: SegmentSquares, slopes: FloatArray, level: FloatArray, log_sd: FloatArray
) -> tuple[float, FloatArray, FloatArray, FloatArray]:
    """Return the log-likelihood of ``y = level_h + x'b_h + sd_h e`` and its gradient.

    Parameters
    ----------
    data : SegmentSquares
        Sums of squares and products.
    slopes : ndarray, shape (H, p)
        Outcome points per driver point in each segment.
    level : ndarray, shape (H,)
        Outcome of each segment where drivers are 0.
    log_sd : ndarray, shape (H,)
        Logarithm of the residual spread of each segment.

    Returns
    -------
    value : float
        Log density of all answers.
    slopes : ndarray, shape (H, p)
        Derivative in the slopes.
    level : ndarray, shape (H,)
        Derivative in the levels.
    log_sd : ndarray, shape (H,)
        Derivative in the logarithms of the spread.
    """
    v = np.column_stack([-slopes, -level, np.ones(len(level))])
    across = np.einsum("hij,hj->hi", data.squares, v)
    precision = np.exp(-2 * log_sd)
    residual = np.einsum("hi,hi->h", v, across) * precision
    value = -float((data.n * (0.5 * math.log(2 * math.pi) + log_sd) + 0.5 * residual).sum())
    pull = across[:, :-1] * precision[:, None]
    return value, pull[:, :-1], pull[:, -1], residual - data.n


@njit(cache=True, nogil=True, error_model="numpy")
def _cumulative(
    x: FloatArray, segment: IntArray, count: FloatArray, slopes: FloatArray, shift: FloatArray, cuts: FloatArray,
    log_sd: FloatArray, probit: bool, d_slopes: FloatArray, d_shift: FloatArray, d_cuts: FloatArray,
    d_log_sd: FloatArray,
) -> float:
    """Return the log-likelihood of cumulative models by segment, and add to its derivatives."""
    patterns, p = x.shape
    q = count.shape[1] - 1
    u, tail, density = np.empty(q), np.empty(q), np.empty(q)
    value = 0.0
    for c in range(patterns):
        h = segment[c]
        inverse = math.exp(-log_sd[h])
        eta = shift[h]
        for j in range(p):
            eta += x[c, j] * slopes[h, j]
        for k in range(q):
            if count[c, k] == 0.0 and count[c, k + 1] == 0.0:
                continue
            u[k] = (cuts[k] - eta) * inverse
            tail[k] = _tail(u[k], probit)
            density[k] = pdf(u[k], probit)
        pull, stretch = 0.0, 0.0
        for k in range(q + 1):
            n = count[c, k]
            if n == 0.0:
                continue
            if k == 0:
                chance = tail[0] if u[0] < 0 else 1.0 - tail[0]
            elif k == q:
                chance = tail[q - 1] if u[q - 1] > 0 else 1.0 - tail[q - 1]
            elif u[k - 1] > 0:  # differences are taken in the tail where both are small
                chance = tail[k - 1] - tail[k]
            elif u[k] < 0:
                chance = tail[k] - tail[k - 1]
            else:
                chance = 1.0 - tail[k - 1] - tail[k]
            chance = max(chance, FLOOR)
            value += n * math.log(chance)
            if k < q:
                g = n * density[k] / chance
                d_cuts[k] += g * inverse
                pull -= g
                stretch -= g * u[k]
            if k > 0:
                g = n * density[k - 1] / chance
                d_cuts[k - 1] -= g * inverse
                pull += g
                stretch += g * u[k - 1]
        pull *= inverse
        d_shift[h] += pull
        d_log_sd[h] += stretch
        for j in range(p):
            d_slopes[h, j] += pull * x[c, j]
    return value
