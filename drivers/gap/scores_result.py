"""`GapScores`: perceived against expected, ready to be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from drivers.gap.plain import records
from drivers.survey.plain_text import percent_level, shown_count

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GapScores:
    """Expectation gaps with their intervals at ``level``.

    ``table`` is what `tidy` returns, ``zone`` what `zones` does (empty where no adequate level was asked); ``by`` the
    grouping columns; ``ends`` of the scale all pairs share, None otherwise; ``weighted`` whether importance was stated.
    """

    title: str
    table: pd.DataFrame
    zone: pd.DataFrame
    by: tuple[str, ...]
    level: float
    ends: tuple[float, float] | None
    weighted: bool
    notes: tuple[str, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """Return one row per driver, outcome with an expectation, dimension and overall, and group.

        Columns: ``kind`` ("driver", "outcome", "dimension", "overall"), ``driver``, ``label``, the columns of `by`;
        ``perceived`` and ``expected`` with ``_low``/``_high`` in scale points; ``gap`` with ``std_error``, ``low``,
        ``high``; ``below``, ``at``, ``above`` expectation, shares of people with ``_low``/``_high`` (pairs only);
        ``correlation`` of the two answers (or mean answers); ``alpha_perceived``, ``alpha_expected`` and
        ``reliability`` of the difference of means (blocks of two or more); ``weighted_gap`` with its interval where
        importance was stated; ``n``, ``n_eff``, ``shown`` (False: the numbers are NaN, too few people).
        """
        return self.table.copy()

    def zones(self) -> pd.DataFrame:
        """Return one row per driver with an adequate level: shares ``below`` it, ``inside`` the zone, at ``desired``.

        ``crossed`` counts people whose adequate level is above the desired one; they are left out.
        """
        return self.zone.copy()

    def drivers(self) -> pd.DataFrame:
        """Return the rows of single drivers that may be shown; of outcomes where no driver has an expectation."""
        kind = "driver" if (self.table["kind"] == "driver").any() else "outcome"
        return self.table[(self.table["kind"] == kind) & self.table["shown"].astype(bool)].reset_index(drop=True)

    def summary(self) -> str:
        """Return the gaps as a text table."""
        t = self.table
        shown = pd.DataFrame({"": t["label"], **{name: t[name].astype(str) for name in self.by}})
        shown["perceived"], shown["expected"] = (t[c].map("{:.2f}".format) for c in ("perceived", "expected"))
        shown["gap"] = t["gap"].map("{:+.2f}".format)
        shown[f"{percent_level(self.level)} interval"] = [
            f"{a:+.2f} to {b:+.2f}" for a, b in zip(t["low"], t["high"], strict=True)
        ]
        for name in ("below", "at", "above"):
            shown[name] = t[name].map("{:.0%}".format)
        if "reliability" in t:
            shown["reliability"] = t["reliability"].map("{:.2f}".format)
        if "weighted_gap" in t:
            shown["weighted"] = t["weighted_gap"].map("{:+.2f}".format)
        shown["n"] = t["n"].map(shown_count)
        text = shown.replace({"nan": "", "+nan": "", "nan%": "", "+nan to +nan": ""}).to_string(index=False)
        lines = [f"{self.title}: perceived against expected", "", text, "", *self.notes]
        return "\n".join(lines)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw perceived and expected of every driver as a dumbbell with intervals, on `ax` or a new figure."""
        from drivers.plot.gap_scores import plot_gap_scores

        return plot_gap_scores(self, ax=ax)

    def to_dict(self) -> dict[str, object]:
        """Return the scores as plain values for JSON; numbers that are not shown are None."""
        return {
            "level": self.level, "by": list(self.by), "scores": records(self.table), "zones": records(self.zone),
            "notes": list(self.notes),
        }

    def largest_gap(self) -> str | None:
        """Return the driver that falls furthest short, None where none does."""
        rows = self.drivers()
        if not len(rows) or not rows["gap"].min() < 0:
            return None
        return str(rows["driver"].iloc[int(np.argmin(rows["gap"]))])
