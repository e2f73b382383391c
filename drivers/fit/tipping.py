"""How different would those who did not answer have to be for the conclusion to tip? A table over assumed shifts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import LEVEL, SEED
from drivers.errors import InputError
from drivers.fit.result import Fit, Link, Model
from drivers.fit.run import fit
from drivers.stats.impute import MOST_POINTS
from drivers.stats.shapley import lmg
from drivers.survey.answers import Answers

SHIFTS = (-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0)
"""Shifts tried by default, in standard deviations of the latent answer of people alike."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tipping:
    """Slopes and shares under assumed shifts of the missing answers to one ``item``; ``unit`` of the shift."""

    item: str
    outcome: str
    unit: str
    level: float
    table: pd.DataFrame
    notes: tuple[str, ...] = field(default_factory=tuple)

    def tidy(self) -> pd.DataFrame:
        """Return one row per shift and driver.

        Columns: ``shift`` (0 is missing at random), ``item_mean`` mean of the item with its imputed answers,
        ``driver``, ``slope`` with ``low`` and ``high``, ``share`` (LMG), ``rank`` by share, and ``tips``: whether the
        slope's sign, whether its interval excludes 0, or the rank differs from what it is at shift 0.
        """
        return self.table.copy()

    def tipping_points(self) -> pd.DataFrame:
        """Return per driver the smallest shift down and up at which something tips, NaN where nothing does."""
        rows = []
        for driver, part in self.table.groupby("driver", sort=False):
            tips = part.loc[part["tips"], "shift"]
            rows.append({"driver": driver, "down": tips[tips < 0].max(), "up": tips[tips > 0].min()})
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """Return slopes by shift as text, with what tips."""
        shown = self.table.assign(text=[
            f"{slope:.3f} ({low:.3f} to {high:.3f}){'*' if tips else ''}"
            for slope, low, high, tips in self.table[["slope", "low", "high", "tips"]].itertuples(index=False)
        ])
        wide = shown.pivot(index="shift", columns="driver", values="text")[list(dict.fromkeys(shown["driver"]))]
        wide.index.name = wide.columns.name = None
        return "\n".join([
            f"Slopes on {self.outcome} if missing answers to {self.item} lie lower or higher than those of people "
            "alike who answered",
            f"Shift in {self.unit}; 0 is missing at random; * sign, significance or rank tips", "",
            wide.to_string(), "", *self.notes,
        ])


def tipping(
    answers: Answers,
    item: str,
    *,
    shifts: Sequence[float] = SHIFTS,
    outcome: str | None = None,
    drivers: Sequence[str] | None = None,
    model: Model = "linear",
    link: Link | None = None,
    imputations: int | None = None,
    level: float = LEVEL,
    seed: int = SEED,
) -> Tipping:
    """Refit with the missing answers to one item shifted, from much worse to much better than missing at random.

    Parameters
    ----------
    answers : Answers
        Checked answers.
    item : str
        Driver or outcome of the model whose missing answers are shifted.
    shifts : sequence of float
        In latent standard deviations for ratings, in units of the item for measurements; 0 is added where absent.
    outcome : str, optional
        Column to explain; the first outcome by default.
    drivers : sequence of str, optional
        Drivers; all by default.
    model : {"linear", "ordinal", "logit"}
        As in `drivers.fit`.
    link : {"identity", "probit", "logit"}, optional
        As in `drivers.fit`.
    imputations : int, optional
        Imputed data sets per shift.
    level : float
        Level of intervals, between 0 and 1.
    seed : int
        Seed of the imputations.

    Returns
    -------
    Tipping
        The same random numbers serve every shift, so that differences between rows are due to the shift.

    Raises
    ------
    InputError
        If the item has no missing answers among those used.

    References
    ----------
    .. [1] van Buuren (2018). Flexible Imputation of Missing Data, 2nd ed., sec. 3.8 and 9.2. doi:10.1201/9780429492259
    """
    tried = sorted({0.0, *map(float, shifts)})
    parts = []
    for shift in tried:
        fitted = fit(
            answers, outcome, drivers, model=model, link=link, draws=1, seed=seed, level=level, missing="impute",
            imputations=imputations, shift_missing={item: shift},
        )
        answered = fitted.cells.column(item)
        lacking = round(fitted.cells.n[np.isnan(answered)].sum())
        if not lacking:
            raise InputError(f"`{item}`: all {fitted.n:,} respondents used answered it, so nothing can be shifted.")
        parts.append(_row(fitted, item, shift))
    first = parts[tried.index(0.0)]
    rated = len(np.unique(answered[~np.isnan(answered)])) <= MOST_POINTS
    return Tipping(
        item=item, outcome=fitted.spec.outcome, unit="latent standard deviations" if rated else f"units of {item}",
        level=level, table=pd.concat([part.assign(tips=_tips(part, first)) for part in parts], ignore_index=True),
        notes=(f"{lacking:,} of {fitted.n:,} respondents have no answer to {item}; what they would have said is "
               "assumed, not known. No data can tell which shift is right.",),
    )


def _row(fitted: Fit, item: str, shift: float) -> pd.DataFrame:
    table = fitted.tidy().iloc[: len(fitted.spec.drivers)]
    share = lmg(fitted.point.joint_covariance()[0, 0])
    items = (*fitted.spec.drivers, fitted.spec.outcome)
    completed = [*fitted.point.x_mean[0, 0], _outcome_mean(fitted)]
    return pd.DataFrame({
        "shift": shift, "item_mean": completed[items.index(item)], "driver": table["term"], "slope": table["estimate"],
        "low": table["low"], "high": table["high"], "share": share,
        "rank": (-share).argsort().argsort() + 1,
    })


def _outcome_mean(fitted: Fit) -> float:
    """Mean of the outcome with its imputed answers; for ordinal and logit models it is not kept, so NaN."""
    if fitted.spec.model != "linear":
        return float("nan")
    return float(fitted.point.intercept[0, 0] + fitted.point.slopes[0, 0] @ fitted.point.x_mean[0, 0])


def _tips(part: pd.DataFrame, first: pd.DataFrame) -> pd.Series:
    def clear(table: pd.DataFrame) -> NDArray[np.bool_]:
        return np.asarray((table["low"] > 0) | (table["high"] < 0))

    turned = np.sign(part["slope"]) != np.sign(first["slope"])
    tipped: pd.Series = turned | (clear(part) != clear(first)) | (part["rank"] != first["rank"])
    return tipped
