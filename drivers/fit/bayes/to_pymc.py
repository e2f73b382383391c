"""The PyMC model of a fit, on the fit's own cells."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError
from drivers.fit.bayes.models import PatternTable, cumulative_model, hierarchical_model, linear_model
from drivers.fit.bayes.pointwise import complete_cells
from drivers.fit.bayes.priors import PRIORS, SlopePriors
from drivers.fit.result import Fit
from drivers.stats.cumulative import Link
from drivers.stats.moments import weighted_moments
from drivers.stats.segment_density import segment_patterns

FloatArray = NDArray[np.float64]


def to_pymc(fit: Fit) -> Any:
    """Hand out the model of a posterior for reading, sampling and extending.

    Parameters
    ----------
    fit : Fit
        A fit of engine "bayes" with priors on slopes.

    Returns
    -------
    pymc.Model
        On complete cells, drivers (and a linear outcome) standardised as the fit had them unless priors are in their
        own units; weights count as they are, and are not turned to the design. Draw with
        `drivers.fit.bayes.chains.sample_model`, which has the gate that `pymc.sample` lacks.

    Raises
    ------
    InputError
        If there is no such model: a regression, an exact posterior, or several segment columns.
    """
    spec = fit.spec
    if spec.engine != "bayes":
        raise InputError('A regression fit has no priors to build a model with. Fit with engine="bayes".')
    prior = spec.prior or PRIORS[spec.model, "nuts" if spec.by else str(fit.diagnostics["method"])]
    if not isinstance(prior, SlopePriors):
        raise InputError(
            "An exact posterior is one of the covariance of all items and has no slopes with priors. Fit with "
            "method='laplace' or prior=SlopePriors()."
        )
    if fit.exposed or len(spec.by) > 1 or (spec.by and spec.model == "linear"):
        raise InputError("Built as PyMC models are flat ones, and ordinal or binary ones by one segment column.")
    cells = complete_cells(fit)
    weight = cells.n if spec.by else cells.sum_w * (cells.n.sum() / cells.sum_w.sum())
    values = cells.values.copy()
    moments = weighted_moments(values, weight)
    if prior.units == "standard":
        last = None if spec.model == "linear" else -1
        spread = np.sqrt(np.diag(moments.cov))
        values[:, :last] = ((values - moments.mean) / spread)[:, :last]
    names = list(cells.items[:-1])
    if spec.model == "linear":
        return linear_model(values[:, :-1], values[:, -1], weight, names, prior)
    binary = spec.model == "logit"
    y = (cells.values[:, -1] >= (fit.top or 0.0)).astype(np.intp) if binary else np.searchsorted(
        fit.categories, cells.values[:, -1]
    ).astype(np.intp)
    none = np.zeros(len(cells), dtype=np.intp)
    index = none if fit.segments is None else fit.segments.index(cells.keys)
    points = ["below", "top box"] if binary else [f"{point:g}" for point in fit.categories]
    found = segment_patterns(values[:, :-1], y, index, weight, len(points) - 1)
    table = PatternTable(
        x=found.x, count=found.count, drivers=names, points=points, segment=found.segment,
        segments=() if fit.segments is None else fit.segments.names,
    )
    link: Link = "probit" if spec.link == "probit" else "logit"
    return (cumulative_model if fit.segments is None else hierarchical_model)(table, link, prior)
