"""`plan`: the best use of a budget, how sure that is, and what it comes to when everything is done together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.errors import InputError, quoted
from drivers.fit.result import Fit
from drivers.scenario.action import Action
from drivers.scenario.customer import Customer
from drivers.scenario.gains import Setting, gains_of, jointly, setting_of
from drivers.scenario.option import Option
from drivers.scenario.plan_result import Plan
from drivers.stats.budget import MOST_PLANS, best_plan, tail_mean
from drivers.stats.graph import Edges, read_edges
from drivers.stats.shrinkage import shrunk
from drivers.survey.answers import Answers

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
PlanMeasure = Literal["mean", "top2", "nps", "value"]

BUDGETS = 12
"""Most budgets of a frontier for which plans are done together as well."""


SCENARIOS = ("alone", "block", "causes")

WIDER = 3
"""A frontier reaches to so many times the budget."""


def plan(
    fit: Fit, options: Sequence[Option], *, budget: float, measure: str | None = None,
    tail: float | None = None, customer: Customer | None = None, answers: Answers | None = None,
    scenario: str = "alone", dag: Sequence[str] | None = None,
) -> Plan:
    """Choose the steps of each option that gain most within a budget.

    Parameters
    ----------
    fit : Fit
        A fitted driver model; an ordinal one for top-2-box, NPS and value.
    options : sequence of Option
        What can be bought: ``dr.option(dr.shift("service_speed", 0.25), cost=20_000, steps=3)``.
    budget : float
        Most that may be spent, in the unit of the costs; of costs with a range, on average.
    measure : {"mean", "top2", "nps", "value"}, optional
        What is to be gained; value if a `customer` is given, else mean.
    tail : float, optional
        Maximise the average of this worst part of the draws (0.1: of the worst tenth) in place of the average of all:
        the cautious plan.
    customer : Customer, optional
        The link from satisfaction to money, for value.
    answers : Answers, optional
        The answers of the fit, for options restricted to segments its cells do not tell apart.
    scenario : {"alone", "block", "causes"}
        What drivers do that are not acted on: they stay, go along as they are correlated, or follow declared causes.
    dag : sequence of str, optional
        The declared causes, as in `what_if`; needed for, and only for, "causes".

    Returns
    -------
    Plan
        Steps, gain, frontier, and how likely each option belongs to the best plan.

    Raises
    ------
    InputError
        If there is nothing to choose from, a budget, tail or measure makes no sense, or causes leave a back door open.
    ConvergenceError
        If the solver stops without an optimum.

    Notes
    -----
    Gains of options are added up to choose among plans; done together they come to less where answers meet the end of
    their scale, so the plan chosen, and the frontier, are averaged once more with everything done together and the same
    draws. Gains are shrunk towards each other first (`drivers.stats.shrinkage`), since the best of many estimates is
    too good on average. A posterior under a prior that was stated has that for it; the prior by default is wide, and
    what one of R2 has taken from slopes is given back first.

    References
    ----------
    .. [1] Rockafellar & Uryasev (2000). Optimization of conditional value-at-risk. J. of Risk 2(3), 21-41.
       doi:10.21314/JOR.2000.038
    .. [2] Smith & Winkler (2006). The optimizer's curse. Management Science 52(3), 311-322. doi:10.1287/mnsc.1050.0451
    """
    name = measure or ("value" if customer is not None else "mean")
    _refuse(fit, options, budget, name, tail, customer)
    causes = _causes(scenario, dag)
    levels = [level for one in options for level in one.levels]
    setting = setting_of(fit, levels, name, customer, answers, scenario, causes)
    raw, point = gains_of(setting, options)
    steps = np.array([len(one.levels) for one in options], dtype=np.int64)
    cost = np.array([np.pad(one.costs, (0, int(steps.max()) + 1 - len(one.costs)), mode="edge") for one in options])
    stated = fit.spec.engine == "bayes" and fit.spec.prior is not None
    value = raw if stated else _corrected(raw, steps, *_kept(fit))
    chosen = best_plan(value, cost, steps, budget, tail=tail)
    frontier = _frontier(setting, options, value, raw, cost, steps, budget, tail)
    joint = jointly(setting, options, [list(map(int, chosen))])[:, 0]
    return Plan(
        outcome=fit.spec.outcome, labels=fit.labels, measure=name, model=fit.spec.model, engine=fit.spec.engine,
        n=fit.n, level=fit.spec.level, budget=float(budget), tail=tail, options=tuple(options), steps=steps, cost=cost,
        value=value, raw=raw, point=point, chosen=chosen, joint=joint, spent=_spent(options, chosen, fit.spec.seed),
        frontier=frontier, customer=customer, scenario=scenario, notes=setting.population.notes,
        provenance=fit.provenance,
    )  # fmt: skip


def check_budget(budget: float) -> None:
    """Refuse a `budget` that is none.

    Parameters
    ----------
    budget : float
        Most that may be spent.

    Raises
    ------
    InputError
        If it is below 0 or not a number.
    """
    if not math.isfinite(budget) or budget < 0:
        raise InputError(f"budget={budget:g}: a budget is a number, 0 or more.")


def _causes(scenario: str, dag: Sequence[str] | None) -> Edges | None:
    if scenario not in SCENARIOS:
        raise InputError(f"scenario={scenario!r} is not known; choose one of {quoted(SCENARIOS)}.")
    if (scenario == "causes") != (dag is not None):
        raise InputError(
            'scenario="causes" needs declared causes, and they need it: dr.plan(..., scenario="causes", '
            'dag=["service_speed -> value -> satisfaction"]).'
        )
    return None if dag is None else read_edges(dag)


def _refuse(
    fit: Fit, options: Sequence[Option], budget: float, measure: str, tail: float | None, customer: Customer | None
) -> None:
    if not isinstance(fit, Fit):
        raise InputError(f"A plan is made from a fit, not {type(fit).__name__}: dr.plan(dr.fit(answers), ...).")
    if isinstance(options, Option) or not options:
        raise InputError('There is nothing to choose from: dr.plan(fit, [dr.option(dr.shift("speed", 0.5), cost=1)], '
                         "budget=...).")  # fmt: skip
    for one in options:
        if isinstance(one, Action):
            raise InputError(f"{one!r} has no cost: dr.option({one!r}, cost=..., steps=...).")
        if not isinstance(one, Option):
            raise InputError(f"{one!r} is no option: dr.option(dr.shift(...), cost=...).")
    names = [one.name for one in options]
    twice = sorted({one for one in names if names.count(one) > 1})
    if twice:
        raise InputError(f"{quoted(twice)} stand(s) for several options. Give each a name: dr.option(..., name=...).")
    check_budget(budget)
    if measure not in get_args(PlanMeasure):
        raise InputError(f"measure={measure!r} is not known; choose one of {quoted(get_args(PlanMeasure))}.")
    if (measure == "value") != (customer is not None):
        raise InputError("Value needs a customer, and a customer is for value: dr.plan(..., customer=...).")
    if tail is not None and not 0 < tail <= 1:
        raise InputError(f"tail={tail:g} is not between 0 and 1; write 0.1 for the worst tenth of the draws.")
    if math.prod(len(one.levels) + 1 for one in options) > MOST_PLANS:
        raise InputError(f"{len(options)} options have too many combinations of steps; leave out the least likely.")


def _kept(fit: Fit) -> tuple[float, float]:
    """Return the part of gains that the prior by default has left of what the answers alone tell, and its variance."""
    found, variance = (float(str(fit.diagnostics.get(name, other))) for name, other in (
        ("slopes_kept", 1.0), ("slopes_kept_variance", 0.0),
    ))  # fmt: skip
    return min(max(found, 0.05), 1.0), variance


def _corrected(raw: FloatArray, steps: IntArray, kept: float = 1.0, variance: float = 0.0) -> FloatArray:
    """Shrink the gains (S, A, K + 1) at most steps towards each other; fewer steps give way in proportion.

    A prior of R2 has drawn all of them towards nothing already, and left the part `kept` of means and variances: what
    the answers alone tell is what has to be shrunk towards each other, or it would be shrunk twice. That the part is
    not the same in all draws (`variance`) moves all gains up and down together, in proportion to what they are; taken
    for an error of the answers it would pull their average down (Peelle's puzzle), so it is left out.
    """
    last = np.take_along_axis(raw, steps[None, :, None], axis=2)[..., 0]
    centre = last.mean(axis=0)
    told = centre / kept + _less(last - centre, centre * math.sqrt(variance) / kept) / math.sqrt(kept)
    found = shrunk(told)
    moved = np.zeros_like(last) if found is told else found - last
    mean, whole = raw.mean(axis=0), last.mean(axis=0)[:, None]
    even = np.minimum(np.arange(raw.shape[2]) / steps[:, None], 1.0)
    part = np.clip(np.divide(mean, whole, out=even, where=np.abs(whole) > 1e-12), 0, 1)
    return raw + moved[..., None] * part


def _less(away: FloatArray, along: FloatArray) -> FloatArray:
    """Return deviations `away` (S, A) with a covariance that is less by that of a common factor, `along` (A,)."""
    if not along.any():
        return away
    inverse = np.linalg.pinv(np.atleast_2d(np.cov(away.T)))
    along = along * math.sqrt(min(1.0, 0.95 / float(along @ inverse @ along)))  # something has to be left
    towards = inverse @ along
    size = float(along @ towards)
    # with v = V^-1 along, (I - t along v') V (I - t v along') = V - (2 t - t^2 size) along along', and the bracket is 1
    t = (1 - math.sqrt(1 - size)) / size
    return away - t * np.outer(away @ towards, along)


def _spent(options: Sequence[Option], chosen: IntArray, seed: int) -> FloatArray:
    """Return the cost (1000,) of a plan with every range drawn from."""
    rng = np.random.default_rng([seed, 24])
    total = np.zeros(1000)
    for one, k in zip(options, chosen, strict=True):
        place = rng.random(1000)  # one for all steps: what is dearer than thought is so at every step
        if k:
            total += one.low[k - 1] + place * (one.high[k - 1] - one.low[k - 1])
    return total


def _frontier(
    setting: Setting, options: Sequence[Option], value: FloatArray, raw: FloatArray, cost: FloatArray,
    steps: IntArray, budget: float, tail: float | None,
) -> pd.DataFrame:
    """Return the best plan for each of some budgets, added up and together."""
    from drivers.stats.budget_walk import undominated

    at, level = np.arange(len(steps)), setting.fit.spec.level
    spent, _, _ = undominated(cost, value.mean(axis=0), steps, np.inf)
    top = min(float(spent[-1]), WIDER * budget) if budget > 0 else float(spent[-1])
    wanted = np.linspace(0, top, BUDGETS)
    nearest = np.abs(spent[:, None] - wanted).argmin(axis=0)
    budgets = np.unique([*spent[nearest], min(budget, float(spent[-1]))])
    plans = [best_plan(value, cost, steps, most, tail=tail) for most in budgets]
    kept = [k for k, one in enumerate(plans) if k == 0 or (one != plans[k - 1]).any()]
    plans = [plans[k] for k in kept]
    whole = jointly(setting, options, [list(map(int, one)) for one in plans])
    rows = []
    for r, one in enumerate(plans):
        expected = value[:, at, one].sum(axis=1) + whole[:, r] - raw[:, at, one].sum(axis=1)
        low, high = np.quantile(expected, [(1 - level) / 2, (1 + level) / 2])
        rows.append({
            "cost": float(cost[at, one].sum()), "added": float(value[:, at, one].sum(axis=1).mean()),
            "gain": float(expected.mean()), "low": float(low), "high": float(high),
            "tail": float(tail_mean(expected, tail or 0.1)), "steps": tuple(int(k) for k in one),
        })  # fmt: skip
    return pd.DataFrame(rows)
