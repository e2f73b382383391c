"""`Plan`: what to do within a budget, what it brings, and how sure each part of it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import LEVEL, VERY_LIKELY
from drivers.scenario.customer import Customer
from drivers.scenario.option import Option
from drivers.stats.budget import ROUNDING, tail_mean

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """The best plan of A options with up to K steps, from S draws.

    ``steps`` (A,) that can be bought and ``chosen`` (A,) that are; ``cost`` (A, K + 1) on average; ``value``
    (S, A, K + 1) gains of each option by itself, corrected for the winner's curse, ``raw`` the same as the fit has them
    and ``point`` (A, K + 1) at its estimate; ``joint`` (S,) what the plan brings with everything done together, not
    corrected; ``spent`` draws of what it costs; ``scenario`` what other drivers do. ``frontier`` has the best plan for
    other budgets. Gains are in scale points (mean), proportions (top2), NPS points, or money (value).
    """

    outcome: str
    labels: Mapping[str, str]
    measure: str
    model: str
    engine: str
    n: int
    budget: float
    tail: float | None
    options: tuple[Option, ...]
    steps: IntArray
    cost: FloatArray
    value: FloatArray
    raw: FloatArray
    point: FloatArray
    chosen: IntArray
    joint: FloatArray
    spent: FloatArray
    frontier: pd.DataFrame
    customer: Customer | None = None
    scenario: str = "alone"
    level: float = LEVEL
    notes: tuple[str, ...] = ()
    provenance: Mapping[str, object] = field(default_factory=dict)

    def label(self, name: str) -> str:
        """Return the words to print for the column `name`."""
        return self.labels.get(name, name)

    @property
    def names(self) -> tuple[str, ...]:
        """Options in the order given."""
        return tuple(one.name for one in self.options)

    @property
    def total_cost(self) -> float:
        """What the plan costs on average."""
        return float(self._at(self.cost).sum())

    @property
    def gains(self) -> FloatArray:
        """What the plan brings (S,), together and corrected: the draws behind the headline."""
        found: FloatArray = self._at(self.value).sum(axis=1) + self.joint - self._at(self.raw).sum(axis=1)
        return found

    def claims(self) -> dict[str, float]:
        """Return the gain of the plan by ways to count it.

        ``estimate`` adds up the estimates of the options; ``added`` the corrected ones; ``together`` lets everything be
        done at once, uncorrected; ``gain`` both: the one to rely on.
        """
        return {
            "estimate": float(self._at(self.point).sum()), "added": float(self._at(self.value).sum(axis=1).mean()),
            "together": float(self.joint.mean()), "gain": float(self.gains.mean()),
        }

    def _at(self, values: FloatArray) -> FloatArray:
        """Return what `values` (..., A, K + 1) hold at the steps chosen."""
        return values[..., np.arange(len(self.steps)), self.chosen]

    @property
    def nothing_moves(self) -> tuple[str, ...]:
        """Options that move nobody's answer, whatever the steps."""
        return tuple(name for a, name in enumerate(self.names) if not np.abs(self.raw[:, a]).max() > 0)

    @property
    def too_dear(self) -> tuple[str, ...]:
        """Options of which not even one step is within the budget."""
        return tuple(one.name for one in self.options if one.costs[1:].min() > self.budget * (1 + ROUNDING))

    def belongs(self) -> FloatArray:
        """Return P(option belongs to the best plan) (A,): the share of draws whose own best plan has a step of it."""
        return np.asarray((self._best_in_draws()[1] > 0).mean(axis=0))

    def _best_in_draws(self) -> tuple[FloatArray, IntArray]:
        from drivers.stats.budget_walk import best_in_draws

        best, chosen = best_in_draws(self.cost, self.value, self.steps, self.budget * (1 + ROUNDING))
        return best, chosen

    def candidates(self) -> IntArray:
        """Return the plans (P, A) worth comparing: those that are best in some draw, and the one chosen."""
        found: IntArray = np.unique(np.vstack([self._best_in_draws()[1], self.chosen]), axis=0)
        return found

    def knowing(self) -> float:
        """Return what knowing every gain exactly before choosing would bring more, on average (EVPI); never below 0."""
        return max(float((self._best_in_draws()[0] - self._at(self.value).sum(axis=1)).mean()), 0.0)

    def regrets(self) -> pd.DataFrame:
        """Return one row per option: ``without`` it, or ``insisting`` on it, how much less the best plan brings.

        On average and added up; NaN for insisting on what the budget cannot buy.
        """
        from drivers.stats.budget_walk import undominated

        mean, limit = self.value.mean(axis=0), self.budget * (1 + ROUNDING)
        best = undominated(self.cost, mean, self.steps, limit)[1][-1]
        rows = []
        for a, name in enumerate(self.names):
            others = np.arange(len(self.steps)) != a
            spent, gained, _ = undominated(self.cost[others], mean[others], self.steps[others], limit)
            with_it = [
                mean[a, k] + gained[np.searchsorted(spent, limit - self.cost[a, k], side="right") - 1]
                for k in range(1, self.steps[a] + 1) if self.cost[a, k] <= limit
            ]
            rows.append({"option": name, "without": best - gained[-1],
                         "insisting": best - max(with_it) if with_it else np.nan})  # fmt: skip
        return pd.DataFrame(rows)

    def beats(self) -> pd.DataFrame:
        """Return P(row option gains more than column option), each at most steps; the diagonal is 0."""
        last = np.take_along_axis(self.value, self.steps[None, :, None], axis=2)[..., 0]
        chance = (last[:, :, None] > last[:, None, :]).mean(axis=0)
        return pd.DataFrame(chance, index=list(self.names), columns=list(self.names))

    def dominated(self) -> tuple[tuple[str, str], ...]:
        """Return (option, by) where another costs no more and very likely gains more, each at most steps."""
        chance, full = self.beats().to_numpy(), self.cost[np.arange(len(self.steps)), self.steps]
        found = np.argwhere((chance.T >= VERY_LIKELY) & (full[None, :] <= full[:, None]))
        return tuple((self.names[a], self.names[b]) for a, b in found)

    def tidy(self) -> pd.DataFrame:
        """Return one row per option, in the order given.

        Columns: ``option``, ``steps`` chosen, ``most`` that can be bought, ``cost`` of those chosen, ``gain`` of those
        chosen by themselves with ``low`` and ``high``, ``gain_full`` at most steps, ``p_best`` P(it belongs to the best
        plan), ``regret_without`` and ``regret_insisting``, ``why_not`` for options that cannot be chosen.
        """
        gains, regrets = self._at(self.value), self.regrets()
        low, high = np.quantile(gains, [(1 - self.level) / 2, (1 + self.level) / 2], axis=0)
        last = np.take_along_axis(self.value, self.steps[None, :, None], axis=2)[..., 0]
        why = [
            "moves nobody" if name in self.nothing_moves else "too dear" if name in self.too_dear else ""
            for name in self.names
        ]
        return pd.DataFrame({
            "option": list(self.names), "steps": self.chosen, "most": self.steps, "cost": self._at(self.cost),
            "gain": gains.mean(axis=0), "low": low, "high": high, "gain_full": last.mean(axis=0),
            "p_best": self.belongs(), "regret_without": regrets["without"], "regret_insisting": regrets["insisting"],
            "why_not": why,
        })

    def interval(self) -> dict[str, float]:
        """Return the gain of the plan with its interval, the mean of the worst part of draws, and P(gain > 0)."""
        gains = self.gains
        low, high = np.quantile(gains, [(1 - self.level) / 2, (1 + self.level) / 2])
        return {"gain": float(gains.mean()), "low": float(low), "high": float(high),
                "tail": float(tail_mean(gains, self.tail or 0.1)), "p_positive": float((gains > 0).mean())}  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain values for JSON."""
        return {
            "outcome": self.outcome, "measure": self.measure, "scenario": self.scenario, "model": self.model,
            "engine": self.engine, "n": self.n,
            "level": self.level, "budget": self.budget, "tail": self.tail, "cost": self.total_cost,
            "p_over_budget": float((self.spent > self.budget * (1 + ROUNDING)).mean()), **self.interval(),
            "claims": self.claims(), "knowing_everything": self.knowing(),
            "options": [_plain(row) for row in self.tidy().to_dict("records")],
            "frontier": [{**row, "steps": list(row["steps"])} for row in self.frontier.to_dict("records")],
            "dominated": [{"option": a, "by": b} for a, b in self.dominated()],
            "causal": "declared causes" if self.scenario == "causes" else "association",
            "notes": list(self.notes), "provenance": dict(self.provenance),
        }

    def summary(self) -> str:
        """Return the plan as text."""
        from drivers.scenario.plan_text import summarise

        return summarise(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the best gain for each budget on `ax`, or on a new figure without it."""
        from drivers.plot.frontier import plot_frontier

        return plot_frontier(self, ax=ax)


def _plain(row: Mapping[Any, object]) -> dict[str, object]:
    return {str(key): None if isinstance(value, float) and np.isnan(value) else value for key, value in row.items()}
