"""`design_effects`: how many simple random answers each slope and each share is worth under the survey's design."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import NEAR_ZERO
from drivers.errors import InputError
from drivers.fit.forms import refuse_forms
from drivers.fit.result import Fit
from drivers.importance.blocks import Blocks, blocks_of
from drivers.importance.hierarchy import refuse_products
from drivers.stats.design import design_effect
from drivers.stats.moments import weighted_moments
from drivers.stats.shapley import lmg_draws
from drivers.survey.plain_text import effective

FloatArray = NDArray[np.float64]
Statistic = Callable[[FloatArray], FloatArray]

MOST_DRIVERS: Final = 15
"""Shares are differentiated in every covariance; beyond so many drivers that takes too long."""

STEP: Final = 1e-5
"""Change of a standardised covariance in a difference quotient: error about 1e-10 of the share, rounding 1e-11."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DesignEffects:
    """Design effects of slopes and shares; ``table`` is what `tidy` returns, ``n_kish`` Kish's effective n."""

    table: pd.DataFrame
    n: int
    n_kish: float
    notes: tuple[str, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """Return one row per group, then per driver.

        Columns: ``driver``, ``label``, ``slope_deff`` and ``share_deff``, the variance under the design over that of a
        simple random sample of as many people, and ``slope_n_eff`` and ``share_n_eff``, n over them. A group has no
        slope (NaN).
        """
        return self.table.copy()

    def to_dict(self) -> dict[str, object]:
        """Return the table as plain values for JSON."""
        return {
            "n": self.n, "n_eff": self.n_kish, "deff_weights": self.n / self.n_kish,
            "drivers": self.table.to_dict("records"), "notes": list(self.notes),
        }

    def summary(self) -> str:
        """Return the table and its reading as text."""
        return "\n".join([
            f"Design effects, n {self.n:,}, by weights alone (Kish) {effective(self.n, self.n_kish)}", "",
            self.table.round(2).to_string(index=False), "",
            "A design effect of 2 means: as uncertain as half as many people drawn at random.", *self.notes,
        ])


def design_effects(
    fit: Fit, *, groups: Mapping[str, Sequence[str]] | None = None, always: Sequence[str] = ()
) -> DesignEffects:
    """Compare the variance of every slope and share with that of a simple random sample.

    Parameters
    ----------
    fit : Fit
        A fitted driver model; its robust covariance has the design for slopes, its draws for shares.
    groups : mapping of str to sequence of str, optional
        Drivers that enter together, by the name of their group.
    always : sequence of str
        Drivers that are in every model; the fit's controls are always in.

    Returns
    -------
    DesignEffects
        Simple random sampling with replacement of as many people as answered. For ordinal and logit models its
        variance is the model's own. Shares of more than `MOST_DRIVERS` drivers, and those below `NEAR_ZERO`, where
        first derivatives say little, have none (NaN).

    Raises
    ------
    InputError
        If drivers have parts for "not applicable", or answers were imputed: their errors are of more than sampling. If
        the fit has squares, products or controls, or a name in `groups` or `always` is not right.

    Notes
    -----
    Share variances come from draws, so that with S of them a design effect is known to about sqrt(2 / S) of itself.
    Kish's n knows only the weights; a design effect knows clusters, strata and what they do to this very number.

    References
    ----------
    .. [1] Kish (1965). Survey Sampling. Wiley, section 8.2.
    .. [2] Skinner, Holt & Smith (1989). Analysis of Complex Surveys. Wiley, chapter 2.
    """
    refuse_products(fit, "`design_effects`")
    refuse_forms(fit, "`design_effects`")
    blocks = blocks_of(fit.spec.drivers, groups, always, fit.spec.controls)
    cells, p, linear = fit.cells, len(fit.spec.drivers), fit.spec.model == "linear"
    if cells.values.shape[1] != p + 1 or fit.exposed or (not linear and np.isnan(cells.values).any()):
        raise InputError(
            "Design effects are of sampling alone; this fit imputed answers, or has controls or parts for not "
            "applicable. Use a linear model without those, or complete answers (missing='complete')."
        )
    pull = _pull(cells.values if linear else cells.values[:, :p], cells.sum_w)
    few = len(blocks.names) <= MOST_DRIVERS
    shares = _shares_of(blocks)
    joint = fit.draws.joint_covariance().reshape(-1, p + 1, p + 1)
    nothing = np.full(len(blocks.names), np.nan)
    spread = shares(joint).var(axis=0) if few else nothing
    simple = _linear(fit, pull, shares if few else None) if linear else _ordered(fit, pull, shares if few else None)
    slope_deff = np.diag(fit.robust_cov)[:p] / simple[0]
    lone = [places[0] if len(places) == 1 else -1 for places in blocks.members]
    by_row = np.array([np.nan if place < 0 else slope_deff[place] for place in lone])
    small = shares(fit.point.joint_covariance()[0])[0] < NEAR_ZERO if few else np.zeros(len(lone), dtype=np.bool_)
    share_deff = nothing if simple[1] is None else np.where(small, np.nan, spread / simple[1])
    table = pd.DataFrame({
        "driver": list(blocks.names), "label": [fit.label(name) for name in blocks.names],
        "slope_deff": by_row, "slope_n_eff": fit.n / by_row, "share_deff": share_deff,
        "share_n_eff": fit.n / share_deff,
    })
    draws = len(joint)
    notes = [f"Design effects of shares from {draws:,} draws: known to about {np.sqrt(2 / draws):.0%}."]
    if small.any():
        notes.append(f"Shares below {NEAR_ZERO:.0%} have none: so near zero they do not vary along a straight line.")
    if not few:
        notes = [f"Shares of more than {MOST_DRIVERS} drivers have none: they take too long to differentiate."]
    return DesignEffects(table=table, n=fit.n, n_kish=fit.n_eff, notes=tuple(notes))


def _shares_of(blocks: Blocks) -> Statistic:
    """Return what turns covariances (s, p + 1, p + 1) into LMG shares (s, k) of the rows."""
    return lambda covs: lmg_draws(covs, groups=blocks.groups, always=blocks.always)


def _pull(values: FloatArray, weight: FloatArray) -> FloatArray:
    """Influence (m, q) of one unit of weight on the upper triangle of the covariance, missing answers by EM."""
    k = values.shape[1]
    if np.isnan(values).any():
        from drivers.stats.incomplete import incomplete_moments

        return incomplete_moments(values, weight).influence[:, k:]
    moments = weighted_moments(values, weight)
    rows, cols = np.triu_indices(k)
    centred = values - moments.mean
    return (centred[:, rows] * centred[:, cols] - moments.cov[rows, cols]) / moments.total


def _linear(fit: Fit, pull: FloatArray, shares: Statistic | None) -> tuple[FloatArray, FloatArray | None]:
    """Variances of slopes (p,) and shares (k,) in a simple random sample, from the influence of every answer."""
    joint, p = fit.point.joint_covariance()[0, 0], len(fit.spec.drivers)

    def slopes(covs: FloatArray) -> FloatArray:
        found: FloatArray = np.linalg.solve(covs[:, :p, :p], covs[:, :p, p:])[..., 0]
        return found

    by_share = None if shares is None else _simple(fit, pull @ _jacobian(shares, joint))
    return _simple(fit, pull @ _jacobian(slopes, joint)), by_share


def _ordered(fit: Fit, pull: FloatArray, shares: Statistic | None) -> tuple[FloatArray, FloatArray | None]:
    """Return the same for latent outcomes: slopes by the model, the drivers' covariance by the answers."""
    p = len(fit.spec.drivers)
    slopes, error = fit.point.slopes[0, 0], float(fit.point.error_sd[0, 0])
    x_cov = fit.point.x_cov[0, 0]
    model = fit.model_cov[:p, :p]
    if shares is None:
        return np.diag(model), None

    def joint(b: FloatArray, covs: FloatArray) -> FloatArray:
        cross = np.einsum("...ij,...j->...i", covs, b)
        out = np.empty((*covs.shape[:-2], p + 1, p + 1))
        out[..., :p, :p], out[..., :p, p], out[..., p, :p] = covs, cross, cross
        out[..., p, p] = np.einsum("...i,...i->...", b, cross) + error**2
        return out

    step = STEP / np.sqrt(np.diag(x_cov))
    ends = [shares(joint(slopes + sign * np.diag(step), np.broadcast_to(x_cov, (p, p, p)))) for sign in (1, -1)]
    by_slope = (ends[0] - ends[1]) / (2 * step[:, None])
    by_cov = _jacobian(lambda covs: shares(joint(np.broadcast_to(slopes, (len(covs), p)), covs)), x_cov)
    return np.diag(model), np.diag(by_slope.T @ model @ by_slope) + _simple(fit, pull @ by_cov)


def _jacobian(statistic: Statistic, cov: FloatArray) -> FloatArray:
    """Differentiate a statistic (p,) of covariances in their upper triangle (q, p), by central differences."""
    rows, cols = np.triu_indices(len(cov))
    sd = np.sqrt(np.diag(cov))
    step = STEP * sd[rows] * sd[cols]
    moved = np.zeros((len(rows), *cov.shape))
    here = np.arange(len(rows))
    moved[here, rows, cols] = moved[here, cols, rows] = step
    return (statistic(cov + moved) - statistic(cov - moved)) / (2 * step[:, None])


def _simple(fit: Fit, influence: FloatArray) -> FloatArray:
    """Variance (p,) of what answers of this influence (m, p) add up to, in a simple random sample."""
    cells = fit.cells
    moved = influence * cells.sum_w.sum()
    return np.array([1 / design_effect(1.0, column, cells.sum_w, cells.n) for column in moved.T])
