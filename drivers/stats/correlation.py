"""From covariance matrices, outcome last, to correlations that a measure can be computed on - or the reason why not.

A single matrix that cannot be used raises. In a stack of bootstrap or posterior draws one bad draw must not stop the
rest: it comes back as NaN, and the caller counts it.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from drivers.errors import CollinearDriversError, InputError

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SINGULAR: Final = 1e-10
"""Smallest over largest eigenvalue of the drivers' correlations at which they count as exactly collinear."""

SYMMETRY: Final = 1e-8
"""Largest relative difference between the two triangles of a matrix that is put down to rounding."""

TAKES_PART: Final = 0.01
"""Loading on a direction without variance from which a driver is named as part of it."""


def correlations(cov: FloatArray, *, invertible: bool = True) -> FloatArray:
    """Turn covariances into correlations, refusing what no measure is defined for.

    Parameters
    ----------
    cov : ndarray, shape (..., p + 1, p + 1)
        Covariances of p drivers and, last, the outcome; in any units. Leading dimensions are draws.
    invertible : bool
        Whether the measure needs drivers of which none is an exact mix of others.

    Returns
    -------
    ndarray, shape (..., p + 1, p + 1)
        Correlations. Among draws, those that cannot be used are all NaN.

    Raises
    ------
    InputError
        If the shape is wrong, or a single matrix is not finite, not symmetric or no covariance matrix at all, or
        its outcome does not vary.
    CollinearDriversError
        If, in a single matrix, a driver does not vary or is an exact mix of others; it carries their positions.
    """
    cov = np.asarray(cov, dtype=np.float64)
    if cov.ndim < 2 or cov.shape[-1] != cov.shape[-2] or cov.shape[-1] < 2:
        raise InputError(
            f"Covariances have shape {cov.shape}; expected (..., p + 1, p + 1): p >= 1 drivers, then the outcome."
        )
    if cov.ndim == 2:
        _require_variances(cov)
        corr = _scaled(cov)
        if invertible:
            _require_invertible(corr)
        return corr
    variances = np.diagonal(cov, axis1=-2, axis2=-1)
    usable = np.isfinite(cov).all(axis=(-2, -1)) & (variances > 0).all(axis=-1)
    corr = np.full_like(cov, np.nan)
    corr[usable] = _scaled(cov[usable])
    if invertible:
        eigenvalues = np.linalg.eigvalsh(corr[usable][:, :-1, :-1])
        singular = np.zeros(usable.shape, dtype=bool)
        singular[usable] = eigenvalues[:, 0] < SINGULAR * eigenvalues[:, -1]
        corr[singular] = np.nan
    return corr


def _scaled(cov: FloatArray) -> FloatArray:
    """Divide by both standard deviations; the triangles are averaged, the diagonal is exactly 1."""
    sd = np.sqrt(np.diagonal(cov, axis1=-2, axis2=-1))
    corr = cov / sd[..., :, None] / sd[..., None, :]
    corr = (corr + np.swapaxes(corr, -1, -2)) / 2
    here = np.arange(cov.shape[-1])
    corr[..., here, here] = 1.0
    return corr


def _require_variances(cov: FloatArray) -> None:
    """Raise unless one matrix is finite, symmetric and has only positive variances."""
    if not np.isfinite(cov).all():
        raise InputError(
            f"{np.count_nonzero(~np.isfinite(cov))} of {cov.size} covariances are not finite numbers; drop or impute "
            "missing answers before computing them."
        )
    variances = np.diagonal(cov)
    still = np.flatnonzero(variances[:-1] <= 0)
    if still.size:
        raise CollinearDriversError(
            f"Driver(s) at position(s) {still.tolist()} do not vary, so no share is defined; leave them out.", still
        )
    if variances[-1] <= 0:
        raise InputError("The outcome does not vary, so there is nothing to share out; choose another outcome.")
    sd = np.sqrt(variances)
    if (np.abs(cov - cov.T) > SYMMETRY * np.outer(sd, sd)).any():
        raise InputError("The covariance matrix is not symmetric; hand in cov(i, j) = cov(j, i), outcome last.")


def _require_invertible(corr: FloatArray) -> None:
    """Raise unless one correlation matrix is a possible one and its drivers are not exactly collinear."""
    eigenvalues, eigenvectors = np.linalg.eigh(corr[:-1, :-1])
    empty = eigenvalues < SINGULAR * eigenvalues[-1]
    if eigenvalues[0] < -SYMMETRY or np.linalg.eigvalsh(corr)[0] < -SYMMETRY:
        raise InputError(
            "No data can have these covariances (an eigenvalue is negative). Pairwise-complete covariances cause this: "
            "compute all of them from the same answers, or by EM over missing answers."
        )
    if empty.any():
        mixed = np.flatnonzero(np.sqrt((eigenvectors[:, empty] ** 2).sum(axis=1)) > TAKES_PART)
        raise CollinearDriversError(
            f"Drivers at positions {mixed.tolist()} are exactly collinear: one is a mix of the others, so no share is "
            "defined. Leave one of them out.",
            mixed,
        )
