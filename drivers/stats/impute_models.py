"""Conditional models of chained equations: drawn from their posterior, then used to draw what is missing.

A rating gets a cumulative probit on all other items, a measurement a normal linear model. Parameters are drawn from
the normal approximation to their posterior, thresholds on the scale of log gaps so that they stay in order.
"""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from drivers.stats.cumulative_newton import accumulate, cdf

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

PRIOR: Final = 0.25
"""Prior precision of a slope per standard deviation of its item: a normal prior with standard deviation 2. Next to the
information in a hundred answers it is nothing; it keeps slopes finite where answers separate or items are copies."""

PRIOR_OF_BEND: Final = 25.0
"""Prior precision of a slope on the bend of an item, a normal prior with standard deviation 0.2: bends are small, and a
small survey cannot tell them."""

NEAR: Final = 0.05
"""Newton stops once the next step would change the posterior mode by less than about this many posterior standard
deviations; the draw itself adds one standard deviation."""

MAX_STEPS: Final = 30


def draw_rating_model(
    x: FloatArray, y: IntArray, weight: FloatArray, prior: FloatArray, start: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Draw slopes and thresholds of a cumulative probit from their posterior.

    Parameters
    ----------
    x : ndarray, shape (m, p)
        The other items, standardised.
    y : ndarray of int, shape (m,)
        Category 0..q; every category has some weight.
    weight : ndarray, shape (m,)
        Weights that add up to the effective number of answers.
    prior : ndarray, shape (p,)
        Prior precision of each slope; thresholds have a flat prior.
    start : ndarray, shape (p + q,)
        Where Newton starts: slopes, then increasing thresholds.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    mode : ndarray, shape (p + q,)
        The posterior mode, a good start for the next sweep.
    drawn : ndarray, shape (p + q,)
        Slopes and thresholds of the draw.

    References
    ----------
    .. [1] Rubin (1987). Multiple Imputation for Nonresponse in Surveys, ch. 5. doi:10.1002/9780470316696
    .. [2] White, Royston & Wood (2011). Statistics in Medicine 30(4), 377-399. doi:10.1002/sim.4067
    """
    p = x.shape[1]
    mode, information = _mode(x, y, weight, prior, start)
    gaps = np.diff(mode[p:])
    size = len(mode)
    # thresholds as first threshold and log gaps: d cut_k / d log gap_i = gap_i for i <= k
    turn = np.eye(size)
    turn[p:, p] = 1.0
    for i, gap in enumerate(gaps, start=1):
        turn[p + i :, p + i] = gap
    root = np.linalg.cholesky(turn.T @ information @ turn)
    step = np.linalg.solve(root.T, rng.standard_normal(size))
    drawn = mode + step
    drawn[p + 1 :] = gaps * np.exp(step[p + 1 :])
    drawn[p:] = np.cumsum(drawn[p:])
    return mode, drawn


def draw_linear_model(
    x: FloatArray, y: FloatArray, weight: FloatArray, prior: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, float]:
    """Draw a normal linear model from its posterior.

    Parameters
    ----------
    x : ndarray, shape (m, p)
        The other items, standardised.
    y : ndarray, shape (m,)
        The measurement, standardised.
    weight : ndarray, shape (m,)
        Weights that add up to the effective number of answers.
    prior : ndarray, shape (p,)
        Prior precision of each slope.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    coefficients : ndarray, shape (p + 1,)
        Slopes, then the intercept.
    spread : float
        Residual standard deviation.

    References
    ----------
    .. [1] Rubin (1987). Multiple Imputation for Nonresponse in Surveys, ch. 5. doi:10.1002/9780470316696
    """
    p = x.shape[1]
    products = _products(x, y, weight)
    information = products[:-1, :-1] + np.diag(np.append(prior, 0.0))
    best = np.linalg.solve(information, products[:-1, -1])
    left = products[-1, -1] - best @ products[:-1, -1]
    spread = float(np.sqrt(max(left, 0.0) / rng.chisquare(max(weight.sum() - p - 1, 1.0))))
    root = np.linalg.cholesky(information)
    return best + spread * np.linalg.solve(root.T, rng.standard_normal(p + 1)), spread


def _mode(
    x: FloatArray, y: IntArray, weight: FloatArray, prior: FloatArray, start: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Newton with halving to the posterior mode; the information is that of the last point looked at."""
    p, total = prior.size, float(weight.sum())
    # a threshold may be so far out that its density underflows
    precision = np.append(prior, np.zeros(start.size - p))
    diagonal = np.append(prior, np.full(start.size - p, 1e-10 * total))

    def penalised(theta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        gradient, information = np.zeros(start.size), np.zeros((start.size, start.size))
        value = accumulate(x, y, weight, theta, True, gradient, information)
        np.negative(information, out=information)
        information.flat[:: start.size + 1] += diagonal
        return float(value) - 0.5 * float(precision @ theta**2), gradient - precision * theta, information

    theta = start.copy()
    value, gradient, information = penalised(theta)
    for _ in range(MAX_STEPS):
        move = np.linalg.solve(information, gradient)
        length = 1.0
        while (np.diff((theta + length * move)[p:]) <= 0).any():
            length *= 0.5
        if length == 1.0 and move @ gradient <= NEAR * np.sqrt(total):
            return theta + move, information
        for _ in range(30):
            trial = theta + length * move
            found = penalised(trial)
            if found[0] >= value:
                break
            length *= 0.5
        if found[0] < value:
            return theta, information
        theta, (value, gradient, information) = trial, found
    return theta, information


@njit(cache=True, nogil=True)
def _products(x: FloatArray, y: FloatArray, weight: FloatArray) -> FloatArray:
    """Add up the products of (x, 1, y); in a fixed order, so that cores do not change the last digit."""
    m, p = x.shape
    out = np.zeros((p + 2, p + 2))
    row = np.ones(p + 2)
    for c in range(m):
        row[:p] = x[c]
        row[p + 1] = y[c]
        for i in range(p + 2):
            wi = weight[c] * row[i]
            for j in range(i + 1):
                out[i, j] += wi * row[j]
    for i in range(p + 2):
        for j in range(i):
            out[j, i] = out[i, j]
    return out


@njit(cache=True, nogil=True)
def gather(z: FloatArray, rows: IntArray, columns: IntArray) -> FloatArray:
    """Copy `rows` and `columns` of `z` (m, p) into an array (len(rows), len(columns)), without a table in between."""
    out = np.empty((rows.size, columns.size))
    for r in range(rows.size):
        for c in range(columns.size):
            out[r, c] = z[rows[r], columns[c]]
    return out


@njit(cache=True, nogil=True)
def draw_ratings(
    z: FloatArray, rows: IntArray, columns: IntArray, theta: FloatArray, own: IntArray, points: FloatArray,
    shift: float, rng: np.random.Generator,
) -> None:
    """Write a drawn point of an item into `rows` of `z`: a latent normal answer, cut at the thresholds in `theta`.

    `columns` are those of the model; `own` the columns of the item and `points` (len(own), q + 1) what its categories
    are worth there; `shift` is added to the latent answer; `rng` is the source of chance.
    """
    p = columns.size
    for r in range(rows.size):
        latent = shift + rng.standard_normal()
        for c in range(p):
            latent += z[rows[r], columns[c]] * theta[c]
        k = 0
        while k < points.shape[1] - 1 and latent > theta[p + k]:
            k += 1
        for c in range(own.size):
            z[rows[r], own[c]] = points[c, k]


@njit(cache=True, nogil=True)
def draw_counts(
    z: FloatArray, count: FloatArray, start: IntArray, size: IntArray, stride: IntArray, columns: IntArray,
    theta: FloatArray, categories: int, shift: float, rng: np.random.Generator,
) -> None:
    """Deal respondents of blocks out anew along one item, everything else of them held: a multinomial draw.

    `z` answers, `count` respondents per unit, changed in place; `start`, `size`, `stride` of each block, of which
    those with stride 0 answered the item; `columns`, `theta`, `categories`, `shift` and `rng` as in `draw_ratings`.
    """
    p = columns.size
    for b in range(start.size):
        if stride[b] == 0:
            continue
        for offset in range(size[b]):
            if (offset // stride[b]) % categories != 0:
                continue
            first = start[b] + offset
            left = 0.0
            for k in range(categories):
                left += count[first + k * stride[b]]
            if left == 0.0:
                continue
            eta = shift
            for c in range(p):
                eta += z[first, columns[c]] * theta[c]
            below, ahead = 0.0, 1.0
            for k in range(categories):
                upto = cdf(theta[p + k] - eta, True) if k < categories - 1 else 1.0
                drawn = left
                if k < categories - 1 and left > 0.0:
                    chance = min(max((upto - below) / ahead, 0.0), 1.0) if ahead > 0.0 else 1.0
                    drawn = float(rng.binomial(int(left), chance))
                count[first + k * stride[b]] = drawn
                left -= drawn
                below, ahead = upto, 1.0 - upto
