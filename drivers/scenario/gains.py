"""What every option gains at every number of steps, with the same draws for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError, quoted
from drivers.fit.result import Fit
from drivers.scenario.action import Action, together
from drivers.scenario.causes import dag_path, settle_causes
from drivers.scenario.compute import columns_named
from drivers.scenario.customer import Customer
from drivers.scenario.evaluate import Effect, Request, evaluate
from drivers.scenario.follow import Path, block_path
from drivers.scenario.option import Option
from drivers.scenario.parts import Parts, parts_of
from drivers.scenario.population import Population, population_of
from drivers.scenario.surface import Modelled, surface_of
from drivers.stats.graph import Edges
from drivers.survey.answers import Answers

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Setting:
    """Whom plans are about and in what they are measured; the same for all of them.

    Other drivers stay, or go along as they are correlated (``scenario`` "block"), or follow declared ``causes``
    ("causes").
    """

    fit: Fit
    modelled: Modelled
    population: Population
    parts: Parts
    customer: Customer | None
    scenario: str = "alone"
    causes: Edges | None = None

    def gains(self, actions: Sequence[Action]) -> tuple[FloatArray, FloatArray]:
        """Return the change (S, R) in every draw and (R,) at the estimate under each of R `actions`."""
        requests = [Request(action=one, path=self._path(one)) for one in actions]
        effects = evaluate(self.fit, self.modelled, self.population, requests, self.parts)
        pairs = [self._change(effect) for effect in effects]
        return np.column_stack([draws for draws, _ in pairs]), np.array([point for _, point in pairs])

    def _path(self, action: Action) -> Path | None:
        if self.causes is not None:
            settled = settle_causes(self.fit, self.causes, action.drivers)
            return dag_path(self.fit, settled) if settled.mediators else None
        moved = {self.population.axis(name) for name in action.drivers}
        follows = self.scenario == "block" and len(moved) < len(self.population.axes)
        return block_path(self.fit, sorted(moved)) if follows else None

    def _change(self, effect: Effect) -> tuple[FloatArray, float]:
        change, point = effect.change[:, 0], effect.point_change[0]
        if self.customer is None:
            return change[:, 0], float(point[0])
        return self.customer.gain(change, point, self.fit)


def setting_of(
    fit: Fit, actions: Sequence[Action], measure: str, customer: Customer | None, answers: Answers | None,
    scenario: str = "alone", causes: Edges | None = None,
) -> Setting:
    """Return whom plans are about.

    Parameters
    ----------
    fit : Fit
        A fitted driver model.
    actions : sequence of Action
        Everything that may be done, for the segments it names.
    measure : {"mean", "top2", "nps", "value"}
        What is gained.
    customer : Customer, optional
        The link from satisfaction to value; needed for "value".
    answers : Answers, optional
        The answers of the fit, for segments its cells do not tell apart.
    scenario : {"alone", "block", "causes"}
        What other drivers do.
    causes : set of pairs of str, optional
        Declared arrows, for "causes".

    Returns
    -------
    Setting
        Ready to average any action.

    Raises
    ------
    InputError
        If the model cannot tell the measure, or the cells do not tell a segment apart.
    """
    asked = tuple(dict.fromkeys(name for one in actions for name in columns_named(one)))
    if answers is None and not set(asked) <= set(fit.cells.keys.columns):
        lacking = [name for name in asked if name not in fit.cells.keys.columns]
        raise InputError(
            f"The cells of this fit do not tell {quoted(lacking)} apart. Hand over the answers it was fitted on: "
            "dr.plan(fit, options, budget=..., answers=answers)."
        )
    modelled = surface_of(fit, ["mean"] if measure == "value" else [measure])
    if measure == "value":
        modelled = _categories(fit, modelled)
    population = population_of(fit, answers, asked)
    return Setting(
        fit=fit, modelled=modelled, population=population, parts=parts_of(population), customer=customer,
        scenario=scenario, causes=causes,
    )


def _categories(fit: Fit, modelled: Modelled) -> Modelled:
    """Return the same model measured by the share of every category of the outcome."""
    if fit.spec.model != "ordinal":
        raise InputError(
            f"Customer value is averaged over the answers people give, and a {fit.spec.model} model has no "
            "distribution of them. Fit model='ordinal'."
        )
    q = fit.draws.cuts.shape[-1]
    rise = np.eye(q + 1)[:, 1:] - np.eye(q + 1)[:, :-1]
    base = np.eye(q + 1)[0]
    return replace(
        modelled, draws=replace(modelled.draws, base=base, rise=np.ascontiguousarray(rise)),
        point=replace(modelled.point, base=base, rise=np.ascontiguousarray(rise)),
        measures=tuple(f"{point:g}" for point in fit.categories), columns=tuple(range(1, q + 2)),
    )


def gains_of(setting: Setting, options: Sequence[Option]) -> tuple[FloatArray, FloatArray]:
    """Return gains (S, A, K + 1) in every draw, and (A, K + 1) at the estimate, of 0, 1, ..., K steps.

    Parameters
    ----------
    setting : Setting
        Whom they are about.
    options : sequence of Option
        What can be bought; those with fewer steps than the most are filled with their last.

    Returns
    -------
    tuple of ndarray
        Every option by itself.
    """
    most = max(len(one.levels) for one in options)
    draws, point = setting.gains([level for one in options for level in one.levels])
    value, plain = np.zeros((len(draws), len(options), most + 1)), np.zeros((len(options), most + 1))
    at = 0
    for a, one in enumerate(options):
        here = slice(at, at + len(one.levels))
        value[:, a, 1 : len(one.levels) + 1], plain[a, 1 : len(one.levels) + 1] = draws[:, here], point[here]
        value[:, a, len(one.levels) + 1 :] = draws[:, [here.stop - 1]]
        plain[a, len(one.levels) + 1 :] = point[here.stop - 1]
        at = here.stop
    return value, plain


def jointly(setting: Setting, options: Sequence[Option], plans: Sequence[Sequence[int]]) -> FloatArray:
    """Return the gain (S, R) of each of R `plans`, all their `options` done together in this order, in the `setting`.

    A plan is the number of steps of each option.
    """
    found = np.zeros((len(setting.modelled.draws.offset), len(plans)))
    done = [
        (r, together([one.levels[k - 1] for one, k in zip(options, plan, strict=True) if k]))
        for r, plan in enumerate(plans) if any(plan)
    ]
    if done:
        found[:, [r for r, _ in done]] = setting.gains([action for _, action in done])[0]
    return found
