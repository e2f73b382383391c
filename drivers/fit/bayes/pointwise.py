"""Log-likelihood of one answer of each cell, for every draw: what comparison and criticism of posteriors rest on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.errors import InputError
from drivers.fit.result import Fit

FloatArray = NDArray[np.float64]


def complete_cells(fit: Fit) -> Cells:
    """Return the cells of `fit` in which every item was answered."""
    return fit.cells.complete()


def cell_loglik(fit: Fit, cells: Cells) -> FloatArray:
    """Return the log-likelihood of one answer of each cell.

    Parameters
    ----------
    fit : Fit
        A fit of engine "bayes".
    cells : Cells
        Complete cells of the fit (`complete_cells`).

    Returns
    -------
    ndarray, shape (s, m)
        For each of s draws; a cell of n answers counts n times.

    Raises
    ------
    InputError
        If the fit is none of a posterior, or models whether drivers apply.
    """
    check_judged(fit)
    eta = latent_mean(fit, cells)
    y, draws = cells.values[:, -1], fit.draws
    s = eta.shape[0]
    if fit.spec.model == "linear":
        sd = draws.error_sd.reshape(s, 1)
        return np.asarray(
            -0.5 * ((y - draws.intercept.reshape(s, 1) - eta) / sd) ** 2 - np.log(sd) - 0.5 * np.log(2 * np.pi)
        )
    from scipy.special import expit, ndtr

    cdf = ndtr if fit.spec.link == "probit" else expit
    binary = fit.spec.model == "logit"
    said = (y >= (fit.top or 0.0)).astype(int) if binary else np.searchsorted(fit.categories, y)
    cuts = draws.cuts.reshape(s, -1)
    edges = np.column_stack([np.full(s, -np.inf), cuts, np.full(s, np.inf)])
    level, spread = latent_groups(fit, cells)
    low, high = (edges[:, said] - eta - level) / spread, (edges[:, said + 1] - eta - level) / spread
    # differences are taken in the tail where both are small
    chance = np.where(low > 0, cdf(-low) - cdf(-high), cdf(high) - cdf(low))
    return np.asarray(np.log(np.maximum(chance, 1e-300)))


def check_judged(fit: Fit) -> None:
    """Refuse what cannot be judged answer by answer.

    Parameters
    ----------
    fit : Fit
        Any fit.

    Raises
    ------
    InputError
        If it is none of a posterior, or models whether drivers apply.
    """
    if fit.spec.engine != "bayes":
        raise InputError('A regression fit has no posterior to judge. Fit with engine="bayes".')
    if fit.draws.exposure is not None:
        raise InputError("not_applicable='exposure' is not judged answer by answer; fit with not_applicable='missing'.")


def category_chances(fit: Fit, cells: Cells, edges: FloatArray | None) -> FloatArray:
    """Return the chance of every category for one person of each cell.

    Parameters
    ----------
    fit : Fit
        A fit of engine "bayes".
    cells : Cells
        Complete cells of the fit.
    edges : ndarray, shape (K - 1,), optional
        Where a linear model's outcome is cut into categories, in outcome points; other models have their own.

    Returns
    -------
    ndarray, shape (s, m, K)
        For each of s draws; adds up to 1 over categories.

    Raises
    ------
    InputError
        If the fit is none of a posterior, or models whether drivers apply.
    """
    from scipy.special import expit, ndtr

    check_judged(fit)
    eta, draws = latent_mean(fit, cells), fit.draws
    s = len(eta)
    if fit.spec.model == "linear":
        assert edges is not None
        mean, sd = eta + draws.intercept.reshape(s, 1), draws.error_sd.reshape(s, 1, 1)
        below = ndtr((edges - mean[..., None]) / sd)
    else:
        cuts, (level, spread) = draws.cuts.reshape(s, -1), latent_groups(fit, cells)
        away = (cuts[:, None, :] - (eta + level)[..., None]) / spread[..., None]
        below = (ndtr if fit.spec.link == "probit" else expit)(away)
    ends = [np.zeros((*eta.shape, 1)), below, np.ones((*eta.shape, 1))]
    chance = np.maximum(np.diff(np.concatenate(ends, axis=-1), axis=-1), 0.0)
    return np.asarray(chance / chance.sum(axis=-1, keepdims=True))


def latent_groups(fit: Fit, cells: Cells) -> tuple[FloatArray, FloatArray]:
    """Return level and spread of the group of each of `cells` for every draw of `fit`.

    (s, m) each where groups of the fit differ in spread; (1, 1) of 0 and of 1 where they do not.
    """
    if fit.spreads is None:
        return np.zeros((1, 1)), np.ones((1, 1))
    level, spread = fit.spreads.of(fit.spreads.index(cells.keys))
    return level.reshape(-1, len(cells)), spread.reshape(-1, len(cells))


def latent_mean(fit: Fit, cells: Cells) -> FloatArray:
    """Return the latent mean (s, m) of each of `cells` for every draw of `fit`, thresholds or intercept aside.

    Levels of groups that differ in spread are not in it; see `latent_groups`.
    """
    p, draws = len(fit.spec.drivers), fit.draws
    s = draws.slopes.shape[0] * draws.slopes.shape[1]
    x = cells.values[:, :p]
    eta: FloatArray = draws.slopes.reshape(s, p) @ x.T
    if fit.steps is not None:
        eta = eta + fit.steps.added(draws.slopes, x).reshape(s, -1)
    if draws.controls is not None:
        k = draws.controls.slopes.shape[-1]
        held = draws.controls.slopes.reshape(s, k)
        mean = np.zeros((s, k)) if draws.controls.mean is None else draws.controls.mean.reshape(s, k)
        eta = eta + held @ cells.values[:, p : p + k].T - (held * mean).sum(axis=1)[:, None]
    for found in (fit.segments, fit.waves):  # where there are both, what segments and what waves add is added up
        if found is None:
            continue
        index = found.index(cells.keys)
        for g in range(len(found.names)):
            at = index == g
            away = (found.slopes[:, :, g] - draws.slopes).reshape(s, p)
            eta[:, at] += away @ x[at].T + found.shift[:, :, g].reshape(s, 1)
    return eta
