"""Weights on given points that have wished averages, as even as that allows (maximum entropy)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

SOFT = 1e-7
"""Ridge on the multipliers, in squares of standard units: averages no weights can have are met as nearly as can be."""

STEPS = 60
"""Newton steps at most; some ten are usual."""

NEAR = 1e-11
"""Largest gradient, in standard units, at which the search ends."""

MOST_AT_ONCE = 1.0
"""Longest step of a tilt, per standard deviation of the points."""


def tilted_weights(features: FloatArray, targets: FloatArray, base: FloatArray) -> FloatArray:
    """Tilt base weights so that features average what they should, changing them as little as possible.

    Parameters
    ----------
    features : ndarray, shape (N, f)
        Of every point.
    targets : ndarray, shape (f,)
        Wished weighted averages.
    base : ndarray, shape (N,)
        Weights to start from, none negative.

    Returns
    -------
    ndarray, shape (N,)
        ``base exp(features multipliers)``, scaled to add up to 1: of all weights with those averages the nearest to
        ``base`` in Kullback-Leibler divergence. With indicators and products of a full grid it is a log-linear model
        with those marginal tables and moments. Targets that cannot be met exactly are met nearly.

    References
    ----------
    .. [1] Csiszar (1975). I-divergence geometry of probability distributions and minimization problems. Annals of
       Probability 3(1), 146-158. doi:10.1214/aop/1176996454
    .. [2] Hainmueller (2012). Entropy balancing for causal effects. Political Analysis 20(1), 25-46.
       doi:10.1093/pan/mpr025
    """
    share = base / base.sum()
    centre = share @ features
    spread = np.sqrt(share @ (features - centre) ** 2)
    usable = spread > 0
    scaled = (features[:, usable] - centre[usable]) / spread[usable]
    goal = (targets[usable] - centre[usable]) / spread[usable]
    along = np.zeros(int(usable.sum()))
    value, weights = _dual(scaled, goal, share, along)
    for _ in range(STEPS):
        gradient = goal - weights @ scaled - SOFT * along
        if np.abs(gradient).max(initial=0.0) < NEAR:
            break
        centred = scaled - weights @ scaled
        bent = centred.T @ (weights[:, None] * centred) + SOFT * np.eye(len(along))
        step, size = np.linalg.solve(bent, gradient), 1.0
        while True:
            tried = along + size * step
            new_value, new_weights = _dual(scaled, goal, share, tried)
            if new_value <= value + 1e-14 or size < 1e-6:
                break
            size /= 2
        along, value, weights = tried, new_value, new_weights
    return weights


def _dual(scaled: FloatArray, goal: FloatArray, share: FloatArray, along: FloatArray) -> tuple[float, FloatArray]:
    """Return what is minimised over the multipliers, and the weights (N,) there."""
    reach = scaled @ along
    top = reach.max(initial=0.0)
    lifted = share * np.exp(reach - top)
    total = lifted.sum()
    return float(top + np.log(total) - goal @ along + 0.5 * SOFT * along @ along), lifted / total


def mean_tilts(points: FloatArray, weights: FloatArray, shifts: FloatArray) -> FloatArray:
    """Return by how much to tilt weights, in many draws, for the means of points to shift a little.

    Parameters
    ----------
    points : ndarray, shape (N, p)
        Points.
    weights : ndarray, shape (N,)
        Their weights, adding up to 1.
    shifts : ndarray, shape (s, p)
        Wished shifts of the weighted means, small beside the spread of the points.

    Returns
    -------
    ndarray, shape (s, p)
        Tilts t: ``weights exp((points - mean) t)`` has means so shifted, to 1e-9 where that can be; 0 along axes on
        which all weight lies at one point, where nothing can.

    References
    ----------
    .. [1] Deville & Sarndal (1992). Calibration estimators in survey sampling. JASA 87(418), 376-382.
       doi:10.1080/01621459.1992.10475217
    """
    points, weights = points[weights > 0], weights[weights > 0]
    centred = points - weights @ points
    variance = weights @ centred**2
    fixed = variance < 1e-12
    centred[:, fixed] = 0.0
    products = (centred[:, :, None] * centred[:, None, :]).reshape(len(points), -1)
    longest = np.where(fixed, 0.0, MOST_AT_ONCE / np.sqrt(np.where(fixed, 1.0, variance)))
    ridge = np.diag(np.where(fixed, 1.0, SOFT * variance))
    tilt = np.zeros_like(shifts)
    for _ in range(12):
        reach = tilt @ centred.T
        lifted = weights * np.exp(reach - reach.max(axis=1, keepdims=True))
        lifted /= lifted.sum(axis=1, keepdims=True)
        means = lifted @ centred
        left = shifts - means
        if np.abs(left).max(initial=0.0) < 1e-9:
            break
        spread = (lifted @ products).reshape(len(shifts), points.shape[1], -1) - means[:, :, None] * means[:, None, :]
        step = np.linalg.solve(spread + ridge, left[:, :, None])[:, :, 0]
        tilt = tilt + np.clip(step, -longest, longest)
    return tilt
