"""Ratios of pairs of slopes, shrunken towards a common ratio: for losses against gains over several drivers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.defaults import PRIOR_LOG_RATIO, PRIOR_RATIO_SPREAD

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShrunkenPairs:
    """``lower`` and ``upper`` (S, p) draws of the slopes, ``common`` (S,) of the ratio, ``spread`` (S,) around it."""

    lower: FloatArray
    upper: FloatArray
    common: FloatArray
    spread: FloatArray


def shrunken_pairs(lower: FloatArray, upper: FloatArray, cov: FloatArray, draws: int, seed: int) -> ShrunkenPairs:
    """Draw pairs of slopes that share a ratio up to a spread that the estimates decide.

    Parameters
    ----------
    lower, upper : ndarray, shape (p,)
        Estimated slopes below and above a reference.
    cov : ndarray, shape (2p, 2p)
        Their covariance, lower ones first.
    draws : int
        Number of draws S.
    seed : int
        Of the draws.

    Returns
    -------
    ShrunkenPairs
        From the posterior of ``lower_j ~ N(ratio * upper_j, spread^2)``, upper slopes flat, estimates normal; ratio and
        spread on a grid, so that no chain is needed. Where few people stand below the reference, a driver's ratio is
        drawn towards the others'.

    References
    ----------
    .. [1] Gelman, Carlin, Stern, Dunson, Vehtari & Rubin (2013). Bayesian Data Analysis, 3rd ed., section 5.4.
       doi:10.1201/b16018
    """
    p = len(lower)
    size = max(float(np.abs(upper).mean()), 1e-6)
    ratios, spreads = np.exp(np.linspace(-2.2, 2.2, 67)), size * np.linspace(0.01, 2.0, 40)
    logs = np.empty((len(ratios), len(spreads)))
    own, other, both = cov[:p, :p], cov[p:, p:], cov[:p, p:]
    for i, ratio in enumerate(ratios):
        apart = lower - ratio * upper
        values, vectors = np.linalg.eigh(own + ratio**2 * other - ratio * (both + both.T))
        turned = vectors.T @ apart
        total = np.maximum(values, 0.0)[:, None] + spreads**2
        logs[i] = -0.5 * (np.log(total) + turned[:, None] ** 2 / total).sum(axis=0)
        logs[i] += -0.5 * (np.log(ratio) / PRIOR_LOG_RATIO) ** 2 - 0.5 * (spreads / (PRIOR_RATIO_SPREAD * size)) ** 2
    chance = np.exp(logs - logs.max()).ravel()
    rng = np.random.default_rng([seed, 41])
    cells, counts = np.unique(rng.choice(chance.size, size=draws, p=chance / chance.sum()), return_counts=True)
    precision, estimate = np.linalg.inv(cov), np.concatenate([lower, upper])
    theta, common, spread = [], [], []
    for cell, count in zip(cells.tolist(), counts.tolist(), strict=True):
        ratio, scale = ratios[cell // len(spreads)], spreads[cell % len(spreads)]
        tie = np.hstack([np.eye(p), -ratio * np.eye(p)])
        root = np.linalg.cholesky(precision + tie.T @ tie / scale**2)
        centre = np.linalg.solve(root.T, np.linalg.solve(root, precision @ estimate))
        theta.append(centre + np.linalg.solve(root.T, rng.standard_normal((2 * p, count))).T)
        common.append(np.full(count, ratio))
        spread.append(np.full(count, scale))
    order = rng.permutation(draws)
    drawn = np.concatenate(theta)[order]
    return ShrunkenPairs(
        lower=drawn[:, :p], upper=drawn[:, p:], common=np.concatenate(common)[order],
        spread=np.concatenate(spread)[order],
    )
