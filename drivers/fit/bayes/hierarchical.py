"""Posterior of a model whose slopes and levels vary by segment, and what it says about the population."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from drivers.errors import ConvergenceError, InputError
from drivers.fit.bayes.additive import group_deviations
from drivers.fit.bayes.chains import Chains, sample_chains
from drivers.fit.bayes.factors import Factor, Population, Segments, population_shares, segments_of
from drivers.fit.bayes.hierarchy import Hierarchy
from drivers.fit.bayes.laplace import find_mode
from drivers.fit.bayes.laplace_linear import gaussian_target
from drivers.fit.bayes.laplace_ordered import ordered_prior
from drivers.fit.bayes.posterior import driver_moments, mean_point
from drivers.fit.bayes.priors import SlopePriors, normal, student_t
from drivers.fit.bayes.pseudo import is_designed
from drivers.fit.bayes.target import GaussianTarget, OrderedTarget, ordered_target
from drivers.fit.regression.estimated import Estimated
from drivers.fit.regression.ordered import LATENT_SD
from drivers.fit.regression.sample import Sample
from drivers.fit.result import Draws
from drivers.fit.segment_draws import SegmentDraws
from drivers.stats.correlated_effects import EffectsShape
from drivers.stats.cumulative import IntArray, Link, null_loglik
from drivers.stats.moments import weighted_moments
from drivers.stats.segment_density import segment_patterns, segment_squares

FloatArray = NDArray[np.float64]

ALONE = SlopePriors(slopes=normal(0, 2.5), cuts=normal(0, 5), intercept=student_t(3, 0, 5), error_sd=student_t(3, 0, 5))
"""Priors of a segment by itself: so wide that its answers decide, and proper, so that few answers will do."""

FEWEST_DRAWS = 4000
"""Markov draws at least: spreads between segments mix slowest, and need that many to pass the gate."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Coded:
    """The outcome: ``category`` (m,) of each cell out of q + 1, or None for a linear model; ``binary`` for logit."""

    category: IntArray | None = None
    q: int = 0
    link: Link = "probit"
    binary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Units:
    """What drivers are centred at and divided by, (p,) each, and the outcome."""

    centre: FloatArray
    spread: FloatArray
    y_centre: float
    y_spread: float


def fit_hierarchical(
    sample: Sample, by: tuple[str, ...], coded: Coded, prior: SlopePriors, draws: int, seed: int, varying: int,
    population: Population | Literal["weights"] | None,
) -> Estimated:
    """Draw slopes and levels of segments, of the population they make up, and how far they differ.

    Parameters
    ----------
    sample : Sample
        Complete cells of (drivers..., controls..., outcome), with the columns of `by` among their keys.
    by : tuple of str
        One or two segment columns.
    coded : Coded
        The outcome.
    prior : SlopePriors
        In standard units; its ``segments`` are the priors of how segments differ.
    draws : int
        Draws wanted.
    seed : int
        Seed.
    varying : int
        How many of the first columns have slopes that vary: the drivers, not the controls.
    population : mapping, "weights" or None
        What the population holds of each segment: a table, shares estimated by the weights, or by the answers.

    Returns
    -------
    Estimated
        Of the population: slopes averaged over segments by their share of it; with ``segments``.

    Raises
    ------
    InputError
        If weights or a design are declared, and nothing is said about the population; or priors are in own units.
    SamplingError
        If the chains must not be trusted.

    References
    ----------
    .. [1] Gelman & Hill (2007). Data Analysis Using Regression and Multilevel/Hierarchical Models, chapters 13 and 14.
       doi:10.1017/CBO9780511790942
    .. [2] Gelman (2007). Struggles with survey weighting and regression modeling. Statistical Science 22(2), 153-164.
       doi:10.1214/088342306000000691
    """
    if prior.units != "standard":
        raise InputError('Priors of a hierarchical model are in standard units; leave out units="own".')
    segments = segments_of(sample.cells, by)
    told = _about_weights(sample, by, population)
    _check_population(segments, population)
    units = _units(sample, linear=coded.category is None)
    hierarchy, mode, alone, alone_se = _build(sample, coded, prior, segments, units, varying)
    chains = sample_chains(
        hierarchy.density(mode), draws=max(draws, FEWEST_DRAWS), seed=seed, tune=1000, accept=0.9,
        cure=_cure(segments),
    )
    return _estimated(sample, coded, segments, units, chains, alone, alone_se, varying, population, seed, told)


def _check_population(segments: Segments, population: Population | Literal["weights"] | None) -> None:
    """Refuse a table that does not fit the segments before chains run, not after."""
    if population is not None and not isinstance(population, str):
        population_shares(segments, population)


