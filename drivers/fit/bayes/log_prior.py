"""The log prior and the log likelihood of every draw of a fit, for power scaling."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from drivers.fit.bayes.laplace_linear import gaussian_prior
from drivers.fit.bayes.laplace_ordered import ordered_prior
from drivers.fit.bayes.pointwise import cell_loglik, complete_cells
from drivers.fit.bayes.priors import PRIORS, CovariancePrior, PriorChoice, R2Prior, SlopePriors
from drivers.fit.regression.ordered import LATENT_SD
from drivers.fit.result import Fit
from drivers.stats.cumulative import Link
from drivers.stats.moments import Moments, weighted_moments
from drivers.stats.prior_density import prior_values
from drivers.stats.r2_prior import slope_density

FloatArray = NDArray[np.float64]

ENTRIES = 4_000_000
"""Draws times cells whose likelihood is held at once."""


def prior_used(fit: Fit) -> PriorChoice:
    """Return the prior that `fit`, one of engine "bayes", was made with."""
    method = str(fit.diagnostics["method"])
    return fit.spec.prior or PRIORS[fit.spec.model, method]


def log_prior(fit: Fit) -> FloatArray:
    """Return the log prior of every draw.

    Parameters
    ----------
    fit : Fit
        A fit of engine "bayes".

    Returns
    -------
    ndarray, shape (s,)
        Up to a constant. Of models with segments or waves it is the prior of the average slopes and level; of the
        spreads of slopes and levels over segments and of correlations between slopes; of paces between waves and of a
        season: those are the priors somebody chose. That of effects and steps given spreads and paces is the model.
        Levels and spreads count with it where groups differ in them. Beside a prior of R2 that of the drivers' own
        covariance is not in it.
    """
    prior, draws = prior_used(fit), fit.draws
    s = draws.slopes.shape[0] * draws.slopes.shape[1]
    if isinstance(prior, CovariancePrior):
        return _covariance_prior(fit, prior)
    slopes, base = _average(fit)
    if isinstance(prior, R2Prior):
        cells = complete_cells(fit)
        moments = weighted_moments(cells.values, cells.sum_w)
        average = base[:, 0] + slopes @ moments.mean[:-1]
        return r2_log_prior(prior, moments, slopes, average, draws.error_sd.reshape(s) ** 2)
    centre, spread, y_centre, y_spread = _units(fit, prior)
    level = slopes @ centre
    if fit.spec.model == "linear":
        theta = np.column_stack([
            slopes * spread / y_spread, (base[:, 0] + level - y_centre) / y_spread,
            draws.error_sd.reshape(s) / y_spread,
        ])
        out = prior_values(gaussian_prior(prior, slopes.shape[1]), theta)
    else:
        link: Link = "probit" if fit.spec.link == "probit" else "logit"
        theta = np.column_stack([slopes * spread, base - level[:, None]])
        arrays = ordered_prior(prior, slopes.shape[1], base.shape[1], link)
        out = prior_values(arrays, theta)
    return out + _log_spreads(fit, prior, spread, y_spread)


def log_likelihood(fit: Fit) -> FloatArray:
    """Return the log likelihood of every draw, given the drivers.

    Parameters
    ----------
    fit : Fit
        A fit of engine "bayes".

    Returns
    -------
    ndarray, shape (s,)
        Over complete cells, with weights that add up to the number of answers.

    Raises
    ------
    InputError
        If the fit models whether drivers apply.
    """
    cells = complete_cells(fit)
    flat = fit.segments is None and fit.waves is None
    weight = cells.sum_w / cells.sum_w.sum() * cells.n.sum() if flat else cells.n
    size = fit.draws.slopes.shape[0] * fit.draws.slopes.shape[1]
    out, block = np.zeros(size), max(ENTRIES // size, 1)
    place = np.arange(len(cells))
    for start in range(0, len(cells), block):
        part = (place >= start) & (place < start + block)
        out += cell_loglik(fit, cells.select(part)) @ weight[part]
    return out


def r2_log_prior(
    prior: R2Prior, moments: Moments, slopes: FloatArray, average: FloatArray, variance: FloatArray
) -> FloatArray:
    """Return the log density of a regression under a prior of R2.

    Parameters
    ----------
    prior : R2Prior
        The prior.
    moments : Moments
        Of drivers and outcome in the sample: the scatter that slopes lie in, and guesses where the prior has none.
    slopes : ndarray, shape (s, p)
        Outcome points per driver point.
    average : ndarray, shape (s,)
        Outcome of a respondent with the sample's average answers.
    variance : ndarray, shape (s,)
        Of the residual.

    Returns
    -------
    ndarray, shape (s,)
        Per unit of slopes, average and variance.
    """
    p = slopes.shape[1]
    scatter = moments.cov[:p, :p]
    guess, spread = prior.guesses(moments.mean, np.diag(moments.cov))
    ratio = np.einsum("si,ij,sj->s", slopes, scatter, slopes) / variance
    log_variance, half = np.log(variance), (1 - prior.mean) * spread[p] / 2
    of_slopes = slope_density(ratio, p, *prior.shapes(p)) + 0.5 * np.linalg.slogdet(scatter)[1] - p / 2 * log_variance
    of_variance = 0.5 * math.log(half) - math.lgamma(0.5) - 1.5 * log_variance - half / variance
    of_average = -0.5 * (math.log(2 * math.pi) + log_variance + (average - guess[p]) ** 2 / variance)
    return np.asarray(of_slopes + of_variance + of_average)


def _average(fit: Fit) -> tuple[FloatArray, FloatArray]:
    """Return slopes (s, p + k) and intercept (s, 1) or thresholds (s, q), controls 0, that the flat prior is of."""
    draws, p = fit.draws, len(fit.spec.drivers)
    s = draws.slopes.shape[0] * draws.slopes.shape[1]
    linear, binary = fit.spec.model == "linear", fit.spec.model == "logit"
    base = draws.intercept.reshape(s, 1) if linear else draws.cuts.reshape(s, -1)
    if binary:
        base = -draws.intercept.reshape(s, 1)
    slopes = draws.slopes.reshape(s, p)
    sign = 1.0 if linear else -1.0
    common = draws.slopes  # where both segments and waves differ they add up, so each is averaged by itself
    shift = np.zeros(s)
    for found in (fit.segments, fit.waves):
        if found is None:
            continue
        count = found.shift.shape[2]
        average = np.linalg.pinv(_contrasts(fit))[0] if found is fit.segments else np.full(count, 1 / count)
        slopes = slopes + np.einsum("cdgp,g->cdp", found.slopes - common[:, :, None], average).reshape(s, p)
        shift += (found.shift @ average).reshape(s)
    base = base + sign * shift[:, None]
    if draws.controls is not None:
        held = draws.controls.slopes.reshape(s, -1)
        mean = np.zeros(held.shape) if draws.controls.mean is None else draws.controls.mean.reshape(s, -1)
        base = base - sign * (held * mean).sum(axis=1)[:, None]
        slopes = np.concatenate([slopes, held], axis=1)
    return slopes, base


def _contrasts(fit: Fit) -> FloatArray:
    """Return the matrix from the common value and effects that add up to zero, of one or two columns, to segments."""
    assert fit.segments is not None
    parts = [np.ones((len(fit.segments.names), 1))]
    for at in range(len(fit.segments.columns)):
        member = [group[at] for group in fit.segments.groups]
        names = list(dict.fromkeys(member))
        whole = np.array([[float(one == name) for name in names] for one in member])
        parts.append(whole[:, :-1] - whole[:, -1:])
    return np.concatenate(parts, axis=1)


def _units(fit: Fit, prior: SlopePriors) -> tuple[FloatArray, FloatArray, float, float]:
    """Return what drivers and controls are centred at and divided by, and the outcome, where the prior holds."""
    cells = complete_cells(fit)
    if prior.units == "own":
        size = cells.values.shape[1] - 1
        return np.zeros(size), np.ones(size), 0.0, 1.0
    flat = fit.segments is None and fit.waves is None
    moments = weighted_moments(cells.values, cells.sum_w if flat else cells.n)
    spread = np.sqrt(np.diag(moments.cov))
    if fit.spec.model == "linear":
        return moments.mean[:-1], spread[:-1], float(moments.mean[-1]), float(spread[-1])
    return moments.mean[:-1], spread[:-1], 0.0, 1.0


def _log_spreads(fit: Fit, prior: SlopePriors, spread: FloatArray, y_spread: float) -> FloatArray:
    """Return the log prior (s,) of spreads and correlations over segments, of paces and season, of groups' spreads."""
    s, p = fit.draws.slopes.shape[0] * fit.draws.slopes.shape[1], len(fit.spec.drivers)
    latent = 1.0 if fit.spec.model == "linear" else LATENT_SD[fit.spec.link]
    parts: list[FloatArray] = []
    out = np.zeros(s)
    if fit.segments is not None:
        by = prior.segments.times(latent)
        parts += [fit.segments.spread * spread[:p] / y_spread / by.spread]
        parts += [fit.segments.level_spread / y_spread / by.level_spread]
        out += (by.lkj - 1) * _log_determinants(fit.segments.correlation, p).reshape(s, -1).sum(axis=1)
    if fit.waves is not None:
        walk = prior.walk.times(latent)
        parts += [fit.waves.pace * np.append(spread[:p], 1.0) / y_spread / walk.pace]
        parts += [] if fit.waves.season is None else [fit.waves.season / y_spread / walk.season]
    if fit.spreads is not None:
        level, log_spread = prior.groups.scales(latent)
        parts += [fit.spreads.level / level, np.log(fit.spreads.spread) / log_spread]
    for part in parts:
        out -= 0.5 * (part**2).reshape(s, -1).sum(axis=1)
    return out


def _log_determinants(pairs: FloatArray, p: int) -> FloatArray:
    """Return the log determinant (C, D, F) of correlation matrices with `pairs` (C, D, F, p (p - 1) / 2) below."""
    whole = np.broadcast_to(np.eye(p), (*pairs.shape[:3], p, p)).copy()
    rows, columns = np.tril_indices(p, -1)
    whole[..., rows, columns] = whole[..., columns, rows] = pairs
    return np.asarray(np.linalg.slogdet(whole)[1])


def _covariance_prior(fit: Fit, prior: CovariancePrior) -> FloatArray:
    joint = fit.draws.full_covariance() if fit.draws.controls is None else fit.draws.whole_covariance()
    joint = joint.reshape(-1, *joint.shape[2:])
    cells = complete_cells(fit)
    df, scale = prior.wishart(np.diag(weighted_moments(cells.values, cells.sum_w).cov))
    d = joint.shape[-1]
    size = np.linalg.slogdet(joint)[1]
    return np.asarray(-0.5 * (df + d + 1) * size - 0.5 * np.einsum("ij,sji->s", scale, np.linalg.inv(joint)))
