"""From a fit to what it says of the outcome: its draws as a surface, and the measures a model can answer for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError, quoted
from drivers.fit.result import Draws, Fit
from drivers.stats.gcomputation import Surface

FloatArray = NDArray[np.float64]

PROMOTER, DETRACTOR = 9.0, 6.0

MEASURES: Mapping[str, str] = {
    "mean": "average, in points of its scale", "top2": "share in the top box (0 to 1)",
    "nps": "net promoter score (-100 to 100)", "latent": "latent mean, in units of its error scale",
}
"""Measures of an outcome and what their numbers are."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Modelled:
    """``draws`` and ``point`` of a fit as surfaces; ``measures`` in the order of their columns."""

    draws: Surface
    point: Surface
    measures: tuple[str, ...]
    columns: tuple[int, ...]


def surface_of(fit: Fit, measures: Sequence[str] | None = None) -> Modelled:
    """Return the draws of a fit in the shape averages are taken of.

    Parameters
    ----------
    fit : Fit
        Any fit.
    measures : sequence of {"mean", "top2", "nps", "latent"}, optional
        What to tell of the outcome; everything the model can by default, the latent mean excepted.

    Returns
    -------
    Modelled
        With one row per draw; a driver whose steps need not be equal has a slope for every step.

    Raises
    ------
    InputError
        If the model cannot tell a measure.
    """
    rises = _rises(fit)
    known = [*rises, *(() if fit.spec.model == "linear" else ("latent",))]
    wanted = tuple(measures) if measures is not None else tuple(rises)
    for name in wanted:
        if name not in known:
            raise InputError(_cannot(fit, name, known))
    apart = [name for name in rises if fit.spec.model != "linear"]
    columns = tuple(1 + apart.index(name) if name in apart else 0 for name in wanted)
    base = np.array([rises[name][0] for name in apart])
    q = fit.draws.cuts.shape[-1]
    rise = np.array([rises[name][1] for name in apart]).reshape(len(apart), q)
    return Modelled(
        draws=_surface(fit, fit.draws, base, rise), point=_surface(fit, fit.point, base, rise), measures=wanted,
        columns=columns,
    )


def _rises(fit: Fit) -> dict[str, tuple[float, FloatArray]]:
    """Return, by measure, its value in the lowest category and by how much each category is above the one below."""
    points = fit.categories
    if fit.spec.model == "linear":
        return {"mean": (0.0, np.empty(0))}
    if fit.spec.model == "logit":
        return {"top2": (0.0, np.ones(1))}
    above = points[1:]
    top = fit.top if fit.top is not None else points[-1]
    rises = {"mean": (float(points[0]), np.diff(points)), "top2": (0.0, _jump(above, top))}
    if is_nps(fit):
        rises["nps"] = (-100.0, 100.0 * (_jump(above, PROMOTER) + _jump(above, DETRACTOR + 1)))
    return rises


def is_nps(fit: Fit) -> bool:
    """Whether the outcome of `fit` is a likelihood to recommend, rated 0 to 10."""
    item = fit.items.get(fit.spec.outcome)
    return item is not None and item.scale == (0.0, 10.0) and item.direction == "higher" and len(fit.categories) == 11


def _jump(above: FloatArray, first: float) -> FloatArray:
    """Return 1 where a category is the first from which on something holds."""
    found = np.zeros(len(above))
    found[int(np.searchsorted(above, first))] = 1.0
    return found


def _cannot(fit: Fit, name: str, known: Sequence[str]) -> str:
    outcome = fit.spec.outcome
    if name not in MEASURES:
        return f"measure {name!r} is not known; choose among {quoted(MEASURES)}."
    if fit.spec.model == "linear":
        return (
            f"A linear model has no distribution of `{outcome}` over its points, so it cannot tell {name}: that does "
            "not move in line with the mean. Fit model='ordinal'."
        )
    if name == "nps":
        return (
            f"`{outcome}` has no NPS, which needs a likelihood to recommend from 0 to 10 in model='ordinal'; this fit "
            f"tells {quoted(known)}."
        )
    return f"model={fit.spec.model!r} cannot tell {name}; it tells {quoted(known)}."


def _surface(fit: Fit, draws: Draws, base: FloatArray, rise: FloatArray) -> Surface:
    def flat(values: FloatArray, trailing: int) -> FloatArray:
        kept = values.shape[len(values.shape) - trailing :] if trailing else ()
        return np.ascontiguousarray(values.reshape(values.shape[0] * values.shape[1], *kept))

    wide, low = draws.slopes, np.zeros(draws.slopes.shape[:2])
    if fit.steps is not None:
        wide, low = fit.steps.wide_slopes(draws.slopes, None if draws is fit.draws else fit.steps.point())
    slopes = flat(wide, 1)
    s = len(slopes)
    offset = flat(draws.intercept, 0) if fit.spec.model == "linear" else flat(low, 0)
    gamma = []
    if draws.controls is not None:
        held = flat(draws.controls.slopes, 1)
        assert draws.controls.mean is not None
        offset = offset - (held * flat(draws.controls.mean, 1)).sum(axis=1)
        gamma.append(held)
    if draws.exposure is not None:
        gamma.append(-flat(draws.exposure.effect, 1))
    offsets, several, spread = offset[:, None], slopes[:, None, :], None
    if fit.spreads is not None:
        level, spread = (
            (flat(fit.spreads.level, 1), flat(fit.spreads.spread, 1)) if draws is fit.draws
            else (part.reshape(1, -1) for part in fit.spreads.point())
        )
        offsets, several = offsets + level, np.repeat(several, level.shape[1], axis=1)
    products = np.zeros((s, 0)) if draws.products is None else flat(draws.products.slopes, 1)
    pairs = fit.products
    return Surface(
        offset=np.ascontiguousarray(offsets), slopes=np.ascontiguousarray(several), spread=spread,
        gamma=np.ascontiguousarray(np.concatenate(gamma, axis=1)) if gamma else np.zeros((s, 0)),
        cuts=flat(draws.cuts, 1), products=products,
        pair=np.array([one.of for one in pairs], dtype=np.intp).reshape(-1, 2),
        centre=np.array([one.centre for one in pairs], dtype=np.float64).reshape(-1, 2),
        base=base, rise=np.ascontiguousarray(rise), probit=fit.spec.link == "probit",
    )  # fmt: skip
