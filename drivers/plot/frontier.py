"""`plot_frontier`: the most that each budget can gain, with the plan chosen and the budget it was made for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from drivers.plot.fine_print import ASSOCIATION, headed, interval_words
from drivers.plot.frame import clear, headline, lettering_for, open_axes, room, settle
from drivers.plot.lettering import plain, printable, wrap
from drivers.plot.scale import number_ticks, round_ticks
from drivers.plot.style import BLUE, GREY, INK, ORANGE, PALE, VERMILLION, percent, signed, styled

if TYPE_CHECKING:
    from drivers.scenario.plan_result import Plan

UNITS = {"mean": ("scale points", 1.0), "top2": ("points of top-2-box", 100.0), "nps": ("NPS points", 1.0),
         "value": ("customer value", 1.0)}  # fmt: skip


def plot_frontier(plan: Plan, ax: Axes | None = None) -> Axes:
    """Best gain against cost: dots with intervals for plans done together, a pale line for their parts added up.

    Where the line leaves the dots below, options meet the same ceiling. The plan chosen is a diamond at its cost, the
    budget a dashed line.

    Parameters
    ----------
    plan : Plan
        From `plan`.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x is money, y what is gained.
    """
    unit, factor = UNITS[plan.measure]
    rows = plan.frontier
    with styled():
        ax = open_axes(ax, (9.0, 5.2))
        clear(ax)
        kind = lettering_for(ax)
        ax.plot(rows["cost"], factor * rows["added"], color=ORANGE, linewidth=2.2, alpha=0.8, zorder=2)
        ax.vlines(rows["cost"], factor * rows["low"], factor * rows["high"], color=BLUE, linewidth=1.5, zorder=3)
        ax.plot(rows["cost"], factor * rows["gain"], color=BLUE, linewidth=1.0, marker="o", markersize=0.8 * kind.dot,
                markeredgecolor="white", zorder=3.5)  # fmt: skip
        found = plan.interval()
        ax.vlines(plan.total_cost, factor * found["low"], factor * found["high"], color=VERMILLION, linewidth=2.0,
                  zorder=4)  # fmt: skip
        ax.plot([plan.total_cost], [factor * found["gain"]], marker="D", markersize=1.3 * kind.dot, color=VERMILLION,
                markeredgecolor="white", linestyle="none", zorder=5)  # fmt: skip
        _axes(ax, plan, unit, factor)
        headline(ax, *_words(plan))
        settle(ax)
    return ax


def _axes(ax: Axes, plan: Plan, unit: str, factor: float) -> None:
    kind, rows, up = lettering_for(ax), plan.frontier, room(ax)[1]
    right = 1.04 * max(float(rows["cost"].max()), plan.budget, plan.total_cost) or 1.0
    low = factor * min(float(rows["low"].min()), 0.0)
    high = factor * max(float(rows[["high", "added"]].max().max()), 0.0) or 1.0
    ax.set(xlim=(-0.02 * right, right), ylim=(low - 0.05 * (high - low), high + 0.08 * (high - low)))
    costs = round_ticks(0, right, 6)
    ax.set_xticks(costs, labels=[f"{cost:,.10g}" for cost in costs], fontsize=0.9 * kind.text, **plain())
    ticks, labels = number_ticks(low, high)
    ax.set_yticks(ticks, labels=labels, fontsize=0.9 * kind.text, **plain())
    ax.hlines(ticks, -0.02 * right, right, color=PALE, linewidth=0.8, zorder=0.5)
    ax.axvline(plan.budget, color=GREY, linewidth=1.2, linestyle=(0, (4, 2)), zorder=1)
    gain = printable(f"Gain in {plan.label(plan.outcome)} ({unit})")
    ax.set_xlabel("Cost", fontsize=kind.text, color=INK, **plain())
    ax.set_ylabel("\n".join(wrap(gain, kind.text, 0.6 * 72 * up)), fontsize=kind.text, color=INK, **plain())


def _words(plan: Plan) -> tuple[str, str, tuple[str, ...]]:
    unit, factor = UNITS[plan.measure]
    digits = 0 if plan.measure == "value" else 1 if factor > 1 or plan.measure == "nps" else 2
    found = plan.interval()
    chosen = [name if most == 1 else f"{name} x{k}"
              for name, k, most in zip(plan.names, plan.chosen, plan.steps, strict=True) if k]  # fmt: skip
    return (
        headed(plan.label(plan.outcome),
               f"the budget of {plan.budget:,.10g} buys {signed(factor * found['gain'], digits)} {unit}"),
        f"Plan chosen: {', '.join(chosen) or 'nothing'}",
        (
            f"bars: {interval_words(plan.level)}", "diamond: the plan chosen; dashed: the budget",
            "orange: gains of the parts added up; dots: everything done together",
            *((f"plans with the best worst {percent(plan.tail)} of draws",) if plan.tail else ()),
            f"n = {plan.n:,}", f"{plan.model} model, {plan.engine} engine", ASSOCIATION,
        ),
    )  # fmt: skip
