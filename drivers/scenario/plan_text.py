"""A plan as text: what to do, what it brings, what was added up and what corrected, and what was not chosen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from drivers.defaults import LIKELY, VERY_LIKELY
from drivers.scenario.plan_result import Plan
from drivers.stats.digits import digits_of_small
from drivers.survey.plain_text import percent_level, short_labels, wrapped

UNITS = {"mean": ("points of the mean", 1.0, 2), "top2": ("points of top 2 box", 100.0, 1),
         "nps": ("NPS points", 1.0, 1), "value": ("in customer value", 1.0, 0)}  # fmt: skip
"""Unit, factor and decimals of what is gained."""

FOLLOWING: Mapping[str, str] = {
    "alone": "Drivers that are not acted on stay as they are.",
    "block": "Drivers that are not acted on go along as they are correlated with those that are.",
    "causes": "Drivers that are not acted on follow the declared causes.",
}


def summarise(plan: Plan) -> str:
    """Return the plan with its reading.

    Parameters
    ----------
    plan : Plan
        From `drivers.scenario.plan.plan`.

    Returns
    -------
    str
        Plain text, at most 100 columns wide unless names that look alike need more.
    """
    head = [headline(plan), *_how_counted(plan), *_money(plan), FOLLOWING[plan.scenario]]
    foot = [*_not_chosen(plan), *_how_sure(plan), _meaning(plan), *plan.notes]
    table = _table(plan).to_string(justify="right")
    return "\n".join([*wrapped(head), "", table, "", *wrapped([line for line in foot if line])])


def gained(plan: Plan, value: float, *, unit: bool = False) -> str:
    """Return a gain of the `plan`, a `value` in its own measure, as "+0.31", with its `unit` if asked for."""
    words, factor, digits = UNITS[plan.measure]
    scale = factor * max(float(np.abs(plan.value.mean(axis=0)).max()), 1e-12)
    shown = round(factor * value, digits_of_small(min(scale, 1.0), digits)) + 0.0
    text = f"{shown:+,.{digits_of_small(min(scale, 1.0), digits)}f}"
    return f"{text} {words}" if unit else text


def money(amount: float) -> str:
    """Return an `amount` without decimals where it is large."""
    return f"{amount:,.0f}" if abs(amount) >= 1000 else f"{amount:,.6g}"


def headline(plan: Plan) -> str:
    """Return in a sentence what the `plan` does and brings."""
    chosen = [
        f"{name} ({k} of {most} steps)" if most > 1 else name
        for name, k, most in zip(plan.names, plan.chosen, plan.steps, strict=True) if k
    ]
    of = plan.label(plan.outcome)
    if not chosen:
        why = "with a budget of 0 nothing can be bought" if plan.budget == 0 else "no affordable option gains anything"
        return f"Plan for {of}, budget {money(plan.budget)}: do nothing ({why}). Gain: exactly 0."
    found = plan.interval()
    goal = f" (the plan with the best average of the worst {plan.tail:.0%} of draws)" if plan.tail else ""
    return (
        f"Plan for {of}, budget {money(plan.budget)}: {'; '.join(chosen)}{goal}. It costs "
        f"{money(plan.total_cost)} and gains {gained(plan, found['gain'], unit=True)} "
        f"({percent_level(plan.level)} interval {gained(plan, found['low'])} to {gained(plan, found['high'])})."
    )  # fmt: skip


def _how_counted(plan: Plan) -> list[str]:
    if not plan.chosen.any():
        return []
    claims = plan.claims()
    parts = [f"Adding up the estimates of its parts would claim {gained(plan, claims['estimate'])}"]
    if not np.array_equal(plan.value, plan.raw):
        left = gained(plan, claims["added"])
        parts.append(
            "of many estimates the best are too good on average (winner's curse), "
            + ("which is not to be seen here" if left == gained(plan, claims["estimate"]) else f"which leaves {left}")
        )
    apart = claims["gain"] - claims["added"]
    how = "answers meet the end of their scale" if apart < 0 else "parts add to each other"
    parts.append(
        "done together it comes to the same" if gained(plan, apart).strip("+-0.") == ""
        else f"done together, {how} ({gained(plan, apart)}): {gained(plan, claims['gain'])}"
    )
    return ["; ".join(parts) + "."]


def _money(plan: Plan) -> list[str]:
    if all(one.sure for one, k in zip(plan.options, plan.chosen, strict=True) if k):
        return []
    over = float((plan.spent > plan.budget * (1 + 1e-9)).mean())
    low, high = np.quantile(plan.spent, [(1 - plan.level) / 2, (1 + plan.level) / 2])
    return [
        f"Costs are ranges: the plan costs {money(low)} to {money(high)}, and passes the budget with a probability of "
        f"{over:.0%}. The budget binds on average; to be safe, plan with the high ends."
    ]


def _table(plan: Plan) -> pd.DataFrame:
    rows = plan.tidy()
    shown = pd.DataFrame({
        "steps": [f"{k} of {most}" for k, most in zip(rows["steps"], rows["most"], strict=True)],
        "cost": [money(cost) if k else "" for cost, k in zip(rows["cost"], rows["steps"], strict=True)],
        "gain alone": [gained(plan, gain) if k else "" for gain, k in zip(rows["gain"], rows["steps"], strict=True)],
        f"{percent_level(plan.level)} interval": [
            f"{gained(plan, a)} to {gained(plan, b)}" if k else ""
            for k, a, b in zip(rows["steps"], rows["low"], rows["high"], strict=True)
        ],
        "at most": [gained(plan, value) for value in rows["gain_full"]],
        "P(in best)": rows["p_best"].map("{:.2f}".format),
        "regret": [
            f"{'without' if a > 0 else 'with'} {gained(plan, -max(a, b if np.isfinite(b) else 0))}"
            if max(a, b if np.isfinite(b) else 0) > 0 else ""
            for a, b in zip(rows["regret_without"], rows["regret_insisting"], strict=True)
        ],
    })
    shown.index = pd.Index(short_labels(list(plan.names), 30))
    return shown


def _not_chosen(plan: Plan) -> list[str]:
    said = []
    for name in plan.nothing_moves:
        said.append(f"{name}: moves nobody's answer, so it gains exactly nothing and is never chosen.")
    dear = [name for name in plan.too_dear if name not in plan.nothing_moves]
    if dear:
        cheapest = min(float(one.costs[1:].min()) for one in plan.options if one.name in dear)
        said.append(f"Beyond the budget: {', '.join(dear)} (from {money(cheapest)}).")
    told = {name for name, _ in plan.dominated()}
    for name in plan.names:
        if name in told and name not in plan.nothing_moves:
            by = next(other for one, other in plan.dominated() if one == name)
            said.append(f"{name} costs no less than {by} and very likely gains less.")
    return said


def _how_sure(plan: Plan) -> list[str]:
    chance = plan.belongs()
    rows = [(name, p) for name, p, k in zip(plan.names, chance, plan.chosen, strict=True) if k]
    words = [f"{name} {_sure(p)} ({p:.0%})" for name, p in rows]
    said = [f"Belongs to the best plan: {', '.join(words)}."] if words else []
    if plan.chosen.any():
        said.append(
            f"P(in best): share of draws whose own best plan has the option. Knowing every gain exactly before "
            f"choosing would bring {gained(plan, plan.knowing())} more on average; regret: what the best plan loses on "
            "average without the option, or with it."
        )
    return said


def _sure(p: float) -> str:
    return "very likely" if p >= VERY_LIKELY else "likely" if p >= LIKELY else "cannot be told for sure"


def _meaning(plan: Plan) -> str:
    staying = ""
    if plan.customer is not None:
        staying = (
            f" Money: staying goes with satisfaction {plan.customer.source} (slope {plan.customer.slope[0]:.2f}, "
            f"standard error {plan.customer.slope[1]:.2f}); an intention to stay is not staying."
        )
    if plan.scenario == "causes":
        return f"Effects, if the declared causes hold and nothing else is behind drivers and outcome.{staying}"
    return (
        "Association, not effect: no causal assumption was declared. Gains are what would follow only if nothing else "
        f"stands behind drivers and outcome.{staying}"
    )
