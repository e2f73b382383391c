"""`Importance`: how much of an outcome's differences goes with each driver, and how sure that is."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import INNER_LEVEL, LEVEL, NEAR_ZERO, RANKABLE_R2
from drivers.stats.bias_corrected import bias_corrected

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from drivers.importance.split import Split

FloatArray = NDArray[np.float64]

ROUNDING = 1e-9
"""A share of zero may come out this far below it."""


NOISE = 3.84
"""A column of pure noise gets a share of about chi-squared / n; this is the 95 % point of that chi-squared. Draws add
their own noise to it, so that their interval may leave zero, and even the estimate, below itself."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Importance:
    """Shares of outcome variance. Draw arrays have dims (chain, draw, driver) or (chain, draw).

    ``drivers`` names the rows: groups of drivers first, with their drivers in ``members``, then single ones.
    ``estimate`` (p,) and ``r2_estimate`` are plug-in values; ``shares``, ``r2`` and ``slopes`` hold the draws;
    ``slope_estimate`` (p,) is outcome points (latent units for ordinal and logit) per driver point, NaN for a group,
    which has a slope for each driver in it: those, and the group's share split among them, are in ``split``. ``always``
    names what is in every model; ``always_r2_estimate`` and ``always_r2`` (chain, draw) are the part of the outcome's
    variance that goes with it and is not shared out (R2 is that of the whole model). ``mc_error`` (p,) is the
    Monte-Carlo standard error of the estimate, None where it is exact.
    """

    outcome: str
    drivers: tuple[str, ...]
    labels: Mapping[str, str]
    model: str
    link: str
    engine: str
    measure: str
    estimate: FloatArray
    shares: FloatArray
    r2_estimate: float
    r2: FloatArray
    slope_estimate: FloatArray
    slopes: FloatArray
    n: int
    n_complete: int
    n_eff: float
    level: float = LEVEL
    notes: tuple[str, ...] = ()
    diagnostics: Mapping[str, object] = field(default_factory=dict)
    provenance: Mapping[str, object] = field(default_factory=dict)
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    split: Split | None = None
    always: tuple[str, ...] = ()
    always_r2_estimate: float = 0.0
    always_r2: FloatArray | None = None
    mc_error: FloatArray | None = None

    def label(self, name: str) -> str:
        """Return the words to print for the driver or outcome `name`; the name itself where it has no label."""
        return self.labels.get(name, name)

    def _flat(self, draws: FloatArray) -> FloatArray:
        return draws.reshape(-1, *draws.shape[2:])

    def _interval(self, draws: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
        low, high = np.quantile(self._flat(draws), [(1 - level) / 2, (1 + level) / 2], axis=0)
        return low, high

    def rank_probabilities(self) -> pd.DataFrame:
        """Return P(driver holds rank k): one row per driver, columns 1..p; rows and columns sum to 1.

        Drivers that tie in a draw hold each of the ranks they share with the same chance.
        """
        shares = self._flat(self.shares)
        above = (shares[:, None, :] > shares[:, :, None]).sum(axis=2)
        level = (shares[:, None, :] == shares[:, :, None]).sum(axis=2)
        p = len(self.drivers)
        chance = np.stack([((above <= k) & (k < above + level)) / level for k in range(p)], axis=2).mean(axis=0)
        return pd.DataFrame(chance, index=pd.Index(self.drivers, name="driver"), columns=range(1, p + 1))

    def beats(self) -> pd.DataFrame:
        """Return P(row driver has a larger share than column driver); the diagonal is 0."""
        shares = self._flat(self.shares)
        chance = (shares[:, :, None] > shares[:, None, :]).mean(axis=0)
        return pd.DataFrame(chance, index=list(self.drivers), columns=list(self.drivers))

    def r2_interval(self) -> dict[str, float]:
        """Return estimate, low and high of the explained share R2.

        R2 of a sample is too high on average, and R2 of its resamples too high once more; bootstrap intervals are
        corrected for that (BC, see `drivers.stats.bias_corrected`). The draws stay as they are in ``r2``.
        """
        return self._part_of_r2(float(self.r2_estimate), self.r2)

    def shared_interval(self) -> dict[str, float]:
        """Return estimate, low and high of the part of R2 that is shared out: beyond what is always in the model."""
        if self.always_r2 is None or not self.always:
            return self.r2_interval()
        return self._part_of_r2(float(self.r2_estimate - self.always_r2_estimate), self.r2 - self.always_r2)

    def _part_of_r2(self, estimate: float, draws: FloatArray) -> dict[str, float]:
        if self.engine == "bayes":
            tails = [(1 - self.level) / 2, (1 + self.level) / 2]
            low, high = np.quantile(draws, tails)
        else:
            low, high = bias_corrected(estimate, draws.reshape(-1), self.level)
        return {"estimate": estimate, "low": float(low), "high": float(high)}

    @property
    def rankable(self) -> bool:
        """Whether enough is explained, beyond what is always in the model, for a ranking to be claimed at all."""
        return self.shared_interval()["low"] >= RANKABLE_R2

    def tidy(self) -> pd.DataFrame:
        """Return one row per group, then per driver, in the order given.

        ``share`` with ``low``/``high`` (at `level`) and ``low50``/``high50`` in R2 units; ``upper`` the one-sided
        bound at the same two-sided tail, to be read instead of the interval where ``near_zero``: the share is small,
        and either its interval reaches below half of it or a column of noise could have got it (never of a share that
        is, or may well be, negative, as Pratt's can); ``relative`` the part of R2 that is shared out; ``p_first``
        P(rank 1); ``slope`` with its interval, per point of the driver, NaN for groups; ``members`` the drivers of a
        group, "" for a driver; ``mc_error`` the Monte-Carlo standard error of the share, 0 where it is exact.
        """
        low, high = self._interval(self.shares, self.level)
        low50, high50 = self._interval(self.shares, INNER_LEVEL)
        slope_low, slope_high = self._interval(self.slopes, self.level)
        width = np.array([max(1, len(self.members.get(name, ()))) for name in self.drivers])
        small = (self.estimate < NEAR_ZERO) & ((low < self.estimate / 2) | (self.estimate < noise(width) / self.n_eff))
        shared = self.r2_estimate - self.always_r2_estimate
        one_sided = np.minimum(self.estimate, low) >= -ROUNDING
        return pd.DataFrame({
            "driver": list(self.drivers), "label": [self.label(d) for d in self.drivers],
            "share": self.estimate, "low": low, "high": high, "low50": low50, "high50": high50,
            "upper": high, "near_zero": small & one_sided,
            "relative": self.estimate / shared if shared > 0 else np.nan,
            "p_first": self.rank_probabilities()[1].to_numpy(),
            "slope": self.slope_estimate, "slope_low": slope_low, "slope_high": slope_high,
            "members": [" + ".join(self.members.get(name, ())) for name in self.drivers],
            "mc_error": np.zeros(len(self.drivers)) if self.mc_error is None else self.mc_error,
        })

    def to_dict(self) -> dict[str, object]:
        """Return the result as plain values for JSON, drivers in the order given."""
        columns = [
            "driver", "label", "share", "low", "high", "relative", "p_first", "slope", "slope_low", "slope_high",
            "near_zero", "mc_error",
        ]
        always = {"drivers": list(self.always), "r2": self.always_r2_estimate} if self.always else None
        return {
            "outcome": self.outcome, "model": self.model, "link": self.link, "engine": self.engine,
            "measure": self.measure, "n": self.n, "n_complete": self.n_complete, "n_eff": self.n_eff,
            "deff_weights": self.n / self.n_eff,
            "r2": self.r2_interval(), "level": self.level, "always": always,
            "drivers": [{**_plain(row), "members": self._members(row["driver"])}
                        for row in self.tidy()[columns].to_dict("records")],
            "notes": list(self.notes), "diagnostics": dict(self.diagnostics), "provenance": dict(self.provenance),
        }  # fmt: skip

    def _members(self, row: str) -> list[dict[str, object]]:
        """Return the split of the group `row` as plain values; nothing for a single driver."""
        if self.split is None:
            return []
        table = self.split.tidy()
        inside = table[table["group"] == row].drop(columns="group")
        return [_plain(member) for member in inside.to_dict("records")]

    def summary(self) -> str:
        """Return the shares, their intervals and their reading as text."""
        from drivers.importance.summary import summarise

        return summarise(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the shares with their intervals and the unexplained part on `ax`, or on a new figure without it."""
        from drivers.plot.importance import plot_importance

        return plot_importance(self, ax=ax)


def noise(columns: FloatArray | NDArray[np.int64]) -> FloatArray:
    """Return what a group of so many `columns` of pure noise gets at most, times n: the 95 % point of chi-squared.

    Wilson & Hilferty (1931). PNAS 17(12), 684-688. doi:10.1073/pnas.17.12.684
    """
    part = 2 / (9 * np.asarray(columns, dtype=np.float64))
    return np.asarray(np.where(part > 0.2, NOISE, columns * (1 - part + 1.645 * np.sqrt(part)) ** 3))


def _plain(row: Mapping[Hashable, object]) -> dict[str, object]:
    return {
        str(key): None if isinstance(value, float) and np.isnan(value) else value for key, value in row.items()
    }
