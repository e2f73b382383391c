"""`priority_map`: how well each driver does against how much it matters, and how sure its quadrant is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import LEANING, LEVEL, LIKELY, VERY_LIKELY
from drivers.errors import InputError
from drivers.fit.result import Fit
from drivers.scenario.average_slope import average_slopes
from drivers.scenario.axis import axes_of
from drivers.survey.plain_text import percent_level, short_labels, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]

QUADRANTS: Final[Mapping[str, str]] = {
    "concentrate": "concentrate here", "keep_up": "keep up", "low_priority": "low priority",
    "overkill": "possible overkill",
}
"""Important and weak, important and strong, less important and weak, less important and strong."""

MIDDLE: Final = 50.0
"""Performance at the middle of the scale."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PriorityMap:
    """Performance and importance of p drivers.

    ``performance`` (S, p) means on a scale from 0, the worst answer there is, to 100, the best; ``importance`` (S, p)
    points (of 100) of the outcome that go with one point (of 100) of the driver, the others held equal; the same at the
    estimate in ``performance_estimate`` and ``importance_estimate`` (p,). Draws are joint.
    """

    outcome: str
    drivers: tuple[str, ...]
    labels: Mapping[str, str]
    model: str
    link: str
    engine: str
    performance: FloatArray
    importance: FloatArray
    performance_estimate: FloatArray
    importance_estimate: FloatArray
    n: int
    n_eff: float
    level: float = LEVEL
    notes: tuple[str, ...] = ()
    provenance: Mapping[str, object] = field(default_factory=dict)

    def label(self, name: str) -> str:
        """Return the words to print for a driver or the outcome, by its `name`."""
        return self.labels.get(name, name)

    @property
    def lines(self) -> tuple[float, float]:
        """Average performance and average importance of the drivers, at the estimate."""
        return float(self.performance_estimate.mean()), float(self.importance_estimate.mean())

    def quadrants(self, line: str = "mean") -> pd.DataFrame:
        """Return P(driver is in a quadrant): one row per driver, a column for each of `QUADRANTS`; rows add up to 1.

        Parameters
        ----------
        line : {"mean", "midpoint"}
            Where weak ends and strong begins: at the drivers' average, or in the middle of the scale. Important is
            what is above the drivers' average importance. Averages are those of each draw.

        Returns
        -------
        DataFrame
            By driver, in the order given.

        Raises
        ------
        InputError
            If the line is not known.
        """
        if line not in ("mean", "midpoint"):
            raise InputError(f"line={line!r} is not known; choose `mean` or `midpoint`.")
        middle = self.performance.mean(axis=1, keepdims=True) if line == "mean" else MIDDLE
        strong = self.performance >= middle
        matters = self.importance >= self.importance.mean(axis=1, keepdims=True)
        chance = [(matters & ~strong), (matters & strong), (~matters & ~strong), (~matters & strong)]
        table = {name: each.mean(axis=0) for name, each in zip(QUADRANTS, chance, strict=True)}
        return pd.DataFrame(table, index=pd.Index(self.drivers, name="driver"))

    def tidy(self) -> pd.DataFrame:
        """Return one row per driver.

        Columns: ``driver``, ``label``, ``performance`` with ``performance_low`` and ``performance_high``,
        ``importance`` with ``importance_low`` and ``importance_high``; the likeliest ``quadrant`` against the drivers'
        average and its probability ``p``; then the probability of each quadrant against the average (``p_concentrate``
        ...) and against the middle of the scale (``p_concentrate_midpoint`` ...).
        """
        ends = [(1 - self.level) / 2, (1 + self.level) / 2]
        (low, high), (least, most) = (np.quantile(each, ends, axis=0) for each in (self.performance, self.importance))
        mean, middle = self.quadrants("mean"), self.quadrants("midpoint")
        return pd.DataFrame({
            "driver": list(self.drivers), "label": [self.label(name) for name in self.drivers],
            "performance": self.performance_estimate, "performance_low": low, "performance_high": high,
            "importance": self.importance_estimate, "importance_low": least, "importance_high": most,
            "quadrant": mean.idxmax(axis=1).to_list(), "p": mean.max(axis=1).to_numpy(),
            **{f"p_{name}": mean[name].to_numpy() for name in QUADRANTS},
            **{f"p_{name}_midpoint": middle[name].to_numpy() for name in QUADRANTS},
        })

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain values for JSON."""
        return {
            "outcome": self.outcome, "model": self.model, "engine": self.engine, "n": self.n, "n_eff": self.n_eff,
            "level": self.level, "average_performance": self.lines[0], "average_importance": self.lines[1],
            "drivers": [{str(key): value for key, value in row.items()} for row in self.tidy().to_dict("records")],
            "causal": "association", "notes": list(self.notes), "provenance": dict(self.provenance),
        }

    def summary(self) -> str:
        """Return the map as a table and sentences."""
        rows = self.tidy()
        shown = pd.DataFrame({
            "performance": rows["performance"].map("{:.1f}".format),
            f"{percent_level(self.level)}": _ends(rows, "performance", 1),
            "importance": rows["importance"].map("{:.2f}".format),
            f"{percent_level(self.level)} ": _ends(rows, "importance", 2),
            "quadrant": rows["quadrant"].map(QUADRANTS), "P": rows["p"].map("{:.2f}".format),
        })
        shown.index = pd.Index(short_labels(list(rows["label"])))
        head = [
            f"Priorities for {self.label(self.outcome)}: performance against importance, {self.model} model, "
            f"n {self.n:,}, effective n {self.n_eff:,.0f}"
        ]
        foot = [
            *self.sentences(),
            "Performance: average on a scale from 0 (worst answer there is) to 100 (best). Importance: points (of 100) "
            "of the outcome that go with one point (of 100) of the driver, the others held equal. Association, not "
            "effect. P: that the driver is in this quadrant, against the drivers' averages; lines are conventions.",
            *self.notes,
        ]
        return "\n".join([*wrapped(head), "", shown.to_string(), "", *wrapped(foot)])

    def sentences(self) -> list[str]:
        """Return what to concentrate on, worded by how sure it is, and what the middle of the scale would change."""
        mean, middle = self.quadrants("mean"), self.quadrants("midpoint")
        said = []
        pairs = zip(self.drivers, mean["concentrate"].to_numpy(float), middle["concentrate"].to_numpy(float),
                    strict=True)  # fmt: skip
        for name, p, other in sorted(pairs, key=lambda each: -each[1]):
            if p >= LEANING:
                said.append(
                    f"Concentrate here: {self.label(name)}, {_sure(p)} ({p:.0%})"
                    + (f"; against the middle of the scale {other:.0%}." if abs(other - p) > 0.05 else ".")
                )
        return said or ["No driver is both weaker and more important than the average with any certainty."]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the map on `ax`, or on a new figure without it."""
        from drivers.plot.priority import plot_priority

        return plot_priority(self, ax=ax)


