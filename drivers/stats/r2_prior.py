"""Slopes of a regression under a beta prior of R2: their density in closed form, and exact draws of their posterior."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigvalsh
from scipy.special import betaln, gammaln, hyp1f1

from drivers.stats.inverse_wishart import inverse_wishart

FloatArray = NDArray[np.float64]

GRID = 4001
"""Points of the quadrature over the logarithm of the mixing scale, once for its reach and once inside it."""

NEGLIGIBLE = 40.0
"""Log density below its largest value at which it ends (4e-18)."""

TINY = 1e-280
"""Values of Kummer's function below this are replaced by their limit: they vanish in double precision."""

MOST_PROPOSED = 5_000_000
"""Most proposals for one set of draws, where a prior is drawn from by turning others down."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class R2Posterior:
    """Draws of ``slopes`` (S, p, k) of k outcomes, their residual ``cov`` (S, k, k), and the mixing ``scale`` (S,)."""

    slopes: FloatArray
    cov: FloatArray
    scale: FloatArray


def slope_density(ratio: FloatArray, p: int, a: float, b: float) -> FloatArray:
    """Return the log density of slopes, of which R2 has a beta distribution and no direction is preferred.

    Parameters
    ----------
    ratio : ndarray, shape (s,)
        Explained over residual variance, R2 / (1 - R2): ``beta' scatter beta / sigma^2``.
    p : int
        Slopes.
    a, b : float
        Shapes of the beta distribution of R2.

    Returns
    -------
    ndarray, shape (s,)
        Per unit of ``root' beta / sigma`` with ``root root' = scatter``; of the slopes themselves it is more by half
        the log determinant of the scatter, less p times log sigma.

    Notes
    -----
    A vector with a direction uniform on the sphere and a squared length u has density
    ``Gamma(p/2) / pi^(p/2) * u^(1 - p/2) * f(u)``; f is the beta-prime density of R2 / (1 - R2).
    """
    sphere = gammaln(p / 2) - p / 2 * math.log(math.pi)
    u = np.asarray(ratio, dtype=np.float64)
    return np.asarray(sphere + (a - p / 2) * np.log(u) - (a + b) * np.log1p(u) - betaln(a, b))


def log_mixing(log_scale: FloatArray, p: int, a: float, b: float) -> FloatArray:
    """Return the log density, up to a constant, of the scale g by which normal slopes get a beta prior of R2.

    Parameters
    ----------
    log_scale : ndarray, shape (m,)
        Logarithm of g; slopes given g are normal with covariance ``g sigma^2 scatter^-1``.
    p : int
        Slopes.
    a, b : float
        Shapes of the beta distribution of R2; of `a` no more than p/2 counts.

    Returns
    -------
    ndarray, shape (m,)
        Of log g.

    Notes
    -----
    R2 / (1 - R2) = g chi2(p) is beta prime with shapes a and b if g is half a beta(a, p/2 - a) over a gamma(b) variable
    (half over the gamma alone where a = p/2), because a gamma(a) variable is a gamma(p/2) one times that beta. The
    ratio's density is ``g^-(b+1) 1F1(a + b; p/2 + b; -1/(2 g))``. Shapes a > p/2 are no mixture of normals.
    """
    x = 0.5 * np.exp(-log_scale)
    a = min(a, p / 2)
    if a == p / 2:
        return np.asarray(-b * log_scale - x)
    value = hyp1f1(a + b, p / 2 + b, -x)
    far = gammaln(p / 2 + b) - gammaln(p / 2 - a) - (a + b) * np.log(x)  # what it comes to where x is large
    return np.asarray(-b * log_scale + np.where(value > TINY, np.log(np.maximum(value, TINY)), far))


def draw_r2_posterior(
    scatter: FloatArray, fitted: FloatArray, n: float, rest: FloatArray, df: float, shapes: tuple[float, float],
    draws: int, rng: np.random.Generator,
) -> R2Posterior | None:
    """Draw slopes and residual covariance of one outcome or several independently from their posterior.

    Parameters
    ----------
    scatter : ndarray, shape (p, p)
        Covariance of the drivers in the sample, divisor n; the prior of slopes has it, too.
    fitted : ndarray, shape (p, k)
        Least-squares slopes of k outcomes.
    n : float
        Answers.
    rest : ndarray, shape (k, k)
        Residual squares and products of least squares and of all priors but that of slopes.
    df : float
        Degrees of freedom of those: answers and prior ones.
    shapes : tuple of float
        Of the beta distribution of R2, of every outcome and of any sum or difference of them. The first is at most p/2
        for more than one outcome.
    draws : int
        Draws S wanted.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    R2Posterior or None
        None where more than `MOST_PROPOSED` proposals would be needed, because prior and answers contradict each other.

    Notes
    -----
    Given the mixing scale g everything is conjugate: slopes shrink by n g / (1 + n g), and the marginal likelihood is
    ``(1 + n g)^(-p k/2) det(rest + n fitted' scatter fitted / (1 + n g))^(-df/2)``. So log g is drawn by inverting its
    distribution function on a fine grid, then the residual covariance, then the slopes. A shape a > p/2 takes the draws
    of p/2 with probability R2^(a - p/2), which is the ratio of the two priors.

    References
    ----------
    .. [1] Liang, Paulo, Molina, Clyde & Berger (2008). Mixtures of g priors for Bayesian variable selection. Journal of
       the American Statistical Association 103(481), 410-423. doi:10.1198/016214507000001337
    .. [2] Zhang, Naughton, Bondell & Reich (2022). Bayesian regression using a prior on the model fit: the R2-D2
       shrinkage prior. Same journal 117(538), 862-874. doi:10.1080/01621459.2020.1825449
    """
    (p, k), (a, b) = fitted.shape, shapes
    power = a - p / 2
    assert power <= 0 or k == 1
    explained = n * fitted.T @ scatter @ fitted
    log_g, weight = _grid(eigvalsh(explained, rest), n, df, (p, k), a, b)
    root = np.linalg.cholesky(scatter)
    kept: list[tuple[FloatArray, FloatArray, FloatArray]] = []
    found, proposed, ask = 0, 0, draws
    while found < draws:
        g = np.exp(np.interp(rng.uniform(size=ask), weight, log_g))
        half = np.linalg.cholesky(rest + explained / (1 + n * g)[:, None, None])
        half = half @ np.linalg.cholesky(inverse_wishart(df, np.eye(k), ask, rng))
        shrink = (n * g / (1 + n * g))[:, None, None]
        noise = np.linalg.solve(root.T, rng.standard_normal((p, ask * k))).reshape(p, ask, k).swapaxes(0, 1)
        slopes = shrink * fitted + np.sqrt(shrink / n) * (noise @ half.swapaxes(1, 2))
        cov = half @ half.swapaxes(1, 2)
        proposed += ask
        if power > 0:
            ratio = np.einsum("sik,ij,sjk->s", slopes, scatter, slopes) / cov[:, 0, 0]
            taken = np.log(rng.uniform(size=ask)) < -power * np.log1p(1 / ratio)
            slopes, cov, g = slopes[taken], cov[taken], g[taken]
        kept.append((slopes, cov, g))
        found += len(g)
        rate = max(found, 1) / proposed
        if (draws - found) / rate > MOST_PROPOSED - proposed:
            return None
        ask = int(min(max((draws - found) / rate * 1.1, 1000), 1_000_000 // p))
    parts = [np.concatenate(part)[:draws] for part in zip(*kept, strict=True)]
    return R2Posterior(slopes=parts[0], cov=parts[1], scale=parts[2])


def _grid(
    explained: FloatArray, n: float, df: float, size: tuple[int, int], a: float, b: float
) -> tuple[FloatArray, FloatArray]:
    """Return points of log g (m,) and the posterior distribution function (m,) there.

    `explained` (k,) are the eigenvalues of explained over residual squares, `size` counts drivers and outcomes.
    """
    half = size[0] / 2
    low = -math.log(n) - NEGLIGIBLE / min(a, half)
    high = math.log1p(float(explained.max())) + NEGLIGIBLE / (b + half * size[1]) + NEGLIGIBLE
    density = np.zeros(0)
    for _ in range(2):
        points = np.linspace(low, high, GRID)
        growth = np.logaddexp(0.0, math.log(n) + points)  # log(1 + n g)
        squares = np.log1p(np.maximum(explained, 0.0) * np.exp(-growth)[:, None]).sum(axis=1)
        density = log_mixing(points, size[0], a, b) - half * size[1] * growth - df / 2 * squares
        density -= density.max()
        inside = np.flatnonzero(density > -NEGLIGIBLE)
        low, high = points[max(inside[0] - 1, 0)], points[min(inside[-1] + 1, GRID - 1)]
    mass = np.exp(density)
    total = np.concatenate([[0.0], ((mass[1:] + mass[:-1]) / 2).cumsum()])
    return points, total / total[-1]
