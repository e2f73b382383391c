"""Submodels in which products come with their drivers: the Shapley value of that game, by brute force over orders."""

from itertools import permutations

import numpy as np
import pytest

from drivers.errors import InputError
from drivers.stats.dominance import dominance_of_fits
from drivers.stats.hierarchy import hierarchical_fits
from drivers.stats.shapley import lmg
from tests.golden.moments import ATTITUDE

ROUNDING = 1e-12


def r2(cov, columns):
    columns = list(columns)
    if not columns:
        return 0.0
    cross = cov[columns, -1]
    return float(cross @ np.linalg.solve(cov[np.ix_(columns, columns)], cross) / cov[-1, -1])


def covariances(seed=1, c=5):
    x = np.random.default_rng(seed).normal(size=(50, c + 1)) @ np.random.default_rng(2).normal(size=(c + 1, c + 1))
    return np.cov(x, rowvar=False)


def test_without_products_it_is_lmg():
    fits = hierarchical_fits(ATTITUDE, [1 << j for j in range(6)], 6)
    np.testing.assert_allclose(dominance_of_fits(fits).general, lmg(ATTITUDE), atol=ROUNDING)


def test_it_is_the_mean_gain_over_orders_in_which_a_product_enters_with_the_last_of_its_drivers():
    cov, needs = covariances(), [1, 2, 4, 1 | 2, 4]  # three drivers, the product of the first two, the third squared
    gains = np.zeros(3)
    for order in permutations(range(3)):
        held, before = 0, 0.0
        for row in order:
            held |= 1 << row
            after = r2(cov, [j for j, need in enumerate(needs) if not need & ~held])
            gains[row] += (after - before) / 6
            before = after
    found = dominance_of_fits(hierarchical_fits(cov, needs, 3))
    np.testing.assert_allclose(found.general, gains, atol=ROUNDING)
    assert found.fit == pytest.approx(r2(cov, range(5)), abs=ROUNDING)


def test_a_pure_interaction_is_shared_half_and_half():
    cov = np.eye(4)
    cov[2, 3] = cov[3, 2] = 0.6  # only the product goes with the outcome
    np.testing.assert_allclose(dominance_of_fits(hierarchical_fits(cov, [1, 2, 3], 2)).general, [0.18, 0.18])


def test_draws_agree_with_single_matrices_and_bad_ones_are_nan():
    stack = np.stack([covariances(seed) for seed in range(4)])
    stack[2] = np.nan
    found = hierarchical_fits(stack, [1, 2, 0, 3, 0], 2)
    assert np.isnan(found[2]).all()
    np.testing.assert_allclose(found[3], hierarchical_fits(stack[3], [1, 2, 0, 3, 0], 2), atol=ROUNDING)
    assert found[3, 0] == pytest.approx(r2(stack[3], [2, 4]), abs=ROUNDING)  # what is always in


def test_too_many_rows_are_refused_with_the_cure():
    with pytest.raises(InputError, match=r"13 drivers or groups are more than 12.*Put some into groups"):
        hierarchical_fits(np.eye(14), [1 << j for j in range(13)], 13)
