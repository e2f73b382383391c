"""Cumulative models whose slopes and levels vary by segment: log posterior and gradient in one compiled pass.

The parts are those of `drivers.stats.correlated_effects`, `drivers.stats.segment_density` and
`drivers.stats.quick_prior`; called one by one from Python they take three times as long with few answers.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from drivers.stats.correlated_effects import _pull, _value
from drivers.stats.cumulative import IntArray
from drivers.stats.quick_prior import _ordered, _prior
from drivers.stats.quick_prior import _pull as _pull_ordered
from drivers.stats.segment_density import _cumulative

FloatArray = NDArray[np.float64]


@njit(cache=True, nogil=True, error_model="numpy")
def cumulative_hierarchy(
    phi: FloatArray, x: FloatArray, segment: IntArray, count: FloatArray, probit: bool, anchor: int,
    location: FloatArray, scale: FloatArray, df: FloatArray, effects: int, member: IntArray,
    bases: tuple[FloatArray, ...], information: tuple[FloatArray, ...], told: tuple[FloatArray, ...], spread: float,
    level_spread: float, eta: float, out: FloatArray,
) -> float:
    """Write the gradient of the log posterior, and return the latter up to constants.

    Parameters
    ----------
    phi : ndarray, shape (t,)
        Slopes (p,); thresholds (q,), the one numbered `anchor` as it is and the others as log distances; effects of
        each factor as in `EffectsShape`.
    x : ndarray, shape (P, p)
        Driver patterns.
    segment : ndarray of int, shape (P,)
        Segment of each.
    count : ndarray, shape (P, q + 1)
        Weight of each category.
    probit : bool
        Probit or logit.
    anchor : int
        Threshold that stands for itself.
    location, scale, df : ndarray, shape (p + q,)
        Priors of slopes and thresholds: normal where `df` is infinite.
    effects : int
        The first r slopes have effects.
    member : ndarray of int, shape (F, H)
        Group of every segment, by factor.
    bases, information, told : tuple of ndarray
        Of each factor: `EffectsShape.basis()` and `EffectsShape.told()`.
    spread, level_spread, eta : float
        Priors, as in `effects_value`.
    out : ndarray, shape (t,)
        Gradient, written.

    Returns
    -------
    float
        Log density without the constants of `QuickPrior` and `effects_constant`, and of the thresholds' order.
    """
    p, q, segments = x.shape[1], count.shape[1] - 1, member.shape[1]
    flat = p + q
    theta, inner = np.empty(flat), np.empty(flat)
    _ordered(phi[:flat], p, anchor, theta)
    value = _prior(location, scale, df, theta, inner)
    for i in range(phi.size):
        out[i] = 0.0
    slopes, shift = np.empty((segments, p)), np.zeros(segments)
    for h in range(segments):
        for j in range(p):
            slopes[h, j] = theta[j]
    value += _forward(
        phi[flat:], effects, member, bases, information, told, spread, level_spread, eta, slopes, shift, out[flat:]
    )
    d_slopes, d_shift, d_cuts = np.zeros((segments, p)), np.zeros(segments), np.zeros(q)
    value += _cumulative(
        x, segment, count, slopes, shift, theta[p:], np.zeros(segments), probit, d_slopes, d_shift, d_cuts,
        np.zeros(segments),
    )
    for h in range(segments):
        for j in range(p):
            inner[j] += d_slopes[h, j]
    for k in range(q):
        inner[p + k] += d_cuts[k]
        if k != anchor:
            value += phi[p + k]
    _pull_ordered(phi[:flat], p, anchor, inner, out[:flat])
    _backward(phi[flat:], effects, member, bases, information, told, d_slopes, d_shift, out[flat:])
    return float(value)


@njit(cache=True, nogil=True, error_model="numpy")
def _forward(
    phi: FloatArray, r: int, member: IntArray, bases: tuple[FloatArray, ...], information: tuple[FloatArray, ...],
    told: tuple[FloatArray, ...], spread: float, level_spread: float, eta: float, slopes: FloatArray,
    shift: FloatArray, own: FloatArray,
) -> float:
    """Add effects to slopes (H, p) and levels (H,), and the gradient of their log density to `own`; return that."""
    at, value = 0, 0.0
    for f in range(len(bases)):
        g = bases[f].shape[0]
        size = r + r * (r - 1) // 2 + (g - 1) * (r + 1) + 1
        effect, level = np.empty((g, r)), np.empty(g)
        value += _value(
            phi[at : at + size], r, g, bases[f], information[f], told[f], spread, level_spread, eta, effect, level,
            own[at : at + size],
        )
        for h in range(member.shape[1]):
            for j in range(r):
                slopes[h, j] += effect[member[f, h], j]
            shift[h] += level[member[f, h]]
        at += size
    return float(value)


@njit(cache=True, nogil=True, error_model="numpy")
def _backward(
    phi: FloatArray, r: int, member: IntArray, bases: tuple[FloatArray, ...], information: tuple[FloatArray, ...],
    told: tuple[FloatArray, ...], d_slopes: FloatArray, d_shift: FloatArray, own: FloatArray,
) -> None:
    """Add to `own` the gradient in coordinates of what has these derivatives in slopes (H, p) and levels (H,)."""
    at = 0
    for f in range(len(bases)):
        g = bases[f].shape[0]
        size = r + r * (r - 1) // 2 + (g - 1) * (r + 1) + 1
        d_rows, d_level = np.zeros((g - 1, r)), np.zeros(g - 1)
        for h in range(member.shape[1]):
            group = member[f, h]
            for row in range(g - 1):
                for j in range(r):
                    d_rows[row, j] += bases[f][group, row] * d_slopes[h, j]
                d_level[row] += bases[f][group, row] * d_shift[h]
        _pull(phi[at : at + size], r, g, information[f], told[f], d_rows, d_level, own[at : at + size])
        at += size
