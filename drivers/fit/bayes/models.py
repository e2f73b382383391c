"""The built-in posteriors as PyMC models: on cells, with named dims, for anyone to read, sample and extend.

Builders never sample. All data are `pm.Data`, so that a model refits on new answers with `pm.set_data`. Drivers are
standardised by the fit (see `Fit.to_pymc`), priors come from the one table of `drivers.fit.bayes.priors`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.fit.bayes.priors import Prior, SlopePriors
from drivers.fit.regression.ordered import LATENT_SD
from drivers.stats.cumulative import Link
from drivers.stats.moments import weighted_moments

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PatternTable:
    """Answers to model: ``x`` (P, p) driver patterns and ``count`` (P, q+1) of each category.

    ``drivers`` (p,) and ``points`` (q+1,) name columns and categories; ``segment`` (P,) and ``segments`` (G,) are for
    models of unequal spread. Counts need not be whole numbers: then they are weights.
    """

    x: FloatArray
    count: FloatArray
    drivers: Sequence[str]
    points: Sequence[str]
    segment: IntArray | None = None
    segments: Sequence[str] = ()


def linear_model(x: FloatArray, y: FloatArray, weight: FloatArray, drivers: Sequence[str], prior: SlopePriors) -> Any:
    """Build a linear model of cells; ``weight`` answers in each.

    Parameters
    ----------
    x : ndarray, shape (m, p)
        Drivers.
    y : ndarray, shape (m,)
        Outcome.
    weight : ndarray, shape (m,)
        How often each cell counts.
    drivers : sequence of str
        Names (p,).
    prior : SlopePriors
        Taken to be in the units of `x` and `y`.

    Returns
    -------
    pymc.Model
        Of ``slopes``, ``intercept`` and ``error_sd``; ``answers`` is observed.
    """
    import pymc as pm

    with pm.Model(coords={"driver": list(drivers), "cell": np.arange(len(y))}) as model:
        table = pm.Data("x", x, dims=("cell", "driver"))
        slopes = _prior("slopes", prior.slopes, 1.0, dims="driver")
        _points(table @ slopes, y, weight, prior)
    return model


def cumulative_model(table: PatternTable, link: Link, prior: SlopePriors) -> Any:
    """Build a cumulative model; with two categories it is the binary one.

    Parameters
    ----------
    table : PatternTable
        Patterns and counts.
    link : {"probit", "logit"}
        The latent distribution.
    prior : SlopePriors
        In latent standard deviations with ``units="standard"``, else in latent units.

    Returns
    -------
    pymc.Model
        Of ``slopes`` and ``cuts``; ``answers`` is observed: a multinomial of whole counts, of weights a density that
        has no random draws.
    """
    import pymc as pm

    unit = LATENT_SD[link] if prior.units == "standard" else 1.0
    with pm.Model(coords=_coords(table)) as model:
        x = pm.Data("x", table.x, dims=("pattern", "driver"))
        slopes = _prior("slopes", prior.slopes, unit, dims="driver")
        cuts = _cuts(prior.cuts, unit, len(table.points) - 1)
        _answers(x @ slopes, cuts, table, link)
    return model


def unequal_variance_model(table: PatternTable, link: Link, prior: SlopePriors) -> Any:
    """Build a cumulative model in which groups differ in latent level and spread; slopes are one for all.

    Parameters
    ----------
    table : PatternTable
        Patterns with their segments; levels and log spreads add up to 0 over them.
    link : {"probit", "logit"}
        The latent distribution.
    prior : SlopePriors
        As for `cumulative_model`, of the average segment; its ``groups`` are those of levels and log spreads.

    Returns
    -------
    pymc.Model
        Of ``slopes``, ``cuts``, ``level`` and ``log_spread`` of the segments; ``answers`` is observed.

    References
    ----------
    .. [1] Buerkner & Vuorre (2019). Ordinal regression models in psychology. Advances in Methods and Practices in
       Psychological Science 2(1), 77-101. doi:10.1177/2515245918823199
    """
    import pymc as pm
    import pytensor.tensor as pt

    unit = LATENT_SD[link] if prior.units == "standard" else 1.0
    level_scale, spread_scale = prior.groups.scales(LATENT_SD[link])
    with pm.Model(coords=_coords(table) | {"group": list(table.segments)}) as model:
        x = pm.Data("x", table.x, dims=("pattern", "driver"))
        segment = pm.Data("segment", table.segment, dims="pattern")
        slopes = _prior("slopes", prior.slopes, unit, dims="driver")
        cuts = _cuts(prior.cuts, unit, len(table.points) - 1)
        level = pm.ZeroSumNormal("level", _double(level_scale), dims="group")
        log_spread = pm.ZeroSumNormal("log_spread", _double(spread_scale), dims="group")
        _answers(x @ slopes + level[segment], cuts, table, link, spread=pt.exp(log_spread)[segment])
    return model


def monotone_model(table: PatternTable, levels: Sequence[int], link: Link, prior: SlopePriors) -> Any:
    """Build a cumulative model in which the steps of a driver's scale need not be equal, only in one direction.

    Parameters
    ----------
    table : PatternTable
        Its ``x`` holds, for drivers with steps, the place of each answer on the driver's scale: 0, 1, ... levels - 1.
    levels : sequence of int
        Points (p,) of each driver's scale, 3 or more; 0 for a driver of which the steps are equal.
    link : {"probit", "logit"}
        The latent distribution.
    prior : SlopePriors
        Of the average step of drivers with steps, times the standard deviation of places, and of the others as for
        `cumulative_model`; thresholds are those of a respondent with average answers where steps are equal.

    Returns
    -------
    pymc.Model
        Of ``slopes`` (standardised, of the average step), ``steps_...`` of each driver (parts of the whole way, uniform
        on the simplex) and ``cuts``; ``answers`` is observed.

    References
    ----------
    .. [1] Buerkner & Charpentier (2020). Modelling monotonic effects of ordinal predictors in Bayesian regression
       models. British Journal of Mathematical and Statistical Psychology 73(3), 420-451. doi:10.1111/bmsp.12195
    """
    import pymc as pm
    import pytensor.tensor as pt

    unit = LATENT_SD[link] if prior.units == "standard" else 1.0
    named = [(j, name, n) for j, (name, n) in enumerate(zip(table.drivers, levels, strict=True)) if n]
    coords = {f"step_{name}": [f"{k} to {k + 1}" for k in range(1, n)] for _, name, n in named}
    load = table.count.sum(axis=1)
    moments = weighted_moments(table.x, load)
    with pm.Model(coords=_coords(table) | coords) as model:
        slopes = _prior("slopes", prior.slopes, unit, dims="driver")
        cuts = _cuts(prior.cuts, unit, len(table.points) - 1)
        x = pm.Data("x", table.x, dims=("pattern", "driver"))
        columns = [x[:, j] for j in range(len(table.drivers))]
        for j, name, n in named:
            steps = pm.Dirichlet(f"steps_{name}", np.ones(n - 1), dims=f"step_{name}")
            way = (n - 1) * pt.concatenate([pt.zeros(1), pt.cumsum(steps)])
            centre, spread = (moments.mean[j], np.sqrt(moments.cov[j, j])) if prior.units == "standard" else (0.0, 1.0)
            columns[j] = (way[x[:, j].astype("int64")] - centre) / spread
        _answers(pt.stack(columns, axis=1) @ slopes, cuts, table, link)
    return model


def _points(eta: Any, y: FloatArray, weight: FloatArray, prior: SlopePriors) -> None:
    """Observe the outcome of every cell, which has the mean `eta` beside an intercept; dims are those of "cell"."""
    import pymc as pm

    count = pm.Data("count", weight, dims="cell")
    intercept = _prior("intercept", prior.intercept, 1.0)
    error = _half("error_sd", prior.error_sd)

    def logp(value: Any, mean: Any, sd: Any, times: Any) -> Any:
        return times * pm.logp(pm.Normal.dist(mean, sd), value)

    def random(mean: Any, sd: Any, times: Any, rng: Any = None, size: Any = None) -> Any:
        return rng.normal(mean, sd, size)

    pm.CustomDist("answers", intercept + eta, error, count, logp=logp, random=random, observed=y, dims="cell")


def _coords(table: PatternTable) -> dict[str, Sequence[object]]:
    return {
        "driver": list(table.drivers), "point": list(table.points), "pattern": np.arange(len(table.x)).tolist(),
        "cut": [f"{a}|{b}" for a, b in zip(table.points[:-1], table.points[1:], strict=True)],
    }


def _prior(name: str, prior: Prior, unit: float, **more: Any) -> Any:
    import pymc as pm

    if not prior.proper:
        return pm.Flat(name, **more)
    location, scale = _double(prior.location * unit), _double(prior.scale * unit)
    if np.isinf(prior.df):
        return pm.Normal(name, location, scale, **more)
    return pm.StudentT(name, nu=_double(prior.df), mu=location, sigma=scale, **more)


def _half(name: str, prior: Prior) -> Any:
    import pymc as pm

    if not prior.proper:
        return pm.HalfFlat(name)
    scale = _double(prior.scale)
    return pm.HalfNormal(name, scale) if np.isinf(prior.df) else pm.HalfStudentT(name, _double(prior.df), scale)


def _double(value: float) -> Any:
    """Return `value` in double precision; PyMC takes bare numbers for single, and their logarithms too."""
    import pytensor.tensor as pt

    return pt.constant(np.float64(value), dtype="float64")


def _cuts(prior: Prior, unit: float, q: int) -> Any:
    """Thresholds in order; their density is that of the order, so it lacks the q! ways to draw them."""
    import pymc as pm

    start = np.linspace(-1, 1, q) * unit if q > 1 else np.zeros(1)
    more: dict[str, Any] = {"dims": "cut", "initval": start}
    if q > 1:
        more["transform"] = pm.distributions.transforms.ordered
    return _prior("cuts", prior, unit, **more)


def _answers(eta: Any, cuts: Any, table: PatternTable, link: Link, spread: Any = 1.0) -> Any:
    """Observe the counts of every pattern."""
    import pymc as pm
    import pytensor.tensor as pt

    count = table.count
    u = (cuts[None, :] - eta[:, None]) / (spread if np.isscalar(spread) else spread[:, None])
    below = _tail(u, link)
    above = _tail(-u, link)
    ends = pt.zeros_like(below[:, :1])
    # differences are taken in the tail where both are small
    low, high = pt.concatenate([ends, below], axis=1), pt.concatenate([below, ends + 1], axis=1)
    over, under = pt.concatenate([ends + 1, above], axis=1), pt.concatenate([above, ends], axis=1)
    chance = pt.where(low > 0.5, over - under, high - low)
    chance = pt.maximum(chance, 1e-300)
    whole = np.allclose(count, np.round(count))
    if whole:
        return pm.Multinomial(
            "answers", n=np.round(count).sum(axis=1).astype(np.int64), p=chance, dims=("pattern", "point"),
            observed=np.round(count).astype(np.int64),
        )

    def logp(value: Any, p: Any) -> Any:
        return (value * pt.log(p)).sum(axis=-1)

    return pm.CustomDist(
        "answers", chance, logp=logp, signature="(k)->(k)", dims=("pattern", "point"), observed=count,
    )


def _tail(u: Any, link: Link) -> Any:
    import pytensor.tensor as pt

    return 0.5 * pt.erfc(-u / np.sqrt(2.0)) if link == "probit" else pt.sigmoid(u)
