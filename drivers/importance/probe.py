"""`probe`: what share a driver of pure noise would get here, and which drivers have more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import SEED
from drivers.fit.result import Fit
from drivers.importance.blocks import Blocks, blocks_of
from drivers.importance.hierarchy import refuse_products
from drivers.importance.shares import lmg_of, lmg_of_draws
from drivers.survey.plain_text import effective

FloatArray = NDArray[np.float64]

MOST_SUBSETS: Final = 1 << 29
"""Subsets of all draws together up to which every one is visited, some five seconds; beyond it, orders are sampled."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Probe:
    """LMG shares beside a driver of pure noise, draw by draw.

    ``shares`` (S, p) of the drivers and ``noise`` (S,) of the probe, in the same model; ``null`` (S,) the
    probe's share beside the estimated covariances, without their sampling error. In parts of the outcome's variance.
    ``notes`` say where orders of entry were sampled.
    """

    outcome: str
    drivers: tuple[str, ...]
    labels: Mapping[str, str]
    shares: FloatArray
    noise: FloatArray
    null: FloatArray
    n: int
    n_eff: float
    level: float
    notes: tuple[str, ...] = ()

    @property
    def bar(self) -> float:
        """Share that noise exceeds with a chance of only (1 - level) / 2: the upper end of its interval."""
        return float(np.quantile(self.null, (1 + self.level) / 2))

    def tidy(self) -> pd.DataFrame:
        """Return one row per driver, in the order given.

        Columns: ``driver``, ``label``, ``share`` (mean over draws, beside the probe), ``above`` its mean distance from
        the probe's share with ``low`` and ``high``, ``p_above`` P(driver above noise), and ``more_than_noise``, which
        needs the lower end of the interval above 0.
        """
        apart = self.shares - self.noise[:, None]
        low, high = np.quantile(apart, [(1 - self.level) / 2, (1 + self.level) / 2], axis=0)
        return pd.DataFrame({
            "driver": list(self.drivers), "label": [self.labels.get(name, name) for name in self.drivers],
            "share": self.shares.mean(axis=0), "above": apart.mean(axis=0), "low": low, "high": high,
            "p_above": (apart > 0).mean(axis=0), "more_than_noise": low > 0,
        })

    def to_dict(self) -> dict[str, object]:
        """Return the table, and what noise gets, as plain values for JSON."""
        return {
            "outcome": self.outcome, "n": self.n, "n_eff": self.n_eff, "deff_weights": self.n / self.n_eff,
            "level": self.level, "noise": float(self.null.mean()), "noise_at_most": self.bar,
            "drivers": self.tidy().to_dict("records"), "notes": list(self.notes),
        }

    def summary(self) -> str:
        """Return what noise would get, and who has more, as text."""
        table = self.tidy()
        shown = table[["label", "share", "above", "low", "high", "p_above"]].copy()
        for column in ("share", "above", "low", "high"):
            shown[column] = shown[column].map("{:.2%}".format)
        shown["p_above"] = shown["p_above"].map("{:.2f}".format)
        under = table.loc[~table["more_than_noise"], "label"]
        reading = f"Not told from noise: {', '.join(under)}." if len(under) else "Every driver has more than noise."
        return "\n".join([
            f"Drivers of {self.labels.get(self.outcome, self.outcome)} beside a driver of pure noise, n {self.n:,}, "
            f"{effective(self.n, self.n_eff)}, {self.level:.0%} intervals",
            f"Noise gets {self.null.mean():.2%} of the differences on average, and at most {self.bar:.2%} "
            f"(one-sided {(1 + self.level) / 2:.0%}).",
            "", shown.to_string(index=False), "", reading, *self.notes,
        ])


