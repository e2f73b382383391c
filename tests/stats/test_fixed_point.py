"""Leaps to a fixed point: the same answer as the plain steps, in far fewer of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import drivers.stats.em as em_module
from drivers.stats.em import em_moments
from drivers.stats.fixed_point import fixed_point

TOLERANCE = 1e-10
SLOW = 0.98
"""The plain steps shrink what is missing by 2 % each: more than 900 of them to `TOLERANCE`."""


@given(seed=st.integers(0, 2**16), q=st.integers(2, 8))
def test_a_linear_step_is_solved_in_about_as_many_steps_as_it_has_directions(seed, q):
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.normal(size=(q, q)))[0]
    matrix = basis @ np.diag(np.linspace(0.1, SLOW, q)) @ basis.T
    goal = rng.normal(size=q)

    def step(x):
        return goal + matrix @ (x - goal), -float((x - goal) @ (x - goal))

    found, steps, size = fixed_point(step, np.zeros(q), lambda x: True, tolerance=TOLERANCE, most=2000)
    assert size < TOLERANCE
    assert steps <= 3 * q + 4
    np.testing.assert_allclose(found, goal, atol=TOLERANCE / (1 - SLOW))


def test_points_that_are_not_proper_are_never_stepped_from():
    """The square root is known above 0 only, and leaps from far below its fixed point 1 land below 0."""
    asked, stepped = [], []

    def step(x):
        stepped.append(float(x[0]))
        return np.sqrt(x), -float(np.log(x[0]) ** 2)

    def proper(x):
        asked.append(float(x[0]))
        return bool((x > 0).all())

    found, _, size = fixed_point(step, np.full(2, 0.01), proper, tolerance=1e-9, most=200)
    assert size < 1e-9
    np.testing.assert_allclose(found, 1.0, atol=2e-9)
    assert min(asked) < 0 < min(stepped)


def test_a_leap_to_a_lower_value_is_taken_back():
    """From -0.9 the step creeps to its fixed point -1; from beyond -1.5 it runs to another at -3, of a lower value."""
    stepped = []

    def step(x):
        stepped.append(float(x[0]))
        goal = -1.0 if x[0] > -1.5 else -3.0
        return goal + 0.9 * (x - goal) + 0.01 * np.sin(40 * x), -float((x[0] + 1.0) ** 2)

    found, _, size = fixed_point(step, np.array([0.4]), lambda x: True, tolerance=1e-9, most=500)
    assert size < 1e-9
    assert min(stepped) < -1.5  # it did look there
    assert found[0] > -1.5


def test_a_step_that_does_not_settle_says_how_far_it_still_moves():
    found, steps, size = fixed_point(lambda x: (x + 1.0, 0.0), np.zeros(2), lambda x: False, tolerance=1e-9, most=5)
    assert (steps, size) == (5, 1.0)
    np.testing.assert_array_equal(found, np.full(2, 5.0))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_moments_are_those_of_plain_em_in_a_fifth_of_the_steps(seed, monkeypatch):
    rng = np.random.default_rng(seed)
    values = np.clip(np.round(3 + rng.normal(size=(300, 1)) + 0.7 * rng.normal(size=(300, 6))), 1, 5)
    values[rng.random(values.shape) < 0.6] = np.nan
    weight = rng.gamma(4.0, 0.25, size=300)
    fast = em_moments(values, weight)
    monkeypatch.setattr(em_module, "TOLERANCE", 1e-11)

    def plain(step, start, proper, **limits):
        return fixed_point(step, start, lambda x: False, **limits)

    monkeypatch.setattr(em_module, "fixed_point", plain)
    slow = em_moments(values, weight)
    assert fast.iterations < slow.iterations / 5
    np.testing.assert_allclose(fast.moments.mean, slow.moments.mean, atol=1e-8)
    np.testing.assert_allclose(fast.moments.cov, slow.moments.cov, atol=1e-8)
