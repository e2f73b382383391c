"""`what_if`: average a fitted model over the population's cells before and after an action, in every draw."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from drivers.errors import InputError, quoted
from drivers.fit.result import Fit
from drivers.scenario.action import Action, together
from drivers.scenario.beyond import beyond_scale
from drivers.scenario.causes import causal_words, dag_path, settle_causes
from drivers.scenario.evaluate import Effect, Request, evaluate
from drivers.scenario.follow import Path, block_path
from drivers.scenario.outcome import Outcome
from drivers.scenario.parts import Parts, parts_of
from drivers.scenario.population import Population, population_of
from drivers.scenario.robustness import robustness_of
from drivers.scenario.step import Floor, Match
from drivers.scenario.support import support_of
from drivers.scenario.surface import Modelled, surface_of
from drivers.stats.graph import read_edges
from drivers.survey.answers import Answers


def what_if(
    fit: Fit, action: Action | Iterable[Action], *, answers: Answers | None = None, by: str | Sequence[str] = (),
    measures: Sequence[str] | None = None, target: Mapping[str, float] | None = None,
    dag: Sequence[str] | None = None,
) -> Outcome:
    """Tell what would happen to the outcome if drivers were moved.

    Parameters
    ----------
    fit : Fit
        A fitted driver model; an ordinal one for top-2-box and NPS.
    action : Action or iterable of Action
        What is done: ``dr.shift("service_speed", +0.5).where(channel="phone")``; several are done one after the other.
    answers : Answers, optional
        The answers of the fit, needed to tell apart segments and waves that the fit's own cells do not.
    by : str or sequence of str
        Segment or wave columns to tell the change for, beside the total and the groups an action is restricted to.
    measures : sequence of {"mean", "top2", "nps", "latent"}, optional
        All that the model can tell by default, the latent mean excepted.
    target : mapping of str to float, optional
        By measure, a change to compare with: the result has the probability of more than that.

    dag : sequence of str, optional
        Declared causes, such as ``["service_speed -> value -> satisfaction"]``. Names that the fit does not know are
        causes nobody measured. The fit is then checked, and mediators follow; without it a result is an association.

    Returns
    -------
    Outcome
        The action with other drivers as they are ("alone"), and with declared causes following them ("dag");
        ``others`` holds the same with the drivers it is correlated with going along ("block").

    Raises
    ------
    InputError
        If the action does not suit the survey, the model cannot tell a measure, or the fit does not close a back door
        of the declared causes.
    SurveyError
        If a column of `by` is neither the wave nor a segment.

    Notes
    -----
    ``D = sum_i w_i [E(y | a(x_i), c_i) - E(y | x_i, c_i)] / sum_i w_i``, averaged over people, never at the average
    person, in every draw of the fit with weights of its own. That a change of ratings means a change of what was rated,
    that nothing else is behind both, and that nobody else is touched, is assumed.

    References
    ----------
    .. [1] Robins (1986). A new approach to causal inference in mortality studies with a sustained exposure period.
       Mathematical Modelling 7(9-12), 1393-1512. doi:10.1016/0270-0255(86)90088-6
    """
    if not isinstance(fit, Fit):
        raise InputError(f"A what-if averages a fit, not {type(fit).__name__}: dr.what_if(dr.fit(answers), action).")
    whole = together(action)
    columns = (by,) if isinstance(by, str) else tuple(by)
    asked = tuple(dict.fromkeys((*columns, *columns_named(whole))))
    if answers is None and not set(asked) <= set(fit.cells.keys.columns):
        lacking = [name for name in asked if name not in fit.cells.keys.columns]
        raise InputError(
            f"The cells of this fit do not tell {quoted(lacking)} apart. Hand over the answers it was fitted on: "
            "dr.what_if(fit, action, answers=answers)."
        )
    modelled = surface_of(fit, measures)
    goals = _checked_target(target, modelled)
    population = population_of(fit, answers, asked)
    parts = parts_of(population, columns, (whole,))
    moved = [population.axis(name) for name in whole.drivers]
    causes = None if dag is None else settle_causes(fit, read_edges(dag), whole.drivers)
    requests = [Request(action=whole)]
    if causes is not None and causes.mediators:
        requests.insert(0, Request(action=whole, path=dag_path(fit, causes)))
    if len(set(moved)) < len(population.axes) and fit.steps is None:  # steps follow no straight line
        requests.append(Request(action=whole, path=block_path(fit, moved)))
    effects = evaluate(fit, modelled, population, requests, parts)
    made = [
        _outcome(fit, modelled, population, parts, whole, effect, request.path, goals)
        for request, effect in zip(requests, effects, strict=True)
    ]
    if causes is not None:
        made = [
            one if one.scenario == "block"
            else replace(one, causal=causal_words(causes, dict(fit.labels), following=one.scenario == "dag"))
            for one in made
        ]
    return replace(made[0], others=tuple(made[1:]))


def columns_named(action: Action) -> list[str]:
    """Return the segment and wave columns an `action` speaks of."""
    found: list[str] = []
    for step in action.steps:
        found += step.where
        found += [step.segment] if isinstance(step, Match) else [step.by] if isinstance(step, Floor) else []
    return found


def _checked_target(target: Mapping[str, float] | None, modelled: Modelled) -> dict[str, float]:
    goals = dict(target or {})
    for name, value in goals.items():
        if name not in modelled.measures:
            raise InputError(f"target of {name!r}: this what-if tells {quoted(modelled.measures)}.")
        if not isinstance(value, (int, float)) or not math.isfinite(value):
            raise InputError(f"target of {name!r}: {value!r} is not a finite number.")
    return goals


def _outcome(
    fit: Fit, modelled: Modelled, population: Population, parts: Parts, action: Action, effect: Effect,
    path: Path | None, target: Mapping[str, float],
) -> Outcome:
    return Outcome(
        outcome=fit.spec.outcome, labels=fit.labels, action=action, scenario=path.name if path else "alone",
        model=fit.spec.model, engine=fit.spec.engine, measures=modelled.measures, parts=parts.names, n=parts.n,
        point_before=effect.point_before, point_change=effect.point_change, before=effect.before, change=effect.change,
        affected=effect.affected, delivered=effect.delivered, support=support_of(population, effect.applied, path),
        beyond=beyond_scale(fit, modelled, population, effect.applied, path), target=target, level=fit.spec.level,
        notes=population.notes, provenance=fit.provenance,
        robustness=robustness_of(fit, action.drivers),
    )  # fmt: skip
