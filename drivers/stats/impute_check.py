"""Whether chains of imputations have forgotten where they started: no trend is left in what they impute."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

FALSE_ALARM: Final = 0.001
"""Chance that settled chains are sent on for more sweeps."""

NO_MATTER: Final = 0.01
"""A trend below this many standard deviations of the item is let pass, however sure: with many chains or many gaps
almost any trend is sure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What is left of a trend.

    ``trend`` largest |t| of a trend, ``limit`` what settled chains keep below, ``moved`` largest trend in standard
    deviations; ``settled`` whether either is small enough for every statistic.
    """

    trend: float
    limit: float
    moved: float
    settled: bool


def check_settled(trace: FloatArray) -> Settled:
    """Compare the third quarter of the sweeps with the last, chain by chain.

    Parameters
    ----------
    trace : ndarray, shape (m, sweeps, ...)
        Statistics of each of m independent chains after every sweep; NaN where an item has no gaps.

    Returns
    -------
    Settled
        Chains are independent, so under stationarity the paired t statistics over chains have m - 1 degrees of
        freedom; the limit allows for the number of statistics looked at (Bonferroni).

    Notes
    -----
    Means of imputed answers and their products with the outcome are what slopes and shares are made of, so they
    are what is watched (Oberman, van Buuren & Vink 2021, arXiv:2110.11951, find means alone slow to tell).
    """
    from scipy.special import stdtrit  # scipy.stats would take a second of processor time to load

    m, sweeps = trace.shape[:2]
    quarter = max(1, sweeps // 4)
    last = trace[:, sweeps - quarter :].mean(axis=1)
    before = trace[:, max(0, sweeps - 2 * quarter) : sweeps - quarter].mean(axis=1)
    change = (last - before).reshape(m, -1)
    change = change[:, np.isfinite(change).all(axis=0)]
    if m < 2 or sweeps < 2 or not change.size:
        return Settled(trend=0.0, limit=np.inf, moved=0.0, settled=True)
    mean, spread = change.mean(axis=0), change.std(axis=0, ddof=1) / np.sqrt(m)
    trend = np.abs(np.divide(mean, spread, out=np.zeros_like(mean), where=spread > 0))
    limit = float(stdtrit(m - 1, 1 - FALSE_ALARM / (2 * len(mean))))
    return Settled(
        trend=float(trend.max()), limit=limit, moved=float(np.abs(mean).max()),
        settled=not ((trend > limit) & (np.abs(mean) > NO_MATTER)).any(),
    )
