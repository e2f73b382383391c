"""Near zero: a bound for shares that cannot be negative, an interval for those that can."""

import numpy as np
import pytest

from tests.importance.made import importance_of

RNG = np.random.default_rng(3)
LARGE = 0.3 + 0.01 * RNG.standard_normal(500)


def near_zero(small: np.ndarray, estimate: float) -> bool:
    tidy = importance_of(np.column_stack([LARGE, small]), estimate=[0.3, estimate]).tidy()
    assert not tidy["near_zero"].iloc[0]
    return bool(tidy["near_zero"].iloc[1])


def test_a_small_share_with_draws_close_to_zero_is_a_bound():
    assert near_zero(0.004 * RNG.random(500), 0.003)


def test_a_share_that_is_clearly_small_but_there_keeps_its_interval():
    assert not near_zero(0.02 + 0.001 * RNG.random(500), 0.0205)


@pytest.mark.parametrize("estimate", [-0.002, -0.2])
def test_a_negative_share_is_not_near_zero(estimate: float):
    assert not near_zero(estimate + 0.001 * RNG.standard_normal(500), estimate)


def test_nor_is_one_that_may_well_be_negative():
    assert not near_zero(0.002 + 0.01 * RNG.standard_normal(500), 0.002)


def test_rounding_below_zero_does_not_make_a_share_negative():
    assert near_zero(np.where(RNG.random(500) < 0.5, -1e-17, 0.004), -1e-18)