def _about_weights(sample: Sample, by: tuple[str, ...], population: object) -> tuple[str, ...]:
    columns = " and ".join(f"`{name}`" for name in by)
    if not is_designed(sample):
        return () if isinstance(population, str) or population is None else (
            f"Population: segments of {columns} count by the declared table.",
        )
    if population is None:
        raise InputError(
            "The answers have weights or a sampling design, and a posterior whose slopes vary by segment cannot simply "
            "be weighted. Declare what the population holds: population={'phone': 0.4, 'store': 0.6} (one number per "
            f"segment of {columns}), with the columns weights were made from in `by`; or population='weights' to take "
            "the segments' shares from the weights. Or leave out `by`: flat posteriors are turned to the design."
        )
    source = "shares estimated by the weights" if isinstance(population, str) else "the declared table"
    return (
        f"Weights or a sampling design: the model counts every respondent once, and segments of {columns} are averaged "
        f"by {source} (poststratification). That allows for unequal chances between segments; within a segment weights "
        "and clusters are not allowed for, so compare with the flat weighted fit.",
    )


def _units(sample: Sample, *, linear: bool) -> Units:
    moments = weighted_moments(sample.cells.values, sample.cells.n)
    spread = np.sqrt(np.diag(moments.cov))
    return Units(
        centre=moments.mean[:-1], spread=spread[:-1], y_centre=float(moments.mean[-1]) if linear else 0.0,
        y_spread=float(spread[-1]) if linear else 1.0,
    )


def _target(
    values: FloatArray, coded: Coded, weight: FloatArray, at: NDArray[np.bool_], prior: SlopePriors
) -> OrderedTarget | GaussianTarget:
    """Return the flat posterior of the cells chosen by `at`."""
    p = values.shape[1] - 1
    if coded.category is None:
        return gaussian_target(values[at], weight[at], prior)
    return ordered_target(
        values[at, :-1], coded.category[at], weight[at], coded.q, coded.link,
        ordered_prior(prior, p, coded.q, coded.link),
    )


def _build(
    sample: Sample, coded: Coded, prior: SlopePriors, segments: Segments, units: Units, varying: int,
    beside: tuple[IntArray, ...] = (),
) -> tuple[Hierarchy, FloatArray, FloatArray, FloatArray]:
    """Return the density, the flat mode, and each segment's own slopes with errors, both (H, p).

    ``beside`` are groups (m,) of cells, such as waves, that differ too.
    """
    cells = sample.cells
    y = (cells.values[:, -1] - units.y_centre) / units.y_spread
    values = np.column_stack([(cells.values[:, :-1] - units.centre) / units.spread, y])
    flat = _target(values, coded, cells.n, np.ones(len(cells), dtype=np.bool_), prior)
    mode, _ = find_mode(flat)
    latent = 1.0 if coded.category is None else LATENT_SD[coded.link]
    own = np.zeros((len(segments.groups), varying))
    information = np.zeros((len(segments.groups), varying + 1, varying + 1))
    for h in range(len(segments.groups)):
        target = _target(values, coded, cells.n, segments.index == h, ALONE)
        try:
            found, curvature = find_mode(target)
        except ConvergenceError:
            continue
        own[h] = found[:varying]
        at = [*range(varying), _level(target, found)]
        information[h] = np.linalg.inv(np.linalg.inv(curvature)[np.ix_(at, at)])
    groups = [factor.member[segments.index] for factor in segments.factors]
    stand = group_deviations(values, coded, cells.n, flat, mode, varying, [*groups, *beside])
    told = [_told(factor, at, information) for factor, at in zip(segments.factors, stand, strict=False)]
    priors = prior.segments.times(latent)
    sure = [float(np.median(np.diagonal(known, axis1=1, axis2=2)[:, :-1])) * priors.spread**2 for known, _, _ in told]
    words = "; ".join(
        f"coordinates of {factor.column} follow its answers, which tell effects {one:,.1f} times as surely as the prior"
        for factor, one in zip(segments.factors, sure, strict=True)
    )
    hierarchy = Hierarchy(
        flat=flat, segments=segments, names=tuple(cells.items[:-1]), words=words, priors=priors,
        data=segment_squares(values, segments.index, cells.n) if coded.category is None else segment_patterns(
            values[:, :-1], coded.category, segments.index, cells.n, coded.q
        ),
        shapes=tuple(
            EffectsShape(groups=len(factor.groups), effects=varying, information=known, seen=seen, variance=unsure)
            for factor, (known, seen, unsure) in zip(segments.factors, told, strict=True)
        ),
    )
    error = np.full((len(own), varying), np.nan)
    fitted = information.any(axis=(1, 2))
    error[fitted] = np.sqrt(np.diagonal(np.linalg.inv(information[fitted]), axis1=1, axis2=2)[:, :-1])
    alone = np.where(fitted[:, None], own, np.nan)
    return hierarchy, mode, alone, error


