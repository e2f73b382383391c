"""Reliability of sums, and correlations without error: published numbers, exact examples, refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import InputError
from drivers.stats.reliability import (
    cronbach_alpha,
    disattenuate,
    guttman_lambda6,
    is_possible,
    omega,
    one_factor,
    spearman_brown,
)
from drivers.stats.shapley import lmg
from tests.golden.moments import ATTITUDE

PRINTED = 5e-7  # the sources print six decimals
OPTIMISER = 1e-6


def correlations(cov):
    sd = np.sqrt(np.diag(cov))
    return cov / sd[:, None] / sd


def test_alpha_and_lambda6_of_attitude():
    # R> psych::alpha(attitude): raw .843143, standardised .839084, G6 .875215; seven items with the rating
    assert cronbach_alpha(ATTITUDE) == pytest.approx(0.843143, abs=PRINTED)
    assert cronbach_alpha(correlations(ATTITUDE)) == pytest.approx(0.839084, abs=PRINTED)
    assert guttman_lambda6(correlations(ATTITUDE)) == pytest.approx(0.875215, abs=PRINTED)


def test_alpha_takes_draws():
    stack = np.stack([ATTITUDE, np.eye(7)])
    np.testing.assert_allclose(cronbach_alpha(stack), [cronbach_alpha(ATTITUDE), 0.0], atol=1e-12)


@given(seed=st.integers(0, 2**16), k=st.integers(3, 8))
def test_one_factor_is_recovered_and_alpha_is_no_more_than_omega(seed, k):
    loading = np.random.default_rng(seed).uniform(0.4, 0.9, k)
    corr = np.outer(loading, loading)
    np.fill_diagonal(corr, 1.0)
    found = one_factor(corr)
    np.testing.assert_allclose(found.loadings, loading, atol=1e-4)  # flat near the optimum: misfit is quadratic
    exact = loading.sum() ** 2 / (loading.sum() ** 2 + (1 - loading**2).sum())
    assert omega(found) == pytest.approx(exact, abs=1e-5)
    assert found.at_bound == 0
    assert cronbach_alpha(corr) <= exact + 1e-12


def test_parallel_items_have_one_reliability_whatever_the_formula():
    corr = np.full((4, 4), 0.36) + 0.64 * np.eye(4)
    known = float(spearman_brown(0.36, 4))
    assert known == pytest.approx(4 * 0.36 / (1 + 3 * 0.36))
    assert cronbach_alpha(corr) == pytest.approx(known, abs=1e-12)
    assert omega(one_factor(corr)) == pytest.approx(known, abs=OPTIMISER)
    assert spearman_brown(0.5) == pytest.approx(2 / 3)


def test_the_factor_is_the_one_statsmodels_finds():
    from statsmodels.multivariate.factor import Factor

    corr = correlations(ATTITUDE)[:5, :5]
    # A start of its own: statsmodels draws one at random, and from some its line search ends with a warning.
    start = (np.full(5, 0.7), np.full(5, 0.5))
    other = Factor(corr=corr, n_factor=1, method="ml", nobs=30).fit(start=start, opt={"gtol": 1e-6}).loadings[:, 0]
    np.testing.assert_allclose(one_factor(corr).loadings, other * np.sign(other.sum()), atol=1e-4)


def test_an_item_without_own_variance_is_counted():
    corr = np.array([[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1.0]])  # the first would load .8 / sqrt(.5) = 1.13
    assert one_factor(corr).at_bound == 1


def two_drivers(effects, r, reliability):
    """Observed correlations of two drivers measured with error, and an outcome of variance 1."""
    true = np.eye(3)
    true[0, 1] = true[1, 0] = r
    true[:2, 2] = true[2, :2] = true[:2, :2] @ effects
    scale = np.sqrt([*reliability, 1.0])
    observed = true * scale[:, None] * scale
    np.fill_diagonal(observed, 1.0)
    return true, observed


def test_equal_effects_look_unequal_when_one_is_measured_badly():
    # exact: correlation .3, reliabilities .9 and .6: shares 62/38 instead of 50/50
    true, observed = two_drivers([0.4, 0.4], 0.3, [0.9, 0.6])
    shares = lmg(observed)
    np.testing.assert_allclose(shares / shares.sum(), [0.62, 0.38], atol=5e-3)
    corrected = disattenuate(observed, [0.9, 0.6, 1.0])
    np.testing.assert_allclose(correlations(corrected), true, atol=1e-12)
    np.testing.assert_allclose(lmg(corrected), lmg(true), atol=1e-12)
    assert lmg(corrected)[0] == pytest.approx(lmg(corrected)[1])


def test_a_driver_without_effect_stands_in_for_one_that_is_measured_badly():
    # Westfall & Yarkoni (2016): true effects (.6, 0), reliabilities .5 and .9, correlation .6: slope .20, 35 % of R2
    _, observed = two_drivers([0.6, 0.0], 0.6, [0.5, 0.9])
    slope = np.linalg.solve(observed[:2, :2], observed[:2, 2])
    assert slope[1] == pytest.approx(0.20, abs=5e-3)
    assert lmg(observed)[1] / lmg(observed).sum() == pytest.approx(0.35, abs=5e-3)
    corrected = correlations(disattenuate(observed, [0.5, 0.9, 1.0]))
    np.testing.assert_allclose(np.linalg.solve(corrected[:2, :2], corrected[:2, 2]), [0.6, 0.0], atol=1e-12)


def test_a_correction_that_cannot_be_is_refused_with_reliabilities_that_can():
    corr = np.array([[1, 0.8, 0.5], [0.8, 1, 0.5], [0.5, 0.5, 1.0]])
    with pytest.raises(InputError) as caught:
        disattenuate(corr, [0.7, 0.8, 1.0], ["speed", "value", "satisfaction"])
    assert str(caught.value) == (
        "No answers can have these reliabilities: the correlation of `speed` and `value` would be 1.07. State higher "
        "ones; raised alike, they are possible above `speed` 0.77, `value` 0.85."
    )
    assert is_possible(disattenuate(corr, [0.77, 0.85, 1.0]))
    with pytest.raises(InputError, match=r"contradict each other \(an eigenvalue is not positive\)"):
        disattenuate(np.array([[1, 0.6, -0.5], [0.6, 1, 0.3], [-0.5, 0.3, 1]]), [0.75, 0.75, 0.75])


def test_draws_that_cannot_be_corrected_are_nan_and_not_mended():
    good, bad = np.eye(3), np.full((3, 3), 0.8) + 0.2 * np.eye(3)
    got = disattenuate(np.stack([good, bad]), [0.7, 0.7, 1.0])
    assert np.isfinite(got[0]).all()
    assert np.isnan(got[1]).all()


@pytest.mark.parametrize("bad", [0.0, 1.2, -0.5, np.nan])
def test_reliabilities_out_of_range_are_refused(bad):
    with pytest.raises(InputError, match="A reliability lies above 0 and at most at 1"):
        disattenuate(np.eye(2), [bad, 1.0])


def test_too_few_items_are_refused():
    with pytest.raises(InputError, match=r"1 item\(s\): at least 2 are needed\.$"):
        cronbach_alpha(np.eye(1))
    with pytest.raises(InputError, match="Two items: use `spearman_brown`"):
        one_factor(np.eye(2))
    with pytest.raises(InputError, match="exact mix of the others"):
        guttman_lambda6(np.ones((3, 3)))
