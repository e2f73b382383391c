"""Posterior of a tracker: slopes and levels that vary by segment and walk from wave to wave, both at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError, quoted
from drivers.fit.bayes.chains import Chains, sample_chains
from drivers.fit.bayes.dynamic import Waves, build, waves_of
from drivers.fit.bayes.factors import Population, Segments, segments_of
from drivers.fit.bayes.hierarchical import (
    FEWEST_DRAWS,
    Coded,
    Units,
    _about_weights,
    _build,
    _by_segment,
    _check_population,
    _drivers_within,
    _point,
    _shares,
    _spreads,
    _units,
)
from drivers.fit.bayes.priors import SlopePriors
from drivers.fit.bayes.tracker_density import Tracker
from drivers.fit.bayes.walk import Innovations
from drivers.fit.regression.estimated import Estimated
from drivers.fit.regression.ordered import LATENT_SD
from drivers.fit.regression.sample import Sample
from drivers.fit.result import Draws
from drivers.fit.segment_draws import SegmentDraws
from drivers.fit.wave_draws import WaveDraws
from drivers.stats.cumulative import null_loglik
from drivers.stats.moments import weighted_moments
from drivers.stats.segment_density import segment_patterns, segment_squares

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tracked:
    """What a tracker is fitted to, and each segment's slopes by itself (H, v), over all its waves, with errors."""

    sample: Sample
    coded: Coded
    segments: Segments
    waves: Waves
    units: Units
    varying: int
    alone: FloatArray
    alone_se: FloatArray

    @property
    def counts(self) -> FloatArray:
        """Respondents (H, T) of every segment in every wave."""
        out = np.zeros((len(self.segments.groups), len(self.waves.names)))
        np.add.at(out, (self.segments.index, self.waves.index), self.sample.cells.n)
        return out


def fit_tracker(
    sample: Sample, by: tuple[str, ...], column: str, coded: Coded, prior: SlopePriors, draws: int, seed: int,
    varying: int, population: Population | Literal["weights"] | None, innovations: Innovations, *, season: bool,
) -> Estimated:
    """Draw slopes and levels of segments and of waves, how far segments differ, and how fast waves move.

    Parameters
    ----------
    sample : Sample
        Complete cells of (drivers..., controls..., outcome), with segments and the wave among their keys.
    by : tuple of str
        One or two segment columns.
    column : str
        The wave column.
    coded : Coded
        The outcome.
    prior : SlopePriors
        In standard units: of the average segment in the average wave.
    draws : int
        Draws wanted.
    seed : int
        Seed.
    varying : int
        How many of the first columns have slopes that vary: the drivers, not the controls.
    population : mapping, "weights" or None
        What the population holds of each segment: a table, or the shares of the latest wave by weights or answers.
        All waves are averaged by the same shares, so that none differs by its mix of segments.
    innovations : {"normal", "student_t"}
        Steps from wave to wave.
    season : bool
        Whether the level also has a season.

    Returns
    -------
    Estimated
        Of the population in the latest wave; with ``segments`` in that wave, and ``waves`` of the population.

    Raises
    ------
    InputError
        If weights or a design are declared and nothing is said about the population; the waves cannot be put in
        order; or priors are in own units.
    SamplingError
        If the chains must not be trusted.

    Notes
    -----
    Slopes of segment g in wave t are ``mu_t + effect_g``, and so is the level: segments differ by the same amount in
    every wave, and all move together. ``mu_t`` walks as in a dynamic model, effects are those of a hierarchical one.

    References
    ----------
    .. [1] Gelman & Hill (2007). Data Analysis Using Regression and Multilevel/Hierarchical Models, chapter 13.
       doi:10.1017/CBO9780511790942
    .. [2] West & Harrison (1997). Bayesian Forecasting and Dynamic Models, 2nd ed., chapter 2. doi:10.1007/b98971
    """
    if prior.units != "standard":
        raise InputError('Priors of a tracker are in standard units; leave out units="own".')
    told = _about_weights(sample, by, population)
    segments = segments_of(sample.cells, by)
    _check_population(segments, population)
    made, mode, tracked = build_tracker(
        sample, segments, waves_of(sample, column, season=season), coded, prior, varying,
        innovations,
    )
    thin = tracked.segments.names[int(np.argmin(tracked.segments.n))]
    chains = sample_chains(
        made.density(mode), draws=max(draws, FEWEST_DRAWS), seed=seed, tune=1000, accept=0.9,
        cure=f"Put small segments together (the smallest is `{thin}` with {tracked.segments.n.min():,.0f} respondents) "
             "or small waves, use one segment column, fewer drivers or narrower priors, or fit without `walk` or `by`.",
    )
    return _estimated(tracked, chains, innovations, population, seed, told)