def _ends(rows: pd.DataFrame, name: str, digits: int) -> list[str]:
    pairs = zip(rows[f"{name}_low"], rows[f"{name}_high"], strict=True)
    return [f"{low:.{digits}f} to {high:.{digits}f}" for low, high in pairs]


def _sure(p: float) -> str:
    return "very likely" if p >= VERY_LIKELY else "likely" if p >= LIKELY else "a leaning"


def performance_of(mean: FloatArray, low: FloatArray, high: FloatArray, better: FloatArray) -> FloatArray:
    """Return means on a scale from 0, the worst answer there is, to 100, the best.

    Parameters
    ----------
    mean : ndarray, shape (..., p)
        Average answers.
    low, high : ndarray, shape (p,)
        Ends of the scales, not of the answers given.
    better : ndarray, shape (p,)
        1 where a larger answer is better, -1 where a smaller one is.

    Returns
    -------
    ndarray, shape (..., p)
        Points of 100.

    References
    ----------
    .. [1] Ringle & Sarstedt (2016). Gain more insight from your PLS-SEM results: the importance-performance map
       analysis. Industrial Management & Data Systems 116(9), 1865-1886. doi:10.1108/IMDS-10-2015-0449
    """
    share = (mean - low) / (high - low)
    found: FloatArray = 100 * np.where(better > 0, share, 1 - share)
    return found


def priority_map(fit: Fit) -> PriorityMap:
    """Hold how well each driver does against how much it matters.

    Parameters
    ----------
    fit : Fit
        A fitted driver model.

    Returns
    -------
    PriorityMap
        Performance and importance of every driver, with the probability of every quadrant from joint draws.

    Raises
    ------
    InputError
        If the fit holds products of drivers, which have no one slope, or does not know its scales.

    Notes
    -----
    Importance is the slope of the expected outcome in its own points, averaged over people for ordinal and binary
    models, both scales put on 0..100. It is neither a share of explained variance nor what an action would gain.

    References
    ----------
    .. [1] Martilla & James (1977). Importance-performance analysis. J. of Marketing 41(1), 77-79.
       doi:10.1177/002224297704100112
    .. [2] Ringle & Sarstedt (2016). Industrial Management & Data Systems 116(9), 1865-1886.
       doi:10.1108/IMDS-10-2015-0449
    """
    if not isinstance(fit, Fit):
        raise InputError(f"A priority map is read off a fit, not {type(fit).__name__}: dr.priority_map(dr.fit(...)).")
    axes = axes_of(fit.items, fit.spec.drivers, fit.cells)
    low, high = np.array([axis.low for axis in axes]), np.array([axis.high for axis in axes])
    better = np.array([float(axis.better) for axis in axes])
    slopes, point = average_slopes(fit)
    p = len(axes)
    factor = better * (high - low) / _outcome_range(fit)
    mean = fit.draws.x_mean.reshape(-1, fit.draws.x_mean.shape[-1])[:, :p]
    performance = performance_of(mean, low, high, better)
    bayes = fit.spec.engine == "bayes"
    at = performance.mean(axis=0) if bayes else performance_of(fit.point.x_mean[0, 0, :p], low, high, better)
    seen = [axis.label for axis in axes if not axis.declared]
    notes = () if not seen else (
        f"{', '.join(seen)}: no scale is declared, so 0 and 100 are the worst and the best answer given.",
    )
    return PriorityMap(
        outcome=fit.spec.outcome, drivers=fit.spec.drivers, labels=fit.labels, model=fit.spec.model,
        link=fit.spec.link, engine=fit.spec.engine, performance=performance, importance=factor * slopes,
        performance_estimate=at, importance_estimate=factor * (slopes.mean(axis=0) if bayes else point), n=fit.n,
        n_eff=fit.n_eff, level=fit.spec.level, notes=notes, provenance=fit.provenance,
    )  # fmt: skip


def _outcome_range(fit: Fit) -> float:
    if len(fit.categories):
        return float(fit.categories[-1] - fit.categories[0])
    item = fit.items.get(fit.spec.outcome)
    if item is not None and isinstance(item.scale, tuple):
        return float(item.scale[1] - item.scale[0])
    raise InputError(
        f"`{fit.spec.outcome}` has no declared scale, so it cannot be put on 0 to 100. Declare scale = [low, high]."
    )
