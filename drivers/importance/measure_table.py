"""`measures`: every measure of importance side by side, each with what it is, and what the signs of the drivers say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.fit.result import Fit
from drivers.importance.blocks import Blocks, blocks_of
from drivers.importance.hierarchy import refuse_products
from drivers.importance.shares import take_shares
from drivers.importance.ties import ranks
from drivers.stats.measure_facts import MEASURE_FACTS
from drivers.stats.measures import MEASURES, measured
from drivers.survey.plain_text import effective

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]

MOST_ORDERED = 8
"""The orders of more drivers are not spelled out."""

SIGNED = ("correlation", "structure")
"""Measures whose size is ranked without their sign."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasureTable:
    """Every measure of one fit.

    ``estimates`` and ``draws`` hold, by measure, (p,) plug-in values and (S, p) draws, NaN rows left out; ``slopes``
    (S, p) per driver point with ``slope_estimate`` (p,). Rows may be groups, which have no slope (NaN) and no sign;
    ``correlations`` then holds those of single drivers, (p,) and (S, p). ``notes`` say what to watch.
    """

    outcome: str
    drivers: tuple[str, ...]
    labels: Mapping[str, str]
    estimates: Mapping[str, FloatArray]
    draws: Mapping[str, FloatArray]
    slope_estimate: FloatArray
    slopes: FloatArray
    r2: float
    n: int
    n_eff: float
    level: float
    notes: tuple[str, ...] = ()
    correlations: tuple[FloatArray, FloatArray] | None = None

    def label(self, name: str) -> str:
        """Return the words to print for a driver or the outcome, by its `name`."""
        return self.labels.get(name, name)

    def tidy(self) -> pd.DataFrame:
        """Return one row per measure and driver.

        Columns: ``measure``, ``title``, ``driver``, ``label``, ``estimate`` with ``low`` and ``high``, ``rank`` by
        size, ``sums_to`` ("R2" or "nothing"), ``can_be_negative``, ``source`` and ``doi``.
        """
        rows = []
        for name, estimate in self.estimates.items():
            low, high = np.quantile(self.draws[name], [(1 - self.level) / 2, (1 + self.level) / 2], axis=0)
            facts = MEASURE_FACTS[name]
            for j, driver in enumerate(self.drivers):
                rows.append({
                    "measure": name, "title": facts.title, "driver": driver, "label": self.label(driver),
                    "estimate": estimate[j], "low": low[j], "high": high[j], "rank": _ranked(name, estimate)[j],
                    "sums_to": facts.sums_to, "can_be_negative": facts.negative, "source": facts.source,
                    "doi": facts.doi,
                })
        return pd.DataFrame(rows)

    def table(self) -> pd.DataFrame:
        """Return one row per measure: a column per driver (its name), then ``total``, ``sums_to`` and so on.

        ``total`` is the sum over drivers: R2 where ``sums_to`` says so, and of no meaning elsewhere (NaN).
        """
        rows = []
        for name, estimate in self.estimates.items():
            facts = MEASURE_FACTS[name]
            rows.append({
                "measure": name, "title": facts.title, **dict(zip(self.drivers, estimate, strict=True)),
                "total": estimate.sum() if facts.sums_to == "R2" else np.nan, "sums_to": facts.sums_to,
                "can_be_negative": facts.negative, "meaning": facts.meaning, "source": facts.source, "doi": facts.doi,
            })
        return pd.DataFrame(rows)

    def signs(self) -> pd.DataFrame:
        """Return one row per single driver: the sign of its slope, others held equal, beside that of its correlation.

        Columns: ``driver``, ``label``, ``slope`` and ``correlation``, ``p_slope_positive`` and
        ``p_correlation_positive``, ``conflict`` where the estimates differ in sign, and ``p_conflict``, the
        probability that they do.
        """
        estimate, correlation = self.correlations or (self.estimates["correlation"], self.draws["correlation"])
        differ = (np.sign(self.slopes) * np.sign(correlation) < 0).mean(axis=0)
        table = pd.DataFrame({
            "driver": list(self.drivers), "label": [self.label(name) for name in self.drivers],
            "slope": self.slope_estimate, "correlation": estimate,
            "p_slope_positive": (self.slopes > 0).mean(axis=0),
            "p_correlation_positive": (correlation > 0).mean(axis=0),
            "conflict": np.sign(self.slope_estimate) * np.sign(estimate) < 0,
            "p_conflict": differ,
        })
        return table[np.isfinite(self.slope_estimate)].reset_index(drop=True)

    def summary(self) -> str:
        """Return all measures, the signs, and what to watch as text."""
        table = self.table()
        shown = table[["title", *self.drivers, "total"]].copy()
        shown["total"] = ["" if np.isnan(total) else f"{total:.3f}" for total in shown["total"]]
        shown[list(self.drivers)] = shown[list(self.drivers)].map("{:.3f}".format)
        shown["sums to"] = table["sums_to"]
        shown["can be negative"] = np.where(table["can_be_negative"], "yes", "no")
        shown["source"] = table["source"]
        shown = shown.rename(columns={"title": "", **{name: self.label(name) for name in self.drivers}})
        signs = self.signs()[["label", "slope", "correlation", "conflict", "p_conflict"]].round(3)
        return "\n".join([
            f"Measures of importance for {self.label(self.outcome)}, n {self.n:,}, {effective(self.n, self.n_eff)}, "
            f"R2 {self.r2:.3f}",
            "", shown.to_string(index=False), "", signs.to_string(index=False), "",
            "Take LMG for shares of explained variance. No share carries a sign: read signs from slopes and "
            "correlations. Association, not effect.",
            *self.notes,
        ])

    def to_dict(self) -> dict[str, object]:
        """Return all measures as plain values for JSON."""
        table = self.table()
        return {
            "outcome": self.outcome, "n": self.n, "n_eff": self.n_eff, "deff_weights": self.n / self.n_eff,
            "level": self.level, "r2": self.r2,
            "measures": [
                {**row, "total": None if np.isnan(row["total"]) else row["total"]} for row in table.to_dict("records")
            ],
            "signs": self.signs().to_dict("records"), "notes": list(self.notes),
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the drivers' places under each measure as a slope graph, on `ax` or a new figure."""
        from drivers.plot.measures import plot_measures

        return plot_measures(self, ax=ax)


def measures(
    fit: Fit, *, groups: Mapping[str, Sequence[str]] | None = None, always: Sequence[str] = ()
) -> MeasureTable:
    """Compute every measure of importance on the same draws.

    Parameters
    ----------
    fit : Fit
        A fitted driver model and its draws.
    groups : mapping of str to sequence of str, optional
        Drivers that enter together, by the name of their group; measures that groups do not have are left out, and
        said.
    always : sequence of str
        Drivers that are in every model; the fit's controls are always in.

    Returns
    -------
    MeasureTable
        LMG, relative weights, CAR scores, Pratt, first, last, squared standardised slope, correlation and structure
        coefficient; on the latent scale for ordinal and logit models.

    Raises
    ------
    InputError
        If a driver is an exact mix of others, or a name in `groups` or `always` is not right.

    Notes
    -----
    Measures answer different questions, and only those that sum to R2 share it out. LMG is the default: it is never
    negative and rests on R2 of submodels alone. Relative weights are quicker and mostly close, but may order drivers
    differently; that is said in the notes.

    References
    ----------
    .. [1] Groemping (2007). The American Statistician 61(2), 139-147. doi:10.1198/000313007X188252
    .. [2] Thomas, Zumbo, Kwan & Schweitzer (2014). Multivariate Behavioral Research 49(4), 329-338.
       doi:10.1080/00273171.2014.905766
    """
    refuse_products(fit, "`measures`")
    point = fit.point.joint_covariance()[0, 0]
    stack = fit.draws.joint_covariance().reshape(-1, *point.shape)
    blocks = blocks_of(fit.spec.drivers, groups, always, fit.spec.controls)
    names = [name for name in MEASURES if MEASURE_FACTS[name].groups or not blocks.grouped]
    found = {name: take_shares(name, point, stack, blocks, fit.spec.seed) for name in names}
    made = min(len(shares.draws) for shares in found.values())
    drawn = {name: shares.draws[:made] for name, shares in found.items()}
    kept = np.logical_and.reduce([np.isfinite(values).all(axis=1) for values in drawn.values()])
    lone = np.array([places[0] if len(places) == 1 else -1 for places in blocks.members])
    rest = [j for j in range(len(point) - 1) if j not in blocks.always]
    correlations = [
        _by_row(measured("correlation", cov, always=blocks.always), [rest.index(j) if j >= 0 else -1 for j in lone])
        for cov in (point, stack[:made])
    ]
    table = MeasureTable(
        outcome=fit.spec.outcome, drivers=blocks.names, labels=fit.labels,
        estimates={name: shares.estimate for name, shares in found.items()},
        draws={name: values[kept] for name, values in drawn.items()},
        slope_estimate=_by_row(fit.point.slopes[0, 0], lone),
        slopes=_by_row(fit.draws.slopes.reshape(len(stack), -1), lone)[:made][kept], r2=fit.r2, n=fit.n,
        n_eff=fit.n_eff, level=fit.spec.level, correlations=(correlations[0], correlations[1][kept]),
        notes=(*_left_out(int((~kept).sum()), len(kept)), *found["lmg"].notes(), *_undefined(blocks)),
    )
    return _with_notes(table)


def _by_row(values: FloatArray, places: Sequence[int] | NDArray[np.int64]) -> FloatArray:
    """Take `values` (..., p) at the places of rows, NaN where a row has none (-1)."""
    at = np.asarray(places)
    return np.where(at < 0, np.nan, values[..., at])


def _undefined(blocks: Blocks) -> tuple[str, ...]:
    if not blocks.grouped:
        return ()
    without = [facts.title for name, facts in MEASURE_FACTS.items() if name in MEASURES and not facts.groups]
    return (f"Not defined for groups, so left out: {', '.join(without)}.",)


def _left_out(failed: int, count: int) -> tuple[str, ...]:
    return (f"{failed:,} of {count:,} draws have no measure and were left out.",) if failed else ()


def _with_notes(table: MeasureTable) -> MeasureTable:
    notes = [*table.notes, *_order_note(table)]
    signs = table.signs()
    for row in signs[signs["conflict"]].itertuples():
        notes.append(
            f"Signs of {row.label} conflict: slope {row.slope:+.3f}, correlation {row.correlation:+.3f} "
            f"(probability {row.p_conflict:.2f}). The slope is what is left with the other drivers held equal; the "
            "share has no sign, so do not read it as good or bad."
        )
    negative = [name for name, values in table.estimates.items()
                if MEASURE_FACTS[name].sums_to == "R2" and (values < 0).any()]  # fmt: skip
    for name in negative:
        low = [table.label(d) for d, v in zip(table.drivers, table.estimates[name], strict=True) if v < 0]
        notes.append(f"{MEASURE_FACTS[name].title} is negative for {', '.join(low)}, so it is no share here.")
    return replace(table, notes=tuple(notes))


def _order_note(table: MeasureTable) -> tuple[str, ...]:
    """Say where relative weights order the drivers unlike LMG."""
    if not {"lmg", "relative_weights"} <= set(table.estimates):
        return ()
    orders = [
        [table.label(table.drivers[j]) for j in np.argsort(-table.estimates[name], kind="stable")]
        for name in ("lmg", "relative_weights")
    ]
    if orders[0] == orders[1]:
        return ()
    told = f"{' > '.join(orders[1])}, LMG {' > '.join(orders[0])}"
    if len(orders[0]) > MOST_ORDERED:
        places = [place for place, (one, two) in enumerate(zip(*orders, strict=True)) if one != two]
        first = places[0]
        told = (
            f"{len(places)} of {len(orders[0])} places differ, the first of them place {first + 1}, with "
            f"{orders[1][first]} by weights and {orders[0][first]} by LMG"
        )
    return (
        f"Relative weights order the drivers differently: {told}. Trust LMG; relative weights lack a justification of "
        "their own.",
    )


def _ranked(name: str, estimate: FloatArray) -> NDArray[np.int64]:
    size = np.abs(estimate) if name in SIGNED else estimate
    return ranks(size[None])[0]
