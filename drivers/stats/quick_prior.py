"""Priors and ordered thresholds at one point, compiled: what chains evaluate hundreds of thousands of times."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from drivers.stats.prior_density import PriorArrays, prior_values

FloatArray = NDArray[np.float64]


class QuickPrior:
    """The log density of `prior` with its gradient; constants are added up once.

    ``arrays`` are locations, scales and degrees of freedom (t,), ``constant`` what does not depend on the point.
    """

    def __init__(self, prior: PriorArrays) -> None:
        """Keep the prior's numbers and its constant."""
        self.arrays = (np.ascontiguousarray(prior.location), np.ascontiguousarray(prior.scale), prior.df.copy())
        self.constant = float(prior_values(prior, np.where(np.isfinite(prior.scale), prior.location, 0.0)))

    def __call__(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Return the log density at `theta` (t,), that of `prior_values`, and its gradient (t,)."""
        gradient = np.empty(len(theta))
        return self.constant + _prior(*self.arrays, theta, gradient), gradient


def ordered_point(phi: FloatArray, p: int, anchor: int) -> FloatArray:
    """Return slopes and thresholds (t,) of coordinates `phi` (t,) with `p` slopes, as `OrderedTarget.theta` does.

    The threshold number `anchor` stands for itself, the others are log distances from their neighbour on that side.
    """
    out = np.empty(len(phi))
    _ordered(phi, p, anchor, out)
    return out


def ordered_pull(phi: FloatArray, p: int, anchor: int, gradient: FloatArray) -> FloatArray:
    """Return the gradient (t,) in coordinates `phi` of a density that has `gradient` (t,) in slopes and thresholds.

    The derivative of the log Jacobian is added; `p` and `anchor` as in `ordered_point`.
    """
    out = np.empty(len(phi))
    _pull(phi, p, anchor, gradient, out)
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _prior(location: FloatArray, scale: FloatArray, df: FloatArray, theta: FloatArray, gradient: FloatArray) -> float:
    """Write the gradient of the log prior and return its value, up to the constant."""
    value = 0.0
    for i in range(theta.size):
        if math.isinf(scale[i]):
            gradient[i] = 0.0
            continue
        u = (theta[i] - location[i]) / scale[i]
        if math.isinf(df[i]):
            value -= 0.5 * u * u
            gradient[i] = -u / scale[i]
        else:
            value -= 0.5 * (df[i] + 1.0) * math.log1p(u * u / df[i])
            gradient[i] = -(df[i] + 1.0) * u / (df[i] + u * u) / scale[i]
    return value


@njit(cache=True, nogil=True, error_model="numpy")
def _ordered(phi: FloatArray, p: int, anchor: int, out: FloatArray) -> None:
    """Write slopes and rising thresholds from free coordinates."""
    for i in range(p):
        out[i] = phi[i]
    middle = p + anchor
    out[middle] = phi[middle]
    for k in range(middle + 1, phi.size):
        out[k] = out[k - 1] + math.exp(phi[k])
    for back in range(anchor):
        k = middle - 1 - back
        out[k] = out[k + 1] - math.exp(phi[k])


@njit(cache=True, nogil=True, error_model="numpy")
def _pull(phi: FloatArray, p: int, anchor: int, gradient: FloatArray, out: FloatArray) -> None:
    """Turn a gradient in thresholds into one in free coordinates, Jacobian included."""
    middle = p + anchor
    for i in range(p):
        out[i] = gradient[i]
    total = 0.0
    for back in range(phi.size - 1 - middle):
        k = phi.size - 1 - back
        total += gradient[k]
        out[k] = total * math.exp(phi[k]) + 1.0
    below = 0.0
    for k in range(p, middle):
        below += gradient[k]
        out[k] = 1.0 - below * math.exp(phi[k])
    out[middle] = total + below + gradient[middle]
