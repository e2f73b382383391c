"""The steps of drivers' scales: how much of the way each goes, which is largest, and whether they are equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from drivers.defaults import EQUAL_STEP, LIKELY
from drivers.errors import InputError
from drivers.fit.result import Fit
from drivers.survey.plain_text import percent_level, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScaleSteps:
    """``table`` is what `tidy` returns; ``drivers`` has one row per driver: whether its steps are equal, the largest.

    Its columns: ``driver``, ``label``, ``slope`` per average step with ``low`` and ``high``, ``equal`` the part of a
    step if all were equal, ``p_equal`` P(every part within `EQUAL_STEP` of that), ``largest`` the step that is
    likeliest the largest and ``p_largest`` its probability.
    """

    outcome: str
    labels: Mapping[str, str]
    model: str
    link: str
    level: float
    n: int
    n_eff: float
    table: pd.DataFrame
    drivers: pd.DataFrame

    def label(self, name: str) -> str:
        """Return the words to print for a column, by its `name`."""
        return self.labels.get(name, name)

    def tidy(self) -> pd.DataFrame:
        """Return one row per driver and step.

        Columns: ``driver``, ``label``, ``step``, ``start``, ``end`` in scale points, ``part`` of the whole way with
        ``low`` and ``high``, ``p_largest`` P(largest of the driver's steps), and ``scale`` with ``scale_low`` and
        ``scale_high``: where its end lies if the scale's own ends stay, in points; the end itself if steps are equal.
        """
        return self.table.copy()

    def summary(self) -> str:
        """Return the steps of every driver as text, with what may be said of them."""
        table = self.table
        shown = pd.DataFrame({
            "driver": table["label"].where(table["driver"] != table["driver"].shift(), ""), "step": table["step"],
            "part of the way": table["part"].map("{:.1%}".format),
            f"{percent_level(self.level)} interval": [
                f"{low:.1%} to {high:.1%}" for low, high in zip(table["low"], table["high"], strict=True)
            ],
            "P(largest)": table["p_largest"].map("{:.2f}".format), "scale": table["scale"].map("{:.2f}".format),
        })
        foot = [
            "Part of the way: of what goes with the whole scale, how much goes with this step, the other drivers held "
            "equal. Scale: where the step ends if the ends of the scale stay where they are.", *self.words,
        ]
        head = f"Steps of drivers of {self.label(self.outcome)}"
        return "\n".join([head, "", shown.to_string(index=False), "", *wrapped(foot)])

    @property
    def words(self) -> tuple[str, ...]:
        """What may be said of every driver, a sentence each."""
        out = []
        for row in self.drivers.to_dict("records"):
            if row["low"] <= 0 <= row["high"]:
                out.append(
                    f"{row['label']}: the interval of its slope includes 0, so answers hardly tell its steps."
                )
                continue
            largest = f"the step {row['largest']} is the largest with a probability of {row['p_largest']:.2f}"
            equal = f"all are equal, to within {EQUAL_STEP:.0%} of the way, with a probability of {row['p_equal']:.2f}"
            told = f"{equal}; {largest}" if row["p_equal"] >= LIKELY else f"{largest}; {equal}"
            out.append(f"{row['label']}: {told}.")
        return tuple(out)

    def to_dict(self) -> dict[str, object]:
        """Return steps and drivers as plain values for JSON."""
        return {
            "outcome": self.outcome, "level": self.level, "steps": self.table.to_dict("records"),
            "drivers": self.drivers.to_dict("records"), "reading": list(self.words),
        }

    def plot(self, ax: Axes | None = None, *, driver: str | None = None) -> Axes:
        """Draw the estimated scale of a `driver` against equal steps, on `ax` or a new figure."""
        from drivers.plot.steps import plot_steps

        return plot_steps(self, ax=ax, driver=driver)


def scale_steps(fit: Fit) -> ScaleSteps:
    """Set the steps of drivers' scales side by side.

    Parameters
    ----------
    fit : Fit
        A fit with drivers whose steps need not be equal (``monotone=``).

    Returns
    -------
    ScaleSteps
        Parts of the way, the estimated scale, P(largest) and P(equal).

    Raises
    ------
    InputError
        If all its drivers have equal steps.

    References
    ----------
    .. [1] Buerkner & Charpentier (2020). Modelling monotonic effects of ordinal predictors in Bayesian regression
       models. British Journal of Mathematical and Statistical Psychology 73(3), 420-451. doi:10.1111/bmsp.12195
    """
    found = fit.steps
    if found is None:
        raise InputError(
            'Every driver of this fit has equal steps. Fit with engine="bayes", model="ordinal" and monotone=["..."].'
        )
    tails = [(1 - fit.spec.level) / 2, (1 + fit.spec.level) / 2]
    rows, whole = [], []
    for j, name in enumerate(found.drivers):
        n, low = int(found.count[j]), float(found.low[j])
        parts = found.parts[:, :, j, :n].reshape(-1, n)
        scale = low + n * parts.cumsum(axis=1)
        first = np.bincount(parts.argmax(axis=1), minlength=n) / len(parts)
        ends, at = np.quantile(parts, tails, axis=0), np.quantile(scale, tails, axis=0)
        steps = [f"{low + k:g} to {low + k + 1:g}" for k in range(n)]
        slope = fit.draws.slopes[..., found.places[j]]
        slope_low, slope_high = np.quantile(slope, tails)
        named = {"driver": name, "label": fit.label(name)}
        rows += [
            {
                **named, "step": steps[k], "start": low + k, "end": low + k + 1, "part": float(parts[:, k].mean()),
                "low": float(ends[0, k]), "high": float(ends[1, k]), "p_largest": float(first[k]),
                "scale": float(scale[:, k].mean()), "scale_low": float(at[0, k]), "scale_high": float(at[1, k]),
            } for k in range(n)
        ]
        whole.append({
            **named, "slope": float(slope.mean()), "low": float(slope_low), "high": float(slope_high), "equal": 1 / n,
            "p_equal": float((np.abs(parts - 1 / n) <= EQUAL_STEP).all(axis=1).mean()),
            "largest": steps[int(first.argmax())], "p_largest": float(first.max()),
        })
    return ScaleSteps(
        outcome=fit.spec.outcome, labels=fit.labels, model=fit.spec.model, link=fit.spec.link, level=fit.spec.level,
        n=fit.n, n_eff=fit.n_eff, table=pd.DataFrame(rows), drivers=pd.DataFrame(whole),
    )
