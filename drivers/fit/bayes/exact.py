"""Exact posterior of a linear model: independent draws of the covariance of drivers and outcome together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drivers.errors import TooFewAnswersError
from drivers.fit.bayes.posterior import mean_point
from drivers.fit.bayes.priors import CovariancePrior
from drivers.fit.bayes.pseudo import ROTATION_NOTE, is_designed, rotation
from drivers.fit.regression.estimated import Estimated
from drivers.fit.regression.linear import _complete_influence, linear_draws
from drivers.fit.regression.sample import Sample, bootstrap_units, design_covariance, design_notes
from drivers.stats.inverse_wishart import inverse_wishart
from drivers.stats.moments import Moments, weighted_moments
from drivers.stats.regression_moments import regression

FloatArray = NDArray[np.float64]


def fit_exact(sample: Sample, prior: CovariancePrior, draws: int, seed: int) -> Estimated:
    """Draw slopes, intercept, residual spread and the drivers' covariance from their joint posterior.

    Parameters
    ----------
    sample : Sample
        Complete cells of (drivers..., outcome).
    prior : CovariancePrior
        Conjugate prior of the covariance of all d items.
    draws : int
        Independent draws.
    seed : int
        Seed of the draws.

    Returns
    -------
    Estimated
        Terms are the slopes (p,), then the intercept; estimates are posterior means.

    Raises
    ------
    TooFewAnswersError
        If there are fewer answers than the posterior needs to be proper.

    Notes
    -----
    Sigma given the data is inverse Wishart with n - 1 degrees of freedom and the centred cross-products as scale
    (Jeffreys prior; other conjugate priors add to both), the means given Sigma are normal. With weights or a design
    the draws are turned in coordinates in which every point is a covariance matrix (means, logarithmic Cholesky
    factor), so that slopes, R2 and the drivers' covariance spread together as they do under the design.

    References
    ----------
    .. [1] Gelman, Carlin, Stern, Dunson, Vehtari & Rubin (2013). Bayesian Data Analysis, 3rd ed., section 3.6.
       doi:10.1201/b16018
    """
    cells = sample.cells
    n = float(cells.n.sum())
    moments = weighted_moments(cells.values, sample.weight)
    extra, scale = prior.wishart(np.diag(moments.cov))
    df, d = n - 1 + extra, len(moments.mean)
    if df <= d:
        raise TooFewAnswersError(
            f"{n:,.0f} answers cannot carry the covariance of {d} items. Use fewer drivers, or a larger group of "
            "respondents."
        )
    rng = np.random.default_rng([seed, 11])
    covs = inverse_wishart(df, n * moments.cov + scale, draws, rng)
    noise = rng.standard_normal((draws, d))
    means = moments.mean + np.einsum("sij,sj->si", np.linalg.cholesky(covs), noise) / np.sqrt(n)
    model_cov = _term_cov(means, covs)
    influence = _complete_influence(cells.values, moments, regression(moments))
    robust_cov, design_df = design_covariance(sample, influence, d - 1)
    notes = design_notes(sample, bootstrap_units(sample, seed)[0], design_df, d - 1)
    if is_designed(sample):
        means, covs = _turned(sample, moments, (n * moments.cov + scale) / (n + extra), means, covs, extra)
        robust_cov, notes = _term_cov(means, covs), (ROTATION_NOTE, *notes)
    drawn = linear_draws(means, covs)
    return Estimated(
        estimate=np.append(drawn.slopes[0].mean(axis=0), drawn.intercept[0].mean()), model_cov=model_cov,
        robust_cov=robust_cov, df=design_df, point=mean_point(drawn, sample), draws=drawn,
        loglik=_loglik(moments, n, residual=True), loglik_null=_loglik(moments, n, residual=False), failed=0,
        resampled="the posterior", notes=notes,
        diagnostics={"method": "exact", "ess": draws, "rotated": is_designed(sample)},
    )


def _term_cov(means: FloatArray, covs: FloatArray) -> FloatArray:
    drawn = linear_draws(means, covs)
    return np.atleast_2d(np.cov(np.column_stack([drawn.slopes[0], drawn.intercept[0]]), rowvar=False))


def _loglik(moments: Moments, n: float, residual: bool) -> float:
    """Return the largest log-likelihood of the outcome given the drivers, or given nothing."""
    spread = moments.cov[-1, -1]
    if residual:
        spread = spread - moments.cov[:-1, -1] @ np.linalg.solve(moments.cov[:-1, :-1], moments.cov[:-1, -1])
    return float(-0.5 * n * (np.log(2 * np.pi * spread) + 1))


def _turned(
    sample: Sample, moments: Moments, centre: FloatArray, means: FloatArray, covs: FloatArray, extra: float
) -> tuple[FloatArray, FloatArray]:
    """Turn draws to the design-based covariance, in means and log-Cholesky factor of answers made white.

    There the model's covariance is diagonal: 1/n for means and off-diagonals, 1/(2n) for log-diagonals.
    """
    root = np.linalg.cholesky(centre)
    d, n = len(root), float(sample.cells.n.sum())
    lower, across = np.tril_indices(d, -1)
    white = np.linalg.solve(root, (sample.cells.values - moments.mean).T).T
    scores = np.column_stack([white, white[:, lower] * white[:, across], (white**2 - 1) / 2])
    design_cov, _ = design_covariance(sample, scores / sample.cells.sum_w.sum(), d - 1)
    unit = np.concatenate([np.ones(d + len(lower)), np.full(d, 0.5)])
    total = n + extra
    wanted = design_cov * (n / total) ** 2 + np.diag(unit) * extra / total**2
    turn = rotation(np.diag(unit) / total, wanted)
    factor = np.linalg.cholesky(np.linalg.solve(root, np.swapaxes(np.linalg.solve(root, covs), 1, 2)))
    diagonal = np.log(np.einsum("sii->si", factor))
    away = np.linalg.solve(root, (means - moments.mean).T).T
    turned = np.column_stack([away, factor[:, lower, across], diagonal]) @ turn.T
    factor = np.zeros_like(factor)
    factor[:, lower, across] = turned[:, d : d + len(lower)]
    factor[:, range(d), range(d)] = np.exp(turned[:, d + len(lower) :])
    half = root @ factor
    return moments.mean + turned[:, :d] @ root.T, half @ np.swapaxes(half, 1, 2)
