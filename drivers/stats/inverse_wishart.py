"""Exact draws of a covariance matrix from its conjugate posterior."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def inverse_wishart(df: float, scale: FloatArray, draws: int, rng: np.random.Generator) -> FloatArray:
    """Draw covariance matrices by Bartlett's decomposition.

    Parameters
    ----------
    df : float
        Degrees of freedom, more than d - 1.
    scale : ndarray, shape (d, d)
        Positive definite; the mean of the draws is ``scale / (df - d - 1)`` where df is larger than d + 1.
    draws : int
        Number of draws S.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray, shape (S, d, d)
        Independent draws; density proportional to ``det(Sigma)^-(df+d+1)/2 exp(-tr(scale Sigma^-1)/2)``.

    References
    ----------
    .. [1] Bartlett (1933). On the theory of statistical regression. Proceedings of the Royal Society of Edinburgh 53,
       260-283. doi:10.1017/S0370164600015637
    """
    d = len(scale)
    factor = np.zeros((draws, d, d))
    for i in range(d):
        factor[:, i, i] = np.sqrt(rng.chisquare(df - i, draws))
        factor[:, i, :i] = rng.standard_normal((draws, i))
    # Wishart(df, scale^-1) is R^-T A A' R^-1 with scale = R R'; its inverse is (R A^-T)(R A^-T)'
    half = np.linalg.cholesky(scale) @ np.swapaxes(np.linalg.inv(factor), 1, 2)
    return np.asarray(half @ np.swapaxes(half, 1, 2))
