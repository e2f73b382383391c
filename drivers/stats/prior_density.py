"""Log densities of independent normal, Student-t and flat priors, with their first two derivatives."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PriorArrays:
    """``location``, ``scale`` and ``df`` (t,) per parameter; infinite ``df`` is normal, infinite ``scale`` flat."""

    location: FloatArray
    scale: FloatArray
    df: FloatArray


def prior_values(prior: PriorArrays, theta: FloatArray) -> FloatArray:
    """Return the log density of every row.

    Parameters
    ----------
    prior : PriorArrays
        Priors of t parameters.
    theta : ndarray, shape (..., t)
        Where to evaluate.

    Returns
    -------
    ndarray, shape (...)
        Sum over parameters; a flat prior adds 0.
    """
    u = (theta - prior.location) / prior.scale
    normal = np.isinf(prior.df)
    df = np.where(normal, 1.0, prior.df)
    kernel = np.where(normal, -0.5 * u**2, -0.5 * (df + 1) * np.log1p(u**2 / df))
    return np.asarray(kernel.sum(axis=-1) + _constants(prior).sum(), dtype=np.float64)


def prior_derivatives(prior: PriorArrays, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return first and second derivatives (t,) of the log densities of `prior` at `theta` (t,)."""
    u = (theta - prior.location) / prior.scale
    normal = np.isinf(prior.df)
    df = np.where(normal, 1.0, prior.df)
    bend = df + u**2
    first = np.where(normal, -u, -(df + 1) * u / bend)
    second = np.where(normal, -1.0, -(df + 1) * (df - u**2) / bend**2)
    return first / prior.scale, second / prior.scale**2


def _constants(prior: PriorArrays) -> FloatArray:
    """Return the constants of log prior densities, 0 of flat ones."""
    out = np.zeros(len(prior.scale))
    for i, (scale, df) in enumerate(zip(prior.scale, prior.df, strict=True)):
        if math.isinf(scale):
            continue
        if math.isinf(df):
            out[i] = -0.5 * math.log(2 * math.pi) - math.log(scale)
        else:
            out[i] = (
                math.lgamma((df + 1) / 2) - math.lgamma(df / 2) - 0.5 * math.log(df * math.pi) - math.log(scale)
            )
    return out
