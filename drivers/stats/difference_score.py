"""How much of a difference of two scores is more than noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def difference_reliability(
    reliability_x: ArrayLike, reliability_y: ArrayLike, correlation: ArrayLike, sd_x: ArrayLike = 1.0,
    sd_y: ArrayLike = 1.0,
) -> FloatArray:
    """Return the reliability of x - y.

    Parameters
    ----------
    reliability_x, reliability_y : array_like
        Reliability of either score, 0 to 1.
    correlation : array_like
        Correlation of the two scores as observed.
    sd_x, sd_y : array_like
        Their standard deviations, equal by default.

    Returns
    -------
    ndarray
        ``(sx^2 rxx + sy^2 ryy - 2 r sx sy) / (sx^2 + sy^2 - 2 r sx sy)``; it can fall below 0 where the reliabilities
        and the correlation contradict each other, and is NaN where the difference does not vary.

    Notes
    -----
    The more two scores go together, the more of their difference is noise: .75 and .75 with a correlation of .5 give
    .50.

    References
    ----------
    .. [1] Peter, Churchill & Brown (1993). Journal of Consumer Research 19(4), 655-662. doi:10.1086/209329
    """
    sx, sy, r = (np.asarray(v, dtype=np.float64) for v in (sd_x, sd_y, correlation))
    shared = 2 * r * sx * sy
    whole = sx**2 + sy**2 - shared
    true = sx**2 * np.asarray(reliability_x) + sy**2 * np.asarray(reliability_y) - shared
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(whole > 1e-12 * (sx**2 + sy**2), true / whole, np.nan), dtype=np.float64)
