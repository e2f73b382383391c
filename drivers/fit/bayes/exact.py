"""Exact posterior of a linear model: independent draws of slopes, residual spread and the drivers' covariance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.errors import FitError, TooFewAnswersError
from drivers.fit.bayes.posterior import mean_point
from drivers.fit.bayes.priors import CovariancePrior, R2Prior
from drivers.fit.bayes.pseudo import ROTATION_NOTE, is_designed, rotation
from drivers.fit.regression.estimated import Estimated
from drivers.fit.regression.linear import _complete_influence, linear_draws
from drivers.fit.regression.sample import Sample, bootstrap_units, design_covariance, design_notes
from drivers.stats.inverse_wishart import inverse_wishart
from drivers.stats.moments import Moments, weighted_moments
from drivers.stats.r2_prior import draw_r2_posterior
from drivers.stats.regression_moments import regression

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joint:
    """Draws of ``means`` (S, d) and ``covs`` (S, d, d) of all items, around ``centre`` (d, d).

    ``extra`` is what the prior weighs beside the n answers, in answers: of every coordinate in which draws are turned
    (means, below the diagonal of the Cholesky factor row by row, logarithm of its diagonal).
    """

    means: FloatArray
    covs: FloatArray
    centre: FloatArray
    extra: FloatArray


def fit_exact(sample: Sample, prior: CovariancePrior | R2Prior, draws: int, seed: int) -> Estimated:
    """Draw slopes, intercept, residual spread and the drivers' covariance from their joint posterior.

    Parameters
    ----------
    sample : Sample
        Complete cells of (drivers..., outcome).
    prior : CovariancePrior or R2Prior
        Of the covariance of all d items, or of R2.
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
    FitError
        If a prior of R2 that leaves little open contradicts the answers.

    Notes
    -----
    With weights or a design the draws are turned in coordinates in which every point is a covariance matrix (means,
    logarithmic Cholesky factor), so that slopes, R2 and the drivers' covariance spread together as they do under the
    design.
    """
    cells = sample.cells
    n = float(cells.n.sum())
    moments = weighted_moments(cells.values, sample.weight)
    d, rng = len(moments.mean), np.random.default_rng([seed, 11])
    if isinstance(prior, R2Prior):
        found = r2_draws(moments, n, prior, draws, rng, d - 1)
    else:
        found = covariance_draws(moments, n, prior, draws, rng)
    means, covs = found.means, found.covs
    model_cov = _term_cov(means, covs)
    influence = _complete_influence(cells.values, moments, regression(moments))
    robust_cov, design_df = design_covariance(sample, influence, d - 1)
    notes = design_notes(sample, bootstrap_units(sample, seed)[0], design_df, d - 1)
    if is_designed(sample):
        means, covs = turned(sample, moments, found)
        robust_cov, notes = _term_cov(means, covs), (ROTATION_NOTE, *notes)
    drawn = linear_draws(means, covs)
    kept = _kept(moments, n, found) if isinstance(prior, R2Prior) else {}
    return Estimated(
        estimate=np.append(drawn.slopes[0].mean(axis=0), drawn.intercept[0].mean()), model_cov=model_cov,
        robust_cov=robust_cov, df=design_df, point=mean_point(drawn, sample), draws=drawn,
        loglik=_loglik(moments, n, residual=True), loglik_null=_loglik(moments, n, residual=False), failed=0,
        resampled="the posterior", notes=notes,
        diagnostics={"method": "exact", "ess": draws, "rotated": is_designed(sample), **kept},
    )


def _kept(moments: Moments, n: float, found: Joint) -> dict[str, float]:
    """Return the part of least-squares slopes that a prior of R2 leaves, and the variance of that part.

    Both in the direction in which the slopes explain most; the variance is that of draws, less what it would be if the
    part were the same in all of them.
    """
    own = regression(moments)[:-1]
    towards = moments.cov[:-1, :-1] @ own
    drawn = linear_draws(found.means, found.covs)
    part = drawn.slopes[0] @ towards / (own @ towards)
    kept = float(part.mean())
    noise = kept * float((drawn.error_sd[0] ** 2).mean()) / (n * float(own @ towards))
    return {"slopes_kept": kept, "slopes_kept_variance": max(float(part.var()) - noise, 0.0)}


def covariance_draws(
    moments: Moments, n: float, prior: CovariancePrior, draws: int, rng: np.random.Generator
) -> Joint:
    """Draw the covariance of drivers and outcomes under a conjugate prior of it.

    Parameters
    ----------
    moments : Moments
        Of all d items in the sample.
    n : float
        Answers.
    prior : CovariancePrior
        Conjugate prior.
    draws : int
        Draws S.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Joint
        Independent draws.

    Raises
    ------
    TooFewAnswersError
        If there are fewer answers than the posterior needs to be proper.

    Notes
    -----
    Sigma given the data is inverse Wishart with n - 1 degrees of freedom and the centred cross-products as scale
    (Jeffreys prior; other conjugate priors add to both), the means given Sigma are normal.

    References
    ----------
    .. [1] Gelman, Carlin, Stern, Dunson, Vehtari & Rubin (2013). Bayesian Data Analysis, 3rd ed., section 3.6.
       doi:10.1201/b16018
    """
    extra, scale = prior.wishart(np.diag(moments.cov))
    df, d = n - 1 + extra, len(moments.mean)
    if df <= d:
        raise _too_few(n, d)
    covs = inverse_wishart(df, n * moments.cov + scale, draws, rng)
    noise = rng.standard_normal((draws, d))
    means = moments.mean + np.einsum("sij,sj->si", np.linalg.cholesky(covs), noise) / np.sqrt(n)
    return Joint(
        means=means, covs=covs, centre=(n * moments.cov + scale) / (n + extra),
        extra=np.full(2 * d + d * (d - 1) // 2, extra),
    )


def r2_draws(moments: Moments, n: float, prior: R2Prior, draws: int, rng: np.random.Generator, p: int) -> Joint:
    """Draw slopes and residual covariance under a prior of R2, and means and covariance of the drivers beside them.

    Parameters
    ----------
    moments : Moments
        Of drivers and, behind them, one outcome or several, in the sample.
    n : float
        Answers.
    prior : R2Prior
        The prior, of every outcome and of any sum or difference of them.
    draws : int
        Draws S.
    rng : numpy.random.Generator
        Source of randomness.
    p : int
        How many of the items are drivers.

    Returns
    -------
    Joint
        Independent draws.

    Raises
    ------
    TooFewAnswersError
        If answers are too few for the drivers to have a scatter.
    FitError
        If a prior that leaves little open contradicts the answers.

    Notes
    -----
    Given the drivers, of which the prior of slopes takes the scatter in the sample, slopes and residual covariance do
    not depend on the drivers' mean and covariance; these have a normal inverse-Wishart posterior of their own. With k
    outcomes the residual covariance has k prior degrees of freedom, which is one for each of their variances.
    """
    d = len(moments.mean)
    k = d - p
    if n <= p:
        raise _too_few(n, d)
    average, variance = prior.guesses(moments.mean, np.diag(moments.cov))
    scatter, away = moments.cov[:p, :p], moments.mean - average
    fitted = np.linalg.solve(scatter, moments.cov[:p, p:])
    one = n / (n + 1)  # a prior guess that weighs one answer
    rest = n * (moments.cov[p:, p:] - moments.cov[p:, :p] @ fitted) + one * np.outer(away[p:], away[p:])
    rest = (rest + rest.T) / 2 + (1 - prior.mean) * np.diag(variance[p:])
    found = draw_r2_posterior(scatter, fitted, n, rest, n + k, prior.shapes(p), draws, rng)
    if found is None:
        raise FitError(
            f"The prior of {prior.words(p)} and the answers contradict each other. Use a lower precision, or a mean "
            "nearer to what comparable surveys found."
        )
    df = n + p + 1
    scale = n * scatter + np.diag(variance[:p]) + one * np.outer(away[:p], away[:p])
    x_covs = inverse_wishart(df, scale, draws, rng)
    noise = rng.standard_normal((draws, d))
    means = np.empty((draws, d))
    means[:, :p] = np.einsum("sij,sj->si", np.linalg.cholesky(x_covs), noise[:, :p])
    means[:, p:] = np.einsum("sij,sj->si", np.linalg.cholesky(found.cov), noise[:, p:])
    means = moments.mean - away / (n + 1) + means / np.sqrt(n + 1)
    means[:, p:] += np.einsum("si,sik->sk", means[:, :p] - moments.mean[:p], found.slopes)
    shrink = float((n * found.scale / (1 + n * found.scale)).mean())
    typical = np.linalg.inv(np.linalg.inv(found.cov).mean(axis=0))
    return Joint(
        means=means, covs=_joined(x_covs, found.slopes, found.cov), extra=_extra(p, k, n * (1 - shrink) / shrink),
        centre=_joined(scale[None] / df, shrink * fitted[None], typical)[0],
    )


def _joined(x_covs: FloatArray, slopes: FloatArray, residual: FloatArray) -> FloatArray:
    """Return covariances (S, d, d) of drivers and outcomes."""
    p, k = slopes.shape[1:]
    out = np.empty((len(slopes), p + k, p + k))
    out[:, :p, :p] = x_covs
    out[:, :p, p:] = x_covs @ slopes
    out[:, p:, :p] = out[:, :p, p:].swapaxes(1, 2)
    out[:, p:, p:] = residual + slopes.swapaxes(1, 2) @ out[:, :p, p:]
    return out


def _extra(p: int, k: int, slopes: float) -> FloatArray:
    """Return what the prior weighs in every coordinate of `Joint`: that of `slopes`, else what `r2_draws` says."""
    factor = np.full((p + k, p + k), p + 1.0)
    factor[p:, :p], factor[p:, p:] = slopes, k
    return np.concatenate([np.ones(p + k), factor[np.tril_indices(p + k, -1)], np.diag(factor)])


def _too_few(n: float, d: int) -> TooFewAnswersError:
    return TooFewAnswersError(
        f"{n:,.0f} answers cannot carry the covariance of {d} items. Use fewer drivers, or a larger group of "
        "respondents."
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


def turned(sample: Sample, moments: Moments, joint: Joint) -> tuple[FloatArray, FloatArray]:
    """Turn draws to the design-based covariance, in means and log-Cholesky factor of answers made white.

    Parameters
    ----------
    sample : Sample
        Cells with weights or a design.
    moments : Moments
        Of all d items in the sample.
    joint : Joint
        What was drawn without regard to the design.

    Returns
    -------
    means : ndarray, shape (S, d)
        As they spread under the design.
    covs : ndarray, shape (S, d, d)
        The same.

    Notes
    -----
    In these coordinates the model's covariance is diagonal: 1/n for means and off-diagonals, 1/(2n) for log-diagonals,
    n counting the prior's answers. These are no part of the design, so that coordinate's part of the design-based
    covariance shrinks as its estimate does, and the prior's own information is added (`pseudo.with_prior`).
    """
    root = np.linalg.cholesky(joint.centre)
    d, n = len(root), float(sample.cells.n.sum())
    lower, across = np.tril_indices(d, -1)
    white = np.linalg.solve(root, (sample.cells.values - moments.mean).T).T
    scores = np.column_stack([white, white[:, lower] * white[:, across], (white**2 - 1) / 2])
    design_cov, _ = design_covariance(sample, scores / sample.cells.sum_w.sum(), d - 1)
    unit = np.concatenate([np.ones(d + len(lower)), np.full(d, 0.5)])
    total = n + joint.extra
    wanted = design_cov * np.outer(n / total, n / total) + np.diag(unit * joint.extra / total**2)
    turn = rotation(np.diag(unit / total), wanted)
    factor = np.linalg.cholesky(np.linalg.solve(root, np.swapaxes(np.linalg.solve(root, joint.covs), 1, 2)))
    diagonal = np.log(np.einsum("sii->si", factor))
    away = np.linalg.solve(root, (joint.means - moments.mean).T).T
    coordinates = np.column_stack([away, factor[:, lower, across], diagonal]) @ turn.T
    factor = np.zeros_like(factor)
    factor[:, lower, across] = coordinates[:, d : d + len(lower)]
    factor[:, range(d), range(d)] = np.exp(coordinates[:, d + len(lower) :])
    half = root @ factor
    return moments.mean + coordinates[:, :d] @ root.T, half @ np.swapaxes(half, 1, 2)
