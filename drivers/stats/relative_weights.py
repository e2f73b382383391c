"""Johnson's relative weights: R2 shared out by way of the drivers' closest uncorrelated twins."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from drivers.stats.blocks import standardized
from drivers.stats.correlation import correlations

FloatArray = NDArray[np.float64]


def relative_weights(corr: FloatArray, validity: FloatArray) -> FloatArray:
    """Split R2 among correlated drivers by Johnson's relative weights (the same numbers as Genizi's decomposition).

    Parameters
    ----------
    corr : ndarray, shape (..., k, k)
        Correlations between drivers (unitless).
    validity : ndarray, shape (..., k)
        Correlation of each driver with the outcome.

    Returns
    -------
    ndarray, shape (..., k)
        Part of outcome variance per driver, in R2 units: never negative, and adding up to the model's R2 (not to 1).
        In a stack, draws that cannot be used are NaN.

    Raises
    ------
    InputError
        If a single matrix is not finite, not symmetric, or no possible correlation matrix.
    CollinearDriversError
        If, in a single matrix, one driver is an exact mix of others, so that weights are not defined; it carries their
        positions.

    Notes
    -----
    The symmetric root of `corr` holds the correlations of the drivers with the uncorrelated variables closest to them.
    Those share R2 out without overlap, and each driver gets of each twin's part the square of its correlation with it.
    Fast for any number of drivers, but disputed as a measure in its own right [3]_: prefer LMG where it can be
    computed, and report both when their order differs.

    References
    ----------
    .. [1] Johnson (2000). Multivariate Behavioral Research 35(1), 1-19. doi:10.1207/S15327906MBR3501_1
    .. [2] Genizi (1993). Statistica Sinica 3(2), 407-420. https://www.jstor.org/stable/24304957
    .. [3] Thomas, Zumbo, Kwan & Schweitzer (2014). Multivariate Behavioral Research 49(4), 329-338.
       doi:10.1080/00273171.2014.905766
    """
    k = np.shape(corr)[-1]
    joint = np.empty((*np.shape(corr)[:-2], k + 1, k + 1))
    joint[..., :k, :k] = corr
    joint[..., :k, k] = joint[..., k, :k] = validity
    joint[..., k, k] = 1.0
    return _weights(correlations(joint))


def relative_weights_shares(cov: FloatArray, *, always: Sequence[int] = ()) -> FloatArray:
    """Johnson's relative weights from covariances, outcome last.

    Parameters
    ----------
    cov : ndarray, shape (..., p + 1, p + 1)
        Covariances of p drivers and, last, the outcome.
    always : sequence of int
        Positions of drivers that are in every model; they get no share.

    Returns
    -------
    ndarray, shape (..., k)
        Part of outcome variance of each driver that is not always in: never negative, adding up to R2 (beyond the
        always-in drivers). See `relative_weights`.

    Raises
    ------
    InputError
        If a single matrix is no covariance matrix, or a position is out of place.
    CollinearDriversError
        If, in a single matrix, a driver does not vary or is an exact mix of others.

    Notes
    -----
    With always-in drivers these are the weights of the other drivers' residuals, as for higher-order terms in [1]_.

    References
    ----------
    .. [1] LeBreton, Tonidandel & Krasikova (2013). Organizational Research Methods 16(3), 449-473.
       doi:10.1177/1094428113481065
    """
    return _weights(standardized(cov, always))


def symmetric_root(corr: FloatArray) -> FloatArray:
    """Symmetric square root of correlation matrices.

    Parameters
    ----------
    corr : ndarray, shape (..., k, k)
        Positive definite correlations; draws of NaN pass through.

    Returns
    -------
    ndarray, shape (..., k, k)
        Correlations of the drivers (rows) with their closest uncorrelated twins (columns).

    References
    ----------
    Johnson (2000). Multivariate Behavioral Research 35(1), 1-19. doi:10.1207/S15327906MBR3501_1
    """
    usable = np.isfinite(corr).all(axis=(-2, -1))
    root = np.full_like(corr, np.nan)
    values, vectors = np.linalg.eigh(corr[usable])
    root[usable] = (vectors * np.sqrt(values)[..., None, :]) @ np.swapaxes(vectors, -1, -2)
    return root


def _weights(joint: FloatArray) -> FloatArray:
    """Return relative weights (..., p) from joint correlations (..., p + 1, p + 1)."""
    root = symmetric_root(joint[..., :-1, :-1])
    twin_slopes = np.linalg.solve(root, joint[..., :-1, -1:])
    weights: FloatArray = (root**2 @ twin_slopes**2)[..., 0]
    return weights