def build_tracker(
    sample: Sample, segments: Segments, waves: Waves, coded: Coded, prior: SlopePriors, varying: int,
    innovations: Innovations,
) -> tuple[Tracker, FloatArray, Tracked]:
    """Return the density of a tracker, the flat mode to start from, and what it is fitted to.

    Parameters
    ----------
    sample : Sample
        Complete cells.
    segments : Segments
        Their segments.
    waves : Waves
        Their waves.
    coded : Coded
        The outcome.
    prior : SlopePriors
        In standard units.
    varying : int
        Columns whose slopes vary.
    innovations : {"normal", "student_t"}
        Steps from wave to wave.

    Returns
    -------
    made : Tracker
        In standard units.
    mode : ndarray, shape (t,)
        In the coordinates of its flat part.
    tracked : Tracked
        Sample, segments, waves and units.
    """
    cells, units = sample.cells, _units(sample, linear=coded.category is None)
    hierarchy, mode, alone, alone_se = _build(sample, coded, prior, segments, units, varying, (waves.index,))
    groups = tuple(factor.member[segments.index] for factor in segments.factors)
    dynamic, _ = build(sample, waves, coded, prior, units, varying, innovations, groups)
    t = len(waves.names)
    pairs, index = np.unique(segments.index * t + waves.index, return_inverse=True)
    index = index.reshape(-1).astype(np.intp)
    y = (cells.values[:, -1] - units.y_centre) / units.y_spread
    values = np.column_stack([(cells.values[:, :-1] - units.centre) / units.spread, y])
    data = segment_squares(values, index, cells.n) if coded.category is None else segment_patterns(
        values[:, :-1], coded.category, index, cells.n, coded.q
    )
    made = Tracker(hierarchy=hierarchy, dynamic=dynamic, data=data, segment=pairs // t, wave=pairs % t)
    return made, mode, Tracked(
        sample=sample, coded=coded, segments=segments, waves=waves, units=units, varying=varying, alone=alone,
        alone_se=alone_se,
    )


def _estimated(
    tracked: Tracked, chains: Chains, innovations: Innovations, population: Population | Literal["weights"] | None,
    seed: int, told: tuple[str, ...],
) -> Estimated:
    sample, coded, segments, units = tracked.sample, tracked.coded, tracked.segments, tracked.units
    drawn, linear = chains.draws, coded.category is None
    lead, latest = drawn["slopes"].shape[:2], tracked.waves.index == len(tracked.waves.names) - 1
    share = _shares(_part(sample, latest), _within(segments, latest), population, lead, seed)
    seen = latest | ~(tracked.counts[:, -1] > 0)[segments.index]
    means, covs, point = _drivers_within(_part(sample, seen), _within(segments, seen), share, seed)
    slopes, shift, moved, risen = _latest(tracked, drawn)
    common, level = np.einsum("cdg,cdgp->cdp", share, slopes), np.einsum("cdg,cdg->cd", share, shift)
    base = drawn["intercept"] * units.y_spread + units.y_centre if linear else drawn["cuts"]
    draws = Draws(
        slopes=common, intercept=base + level if linear else level - base[..., 0] if coded.binary else np.zeros(lead),
        cuts=np.empty((*lead, 0)) if linear else base - level[..., None],
        error_sd=drawn["error_sd"] * units.y_spread if linear else np.full(lead, LATENT_SD[coded.link]),
        x_mean=means, x_cov=covs,
    )
    tail = draws.intercept[..., None] if linear or coded.binary else draws.cuts
    terms = np.concatenate([draws.slopes, tail], axis=-1).reshape(lead[0] * lead[1], -1)
    cov = np.atleast_2d(np.cov(terms, rowvar=False))
    return Estimated(
        estimate=terms.mean(axis=0), model_cov=cov, robust_cov=cov, df=float(sample.cells.n.sum() - terms.shape[1]),
        point=_point(draws, sample, segments, share), draws=draws, loglik=None, failed=0, resampled="the posterior",
        loglik_null=None if coded.category is None else null_loglik(coded.category, sample.cells.n),
        notes=(chains.note(), *told, *_reading(tracked, declared=isinstance(population, dict))), sampler=chains.stats,
        segments=_by_segments(tracked, drawn, slopes, shift - level[..., None], share, moved, point),
        waves=_by_waves(tracked, drawn, common, share, moved, risen, innovations),
        diagnostics={
            **chains.diagnostics(), "rotated": False, "segments": len(segments.groups),
            "waves": len(tracked.waves.names),
        },
    )


def _part(sample: Sample, at: NDArray[np.bool_]) -> Sample:
    """Return the cells chosen by `at` (m,)."""
    own = sample.cells.select(at)
    return Sample(cells=own, whole=own, inside=np.arange(len(own)))


def _within(segments: Segments, at: NDArray[np.bool_]) -> Segments:
    return replace(segments, index=segments.index[at])


def _latest(
    tracked: Tracked, drawn: dict[str, FloatArray] | object
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return slopes (C, D, H, p) and levels (C, D, H) of segments in the latest wave, and how waves differ from it.

    Slopes are in raw units, levels those of people who answer 0 to every driver. The last two are (C, D, T, v) and
    (C, D, T): the same for every segment.
    """
    assert hasattr(drawn, "__getitem__")
    units, v = tracked.units, tracked.varying
    raw = units.y_spread / units.spread
    slopes, shift = _by_segment(drawn, tracked.segments, v)
    walk: FloatArray = drawn["walk"]
    level = walk[..., -1]
    if tracked.waves.quarter is not None:
        level = level + drawn["season"][..., tracked.waves.quarter]
    slopes[..., :v] += walk[:, :, -1:, :v]
    slopes = slopes * raw
    shift = (shift + level[..., -1:]) * units.y_spread - np.einsum("cdgp,p->cdg", slopes, units.centre)
    moved = (walk[..., :v] - walk[:, :, -1:, :v]) * raw[:v]
    risen = (level - level[..., -1:]) * units.y_spread - moved @ units.centre[:v]
    return slopes, shift, moved, risen


def _by_segments(
    tracked: Tracked, drawn: dict[str, FloatArray] | object, slopes: FloatArray, shift: FloatArray, share: FloatArray,
    moved: FloatArray, point: tuple[FloatArray, FloatArray],
) -> SegmentDraws:
    assert hasattr(drawn, "__getitem__")
    segments, v, raw = tracked.segments, tracked.varying, tracked.units.y_spread / tracked.units.spread
    spread, level_spread, correlation = _spreads(drawn, segments, raw[:v], tracked.units.y_spread)
    noise = (tracked.alone_se * raw[:v]) ** 2
    counts = tracked.counts
    # a segment by itself is one of its average wave; what all moved since is added, so that only pooling is left
    since = -(counts / counts.sum(axis=1, keepdims=True)) @ moved.mean(axis=(0, 1))
    return SegmentDraws(
        columns=segments.columns, groups=segments.groups, names=segments.names, n=segments.n, slopes=slopes[..., :v],
        shift=shift, share=share, spread=spread, level_spread=level_spread, correlation=correlation,
        alone=tracked.alone * raw[:v] + since,
        alone_se=tracked.alone_se * raw[:v],
        shrinkage=noise / (noise + (spread**2).sum(axis=2).mean(axis=(0, 1))), x_mean=point[0][:, :v],
        x_cov=point[1][:, :v, :v],
    )


def _by_waves(
    tracked: Tracked, drawn: dict[str, FloatArray] | object, common: FloatArray, share: FloatArray, moved: FloatArray,
    risen: FloatArray, innovations: Innovations,
) -> WaveDraws:
    assert hasattr(drawn, "__getitem__")
    waves, units, v = tracked.waves, tracked.units, tracked.varying
    t, values, n = len(waves.names), tracked.sample.cells.values, tracked.sample.cells.n
    part, counts = share.mean(axis=(0, 1)), tracked.counts
    mean, cov = np.zeros((t, v)), np.zeros((t, v, v))
    for at in range(t):
        here = np.where(counts[:, at] > 0, part, 0.0)
        for h in np.flatnonzero(here):
            inside = (tracked.segments.index == h) & (waves.index == at)
            moments = weighted_moments(values[inside, :v], n[inside])
            mean[at] += here[h] / here.sum() * moments.mean
            cov[at] += here[h] / here.sum() * moments.cov
    season = None if waves.quarter is None else drawn["season"] * units.y_spread
    return WaveDraws(
        column=waves.column, names=waves.names, n=waves.n, slopes=common[:, :, None, :v] + moved, shift=risen,
        pace=drawn["pace"] * np.append(units.y_spread / units.spread[:v], units.y_spread), season=season,
        walk=innovations, x_mean=mean, x_cov=cov,
    )


def _reading(tracked: Tracked, *, declared: bool) -> tuple[str, ...]:
    waves, columns = tracked.waves, " and ".join(f"`{name}`" for name in tracked.segments.columns)
    shares = "the declared table" if declared else "the shares of the latest"
    read = (
        f"Slopes and levels differ over {len(tracked.segments.groups)} segments of {columns}, by the same amount in "
        f"every wave, and move together over {len(waves.names)} waves of `{waves.column}`. The table holds the average "
        f"over the population in the latest, `{waves.names[-1]}` ({waves.n[-1]:,.0f} respondents); every wave is "
        f"averaged over segments by {shares}, so that none differs by its mix. R2 and shares describe people of the "
        "same segment, at the average slope."
    )
    gone = [name for name, n in zip(tracked.segments.names, tracked.counts[:, -1], strict=True) if not n > 0]
    if not gone:
        return (read,)
    share = "their drivers vary as in earlier waves" if declared else (
        "they have no share of the population; declare a table in population= to give them one"
    )
    return read, f"Nobody of {quoted(gone)} answered in `{waves.names[-1]}`: {share}."
