"""What every posterior hands back, in the shape the regression engine's estimates have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from drivers.fit.bayes.pseudo import has_design
from drivers.fit.regression.estimated import Estimated
from drivers.fit.regression.sample import Sample, bootstrap_multipliers, bootstrap_units, design_covariance
from drivers.fit.result import Draws
from drivers.stats.moments import moment_draws, weighted_moments

FloatArray = NDArray[np.float64]

MANY_CELLS = 5000

WORST: Mapping[str, Callable[[FloatArray], np.generic]] = {
    "pareto_k": np.max, "density_error": np.max, "ess": np.sum, "proposals": np.sum, "retried": np.any,
    "stopped": np.any, "rotated": np.any, "rhat": np.max, "ess_tail": np.sum, "divergences": np.sum, "bfmi": np.min,
    "deepest": np.max, "slopes_kept": np.mean, "slopes_kept_variance": np.mean,
}


def driver_moments(sample: Sample, draws: int, seed: int) -> tuple[FloatArray, FloatArray, str]:
    """Draw means and covariance of the drivers in the population, under the declared design.

    Parameters
    ----------
    sample : Sample
        Complete cells of (drivers..., outcome).
    draws : int
        Number of draws S.
    seed : int
        Seed.

    Returns
    -------
    means : ndarray, shape (S, p)
        In driver points.
    covs : ndarray, shape (S, p, p)
        Divisor n.
    kind : str
        What was resampled.

    Notes
    -----
    By the Bayesian bootstrap; where answer patterns are more than `MANY_CELLS`, by the normal distribution that sums
    over so many take, with the design's covariance of means, squares and products.

    References
    ----------
    .. [1] Rubin (1981). The Bayesian bootstrap. Annals of Statistics 9(1), 130-134. doi:10.1214/aos/1176345338
    """
    if not has_design(sample.whole):
        sample = _driver_cells(sample)
    if len(sample.cells) > MANY_CELLS:
        return (*_normal_moments(sample, draws, np.random.default_rng([seed, 14])), "the posterior")
    units, unit = bootstrap_units(sample, seed)
    x = np.ascontiguousarray(sample.cells.values[:, :-1])
    means, covs = moment_draws(
        x, sample.weight, unit, len(units), bootstrap_multipliers(sample, units, draws, seed)
    )
    return means, covs, units.kind


def _normal_moments(sample: Sample, draws: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    moments = weighted_moments(sample.cells.values[:, :-1], sample.weight)
    p = len(moments.mean)
    rows, cols = np.triu_indices(p)
    away = sample.cells.values[:, :-1] - moments.mean
    pieces = np.column_stack([away, away[:, rows] * away[:, cols] - moments.cov[rows, cols]])
    spread, _ = design_covariance(sample, pieces / sample.cells.sum_w.sum(), p)
    size, direction = np.linalg.eigh(spread)
    drawn = rng.standard_normal((draws, len(size))) @ (direction * np.sqrt(np.maximum(size, 0.0))).T
    shift = drawn[:, :p]
    covs = np.empty((draws, p, p))
    covs[:, rows, cols] = moments.cov[rows, cols] + drawn[:, p:] - shift[:, rows] * shift[:, cols]
    covs[:, cols, rows] = covs[:, rows, cols]
    return moments.mean + shift, covs


def _driver_cells(sample: Sample) -> Sample:
    """Put cells together that differ in the outcome alone: as many gamma variables less to draw, same distribution."""
    from drivers.cells.complete import recollapse

    cells = sample.cells
    values = np.column_stack([cells.values[:, :-1], np.zeros(len(cells))])
    merged = recollapse(replace(cells, keys=cells.keys[[]]), np.arange(len(cells)), values, cells.n)
    return Sample(cells=merged, whole=merged, inside=np.arange(len(merged)))


def mean_point(draws: Draws, sample: Sample) -> Draws:
    """Return the posterior means of `draws` as one draw; of a residual spread, of its square.

    The drivers' mean and covariance are those of the `sample`.
    """
    moments = weighted_moments(sample.cells.values[:, :-1], sample.weight)
    return Draws(
        slopes=draws.slopes.mean(axis=(0, 1), keepdims=True),
        intercept=draws.intercept.mean(axis=(0, 1), keepdims=True), cuts=draws.cuts.mean(axis=(0, 1), keepdims=True),
        error_sd=np.sqrt((draws.error_sd**2).mean(axis=(0, 1), keepdims=True)),
        x_mean=moments.mean[None, None], x_cov=moments.cov[None, None],
    )


def worst(diagnostics: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """Put the `diagnostics` of posteriors of several imputed data sets together: the worst of each, draws added up."""
    out: dict[str, object] = dict(diagnostics[0])
    for name, gather in WORST.items():
        found = np.array([one[name] for one in diagnostics if name in one], dtype=np.float64)
        if len(found):
            worst_of = gather(found).item()
            out[name] = int(worst_of) if name in ("proposals", "divergences") else worst_of
    return out


def labelled(estimated: Estimated, diagnostics: Mapping[str, object], notes: Sequence[str]) -> Estimated:
    """Return `estimated` with further `diagnostics` and, in front of its own, `notes`."""
    return replace(
        estimated, diagnostics={**estimated.diagnostics, **diagnostics}, notes=(*notes, *estimated.notes)
    )
