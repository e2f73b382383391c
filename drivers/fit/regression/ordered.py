"""Cumulative logit and probit, and binary logit as their two-category case, on complete cells."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from drivers.cells.resample import Units
from drivers.errors import ConvergenceError, SeparationError, quoted
from drivers.fit.regression.estimated import Estimated
from drivers.fit.regression.sample import (
    Sample,
    bootstrap_multipliers,
    bootstrap_units,
    design_covariance,
    design_notes,
    replicate_multipliers_of,
    replicated,
)
from drivers.fit.result import Draws
from drivers.stats.cumulative import (
    CumulativeFit,
    IntArray,
    Link,
    cell_scores,
    fit_cumulative,
    null_loglik,
)
from drivers.stats.cumulative_draws import refit_draws
from drivers.stats.moments import moment_draws, weighted_moments
from drivers.work.parts import Block, in_parts
from drivers.work.resumable import Kept

FloatArray = NDArray[np.float64]

LATENT_SD = {"probit": 1.0, "logit": math.pi / math.sqrt(3.0)}
"""Standard deviation of the latent error that each link fixes."""

TERMS_AT_ONCE = 200_000_000
"""Cells times squared terms refitted between two looks at the clock: about a second."""

FLAT = 1e-4
"""Information per respondent, along some mix of drivers, below which a fit that failed is called separated."""


def fit_ordered(
    sample: Sample, category: IntArray, link: Link, draws: int, seed: int, names: tuple[str, ...], binary: bool
) -> Estimated:
    """Fit slopes and thresholds.

    Parameters
    ----------
    sample : Sample
        Complete cells of (drivers..., outcome).
    category : ndarray of int, shape (m,)
        Outcome category 0..q of each cell, every one used.
    link : {"logit", "probit"}
        The distribution of the latent error.
    draws : int
        Bootstrap draws.
    seed : int
        Seed of the bootstrap.
    names : tuple of str
        Drivers, for messages.
    binary : bool
        Report an intercept (minus the one threshold) instead of thresholds.

    Returns
    -------
    Estimated
        Terms are the slopes (p,), then the thresholds (q,), or the intercept.

    Raises
    ------
    SeparationError
        If drivers predict the outcome perfectly somewhere.
    ConvergenceError
        If the optimum was not reached for another reason.
    """
    cells, weight = sample.cells, sample.weight
    x = np.ascontiguousarray(cells.values[:, :-1])
    best = fit_cumulative(x, category, weight, link)
    moments = weighted_moments(x, weight)
    if not best.converged:
        raise _not_converged(best, np.sqrt(np.diag(moments.cov)), float(weight.sum()), names)
    sign = np.ones(len(best.slopes) + len(best.cuts))
    if binary:
        sign[-1] = -1.0
    inverse = np.linalg.inv(best.information)
    scale = weight.sum() / cells.sum_w.sum()
    influence = cell_scores(x, category, best.slopes, best.cuts, link) @ inverse * scale * sign
    robust_cov, df = design_covariance(sample, influence, len(names))
    units, unit = bootstrap_units(sample, seed)
    replicates = replicate_multipliers_of(sample)
    if replicates is not None:
        again, cut, done = refit_draws(x, category, replicates[:, unit] * weight, link, best)
        terms = np.where(done.astype(np.bool_)[:, None], np.column_stack([again, cut]) * sign, np.nan)
        theirs = np.concatenate([best.slopes, best.cuts]) * sign
        robust_cov, df = replicated(sample, theirs, terms, len(names))
    drawn = _redrawn(sample, category, link, best, units, unit, draws, seed)
    kept = drawn["fitted"].astype(np.bool_)
    slopes, cuts, means, covs = (drawn[name][kept].astype(np.float64) for name in ("slopes", "cuts", "means", "covs"))
    return Estimated(
        estimate=np.concatenate([best.slopes, best.cuts]) * sign,
        model_cov=inverse * np.outer(sign, sign), robust_cov=robust_cov, df=df,
        point=_draws(best.slopes[None], best.cuts[None], moments.mean[None], moments.cov[None], link, binary),
        draws=_draws(slopes, cuts, means, covs, link, binary),
        loglik=best.loglik, loglik_null=null_loglik(category, weight), failed=int((~kept).sum()),
        resampled=units.kind, notes=design_notes(sample, units, df, len(names)),
    )


def _redrawn(
    sample: Sample, category: IntArray, link: Link, best: CumulativeFit, units: Units, unit: NDArray[np.intp],
    draws: int, seed: int,
) -> Block:
    """Refit under every bootstrap draw; what takes long tells its pace and is kept on the way."""
    x, weight = np.ascontiguousarray(sample.cells.values[:, :-1]), sample.weight
    step = max(1, TERMS_AT_ONCE // (len(x) * (len(best.slopes) + len(best.cuts)) ** 2))

    def refit(part: FloatArray) -> Block:
        slopes, cuts, fitted = refit_draws(x, category, part[:, unit] * weight, link, best)
        means, covs = moment_draws(x, weight, unit, len(units), iter([part]))
        return {"slopes": slopes, "cuts": cuts, "fitted": fitted, "means": means, "covs": covs}

    blocks = bootstrap_multipliers(sample, units, draws, seed)
    return in_parts(
        refit, (block[at : at + step] for block in blocks for at in range(0, len(block), step)), rows=draws,
        kept=Kept("ordered draws", sample, category, link, draws, seed, step),
        what=f"{draws:,} bootstrap draws of the {link} model on {len(x):,} cells",
    )


def _draws(
    slopes: FloatArray, cuts: FloatArray, means: FloatArray, covs: FloatArray, link: Link, binary: bool
) -> Draws:
    s = len(slopes)
    return Draws(
        slopes=slopes[None], intercept=-cuts[None, :, 0] if binary else np.zeros((1, s)), cuts=cuts[None],
        error_sd=np.full((1, s), LATENT_SD[link]), x_mean=means[None], x_cov=covs[None],
    )


def _not_converged(
    best: CumulativeFit, spread: FloatArray, total: float, names: tuple[str, ...]
) -> SeparationError | ConvergenceError:
    """Tell separation, where the likelihood has gone flat along some mix of the drivers, from other failures."""
    scale = np.append(spread, np.ones(len(best.cuts)))
    size, direction = np.linalg.eigh(best.information / np.outer(scale, scale))
    flat = direction[:, size < FLAT * total]
    loads = np.abs(flat @ (flat.T @ (np.append(best.slopes, best.cuts) * scale)))[: len(names)]
    if loads.max() > 0.1:
        steep = [name for name, load in zip(names, loads, strict=True) if load > 0.1 * loads.max()]
        return SeparationError(
            f"{quoted(steep)} predict{'s' if len(steep) == 1 else ''} the outcome perfectly somewhere (separation), so "
            "no finite slope fits. Leave it out if it is the outcome in disguise; otherwise collect more answers, or "
            "use model='linear', which has no such limit."
        )
    return ConvergenceError(
        f"The optimum was not reached after {best.steps} Newton steps. Check for drivers on wildly different scales or "
        "for an outcome category with hardly any weight; model='linear' has no such limit."
    )
