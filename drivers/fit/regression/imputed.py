"""Fits on imputed answers: one fit per completed data set, slopes pooled by Rubin's rules, draws mixed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.cells.complete import joined, recollapse
from drivers.defaults import IMPUTATIONS, SWEEPS
from drivers.errors import ConvergenceError
from drivers.fit.regression.estimated import Estimated
from drivers.fit.regression.sample import Sample
from drivers.fit.result import Draws, MissingInformation
from drivers.stats.impute import Chain, Imputed, chains_of, impute, item_points, stacked
from drivers.stats.impute_check import Settled, check_settled
from drivers.stats.rubin import pool, pool_covariance
from drivers.work.pace import Told
from drivers.work.pack import pack, unpack
from drivers.work.resumable import Kept

FloatArray = NDArray[np.float64]
Estimator = Callable[[Sample, int, int], Estimated]
"""Fits a completed sample; told how many bootstrap draws to make and their seed."""

DOUBLINGS = 2
"""Times the sweeps are doubled while a trend is left."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Imputer:
    """How to impute.

    ``imputations`` data sets (None: `IMPUTATIONS`, or one per percent missing) after ``sweeps``; ``indicator`` and
    ``shift`` per item as `drivers.stats.impute.impute` takes them.
    """

    imputations: int | None = None
    sweeps: int = SWEEPS
    indicator: Sequence[int] | None = None
    shift: Mapping[int, float] = field(default_factory=dict)


