"""The response surface of an outcome over what was perceived and what was expected: its shape, read off five slopes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

TERMS: Final = ("b1", "b2", "b3", "b4", "b5")
"""Slopes of x, y, x^2, x*y and y^2."""

SHAPE: Final = np.array([
    [1.0, 1.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 1.0, 1.0, 1.0],
    [1.0, -1.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 1.0, -1.0, 1.0],
    [0.0, 0.0, 1.0, 0.0, -1.0],
])
"""a1..a5 (rows) as sums of b1..b5: slope and curvature along x = y, along x = -y, and b3 - b5."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Axes:
    """Where a surface is flat and how its ridge lies; arrays (...,), NaN where it is not defined.

    ``x0``, ``y0`` the stationary point; ``p10``, ``p11`` intercept and slope of the first principal axis, y = p10 +
    p11 x, along which the surface bends least downwards; ``p20``, ``p21`` of the second. ``determinant`` is
    4 b3 b5 - b4^2: near 0 the surface has no stationary point.
    """

    x0: FloatArray
    y0: FloatArray
    p10: FloatArray
    p11: FloatArray
    p20: FloatArray
    p21: FloatArray
    determinant: FloatArray


def surface_terms(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the columns (m, 5) x, y, x^2, x*y and y^2 of `x` and `y` (m,), both less the middle of their scale."""
    return np.column_stack([x, y, x * x, x * y, y * y])


def surface_axes(b: FloatArray) -> Axes:
    """Return stationary point and principal axes.

    Parameters
    ----------
    b : ndarray, shape (..., 5)
        Slopes b1..b5, in outcome units per point (b1, b2) and per squared point (b3, b4, b5).

    Returns
    -------
    Axes
        In points from the middle of the scale. Ratios of estimates: take them from draws, not from one estimate.

    References
    ----------
    .. [1] Edwards & Parry (1993). Academy of Management Journal 36(6), 1577-1613. doi:10.2307/256822
    """
    b1, b2, b3, b4, b5 = np.moveaxis(np.asarray(b, dtype=np.float64), -1, 0)
    determinant = 4 * b3 * b5 - b4**2
    with np.errstate(divide="ignore", invalid="ignore"):
        x0 = (b2 * b4 - 2 * b1 * b5) / determinant
        y0 = (b1 * b4 - 2 * b2 * b3) / determinant
        root = np.sqrt((b3 - b5) ** 2 + b4**2)
        first, second = (b5 - b3 + root) / b4, (b5 - b3 - root) / b4
    return Axes(
        x0=x0, y0=y0, p10=y0 - first * x0, p11=first, p20=y0 - second * x0, p21=second, determinant=determinant
    )
