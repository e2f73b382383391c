"""Power scaling: how far a posterior moves when its prior, or its likelihood, counts for a little more or less."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drivers.stats.psis import smooth_weights

FloatArray = NDArray[np.float64]

STEP = 0.01
"""The powers tried are 1 / (1 + STEP) and 1 + STEP: close enough to 1 for importance weights to serve."""


def power_weights(log_part: FloatArray, alpha: float) -> FloatArray:
    """Return the weights that turn draws of a posterior into draws of one with a part of it raised to a power.

    Parameters
    ----------
    log_part : ndarray, shape (s,)
        Log density of the part (prior or likelihood) at every draw, up to a constant.
    alpha : float
        The power, above 0.

    Returns
    -------
    ndarray, shape (s,)
        ``part ** (alpha - 1)``, Pareto-smoothed, adding up to 1.
    """
    return np.asarray(np.exp(smooth_weights((alpha - 1) * log_part).log_weight))


def cjs_distance(values: FloatArray, weight: FloatArray) -> float:
    """Return the normalised cumulative Jensen-Shannon distance between draws and the same draws weighted.

    Parameters
    ----------
    values : ndarray, shape (s,)
        Draws of one quantity.
    weight : ndarray, shape (s,)
        Weights that add up to 1.

    Returns
    -------
    float
        Between 0 (the same) and 1; the larger one of the values and of the values with the sign turned.

    References
    ----------
    .. [1] Nguyen & Vreeken (2015). Non-parametric Jensen-Shannon divergence. ECML PKDD, 173-189.
       doi:10.1007/978-3-319-23525-7_11
    """
    return max(_one_side(values, weight), _one_side(-values, weight))


def power_sensitivity(values: FloatArray, log_part: FloatArray, step: float = STEP) -> FloatArray:
    """Return how fast the distributions of quantities move with the power of a part of their posterior.

    Parameters
    ----------
    values : ndarray, shape (s, k)
        Draws of k quantities.
    log_part : ndarray, shape (s,)
        Log prior, or log likelihood, at every draw, up to a constant.
    step : float
        The powers tried are 1 / (1 + step) and 1 + step.

    Returns
    -------
    ndarray, shape (k,)
        Distance per doubling of the power, the average of both directions; 0 where the part is constant. In a normal
        posterior 0.05 is a mean that moves by about a quarter of the standard deviation when the power doubles.

    References
    ----------
    .. [1] Kallioinen, Paananen, Buerkner & Vehtari (2024). Detecting and diagnosing prior and likelihood sensitivity
       with power-scaling. Statistics and Computing 34, 57. doi:10.1007/s11222-023-10366-5
    """
    if np.ptp(log_part) < 1e-12:
        return np.zeros(values.shape[1])
    up, down = power_weights(log_part, 1 + step), power_weights(log_part, 1 / (1 + step))
    moved = np.array([
        cjs_distance(values[:, j], up) + cjs_distance(values[:, j], down) for j in range(values.shape[1])
    ])
    return np.asarray(moved / (2 * np.log2(1 + step)))


def _one_side(values: FloatArray, weight: FloatArray) -> float:
    """Return the distance of two distributions by one of its two sides, normalised by their mix."""
    order = np.argsort(values, kind="stable")
    width, s = np.diff(values[order]), len(values)
    plain = np.arange(1, s) / s
    turned = np.cumsum(weight[order])[:-1] / weight.sum()
    whole, other = float(plain @ width), float(turned @ width)
    if not whole + other > 0:
        return 0.0
    middle = np.log2(0.5 * (plain + turned))
    log_turned = np.log2(turned, out=np.zeros_like(turned), where=turned > 0)
    lean = (other - whole) / (2 * np.log(2))
    one = float(width @ (plain * (np.log2(plain) - middle))) + lean
    two = float(width @ (turned * (log_turned - middle))) - lean
    return float(np.sqrt((max(one, 0.0) + max(two, 0.0)) / (whole + other)))
