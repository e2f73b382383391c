"""Plans: the solver, the compiled walk, and full enumeration agree; the tail mean is Rockafellar and Uryasev's."""

import os
import subprocess
import sys
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.stats.budget import GAP, ROUNDING, best_plan, tail_mean
from drivers.stats.budget_walk import best_in_draws, undominated

EXACT = 1e-12


def case(seed: int, actions: int, most: int, draws: int = 40):
    """Return gains (S, A, K + 1), costs (A, K + 1), most steps (A,) and a budget; some gains negative or nothing."""
    rng = np.random.default_rng(seed)
    steps = rng.integers(1, most + 1, actions)
    gain = rng.normal(0.05, 0.1, (actions, 1)) + rng.normal(0, 0.1, (draws, actions, 1))
    value = np.concatenate([np.zeros((draws, actions, 1)), gain * np.cumsum(rng.uniform(0, 1, (actions, most)), 1)], 2)
    value[:, rng.random(actions) < 0.2] = 0.0
    cost = np.concatenate([np.zeros((actions, 1)), np.cumsum(rng.integers(0, 9, (actions, most)), 1)], 1).astype(float)
    return value, cost, steps, float(rng.uniform(0, cost[np.arange(actions), steps].sum()))


def affordable(cost, steps, budget):
    plans = [p for p in product(*(range(k + 1) for k in steps))]
    return np.array([p for p in plans if cost[np.arange(len(steps)), p].sum() <= budget * (1 + ROUNDING)])


def gains(value, plans):
    return value[:, np.arange(plans.shape[1]), plans].sum(axis=2)


@given(st.integers(0, 2**20), st.integers(1, 5), st.integers(1, 3), st.sampled_from([None, 0.1, 0.33, 1.0]))
def test_no_plan_of_all_is_better(seed, actions, most, tail):
    value, cost, steps, budget = case(seed, actions, most)
    plans = affordable(cost, steps, budget)
    goal = (lambda v: v.mean(axis=0)) if tail is None else (lambda v: tail_mean(v, tail))
    chosen = best_plan(value, cost, steps, budget, tail=tail)
    assert (chosen <= steps).all() and cost[np.arange(actions), chosen].sum() <= budget * (1 + ROUNDING)
    best = goal(gains(value, plans)).max()
    assert goal(gains(value, chosen[None]))[0] == pytest.approx(best, abs=2 * GAP * max(np.abs(value).max(), 1e-9))


