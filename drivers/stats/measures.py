"""Importance measures other than LMG, each a few lines of algebra on a covariance matrix with the outcome last.

All take one matrix (p + 1, p + 1) or a stack of draws (..., p + 1, p + 1) and return (p,) or (..., p). For one matrix
that cannot be used they raise `InputError`, or `CollinearDriversError` with the positions of the drivers; among draws
such a one becomes a row of NaN. `MEASURES` and `MEASURES_DRAWS` name them for the command line.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from drivers.stats.correlation import correlations
from drivers.stats.relative_weights import relative_weights_shares, symmetric_root
from drivers.stats.shapley import lmg, lmg_draws

FloatArray = NDArray[np.float64]


def correlation(cov: FloatArray) -> FloatArray:
    """Correlation of each driver with the outcome, signed.

    Parameters
    ----------
    cov : ndarray, shape (..., p + 1, p + 1)
        Covariances of p drivers and, last, the outcome.

    Returns
    -------
    ndarray, shape (..., p)
        Unitless, -1 to 1. Not a share: it adds up to nothing, can be negative, and ignores the other drivers. Defined
        for collinear drivers too.

    Raises
    ------
    InputError
        If a single matrix is no covariance matrix.
    CollinearDriversError
        If, in a single matrix, a driver does not vary.

    References
    ----------
    Pearson (1895). Proceedings of the Royal Society of London 58, 240-242. doi:10.1098/rspl.1895.0041
    """
    return correlations(cov, invertible=False)[..., :-1, -1]


def first(cov: FloatArray) -> FloatArray:
    """R2 of each driver alone: its squared correlation with the outcome.

    Parameters
    ----------
    cov : ndarray, shape (..., p + 1, p + 1)
        Covariances of p drivers and, last, the outcome.

    Returns
    -------
    ndarray, shape (..., p)
        Part of the outcome's variance, never negative. Adds up to R2 only when drivers are uncorrelated; to more when
        they overlap. Defined for collinear drivers too.

    Raises
    ------
    InputError
        If a single matrix is no covariance matrix.
    CollinearDriversError
        If, in a single matrix, a driver does not vary.

    References
    ----------
    Groemping (2006). Journal of Statistical Software 17(1), 1-27. doi:10.18637/jss.v017.i01
    """
    return correlation(cov) ** 2


def last(cov: FloatArray) -> FloatArray:
    """Gain in R2 from adding each driver to all others: its usefulness, the squared semipartial correlation.

    Parameters
    ----------
    cov : ndarray, shape (..., p + 1, p + 1)
        Covariances of p drivers and, last, the outcome.

    Returns
    -------
    ndarray, shape (..., p)
        Part of the outcome's variance, never negative. Adds up to R2 only when drivers are uncorrelated; to less when
        they overlap, and to more where they suppress each other.

    Raises
    ------
    InputError
        If a single matrix is no covariance matrix.
    CollinearDriversError
        If, in a single matrix, a driver does not vary or is an exact mix of others.

    References
    ----------
    Darlington (1968). Psychological Bulletin 69(3), 161-182. doi:10.1037/h0025471
    """
    corr = correlations(cov)
    inverse = np.linalg.inv(corr[..., :-1, :-1])
    return _betas(corr) ** 2 / np.diagonal(inverse, axis1=-2, axis2=-1)


def beta_squared(cov: FloatArray) -> FloatArray:
    """Squared standardised slope of each driver in the model with all of them.

    Parameters
    ----------
    cov : ndarray, shape (..., p + 1, p + 1)
        Covariances of p drivers and, last, the outcome.

    Returns
    -------
    ndarray, shape (..., p)
        Unitless, never negative. Adds up to R2 only when drivers are uncorrelated, and can exceed 1: not a share.

    Raises
    ------
    InputError
        If a single matrix is no covariance matrix.
    CollinearDriversError
        If, in a single matrix, a driver does not vary or is an exact mix of others.

    References
    ----------
    Darlington (1968). Psychological Bulletin 69(3), 161-182. doi:10.1037/h0025471
    """
    return _betas(correlations(cov)) ** 2


def pratt(cov: FloatArray) -> FloatArray:
    """Pratt's measure: standardised slope times correlation with the outcome.

    Parameters
    ----------
    cov : ndarray, shape (..., p + 1, p + 1)
        Covariances of p drivers and, last, the outcome.

    Returns
    -------
    ndarray, shape (..., p)
        Adds up to R2, but can be negative (a suppressor, or a slope of the other sign), and is then no share of
        anything.

    Raises
    ------
    InputError
        If a single matrix is no covariance matrix.
    CollinearDriversError
        If, in a single matrix, a driver does not vary or is an exact mix of others.

    References
    ----------
    Hoffman (1960). Psychological Bulletin 57(2), 116-131. doi:10.1037/h0047807
    Thomas, Hughes & Zumbo (1998). Social Indicators Research 45, 253-275. doi:10.1023/A:1006954016433
    """
    corr = correlations(cov)
    return _betas(corr) * corr[..., :-1, -1]


def car(cov: FloatArray) -> FloatArray:
    """Squared CAR scores: correlations of the outcome with the drivers' closest uncorrelated twins.

    Parameters
    ----------
    cov : ndarray, shape (..., p + 1, p + 1)
        Covariances of p drivers and, last, the outcome.

    Returns
    -------
    ndarray, shape (..., p)
        Part of the outcome's variance: never negative, adding up to R2. Each part belongs to a twin rather than to the
        driver itself; relative weights hand it back to the drivers.

    Raises
    ------
    InputError
        If a single matrix is no covariance matrix.
    CollinearDriversError
        If, in a single matrix, a driver does not vary or is an exact mix of others.

    References
    ----------
    Zuber & Strimmer (2011). Statistical Applications in Genetics and Molecular Biology 10(1), 34.
    doi:10.2202/1544-6115.1730
    """
    corr = correlations(cov)
    scores: FloatArray = np.linalg.solve(symmetric_root(corr[..., :-1, :-1]), corr[..., :-1, -1:])[..., 0]
    return scores**2


def _betas(corr: FloatArray) -> FloatArray:
    """Standardised slopes (..., p) of the full model."""
    betas: FloatArray = np.linalg.solve(corr[..., :-1, :-1], corr[..., :-1, -1:])[..., 0]
    return betas


_SAME_FOR_DRAWS: Final = {
    "relative_weights": relative_weights_shares,
    "pratt": pratt,
    "car": car,
    "first": first,
    "last": last,
    "beta_squared": beta_squared,
    "correlation": correlation,
}

MEASURES: Final[Mapping[str, Callable[[FloatArray], FloatArray]]] = MappingProxyType({"lmg": lmg, **_SAME_FOR_DRAWS})
"""Measure by name, for one covariance matrix (p + 1, p + 1), outcome last."""

MEASURES_DRAWS: Final[Mapping[str, Callable[[FloatArray], FloatArray]]] = MappingProxyType(
    {"lmg": lmg_draws, **_SAME_FOR_DRAWS}
)
"""Measure by name, for a stack of draws (draws, p + 1, p + 1); draws that cannot be used become rows of NaN."""
