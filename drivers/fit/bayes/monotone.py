"""Posterior of an ordinal or binary model in which the steps of some drivers' scales need not be equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError
from drivers.fit.bayes.flat import FlatMethod, draw_flat
from drivers.fit.bayes.laplace_ordered import back_to_terms, ordered_prior, scales_of
from drivers.fit.bayes.monotone_target import MonotoneTarget, Way, monotone_target
from drivers.fit.bayes.posterior import driver_moments
from drivers.fit.bayes.priors import SlopePriors
from drivers.fit.bayes.target import ordered_target
from drivers.fit.bayes.turned import turn
from drivers.fit.regression.estimated import Estimated
from drivers.fit.regression.ordered import LATENT_SD
from drivers.fit.regression.sample import Sample
from drivers.fit.result import Draws
from drivers.fit.step_draws import StepDraws, climbed
from drivers.stats.cumulative import IntArray, Link, null_loglik
from drivers.stats.moments import weighted_moments

FloatArray = NDArray[np.float64]

MOST_STEPS = 20
"""Steps of one driver; what has more is a measurement, of which a slope or a square says more."""

MOST_IN_ALL = 80
"""Steps of all drivers together: every draw holds the covariance of as many columns."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scale:
    """A driver's ``place``, the ``low`` end of the answers given and the ``count`` of steps of one point from there."""

    place: int
    low: float
    count: int


def fit_monotone(
    sample: Sample, monotone: Sequence[str], category: IntArray, q: int, link: Link, prior: SlopePriors, draws: int,
    seed: int, binary: bool, method: FlatMethod = "laplace",
) -> Estimated:
    """Draw slopes, thresholds and the parts of every step from their posterior.

    Parameters
    ----------
    sample : Sample
        Complete cells of (drivers..., outcome).
    monotone : sequence of str
        Drivers of which steps need not be equal.
    category : ndarray of int, shape (m,)
        Outcome category 0..q of each cell.
    q : int
        Number of thresholds.
    link : {"logit", "probit"}
        The distribution of the latent error.
    prior : SlopePriors
        A slope is that of the average step, standardised as that of equal steps is; parts of steps are uniform on the
        simplex (Dirichlet(1)).
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
        Terms are the slopes (p,) per average step, then the thresholds (q,) or the intercept; ``steps`` has the parts.
        Means and covariance of the drivers are those of their estimated scales, draw by draw.

    Raises
    ------
    InputError
        If a driver is no rating of 3 points or more.
    FitError
        If the draws must not be trusted.

    References
    ----------
    .. [1] Buerkner & Charpentier (2020). Modelling monotonic effects of ordinal predictors in Bayesian regression
       models. British Journal of Mathematical and Statistical Psychology 73(3), 420-451. doi:10.1111/bmsp.12195
    """
    cells, weight = sample.cells, sample.weight
    x = cells.values[:, :-1]
    p = x.shape[1]
    scales = _scales(cells.items, x, monotone)
    centre, spread = scales_of(x, weight, prior)
    flat = ordered_target((x - centre) / spread, category, weight, q, link, ordered_prior(prior, p, q, link))
    target = monotone_target(
        flat, _standard(x, scales, centre, spread), [Way(place=one.place, steps=one.count) for one in scales]
    )
    found = draw_flat(target, draws, seed, method, cells.items[:-1])
    turned = turn(found, target.scores(found.mode), target.prior_information(found.mode), sample, p, seed)
    back, t = back_to_terms(centre, spread, q, binary), p + q
    terms = flat.theta(found.phi[:, :t]) @ back.T
    model_cov = np.atleast_2d(np.cov(terms, rowvar=False))
    if turned.designed:
        terms = flat.theta(turned.phi[:, :t]) @ back.T
        robust_cov = np.atleast_2d(np.cov(terms, rowvar=False))
    else:
        move = back @ flat.jacobian(found.mode[:t])
        robust_cov = move @ turned.cov[:t, :t] @ move.T
    steps = _steps(target, turned.phi, scales, cells.items, found.chains)
    drawn, point, kind = _drawn(sample, steps, terms, p, link, binary, seed)
    arranged = found.arrange(drawn)
    mean = replace(
        point, slopes=drawn.slopes.mean(axis=1, keepdims=True), cuts=drawn.cuts.mean(axis=1, keepdims=True),
        intercept=drawn.intercept.mean(axis=1, keepdims=True), error_sd=drawn.error_sd[:, :1],
    )
    return Estimated(
        estimate=terms.mean(axis=0), model_cov=model_cov, robust_cov=robust_cov, df=turned.df, point=mean,
        draws=arranged, loglik=target.loglik(found.mode), loglik_null=null_loglik(category, weight), failed=0,
        resampled=kind, notes=(*found.notes, *turned.notes, _reading(steps)),
        diagnostics={**found.diagnostics, "rotated": turned.designed, "steps": int(steps.count.sum())},
        sampler=found.sampler, steps=steps,
    )


