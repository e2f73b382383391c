"""Rubin's rules: one estimate and one standard error from the estimates of several imputed data sets."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pooled:
    """Estimates pooled over m imputations; arrays have the shape of one estimate.

    ``estimate`` their mean; ``within`` mean squared standard error; ``between`` variance over imputations; ``total``
    variance to report; ``df`` degrees of freedom of the t interval; ``increase`` relative increase in variance due to
    what is missing, ``proportion`` of the total variance due to it, ``fmi`` the fraction of missing information.
    """

    estimate: FloatArray
    within: FloatArray
    between: FloatArray
    total: FloatArray
    df: FloatArray
    increase: FloatArray
    proportion: FloatArray
    fmi: FloatArray


def pool(estimates: FloatArray, variances: FloatArray, df: float = np.inf) -> Pooled:
    """Pool estimates that are close to normal, such as slopes, each for itself.

    Parameters
    ----------
    estimates : ndarray, shape (m, ...)
        One estimate per imputed data set, m at least 2.
    variances : ndarray, shape (m, ...)
        Their squared standard errors.
    df : float
        Degrees of freedom the estimate would have with nothing missing.

    Returns
    -------
    Pooled
        Without variance between imputations `df` is Barnard and Rubin's limit, ``df (df + 1) / (df + 3)``, and the
        fraction of missing information their ``2 / (df + 3)``; both vanish from sight as `df` grows.

    Raises
    ------
    InputError
        If there are fewer than two imputations, or the shapes differ.

    Notes
    -----
    Not for shares of explained variance, ranks or maxima, whose sampling distributions are skewed and bounded: mix
    the draws of the imputed data sets instead.

    References
    ----------
    .. [1] Rubin (1987). Multiple Imputation for Nonresponse in Surveys, ch. 3. doi:10.1002/9780470316696
    .. [2] Barnard & Rubin (1999). Biometrika 86(4), 948-955. doi:10.1093/biomet/86.4.948
    """
    estimates, variances = np.asarray(estimates, np.float64), np.asarray(variances, np.float64)
    if estimates.shape != variances.shape or len(estimates) < 2:
        raise InputError(
            f"Pooling needs as many variances as estimates, from at least 2 imputations; got shapes {estimates.shape} "
            f"and {variances.shape}."
        )
    m = len(estimates)
    within, between = variances.mean(axis=0), estimates.var(axis=0, ddof=1)
    extra = (1 + 1 / m) * between
    total = within + extra
    with np.errstate(divide="ignore", invalid="ignore"):
        proportion = np.where(total > 0, extra / total, 0.0)
        increase = np.where(within > 0, extra / within, np.inf)
        sampled = (m - 1) / proportion**2  # infinite where imputations agree
        observed = (1 - proportion) * (df * (df + 1) / (df + 3) if np.isfinite(df) else np.inf)
        both = np.where(proportion < 1, 1 / (1 / sampled + 1 / observed), m - 1.0)
        fmi = np.where(within > 0, (increase + 2 / (both + 3)) / (increase + 1), 1.0)
    return Pooled(
        estimate=estimates.mean(axis=0), within=within, between=between, total=total, df=both, increase=increase,
        proportion=proportion, fmi=fmi,
    )


def pool_covariance(estimates: FloatArray, covariances: FloatArray) -> FloatArray:
    """Return the total covariance of several estimates pooled together.

    Parameters
    ----------
    estimates : ndarray, shape (m, t)
        Estimates of each of m imputed data sets.
    covariances : ndarray, shape (m, t, t)
        Their covariances.

    Returns
    -------
    ndarray, shape (t, t)
        Mean covariance plus (1 + 1/m) times the covariance between imputations; its diagonal is `pool`'s ``total``.

    References
    ----------
    .. [1] Rubin (1987). Multiple Imputation for Nonresponse in Surveys, ch. 3. doi:10.1002/9780470316696
    """
    m = len(estimates)
    centred = estimates - estimates.mean(axis=0)
    total: FloatArray = covariances.mean(axis=0) + (1 + 1 / m) * (centred.T @ centred) / (m - 1)
    return total