def fit_imputed(
    sample: Sample, estimator: Estimator, draws: int, seed: int, imputer: Imputer, made_of: Sequence[object] = (),
    ran: Callable[[Estimated], None] = lambda fit: None,
) -> Estimated:
    """Impute, fit every completed data set, and put the fits together.

    Parameters
    ----------
    sample : Sample
        Cells of (drivers..., outcome) with gaps, the outcome last.
    estimator : callable
        What is fitted to a completed sample.
    draws : int
        Bootstrap draws in all; each data set makes its part of them, at least one.
    seed : int
        Seed of imputation and bootstrap.
    imputer : Imputer
        How to impute.
    made_of : sequence
        What decides what `estimator` does, as `drivers.work.store.key_of` takes it; with it, fits that are finished
        are kept when they last. Empty keeps none.
    ran : callable
        Shown the fit of every data set in turn, whether it was fitted now or kept.

    Returns
    -------
    Estimated
        Estimates are means over the data sets, covariances and degrees of freedom by Rubin's rules. The bootstrap
        draws of all data sets are mixed, alternating, so that shares and ranks carry the uncertainty of what is
        missing without being pooled themselves. Log-likelihoods are means.

    Raises
    ------
    ConvergenceError
        If a trend is left in the imputations after the most sweeps.

    References
    ----------
    .. [1] Barnard & Rubin (1999). Biometrika 86(4), 948-955. doi:10.1093/biomet/86.4.948
    .. [2] Schomaker & Heumann (2018). Bootstrap inference when using multiple imputation. Statistics in Medicine
       37(14), 2252-2266. doi:10.1002/sim.7654
    """
    imputed, settled = _settle(sample, seed, imputer)
    m = len(imputed.fills)
    parts = [draws // m + (i < draws % m) for i in range(m)]
    seeds = np.random.default_rng([seed, 5]).integers(2**31, size=m)
    fits = _fits(sample, imputed, estimator, parts, seeds.tolist(), made_of)
    for fit in fits:
        ran(fit)
    found = _pooled(fits, parts)
    sweeps = imputed.trace.shape[1]
    missing = replace(found.missing, imputations=m, sweeps=sweeps) if found.missing else None
    measured = [
        name for name, points, gap in zip(
            sample.cells.items, item_points(sample.cells.values), np.isnan(sample.cells.values).any(axis=0), strict=True
        ) if points is None and gap
    ]
    how = "cumulative probit" + (f", normal regression for {', '.join(measured)}" if measured else "")
    note = (
        f"Missing answers by multiple imputation: {m} data sets, each after {sweeps} sweeps of chained equations "
        f"({how}), the outcome among the predictors. Slopes are means over the data sets with standard errors by "
        "Rubin's rules; shares are computed per draw and draws are mixed. Largest trend left between sweeps: "
        f"{settled.moved:.3f} standard deviations (t {settled.trend:.1f}, limit {settled.limit:.1f})."
    )
    return replace(
        found, missing=missing, notes=(note, *found.notes),
        diagnostics={
            "imputations": m, "sweeps": sweeps, "imputation_trend": settled.trend,
            "imputation_trend_limit": settled.limit, "imputed_units": len(imputed.units),
        },
    )


def _fits(
    sample: Sample, imputed: Imputed, estimator: Estimator, parts: Sequence[int], seeds: Sequence[int],
    made_of: Sequence[object],
) -> list[Estimated]:
    """Fit every completed data set, those an earlier run has kept left out."""
    m = len(parts)
    told = Told(f"fitting {m} imputed data sets")
    kept = Kept("imputed fits", sample, imputed.fills, list(parts), list(seeds), *made_of) if made_of else None
    fits: list[Estimated] = []
    while kept and (block := kept.load(f"fits{len(fits)}")):
        fits += unpack(block, Estimated, Draws)
    found, saved = len(fits), len(fits)
    for i in range(found, m):
        fits.append(estimator(completed(sample, imputed, i), max(1, parts[i]), int(seeds[i])))
        told(i + 1 - found, m - found)
        cut = bool(fits[-1].diagnostics.get("stopped"))  # chains cut short are not kept, nor what comes behind them
        if kept and (kept.due or cut):
            whole = len(fits) - cut
            kept.save(f"fits{saved}", pack(fits[saved:whole]))
            saved = whole
        kept = None if cut else kept
    return fits


def completed_samples(sample: Sample, seed: int, imputer: Imputer) -> tuple[Sample, ...]:
    """Impute, and return every completed data set; the same `seed` and `imputer` give those a fit rests on.

    Parameters
    ----------
    sample : Sample
        Cells with gaps.
    seed : int
        Seed of the imputation.
    imputer : Imputer
        How to impute.

    Returns
    -------
    tuple of Sample
        One per imputed data set.

    Raises
    ------
    ConvergenceError
        If a trend is left in the imputations after the most sweeps.
    """
    imputed, _ = _settle(sample, seed, imputer)
    return tuple(completed(sample, imputed, i) for i in range(len(imputed.fills)))


def completed(sample: Sample, imputed: Imputed, i: int) -> Sample:
    """Return data set `i` of `imputed` as the `sample` to fit; with a design, who is left out stays in the design."""
    values, count = imputed.completed(i)
    cells = recollapse(sample.cells, imputed.units.cell, values, count)
    if sample.whole is sample.cells or len(sample.whole) == len(sample.cells):
        return Sample(cells=cells, whole=cells, inside=np.arange(len(cells)))
    out = np.ones(len(sample.whole), dtype=np.bool_)
    out[sample.inside] = False
    blank = sample.whole.select(out)
    width = cells.values.shape[1]
    blank = replace(
        blank, values=np.full((len(blank), width), np.nan), reasons=np.zeros((len(blank), width), dtype=np.int8)
    )
    return Sample(cells=cells, whole=joined(cells, blank), inside=np.arange(len(cells)))


def _settle(sample: Sample, seed: int, imputer: Imputer) -> tuple[Imputed, Settled]:
    """Impute with as many sweeps as it takes for the trend to go.

    Of more than `IMPUTATIONS` data sets, so many are made first: where they drift, the others are not begun.
    """
    cells = sample.cells
    gaps = np.isnan(cells.values)
    most = float((cells.n @ gaps).max() / cells.n.sum())
    m = imputer.imputations or max(IMPUTATIONS, math.ceil(100 * most))
    shift = np.array([imputer.shift.get(j, 0.0) for j in range(cells.values.shape[1])])
    sweeps = imputer.sweeps
    for _ in range(DOUBLINGS + 1):
        chains: list[Chain] = []
        for wanted in sorted({min(m, IMPUTATIONS), m}):
            imputed = _imputed(cells, wanted, sweeps, seed, imputer.indicator, shift, chains)
            settled = check_settled(imputed.trace)
            if not settled.settled:
                break
            chains = [
                Chain(fill=fill, count=count, trace=trace)
                for fill, count, trace in zip(imputed.fills, imputed.counts, imputed.trace, strict=True)
            ]
        else:
            return imputed, settled
        sweeps *= 2
    raise ConvergenceError(
        f"Imputed answers still drift after {sweeps // 2} sweeps (by {settled.moved:.3f} standard deviations, t "
        f"{settled.trend:.1f}): too few respondents answered some items together. Leave out the item with the most "
        "missing answers, or use model='linear', which needs no imputation."
    )


def _imputed(
    cells: Cells, m: int, sweeps: int, seed: int, indicator: Sequence[int] | None, shift: FloatArray,
    made: Sequence[Chain] = (),
) -> Imputed:
    """Impute, telling the pace when it is slow; chains that end are kept.

    Those kept before are not run again, nor the first ones, if they were `made` already.
    """
    kept = Kept(
        "chains", cells.values, cells.n, cells.sum_w, cells.sum_w2, m, sweeps, seed, indicator, shift, len(made)
    )
    found = [chain for block in kept.blocks() for chain in chains_of(block)]
    early = [*made, *found][:m]
    told, fresh = Told(f"imputing {m} data sets"), []

    def ended(chain: Chain) -> None:
        fresh.append(chain)
        told(len(early) + len(fresh), m)
        if kept.due:
            kept.save(str(len(found)), stacked(fresh))

    return impute(
        cells.values, cells.n, cells.sum_w, cells.sum_w2, imputations=m, sweeps=sweeps, seed=seed,
        indicator=indicator, shift=shift, early=early, ended=ended,
    )


def _pooled(fits: Sequence[Estimated], parts: Sequence[int]) -> Estimated:
    estimates = np.array([fit.estimate for fit in fits])
    robust = np.array([fit.robust_cov for fit in fits])
    model = np.array([fit.model_cov for fit in fits])
    first = fits[0]
    if len(fits) == 1:  # asked for: then nothing tells how far imputations differ
        return first
    by_design = pool(estimates, np.einsum("mii->mi", robust), first.df)
    by_model = pool(estimates, np.einsum("mii->mi", model), first.df)
    return replace(
        first, estimate=estimates.mean(axis=0), model_cov=pool_covariance(estimates, model),
        robust_cov=pool_covariance(estimates, robust), df=float(by_design.df.min()), point=_mean_point(fits),
        draws=_mixed([fit.draws for fit, part in zip(fits, parts, strict=True) if part]),
        loglik=_mean([fit.loglik for fit in fits]), loglik_null=_mean([fit.loglik_null for fit in fits]),
        failed=sum(fit.failed for fit, part in zip(fits, parts, strict=True) if part),
        missing=MissingInformation(method="impute", fmi=by_model.fmi, df=by_design.df),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None


def _mean_point(fits: Sequence[Estimated]) -> Draws:
    """Average the point estimates; of a residual spread, its square."""
    points = [fit.point for fit in fits]
    return Draws(
        slopes=np.mean([p.slopes for p in points], axis=0), intercept=np.mean([p.intercept for p in points], axis=0),
        cuts=np.mean([p.cuts for p in points], axis=0),
        error_sd=np.sqrt(np.mean([p.error_sd**2 for p in points], axis=0)),
        x_mean=np.mean([p.x_mean for p in points], axis=0), x_cov=np.mean([p.x_cov for p in points], axis=0),
    )


def _mixed(draws: Sequence[Draws]) -> Draws:
    """Put the draws of all data sets into one chain, taking turns."""
    turn = np.concatenate([np.arange(one.slopes.shape[0] * one.slopes.shape[1]) for one in draws])
    order = np.argsort(turn, kind="stable")

    def mix(name: str) -> FloatArray:
        chains = [chain[None] for one in draws for chain in getattr(one, name)]
        whole: FloatArray = np.concatenate(chains, axis=1)[:, order]
        return whole

    return Draws(
        slopes=mix("slopes"), intercept=mix("intercept"), cuts=mix("cuts"), error_sd=mix("error_sd"),
        x_mean=mix("x_mean"), x_cov=mix("x_cov"),
    )
