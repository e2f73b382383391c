"""Can a good driver make up for a bad one? The elasticity between them, and products of two, judged by prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import (
    ANSWERS_PER_SHAPE,
    LEVEL,
    MOST_FOR_ALL_PRODUCTS,
    RHO_RANGE,
    SEED,
)
from drivers.errors import InputError, SurveyError, TooFewAnswersError, nearest, quoted
from drivers.fit.regression.sample import Sample
from drivers.gap.plain import records
from drivers.gap.predictions import Compared, compare_predictions
from drivers.gap.terms import Complete, TermOptions, check_outcome, coded_outcome, complete_cells
from drivers.stats.cumulative import IntArray, fit_cumulative
from drivers.stats.elasticity import Elasticity, fit_elasticity, power_mean
from drivers.stats.leave_one_out import LeftOut, loo_linear, loo_ordinal
from drivers.survey.answers import Answers
from drivers.survey.plain_text import percent_level

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compensation:
    """How drivers make up for each other. ``elasticity`` the fitted power mean; ``models`` what `tidy` returns.

    ``ends`` of the drivers' scale; ``weights`` of the power mean by driver are in ``elasticity.weights``.
    """

    outcome: str
    label: str
    drivers: tuple[str, ...]
    labels: Mapping[str, str]
    ends: tuple[float, float]
    elasticity: Elasticity
    models: pd.DataFrame
    n: int
    level: float
    notes: tuple[str, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """Return one row per model.

        Columns: ``model`` ("additive", "constant elasticity", "a x b"); ``r2``; ``better``: log density of answers
        left out, more than the additive model's, with ``error``; ``latent`` and ``latent_error`` the same of
        cumulative probits (NaN where the outcome is no rating); ``coefficient`` (rho, or the slope of the product per
        squared point); ``stated`` whether it is better by more than two standard errors, on both scales.
        """
        return self.models.copy()

    @property
    def stated(self) -> bool:
        """Whether rho may be stated: the power mean predicts better than the sum by more than two standard errors."""
        return bool(self.models.set_index("model").at["constant elasticity", "stated"])

    def reading(self) -> str:
        """Say what the comparison allows to say."""
        e = self.elasticity
        if not self.stated:
            return (
                f"Whether a strong driver makes up for a weak one in {self.label} cannot be told: a model in which it "
                "does so only in part (a power mean) does not predict better than the plain sum of the drivers."
            )
        way = (
            "a weak driver pulls the outcome down more than a strong one lifts it" if e.high < 1
            else "a strong driver lifts the outcome more than a weak one pulls it down" if e.low > 1
            else "in which direction is open"
        )
        return (
            f"In {self.label} drivers do not simply add up: {way} (rho {e.rho:.1f}, {percent_level(self.level)} "
            f"interval {e.low:.1f} to {e.high:.1f}; P(rho < 0) {e.p_negative:.2f})."
        )

    def summary(self) -> str:
        """Return the models and their reading as text."""
        t = self.models.copy()
        t["better by"] = [f"{d:+.1f} +/- {e:.1f}" for d, e in zip(t["better"], t["error"], strict=True)]
        t["latent"] = [f"{d:+.1f} +/- {e:.1f}" for d, e in zip(t["latent"], t["latent_error"], strict=True)]
        t["r2"], t["coefficient"] = t["r2"].map("{:.3f}".format), [
            "" if np.isnan(v) else f"{v:+.3f}" for v in t["coefficient"]
        ]
        return "\n".join([
            f"Making up for each other, {self.label}, n {self.n:,}", "",
            t[["model", "r2", "coefficient", "better by", "latent", "stated"]].to_string(index=False), "",
            self.reading(), *self.notes,
        ])  # fmt: skip

    def curve(self, at: int = 0, other: int = 1, steps: int = 41) -> pd.DataFrame:
        """Return pairs of answers to two drivers with the same fitted outcome, all else at the middle.

        Parameters
        ----------
        at, other : int
            Places of the two drivers.
        steps : int
            Points on the curve.

        Returns
        -------
        DataFrame
            Columns named after the two drivers: what the second has to be for each level of the first.
        """
        low, high = self.ends
        span = high - low + 1
        middle = np.full(len(self.drivers), ((low + high) / 2 - low + 1) / span)
        want = float(power_mean(middle[None], self.elasticity.weights, self.elasticity.rho)[0])
        first, fine = np.linspace(low, high, steps), np.linspace(low, high, 401)
        found = []
        for value in first:
            rows = np.tile(middle, (len(fine), 1))
            rows[:, at], rows[:, other] = (value - low + 1) / span, (fine - low + 1) / span
            mean = power_mean(rows, self.elasticity.weights, self.elasticity.rho)
            place = int(np.argmin(np.abs(mean - want)))
            found.append(fine[place] if abs(mean[place] - want) < 0.01 else np.nan)
        return pd.DataFrame({self.drivers[at]: first, self.drivers[other]: found})

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the profile of rho on `ax`, or on a new figure."""
        from drivers.plot.elasticity import plot_elasticity

        return plot_elasticity(self, ax=ax)

    def to_dict(self) -> dict[str, object]:
        """Return the result as plain values for JSON; rho is null where it may not be stated."""
        e = self.elasticity
        rho = {"estimate": e.rho, "low": e.low, "high": e.high, "p_negative": e.p_negative} if self.stated else None
        return {"outcome": self.outcome, "n": self.n, "level": self.level, "rho": rho,
                "models": records(self.models), "reading": self.reading(), "notes": list(self.notes)}  # fmt: skip


