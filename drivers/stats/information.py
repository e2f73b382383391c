"""What it is worth to know more before choosing: perfect, partial and sample information, by regression on draws."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def of_everything(gains: FloatArray) -> float:
    """Return the expected value of perfect information: what knowing every gain before choosing brings on average.

    Parameters
    ----------
    gains : ndarray, shape (S, P)
        Gain of each of P choices in every draw.

    Returns
    -------
    float
        ``E max - max E``, never below 0.

    References
    ----------
    .. [1] Raiffa & Schlaifer (1961). Applied Statistical Decision Theory. Harvard Business School.
    """
    return max(float(gains.max(axis=1).mean() - gains.mean(axis=0).max()), 0.0)


def of_some(gains: FloatArray, known: FloatArray) -> float:
    """Return the expected value of knowing some quantities exactly before choosing (EVPPI).

    Parameters
    ----------
    gains : ndarray, shape (S, P)
        Gain of each choice in every draw.
    known : ndarray, shape (S, d)
        The quantities in the same draws.

    Returns
    -------
    float
        Never below 0.

    Notes
    -----
    What is expected of a choice once they are known is the regression of its gain on them: a cubic in one, a full
    quadratic in several. It errs where gains bend more than that, and by the noise of the draws.

    References
    ----------
    .. [1] Strong, Oakley & Brennan (2014). Estimating multiparameter partial expected value of perfect information from
       a probabilistic sensitivity analysis sample. Medical Decision Making 34(3), 311-326.
       doi:10.1177/0272989X13505910
    """
    columns = _basis(known)
    expected = columns @ np.linalg.lstsq(columns, gains, rcond=None)[0]
    return max(float(expected.max(axis=1).mean() - expected.mean(axis=0).max()), 0.0)


def of_a_sample(
    gains: FloatArray, quantities: FloatArray, error: FloatArray, rng: np.random.Generator
) -> float:
    """Return the expected value of estimates of some quantities before choosing (EVSI).

    Parameters
    ----------
    gains : ndarray, shape (S, P)
        Gain of each choice in every draw.
    quantities : ndarray, shape (S, d)
        What is to be estimated, in the same draws.
    error : ndarray, shape (d, d)
        Covariance of the errors of the new estimates.
    rng : Generator
        Draws the errors.

    Returns
    -------
    float
        Never below 0.

    References
    ----------
    .. [1] Strong, Oakley, Brennan & Breeze (2015). Estimating the expected value of sample information using the
       probabilistic sensitivity analysis sample. Medical Decision Making 35(5), 570-583. doi:10.1177/0272989X15575286
    """
    values, vectors = np.linalg.eigh(error)
    root = vectors * np.sqrt(np.maximum(values, 0))
    return of_some(gains, quantities + rng.standard_normal(quantities.shape) @ root.T)


def _basis(known: FloatArray) -> FloatArray:
    """Return the columns of a regression that may bend: squares and products, or a cubic of one item."""
    spread = known.std(axis=0)
    z = (known - known.mean(axis=0))[:, spread > 0] / spread[spread > 0]
    ones = np.ones((len(known), 1))
    if z.shape[1] <= 1:
        return np.hstack([ones, z, z**2, z**3])
    i, j = np.triu_indices(z.shape[1])
    return np.hstack([ones, z, z[:, i] * z[:, j]])
