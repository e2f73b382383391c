"""The PyMC model of a fit, on the fit's own cells."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.errors import InputError
from drivers.fit.bayes.models import (
    PatternTable,
    cumulative_model,
    linear_model,
    monotone_model,
    unequal_variance_model,
)
from drivers.fit.bayes.models_r2 import r2_model
from drivers.fit.bayes.models_varying import BySegment, ByWave, LinearTable, varying_model
from drivers.fit.bayes.pointwise import complete_cells
from drivers.fit.bayes.priors import PRIORS, CovariancePrior, R2Prior, SlopePriors
from drivers.fit.result import Fit
from drivers.stats.cumulative import Link
from drivers.stats.moments import weighted_moments
from drivers.stats.segment_density import segment_patterns
from drivers.survey.wave_order import quarter_of

IntArray = NDArray[np.intp]


def to_pymc(fit: Fit) -> Any:
    """Hand out the model of a posterior for reading, sampling and extending.

    Parameters
    ----------
    fit : Fit
        A fit of engine "bayes" with priors on slopes or on R2.

    Returns
    -------
    pymc.Model
        On complete cells, drivers (and a linear outcome) standardised as the fit had them unless priors are in their
        own units, and in their own points about their averages under a prior of R2; weights count as they are, and are
        not turned to the design. Draw with `drivers.fit.bayes.chains.sample_model`, which has the gate that
        `pymc.sample` lacks.

    Raises
    ------
    InputError
        If there is no such model: a regression, a prior of the covariance of all items, or a model of who a driver
        applies to.
    """
    spec = fit.spec
    if spec.engine != "bayes":
        raise InputError('A regression fit has no priors to build a model with. Fit with engine="bayes".')
    prior = spec.prior or PRIORS[spec.model, str(fit.diagnostics["method"])]
    if isinstance(prior, CovariancePrior):
        raise InputError(
            "A prior of the covariance of all items is none of slopes. Fit with prior=R2Prior() or SlopePriors()."
        )
    if fit.exposed:
        raise InputError("not_applicable='exposure' has no PyMC model. Fit with not_applicable='missing'.")
    cells = complete_cells(fit)
    flat = fit.segments is None and fit.waves is None
    weight = cells.sum_w * (cells.n.sum() / cells.sum_w.sum()) if flat else cells.n
    values = cells.values.copy()
    moments = weighted_moments(values, weight)
    if isinstance(prior, R2Prior):
        return r2_model(values, weight, list(cells.items[:-1]), prior)
    if prior.units == "standard":
        last = None if spec.model == "linear" else -1
        spread = np.sqrt(np.diag(moments.cov))
        values[:, :last] = ((values - moments.mean) / spread)[:, :last]
    names = list(cells.items[:-1])
    place = _places(fit, cells)
    link: Link = "probit" if spec.link == "probit" else "logit"
    if spec.model == "linear":
        if flat:
            return linear_model(values[:, :-1], values[:, -1], weight, names, prior)
        linear = LinearTable(x=values[:, :-1], y=values[:, -1], weight=weight, drivers=names)
        return varying_model(linear, link, prior, *_over(fit, place), len(spec.drivers))
    binary = spec.model == "logit"
    y = (cells.values[:, -1] >= (fit.top or 0.0)).astype(np.intp) if binary else np.searchsorted(
        fit.categories, cells.values[:, -1]
    ).astype(np.intp)
    points = ["below", "top box"] if binary else [f"{point:g}" for point in fit.categories]
    pairs, index = np.unique(place, axis=0, return_inverse=True)
    found = segment_patterns(values[:, :-1], y, index.reshape(-1).astype(np.intp), weight, len(points) - 1)
    table = PatternTable(x=found.x, count=found.count, drivers=names, points=points)
    if fit.steps is not None:
        return _monotone(fit, cells, table, link, prior)
    if fit.spreads is not None:
        return unequal_variance_model(replace(table, segment=pairs[found.segment, 0], segments=fit.spreads.names),
                                      link, prior)
    if flat:
        return cumulative_model(table, link, prior)
    return varying_model(table, link, prior, *_over(fit, pairs[found.segment]), len(spec.drivers))


def _monotone(fit: Fit, cells: Cells, table: PatternTable, link: Link, prior: SlopePriors) -> Any:
    """Return the model of unequal steps: places on the scale for drivers with steps, the others as they are in it."""
    assert fit.steps is not None
    moments = weighted_moments(cells.values, cells.sum_w)
    x, levels = table.x.copy(), np.zeros(len(table.drivers), dtype=np.intp)
    for j, place in enumerate(fit.steps.places):
        own = x[:, place]
        if prior.units == "standard":
            own = own * np.sqrt(moments.cov[place, place]) + moments.mean[place]
        x[:, place] = np.round(own - fit.steps.low[j])
        levels[place] = fit.steps.count[j] + 1
    return monotone_model(replace(table, x=x), levels.tolist(), link, prior)


def _places(fit: Fit, cells: Cells) -> IntArray:
    """Return segment, or group, and wave (m, 2) of every cell, 0 where there are none."""
    none = np.zeros(len(cells), dtype=np.intp)
    found = (fit.segments or fit.spreads, fit.waves)
    return np.column_stack([none if one is None else one.index(cells.keys) for one in found])


def _over(fit: Fit, place: IntArray) -> tuple[list[BySegment], ByWave | None]:
    """Return over what slopes vary, where rows have the segments and waves `place` (P, 2)."""
    by, waves = [], None
    if fit.segments is not None:
        for at, column in enumerate(fit.segments.columns):
            member = [group[at] for group in fit.segments.groups]
            groups = sorted(set(member))
            code = np.array([groups.index(one) for one in member], dtype=np.intp)
            by.append(BySegment(column=column, groups=groups, member=code[place[:, 0]]))
    if fit.waves is not None:
        named = {str(wave): quarter_of(wave) for wave in fit.cells.keys[fit.waves.column].dropna().unique()}
        quarters = np.array([named[name] for name in fit.waves.names], dtype=np.intp) if fit.spec.season else None
        waves = ByWave(waves=fit.waves.names, wave=place[:, 1], steps=fit.spec.walk or "normal", quarter=quarters)
    return by, waves