def _scales(items: Sequence[str], x: FloatArray, monotone: Sequence[str]) -> tuple[Scale, ...]:
    out = []
    for name in sorted(monotone, key=list(items).index):
        place = list(items).index(name)
        said = np.unique(x[:, place])
        count = round(said[-1] - said[0])
        if (said != np.round(said)).any() or not 2 <= count <= MOST_STEPS:
            raise InputError(
                f"`{name}` takes {len(said):,} values from {said[0]:g} to {said[-1]:g}; steps are told of ratings in "
                f"whole points, of which 3 to {MOST_STEPS + 1} are there from the lowest answer to the highest. Leave "
                "it out of `monotone`."
            )
        out.append(Scale(place=place, low=float(said[0]), count=count))
    total = sum(one.count for one in out)
    if total > MOST_IN_ALL:
        raise InputError(
            f"The {len(out)} drivers in `monotone` have {total} steps in all, at most {MOST_IN_ALL} are drawn. Name "
            "the drivers whose steps are in doubt."
        )
    return tuple(out)


def _standard(x: FloatArray, scales: Sequence[Scale], centre: FloatArray, spread: FloatArray) -> FloatArray:
    """Return the drivers standardised, those with steps as they would be if each step were the whole way."""
    mine = {one.place: one for one in scales}
    return np.column_stack([
        (mine[j].low + mine[j].count * climbed(x[:, j], mine[j].low, mine[j].count) - centre[j]) / spread[j]
        if j in mine else (x[:, j] - centre[j]) / spread[j] for j in range(x.shape[1])
    ])


def _steps(
    target: MonotoneTarget, phi: FloatArray, scales: Sequence[Scale], items: Sequence[str], chains: int
) -> StepDraws:
    parts = np.zeros((len(phi), len(scales), max(one.count for one in scales)))
    for j, part in enumerate(target.parts(phi)):
        parts[:, j, : part.shape[1]] = part
    return StepDraws(
        drivers=tuple(items[one.place] for one in scales), places=np.array([one.place for one in scales]),
        low=np.array([one.low for one in scales]), count=np.array([one.count for one in scales]),
        parts=parts.reshape(chains, len(phi) // chains, *parts.shape[1:]),
    )


def _drawn(
    sample: Sample, steps: StepDraws, terms: FloatArray, p: int, link: Link, binary: bool, seed: int
) -> tuple[Draws, Draws, str]:
    """Return draws as one chain, and a draw with the moments of the sample at the average steps."""
    cells, s = sample.cells, len(terms)
    x = cells.values[:, :-1]
    # columns without names: the bootstrap allows for the terms of a model, and steps are none of its slopes
    wide = replace(cells, values=np.column_stack([steps.widened(x), cells.values[:, -1]]))
    means, covs, kind = driver_moments(
        Sample(cells=wide, whole=wide if sample.whole is cells else sample.whole, inside=sample.inside), s, seed
    )
    parts = steps.parts.reshape(s, *steps.parts.shape[2:])
    into, low = _into(steps, parts, p)
    cuts = -terms[:, p:] if binary else terms[:, p:]
    drawn = Draws(
        slopes=terms[None, :, :p], intercept=terms[None, :, p] if binary else np.zeros((1, s)), cuts=cuts[None],
        error_sd=np.full((1, s), LATENT_SD[link]), x_mean=(low + (into @ means[..., None])[..., 0])[None],
        x_cov=(into @ covs @ into.transpose(0, 2, 1))[None],
    )
    own, at = weighted_moments(wide.values[:, :-1], sample.weight), into.mean(axis=0)
    return drawn, replace(
        drawn, x_mean=(low + at @ own.mean)[None, None], x_cov=(at @ own.cov @ at.T)[None, None]
    ), kind


def _into(steps: StepDraws, parts: FloatArray, p: int) -> tuple[FloatArray, FloatArray]:
    """Return the matrices (s, p, P) from widened drivers to their scales, and the scales' lowest points (p,)."""
    mine, low = {int(place): j for j, place in enumerate(steps.places)}, np.zeros(p)
    width = p - len(mine) + int(steps.count.sum())
    out, at = np.zeros((len(parts), p, width)), 0
    for k in range(p):
        j = mine.get(k)
        n = 1 if j is None else int(steps.count[j])
        out[:, k, at : at + n] = 1.0 if j is None else n * parts[:, j, :n]
        low[k] = 0.0 if j is None else steps.low[j]
        at += n
    return out, low


def _reading(steps: StepDraws) -> str:
    told = []
    for j, name in enumerate(steps.drivers):
        n = int(steps.count[j])
        parts = steps.parts[:, :, j, :n].reshape(-1, n)
        first = np.bincount(parts.argmax(axis=1), minlength=n) / len(parts)
        k = int(first.argmax())
        low = steps.low[j] + k
        told.append(
            f"`{name}` {low:g} to {low + 1:g} ({parts[:, k].mean():.0%} of its way, {1 / n:.0%} if steps were equal; "
            f"probability {first[k]:.2f})"
        )
    return (
        f"Steps need not be equal, only in one direction; largest: {'; '.join(told)}. Slopes are per average step; R2 "
        "and shares are of drivers as they climb their estimated scales. dr.scale_steps(fit) has every step."
    )