def _level(one: OrderedTarget | GaussianTarget, found: FloatArray) -> int:
    """Return the coordinate of `one` that tells its level: the intercept, or the threshold that stands for itself."""
    return len(found) - 2 if isinstance(one, GaussianTarget) else one.slopes + one.anchor


def _told(
    factor: Factor, effect: FloatArray, information: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return how surely segments by themselves tell the rows of a factor's effects, what, and each group's variance.

    ``effect`` (G, r + 1) is where groups stand, level last, ``information`` (H, r + 1, r + 1) how surely segments are
    known, 0 where nothing is. The results, (G - 1, r + 1, r + 1), (G - 1, r + 1) and (G,), only choose where chains
    move, so they may be rough.
    """
    g, k = effect.shape
    total = np.zeros((g, k, k))
    np.add.at(total, factor.member, information)
    total += 1e-6 * np.eye(k)  # a group of which nothing is known
    cov = np.linalg.inv(total)
    whole = np.diagonal(cov, axis1=1, axis2=2)
    unsure = np.median(whole / np.median(whole, axis=0), axis=1)
    basis = EffectsShape(groups=g, effects=1, variance=unsure).basis()
    return np.linalg.inv(np.einsum("gk,gij->kij", basis**2, cov)), basis.T @ effect, unsure


def _cure(segments: Segments) -> str:
    thin = segments.names[int(np.argmin(segments.n))]
    return (
        f"Put small segments together (the smallest is `{thin}` with {segments.n.min():,.0f} respondents), use one "
        "segment column, fewer drivers or narrower priors of the spread, or fit without `by`."
    )


def _estimated(
    sample: Sample, coded: Coded, segments: Segments, units: Units, chains: Chains, alone: FloatArray,
    alone_se: FloatArray, varying: int, population: Population | Literal["weights"] | None, seed: int,
    told: tuple[str, ...],
) -> Estimated:
    drawn = chains.draws
    lead = drawn["slopes"].shape[:2]
    slopes, shift = _by_segment(drawn, segments, varying)
    raw = units.y_spread / units.spread
    slopes = slopes * raw
    share = _shares(sample, segments, population, lead, seed)
    common = np.einsum("cdg,cdgp->cdp", share, slopes)
    # thresholds, or the intercept, of a segment where all drivers are 0
    shift = shift * units.y_spread - np.einsum("cdgp,p->cdg", slopes, units.centre)
    level = np.einsum("cdg,cdg->cd", share, shift)
    linear = coded.category is None
    base = drawn["intercept"] * units.y_spread + units.y_centre if linear else drawn["cuts"]
    means, covs, point = _drivers_within(sample, segments, share, seed)
    draws = Draws(
        slopes=common, intercept=base + level if linear else level - base[..., 0] if coded.binary else np.zeros(lead),
        cuts=np.empty((*lead, 0)) if linear else base - level[..., None],
        error_sd=drawn["error_sd"] * units.y_spread if linear else np.full(lead, LATENT_SD[coded.link]),
        x_mean=means, x_cov=covs,
    )
    tail = draws.intercept[..., None] if linear or coded.binary else draws.cuts
    terms = np.concatenate([draws.slopes, tail], axis=-1).reshape(lead[0] * lead[1], -1)
    cov = np.atleast_2d(np.cov(terms, rowvar=False))
    spread, level_spread, correlation = _spreads(drawn, segments, raw[:varying], units.y_spread)
    variance = (spread**2).sum(axis=2).mean(axis=(0, 1))
    noise = (alone_se * raw[:varying]) ** 2
    found = SegmentDraws(
        columns=segments.columns, groups=segments.groups, names=segments.names, n=segments.n,
        slopes=slopes[..., :varying], shift=shift - level[..., None], share=share, spread=spread,
        level_spread=level_spread, correlation=correlation, alone=alone * raw[:varying],
        alone_se=alone_se * raw[:varying], shrinkage=noise / (noise + variance),
        x_mean=point[0][:, :varying], x_cov=point[1][:, :varying, :varying],
    )
    return Estimated(
        estimate=terms.mean(axis=0), model_cov=cov, robust_cov=cov, df=float(sample.cells.n.sum() - terms.shape[1]),
        point=_point(draws, sample, segments, share), draws=draws, loglik=None,
        loglik_null=None if coded.category is None else null_loglik(coded.category, sample.cells.n), failed=0,
        resampled="the posterior", notes=(chains.note(), *told, _reading(segments)), segments=found,
        sampler=chains.stats,
        diagnostics={**chains.diagnostics(), "rotated": False, "segments": len(segments.groups)},
    )


def _spreads(
    drawn: dict[str, FloatArray] | object, segments: Segments, raw: FloatArray, y_spread: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return spreads of slopes (C, D, F, v) and levels (C, D, F), and correlations (C, D, F, v (v - 1) / 2)."""
    assert hasattr(drawn, "__getitem__")
    names = [factor.column for factor in segments.factors]
    spread: FloatArray = np.stack([drawn[f"spread_{name}"] for name in names], axis=2) * raw
    level: FloatArray = np.stack([drawn[f"level_spread_{name}"] for name in names], axis=2) * y_spread
    none = np.empty((*level.shape[:2], 0))
    pairs = [drawn[f"correlation_{name}"] if len(raw) > 1 else none for name in names]
    return spread, level, np.stack(pairs, axis=2)


def _by_segment(
    drawn: dict[str, FloatArray] | object, segments: Segments, varying: int
) -> tuple[FloatArray, FloatArray]:
    """Return slopes (C, D, H, p) and levels (C, D, H) of segments in standard units."""
    assert hasattr(drawn, "__getitem__")
    common: FloatArray = drawn["slopes"]
    slopes = np.repeat(common[:, :, None, :], len(segments.groups), axis=2)
    shift = np.zeros(slopes.shape[:3])
    for factor in segments.factors:
        slopes[..., :varying] += drawn[f"effect_{factor.column}"][:, :, factor.member]
        shift += drawn[f"level_{factor.column}"][:, :, factor.member]
    return slopes, shift


def _shares(
    sample: Sample, segments: Segments, population: Population | Literal["weights"] | None, lead: tuple[int, int],
    seed: int,
) -> FloatArray:
    """Return draws (C, D, H) of the segments' shares: as declared, or as sure as answers or weights make them."""
    if population is not None and not isinstance(population, str):
        return np.broadcast_to(population_shares(segments, population), (*lead, len(segments.groups))).copy()
    cells, h = sample.cells, len(segments.groups)
    load = np.bincount(segments.index, weights=cells.sum_w, minlength=h)
    load2 = np.bincount(segments.index, weights=cells.sum_w2, minlength=h)
    rng = np.random.default_rng([seed, 16])
    shape = np.divide(load**2, load2, out=np.zeros(h), where=load > 0)  # a segment may lack answers in the latest wave
    drawn = rng.gamma(shape, size=(*lead, h)) * np.divide(load2, load, out=np.zeros(h), where=load > 0)
    return np.asarray(drawn / drawn.sum(axis=-1, keepdims=True))


def _drivers_within(
    sample: Sample, segments: Segments, share: FloatArray, seed: int
) -> tuple[FloatArray, FloatArray, tuple[FloatArray, FloatArray]]:
    """Return draws of the population's means and of the covariance within segments, and both of every segment."""
    lead = share.shape[:2]
    size, p = lead[0] * lead[1], sample.cells.values.shape[1] - 1
    means, covs = np.zeros((*lead, p)), np.zeros((*lead, p, p))
    point_mean, point_cov = np.empty((len(segments.groups), p)), np.empty((len(segments.groups), p, p))
    for h in range(len(segments.groups)):
        own = sample.cells.select(segments.index == h)
        part = Sample(cells=own, whole=own, inside=np.arange(len(own)))
        at, cov, _ = driver_moments(part, size, seed + h)
        means += share[..., h, None] * at.reshape(*lead, p)
        covs += share[..., h, None, None] * cov.reshape(*lead, p, p)
        moments = weighted_moments(own.values[:, :-1], own.sum_w)
        point_mean[h], point_cov[h] = moments.mean, moments.cov
    return means, covs, (point_mean, point_cov)


def _point(draws: Draws, sample: Sample, segments: Segments, share: FloatArray) -> Draws:
    """Return posterior means as one draw, with the drivers' moments within segments."""
    from dataclasses import replace

    return replace(
        mean_point(draws, sample), x_mean=draws.x_mean.mean(axis=(0, 1), keepdims=True),
        x_cov=draws.x_cov.mean(axis=(0, 1), keepdims=True),
    )


def _reading(segments: Segments) -> str:
    columns = " and ".join(f"`{name}`" for name in segments.columns)
    return (
        f"Slopes vary over {len(segments.groups)} segments of {columns}, drawn towards their average as far as each "
        "is thin. The table holds the average over the population; R2 and shares describe people of the same segment, "
        "at the average slope."
    )
