"""Bias-corrected percentile intervals, for a number that resampling pushes to one side."""

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

FURTHEST = 1.0
"""The correction moves both ends by at most twice this many standard deviations."""


def bias_corrected(estimate: float, draws: FloatArray, level: float) -> tuple[float, float]:
    """Return the bias-corrected percentile interval (BC) of a number.

    Parameters
    ----------
    estimate : float
        The number, from the sample.
    draws : ndarray, shape (S,)
        The number, from resamples.
    level : float
        Level, between 0 and 1.

    Returns
    -------
    low, high : float
        Percentiles at ``Phi(2 z0 -/+ z)``, z0 being the normal quantile of the part of draws below the estimate: where
        resamples run too high, lower percentiles are taken. The interval never leaves the estimate out.

    Notes
    -----
    Kept for numbers with a bias of a fifth of their standard error and more, such as R2 (see the coverage table in
    ``benchmarks``). It is no better than plain percentiles for shares of R2, and worse for those near 0.

    References
    ----------
    .. [1] Efron & Tibshirani (1986). Statistical Science 1(1), 54-75. doi:10.1214/ss/1177013815
    """
    normal = NormalDist()
    below = ((draws < estimate).mean() + (draws <= estimate).mean()) / 2
    shift = normal.inv_cdf(min(max(float(below), normal.cdf(-FURTHEST)), normal.cdf(FURTHEST)))
    reach = normal.inv_cdf((1 + level) / 2)
    low, high = np.quantile(draws, [normal.cdf(2 * shift - reach), normal.cdf(2 * shift + reach)])
    return min(float(low), estimate), max(float(high), estimate)
