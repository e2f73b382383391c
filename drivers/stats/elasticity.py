"""Constant-elasticity aggregation: from drivers that make up for each other to the weakest one that decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from drivers.defaults import RHO_RANGE

FloatArray = NDArray[np.float64]

NEAR_ONE: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Elasticity:
    """``y = intercept + slope * (sum w_j x_j^rho)^(1/rho)`` at its optimum.

    ``rho`` with ``low``/``high`` from the profile of the likelihood; ``p_negative`` P(rho < 0) under a flat prior on
    `RHO_RANGE`; ``weights`` (p,) add up to 1; ``fitted`` (m,); ``jacobian`` (m, p + 1) derivatives of the mean in
    slope, log weights but the first, and rho; ``squares`` weighted sum of squared residuals; ``grid`` and
    ``profile`` (g,) log-likelihood, largest over the rest, at each rho.
    """

    rho: float
    low: float
    high: float
    p_negative: float
    intercept: float
    slope: float
    weights: FloatArray
    fitted: FloatArray
    jacobian: FloatArray
    squares: float
    grid: FloatArray
    profile: FloatArray


def power_mean(x: FloatArray, weights: FloatArray, rho: float) -> FloatArray:
    """Return weighted power means.

    Parameters
    ----------
    x : ndarray, shape (m, p)
        Positive.
    weights : ndarray, shape (p,)
        Add up to 1.
    rho : float
        1 the arithmetic mean, 0 the geometric, minus infinity the minimum.

    Returns
    -------
    ndarray, shape (m,)
        Between the smallest and the largest entry of each row.

    References
    ----------
    .. [1] Arrow, Chenery, Minhas & Solow (1961). Review of Economics and Statistics 43(3), 225-250.
       doi:10.2307/1927286
    """
    logs = np.log(x)
    if abs(rho) < NEAR_ONE:
        return np.asarray(np.exp(logs @ weights))
    powers = rho * logs
    top = powers.max(axis=1, keepdims=True)
    return np.asarray(np.exp((np.log(np.exp(powers - top) @ weights) + top[:, 0]) / rho))


def fit_elasticity(x: FloatArray, y: FloatArray, weight: FloatArray, level: float) -> Elasticity:
    """Fit rho, weights, slope and intercept by weighted least squares.

    Parameters
    ----------
    x : ndarray, shape (m, p)
        Positive driver values on one scale.
    y : ndarray, shape (m,)
        Outcome.
    weight : ndarray, shape (m,)
        Adds up to the respondents.
    level : float
        Level of the interval of rho.

    Returns
    -------
    Elasticity
        For every rho of a grid intercept and slope are solved for, weights searched from those of the neighbour.
    """
    p = x.shape[1]
    grid = np.unique(np.concatenate([np.linspace(RHO_RANGE[0], -3, 15), np.linspace(-3, RHO_RANGE[1], 57)]))
    start = int(np.argmin(np.abs(grid - 1.0)))
    squares, angles = np.full(len(grid), np.inf), np.zeros((len(grid), p - 1))
    for path in (range(start, len(grid)), range(start - 1, -1, -1)):
        before = angles[start] if path.start != start else _additive_angles(x, y, weight)
        for k in path:
            squares[k], before = _best_weights(x, y, weight, float(grid[k]), before)
            angles[k] = before
    n = float(weight.sum())
    profile = -0.5 * n * np.log(squares)
    best = int(np.argmax(profile))
    rho = _vertex(grid, profile, best)
    found, angle = _best_weights(x, y, weight, rho, angles[best])
    weights = _weights(angle)
    intercept, slope, fitted = _line(power_mean(x, weights, rho), y, weight)
    low, high = _interval(grid, profile, -0.5 * n * np.log(found), level)
    density = np.exp(profile - profile.max())
    width = np.gradient(grid)
    return Elasticity(
        rho=rho, low=low, high=high, p_negative=float((density * width)[grid < 0].sum() / (density * width).sum()),
        intercept=intercept, slope=slope, weights=weights, fitted=fitted,
        jacobian=_jacobian(x, y, weight, rho, angle), squares=found, grid=grid, profile=profile,
    )


def _weights(angle: FloatArray) -> FloatArray:
    """Return weights that are positive and add up to 1, from free numbers; the first is the measure of the others."""
    logs = np.append(0.0, angle)
    parts = np.exp(logs - logs.max())
    return np.asarray(parts / parts.sum())


def _additive_angles(x: FloatArray, y: FloatArray, weight: FloatArray) -> FloatArray:
    """Return the free numbers whose weights are as the slopes of a plain regression."""
    root = np.sqrt(weight)
    design = np.column_stack([np.ones(len(y)), x]) * root[:, None]
    slopes = np.linalg.lstsq(design, root * y, rcond=None)[0][1:]
    logs = np.log(np.maximum(slopes, 0.02 * max(float(np.abs(slopes).max()), 1e-9)))
    return np.asarray(logs[1:] - logs[0])


def _line(mean: FloatArray, y: FloatArray, weight: FloatArray) -> tuple[float, float, FloatArray]:
    """Return intercept, slope and fitted values of the weighted line of `y` on `mean`."""
    total = weight.sum()
    centre, middle = weight @ mean / total, weight @ y / total
    away = mean - centre
    slope = float(weight @ (away * (y - middle)) / max(float(weight @ away**2), 1e-300))
    return float(middle - slope * centre), slope, middle + slope * away


def _best_weights(
    x: FloatArray, y: FloatArray, weight: FloatArray, rho: float, start: FloatArray
) -> tuple[float, FloatArray]:
    """Return the loss and the free numbers of the best weights at one elasticity."""
    from scipy.optimize import least_squares

    root = np.sqrt(weight)

    def residual(angle: FloatArray) -> FloatArray:
        return np.asarray(root * (y - _line(power_mean(x, _weights(angle), rho), y, weight)[2]))

    if not len(start):
        return float((residual(start) ** 2).sum()), start
    found = least_squares(residual, np.clip(start, -6, 6), bounds=(-7, 7), xtol=1e-7, ftol=1e-9)
    return float(2 * found.cost), np.asarray(found.x)


def _vertex(grid: FloatArray, profile: FloatArray, best: int) -> float:
    """Return the top of the parabola through the best point of the profile and its neighbours."""
    if best in (0, len(grid) - 1):
        return float(grid[best])
    a, b, _ = np.polyfit(grid[best - 1 : best + 2] - grid[best], profile[best - 1 : best + 2], 2)
    return float(grid[best] + np.clip(-b / (2 * a), grid[best - 1] - grid[best], grid[best + 1] - grid[best]))


def _interval(grid: FloatArray, profile: FloatArray, top: float, level: float) -> tuple[float, float]:
    """Return where the profile falls by half the quantile of chi-squared (Wilks).

    Between points of the grid the root of the fall is taken to be linear, as it is where the profile is a parabola.
    """
    from scipy.special import chdtri

    root = np.sqrt(2 * np.maximum(max(top, float(profile.max())) - profile, 0.0))
    bound = float(np.sqrt(chdtri(1, 1 - level)))
    inside = np.flatnonzero(root <= bound)
    first, last = int(inside[0]), int(inside[-1])
    low, high = float(grid[first]), float(grid[last])
    if first > 0:
        low = float(np.interp(bound, root[[first, first - 1]], grid[[first, first - 1]]))
    if last < len(grid) - 1:
        high = float(np.interp(bound, root[[last, last + 1]], grid[[last, last + 1]]))
    return low, high


def _jacobian(x: FloatArray, y: FloatArray, weight: FloatArray, rho: float, angle: FloatArray) -> FloatArray:
    """Return derivatives of the mean, by central differences where they have no simple form."""
    slope = _line(power_mean(x, _weights(angle), rho), y, weight)[1]
    columns = [power_mean(x, _weights(angle), rho)]
    step = 1e-4
    for j in range(len(angle)):
        moved = [angle.copy(), angle.copy()]
        moved[0][j] += step
        moved[1][j] -= step
        up, down = (power_mean(x, _weights(each), rho) for each in moved)
        columns.append(slope * (up - down) / (2 * step))
    up, down = (power_mean(x, _weights(angle), rho + d) for d in (step, -step))
    columns.append(slope * (up - down) / (2 * step))
    return np.column_stack(columns)
