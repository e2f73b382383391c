"""Draws from a posterior by its mode: a Student-t around it, corrected by Pareto-smoothed importance weights."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.defaults import PARETO_K
from drivers.errors import ApproximationError, ConvergenceError
from drivers.fit.bayes.target import Target
from drivers.stats.psis import Smoothed, smooth_weights

FloatArray = NDArray[np.float64]

MAX_STEPS = 100
GAIN = 1e-10
"""The mode is found when another Newton step would gain less than this in log density."""

SETTLED = 1e-3
"""And when that step is shorter than this, relative to where it starts: on a flat stretch gains are small far away."""

PROPOSED = 2
"""Proposals for every draw kept."""

FEWEST = 500
"""Proposals at least, so that the tail of their weights can be judged."""

DF = 7.0
DF_RETRY = 4.0
"""Degrees of freedom of the proposal: tails heavier than the posterior's keep weights bounded. Heavier on retrying."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LaplaceDraws:
    """``phi`` (s, t) equally weighted draws, around ``mode`` (t,) with ``information`` (t, t) minus the Hessian there.

    ``pareto_k`` and ``ess`` of the importance weights of ``proposals`` draws; ``retried`` whether a second proposal,
    fitted to the first one's weighted draws, was needed; ``error`` in the log density of proposals, 0 where exact.
    """

    phi: FloatArray
    mode: FloatArray
    information: FloatArray
    pareto_k: float
    ess: float
    proposals: int
    retried: bool
    error: float = 0.0


def laplace_draws(target: Target, draws: int, rng: np.random.Generator) -> LaplaceDraws:
    """Draw from a posterior.

    Parameters
    ----------
    target : Target
        Log density with derivatives.
    draws : int
        Draws wanted.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    LaplaceDraws
        Accepted only when the tail of the importance weights has a shape k below `PARETO_K`.

    Raises
    ------
    ConvergenceError
        If no mode is found.
    ApproximationError
        If k is not below the limit after a second attempt with four times the proposals, heavier tails, and mean and
        covariance of the first attempt's weighted draws.

    References
    ----------
    .. [1] Vehtari, Simpson, Gelman, Yao & Gabry (2024). Pareto smoothed importance sampling. Journal of Machine
       Learning Research 25(72), 1-58.
    .. [2] Tierney & Kadane (1986). Accurate approximations for posterior moments and marginal densities. JASA 81(393),
       82-86. doi:10.1080/01621459.1986.10478240
    """
    mode, information = find_mode(target)
    target, error = target.near(mode, information, rng)
    size = max(PROPOSED * draws, FEWEST)
    phi, smoothed = _propose(target, mode, np.linalg.inv(information), DF, size, rng)
    retried = not smoothed.pareto_k < PARETO_K
    if retried:
        weight = np.exp(smoothed.log_weight)
        centre = weight @ phi
        away = phi - centre
        size *= 4
        phi, smoothed = _propose(target, centre, (away * weight[:, None]).T @ away, DF_RETRY, size, rng)
        if not smoothed.pareto_k < PARETO_K:
            raise ApproximationError(
                f"The posterior is too far from its Laplace approximation: Pareto k is {smoothed.pareto_k:.2f} after "
                f"{size:,} proposals, {PARETO_K:g} is the limit, so these draws must not be trusted. Ask for more "
                "draws, use narrower priors or fewer drivers, merge rare outcome categories, or let Markov chains draw "
                '(method="nuts").', smoothed.pareto_k,
            )
    kept = systematic(np.exp(smoothed.log_weight), draws, rng)
    return LaplaceDraws(
        phi=phi[kept], mode=mode, information=information, pareto_k=smoothed.pareto_k, ess=min(smoothed.ess, draws),
        proposals=size, retried=retried, error=error,
    )


def find_mode(target: Target) -> tuple[FloatArray, FloatArray]:
    """Find the mode by Newton's method.

    Parameters
    ----------
    target : Target
        Log density with derivatives.

    Returns
    -------
    mode : ndarray, shape (t,)
        Where the density is largest.
    information : ndarray, shape (t, t)
        Minus the Hessian there, positive definite.

    Raises
    ------
    ConvergenceError
        If the steps run out, or the density is flat at the mode.
    """
    phi = target.start
    value, gradient, hessian = target.expand(phi)
    for _ in range(MAX_STEPS):
        move = np.linalg.solve(_positive(-hessian), gradient)
        if 0.5 * move @ gradient < GAIN and (np.abs(move) <= SETTLED * (1 + np.abs(phi))).all():
            break
        length = 1.0
        while length > 1e-10:
            trial = phi + length * move
            found = target.expand(trial)
            if found[0] > value:
                break
            length /= 2
        else:
            break  # nothing left to gain in this precision
        phi, (value, gradient, hessian) = trial, found
    else:
        raise _no_mode()
    if np.linalg.eigvalsh(-hessian)[0] <= 0 or (np.abs(move) > 10 * SETTLED * (1 + np.abs(phi))).any():
        raise _no_mode()
    return phi, -hessian


def _no_mode() -> ConvergenceError:
    return ConvergenceError(
        f"The mode of the posterior was not found in {MAX_STEPS} Newton steps: the answers and the prior leave some "
        "mix of slopes open. Use a proper prior, fewer drivers, or model='linear'."
    )


def systematic(weight: FloatArray, draws: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Resample with as little noise as can be, in random order.

    Parameters
    ----------
    weight : ndarray, shape (s,)
        Adds up to 1.
    draws : int
        How many to keep.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of int, shape (draws,)
        Places; each is kept ``draws * weight`` times, rounded up or down at random.

    References
    ----------
    .. [1] Kitagawa (1996). Monte Carlo filter and smoother. Journal of Computational and Graphical Statistics 5(1),
       1-25. doi:10.1080/10618600.1996.10474692
    """
    ladder = (np.arange(draws) + rng.random()) / draws
    places = np.searchsorted(np.cumsum(weight), ladder).clip(0, len(weight) - 1)
    return rng.permutation(places).astype(np.intp)


def _positive(matrix: FloatArray) -> FloatArray:
    """Return `matrix` (t, t), symmetric, with its eigenvalues made positive."""
    size, direction = np.linalg.eigh(matrix)
    size = np.maximum(np.abs(size), 1e-10 * np.abs(size).max())
    return np.asarray((direction * size) @ direction.T)


def _propose(
    target: Target, centre: FloatArray, cov: FloatArray, df: float, size: int, rng: np.random.Generator
) -> tuple[FloatArray, Smoothed]:
    """Draw `size` proposals from a multivariate t of scale matrix `cov` and weigh them."""
    t = len(centre)
    root = np.linalg.cholesky(cov)
    z = rng.standard_normal((size, t))
    stretch = rng.chisquare(df, size) / df
    phi = centre + (z @ root.T) / np.sqrt(stretch)[:, None]
    distance = (z**2).sum(axis=1) / stretch
    log_proposal = -0.5 * (df + t) * np.log1p(distance / df) + (
        math.lgamma((df + t) / 2) - math.lgamma(df / 2) - 0.5 * t * math.log(df * math.pi)
        - float(np.log(np.diag(root)).sum())
    )
    with np.errstate(over="ignore", invalid="ignore"):
        log_target = target.values(phi)
    return phi, smooth_weights(np.where(np.isfinite(log_target), log_target, -np.inf) - log_proposal)