def compensation(
    answers: Answers, outcome: str | None = None, drivers: Sequence[str] | None = None, *,
    products: Sequence[tuple[str, str]] | None = None, seed: int = SEED, level: float = LEVEL,
    where: Mapping[str, object] | None = None,
) -> Compensation:
    """Compare a sum of drivers with a power mean of constant elasticity and with products of two drivers.

    Parameters
    ----------
    answers : Answers
        Checked answers.
    outcome : str, optional
        The first outcome that is not the direct item by default.
    drivers : sequence of str, optional
        Two or more on one closed scale; all drivers by default.
    products : sequence of (str, str), optional
        Pairs to multiply; every pair of up to `MOST_FOR_ALL_PRODUCTS` drivers by default.
    seed : int
        Seed of all draws.
    level : float
        Level of intervals, between 0 and 1.
    where : mapping, optional
        Only respondents with this wave or segment.

    Returns
    -------
    Compensation
        Rho 1 is the sum; below 1 the weakest drivers count most, down to the minimum at minus infinity. Stated only
        where it predicts answers left out better by more than two standard errors, on scale points and on the latent
        scale: a full top box bends every line.

    Raises
    ------
    SurveyError
        If the drivers are on different or open scales.
    InputError
        If there are fewer than two drivers, or a name is unknown.

    Notes
    -----
    Assumes that the scales can be compared, and linear scale points of the outcome. Answers are shifted to start at 1.

    References
    ----------
    .. [1] Vehtari, Gelman & Gabry (2017). Statistics and Computing 27, 1413-1432. doi:10.1007/s11222-016-9696-4
    """
    options = TermOptions(seed=seed, level=level, where=where)
    name = check_outcome(answers, outcome)
    survey = answers.survey
    names = tuple(drivers or survey.drivers)
    ends = _one_scale(answers, names)
    if products is None:
        products = list(combinations(names, 2)) if len(names) <= MOST_FOR_ALL_PRODUCTS else []
    for item in {item for pair in products for item in pair if item not in names}:
        raise InputError(f"{nearest(item, names)} is not among the drivers {quoted(names)}.")
    complete = complete_cells(answers, names, name, options)
    cells, weight = complete.sample.cells, complete.sample.weight
    x, y, n = cells.values[:, :-1], cells.values[:, -1], cells.n
    if complete.n <= ANSWERS_PER_SHAPE * (len(names) + 3):
        raise TooFewAnswersError(f"{complete.n:,} complete answers cannot carry {len(names)} drivers and a shape. Use "
                                 "fewer drivers.")  # fmt: skip
    shifted = (x - ends[0] + 1) / (ends[1] - ends[0] + 1)
    plain = loo_linear(x, y, weight, n)
    total = float(weight @ (y - weight @ y / weight.sum()) ** 2)
    rows: list[dict[str, object]] = [
        {"model": "additive", "r2": _r2(x, y, weight, total), "coefficient": np.nan, "better": 0.0, "error": 0.0,
         "latent": 0.0, "latent_error": 0.0, "stated": False}
    ]  # fmt: skip
    latent = _Latent.of(answers, complete, options)
    bent = fit_elasticity(shifted, y, weight, level)
    apart = compare_predictions(complete.sample, loo_linear(bent.jacobian, y - bent.fitted, weight, n), plain)
    rows.append({"model": "constant elasticity", "r2": 1 - bent.squares / total, "coefficient": bent.rho,
                 **_judged(complete.sample, apart, latent, x,
                           power_mean(shifted, bent.weights, bent.rho)[:, None])})  # fmt: skip
    for one, two in products:
        i, j = names.index(one), names.index(two)
        middle = (ends[0] + ends[1]) / 2
        columns = np.column_stack([x, (x[:, i] - middle) * (x[:, j] - middle)])
        apart = compare_predictions(complete.sample, loo_linear(columns, y, weight, n), plain)
        slope = np.linalg.lstsq(np.column_stack([np.ones(len(y)), columns]) * np.sqrt(weight)[:, None],
                                np.sqrt(weight) * y, rcond=None)[0][-1]  # fmt: skip
        rows.append({"model": f"{one} x {two}", "r2": _r2(columns, y, weight, total), "coefficient": float(slope),
                     **_judged(complete.sample, apart, latent, x, columns)})  # fmt: skip
    notes = [*complete.notes()]
    if bent.rho in RHO_RANGE:
        notes.append(f"Rho is at the edge of what is looked at ({RHO_RANGE[0]:g} to {RHO_RANGE[1]:g}).")
    if len(products) > 1:
        notes.append(f"{len(products)} products were tried: one in forty looks better by two errors by chance.")
    return Compensation(
        outcome=name, label=survey.label(name), drivers=names, labels={d: survey.label(d) for d in names}, ends=ends,
        elasticity=bent, models=pd.DataFrame(rows), n=complete.n, level=level, notes=tuple(notes),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Latent:
    """The outcome in categories (m,) with weights and respondents, to predict on the latent scale."""

    category: IntArray
    weight: FloatArray
    n: FloatArray

    @classmethod
    def of(cls, answers: Answers, complete: Complete, options: TermOptions) -> _Latent | None:
        """Return it, or None where the outcome is no rating with every point used."""
        try:
            coded = coded_outcome(answers, complete, replace(options, model="ordinal"))
        except InputError:
            return None
        if coded is None:
            return None
        cells = complete.sample.cells
        category = np.searchsorted(coded.categories, cells.values[:, -1]).astype(np.intp)
        return cls(category=category, weight=complete.sample.weight, n=cells.n)

    def left_out(self, columns: FloatArray) -> LeftOut:
        """Return how a cumulative probit on `columns` (m, k) predicts."""
        x = np.ascontiguousarray(columns)
        fit = fit_cumulative(x, self.category, self.weight, "probit")
        return loo_ordinal(x, self.category, self.weight, self.n, fit, "probit")


def _judged(
    sample: Sample, apart: Compared, latent: _Latent | None, plain: FloatArray, columns: FloatArray
) -> dict[str, object]:
    """How much better than `plain` columns others predict, on both scales, and whether that may be stated."""
    row: dict[str, object] = {"better": apart.difference, "error": apart.error, "latent": np.nan,
                              "latent_error": np.nan, "stated": apart.decisive}  # fmt: skip
    if latent is None:
        return row
    also = compare_predictions(sample, latent.left_out(columns), latent.left_out(plain))
    both = apart.decisive and also.decisive
    return row | {"latent": also.difference, "latent_error": also.error, "stated": both}


def _one_scale(answers: Answers, names: Sequence[str]) -> tuple[float, float]:
    if len(names) < 2:
        raise InputError("One driver alone has nothing to make up for; name two or more.")
    scales = [answers.survey.item(name).scale for name in names]
    first = scales[0]
    for name, scale in zip(names, scales, strict=True):
        if not isinstance(scale, tuple) or scale != first:
            raise SurveyError(
                f"`{name}` is on an open scale or another one than `{names[0]}`; drivers that make up for each other "
                "have to be on one closed scale. Leave it out: drivers=[...]."
            )
    assert isinstance(first, tuple)
    return first


def _r2(columns: FloatArray, y: FloatArray, weight: FloatArray, total: float) -> float:
    root = np.sqrt(weight)
    design = np.column_stack([np.ones(len(y)), columns]) * root[:, None]
    left = root * y - design @ np.linalg.lstsq(design, root * y, rcond=None)[0]
    return 1 - float(left @ left) / total
