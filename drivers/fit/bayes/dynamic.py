"""Posterior of a model whose slopes and level move from wave to wave, and what it says about the latest wave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.defaults import SEASON_FROM
from drivers.errors import InputError
from drivers.fit.bayes.additive import flat_information, group_deviations
from drivers.fit.bayes.chains import Chains, sample_chains
from drivers.fit.bayes.dynamic_density import Dynamic
from drivers.fit.bayes.hierarchical import Coded, Units, _units
from drivers.fit.bayes.laplace import find_mode
from drivers.fit.bayes.laplace_linear import gaussian_target
from drivers.fit.bayes.laplace_ordered import ordered_prior
from drivers.fit.bayes.posterior import driver_moments, mean_point
from drivers.fit.bayes.priors import SlopePriors
from drivers.fit.bayes.pseudo import is_designed
from drivers.fit.bayes.target import GaussianTarget, OrderedTarget, ordered_target
from drivers.fit.bayes.walk import Innovations, Walk, WaveInformation
from drivers.fit.regression.estimated import Estimated
from drivers.fit.regression.ordered import LATENT_SD
from drivers.fit.regression.sample import Sample
from drivers.fit.result import Draws
from drivers.fit.wave_draws import WaveDraws
from drivers.stats.cumulative import IntArray, null_loglik
from drivers.stats.moments import weighted_moments
from drivers.stats.segment_density import SegmentPatterns, SegmentSquares, segment_patterns, segment_squares
from drivers.survey.wave_order import quarter_of, wave_order

FloatArray = NDArray[np.float64]

FEWEST_DRAWS = 4000
"""Markov draws at least: the spread of steps mixes slowest, and needs that many to pass the gate."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Waves:
    """``names`` (T,) of the waves in order of time, the place ``index`` (m,) of each cell, and ``n`` (T,)."""

    column: str
    names: tuple[str, ...]
    index: IntArray
    n: FloatArray
    quarter: NDArray[np.intp] | None


def waves_of(sample: Sample, column: str, *, season: bool) -> Waves:
    """Put the waves of a sample in order.

    Parameters
    ----------
    sample : Sample
        Cells with the wave among their keys.
    column : str
        The wave column.
    season : bool
        Whether the place of every wave in the year is wanted.

    Returns
    -------
    Waves
        At least two.

    Raises
    ------
    InputError
        If a respondent has no wave, there is but one, their order in time is not certain, or a season is wanted from
        fewer than `SEASON_FROM` waves or from waves whose names do not tell the quarter.
    """
    found = sample.cells.keys[column]
    nobody = round(float(sample.cells.n[found.isna().to_numpy()].sum()))
    if nobody:
        raise InputError(f"{nobody:,} respondents have no `{column}`. Fill it in, or leave them out with where=.")
    order, certain = wave_order(found.unique())
    if len(order) < 2:
        raise InputError(f"`{column}` has one wave; slopes that move need at least two. Leave out `walk`.")
    if not certain:
        raise InputError(
            f"The names of the waves in `{column}` do not tell their order in time. Write them like 2026-Q3, 2026-07 "
            "or W3."
        )
    place = {wave: at for at, wave in enumerate(order)}
    index = found.map(place).to_numpy(np.intp)
    quarter = None
    if season:
        if len(order) < SEASON_FROM:
            raise InputError(
                f"A season cannot be told from {len(order)} waves; it takes {SEASON_FROM} quarters. Leave out `season`."
            )
        quarters = [quarter_of(wave) for wave in order]
        if None in quarters:
            unclear = order[quarters.index(None)]
            raise InputError(
                f"`{unclear}` in `{column}` does not tell its quarter. Write waves like 2026-Q3 or 2026-07, or leave "
                "out `season`."
            )
        quarter = np.array([one for one in quarters if one is not None], dtype=np.intp)
    return Waves(
        column=column, names=tuple(str(wave) for wave in order), index=index,
        n=np.bincount(index, weights=sample.cells.n, minlength=len(order)), quarter=quarter,
    )


