"""Posteriors whose slopes and levels vary over segments, walk over waves, or both, as PyMC models.

Names and dims are those of the built-in densities (`drivers.fit.bayes.hierarchy`, `dynamic_density`,
`tracker_density`). Builders never sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.fit.bayes.models import PatternTable, _answers, _coords, _cuts, _double, _points, _prior
from drivers.fit.bayes.priors import SegmentPriors, SlopePriors
from drivers.fit.bayes.walk import TAIL, Innovations, WalkPriors
from drivers.fit.regression.ordered import LATENT_SD
from drivers.stats.cumulative import Link

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearTable:
    """Answers of a linear model: ``x`` (P, p) of ``drivers`` (p,), the outcome ``y`` (P,), and ``weight`` (P,)."""

    x: FloatArray
    y: FloatArray
    weight: FloatArray
    drivers: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BySegment:
    """A segment ``column`` with its ``groups`` (G,), and the ``member`` (P,) group of every row."""

    column: str
    groups: Sequence[str]
    member: IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ByWave:
    """The ``waves`` (T,) in order of time and the ``wave`` (P,) of every row; ``steps`` between them.

    ``quarter`` (T,) is the place of every wave in the year, 0 to 3, None without a season.
    """

    waves: Sequence[str]
    wave: IntArray
    steps: Innovations = "normal"
    quarter: IntArray | None = None


def varying_model(
    table: PatternTable | LinearTable, link: Link, prior: SlopePriors, segments: Sequence[BySegment] = (),
    waves: ByWave | None = None, varying: int | None = None,
) -> Any:
    """Build a model whose slopes and levels vary over segments, walk over waves, or both: then effects add up.

    Parameters
    ----------
    table : PatternTable or LinearTable
        Rows of a cumulative (or binary) model, or of a linear one.
    link : {"probit", "logit"}
        The latent distribution; of no account to a linear model.
    prior : SlopePriors
        In standard units; its ``segments`` are the priors of how segments differ, its ``walk`` those of steps.
    segments : sequence of BySegment
        One or two segment columns, or none.
    waves : ByWave, optional
        Waves over which slopes and level walk.
    varying : int, optional
        How many of the first drivers have slopes that vary; all by default. Controls stand behind them.

    Returns
    -------
    pymc.Model
        Of ``slopes`` (of the average segment and wave) and ``cuts`` (or ``intercept`` and ``error_sd``). For a segment
        column c ``root_c`` (Cholesky factor of the covariance of slopes over segments; ``spread_c`` where only one
        slope varies), ``effect_c`` and ``level_c`` with its ``level_spread_c``, adding up to zero over segments and not
        centred. With waves ``pace``, ``step`` (divided by the pace), ``walk`` of slopes and, last, of the level, which
        averages to zero over waves, and ``season``. ``answers`` is observed.
    """
    import pymc as pm

    linear = isinstance(table, LinearTable)
    unit = 1.0 if linear else LATENT_SD[link]
    r = len(table.drivers) if varying is None else varying
    row = "cell" if linear else "pattern"
    coords = {"driver": list(table.drivers), "cell": np.arange(len(table.x)).tolist()} if isinstance(
        table, LinearTable) else _coords(table)
    with pm.Model(coords=coords | _places(table.drivers[:r], segments, waves)) as model:
        x = pm.Data("x", table.x, dims=(row, "driver"))
        eta = x @ _prior("slopes", prior.slopes, unit, dims="driver")
        for one in segments:
            member = pm.Data(f"member_{one.column}", one.member, dims=row)
            effect, level = _effects(one.column, r, prior.segments.times(unit))
            eta += (x[:, :r] * effect[member]).sum(axis=1) + level[member]
        if waves is not None:
            wave = pm.Data("wave_of", waves.wave, dims=row)
            walk, level = _walk(waves, prior.walk.times(unit))
            eta += (x[:, :r] * walk[wave, :r]).sum(axis=1) + level[wave]
        if isinstance(table, LinearTable):
            _points(eta, table.y, table.weight, prior)
        else:
            _answers(eta, _cuts(prior.cuts, unit, len(table.points) - 1), table, link)
    return model


def _places(varying: Sequence[str], segments: Sequence[BySegment], waves: ByWave | None) -> dict[str, list[object]]:
    out: dict[str, list[object]] = {"varying": list(varying), **{one.column: list(one.groups) for one in segments}}
    if waves is None:
        return out
    out |= {"moving": [*varying, "level"], "wave": list(waves.waves), "later": list(waves.waves[1:])}
    return out | ({} if waves.quarter is None else {"quarter": [1, 2, 3, 4]})


def _effects(column: str, r: int, prior: SegmentPriors) -> tuple[Any, Any]:
    """Return effects (G, r) and levels (G,) of the groups of a column."""
    import pymc as pm

    spread = _double(prior.spread)
    if r > 1:
        root, _, _ = pm.LKJCholeskyCov(
            f"root_{column}", n=r, eta=_double(prior.lkj), sd_dist=pm.HalfNormal.dist(spread, size=r),
            compute_corr=True, store_in_trace=False,
        )
    else:
        root = pm.HalfNormal(f"spread_{column}", spread, dims="varying")[:, None]
    raw = pm.ZeroSumNormal(f"raw_{column}", _double(1.0), dims=("varying", column))
    effect = pm.Deterministic(f"effect_{column}", (root @ raw).T, dims=(column, "varying"))
    level_spread = pm.HalfNormal(f"level_spread_{column}", _double(prior.level_spread))
    level_raw = pm.ZeroSumNormal(f"level_raw_{column}", _double(1.0), dims=column)
    return effect, pm.Deterministic(f"level_{column}", level_spread * level_raw, dims=column)


def _walk(waves: ByWave, prior: WalkPriors) -> tuple[Any, Any]:
    """Return the walk (T, r + 1) of slopes and, last, the level, and the level (T,) with its season."""
    import pymc as pm

    pace = pm.HalfNormal("pace", _double(prior.pace), dims="moving")
    named = {"dims": ("later", "moving")}
    one, zero = _double(1.0), _double(0.0)
    step = pm.Normal("step", zero, one, **named) if waves.steps == "normal" else pm.StudentT(
        "step", nu=_double(TAIL), mu=zero, sigma=one, **named
    )
    t = len(waves.waves)
    sums = np.tril(np.ones((t, t - 1)), -1)
    walk = pm.Deterministic("walk", (sums - sums.mean(axis=0)) @ (step * pace), dims=("wave", "moving"))
    if waves.quarter is None:
        return walk, walk[:, -1]
    season = pm.ZeroSumNormal("season", _double(prior.season), dims="quarter")
    return walk, walk[:, -1] + season[waves.quarter]
