"""Halo: the exact examples, its signature, and corrections that are refused rather than smoothed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import InputError
from drivers.stats.halo import (
    first_eigenvalue_share,
    largest_halo,
    remove_halo,
    straight_line_rate,
    straight_lines_by_chance,
)
from drivers.stats.reliability import is_possible
from drivers.stats.shapley import lmg
from tests.golden.moments import _MOBI
from tests.stats.matrices import covariances

EFFECTS = np.array([0.5, 0.3, 0.15, 0.05])  # of independent drivers: true shares of R2 .68, .25, .06, .01
NOISE = 0.7  # standard deviation; R2 .43 without halo
PRINTED = 5e-3  # two decimals


def coloured(loading):
    """Covariances when one impression moves four ratings and the outcome by `loading`."""
    cov = np.eye(5)
    cov[:4, 4] = cov[4, :4] = EFFECTS
    cov[4, 4] = EFFECTS @ EFFECTS + NOISE**2
    return cov + loading**2


@pytest.mark.parametrize(
    ("loading", "r2", "shares"),
    [
        (0.0, 0.43, [0.68, 0.25, 0.06, 0.01]),
        (1.0, 0.74, [0.44, 0.27, 0.17, 0.13]),
        (1.5, 0.84, [0.36, 0.26, 0.20, 0.17]),
    ],
)
def test_a_halo_lifts_r2_and_flattens_shares(loading, r2, shares):
    found = lmg(coloured(loading))
    assert found.sum() == pytest.approx(r2, abs=PRINTED)
    np.testing.assert_allclose(found / found.sum(), shares, atol=1.2 * PRINTED)


@pytest.mark.parametrize("loading", [1.0, 1.5])
def test_removing_the_true_halo_gives_back_the_true_shares(loading):
    cov = coloured(loading)
    part = loading**2 / np.diag(cov)
    left = remove_halo(cov, part[0], part[-1])
    np.testing.assert_allclose(left, coloured(0.0), atol=1e-12)
    np.testing.assert_allclose(lmg(left), lmg(coloured(0.0)), atol=1e-12)


def test_first_eigenvalue_of_mobi():
    # 24 items of the European customer satisfaction index, mobile operator: 39.5 %
    sd = np.sqrt(np.diag(_MOBI))
    assert first_eigenvalue_share(_MOBI / sd[:, None] / sd) == pytest.approx(0.395, abs=5e-4)
    assert first_eigenvalue_share(np.eye(5)) == pytest.approx(0.2)
    assert first_eigenvalue_share(np.ones((5, 5))) == pytest.approx(1.0)


@given(cov=covariances(min_drivers=2, max_drivers=6))
def test_what_is_below_the_largest_halo_is_possible_and_what_is_above_is_not(cov):
    most = largest_halo(cov)
    if most > 1e-4:
        assert is_possible(remove_halo(cov, 0.99 * most))
        assert np.isnan(remove_halo(cov[None], min(1.01 * most, 0.999))).all()
    np.testing.assert_allclose(remove_halo(cov, 0.0), cov)


def test_the_largest_halo_of_equal_correlations_is_a_little_above_them():
    corr = np.full((5, 5), 0.4) + 0.6 * np.eye(5)
    assert largest_halo(corr) == pytest.approx((1 + 4 * 0.4) / 5)


def test_a_halo_the_answers_cannot_hold_is_refused_with_one_they_can():
    corr = np.full((4, 4), 0.2) + 0.8 * np.eye(4)
    with pytest.raises(InputError, match=r"cannot hold a halo of 50% of each variance.*Assume less than 0\.400, or"):
        remove_halo(corr, 0.5)
    remove_halo(corr, 0.399)
    with pytest.raises(InputError, match="a part of the variance, 0 to below 1; got 1 and, for the outcome, 0"):
        remove_halo(corr, 1.0, 0.0)


def test_straight_lines_are_counted_among_complete_answers():
    values = np.array([[3, 3, 3], [3, 3, 4], [5, 5, 5], [5, np.nan, 5]], dtype=float)
    weight = np.array([2.0, 3.0, 1.0, 50.0])
    assert straight_line_rate(values, weight) == pytest.approx(0.5)
    # points 3: 5/6 5/6 2/6; 4: 0; 5: (1/6)^3
    assert straight_lines_by_chance(values, weight) == pytest.approx(50 / 216 + 1 / 216)
    nobody = np.full((2, 3), np.nan)
    assert np.isnan(straight_line_rate(nobody, np.ones(2)))
    assert np.isnan(straight_lines_by_chance(nobody, np.ones(2)))


@given(seed=st.integers(0, 2**16), k=st.integers(2, 4))
def test_independent_answers_are_straight_as_often_as_chance_says(seed, k):
    """All combinations with the weight independence gives them."""
    rng = np.random.default_rng(seed)
    frequency = rng.dirichlet(np.ones(3), k)
    grid = np.array(np.meshgrid(*[[1, 2, 3]] * k, indexing="ij")).reshape(k, -1)
    weight = np.prod([frequency[j][grid[j] - 1] for j in range(k)], axis=0)
    values = grid.T.astype(float)
    assert straight_line_rate(values, weight) == pytest.approx(straight_lines_by_chance(values, weight), rel=1e-9)
