"""The best use of a budget: integer steps of actions, solved exactly, for the average or for the bad tail of draws."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from drivers.errors import ConvergenceError
from drivers.stats.solver_noise import nothing_printed

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

ROUNDING: Final = 1e-9
"""Part of a budget by which sums of costs may pass it: 0.1 + 0.2 is within 0.3."""

MOST_PLANS: Final = 2**62
"""Combinations of steps that can be told apart by one number."""

GAP: Final = 1e-6
"""How far a solution may be from the optimum, as a part of the largest gain of a step; HiGHS stops there."""


def tail_mean(values: FloatArray, tail: float) -> FloatArray:
    """Return the mean of the worst part of draws: conditional value at risk of a gain.

    Parameters
    ----------
    values : ndarray, shape (S, ...)
        Gains, draws first.
    tail : float
        Part of the draws, above 0 up to 1; 1 gives the mean.

    Returns
    -------
    ndarray, shape (...)
        Mean of the lowest ``tail * S`` draws; the last one counts in part where that is no whole number.

    References
    ----------
    .. [1] Rockafellar & Uryasev (2000). Optimization of conditional value-at-risk. J. of Risk 2(3), 21-41.
       doi:10.21314/JOR.2000.038
    """
    ordered = np.sort(values, axis=0)
    found: FloatArray = np.tensordot(_tail_weights(len(values), tail), ordered, axes=1)
    return found


def _tail_weights(draws: int, tail: float) -> FloatArray:
    """Return the weight of every place from the lowest up."""
    weights: FloatArray = np.clip(tail * draws - np.arange(draws), 0, 1) / (tail * draws)
    return weights


def best_plan(
    value: FloatArray, cost: FloatArray, steps: IntArray, budget: float, *, tail: float | None = None
) -> IntArray:
    """Choose the steps of every action that gain most within a budget.

    Parameters
    ----------
    value : ndarray, shape (S, A, K + 1)
        Gain of every action at 0, 1, ..., K steps, by draw; gains of actions add up.
    cost : ndarray, shape (A, K + 1)
        Cost of the same, not below 0.
    steps : ndarray of int, shape (A,)
        Most steps of each action.
    budget : float
        Most that all actions may cost.
    tail : float, optional
        Maximise the mean of the worst part of draws (`tail_mean`) in place of the mean of all.

    Returns
    -------
    ndarray of int, shape (A,)
        Steps of each action; a step that gains no more than a cheaper one in any draw is not among them.

    Raises
    ------
    ConvergenceError
        If the solver stops without an optimum.

    Notes
    -----
    A mixed-integer program solved by HiGHS. The tail mean is the lowest average over any set of draws of that size,
    so it is maximised by adding one such set at a time as a constraint, the worst for the plan at hand, until none is
    worse than promised; each program stays small however many draws there are [2]_.

    References
    ----------
    .. [1] Rockafellar & Uryasev (2000). J. of Risk 2(3), 21-41. doi:10.21314/JOR.2000.038
    .. [2] Kuenzi-Bay & Mayer (2006). Computational aspects of minimizing conditional value-at-risk. Computational
       Management Science 3(1), 3-27. doi:10.1007/s10287-005-0042-0
    """
    actions, sizes = np.nonzero(np.arange(1, cost.shape[1]) <= steps[:, None])
    sizes += 1
    gains, costs = value[:, actions, sizes], cost[actions, sizes]
    affordable = costs <= budget * (1 + ROUNDING)
    actions, sizes, gains, costs = actions[affordable], sizes[affordable], gains[:, affordable], costs[affordable]
    plan = np.zeros(len(steps), dtype=np.int64)
    useful = _useful(gains, costs, actions)
    actions, sizes, gains, costs = actions[useful], sizes[useful], gains[:, useful], costs[useful]
    if not len(actions):
        return plan
    scale = float(np.abs(gains).max()) or 1.0
    gains = gains / scale
    cuts = gains.mean(axis=0)[None]  # no tail mean is above the mean
    weights = _tail_weights(len(gains), 1.0 if tail is None else tail)
    while True:
        picked, promised = _solve(cuts, costs, actions, budget)
        cut = np.empty(len(gains))
        cut[np.argsort(gains @ picked, kind="stable")] = weights
        if promised - cut @ gains @ picked <= GAP:
            break
        cuts = np.vstack([cuts, cut @ gains])
    plan[actions[picked > 0]] = sizes[picked > 0]
    return plan


def _useful(gains: FloatArray, costs: FloatArray, actions: IntArray) -> NDArray[np.bool_]:
    """Tell which steps gain anything in some draw and are not matched in every draw by a cheaper one of the action."""
    useful = (gains > 0).any(axis=0)
    for v in np.flatnonzero(useful):
        rivals = np.flatnonzero((actions == actions[v]) & (costs < costs[v]))
        useful[v] = not (gains[:, rivals] >= gains[:, [v]]).all(axis=0).any()
    return useful


def _solve(
    cuts: FloatArray, costs: FloatArray, actions: IntArray, budget: float
) -> tuple[FloatArray, float]:
    """Maximise the lowest of the `cuts` (c, v) over plans; return the plan (v,) of 0 and 1 and its value."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    count = len(costs)
    most = float(np.abs(cuts).sum(axis=1).max()) + 1.0
    one = (actions[None] == np.unique(actions)[:, None]).astype(np.float64)
    unit = max(budget, float(costs.max())) or 1.0
    rules = [
        LinearConstraint(np.column_stack([one, np.zeros(len(one))]), ub=1.0),
        LinearConstraint(np.append(costs / unit, 0.0)[None], ub=budget / unit * (1 + ROUNDING)),
        LinearConstraint(np.column_stack([cuts, -np.ones(len(cuts))]), lb=0.0),
    ]
    bounds = Bounds(np.append(np.zeros(count), -most), np.append(np.ones(count), most))
    with nothing_printed():
        found = milp(
            np.append(np.zeros(count), -1.0), constraints=rules, integrality=np.append(np.ones(count), 0),
            bounds=bounds, options={"mip_rel_gap": 0.0},
        )
    if found.x is None or not found.success:
        raise ConvergenceError(f"The solver of the plan stopped without an optimum: {found.message}")
    return np.round(found.x[:count]), float(found.x[-1])
