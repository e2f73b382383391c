"""Importance measures other than LMG, each a few lines of algebra on a covariance matrix with the outcome last.

All take one matrix (p + 1, p + 1) or a stack of draws (..., p + 1, p + 1), and `always`, the positions of drivers that
are in every model; they return one number for each other driver, (k,) or (..., k). Those that do not depend on how a
group of drivers is coded inside also take `groups`. For one matrix that cannot be used they raise `InputError`, or
`CollinearDriversError` with the positions of the drivers; among draws such a one becomes a row of NaN. `MEASURES` and
`MEASURES_DRAWS` name them for the command line, `measure_facts` says of each what it is.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError, quoted
from drivers.stats.blocks import Groups, members_of, standardized
from drivers.stats.measure_facts import MEASURE_FACTS
from drivers.stats.relative_weights import relative_weights_shares, symmetric_root
from drivers.stats.shapley import lmg, lmg_draws

FloatArray = NDArray[np.float64]


def correlation(cov: FloatArray, *, always: Sequence[int] = ()) -> FloatArray:
    """Correlation of each driver with the outcome, signed; given always-in drivers, the part correlation.

    Parameters
    ----------
    cov : ndarray, shape (..., p + 1, p + 1)
        Covariances of p drivers and, last, the outcome.
    always : sequence of int
        Positions of drivers that are in every model.

    Returns
    -------
    ndarray, shape (..., k)
        Unitless, -1 to 1. Not a share: it adds up to nothing, can be negative, and ignores the other drivers. Defined
        for collinear drivers too, where none is always in. Always-in drivers are taken out of the driver but not out
        of the outcome, so that the square is the gain in R2.

    Raises
    ------
    InputError
        If a single matrix is no covariance matrix, or a position is out of place.
    CollinearDriversError
        If, in a single matrix, a driver does not vary.

    References
    ----------
    Pearson (1895). Proceedings of the Royal Society of London 58, 240-242. doi:10.1098/rspl.1895.0041
    """
    return standardized(cov, always, invertible=False)[..., :-1, -1]


def structure(cov: FloatArray, *, always: Sequence[int] = ()) -> FloatArray:
    """Structure coefficient of each driver: its correlation with what the model predicts, signed.

    Parameters
    ----------
    cov : ndarray, shape (..., p + 1, p + 1)
        Covariances of p drivers and, last, the outcome.
    always : sequence of int
        Positions of drivers that are in every model; they are taken out of driver and prediction.

    Returns
    -------
    ndarray, shape (..., k)
        Unitless, -1 to 1: the correlation with the outcome over the multiple correlation. Not a share: it adds up to
        nothing, and says how much of the prediction a driver could carry alone. NaN where nothing is explained.

    Raises
    ------
    InputError
        If a single matrix is no covariance matrix, or a position is out of place.
    CollinearDriversError
        If, in a single matrix, a driver does not vary or is an exact mix of others.

    References
    ----------
    Courville & Thompson (2001). Educational and Psychological Measurement 61(2), 229-248.
    doi:10.1177/0013164401612006
    """
    corr = standardized(cov, always)
    r = corr[..., :-1, -1]
    explained = (r * _betas(corr)).sum(axis=-1, keepdims=True)
    return r / np.sqrt(np.where(explained > 0, explained, np.nan))


def first(cov: FloatArray, *, groups: Groups | None = None, always: Sequence[int] = ()) -> FloatArray:
    """R2 of each driver, or group, alone: for a driver its squared correlation with the outcome.

    Parameters
    ----------
    cov : ndarray, shape (..., p + 1, p + 1)
        Covariances of p drivers and, last, the outcome.
    groups : sequence of sequences of int, optional
        Positions of drivers that enter together; the default is each one alone.
    always : sequence of int
        Positions of drivers that are in every model; the number is then the gain over them alone.

    Returns
    -------
    ndarray, shape (..., k) or (..., groups)
        Part of the outcome's variance, never negative. Adds up to R2 only when drivers are uncorrelated; to more when
        they overlap. Without groups and always-in drivers, defined for collinear drivers too.

    Raises
    ------
    InputError
        If a single matrix is no covariance matrix, or a position is out of place.
    CollinearDriversError
        If, in a single matrix, a driver does not vary, or with groups one is an exact mix of others.

    References
    ----------
    Groemping (2006). Journal of Statistical Software 17(1), 1-27. doi:10.18637/jss.v017.i01
    """
    if groups is None:
        return correlation(cov, always=always) ** 2
    corr, places = standardized(cov, always), _places(cov, groups, always)
    alone = [
        np.einsum("...i,...i", _betas(corr[..., [*place, -1], :][..., [*place, -1]]), corr[..., place, -1])
        for place in places
    ]
    return np.stack(alone, axis=-1)


def last(cov: FloatArray, *, groups: Groups | None = None, always: Sequence[int] = ()) -> FloatArray:
    """Gain in R2 from adding each driver, or group, to all others: usefulness, the squared semipartial correlation.

    Parameters
    ----------
    cov : ndarray, shape (..., p + 1, p + 1)
        Covariances of p drivers and, last, the outcome.
    groups : sequence of sequences of int, optional
        Positions of drivers that enter together; the default is each one alone.
    always : sequence of int
        Positions of drivers that are in every model; they get no number and change none.

    Returns
    -------
    ndarray, shape (..., k) or (..., groups)
        Part of the outcome's variance, never negative. Adds up to R2 only when drivers are uncorrelated; to less when
        they overlap, and to more where they suppress each other.

    Raises
    ------
    InputError
        If a single matrix is no covariance matrix, or a position is out of place.
    CollinearDriversError
        If, in a single matrix, a driver does not vary or is an exact mix of others.

    References
    ----------
    Darlington (1968). Psychological Bulletin 69(3), 161-182. doi:10.1037/h0025471
    """
    corr = standardized(cov, always)
    inverse, betas = np.linalg.inv(corr[..., :-1, :-1]), _betas(corr)
    if groups is None:
        return betas**2 / np.diagonal(inverse, axis1=-2, axis2=-1)
    gains = []
    for place in _places(cov, groups, always):
        own = betas[..., place]
        precision = np.linalg.solve(inverse[..., place, :][..., place], own[..., None])[..., 0]
        gains.append(np.einsum("...i,...i", own, precision))
    return np.stack(gains, axis=-1)


def beta_squared(cov: FloatArray, *, always: Sequence[int] = ()) -> FloatArray:
    """Squared standardised slope of each driver in the model with all of them.

    Parameters
    ----------
    cov : ndarray, shape (..., p + 1, p + 1)
        Covariances of p drivers and, last, the outcome.
    always : sequence of int
        Positions of drivers that are in every model; slopes are then standardised by what they leave of each driver.

    Returns
    -------
    ndarray, shape (..., k)
        Unitless, never negative. Adds up to R2 only when drivers are uncorrelated, and can exceed 1: not a share.

    Raises
    ------
    InputError
        If a single matrix is no covariance matrix, or a position is out of place.
    CollinearDriversError
        If, in a single matrix, a driver does not vary or is an exact mix of others.

    References
    ----------
    Darlington (1968). Psychological Bulletin 69(3), 161-182. doi:10.1037/h0025471
    """
    return _betas(standardized(cov, always)) ** 2


def pratt(cov: FloatArray, *, groups: Groups | None = None, always: Sequence[int] = ()) -> FloatArray:
    """Pratt's measure: standardised slope times correlation with the outcome.

    Parameters
    ----------
    cov : ndarray, shape (..., p + 1, p + 1)
        Covariances of p drivers and, last, the outcome.
    groups : sequence of sequences of int, optional
        Positions of drivers that belong together. A group's measure is the sum of its members': the covariance of the
        outcome with the group's part of the prediction, whatever the coding inside the group.
    always : sequence of int
        Positions of drivers that are in every model; they are taken out of the others first.

    Returns
    -------
    ndarray, shape (..., k) or (..., groups)
        Adds up to R2 (beyond the always-in drivers), but can be negative (a suppressor, or a slope of the other sign),
        and is then no share of anything.

    Raises
    ------
    InputError
        If a single matrix is no covariance matrix, or a position is out of place.
    CollinearDriversError
        If, in a single matrix, a driver does not vary or is an exact mix of others.

    References
    ----------
    Hoffman (1960). Psychological Bulletin 57(2), 116-131. doi:10.1037/h0047807
    Thomas, Hughes & Zumbo (1998). Social Indicators Research 45, 253-275. doi:10.1023/A:1006954016433
    """
    corr = standardized(cov, always)
    each = _betas(corr) * corr[..., :-1, -1]
    if groups is None:
        return each
    return np.stack([each[..., place].sum(axis=-1) for place in _places(cov, groups, always)], axis=-1)


def car(cov: FloatArray, *, always: Sequence[int] = ()) -> FloatArray:
    """Squared CAR scores: correlations of the outcome with the drivers' closest uncorrelated twins.

    Parameters
    ----------
    cov : ndarray, shape (..., p + 1, p + 1)
        Covariances of p drivers and, last, the outcome.
    always : sequence of int
        Positions of drivers that are in every model; the twins are then those of the others' residuals.

    Returns
    -------
    ndarray, shape (..., k)
        Part of the outcome's variance: never negative, adding up to R2 (beyond the always-in drivers). Each part
        belongs to a twin rather than to the driver itself; relative weights hand it back to the drivers.

    Raises
    ------
    InputError
        If a single matrix is no covariance matrix, or a position is out of place.
    CollinearDriversError
        If, in a single matrix, a driver does not vary or is an exact mix of others.

    References
    ----------
    Zuber & Strimmer (2011). Statistical Applications in Genetics and Molecular Biology 10(1), 34.
    doi:10.2202/1544-6115.1730
    """
    corr = standardized(cov, always)
    scores: FloatArray = np.linalg.solve(symmetric_root(corr[..., :-1, :-1]), corr[..., :-1, -1:])[..., 0]
    return scores**2


def measured(
    measure: str, cov: FloatArray, *, groups: Groups | None = None, always: Sequence[int] = ()
) -> FloatArray:
    """Compute one measure by its name, for one matrix or for draws.

    Parameters
    ----------
    measure : str
        A name in `MEASURES`.
    cov : ndarray, shape (p + 1, p + 1) or (draws, p + 1, p + 1)
        Covariances of p drivers and, last, the outcome.
    groups : sequence of sequences of int, optional
        Positions of drivers that count as one.
    always : sequence of int
        Positions of drivers that are in every model.

    Returns
    -------
    ndarray, shape (..., k) or (..., groups)
        One number per driver that is not always in, or per group. Draws that cannot be used are rows of NaN.

    Raises
    ------
    InputError
        If the measure is unknown or not defined for groups, or the matrix or a position is out of place.
    CollinearDriversError
        If, in a single matrix, the measure needs drivers none of which is an exact mix of others.
    """
    if measure not in MEASURES:
        raise InputError(f"measure={measure!r} is not known; choose one of {quoted(MEASURES)}.")
    known = MEASURES_DRAWS if np.ndim(cov) == 3 else MEASURES
    if groups is None:
        return known[measure](cov, always=always)
    refuse_groups(measure)
    return known[measure](cov, groups=groups, always=always)


def refuse_groups(measure: str) -> None:
    """Refuse a measure that groups of drivers do not have.

    Parameters
    ----------
    measure : str
        A name in `MEASURES`.

    Raises
    ------
    InputError
        If it is not defined for groups.
    """
    if not MEASURE_FACTS[measure].groups:
        defined = [name for name in MEASURES if MEASURE_FACTS[name].groups]
        raise InputError(
            f"`{measure}` is not defined for groups of drivers: {MEASURE_FACTS[measure].why_no_groups}. "
            f"Use one of {quoted(defined)}, or take `{measure}` of single drivers, without `groups=`."
        )


def _betas(corr: FloatArray) -> FloatArray:
    """Standardised slopes (..., p) of the full model."""
    betas: FloatArray = np.linalg.solve(corr[..., :-1, :-1], corr[..., :-1, -1:])[..., 0]
    return betas


def _places(cov: FloatArray, groups: Groups, always: Sequence[int]) -> list[list[int]]:
    """Positions of each group's members among the drivers that are not always in."""
    p = np.shape(cov)[-1] - 1
    rest = [j for j in range(p) if j not in always]
    return [[rest.index(j) for j in group] for group in members_of(p, groups, always)]


_SAME_FOR_DRAWS: Final[Mapping[str, Callable[..., FloatArray]]] = {
    "relative_weights": relative_weights_shares,
    "pratt": pratt,
    "car": car,
    "first": first,
    "last": last,
    "beta_squared": beta_squared,
    "correlation": correlation,
    "structure": structure,
}

MEASURES: Final[Mapping[str, Callable[..., FloatArray]]] = MappingProxyType({"lmg": lmg, **_SAME_FOR_DRAWS})
"""Measure by name, for one covariance matrix (p + 1, p + 1), outcome last; `measured` calls them."""

MEASURES_DRAWS: Final[Mapping[str, Callable[..., FloatArray]]] = MappingProxyType({"lmg": lmg_draws, **_SAME_FOR_DRAWS})
"""Measure by name, for a stack of draws (draws, p + 1, p + 1); draws that cannot be used become rows of NaN."""
