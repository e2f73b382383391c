"""`Change`: what moved between waves, how sure that is, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from drivers.change.why import ShareMove, Waterfall

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Change:
    """Changes of scores, the gap and slopes at one wave.

    ``focus`` is the wave judged, ``against`` maps "previous", "year_ago" or the name of a wave to the wave it is
    compared with; ``waves`` are the names, oldest first. ``by_wave`` has one row per series and wave, ``table`` one per
    series and reference. ``why`` and ``shares`` explain the change of the outcome's mean and of importance, by
    reference; ``not_asked`` names the waves that did not ask a driver; ``overlap`` counts people in both waves.
    """

    outcome: str
    labels: Mapping[str, str]
    wave: str
    waves: tuple[str, ...]
    against: Mapping[str, str]
    level: float
    seasonal: bool
    by_wave: pd.DataFrame
    table: pd.DataFrame
    why: Mapping[str, Waterfall]
    shares: Mapping[str, ShareMove]
    not_asked: Mapping[str, tuple[str, ...]]
    overlap: Mapping[str, int]
    engine: str = "regression"
    notes: tuple[str, ...] = ()
    provenance: Mapping[str, object] = field(default_factory=dict)

    @property
    def focus(self) -> str:
        """The wave that is judged."""
        return self.waves[-1]

    @property
    def flags(self) -> pd.DataFrame:
        """The changes that may be claimed, the surest first."""
        return self.table[self.table["flag"]].sort_values("p_value", kind="stable")

    def label(self, name: str) -> str:
        """Return the words to print for the column `name`; the name itself where it has no label."""
        return self.labels.get(name, name)

    def tidy(self) -> pd.DataFrame:
        """Return one row per series and reference.

        Columns: ``kind`` ("score", "gap" or "slope"), ``item``, ``label``, ``measure``, ``against`` and ``wave`` it is
        compared with, ``before``, ``after``, ``change`` with ``std_error``, ``low`` and ``high`` (design-based),
        ``shrunken`` and ``shrunken_sd`` the change a posteriori, ``p_up`` and ``p_down`` P(change > delta) and
        P(change < -delta), ``direction`` and ``p_change`` the likelier of the two, ``p_value`` of no change, ``flag``
        whether the change belongs to those that may be claimed, ``n_before``, ``n_after``, ``delta``, and ``why``
        there is no number.
        """
        return self.table.copy()

    def summary(self) -> str:
        """Return what moved as a text."""
        from drivers.change.summary import summarise

        return summarise(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the first outcome's score from wave to wave on `ax`, or on a new figure without it.

        `drivers.plot.ribbon.plot_ribbon` draws the other series.
        """
        from drivers.plot.ribbon import plot_ribbon

        return plot_ribbon(self, ax=ax)

    def to_dict(self) -> dict[str, Any]:
        """Return the changes as values that JSON can hold; numbers that are not shown are None."""
        return {
            "outcome": self.outcome, "wave": self.focus, "against": dict(self.against), "waves": list(self.waves),
            "level": self.level, "engine": self.engine, "seasonal": self.seasonal,
            "changes": plain_records(self.table), "by_wave": plain_records(self.by_wave),
            "why": {name: _plain(found.to_dict()) for name, found in self.why.items()},
            "shares": {name: _plain(found.to_dict()) for name, found in self.shares.items()},
            "not_asked": {name: list(waves) for name, waves in self.not_asked.items()},
            "overlap": dict(self.overlap), "notes": list(self.notes), "provenance": dict(self.provenance),
        }


def plain_records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a `table` as values that JSON can hold."""
    return [{str(key): _plain(value) for key, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    """Return a value as JSON can write it; numbers that are not finite become null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
