from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.stats.shapley import conditional_dominance, lmg, subset_sums
from tests.golden.moments import ATTITUDE
from tests.stats.matrices import FloatArray, covariances, draws_of, mean_gains, r_squared

ROUNDING = 1e-14  # of numbers near 1, well conditioned
CONDITIONED = 1e-11  # of numbers near 1, condition number up to 1e4, normal equations to compare with


@given(cov=covariances())
def test_equals_the_defining_sum(cov: FloatArray) -> None:
    gains = mean_gains(cov)
    np.testing.assert_allclose(conditional_dominance(subset_sums(cov)), gains, atol=CONDITIONED, rtol=0)
    np.testing.assert_allclose(lmg(cov), gains.mean(axis=1), atol=CONDITIONED, rtol=0)


def test_equals_the_mean_over_all_orders_to_rounding() -> None:
    shares = np.zeros(6)
    orders = list(permutations(range(6)))
    for order in orders:
        known = np.array([r_squared(ATTITUDE, tuple(sorted(order[:k]))) for k in range(7)])
        shares[list(order)] += np.diff(known)
    np.testing.assert_allclose(lmg(ATTITUDE), shares / len(orders), atol=ROUNDING, rtol=0)


@pytest.mark.parametrize("p", [5, 10])
def test_equals_the_defining_sum_to_rounding(p: int) -> None:
    # R2 of every subset in extended precision, one more driver decided at each step
    cov = draws_of(p, 1)[0]
    left = (cov / np.sqrt(np.outer(np.diag(cov), np.diag(cov)))).astype(np.longdouble)[None]
    for _ in range(p):
        row = left[:, 0, 1:]
        given_it = left[:, 1:, 1:] - row[:, :, None] * row[:, None, :] / left[:, :1, :1]
        left = np.concatenate([left[:, 1:, 1:], given_it])
    r2 = 1 - left[:, 0, 0]
    subset = np.arange(1 << p)  # driver j is in where bit j is set
    size = np.bitwise_count(subset)
    gains = np.empty((p, p))
    for j in range(p):
        without = subset[(subset >> j & 1) == 0]
        gain = r2[without | 1 << j] - r2[without]
        gains[j] = [gain[size[without] == k].mean() for k in range(p)]
    np.testing.assert_allclose(conditional_dominance(subset_sums(cov)), gains, atol=ROUNDING, rtol=0)
    np.testing.assert_allclose(lmg(cov), gains.mean(axis=1), atol=ROUNDING, rtol=0)


@given(cov=covariances(min_drivers=2, max_drivers=12))
def test_shares_are_never_negative_and_add_up_to_r2(cov: FloatArray) -> None:
    shares = lmg(cov)
    assert (shares >= -ROUNDING).all()
    np.testing.assert_allclose(shares.sum(), r_squared(cov, tuple(range(len(cov) - 1))), atol=CONDITIONED, rtol=0)


@given(cov=covariances(min_drivers=2, max_drivers=9), seed=st.integers(0, 2**16))
def test_the_order_of_drivers_and_their_units_do_not_matter(cov: FloatArray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(cov) - 1)
    moved = np.append(order, len(cov) - 1)
    units = 10.0 ** rng.uniform(-6, 6, len(cov)) * rng.choice([-1, 1], len(cov))
    other = (cov * np.outer(units, units))[np.ix_(moved, moved)]
    np.testing.assert_allclose(lmg(other), lmg(cov)[order], atol=CONDITIONED, rtol=0)


@given(r=st.lists(st.floats(-0.3, 0.3), min_size=1, max_size=10))
def test_uncorrelated_drivers_get_their_squared_correlations(r: list[float]) -> None:
    cov = np.eye(len(r) + 1)
    cov[-1, :-1] = cov[:-1, -1] = r
    np.testing.assert_allclose(lmg(cov), np.square(r), atol=ROUNDING, rtol=0)


@given(cov=covariances(min_drivers=2, max_drivers=6))
def test_twins_share_alike(cov: FloatArray) -> None:
    here = [0, *range(len(cov))]
    twins = cov[np.ix_(here, here)].copy()
    twins[0, 0] = twins[1, 1] = 1.1 * cov[0, 0]  # the same driver measured twice
    shares = lmg(twins)
    np.testing.assert_allclose(shares[0], shares[1], atol=CONDITIONED, rtol=0)


def test_nearly_collinear_drivers_stay_accurate() -> None:
    # y = (a + b) / sqrt(2) + noise with R2 = .5: two drivers of correlation 1 - 1e-8 share R2 equally
    close = 1 - 1e-8
    each = np.sqrt(0.5 * (1 + close) / 2)
    cov = np.array([[1, close, 0, each], [close, 1, 0, each], [0, 0, 1, 0.1], [each, each, 0.1, 1]])
    np.testing.assert_allclose(lmg(cov), [0.25, 0.25, 0.01], atol=1e-8, rtol=0)  # condition 2e8


def test_many_drivers_stay_exact_to_rounding() -> None:
    # uncorrelated drivers have known shares; 2^20 subsets are summed
    r = np.linspace(0.01, 0.3, 20)
    cov = np.eye(21)
    cov[-1, :-1] = cov[:-1, -1] = r
    np.testing.assert_allclose(lmg(cov), r**2, atol=ROUNDING, rtol=0)
    np.testing.assert_allclose(conditional_dominance(subset_sums(cov)), np.tile(r[:, None] ** 2, 20), atol=ROUNDING)


def test_shares_by_blocks_equal_shares_apart() -> None:
    # drivers uncorrelated between blocks: 16 drivers in two blocks of 8, each with a known answer
    rng = np.random.default_rng(8)
    rows = rng.normal(size=(60, 9)) + rng.normal(size=(60, 1))
    block = np.corrcoef(rows, rowvar=False)
    cov = np.eye(17)
    cov[:8, :8] = cov[8:16, 8:16] = block[:8, :8]
    cov[16, :16] = cov[:16, 16] = np.tile(block[8, :8], 2) * 0.7
    np.testing.assert_allclose(lmg(cov), np.tile(lmg(block), 2) * 0.49, atol=ROUNDING, rtol=0)


@given(cov=covariances(min_drivers=3, max_drivers=6))
def test_groups_enter_together(cov: FloatArray) -> None:
    p = len(cov) - 1
    groups = [list(range(2, p)), [0], [1]]
    known = {}
    for size in range(8):
        inside = [g for g in range(3) if size >> g & 1]
        known[frozenset(inside)] = r_squared(cov, tuple(sorted(j for g in inside for j in groups[g])))
    shares = np.zeros(3)
    for order in permutations(range(3)):
        for k, g in enumerate(order):
            shares[g] += (known[frozenset(order[: k + 1])] - known[frozenset(order[:k])]) / 6
    np.testing.assert_allclose(lmg(cov, groups=groups), shares, atol=CONDITIONED, rtol=0)
