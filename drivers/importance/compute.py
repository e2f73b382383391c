"""Importance read off a fit: the same few lines for one draw or thousands, whichever engine made them."""

from __future__ import annotations

import warnings
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from drivers.defaults import ANSWERS_PER_SLOPE, MAX_FAILED_DRAWS
from drivers.errors import FitError, InputError, ResampleWarning, quoted
from drivers.fit.result import Fit
from drivers.importance.result import Importance

FloatArray = NDArray[np.float64]
Measure = Literal["lmg", "relative_weights", "pratt", "car", "first", "last", "beta_squared"]


def importance(fit: Fit, measure: Measure = "lmg") -> Importance:
    """Split the explained part of the outcome among its drivers, with the uncertainty of every share.

    Parameters
    ----------
    fit : Fit
        A fitted driver model and its draws.
    measure : {"lmg", "relative_weights", "pratt", "car", "first", "last", "beta_squared"}
        How to split. LMG is the Shapley value of R2: never negative, and it adds up to R2.

    Returns
    -------
    Importance
        Shares in units of the outcome's variance; on the latent scale for ordinal and logit models.

    Raises
    ------
    InputError
        If the measure is not known.
    FitError
        If the measure is not defined for too many of the draws.

    Notes
    -----
    The drivers' covariance is part of every draw, so its uncertainty is part of every interval: drivers are random,
    not fixed by design.

    References
    ----------
    .. [1] Groemping (2007). Estimators of relative importance in linear regression. American Statistician 61(2),
       139-147. doi:10.1198/000313007X188252
    """
    from drivers.stats.measures import MEASURES, MEASURES_DRAWS

    if measure not in MEASURES:
        raise InputError(f"measure={measure!r} is not known; choose one of {quoted(MEASURES)}.")
    joint = fit.draws.joint_covariance()
    chains, _, size, _ = joint.shape
    p = size - 1
    shares = MEASURES_DRAWS[measure](joint.reshape(-1, size, size))
    kept = np.isfinite(shares).all(axis=1)
    failed = int((~kept).sum())
    if failed > MAX_FAILED_DRAWS * len(kept):
        raise FitError(
            f"{failed:,} of {len(kept):,} draws have no {measure} share (drivers that do not vary or mix exactly), so "
            "intervals must not be trusted. Use fewer drivers, or a larger group of respondents."
        )
    slopes, r2 = fit.draws.slopes, fit.draws.r2
    if failed:
        text = f"{failed:,} of {len(kept):,} draws have no {measure} share; they were left out of the intervals."
        warnings.warn(text, ResampleWarning, stacklevel=2)
        slopes, r2 = slopes.reshape(-1, p)[kept][None], r2.reshape(-1)[kept][None]
        shares, chains = shares[kept], 1
    estimate, slope_estimate = MEASURES[measure](fit.point.joint_covariance()[0, 0]), fit.point.slopes[0, 0]
    if fit.spec.engine == "bayes":  # means over the posterior, so that shares add up to the R2 printed above them
        estimate, slope_estimate = shares.reshape(-1, p).mean(axis=0), slopes.reshape(-1, p).mean(axis=0)
    return Importance(
        outcome=fit.spec.outcome, drivers=fit.spec.drivers, labels=fit.labels, model=fit.spec.model,
        link=fit.spec.link, engine=fit.spec.engine, measure=measure,
        estimate=estimate, shares=shares.reshape(chains, -1, p),
        r2_estimate=float(r2.mean()) if fit.spec.engine == "bayes" else fit.r2, r2=r2,
        slope_estimate=slope_estimate, slopes=slopes,
        n=fit.n, n_complete=fit.usage.complete, n_eff=fit.n_eff, level=fit.spec.level,
        notes=(*fit.notes, *_notes(fit)), diagnostics={**fit.diagnostics, "failed_shares": failed},
        provenance=fit.provenance,
    )


def _notes(fit: Fit) -> tuple[str, ...]:
    per_slope = fit.n / len(fit.spec.drivers)
    if per_slope >= ANSWERS_PER_SLOPE:
        return ()
    return (f"Only {per_slope:.1f} answers per driver; below {ANSWERS_PER_SLOPE} slopes and shares are unstable.",)