def fit_dynamic(
    sample: Sample, column: str, answered: Coded, prior: SlopePriors, draws: int, seed: int, varying: int,
    innovations: Innovations, *, season: bool,
) -> Estimated:
    """Draw slopes and levels of every wave, and how fast they move.

    Parameters
    ----------
    sample : Sample
        Complete cells of (drivers..., controls..., outcome), with the wave among their keys.
    column : str
        The wave column.
    answered : Coded
        The outcome.
    prior : SlopePriors
        In standard units: of the average wave.
    draws : int
        Draws wanted.
    seed : int
        Seed.
    varying : int
        How many of the first columns have slopes that move: the drivers, not the controls.
    innovations : {"normal", "student_t"}
        Steps from wave to wave; with Student-t ones a sudden move is believed sooner.
    season : bool
        Whether the level also has a season.

    Returns
    -------
    Estimated
        Of the latest wave, with ``waves``.

    Raises
    ------
    InputError
        If the answers carry weights or a design, the waves cannot be put in order, or priors are in own units.
    SamplingError
        If the chains must not be trusted.

    Notes
    -----
    Slopes of wave t are ``b_t = b_t-1 + pace * e_t`` for every driver, and so is the level; the average over the waves
    has the prior a flat model has.

    References
    ----------
    .. [1] West & Harrison (1997). Bayesian Forecasting and Dynamic Models, 2nd ed., chapter 2. doi:10.1007/b98971
    """
    if prior.units != "standard":
        raise InputError('Priors of a dynamic model are in standard units; leave out units="own".')
    if is_designed(sample):
        raise InputError(
            "The answers have weights or a sampling design, and a posterior whose slopes walk from wave to wave cannot "
            "simply be weighted. Fit each wave on its own (where={wave: ...}), whose draws are turned to the design, "
            "or leave the weights out of the definition to describe the respondents."
        )
    waves = waves_of(sample, column, season=season)
    units = _units(sample, linear=answered.category is None)
    made, mode = build(sample, waves, answered, prior, units, varying, innovations)
    thin = waves.names[int(np.argmin(waves.n))]
    chains = sample_chains(
        made.density(mode), draws=max(draws, FEWEST_DRAWS), seed=seed, tune=800, accept=0.9,
        cure=f"Put small waves together (the smallest is `{thin}` with {waves.n.min():,.0f} respondents), use fewer "
             "drivers or a narrower prior of the pace, or fit without `walk`.",
    )
    return _estimated(sample, answered, waves, units, chains, made, varying, seed)


def build(
    sample: Sample, waves: Waves, answered: Coded, prior: SlopePriors, units: Units, varying: int,
    innovations: Innovations, beside: tuple[IntArray, ...] = (),
) -> tuple[Dynamic, FloatArray]:
    """Return the density of a dynamic model, and the mode of the same model held still, to start from.

    Parameters
    ----------
    sample : Sample
        Complete cells.
    waves : Waves
        Their waves.
    answered : Coded
        The outcome.
    prior : SlopePriors
        In standard units.
    units : Units
        Standard units.
    varying : int
        Columns whose slopes move.
    innovations : {"normal", "student_t"}
        Steps from wave to wave.
    beside : tuple of ndarray of int, shape (m,)
        Groups of cells, such as segments, that differ too.

    Returns
    -------
    made : Dynamic
        In standard units.
    mode : ndarray, shape (t,)
        In the coordinates of its flat part.
    """
    cells, p = sample.cells, sample.cells.values.shape[1] - 1
    y = (cells.values[:, -1] - units.y_centre) / units.y_spread
    values = np.column_stack([(cells.values[:, :-1] - units.centre) / units.spread, y])
    latent = 1.0 if answered.category is None else LATENT_SD[answered.link]
    flat: GaussianTarget | OrderedTarget = gaussian_target(values, cells.n, prior)
    data: SegmentSquares | SegmentPatterns = segment_squares(values, waves.index, cells.n)
    if answered.category is not None:
        flat = ordered_target(
            values[:, :-1], answered.category, cells.n, answered.q, answered.link,
            ordered_prior(prior, p, answered.q, answered.link),
        )
        data = segment_patterns(values[:, :-1], answered.category, waves.index, cells.n, answered.q)
    mode, _ = find_mode(flat)
    stand = group_deviations(values, answered, cells.n, flat, mode, varying, [waves.index, *beside])[0]
    told = WaveInformation(
        part=waves.n / waves.n.sum(), information=flat_information(values, answered, cells.n, flat, mode, varying),
        seen=stand,
    )
    walk = Walk(
        waves=len(waves.names), columns=varying + 1, innovations=innovations, priors=prior.walk.times(latent),
        told=told, quarter=waves.quarter, seasons=0 if waves.quarter is None else 4,
    )
    sure = float(np.median(np.diagonal(walk.rows[2], axis1=1, axis2=2)[:, :-1])) * walk.priors.pace**2
    words = f"coordinates of steps follow the waves, which tell them {sure:,.1f} times as surely as the prior"
    return Dynamic(
        flat=flat, data=data, walk=walk, waves=waves.names, names=tuple(cells.items[:-1]), words=words
    ), mode


