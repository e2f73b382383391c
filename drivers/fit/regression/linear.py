"""Linear driver model from the moments of cells; missing answers by maximum likelihood (FIML), not by deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from drivers.fit.regression.estimated import Estimated
from drivers.fit.regression.sample import (
    Sample,
    bootstrap_multipliers,
    bootstrap_units,
    design_covariance,
    design_notes,
    replicate_multipliers_of,
    replicated,
)
from drivers.fit.result import Draws, MissingInformation
from drivers.stats.moments import Moments, moment_draws, weighted_moments
from drivers.stats.regression_moments import regression, regression_jacobian

if TYPE_CHECKING:
    from drivers.stats.incomplete import Incomplete

FloatArray = NDArray[np.float64]


def fit_linear(sample: Sample, draws: int, seed: int) -> Estimated:
    """Fit slopes and intercept, the outcome being the last item of the sample.

    Parameters
    ----------
    sample : Sample
        Cells of (drivers..., outcome); missing answers are allowed, at least one answer per cell.
    draws : int
        Bootstrap draws.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    Estimated
        Terms are the slopes (p,), then the intercept.
    """
    cells = sample.cells
    units, unit = bootstrap_units(sample, seed)
    blocks = bootstrap_multipliers(sample, units, draws, seed)
    replicates = replicate_multipliers_of(sample)
    loglik: float | None = None
    loglik_null: float | None = None
    fmi: FloatArray | None = None
    notes: tuple[str, ...] = ()
    if np.isnan(cells.values).any():
        from drivers.stats.em_influence import em_inverse
        from drivers.stats.incomplete import incomplete_moments

        found = incomplete_moments(cells.values, cells.sum_w)
        moments = found.moments
        estimate, influence = regression(moments), found.influence @ regression_jacobian(moments).T
        jacobian, normal = regression_jacobian(found.normal.moments), found.normal.moments
        observed = jacobian @ em_inverse(found.normal) @ jacobian.T
        # the information adds up weights; weights that add up to n make it count respondents
        model_cov = observed * (cells.sum_w.sum() / cells.n.sum())
        fmi = _missing_information(normal, observed)
        means, covs = found.draws(cells.sum_w, unit, len(units), blocks)
        if replicates is not None:
            again = _terms(*found.draws(cells.sum_w, unit, len(units), iter([replicates])))
        notes = (_note(found),)
    else:
        moments = weighted_moments(cells.values, cells.sum_w)
        estimate = regression(moments)
        influence = _complete_influence(cells.values, moments, estimate)
        n = float(cells.n.sum())
        model_cov = _complete_model_cov(moments, estimate, n)
        means, covs = moment_draws(cells.values, cells.sum_w, unit, len(units), blocks)
        if replicates is not None:
            again = _terms(*moment_draws(cells.values, cells.sum_w, unit, len(units), iter([replicates])))
        residual, whole = _residual_variance(moments.cov), moments.cov[-1, -1]
        loglik, loglik_null = (-0.5 * n * (np.log(2 * np.pi * v) + 1) for v in (residual, whole))
    slopes = len(estimate) - 1
    robust_cov, df = (
        design_covariance(sample, influence, slopes) if replicates is None
        else replicated(sample, estimate, again, slopes)
    )
    kept = _usable(covs)
    return Estimated(
        estimate=estimate, model_cov=model_cov, robust_cov=robust_cov, df=df,
        point=linear_draws(moments.mean[None], moments.cov[None]), draws=linear_draws(means[kept], covs[kept]),
        loglik=loglik, loglik_null=loglik_null, failed=int((~kept).sum()), resampled=units.kind,
        notes=(*notes, *design_notes(sample, units, df, slopes)),
        missing=None if fmi is None else MissingInformation(method="fiml", fmi=fmi, df=np.full(len(fmi), df)),
    )


def _note(found: Incomplete) -> str:
    how = (
        "with squares of ratings beside them, as ratings are not normal"
        if found.squared
        else "exact for normal answers; where gaps in ratings follow other answers, compare missing='impute'"
    )
    return (
        f"Missing answers by maximum likelihood (FIML, EM) over {found.patterns:,} patterns of missing answers, {how}; "
        "bootstrap draws are one Newton step from the estimate."
    )


def linear_draws(means: FloatArray, covs: FloatArray) -> Draws:
    """Turn `means` (S, p+1) and covariances `covs` (S, p+1, p+1), outcome last, into one chain of S draws."""
    x_cov, cross = covs[:, :-1, :-1], covs[:, :-1, -1]
    slopes = np.linalg.solve(x_cov, cross[..., None])[..., 0]
    intercept = means[:, -1] - np.einsum("si,si->s", means[:, :-1], slopes)
    residual = covs[:, -1, -1] - np.einsum("si,si->s", cross, slopes)
    return Draws(
        slopes=slopes[None], intercept=intercept[None], cuts=np.empty((1, len(covs), 0)),
        error_sd=np.sqrt(np.maximum(residual, 0.0))[None], x_mean=means[None, :, :-1], x_cov=x_cov[None],
    )


def _terms(means: FloatArray, covs: FloatArray) -> FloatArray:
    """Slopes and intercept (S, p + 1) of every draw, NaN where it has none."""
    kept = _usable(covs)
    terms = np.full(means.shape, np.nan)
    drawn = linear_draws(means[kept], covs[kept])
    terms[kept] = np.column_stack([drawn.slopes[0], drawn.intercept[0]])
    return terms


def _residual_variance(cov: FloatArray) -> float:
    return float(cov[-1, -1] - cov[:-1, -1] @ np.linalg.solve(cov[:-1, :-1], cov[:-1, -1]))


def _complete_influence(values: FloatArray, moments: Moments, estimate: FloatArray) -> FloatArray:
    x = values[:, :-1] - moments.mean[:-1]
    residual = values[:, -1] - values[:, :-1] @ estimate[:-1] - estimate[-1]
    slopes = np.linalg.solve(moments.cov[:-1, :-1], (x * residual[:, None]).T).T / moments.total
    return np.column_stack([slopes, residual / moments.total - slopes @ moments.mean[:-1]])


def _complete_model_cov(moments: Moments, estimate: FloatArray, n: float) -> FloatArray:
    """Return the textbook least-squares covariance, weights scaled to add up to n."""
    p = len(estimate) - 1
    variance = _residual_variance(moments.cov) * n / (n - p - 1)
    slopes = np.linalg.inv(moments.cov[:-1, :-1]) * variance / n
    mean = moments.mean[:-1]
    cov = np.empty((p + 1, p + 1))
    cov[:p, :p] = slopes
    cov[:p, p] = cov[p, :p] = -slopes @ mean
    cov[p, p] = variance / n + mean @ slopes @ mean
    return cov


def _missing_information(moments: Moments, observed: FloatArray) -> FloatArray:
    """Return the fraction of missing information (t,): 1 - variance with everything answered / `observed` variance.

    Both are inverse informations at the maximum-likelihood estimate, the former of slopes and intercept had everybody
    answered; by the missing-information principle of Orchard and Woodbury it is never the larger.

    Savalei & Rhemtulla (2012). Structural Equation Modeling 19(3), 477-494. doi:10.1080/10705511.2012.687669
    """
    mean, inverse = moments.mean[:-1], np.linalg.inv(moments.cov[:-1, :-1])
    complete = np.append(np.diag(inverse), 1 + mean @ inverse @ mean) * _residual_variance(moments.cov) / moments.total
    return 1 - complete / np.diag(observed)


def _usable(covs: FloatArray) -> NDArray[np.bool_]:
    """Which draws (S,) have a covariance that is positive definite by a clear margin."""
    spread = np.sqrt(np.maximum(np.einsum("sii->si", covs), 0.0))  # a step too long may leave a variance below 0
    kept: NDArray[np.bool_] = np.isfinite(spread).all(axis=1) & (spread > 0).all(axis=1)
    scaled = covs[kept] / (spread[kept][:, :, None] * spread[kept][:, None, :])
    kept[kept] = np.linalg.eigvalsh(scaled)[:, 0] > 1e-10
    return kept
