"""Value of information: closed forms of normal gains, and the laws."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.stats.information import of_a_sample, of_everything, of_some

NORMAL = NormalDist()
DRAWS = 40_000


def loss(mean, sd):
    """Expected gain of choosing between N(mean, sd^2) and 0 after it is known, over choosing before."""
    return sd * NORMAL.pdf(mean / sd) - abs(mean) * NORMAL.cdf(-abs(mean) / sd)


@pytest.mark.parametrize(("mean", "sd"), [(0.1, 0.3), (-0.2, 0.3), (0.0, 1.0), (0.5, 0.2)])
def test_normal_gains_have_a_closed_form(mean, sd):
    rng = np.random.default_rng(1)
    theta = mean + sd * rng.standard_normal((DRAWS, 1))
    gains = np.hstack([np.zeros((DRAWS, 1)), theta])
    error = 4 * sd / math.sqrt(DRAWS)
    assert of_everything(gains) == pytest.approx(loss(mean, sd), abs=error)
    assert of_some(gains, theta) == pytest.approx(loss(mean, sd), abs=error)
    for noise in (0.5 * sd, 2 * sd):  # what a sample leaves open does not count: sd^2 -> sd^4 / (sd^2 + noise^2)
        expected = loss(mean, sd**2 / math.hypot(sd, noise))
        assert of_a_sample(gains, theta, np.array([[noise**2]]), rng) == pytest.approx(expected, abs=error)


def test_knowing_one_of_two_independent_parts():
    rng = np.random.default_rng(2)
    parts = rng.standard_normal((DRAWS, 2)) * [0.3, 0.4]
    gains = np.hstack([np.zeros((DRAWS, 1)), 0.1 + parts.sum(axis=1, keepdims=True)])
    error = 4 * 0.5 / math.sqrt(DRAWS)
    assert of_some(gains, parts[:, [0]]) == pytest.approx(loss(0.1, 0.3), abs=error)
    assert of_some(gains, parts[:, [1]]) == pytest.approx(loss(0.1, 0.4), abs=error)
    assert of_some(gains, parts) == pytest.approx(loss(0.1, 0.5), abs=error)


@given(st.integers(0, 2**20), st.integers(2, 5), st.integers(1, 3), st.floats(0.1, 3))
def test_a_sample_is_worth_no_more_than_knowing_and_that_no_more_than_knowing_everything(seed, choices, d, noise):
    rng = np.random.default_rng(seed)
    known = rng.standard_normal((4000, d))
    gains = known @ rng.normal(0, 0.3, (d, choices)) + rng.normal(0, 0.2, choices) + 0.2 * rng.standard_normal(
        (4000, choices)
    )
    everything, some = of_everything(gains), of_some(gains, known)
    sample = of_a_sample(gains, known, noise**2 * np.eye(d), rng)
    error = 4 * gains.std() / math.sqrt(4000)  # of a mean over the draws
    assert everything >= 0 and some >= 0 and sample >= 0
    assert some <= everything + error and sample <= some + error


@given(st.integers(0, 2**20), st.integers(1, 4))
def test_nothing_is_worth_nothing(seed, d):
    rng = np.random.default_rng(seed)
    gains = np.hstack([rng.uniform(1, 2, (500, 1)), rng.uniform(-2, -1, (500, 1))])  # the first is always better
    rounding = 1e-12
    assert of_everything(gains) <= rounding
    assert of_everything(gains[:, :1]) <= rounding and of_some(gains[:, :1], rng.normal(size=(500, d))) <= rounding
