"""What a fit says about given answers: chance of each outcome category, mean, and top box, for every draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.errors import InputError, missing_columns, quoted
from drivers.fit.result import Fit
from drivers.fit.segment_draws import SegmentDraws
from drivers.fit.spread_draws import SpreadDraws
from drivers.stats.cumulative import Link, category_probabilities

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prediction:
    """Predictions for m rows; arrays start with (chain, draw).

    ``mean`` (C, D, m) outcome points; ``categories`` (q+1,) scale points and ``probability`` (C, D, m, q+1) their
    chances, and ``top`` (C, D, m) the chance of the top box, which starts at ``top_from``. A linear model has no
    categories: then ``probability`` and ``top`` are None.
    """

    mean: FloatArray
    categories: FloatArray
    probability: FloatArray | None
    top: FloatArray | None
    top_from: float | None

    def tidy(self) -> pd.DataFrame:
        """Return one row per predicted row: ``mean``, ``top`` and one column per category, averaged over draws."""
        frame = pd.DataFrame({"mean": self.mean.mean(axis=(0, 1))})
        if self.probability is not None and self.top is not None:
            frame["top"] = self.top.mean(axis=(0, 1))
            chance = self.probability.mean(axis=(0, 1))
            for j, point in enumerate(self.categories):
                frame[f"{point:g}"] = chance[:, j]
        return frame


def predict(
    fit: Fit, rows: pd.DataFrame | Mapping[str, Sequence[float]] | None = None, *, draws: bool = False
) -> Prediction:
    """Predict the outcome for given driver answers.

    Parameters
    ----------
    fit : Fit
        A fitted driver model.
    rows : DataFrame or mapping, optional
        One column per driver, in scale points; the fit's own complete cells by default. An empty cell means "does
        not apply" for drivers whose not applying is part of the model. Where slopes vary by segment, or
        groups differ in spread, rows that carry their columns get those of theirs, others the population's average.
    draws : bool
        Predict for every bootstrap draw instead of for the point estimate alone.

    Returns
    -------
    Prediction
        For ordinal models the mean is the expected scale point, which never leaves the scale.

    Raises
    ------
    DataError
        If a driver's column is missing.
    InputError
        If an answer is missing or not a number, or a segment is not one of the model.
    """
    x, away = _driver_rows(fit, rows)
    used = fit.draws if draws else fit.point
    eta = np.einsum("cdp,mp->cdm", used.slopes, x)
    if fit.segments is not None and (place := _groups(fit, fit.segments, rows)) is not None:
        eta += _segment_terms(fit, x, place, draws)
    if fit.steps is not None:
        eta += fit.steps.added(used.slopes, x, None if draws else fit.steps.point())
    if used.products is not None:
        eta += np.einsum("cdq,mq->cdm", used.products.slopes, np.column_stack([z.values(x) for z in fit.products]))
    if used.exposure is not None:
        eta -= np.einsum("cde,me->cdm", used.exposure.effect, away)
    if fit.spec.model == "linear":
        return Prediction(
            mean=eta + used.intercept[..., None], categories=fit.categories, probability=None, top=None,
            top_from=fit.top,
        )
    link: Link = "probit" if fit.spec.link == "probit" else "logit"
    if fit.spreads is None:
        chance = category_probabilities(eta, used.cuts, link)
    else:
        chance = _unequal(fit.spreads, _groups(fit, fit.spreads, rows), eta, used.cuts, link, draws)
    start = 1.0 if fit.spec.model == "logit" else fit.top
    inside = fit.categories >= (start if start is not None else fit.categories[-1])
    return Prediction(
        mean=chance @ fit.categories, categories=fit.categories, probability=chance,
        top=chance[..., inside].sum(axis=-1), top_from=fit.top,
    )


def _driver_rows(
    fit: Fit, rows: pd.DataFrame | Mapping[str, Sequence[float]] | None
) -> tuple[FloatArray, FloatArray]:
    """Return answers (m, p), and (m, e) 1 where an exposed driver is left empty because it does not apply."""
    places = [fit.spec.drivers.index(name) for name in fit.exposed]
    if rows is None:
        x = fit.cells.complete().values[:, : len(fit.spec.drivers)]
        return x, np.zeros((len(x), len(places)))
    table = pd.DataFrame(rows)
    missing = [name for name in fit.spec.drivers if name not in table.columns]
    if missing:
        raise missing_columns(missing, list(map(str, table.columns)), "the rows to predict for")
    x = table[list(fit.spec.drivers)].to_numpy(np.float64, na_value=np.nan, copy=True)
    away = np.isnan(x[:, places])
    for at, j in enumerate(places):
        answered = ~np.isnan(fit.cells.values[:, j])
        average = np.average(fit.cells.values[answered, j], weights=fit.cells.sum_w[answered])
        x[away[:, at], j] = average
    if not np.isfinite(x).all():
        bad = fit.spec.drivers[int(np.argwhere(~np.isfinite(x))[0][1])]
        raise InputError(
            f"`{bad}`: {int((~np.isfinite(x)).any(axis=1).sum())} rows lack an answer. Fill in a value to predict for."
        )
    return x, away.astype(np.float64)


def _groups(
    fit: Fit, found: SegmentDraws | SpreadDraws, rows: pd.DataFrame | Mapping[str, Sequence[float]] | None
) -> NDArray[np.intp] | None:
    """Return the segment or group (m,) of every row, None where rows do not say."""
    if rows is None:
        return found.index(fit.cells.complete().keys)
    table, columns = pd.DataFrame(rows), found.columns
    if not set(columns) <= set(table.columns):
        return None
    index = found.index(table)
    if (index < 0).any():
        bad = table.loc[index < 0, list(columns)].iloc[0]
        what = "segment" if isinstance(found, SegmentDraws) else "group"
        raise InputError(
            f"{quoted(bad)} is no {what} of the model; it has {quoted(found.names)}. Leave the {what} columns "
            "out of the rows for the population's average."
        )
    return index


def _unequal(
    spreads: SpreadDraws, place: NDArray[np.intp] | None, eta: FloatArray, cuts: FloatArray, link: Link, draws: bool
) -> FloatArray:
    """Return the chance of every category (C, D, m, q+1) where groups differ in level and spread."""
    level, spread = (spreads.level, spreads.spread) if draws else spreads.point()
    share = spreads.share if draws else spreads.share.mean(axis=(0, 1), keepdims=True)
    out = np.zeros((*eta.shape, cuts.shape[-1] + 1))
    for g in range(len(spreads.names)):
        at = np.arange(eta.shape[-1]) if place is None else np.flatnonzero(place == g)
        inverse = 1 / spread[..., g, None]
        own = category_probabilities((eta[..., at] + level[..., g, None]) * inverse, cuts * inverse, link)
        out[..., at, :] += own if place is not None else share[..., g, None, None] * own
    return out


def _segment_terms(fit: Fit, x: FloatArray, index: NDArray[np.intp], draws: bool) -> FloatArray:
    """Return what segments add (C, D, m) to the population's latent mean."""
    assert fit.segments is not None
    away = fit.segments.slopes - fit.draws.slopes[:, :, None]
    shift = fit.segments.shift
    if not draws:
        away, shift = away.mean(axis=(0, 1), keepdims=True), shift.mean(axis=(0, 1), keepdims=True)
    out = np.empty((*shift.shape[:2], len(x)))
    for g in range(len(fit.segments.names)):
        at = index == g
        out[..., at] = shift[..., g, None] + np.einsum("cdp,mp->cdm", away[:, :, g], x[at])
    return out
