"""Importance read off a fit: the same few lines for one draw or thousands, whichever engine made them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from drivers.defaults import ANSWERS_PER_SLOPE, MAX_FAILED_DRAWS
from drivers.errors import FitError, InputError, ResampleWarning, quoted
from drivers.fit.result import Fit
from drivers.importance.blocks import Blocks, blocks_of
from drivers.importance.clones import clone_text, clones_of
from drivers.importance.exposure import with_applying
from drivers.importance.hierarchy import always_columns, shares_with_products
from drivers.importance.result import Importance
from drivers.importance.shares import Shares, take_shares
from drivers.importance.split import Split, members_of_groups, owen_members

FloatArray = NDArray[np.float64]
MOST_LOOKED_AT: Final = 16
"""Near copies are looked for without being asked among so many rows: a tenth of a second."""

Measure = Literal["lmg", "relative_weights", "pratt", "car", "first", "last", "beta_squared"]


def importance(
    fit: Fit, measure: Measure = "lmg", *, groups: Mapping[str, Sequence[str]] | None = None,
    always: Sequence[str] = (),
) -> Importance:
    """Split the explained part of the outcome among its drivers, with the uncertainty of every share.

    Parameters
    ----------
    fit : Fit
        A fitted driver model and its draws.
    measure : {"lmg", "relative_weights", "pratt", "car", "first", "last", "beta_squared"}
        How to split. LMG is the Shapley value of R2: never negative, and it adds up to R2.
    groups : mapping of str to sequence of str, optional
        Drivers that enter together and get one share, by the name of their group: near copies, stages, dummies of one
        category.
    always : sequence of str
        Drivers that are in every model. They get no share; the others share out what is explained beyond them. The
        fit's controls are always in.

    Returns
    -------
    Importance
        Shares in units of the outcome's variance; on the latent scale for ordinal and logit models. Groups come first,
        then the other drivers. LMG is exact for up to `MOST_EXACT` of them, and sampled with a stated error beyond.
        Squares and products of drivers have no rows: what they explain is counted to their drivers.

    Raises
    ------
    InputError
        If the measure is not known or not defined for groups or products, or a name in `groups` or `always` is not
        right.
    FitError
        If the measure is not defined for too many of the draws.

    Notes
    -----
    The drivers' covariance is part of every draw, so its uncertainty is part of every interval: drivers are random,
    not fixed by design. Work that lasts tells its time on standard error; Ctrl-C after `FEWEST_DRAWS_KEPT` draws
    returns with those made, and says so.

    References
    ----------
    .. [1] Groemping (2007). Estimators of relative importance in linear regression. American Statistician 61(2),
       139-147. doi:10.1198/000313007X188252
    """
    if not isinstance(fit, Fit):
        raise InputError(f"Importance is read off a fit, not {type(fit).__name__}: dr.importance(dr.fit(answers)).")
    if measure not in get_args(Measure):
        raise InputError(f"measure={measure!r} is not known; choose one of {quoted(get_args(Measure))}.")
    blocks = blocks_of(fit.spec.drivers, groups, always, fit.spec.controls)
    columns = with_applying(fit, measure, blocks)
    full = bool(fit.products or fit.exposed)
    joint = fit.draws.full_covariance() if full else fit.draws.joint_covariance()
    point = (fit.point.full_covariance() if full else fit.point.joint_covariance())[0, 0]
    chains = joint.shape[0]
    stack = joint.reshape(-1, *point.shape)
    found = (
        shares_with_products(measure, fit, point, stack, blocks) if fit.products
        else take_shares(measure, point, stack, columns, fit.spec.seed)
    )
    kept = np.isfinite(found.draws).all(axis=1)
    failed = int((~kept).sum())
    _tell_left_out(measure, found, failed)
    used = np.flatnonzero(kept)
    if len(used) < len(stack):
        chains = 1
    slopes, r2 = fit.draws.slopes.reshape(len(stack), -1)[used], fit.draws.r2.reshape(-1)[used]
    held = always_columns(fit, columns)
    always_r2 = fit.draws.control_r2.reshape(-1)[used] + _explained_by(stack[used], held)
    estimate, slope_estimate, r2_estimate = found.estimate, fit.point.slopes[0, 0], fit.r2
    always_estimate = float(fit.point.control_r2[0, 0] + _explained_by(point, held))
    if fit.spec.engine == "bayes":  # means over the posterior, so that shares add up to the R2 printed above them
        estimate, slope_estimate = found.draws[used].mean(axis=0), slopes.mean(axis=0)
        r2_estimate, always_estimate = float(r2.mean()), float(always_r2.mean())
    alone = np.array([places[0] for places in blocks.members])
    several = np.array([len(places) > 1 for places in blocks.members])
    return Importance(
        outcome=fit.spec.outcome, drivers=blocks.names, labels=fit.labels, model=fit.spec.model,
        link=fit.spec.link, engine=fit.spec.engine, measure=measure,
        estimate=estimate, shares=found.draws[used].reshape(chains, -1, len(alone)),
        r2_estimate=r2_estimate, r2=r2.reshape(chains, -1),
        slope_estimate=np.where(several, np.nan, slope_estimate[alone]),
        slopes=np.where(several, np.nan, slopes[:, alone]).reshape(chains, -1, len(alone)),
        n=fit.n, n_complete=fit.usage.complete, n_eff=fit.n_eff, level=fit.spec.level,
        notes=(*fit.notes, *_notes(fit), *found.notes(), *(_copies(fit, point, blocks) if measure == "lmg" else ())),
        diagnostics={**fit.diagnostics, "failed_shares": failed}, provenance=fit.provenance,
        members={
            name: tuple(fit.spec.drivers[j] for j in places)
            for name, places in zip(blocks.names, blocks.members, strict=True) if len(places) > 1
        },
        split=_split(fit, measure, blocks, point, stack[used], slopes, slope_estimate) if blocks.grouped else None,
        always=(*fit.spec.controls, *(fit.spec.drivers[j] for j in blocks.always)),
        always_r2_estimate=always_estimate, always_r2=always_r2.reshape(chains, -1), mc_error=found.mc_error,
    )


def _tell_left_out(measure: str, found: Shares, failed: int) -> None:
    made = len(found.draws)
    if failed > MAX_FAILED_DRAWS * made:
        raise FitError(
            f"{failed:,} of {made:,} draws have no {measure} share (drivers that do not vary or mix exactly), so "
            "intervals must not be trusted. Use fewer drivers, or a larger group of respondents."
        )
    if failed:
        text = f"{failed:,} of {made:,} draws have no {measure} share; they were left out of the intervals."
        warnings.warn(text, ResampleWarning, stacklevel=3)
    if made < found.asked:
        text = f"Stopped after {made:,} of {found.asked:,} draws; intervals rest on those."
        warnings.warn(text, ResampleWarning, stacklevel=3)


def _explained_by(cov: FloatArray, places: Sequence[int]) -> FloatArray:
    """R2 (...,) of the drivers at some places alone, from covariances (..., p + 1, p + 1)."""
    if not places:
        return np.zeros(cov.shape[:-2])
    chosen = list(places)
    cross = cov[..., chosen, -1]
    slopes = np.linalg.solve(cov[..., chosen, :][..., chosen], cross[..., None])[..., 0]
    explained: FloatArray = (slopes * cross).sum(axis=-1) / cov[..., -1, -1]
    return explained


def _split(
    fit: Fit, measure: str, blocks: Blocks, point: FloatArray, stack: FloatArray, slopes: FloatArray,
    slope_estimate: FloatArray,
) -> Split:
    inside = members_of_groups(blocks)
    places = [place for _, place in inside]
    full = fit.products or fit.exposed
    found = owen_members(point, stack, blocks) if measure == "lmg" and not full else None
    one, many = found or (np.full(len(places), np.nan), np.full((len(stack), len(places)), np.nan))
    if fit.spec.engine == "bayes":
        one = many.mean(axis=0)
    return Split(
        drivers=tuple(fit.spec.drivers[place] for place in places), groups=tuple(name for name, _ in inside),
        labels=fit.labels, estimate=one, shares=many, slope_estimate=slope_estimate[places],
        slopes=slopes[:, places], level=fit.spec.level,
    )


def _copies(fit: Fit, point: FloatArray, blocks: Blocks) -> tuple[str, ...]:
    """Warn of near copies, which have part of each other's share."""
    if fit.products or fit.exposed or len(blocks.names) > MOST_LOOKED_AT:
        return ()
    found = clones_of(point, blocks)
    return (clone_text(found),) if found else ()


def _notes(fit: Fit) -> tuple[str, ...]:
    per_slope = fit.n / len(fit.spec.drivers)
    if per_slope >= ANSWERS_PER_SLOPE:
        return ()
    return (f"Only {per_slope:.1f} answers per driver; below {ANSWERS_PER_SLOPE} slopes and shares are unstable.",)
