"""`Outcome`: what would happen to an outcome if an action were taken, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import INNER_LEVEL, LEVEL, MIN_BASE_CELL
from drivers.scenario.action import Action
from drivers.scenario.apply import Delivered
from drivers.scenario.robustness import Robustness

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]

SCENARIOS: Mapping[str, str] = {
    "alone": "the driver alone", "block": "with its correlated block", "dag": "following the declared graph",
    "expected": "with expectations following the drivers",
}
"""What happens to the other drivers: they stay, go along as they are correlated, or follow declared causes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """Change in an outcome under an action. Arrays of draws have dims (draw, part, measure).

    ``scenario`` says what other drivers do: "alone" (they stay), "block" (they go along as they are correlated) or
    "dag" (they follow declared causes); "expected" lets expectations follow drivers. ``others`` are the same action
    under the other scenarios. ``measures`` of the outcome: mean in scale points, top2 as a proportion 0 to 1, nps -100
    to 100, latent in units of the latent error; gap and below (who gets less than expected, 0 to 1) from `gap_if`.
    ``parts`` of the population, the whole first, with respondents ``n`` (B,). ``point_before`` and
    ``point_change`` (B, K) at the estimate; ``before`` and ``change`` (S, B, K) in every draw. ``affected`` (B,) share
    whose answers move; ``support`` share of what moves that lands where there are data; ``beyond`` shares of a linear
    model's predictions off the scale, before and after. ``target`` what a change is compared with, by measure.
    ``causal`` says what makes it more than an association, empty where nothing was declared; ``robustness`` how
    strong something left out would have to be, by driver acted on.
    """

    outcome: str
    labels: Mapping[str, str]
    action: Action
    scenario: str
    model: str
    engine: str
    measures: tuple[str, ...]
    parts: tuple[str, ...]
    n: tuple[float, ...]
    point_before: FloatArray
    point_change: FloatArray
    before: FloatArray
    change: FloatArray
    affected: FloatArray
    delivered: tuple[Delivered, ...]
    support: float
    beyond: tuple[float, float] | None = None
    target: Mapping[str, float] = field(default_factory=dict)
    level: float = LEVEL
    causal: str = ""
    robustness: tuple[Robustness, ...] = ()
    notes: tuple[str, ...] = ()
    others: tuple[Outcome, ...] = ()
    provenance: Mapping[str, object] = field(default_factory=dict)

    @property
    def estimate(self) -> FloatArray:
        """Change (B, K): of posteriors the mean over draws, else that of the estimate."""
        return self.change.mean(axis=0) if self.engine == "bayes" else self.point_change

    @property
    def nothing(self) -> bool:
        """Whether nobody's answer moves."""
        return not self.affected[0] > 0

    def label(self, name: str) -> str:
        """Return the words to print for the column `name`."""
        return self.labels.get(name, name)

    def shown(self) -> NDArray[np.bool_]:
        """Return which parts (B,) have enough respondents to be shown."""
        return np.array(self.n) >= MIN_BASE_CELL

    def interval(self, level: float | None = None) -> tuple[FloatArray, FloatArray]:
        """Return the ends (B, K) of the interval of the change at `level`, the result's own by default."""
        level = self.level if level is None else level
        low, high = np.quantile(self.change, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return low, high

    def tidy(self) -> pd.DataFrame:
        """Return one row per measure and part of the population.

        Columns: ``scenario``, ``outcome``, ``measure``, ``segment`` ("all", or "channel=phone"), ``n``, ``before``,
        ``after``, ``change``, ``low`` and ``high`` of the change at the result's level, ``low50`` and ``high50``,
        ``p_positive`` P(change > 0), ``target`` and ``p_target`` P(change > target), ``affected`` share whose answers
        move, and ``shown``: False under the minimum base, where all numbers are NaN.
        """
        before = self.before.mean(axis=0) if self.engine == "bayes" else self.point_before
        low, high = self.interval()
        low50, high50 = self.interval(INNER_LEVEL)
        shown = self.shown()
        rows: list[dict[str, object]] = []
        for k, measure in enumerate(self.measures):
            target = float(self.target.get(measure, 0.0))
            for b, part in enumerate(self.parts):
                values = {
                    "before": before[b, k], "after": before[b, k] + self.estimate[b, k], "change": self.estimate[b, k],
                    "low": low[b, k], "high": high[b, k], "low50": low50[b, k], "high50": high50[b, k],
                    "p_positive": float((self.change[:, b, k] > 0).mean()), "target": target,
                    "p_target": float((self.change[:, b, k] > target).mean()), "affected": self.affected[b],
                }
                rows.append({
                    "scenario": self.scenario, "outcome": self.outcome, "measure": measure, "segment": part,
                    "n": self.n[b] if shown[b] else np.nan,
                    **{name: float(value) if shown[b] else np.nan for name, value in values.items()}, "shown": shown[b],
                })
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, object]:
        """Return the result as plain values for JSON."""
        rows = self.tidy()
        keys = ("outcome", "measure", "segment", "before", "after", "change", "low", "high", "p_positive", "low50",
                "high50", "target", "p_target", "affected", "n")  # fmt: skip
        return {
            "scenario": self.scenario, "action": repr(self.action), "name": self.action.name,
            "asked": [
                {"driver": one.step.driver, "step": type(one.step).__name__.lower(), "amount": one.step.amount,
                 "points": one.asked, "where": dict(one.step.where)} for one in self.delivered
            ],
            "delivered": [
                {"driver": one.step.driver, "points": one.possible, "at_end": one.at_end, "affected": one.affected,
                 "against": one.against} for one in self.delivered
            ],
            "outcomes": [
                {key: None if isinstance(row[key], float) and np.isnan(row[key]) else row[key] for key in keys}
                for row in rows.to_dict("records") if row["shown"]
            ],
            "hidden": int((~self.shown()).sum()), "support": None if np.isnan(self.support) else self.support,
            "beyond_scale": None if self.beyond is None else {"before": self.beyond[0], "after": self.beyond[1]},
            "level": self.level, "model": self.model, "engine": self.engine, "causal": self.causal or "association",
            "robustness": [one.to_dict() for one in self.robustness],
            "notes": list(self.notes), "other_scenarios": [other.to_dict() for other in self.others],
            "provenance": dict(self.provenance),
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw every change with its intervals on `ax`, or on a new figure without it."""
        from drivers.plot.what_if import plot_what_if

        return plot_what_if(self, ax=ax)

    def summary(self) -> str:
        """Return the result as text."""
        from drivers.scenario.text import summarise

        return summarise(self)
