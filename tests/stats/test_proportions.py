"""Intervals against printed values, exact coverage, and laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammaln
from scipy.stats import binom, binomtest, norm, t

from drivers.stats.proportions import (
    constant_mean_interval,
    effective_n,
    korn_graubard,
    logit_interval,
    mean_interval,
    net_variance,
    nps_adjusted_wald,
    nps_wald,
    wilson,
)

PRINTED_4 = 5e-5
EXACT = 1e-11  # rounding of special functions
COVERAGE = 5e-4  # the table prints one decimal of a percentage

levels = st.floats(0.5, 0.99)


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_matches_newcombe(x, n, low, high):
    # Newcombe (1998) Statistics in Medicine 17:857, table I, method 3, 95 %
    np.testing.assert_allclose(wilson(x, n, 0.95), (low, high), atol=PRINTED_4, rtol=0)


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)],
)
def test_korn_graubard_of_a_simple_sample_is_clopper_pearson(x, n, low, high):
    # Newcombe (1998), table I, method 5, 95 %
    got = korn_graubard(x / n, n, 0.95)
    np.testing.assert_allclose(got, (low, high), atol=PRINTED_4, rtol=0)
    exact = binomtest(x, n).proportion_ci(0.95, method="exact")
    np.testing.assert_allclose(got, (exact.low, exact.high), rtol=1e-9, atol=EXACT)


@given(x=st.integers(0, 40), extra=st.integers(0, 40), level=levels)
def test_wilson_is_scipys_mirrors_and_never_degenerates(x, extra, level):
    n = x + extra or 1
    low, high = wilson(x, n, level)
    ours = binomtest(x, n).proportion_ci(level, method="wilson")
    np.testing.assert_allclose((low, high), (ours.low, ours.high), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(wilson(n - x, n, level), (1 - high, 1 - low), atol=1e-12)
    assert low <= x / n <= high and high - low > 0


def test_effective_n_follows_the_design_and_its_degrees_of_freedom():
    # as R: n.eff <- p(1-p)/var * (qt(alpha/2, n - 1) / qt(alpha/2, df))^2
    p, variance, n, df, level = 0.3, 0.002, 200, 12, 0.95
    by_hand = p * (1 - p) / variance * (t.ppf(0.025, n - 1) / t.ppf(0.025, df)) ** 2
    got = effective_n(p * (1 - p), variance, n, df, level, otherwise=n)
    assert got == pytest.approx(by_hand, rel=EXACT)
    assert effective_n(0.21, 1e-9, 50, 49, level, otherwise=50) == pytest.approx(50)  # capped at n
    assert effective_n(0.0, 0.0, 50, 49, level, otherwise=31.0) == pytest.approx(31)  # all agree
    assert np.isnan(effective_n(0.21, 0.01, 50, 0, level, otherwise=50))


@given(p=st.floats(0, 1), n=st.floats(2, 500), level=levels)
def test_korn_graubard_holds_its_estimate_and_mirrors(p, n, level):
    low, high = korn_graubard(p, n, level)
    assert 0 <= low <= p + EXACT and p - EXACT <= high <= 1 and high > low
    np.testing.assert_allclose(korn_graubard(1 - p, n, level), (1 - high, 1 - low), atol=1e-6)


def test_logit_interval():
    # p = .5, variance .01: logit 0, standard error .1 / .25 = .4, t(10, .95) = 1.812461
    low, high = logit_interval(0.5, 0.01, 10, 0.90)
    assert high == pytest.approx(1 / (1 + np.exp(-0.4 * 1.812461)), abs=1e-7)
    assert low + high == pytest.approx(1.0, abs=EXACT)
    assert np.isnan(logit_interval([0.0, 1.0], [0.0, 0.0], 10, 0.90)).all()


def test_net_promoter_hand_case():
    # 60 promoters, 25 passives, 15 detractors (formulas of Rocks 2016)
    assert np.sqrt(net_variance(0.60, 0.15) / 100) == pytest.approx(0.0739932, abs=5e-8)
    np.testing.assert_allclose(nps_wald(60, 15, 100, 0.95), (0.30498, 0.59502), atol=5e-6)
    low, high = nps_adjusted_wald(60, 15, 100, 0.95)
    np.testing.assert_allclose((low, high), (0.29343, 0.58036), atol=5e-6)
    assert (low + high) / 2 == pytest.approx(0.436893, abs=5e-7)


def coverage(interval, promoters, detractors, n=30, level=0.90):
    """Exact: the probability of every trinomial sample whose interval holds the true score."""
    pro, con = (x.ravel() for x in np.meshgrid(np.arange(n + 1), np.arange(n + 1)))
    pro, con = pro[pro + con <= n], con[pro + con <= n]
    rest = n - pro - con
    chance = np.exp(
        gammaln(n + 1) - gammaln(pro + 1) - gammaln(con + 1) - gammaln(rest + 1)
        + pro * np.log(promoters) + con * np.log(detractors) + rest * np.log(1 - promoters - detractors)
    )
    low, high = interval(pro, con, n, level)
    truth = promoters - detractors
    return chance[(low <= truth + EXACT) & (truth - EXACT <= high)].sum()


@pytest.mark.parametrize(
    ("promoters", "detractors", "wald", "adjusted"),
    [(0.70, 0.14, 0.861, 0.904), (0.85, 0.02, 0.856, 0.910), (0.05, 0.05, None, 0.967)],
)
def test_exact_coverage_of_nps_intervals(promoters, detractors, wald, adjusted):
    assert coverage(nps_adjusted_wald, promoters, detractors) == pytest.approx(adjusted, abs=COVERAGE)
    if wald is not None:
        assert coverage(nps_wald, promoters, detractors) == pytest.approx(wald, abs=COVERAGE)


def proportion_coverage(interval, n, level=0.90):
    """Exact, for shares of .50, .51, ... .99."""
    x, share = np.arange(n + 1)[:, None], np.linspace(0.50, 0.99, 50)
    chance = binom.pmf(x, n, share)
    low, high = interval(x, n, level)
    return (chance * ((low <= share + EXACT) & (share - EXACT <= high))).sum(axis=0)


def wald(x, n, level):
    half = norm.ppf((1 + level) / 2) * np.sqrt(x / n * (1 - x / n) / n)
    return x / n - half, x / n + half


def test_wilson_covers_on_average_and_dips_little_where_wald_fails():
    covered = np.array([proportion_coverage(wilson, n) for n in range(30, 101)])
    assert covered.mean() == pytest.approx(0.903, abs=COVERAGE)
    assert covered.min() == pytest.approx(0.858, abs=COVERAGE)
    assert min(proportion_coverage(wald, n).min() for n in range(30, 101)) < 0.40  # the check can see a bad interval


def test_korn_graubard_never_covers_less_than_it_promises():
    assert min(proportion_coverage(lambda x, n, level: korn_graubard(x / n, n - 1, level), n).min()
               for n in range(30, 101)) >= 0.90


@given(pro=st.integers(0, 30), con=st.integers(0, 30), passive=st.integers(0, 30), level=levels)
def test_adjusted_wald_mirrors_stays_in_bounds_and_never_degenerates(pro, con, passive, level):
    n = max(pro + con + passive, 1)
    low, high = nps_adjusted_wald(pro, con, n, level)
    assert -1 <= low < high <= 1
    np.testing.assert_allclose(nps_adjusted_wald(con, pro, n, level), (-high, -low), atol=EXACT)


def test_mean_interval_is_students():
    # t(4, .95) = 2.131847
    np.testing.assert_allclose(mean_interval(3.0, 0.5, 4, 0.90), (3 - 1.0659235, 3 + 1.0659235), atol=5e-7)
    assert np.isnan(mean_interval(3.0, 0.5, 0, 0.90)).all()


def test_equal_answers_still_give_a_mean_interval_with_width():
    low, high = constant_mean_interval(5.0, 10, (1.0, 5.0), 0.90)
    assert high == 5.0
    assert low == pytest.approx(5 - 4 * 1.644854**2 / (10 + 1.644854**2), abs=1e-6)
    assert constant_mean_interval(5.0, 1000, (1.0, 5.0), 0.90)[0] > low
