"""`SampleSize`: what a change needs, and what a given number of answers can show."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from drivers.stats.planning import Design, design_of, detectable, needed
from drivers.survey.plain_text import wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZES = (0.5, 1.0, 1.5, 2.0)
"""Changes in the table, as multiples of the one asked for."""

NAMES = {"top2": "top-2-box (CSAT)", "nps": "NPS", "mean": "the mean", "slope": "the slope"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSize:
    """Answers needed in each of two waves to see a change.

    ``change`` smallest change that matters, in ``unit``; ``variance`` of one answer in the square of that unit, taken
    to stay, or ``start`` the top box from which it follows, None otherwise; ``deff`` how many answers count like one
    independent answer; ``power`` wished, ``alpha`` two-sided; ``n`` answers planned per wave, None if none were named.
    """

    measure: str
    unit: str
    label: str
    change: float
    variance: float
    deff: float
    power: float
    alpha: float
    n: float | None = None
    start: float | None = None

    @property
    def needed(self) -> int:
        """Answers per wave, rounded up."""
        return self.needed_for(self.change)

    @property
    def detectable(self) -> float | None:
        """Smallest change that the answers planned show with the wished power; None without a plan."""
        if self.n is None:
            return None
        found, way = 0.0, math.copysign(1.0, self.change)
        for _ in range(60):  # the variance of a top box depends on where it moves to
            found = detectable(self.n, *self._variances(way * found), **self._test)
            if self.start is not None and not 0 < self.start + way * found < 1:
                return None
        return found

    @property
    def _test(self) -> dict[str, float]:
        return {"power": self.power, "alpha": self.alpha, "deff": self.deff}

    def _variances(self, change: float) -> tuple[float, float]:
        if self.start is None:
            return self.variance, self.variance
        after = self.start + change
        return self.start * (1 - self.start), max(after * (1 - after), 0.0)

    def possible(self, change: float) -> bool:
        """Tell whether a top box can `change` that far; other scores always can."""
        return self.start is None or 0 < self.start + change < 1

    def needed_for(self, change: float) -> int:
        """Return the answers per wave that another size of `change` needs."""
        return math.ceil(needed(change, *self._variances(change), **self._test) - 1e-9)

    def errors(self, n: float, change: float | None = None) -> Design:
        """Return power and the errors of sign and size with `n` answers per wave, if `change` is true."""
        true = self.change if change is None else change
        return design_of(true, math.sqrt(self.deff * sum(self._variances(true)) / n), alpha=self.alpha)

    def tidy(self) -> pd.DataFrame:
        """Return one row per size of change: half, one, one and a half and two times the one asked for, if possible.

        Columns: ``change``, ``n_needed`` per wave; then with ``n`` answers per wave (those planned, or needed for the
        change asked for) ``power``, ``type_s`` chance that a change called real has the wrong sign, and
        ``exaggeration`` expected size of a change called real over the true one.
        """
        n = self.n or float(self.needed)
        rows = []
        for size in SIZES:
            change = size * self.change
            if not self.possible(change):
                continue
            found = self.errors(n, change)
            rows.append({"change": change, "n_needed": self.needed_for(change), "n": n, "power": found.power,
                         "type_s": found.type_s, "exaggeration": found.exaggeration})  # fmt: skip
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, object]:
        """Return the result as plain values for JSON."""
        return {
            "measure": self.measure, "unit": self.unit, "label": self.label, "change": self.change,
            "n_needed": self.needed, "power": self.power, "alpha": self.alpha, "deff": self.deff,
            "variance": self.variance, "start": self.start, "n": self.n, "detectable": self.detectable,
            "rows": self.tidy().to_dict("records"),
        }

    def summary(self) -> str:
        """Return the answer in sentences, and a table of smaller and larger changes."""
        of = f" of {self.label}" if self.label else ""
        head = [
            f"To see {NAMES[self.measure]}{of} change by {self.shown(self.change)} from one wave to the next, each "
            f"wave needs {self.needed:,} answers.",
            f"With so many, a true change of that size is called real {self.power:.0%} of the time, and a change is "
            f"called real {self.alpha:.0%} of the time where there is none. "
            + (f"Design effect {self.deff:.2f} included." if self.deff != 1 else "Design effect 1: state deff= for "
               "weights or clusters."),
        ]  # fmt: skip
        if self.n is not None:
            found, least = self.errors(self.n), self.detectable
            seen = "no change can be seen" if least is None else f"{self.shown(least, sign=False)} can be seen"
            head.append(
                f"With {self.n:,.0f} answers per wave, {seen}. If the "
                f"change is {self.shown(self.change)}, the chance to see it is {found.power:.0%}; what is then called "
                f"real is on average {found.exaggeration:.1f} times too large, and has the wrong sign "
                f"{_rarely(found.type_s)} of the time."
            )
        table = self.tidy()
        unit = self.shown(self.change).partition(" ")[2]
        shown = pd.DataFrame({
            f"change, {unit}": [self.shown(change).partition(" ")[0] for change in table["change"]],
            "answers per wave": table["n_needed"].map("{:,}".format),
            "chance to see it": table["power"].map("{:.0%}".format),
            "wrong sign": table["type_s"].map(_rarely),
            "times too large": table["exaggeration"].map("{:.2f}".format),
        })
        foot = (
            f"Chance, wrong sign and times too large: with {table['n'].iloc[0]:,.0f} answers per wave. Two waves of "
            "different people, equal in size and design; people asked twice need fewer."
        )
        return "\n".join([*wrapped(head), "", shown.to_string(index=False), "", *wrapped([foot])])

    def shown(self, change: float, *, sign: bool = True) -> str:
        """Return a `change` in words of its unit, with its `sign` or without."""
        value, unit = (100 * change, "points") if self.measure == "top2" else (change, self.unit)
        digits = max(1, 1 - math.floor(math.log10(abs(value)))) if value else 1
        text = f"{round(value, digits):+g}" if sign else f"{abs(round(value, digits)):g}"
        return f"{text} {unit}"

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the chance to see changes of several sizes against answers per wave on `ax`, or on a new figure."""
        from drivers.plot.sample_size import plot_sample_size

        return plot_sample_size(self, ax=ax)

    def curve(self, change: float) -> tuple[np.ndarray, np.ndarray]:
        """Return answers per wave (60,), up to twice those needed, and the chance to see a `change` with each."""
        most = 2 * max(self.needed, int(self.n or 0), 10)
        answers = np.unique(np.geomspace(max(2, most / 200), most, 60).round())
        return answers, np.array([self.errors(n, change).power for n in answers])


def _rarely(chance: float) -> str:
    return f"{chance:.0%}" if chance >= 0.01 else "under 1%"