@given(st.integers(0, 2**20), st.integers(1, 5), st.integers(1, 3))
def test_the_walk_lists_exactly_the_plans_that_no_cheaper_one_equals(seed, actions, most):
    value, cost, steps, budget = case(seed, actions, most, draws=1)
    plans = affordable(cost, steps, budget)
    spent, gained = cost[np.arange(actions), plans].sum(axis=1), gains(value, plans)[0]
    found_cost, found_value, code = undominated(cost, value[0], steps, budget * (1 + ROUNDING))
    frontier = sorted({(c, gained[spent <= c + EXACT].max()) for c in spent})
    expected = [frontier[0]]
    for point in frontier[1:]:
        if point[1] > expected[-1][1] + EXACT:
            expected.append(point)
    np.testing.assert_allclose(np.column_stack([found_cost, found_value]), expected, rtol=0, atol=1e-9)
    for place, number in enumerate(code):
        digits = [number // np.prod(steps[:a] + 1, dtype=int) % (steps[a] + 1) for a in range(actions)]
        assert cost[np.arange(actions), digits].sum() == pytest.approx(found_cost[place], abs=EXACT)


@given(st.integers(0, 2**20), st.integers(1, 5), st.integers(1, 3))
def test_every_draw_has_its_own_best(seed, actions, most):
    value, cost, steps, budget = case(seed, actions, most)
    best, chosen = best_in_draws(cost, value, steps, budget * (1 + ROUNDING))
    np.testing.assert_allclose(best, gains(value, affordable(cost, steps, budget)).max(axis=1), rtol=0, atol=1e-12)
    np.testing.assert_allclose(value[np.arange(40)[:, None], np.arange(actions), chosen].sum(axis=1), best, atol=1e-12)


@given(st.integers(0, 2**20), st.integers(2, 60), st.floats(0.02, 1.0))
def test_the_tail_mean_is_the_best_of_rockafellar_and_uryasevs_bound(seed, draws, tail):
    values = np.random.default_rng(seed).normal(size=draws)
    bound = [nu - np.maximum(nu - values, 0).sum() / (tail * draws) for nu in values]  # its best nu is one of the draws
    assert tail_mean(values, tail) == pytest.approx(max(bound), abs=1e-9)
    assert values.min() - EXACT <= tail_mean(values, tail) <= values.mean() + EXACT


def test_the_tail_mean_of_a_normal_gain():
    # mean - sd * phi(z) / tail = 0 - 1.7549833 at 10 %
    values = np.random.default_rng(1).normal(size=400_000)
    assert tail_mean(values, 0.1) == pytest.approx(-1.7549833, abs=4 * 0.0035)


def test_a_cautious_plan_takes_the_sure_gain():
    rng = np.random.default_rng(2)
    value = np.zeros((2000, 2, 2))
    value[:, 0, 1], value[:, 1, 1] = rng.normal(0.20, 0.30, 2000), rng.normal(0.15, 0.01, 2000)
    cost, steps = np.array([[0.0, 10.0], [0.0, 10.0]]), np.array([1, 1])
    assert list(best_plan(value, cost, steps, 10.0)) == [1, 0]
    assert list(best_plan(value, cost, steps, 10.0, tail=0.1)) == [0, 1]


@pytest.mark.parametrize("tail", [None, 0.1])
def test_nothing_is_done_for_nothing(tail):
    value, cost = np.zeros((30, 3, 2)), np.array([[0.0, 5.0]] * 3)
    value[:, 1, 1], value[:, 2, 1] = -0.1, 0.1
    steps = np.ones(3, dtype=np.int64)
    assert list(best_plan(value, cost, steps, 100.0, tail=tail)) == [0, 0, 1]
    assert list(best_plan(value, cost, steps, 0.0, tail=tail)) == [0, 0, 0]


def test_a_step_that_gains_no_more_than_a_cheaper_one_is_not_taken():
    value, cost = np.zeros((30, 1, 4)), np.array([[0.0, 1.0, 2.0, 3.0]])
    value[:, 0, 1:] = np.random.default_rng(1).uniform(1, 2, (30, 1))
    assert list(best_plan(value, cost, np.array([3]), 10.0)) == [1]


def test_sums_of_costs_that_round_are_within_the_budget():
    value, cost = np.zeros((5, 2, 2)), np.array([[0.0, 0.1], [0.0, 0.2]])
    value[:, :, 1] = 1.0
    assert list(best_plan(value, cost, np.array([1, 1]), 0.3)) == [1, 1]


@settings(max_examples=5)
@given(st.integers(0, 2**20))
def test_twenty_actions_of_four_steps_agree_with_the_walk(seed):
    value, cost, steps, budget = case(seed, 20, 4, draws=200)
    chosen = best_plan(value, cost, steps, budget)
    _, front, _ = undominated(cost, value.mean(axis=0), steps, budget * (1 + ROUNDING))
    reached = value.mean(axis=0)[np.arange(20), chosen].sum()
    assert reached == pytest.approx(front[-1], abs=2 * GAP * np.abs(value).max())


def test_the_solver_leaves_standard_output_alone():
    code = """
import numpy as np
from drivers.stats.solver_noise import nothing_printed
import ctypes
print("before")
with nothing_printed():
    ctypes.CDLL(None).puts(b"noise of compiled code")
print("after")
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert run.stdout == "before\nafter\n"
