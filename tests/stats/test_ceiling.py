"""Necessary condition analysis against the R package NCA, and what chance does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.stats.ceiling import ceiling, linear_sizes, needed, permuted_sizes

PRINTED = 5e-7
LINE = 5e-6

# R> nca(nca.example, "Individualism", "Innovation performance"), NCA 5.0.1: peers and ranges of the 28 countries
INDIVIDUALISM = np.array([[18, 42.3], [46, 171.6], [63, 173.1], [71, 184.9], [91, 214.4]])
RISK = np.array([[23, 12.0], [41, 75.1], [43, 171.6], [76, 173.1], [89, 214.4]])


def test_individualism():
    found = ceiling(*INDIVIDUALISM.T, (18, 91, 1.2, 214.4))
    assert found.step == pytest.approx(0.415508, abs=PRINTED)
    assert (found.zone, found.scope) == (pytest.approx(6466.8), pytest.approx(15563.6))
    assert found.line == pytest.approx(0.3066477, abs=PRINTED / 10)
    assert (found.intercept, found.slope) == (pytest.approx(28.35271, abs=LINE), pytest.approx(2.23023, abs=LINE))


def test_risk_taking():
    found = ceiling(*RISK.T, (23, 112, 1.2, 214.4))
    assert found.step == pytest.approx(0.3094156, abs=PRINTED / 10)
    assert (found.zone, found.scope) == (pytest.approx(5871.1), pytest.approx(18974.8))
    assert found.line == pytest.approx(0.2818985, abs=PRINTED / 10)
    assert (found.intercept, found.slope) == (pytest.approx(-14.4777, abs=5e-5), pytest.approx(2.641869, abs=PRINTED))


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=3, max_size=40))
def test_nothing_lies_above_the_step_and_sizes_are_parts(points):
    x, y = np.array(points, dtype=float).T
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return
    found = ceiling(x, y)
    assert 0 <= found.step <= 1
    tops = [y[x <= at].max() for at in x]
    assert (y <= tops).all()
    least = needed(found, y)
    assert (x >= least - 1e-12).all()  # whoever reached y had at least what y needs


def test_the_empty_corner_by_hand():
    found = ceiling(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 2.0]))
    assert found.step == pytest.approx(3 / 4)  # two by two, less the step below (1, 1)
    np.testing.assert_allclose(needed(found, np.array([0.0, 0.5, 1.5])), [0.0, 1.0, 2.0])
    assert np.isnan(needed(found, np.array([3.0]))[0])


def placed(x, y):
    """Sorted values, places and a count of 1 each."""
    ux, row = np.unique(x, return_inverse=True)
    uy, column = np.unique(y, return_inverse=True)
    return row, column, ux, uy, np.ones(len(x))


def test_permuted_sizes_keep_both_margins_and_average_as_simulated():
    """Independent normals have a mean CE-FDH effect of .137 at n = 50 and .109 at n = 200 with no effect at all."""
    sizes = {}
    for n in (50, 200):
        rng = np.random.default_rng(n)
        each = [permuted_sizes(*placed(*rng.normal(size=(2, n))), 40, seed)[:, 0].mean() for seed in range(25)]
        sizes[n] = np.mean(each)
    assert sizes[50] == pytest.approx(0.137, abs=0.01)
    assert sizes[200] == pytest.approx(0.109, abs=0.01)


def test_a_correlation_empties_the_corner_by_itself():
    """A correlation of .5 alone gives .23 at n = 200: the reference for a linear relation, not for chance."""
    rng = np.random.default_rng(2)
    one, other = rng.normal(size=(2, 200))
    y = 0.5 * one + np.sqrt(0.75) * other
    chance = permuted_sizes(*placed(one, y), 60, 1)[:, 0].mean()
    linear = linear_sizes(*placed(one, y), 60, 1)[:, 0].mean()
    assert linear == pytest.approx(0.23, abs=0.05)
    assert linear > 1.5 * chance


def test_cells_of_a_gaussian_copula_are_scipys():
    from scipy.special import ndtri
    from scipy.stats import multivariate_normal

    from drivers.stats.ceiling import _copula

    edges, r = [np.array([0.02, 0.1, 0.3, 0.7]), np.array([0.2, 0.5, 0.8])], 0.6
    normal = multivariate_normal([0, 0], [[1, r], [r, 1]])
    below = [[normal.cdf([ndtri(a), ndtri(b)]) for b in edges[1]] for a in edges[0]]
    ours = _copula(edges, r).cumsum(axis=0).cumsum(axis=1)[:-1, :-1]
    np.testing.assert_allclose(ours, below, atol=1e-6)  # 64 nodes in each row, of a density steep at its ends


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sizes_of_many_tables_are_those_of_each(seed):
    """Points in a corner, in a row of their own, and all but a few levels unseen, too."""
    from drivers.stats.ceiling import _largest, _sizes

    rng = np.random.default_rng(seed)
    x, y = np.sort(rng.normal(size=6)), np.sort(rng.uniform(-3, 9, 5))
    held = rng.random((200, 6, 5)) < rng.choice([0.05, 0.2, 0.6], (200, 1, 1))
    held = held[held.any(axis=2).sum(axis=1) > 1]
    found = _sizes(_largest(held.astype(int), y), x, y)
    for one, sizes in zip(held, found, strict=True):
        at, up = x[one.nonzero()[0]], y[one.nonzero()[1]]
        whole = ceiling(at, up, (at.min(), at.max(), y[0], y[-1]))
        np.testing.assert_allclose(sizes, [whole.step, whole.line], atol=1e-12)


def test_tables_have_the_margins_and_the_mean_of_independence():
    from drivers.stats.ceiling import _tables

    rows, columns, times = np.array([10, 30, 20]), np.array([5, 15, 40]), 4000
    drawn = _tables(rows, columns, times, np.random.default_rng(3))
    assert (drawn.sum(axis=2) == rows).all() and (drawn.sum(axis=1) == columns).all()
    mean = np.outer(rows, columns) / 60
    var = mean * np.outer(60 - rows, 60 - columns) / (60 * 59)  # of a hypergeometric count
    assert (np.abs(drawn.mean(axis=0) - mean) < 4 * np.sqrt(var / times)).all()
    np.testing.assert_allclose(drawn.var(axis=0), var, rtol=0.12)


def test_both_ways_to_permute_have_one_distribution():
    """Ratings as tables, and the same people with a hair's breadth between their x: shuffled one by one."""
    rng = np.random.default_rng(4)
    x, y = rng.choice([1.0, 2, 3, 4, 5], 120, p=[0.05, 0.1, 0.25, 0.3, 0.3]), rng.integers(1, 6, 120).astype(float)
    apart = x + 1e-9 * np.arange(120)
    sizes = []
    for values in (x, apart):
        (ux, row), (uy, column) = np.unique(values, return_inverse=True), np.unique(y, return_inverse=True)
        sizes.append(permuted_sizes(row, column, ux, uy, np.ones(120), 3000, 6)[:, 0])
    error = np.sqrt(sum(one.var() / 3000 for one in sizes))
    assert abs(sizes[0].mean() - sizes[1].mean()) < 4 * error
