"""Posterior of a linear model under independent priors of its slopes, by Laplace's method with importance weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drivers.fit.bayes.flat import FlatMethod, draw_flat
from drivers.fit.bayes.posterior import driver_moments, mean_point
from drivers.fit.bayes.priors import SlopePriors
from drivers.fit.bayes.pseudo import ROTATION_NOTE, is_designed, rotation, with_prior
from drivers.fit.bayes.target import GaussianTarget
from drivers.fit.regression.estimated import Estimated
from drivers.fit.regression.linear import _residual_variance
from drivers.fit.regression.sample import Sample, bootstrap_units, design_covariance, design_notes
from drivers.fit.result import Draws
from drivers.stats.moments import weighted_moments
from drivers.stats.prior_density import PriorArrays, prior_derivatives

FloatArray = NDArray[np.float64]


def fit_linear_posterior(
    sample: Sample, prior: SlopePriors, draws: int, seed: int, method: FlatMethod = "laplace"
) -> Estimated:
    """Draw slopes, intercept and residual spread from their posterior, and the drivers' covariance beside them.

    Parameters
    ----------
    sample : Sample
        Complete cells of (drivers..., outcome).
    prior : SlopePriors
        Priors of slopes, intercept and residual spread.
    draws : int
        Draws wanted.
    seed : int
        Seed of the draws.
    method : {"laplace", "nuts"}
        The way to the draws.

    Returns
    -------
    Estimated
        Terms are the slopes (p,), then the intercept; estimates are posterior means.

    Raises
    ------
    FitError
        If the posterior is too far from its approximation.

    Notes
    -----
    With weights or a design the draws are turned around the mode; see `drivers.fit.bayes.pseudo`.
    """
    cells, weight = sample.cells, sample.weight
    p = cells.values.shape[1] - 1
    moments = weighted_moments(cells.values, weight)
    standard = prior.units == "standard"
    centre = moments.mean if standard else np.zeros(p + 1)
    spread = np.sqrt(np.diag(moments.cov)) if standard else np.ones(p + 1)
    scaled = (cells.values - centre) / spread
    target = gaussian_target(scaled, weight, prior)
    found = draw_flat(target, draws, seed, method, cells.items[:-1])
    back = np.eye(p + 1) * spread[-1]
    back[:p, :p] /= spread[:p, None]
    back[p, :p] = -centre[:p] * np.diag(back)[:p]
    shift = np.append(np.zeros(p), centre[-1])
    theta = found.phi[:, :-1] @ back.T + shift
    model_cov = np.atleast_2d(np.cov(theta, rowvar=False))
    scores = _scores(scaled, found.mode) * (weight.sum() / cells.sum_w.sum())
    design_cov, df = design_covariance(sample, scores @ np.linalg.inv(found.information), p)
    notes = design_notes(sample, bootstrap_units(sample, seed)[0], df, p)
    designed, phi = is_designed(sample), found.phi
    if designed:
        wanted = with_prior(design_cov, found.information, _prior_information(target, found.mode))
        phi = found.mode + (phi - found.mode) @ rotation(np.linalg.inv(found.information), wanted).T
        theta = phi[:, :-1] @ back.T + shift
        robust_cov, notes = np.atleast_2d(np.cov(theta, rowvar=False)), (ROTATION_NOTE, *notes)
    else:
        robust_cov = back @ design_cov[:-1, :-1] @ back.T
    means, covs, kind = driver_moments(sample, len(found.phi), seed)
    drawn = found.arrange(Draws(
        slopes=theta[None, :, :p], intercept=theta[None, :, p], cuts=np.empty((1, len(theta), 0)),
        error_sd=np.exp(phi[None, :, -1]) * spread[-1], x_mean=means[None], x_cov=covs[None],
    ))
    n = float(cells.n.sum())
    return Estimated(
        estimate=theta.mean(axis=0), model_cov=model_cov, robust_cov=robust_cov, df=df,
        point=mean_point(drawn, sample), draws=drawn,
        loglik=-0.5 * n * (np.log(2 * np.pi * _residual_variance(moments.cov)) + 1),
        loglik_null=-0.5 * n * (np.log(2 * np.pi * moments.cov[-1, -1]) + 1), failed=0, resampled=kind,
        notes=(*found.notes, *notes),
        diagnostics={**found.diagnostics, "rotated": designed}, sampler=found.sampler,
    )


def gaussian_target(values: FloatArray, weight: FloatArray, prior: SlopePriors) -> GaussianTarget:
    """Return the posterior of a linear model.

    Parameters
    ----------
    values : ndarray, shape (m, p + 1)
        Drivers and outcome, one row per cell.
    weight : ndarray, shape (m,)
        Weight of each cell; they add up to the number of answers.
    prior : SlopePriors
        Taken to be in the units of `values`.

    Returns
    -------
    GaussianTarget
        Normalised up to the evidence.
    """
    rows = np.column_stack([values[:, :-1], np.ones(len(values)), values[:, -1]])
    return GaussianTarget(
        squares=(rows * weight[:, None]).T @ rows / weight.sum(), n=float(weight.sum()),
        prior=gaussian_prior(prior, values.shape[1] - 1),
    )


def gaussian_prior(prior: SlopePriors, p: int) -> PriorArrays:
    """Return the `prior` of `p` slopes, intercept and residual spread, in this order, in the prior's own units."""
    each = [*[prior.slopes] * p, prior.intercept, prior.error_sd]
    return PriorArrays(
        location=np.array([one.location for one in each]), scale=np.array([one.scale for one in each]),
        df=np.array([one.df for one in each]),
    )


def _scores(values: FloatArray, mode: FloatArray) -> FloatArray:
    """Return the gradient (m, p + 2) of each cell's log density per unit of weight."""
    rows = np.column_stack([values[:, :-1], np.ones(len(values))])
    residual = (values[:, -1] - rows @ mode[:-1]) / np.exp(mode[-1])
    return np.column_stack([rows * (residual / np.exp(mode[-1]))[:, None], residual**2 - 1])


def _prior_information(target: GaussianTarget, mode: FloatArray) -> FloatArray:
    sigma = np.exp(mode[-1])
    _, second = prior_derivatives(target.prior, np.append(mode[:-1], sigma))
    size = np.maximum(-second, 0.0)
    size[-1] *= sigma**2
    return np.diag(size)