def probe(fit: Fit, seed: int = SEED, *, always: Sequence[str] = ()) -> Probe:
    """Add a driver of pure noise to the model and compare every driver's LMG share with its share.

    Parameters
    ----------
    fit : Fit
        A fitted driver model and its draws.
    seed : int
        Seed of the noise.
    always : sequence of str
        Drivers that are in every model; the fit's controls are always in. There are no groups here: a group of
        several columns gets as many times the noise, so that one probe says nothing about it.

    Returns
    -------
    Probe
        With one noise variable per draw of the fit. Beyond `MOST_SUBSETS` subsets orders of entry are sampled.

    Raises
    ------
    InputError
        If the fit has squares or products, or a name in `always` is not right.

    Notes
    -----
    An LMG share is never negative, so its interval excludes 0 even for a driver without any part in the outcome;
    noise shows what "nothing" looks like at this number of answers. The probe is an independent standard normal
    variable, drawn on the level of covariances: with S the covariance of (drivers, outcome) in a draw and m the
    effective number of respondents, its covariances with them are N(0, S / m), and its variance exceeds what they
    explain of it by a chi-square over m. That is its exact distribution for m equally weighted respondents, whatever
    they answered, and costs no pass over the answers. Its mean share is close to the mean of (1 - R2) over subsets,
    divided by m.

    References
    ----------
    .. [1] Tonidandel, LeBreton & Johnson (2009). Psychological Methods 14(4), 387-399. doi:10.1037/a0017735
    """
    refuse_products(fit, "`probe`")
    p = len(fit.spec.drivers)
    plain = blocks_of(fit.spec.drivers, None, always, fit.spec.controls)
    blocks = _beside_noise(plain)
    joint = fit.draws.joint_covariance().reshape(-1, p + 1, p + 1)
    size = float(fit.n_eff)  # Kish's: noise of one's own is not shared within clusters
    rng = np.random.default_rng([seed, 3])
    point = fit.point.joint_covariance()[0, 0]
    around = np.eye(p + 2)
    around[1:, 1:] = point  # noise that goes with nothing has no share, and leaves the others theirs
    known = np.append(0.0, lmg_of(point, plain, fit.spec.seed)[0])
    seen = (blocks, fit.spec.seed, MOST_SUBSETS, around, known)
    both, error = lmg_of_draws(_with_noise(joint, size, rng), *seen)
    null = lmg_of_draws(_with_noise(np.broadcast_to(point, joint.shape), size, rng), *seen)[0][:, 0]
    kept = np.isfinite(both).all(axis=1)
    return Probe(
        outcome=fit.spec.outcome, drivers=blocks.names[1:], labels=fit.labels, shares=both[kept, 1:],
        noise=both[kept, 0], null=null, n=fit.n, n_eff=size, level=fit.spec.level,
        notes=() if error is None else (
            f"Orders of entry were sampled: Monte-Carlo error of a draw at most {error.max():.5f} R2.",
        ),
    )


def _beside_noise(blocks: Blocks) -> Blocks:
    """Put a row for the noise, whose column comes first, before all others."""
    return Blocks(
        names=("(noise)", *blocks.names), members=((0,), *(tuple(j + 1 for j in row) for row in blocks.members)),
        always=tuple(j + 1 for j in blocks.always),
    )


def _with_noise(joint: FloatArray, size: float, rng: np.random.Generator) -> FloatArray:
    """Put a noise variable before the drivers: covariances (S, p + 2, p + 2)."""
    count, k, _ = joint.shape
    values, vectors = np.linalg.eigh(joint)
    white = rng.normal(size=(count, k)) / np.sqrt(size)
    cross = np.einsum("sij,sj,sj->si", vectors, np.sqrt(np.maximum(values, 0.0)), white)
    rest = rng.chisquare(max(size - 1 - k, 1.0), size=count) / size
    out = np.empty((count, k + 1, k + 1))
    out[:, 1:, 1:] = joint
    out[:, 0, 1:] = out[:, 1:, 0] = cross
    out[:, 0, 0] = (white**2).sum(axis=1) + rest
    return out
