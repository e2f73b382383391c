"""The textbook case of a driver that 4 in 10 did not answer, and what every way of dealing with it does to slopes.

Two drivers with variance 1 and correlation .6, slopes .5 and .3, noise .7. Everything here is a formula, no sample.
"""

import numpy as np
from scipy.stats import norm

SLOPES = np.array([0.5, 0.3])
R = 0.6
NOISE = 0.7
GONE = 0.4
SIGMA = np.array([[1.0, R], [R, 1.0]])


def joint(x_cov: np.ndarray = SIGMA) -> np.ndarray:
    """Covariance of the two drivers and the outcome, where the drivers have covariance `x_cov`."""
    cross = x_cov @ SLOPES
    return np.block([[x_cov, cross[:, None]], [cross[None], np.atleast_2d(SLOPES @ cross + NOISE**2)]])


def slopes_of(cov: np.ndarray) -> np.ndarray:
    return np.linalg.solve(cov[:-1, :-1], cov[:-1, -1])


def mean_filled() -> np.ndarray:
    """Covariance once the first driver's mean stands in where it is missing completely at random."""
    cov = joint()
    cov[0, :] *= 1 - GONE  # an answer in six of ten, the mean elsewhere: variance and covariances shrink alike
    cov[1:, 0] = cov[0, 1:]
    return cov


def filled_without_outcome() -> np.ndarray:
    """Covariance once the first driver is drawn from the second alone where it is missing."""
    cov = joint()
    cov[0, 2] = cov[2, 0] = (1 - GONE) * cov[0, 2] + GONE * R * cov[1, 2]
    return cov


def selected(steepness: float) -> np.ndarray:
    """Covariance among those kept, 6 in 10, with P(kept) = Phi(c + steepness * x1): selection on a high first driver.

    ``Var(x1 | kept) = 1 - d^2 h (h + c0)``, with ``c0 = Phi^-1(.6)``, ``h = phi(c0) / .6`` and
    ``d^2 = s^2 / (1 + s^2)`` (the extended skew-normal, Azzalini 1985).
    """
    cut = norm.ppf(1 - GONE)
    hazard = norm.pdf(cut) / (1 - GONE)
    kept = 1 - steepness**2 / (1 + steepness**2) * hazard * (hazard + cut)
    x_cov = np.array([[kept, R * kept], [R * kept, R**2 * kept + 1 - R**2]])
    return joint(x_cov)


STEEP = 1.43
"""Steepness of the selection for which the printed .239 and .171 come out."""


def keeps(x1: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Whom the selection of `selected(STEEP)` keeps."""
    level = norm.ppf(1 - GONE) * np.sqrt(1 + STEEP**2)
    return rng.random(len(x1)) < norm.cdf(level + STEEP * x1)


def sample(n: int, seed: int) -> np.ndarray:
    """Draw (x1, x2, y) of n people."""
    rng = np.random.default_rng(seed)
    x = rng.multivariate_normal([0.0, 0.0], SIGMA, size=n)
    return np.column_stack([x, x @ SLOPES + NOISE * rng.standard_normal(n)])
