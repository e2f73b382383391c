"""`Diagnosis`: what speaks for and against a posterior, with a verdict in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from drivers.fit.bayes.predictive import ALL, Predictive
from drivers.survey.plain_text import wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Verdict = Literal["ready", "look", "do not use"]

WORDS: Mapping[Verdict, str] = {
    "ready": "Ready to use: no check speaks against it.",
    "look": "Look at this before you use it:",
    "do not use": "Do not use this fit:",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Diagnosis:
    """All checks of one posterior.

    ``verdict`` is "ready", "look" or "do not use", ``findings`` say why, causes first. ``checks`` has one row per
    check: ``part`` ("draws", "prior", "prediction", "leave one out"), ``check``, ``value``, ``limit``, ``passed`` and
    ``reading``. ``sensitivity`` and ``predictive`` hold every result and every bar, None where they cannot be had, of
    which ``notes`` give the reason. ``labels`` are words for columns.
    """

    outcome: str
    model: str
    link: str
    method: str
    labels: Mapping[str, str]
    n: int
    n_eff: float
    verdict: Verdict
    findings: tuple[str, ...]
    checks: pd.DataFrame
    sensitivity: pd.DataFrame | None
    predictive: Predictive | None
    notes: tuple[str, ...] = ()

    def label(self, name: str) -> str:
        """Return the words to print for a column, by its `name`."""
        return self.labels.get(name, name)

    @property
    def words(self) -> str:
        """The verdict in one line."""
        return " ".join([WORDS[self.verdict], *self.findings])

    def tidy(self) -> pd.DataFrame:
        """Return one row per check: ``part``, ``check``, ``value``, ``limit``, ``passed``, ``reading``."""
        return self.checks.copy()

    def summary(self) -> str:
        """Return verdict, findings, and the checks with their limits as text."""
        part = self.checks["part"]
        shown = pd.DataFrame({
            "part": part.where(part != part.shift(), ""), "check": self.checks["check"],
            "value": [
                "" if np.isnan(value) else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
                for value in self.checks["value"]
            ],
            "limit": self.checks["limit"], "passed": self.checks["passed"].map({True: "yes", False: "NO"}),
        })
        head = [f"Diagnosis of {self.label(self.outcome)} ({self.model}, {self.method})", WORDS[self.verdict]]
        listed = [f"- {finding}" for finding in self.findings]
        return "\n".join([*wrapped([*head, *listed]), "", shown.to_string(index=False), "", *wrapped(self.notes)])

    def to_dict(self) -> dict[str, object]:
        """Return the diagnosis as plain values for JSON."""
        return {
            "verdict": self.verdict, "findings": list(self.findings), "checks": self.checks.to_dict("records"),
            "prior_sensitivity": [] if self.sensitivity is None else self.sensitivity.to_dict("records"),
            "predictive": [] if self.predictive is None else self.predictive.bars.to_dict("records"),
            "notes": list(self.notes),
        }

    def plot(self, ax: Axes | None = None, *, by: str = ALL) -> Axes:
        """Draw observed and foretold shares of categories on `ax` or a new figure; `by` names a segment or driver."""
        from drivers.plot.predictive import plot_predictive

        return plot_predictive(self, ax=ax, by=by)