def _estimated(
    sample: Sample, answered: Coded, waves: Waves, units: Units, chains: Chains, made: Dynamic, varying: int,
    seed: int,
) -> Estimated:
    drawn, linear = chains.draws, answered.category is None
    lead, t = drawn["slopes"].shape[:2], len(waves.names)
    moved, level = made.walk.named(drawn)
    slopes = np.repeat(drawn["slopes"][:, :, None, :], t, axis=2)
    slopes[..., :varying] += moved
    raw = units.y_spread / units.spread
    slopes = slopes * raw
    level = level * units.y_spread - slopes @ units.centre  # of people who answer 0 to every driver
    latest = level[..., -1]
    base = drawn["intercept"] * units.y_spread + units.y_centre if linear else drawn["cuts"]
    size = lead[0] * lead[1]
    own = sample.cells.select(waves.index == t - 1)
    last = Sample(cells=own, whole=own, inside=np.arange(len(own)))
    means, covs, kind = driver_moments(last, size, seed)
    draws = Draws(
        slopes=slopes[:, :, -1], cuts=np.empty((*lead, 0)) if linear else base - latest[..., None],
        intercept=base + latest if linear else latest - base[..., 0] if answered.binary else np.zeros(lead),
        error_sd=drawn["error_sd"] * units.y_spread if linear else np.full(lead, LATENT_SD[answered.link]),
        x_mean=means.reshape(*lead, -1), x_cov=covs.reshape(*lead, *covs.shape[1:]),
    )
    tail = draws.intercept[..., None] if linear or answered.binary else draws.cuts
    terms = np.concatenate([draws.slopes, tail], axis=-1).reshape(size, -1)
    cov = np.atleast_2d(np.cov(terms, rowvar=False))
    inside = [weighted_moments(sample.cells.values[waves.index == at, :-1], sample.cells.n[waves.index == at])
              for at in range(t)]
    found = WaveDraws(
        column=waves.column, names=waves.names, n=waves.n, slopes=slopes[..., :varying],
        shift=level - latest[..., None], pace=drawn["pace"] * np.append(raw[:varying], units.y_spread),
        season=drawn["season"] * units.y_spread if "season" in drawn else None, walk=made.walk.innovations,
        x_mean=np.array([one.mean[:varying] for one in inside]),
        x_cov=np.array([one.cov[:varying, :varying] for one in inside]),
    )
    return Estimated(
        estimate=terms.mean(axis=0), model_cov=cov, robust_cov=cov, df=float(sample.cells.n.sum() - terms.shape[1]),
        point=mean_point(draws, last), draws=draws, loglik=None, failed=0, resampled=kind,
        loglik_null=None if answered.category is None else null_loglik(answered.category, sample.cells.n),
        notes=(chains.note(), _reading(waves)), waves=found, sampler=chains.stats,
        diagnostics={**chains.diagnostics(), "rotated": False, "waves": t},
    )


def _reading(waves: Waves) -> str:
    return (
        f"Slopes and level move over {len(waves.names)} waves of `{waves.column}`, each drawn towards its neighbours "
        f"as far as it is thin. The table, R2 and shares describe the latest, `{waves.names[-1]}` "
        f"({waves.n[-1]:,.0f} respondents)."
    )
