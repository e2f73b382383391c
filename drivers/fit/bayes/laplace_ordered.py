"""Posterior of ordinal and binary models by Laplace's method with importance weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drivers.fit.bayes.flat import FlatDraws, FlatMethod, draw_flat
from drivers.fit.bayes.posterior import driver_moments, mean_point
from drivers.fit.bayes.priors import SlopePriors
from drivers.fit.bayes.pseudo import ROTATION_NOTE, is_designed, rotation, with_prior
from drivers.fit.bayes.target import OrderedTarget, ordered_target
from drivers.fit.regression.estimated import Estimated
from drivers.fit.regression.ordered import LATENT_SD
from drivers.fit.regression.sample import Sample, bootstrap_units, design_covariance, design_notes
from drivers.fit.result import Draws
from drivers.stats.cumulative import IntArray, Link, cell_scores, log_density, null_loglik
from drivers.stats.moments import weighted_moments
from drivers.stats.prior_density import PriorArrays, prior_derivatives

FloatArray = NDArray[np.float64]


def fit_ordered_posterior(
    sample: Sample, category: IntArray, q: int, link: Link, prior: SlopePriors, draws: int, seed: int, binary: bool,
    method: FlatMethod = "laplace",
) -> Estimated:
    """Draw slopes and thresholds from their posterior, and the drivers' covariance beside them.

    Parameters
    ----------
    sample : Sample
        Complete cells of (drivers..., outcome).
    category : ndarray of int, shape (m,)
        Outcome category 0..q of each cell; a proper prior places thresholds beside categories nobody used.
    q : int
        Number of thresholds.
    link : {"logit", "probit"}
        The distribution of the latent error.
    prior : SlopePriors
        Priors of slopes and thresholds.
    draws : int
        Draws wanted.
    seed : int
        Seed of the draws.
    binary : bool
        Report an intercept (minus the one threshold) instead of thresholds.
    method : {"laplace", "nuts"}
        The way to the draws.

    Returns
    -------
    Estimated
        Terms are the slopes (p,), then the thresholds (q,), or the intercept; estimates are posterior means.

    Raises
    ------
    FitError
        If the posterior is too far from its approximation.

    Notes
    -----
    With weights or a design the draws are turned around the mode, in coordinates in which thresholds cannot lose their
    order; see `drivers.fit.bayes.pseudo`. The drivers' covariance is drawn apart, as the likelihood of the outcome
    given the drivers does not involve it.
    """
    cells, weight = sample.cells, sample.weight
    x = cells.values[:, :-1]
    p = x.shape[1]
    centre, spread = scales_of(x, weight, prior)
    target = ordered_target((x - centre) / spread, category, weight, q, link, ordered_prior(prior, p, q, link))
    found = draw_flat(target, draws, seed, method, cells.items[:-1])
    back = back_to_terms(centre, spread, q, binary)
    theta = target.theta(found.phi) @ back.T
    model_cov = np.atleast_2d(np.cov(theta, rowvar=False))
    design_cov, df = _design_covariance(target, found, sample)
    units, _ = bootstrap_units(sample, seed)
    notes = design_notes(sample, units, df, p)
    designed = is_designed(sample)
    if designed:
        inverse = np.linalg.inv(found.information)
        wanted = with_prior(design_cov, found.information, _prior_information(target, found.mode))
        turned = found.mode + (found.phi - found.mode) @ rotation(inverse, wanted).T
        theta = target.theta(turned) @ back.T
        robust_cov, notes = np.atleast_2d(np.cov(theta, rowvar=False)), (ROTATION_NOTE, *notes)
    else:
        move = back @ target.jacobian(found.mode)
        robust_cov = move @ design_cov @ move.T
    means, covs, kind = driver_moments(sample, len(found.phi), seed)
    drawn = found.arrange(_draws(theta, p, means, covs, link, binary))
    mode = target.theta(found.mode)
    return Estimated(
        estimate=theta.mean(axis=0), model_cov=model_cov, robust_cov=robust_cov, df=df,
        point=mean_point(drawn, sample), draws=drawn,
        loglik=log_density(target.x, category, weight, mode, link)[0],
        loglik_null=null_loglik(category, weight), failed=0, resampled=kind, notes=(*found.notes, *notes),
        diagnostics={**found.diagnostics, "rotated": designed}, sampler=found.sampler,
    )


def ordered_prior(prior: SlopePriors, p: int, q: int, link: Link) -> PriorArrays:
    """Return priors of p slopes and q thresholds in latent units.

    Parameters
    ----------
    prior : SlopePriors
        As stated by the user.
    p, q : int
        Numbers of slopes and thresholds.
    link : {"logit", "probit"}
        With ``units="standard"`` the latent standard deviation of the link is the unit.

    Returns
    -------
    PriorArrays
        Slopes first.
    """
    unit = LATENT_SD[link] if prior.units == "standard" else 1.0
    each = [prior.slopes] * p + [prior.cuts] * q
    return PriorArrays(
        location=np.array([one.location * unit for one in each]), scale=np.array([one.scale * unit for one in each]),
        df=np.array([one.df for one in each]),
    )


def scales_of(x: FloatArray, weight: FloatArray, prior: SlopePriors) -> tuple[FloatArray, FloatArray]:
    """Return what drivers `x` (m, p) are centred at and divided by, (p,) each, to have the units of the `prior`.

    Means and standard deviations count every row by its `weight` (m,); own units keep drivers as they are.
    """
    if prior.units == "own":
        return np.zeros(x.shape[1]), np.ones(x.shape[1])
    moments = weighted_moments(x, weight)
    return moments.mean, np.sqrt(np.diag(moments.cov))


def back_to_terms(centre: FloatArray, spread: FloatArray, q: int, binary: bool) -> FloatArray:
    """Return the matrix (t, t) from slopes and `q` thresholds of scaled drivers to the terms that are reported.

    Drivers were less `centre` (p,), divided by `spread` (p,); a `binary` model has an intercept for its threshold.
    """
    p = len(centre)
    out = np.eye(p + q)
    out[:p, :p] = np.diag(1 / spread)
    out[p:, :p] = centre / spread
    if binary:
        out[p:] *= -1.0
    return out


def _design_covariance(target: OrderedTarget, found: FlatDraws, sample: Sample) -> tuple[FloatArray, float]:
    p = target.slopes
    theta = target.theta(found.mode)
    scores = cell_scores(target.x, target.y, theta[:p], theta[p:], target.link) @ target.jacobian(found.mode)
    scale = sample.weight.sum() / sample.cells.sum_w.sum()
    return design_covariance(sample, scores @ np.linalg.inv(found.information) * scale, p)


def _prior_information(target: OrderedTarget, mode: FloatArray) -> FloatArray:
    jacobian = target.jacobian(mode)
    _, second = prior_derivatives(target.prior, target.theta(mode))
    return np.asarray((jacobian.T * np.maximum(-second, 0.0)) @ jacobian)


def _draws(
    terms: FloatArray, p: int, means: FloatArray, covs: FloatArray, link: Link, binary: bool
) -> Draws:
    s = len(terms)
    cuts = -terms[:, p:] if binary else terms[:, p:]
    return Draws(
        slopes=terms[None, :, :p], intercept=terms[None, :, p] if binary else np.zeros((1, s)), cuts=cuts[None],
        error_sd=np.full((1, s), LATENT_SD[link]), x_mean=means[None], x_cov=covs[None],
    )
