"""`DominanceResult`: who adds more than whom, to how many submodels, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import LEVEL
from drivers.stats.dominance import Dominance, DominanceProbabilities, dominance_probabilities
from drivers.survey.plain_text import effective, short_labels, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]

INDEX_NAMES: Final[Mapping[str, str]] = {
    "r2": "R²", "mcfadden": "McFadden's R²", "estrella": "Estrella's R²", "cox_snell": "Cox and Snell's R²",
    "nagelkerke": "Nagelkerke's R²",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DominanceResult:
    """Dominance of drivers, or groups, in the order of ``drivers``.

    ``found`` is that of the estimate and ``draws`` of the draws (None without): general (p,), conditional (p, p) by
    number of others, ``won`` and ``complete`` (p, p), row over column, all in units of ``index``. ``whole`` is the
    index of the full model; ``always`` names what is in every model and so in none of the gains.
    """

    outcome: str
    drivers: tuple[str, ...]
    labels: Mapping[str, str]
    model: str
    link: str
    engine: str
    index: str
    found: Dominance
    draws: Dominance | None
    whole: float
    members: Mapping[str, tuple[str, ...]]
    always: tuple[str, ...]
    n: int
    n_eff: float
    level: float = LEVEL
    notes: tuple[str, ...] = field(default=())

    def label(self, name: str) -> str:
        """Return the words to print for the driver, group or outcome `name`."""
        return self.labels.get(name, name)

    @property
    def probabilities(self) -> DominanceProbabilities | None:
        """Share of draws in which the row dominates the column; None without draws."""
        return None if self.draws is None else dominance_probabilities(self.draws)

    def matrix(self, kind: Literal["won", "complete", "conditional", "general"] = "complete") -> pd.DataFrame:
        """Return one `kind` of dominance of the estimate, row over column, as a table with NaN on the diagonal.

        "won" is the share of submodels to which the row's driver adds more; the others are 1 where it dominates, 0
        where the column's does, .5 where neither.
        """
        tables = {"won": self.found.won, "complete": self.found.complete, "conditional": self.found.conditionally,
                  "general": self.found.generally}  # fmt: skip
        return pd.DataFrame(tables[kind], index=list(self.drivers), columns=list(self.drivers))

    def gains(self) -> pd.DataFrame:
        """Return one row per driver and number of other drivers in the model: the mean gain.

        Columns: ``driver``, ``label``, ``others`` 0 to p - 1, ``gain`` with ``low`` and ``high`` (NaN without draws).
        """
        p = len(self.drivers)
        low, high = np.full((2, p, p), np.nan)
        if self.draws is not None:
            low, high = np.nanquantile(
                self.draws.conditional, [(1 - self.level) / 2, (1 + self.level) / 2], axis=0
            )
        at = [(j, size) for j in range(p) for size in range(p)]
        return pd.DataFrame({
            "driver": [self.drivers[j] for j, _ in at], "label": [self.label(self.drivers[j]) for j, _ in at],
            "others": [size for _, size in at], "gain": self.found.conditional.ravel(), "low": low.ravel(),
            "high": high.ravel(),
        })

    def general(self) -> pd.DataFrame:
        """Return one row per driver: ``driver``, ``label``, ``general`` (mean gain) with ``low`` and ``high``."""
        p = len(self.drivers)
        low, high = np.full((2, p), np.nan)
        if self.draws is not None:
            low, high = np.nanquantile(self.draws.general, [(1 - self.level) / 2, (1 + self.level) / 2], axis=0)
        return pd.DataFrame({
            "driver": list(self.drivers), "label": [self.label(name) for name in self.drivers],
            "general": self.found.general, "low": low, "high": high,
        })

    def tidy(self) -> pd.DataFrame:
        """Return one row per pair, the driver with the larger general dominance first.

        Columns: ``driver``, ``other``; ``won`` share of the submodels without both to which `driver` adds more (a tie
        counts half); ``complete``, ``conditional`` and ``general``, 1 where `driver` dominates, 0 where `other` does,
        .5 where neither; ``p_complete``, ``p_conditional`` and ``p_general``, the share of draws in which `driver`
        dominates, and ``p_reverse``, in which `other` dominates completely (NaN without draws).
        """
        chance, found = self.probabilities, self.found
        order = np.argsort(-found.general, kind="stable")
        rows = []
        for place, one in enumerate(order):
            for two in order[place + 1 :]:
                row: dict[str, object] = {
                    "driver": self.drivers[one], "other": self.drivers[two], "won": found.won[one, two],
                    "complete": found.complete[one, two], "conditional": found.conditionally[one, two],
                    "general": found.generally[one, two],
                }
                if chance is not None:
                    row |= {
                        "p_complete": chance.complete[one, two], "p_conditional": chance.conditional[one, two],
                        "p_general": chance.general[one, two], "p_reverse": chance.complete[two, one],
                    }
                else:
                    row |= dict.fromkeys(("p_complete", "p_conditional", "p_general", "p_reverse"), np.nan)
                rows.append(row)
        columns = ["driver", "other", "won", "complete", "conditional", "general", "p_complete", "p_conditional",
                   "p_general", "p_reverse"]  # fmt: skip
        return pd.DataFrame(rows, columns=columns)

    def summary(self) -> str:
        """Return mean gains by size, the pairs, and how to read them as text."""
        p = len(self.drivers)
        gains = pd.DataFrame(self.found.conditional, columns=[str(size) for size in range(p)]).map("{:.4f}".format)
        mean = self.general()
        gains["general"] = [
            f"{value:.4f}" + (f" ({low:.4f} to {high:.4f})" if np.isfinite(low) else "")
            for value, low, high in zip(mean["general"], mean["low"], mean["high"], strict=True)
        ]
        gains.index = pd.Index(short_labels([self.label(name) for name in self.drivers]))
        pairs = self.tidy()
        shown = pd.DataFrame({
            "": [f"{self.label(a)} over {self.label(b)}" for a, b in zip(pairs["driver"], pairs["other"], strict=True)],
            "models won": pairs["won"].map("{:.0%}".format),
            "dominates": [
                _words(*three) for three in pairs[["complete", "conditional", "general"]].to_numpy(np.float64)
            ],
        })
        if self.draws is not None:
            for name in ("complete", "conditional", "general"):
                shown[f"P({name})"] = pairs[f"p_{name}"].map("{:.2f}".format)
        inside = [f"{self.label(name)}: {', '.join(self.label(one) for one in held)}."
                  for name, held in self.members.items()]  # fmt: skip
        beyond = [f"Always in the model: {', '.join(self.label(name) for name in self.always)}."] if self.always else []
        head = [
            f"Dominance for {self.label(self.outcome)} in {INDEX_NAMES[self.index]}, {self.model} model; whole model "
            f"{self.whole:.4f}, n {self.n:,}, {effective(self.n, self.n_eff)}, {self.level:.0%} intervals",
            *beyond, *inside, "Mean gain beside 0, 1, 2, ... other drivers, and over all sizes:",
        ]  # fmt: skip
        foot = [
            "Complete: adds at least as much to every submodel; conditional: on average at every size; general: on "
            "average over sizes. Submodels compare explanations; association, not effect.",
            *self.notes,
        ]
        return "\n".join([
            *wrapped(head), "", gains.to_string(), "", shown.to_string(index=False), "", *wrapped(foot)
        ])

    def to_dict(self) -> dict[str, object]:
        """Return the result as plain values for JSON."""

        def plain(table: pd.DataFrame) -> list[dict[str, object]]:
            return [
                {str(k): None if isinstance(v, float) and np.isnan(v) else v for k, v in row.items()}
                for row in table.to_dict("records")
            ]

        return {
            "outcome": self.outcome, "model": self.model, "link": self.link, "index": self.index, "whole": self.whole,
            "n": self.n, "n_eff": self.n_eff, "deff_weights": self.n / self.n_eff, "level": self.level,
            "always": list(self.always), "members": {name: list(held) for name, held in self.members.items()},
            "general": plain(self.general()), "gains": plain(self.gains()), "pairs": plain(self.tidy()),
            "draws": 0 if self.draws is None else len(self.draws.general), "notes": list(self.notes),
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the mean gain of every driver by the number of others in the model on `ax`, or on a new figure."""
        from drivers.plot.dominance import plot_dominance

        return plot_dominance(self, ax=ax)


def _words(complete: float, conditional: float, general: float) -> str:
    for value, kind in ((complete, "completely"), (conditional, "conditionally"), (general, "generally")):
        if value == 1:
            return kind
        if value == 0:
            return f"the other, {kind}"
    return "neither"
