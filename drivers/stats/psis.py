"""Pareto-smoothed importance weights: steady weights, and a number that says when not to trust them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

FEWEST_IN_TAIL = 5
"""With fewer weights than this in the tail nothing can be fitted to it."""

TINY = float(np.finfo(np.float64).tiny)

SAME = 1e-15
"""Weights that differ by less than this part of the largest are the same."""

PRIOR_WEIGHT, PRIOR_K = 10.0, 0.5
"""The shape k is drawn towards 0.5 as if ten more weights had said so."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Smoothed:
    """``log_weight`` (s,) normalised so that weights add up to 1, their ``pareto_k``, and ``ess``, 1 / sum of squares.

    ``pareto_k`` is the shape of the weights' tail: below 0.5 their variance is finite and estimates settle as with
    independent draws; above 0.7 no practical number of draws is enough.
    """

    log_weight: FloatArray
    pareto_k: float
    ess: float


def smooth_weights(log_ratio: FloatArray) -> Smoothed:
    """Smooth the largest importance ratios by the order statistics of the Pareto distribution fitted to them.

    Parameters
    ----------
    log_ratio : ndarray, shape (s,)
        Log of target density over proposal density, each up to a constant; minus infinity where the target is 0.

    Returns
    -------
    Smoothed
        ``pareto_k`` is infinite when fewer than 5 weights would make up the tail, and 0 when all are the same.

    References
    ----------
    .. [1] Vehtari, Simpson, Gelman, Yao & Gabry (2024). Pareto smoothed importance sampling. Journal of Machine
       Learning Research 25(72), 1-58.
    .. [2] Zhang & Stephens (2009). A new and efficient estimation method for the generalized Pareto distribution.
       Technometrics 51(3), 316-325. doi:10.1198/tech.2009.08017
    """
    s = len(log_ratio)
    log_weight = log_ratio - log_ratio.max()
    tail = int(np.ceil(min(0.2 * s, 3 * np.sqrt(s))))
    k = np.inf
    if tail >= FEWEST_IN_TAIL:
        order = np.argsort(log_weight, kind="stable")
        where = order[-tail:]
        cutoff = max(float(np.exp(log_weight[order[-tail - 1]])), TINY)
        beyond = np.exp(log_weight[where]) - cutoff
        if beyond[-1] > SAME:
            k, sigma = fit_pareto(np.maximum(beyond, TINY))
            quantile = _pareto_quantile((np.arange(tail) + 0.5) / tail, k, sigma)
            log_weight[where] = np.minimum(np.log(quantile + cutoff), 0.0)  # none above the largest that was seen
        else:
            k = 0.0  # target and proposal are the same
    log_weight = log_weight - np.log(np.exp(log_weight).sum())
    return Smoothed(log_weight=log_weight, pareto_k=float(k), ess=float(1 / np.exp(2 * log_weight).sum()))


def fit_pareto(beyond: FloatArray) -> tuple[float, float]:
    """Fit the generalised Pareto distribution by the quasi-Bayes estimator of Zhang and Stephens.

    Parameters
    ----------
    beyond : ndarray, shape (t,)
        Positive exceedances, increasing.

    Returns
    -------
    k : float
        Shape, drawn slightly towards 0.5; negative when the tail ends.
    sigma : float
        Scale, in the units of `beyond`.
    """
    t = len(beyond)
    grid = np.arange(30 + int(np.sqrt(t))) + 0.5
    rate = 1 / beyond[-1] + (1 - np.sqrt(len(grid) / grid)) / (3 * beyond[int(t / 4 + 0.5) - 1])
    shape = np.log1p(-rate[:, None] * beyond).mean(axis=1)
    profile = t * (np.log(-rate / shape) - shape - 1)
    chance = np.exp(profile - profile.max())
    best = float(rate @ chance / chance.sum())
    k = float(np.log1p(-best * beyond).mean())
    return (k * t + PRIOR_K * PRIOR_WEIGHT) / (t + PRIOR_WEIGHT), -k / best


def _pareto_quantile(chance: FloatArray, k: float, sigma: float) -> FloatArray:
    """Return quantiles of the generalised Pareto distribution."""
    if abs(k) < 1e-12:
        return -sigma * np.log1p(-chance)
    return np.asarray(sigma * np.expm1(-k * np.log1p(-chance)) / k)
