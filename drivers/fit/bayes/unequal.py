"""Posterior of an ordinal model whose groups differ in latent level and spread, the slopes being one for all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError, quoted
from drivers.fit.bayes.factors import segments_of
from drivers.fit.bayes.flat import FlatMethod, draw_flat
from drivers.fit.bayes.laplace_ordered import back_to_terms, ordered_prior, scales_of
from drivers.fit.bayes.posterior import driver_moments, mean_point
from drivers.fit.bayes.priors import SlopePriors
from drivers.fit.bayes.turned import turn
from drivers.fit.bayes.unequal_target import unequal_target
from drivers.fit.regression.estimated import Estimated
from drivers.fit.regression.ordered import LATENT_SD
from drivers.fit.regression.sample import Sample
from drivers.fit.result import Draws
from drivers.fit.spread_draws import SpreadDraws
from drivers.stats.cumulative import IntArray, Link, null_loglik

FloatArray = NDArray[np.float64]


def fit_unequal(
    sample: Sample, column: str, category: IntArray, q: int, link: Link, prior: SlopePriors, draws: int, seed: int,
    method: FlatMethod = "laplace",
) -> Estimated:
    """Draw slopes, thresholds, and every group's latent level and spread from their posterior.

    Parameters
    ----------
    sample : Sample
        Complete cells of (drivers..., outcome), with `column` among their keys.
    column : str
        Whose groups differ.
    category : ndarray of int, shape (m,)
        Outcome category 0..q of each cell.
    q : int
        Number of thresholds.
    link : {"logit", "probit"}
        The distribution of the latent error.
    prior : SlopePriors
        Of slopes and thresholds of the average group; its ``groups`` are the priors of how groups differ.
    draws : int
        Draws wanted.
    seed : int
        Seed of the draws.
    method : {"laplace", "nuts"}
        The way to the draws.

    Returns
    -------
    Estimated
        Terms are the slopes (p,), then the thresholds (q,) of the average group; ``spreads`` has the groups.

    Raises
    ------
    InputError
        If there is a single group, or two thresholds are not there to tell a spread by.
    FitError
        If the draws must not be trusted.

    Notes
    -----
    The latent error variance of the population is the groups' mean, weighted by their part of it; the groups' parts and
    the drivers' covariance are drawn together, under the declared design. Levels are held equal: they are in neither
    part of R2.

    References
    ----------
    .. [1] Buerkner & Vuorre (2019). Ordinal regression models in psychology. Advances in Methods and Practices in
       Psychological Science 2(1), 77-101. doi:10.1177/2515245918823199
    .. [2] Liddell & Kruschke (2018). Analyzing ordinal data with metric models. Journal of Experimental Social
       Psychology 79, 328-348. doi:10.1016/j.jesp.2018.08.009
    """
    if q < 2:
        raise InputError(
            f"Latent spreads are told by how far thresholds lie apart, and an outcome of {q + 1} categories has "
            f"{q}. Leave out `spread_by`, or take an outcome with three categories or more."
        )
    groups = segments_of(sample.cells, (column,))
    cells, weight = sample.cells, sample.weight
    x = cells.values[:, :-1]
    p, g = x.shape[1], len(groups.names)
    centre, spread = scales_of(x, weight, prior)
    target = unequal_target(
        (x - centre) / spread, category, groups.index, weight, q, link, ordered_prior(prior, p, q, link), prior.groups
    )
    found = draw_flat(target, draws, seed, method, cells.items[:-1])
    turned = turn(found, target.scores(found.mode), target.prior_information(found.mode), sample, p, seed)
    back, t = back_to_terms(centre, spread, q, binary=False), p + q
    terms = target.theta(found.phi)[:, :t] @ back.T
    model_cov = np.atleast_2d(np.cov(terms, rowvar=False))
    theta = target.theta(turned.phi)
    if turned.designed:
        terms = theta[:, :t] @ back.T
        robust_cov = np.atleast_2d(np.cov(terms, rowvar=False))
    else:
        move = back @ target.jacobian(found.mode)[:t]
        robust_cov = move @ turned.cov @ move.T
    means, covs, share, kind = _population(sample, groups.index, g, len(terms), seed)
    sd = np.exp(theta[:, t + g :])
    drawn = Draws(
        slopes=terms[None, :, :p], intercept=np.zeros((1, len(terms))), cuts=terms[None, :, p:],
        error_sd=LATENT_SD[link] * np.sqrt((share * sd**2).sum(axis=1))[None], x_mean=means[None], x_cov=covs[None],
    )
    arranged = found.arrange(drawn)
    chains = found.chains

    def chained(values: FloatArray) -> FloatArray:
        return values.reshape(chains, len(values) // chains, g)

    return Estimated(
        estimate=terms.mean(axis=0), model_cov=model_cov, robust_cov=robust_cov, df=turned.df,
        point=mean_point(arranged, sample), draws=arranged, loglik=target.loglik(found.mode),
        loglik_null=null_loglik(category, weight), failed=0, resampled=kind,
        notes=(*found.notes, *turned.notes, _reading(column, groups.names)),
        diagnostics={**found.diagnostics, "rotated": turned.designed, "groups": g}, sampler=found.sampler,
        spreads=SpreadDraws(
            column=column, names=groups.names, n=groups.n, level=chained(theta[:, t : t + g]), spread=chained(sd),
            share=chained(share),
        ),
    )


def _population(
    sample: Sample, group: IntArray, g: int, draws: int, seed: int
) -> tuple[FloatArray, FloatArray, FloatArray, str]:
    """Draw means (s, p) and covariance (s, p, p) of the drivers and the groups' parts (s, g) of the population."""
    cells, p = sample.cells, sample.cells.values.shape[1] - 1
    member = (group[:, None] == np.arange(g)).astype(np.float64)
    # columns without names: the bootstrap allows for the terms of a model, and groups are none of its slopes
    wide = replace(cells, values=np.column_stack([cells.values[:, :-1], member, cells.values[:, -1]]))
    alone = sample.whole is cells
    means, covs, kind = driver_moments(
        Sample(cells=wide, whole=wide if alone else sample.whole, inside=sample.inside), draws, seed
    )
    share = np.maximum(means[:, p:], 0.0)
    return means[:, :p], covs[:, :p, :p], share / share.sum(axis=1, keepdims=True), kind


def _reading(column: str, names: tuple[str, ...]) -> str:
    return (
        f"Latent level and spread differ between the {len(names)} groups of `{column}` ({quoted(names[:6])}"
        f"{', ...' if len(names) > 6 else ''}), slopes do not; thresholds and the latent unit are those of the average "
        "group, every group counted once. R2 and shares: variance of what goes with the drivers, over everybody, "
        "against that plus the groups' mean error variance, weighted by their part of the population; levels are held "
        "equal and are in neither. dr.group_spreads(fit) has the groups."
    )
