"""Variance from replicate weights: equal to published numbers and to linearisation where theory says so."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.errors import FitError, InputError
from drivers.stats.design import linearized_meat
from drivers.stats.moments import weighted_moments
from drivers.stats.replicate_weights import PRIMES, hadamard, replicate_weights
from drivers.stats.replicates import (
    replicate_covariance,
    replicate_factors,
    replicate_multipliers,
    replicate_variance,
)
from drivers.stats.shapley import lmg

ROUNDING = 1e-9  # the same sums in another order


def api_schools():
    """200 schools with the published count, sum and sum of squares of each stratum; weights and populations."""
    # R survey, apistrat: n, N, sum, sum of squares of api00 for E, H, M (Lumley 2004, JSS 9(8))
    n, population = np.array([100, 50, 50]), np.array([4421.0, 755.0, 1018.0])
    total, squares = np.array([67443.0, 31291.0, 31830.0]), np.array([47038637.0, 20167941.0, 20940396.0])
    mean = total / n
    spread = np.sqrt(squares / n - mean**2)
    value = np.concatenate([m + s * np.tile([-1, 1], k // 2) for m, s, k in zip(mean, spread, n, strict=True)])
    return value, np.repeat(["E", "H", "M"], n), np.repeat(population / n, n), np.repeat(population, n)


def mean_of(value):
    return lambda weight: weight @ value / weight.sum()


def test_stratified_jackknife_gives_the_published_mean_of_api_schools():
    # R> svymean(~api00, svydesign(id=~1, strata=~stype, weights=~pw, data=apistrat, fpc=~fpc)): 662.29, SE 9.4089
    value, stratum, weight, population = api_schools()
    made = replicate_weights("JKn", stratum, np.arange(200), fpc=population)
    got = replicate_variance(mean_of(value), weight, made.weights(weight), made.factor)
    assert got.estimate[0] == pytest.approx(662.29, abs=5e-3)  # printed to two decimals
    assert got.std_error[0] == pytest.approx(9.4089, abs=5e-5)  # printed to four
    assert (made.multiplier.shape, made.df) == ((200, 200), 197)
    without = replicate_weights("JKn", stratum, np.arange(200))
    assert replicate_variance(mean_of(value), weight, without.weights(weight), without.factor).std_error[0] > 9.5


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**16), strata=st.integers(1, 5), scheme=st.sampled_from(["JKn", "BRR", "Fay"]),
    finite=st.booleans(), alone=st.booleans(), rule=st.sampled_from(["centre", "certain"]),
)
def test_a_total_has_the_linearised_variance_whatever_the_design(seed, strata, scheme, finite, alone, rule):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 5, strata) if scheme == "JKn" else np.full(strata, 2)
    sizes = np.append(sizes, 1) if alone else sizes
    home = np.repeat(np.arange(len(sizes)), sizes)
    rows = np.repeat(np.arange(len(home)), 3)  # three people in every sampling unit
    stratum, psu = home[rows], rows
    weight, score = rng.lognormal(0, 1, len(rows)), rng.normal(size=(len(rows), 2))
    fpc = (sizes + rng.integers(0, 9, len(sizes)))[stratum] if finite else None
    made = replicate_weights(scheme, stratum, psu, fpc=fpc, lonely=rule, fay=0.3)
    got = replicate_variance(lambda w: w @ score, weight, made.weights(weight), made.factor)
    expected = linearized_meat(
        score, weight, weight**2, np.ones(len(rows)), stratum, psu, fpc=fpc, lonely=rule
    )
    total = np.abs(weight @ np.abs(score)).max()
    np.testing.assert_allclose(got.cov, expected.meat, rtol=ROUNDING, atol=ROUNDING * total**2)
    assert (made.df, made.n_lonely) == (expected.df, expected.n_lonely)


def test_jk1_of_a_total_is_the_linearised_variance_of_one_stratum():
    rng = np.random.default_rng(2)
    score, weight = rng.normal(size=25), rng.lognormal(size=25)
    made = replicate_weights("JK1", None, np.arange(25))
    got = replicate_variance(lambda w: w @ score, weight, made.weights(weight), made.factor)
    expected = linearized_meat(score, weight, weight**2, np.ones(25)).meat
    np.testing.assert_allclose(got.cov, expected, rtol=ROUNDING)
    np.testing.assert_allclose(made.factor, replicate_factors("JK1", 25), rtol=ROUNDING)


@pytest.mark.parametrize("scheme", ["BRR", "Fay"])
def test_half_samples_of_a_mean_are_the_two_units_per_stratum_formula(scheme):
    # sum_h W_h^2 (ybar_h1 - ybar_h2)^2 / 4 with stratum shares W_h; units of a stratum carry equal weight
    rng = np.random.default_rng(4)
    strata = 7
    value, share = rng.normal(size=(strata, 2)), rng.uniform(1, 3, strata)
    weight = np.repeat(share, 2)
    made = replicate_weights(scheme, np.repeat(np.arange(strata), 2), np.arange(2 * strata), fay=0.5)
    got = replicate_variance(mean_of(value.ravel()), weight, made.weights(weight), made.factor)
    by_hand = ((share / share.sum()) ** 2 * (value[:, 0] - value[:, 1]) ** 2 / 4).sum()
    assert got.cov[0, 0] == pytest.approx(by_hand, rel=ROUNDING)
    assert made.multiplier.shape == (14, 8)
    assert set(np.unique(made.multiplier)) == ({0.0, 2.0} if scheme == "BRR" else {0.5, 1.5})
    np.testing.assert_allclose(made.factor, replicate_factors(scheme, 8, fay=0.5 if scheme == "Fay" else None))


def test_bootstrap_agrees_with_linearisation_within_monte_carlo_error():
    rng = np.random.default_rng(5)
    stratum, psu = np.repeat([0, 1, 2], [6, 9, 4]), np.arange(19)
    score = rng.normal(size=19) + stratum
    fpc = np.array([12.0, 90.0, 5.0])[stratum]
    made = replicate_weights("bootstrap", stratum, psu, fpc=fpc, replicates=4000, rng=rng)
    got = replicate_variance(lambda w: w @ score, np.ones(19), made.weights(np.ones(19)), made.factor).cov[0, 0]
    expected = linearized_meat(score, np.ones(19), np.ones(19), np.ones(19), stratum, psu, fpc=fpc).meat[0, 0]
    assert got == pytest.approx(expected, rel=4 * np.sqrt(2 / 4000))  # four Monte-Carlo errors of a variance
    assert (made.multiplier >= 0).all()


def clustered(seed, psus=120, size=10):
    rng = np.random.default_rng(seed)
    psu = np.repeat(np.arange(psus), size)
    x = rng.normal(size=(psus * size, 3)) + rng.normal(size=(psus, 3))[psu]
    y = x @ [0.5, 0.3, 0.1] + rng.normal(size=len(psu)) + 0.5 * rng.normal(size=psus)[psu]
    return np.column_stack([x, y]), psu, rng.lognormal(0, 0.3, len(psu))


def slopes_r2_and_shares(values):
    def statistic(weight):
        cov = weighted_moments(values, weight).cov
        shares = lmg(cov)
        return np.concatenate([np.linalg.solve(cov[:-1, :-1], cov[:-1, -1]), [shares.sum()], shares])

    return statistic


def test_slopes_r2_and_shares_get_errors_of_clusters():
    values, psu, weight = clustered(1)
    statistic = slopes_r2_and_shares(values)
    jack = replicate_weights("JK1", None, psu)
    got = replicate_variance(statistic, weight, jack.weights(weight), jack.factor)
    cov = weighted_moments(values, weight).cov
    centred = values - weight @ values / weight.sum()
    residual = centred[:, -1] - centred[:, :-1] @ got.estimate[:3]
    influence = np.linalg.solve(cov[:-1, :-1], (centred[:, :-1] * residual[:, None]).T).T / weight.sum()
    taylor = linearized_meat(influence, weight, weight**2, np.ones(len(psu)), psu=psu).meat
    # jackknife and linearisation differ by terms of order 3/120, slopes over clusters
    np.testing.assert_allclose(got.std_error[:3], np.sqrt(np.diag(taylor)), rtol=0.04)
    boot = replicate_weights("bootstrap", None, psu, replicates=400, rng=np.random.default_rng(3))
    again = replicate_variance(statistic, weight, boot.weights(weight), boot.factor)
    np.testing.assert_allclose(got.std_error, again.std_error, rtol=0.2)  # five Monte-Carlo errors of 400 draws
    rows = replicate_weights("bootstrap", None, np.arange(len(psu)), replicates=400, rng=np.random.default_rng(3))
    naive = replicate_variance(statistic, weight, rows.weights(weight), rows.factor)
    assert (got.std_error[3:5] > 1.2 * naive.std_error[3:5]).all()  # R2, first share: rows taken for units


@pytest.mark.parametrize("scheme", ["JK1", "Fay", "BRR", "bootstrap"])
def test_draws_made_from_replicates_have_the_replicate_variance(scheme):
    rng = np.random.default_rng(7)
    pairs = scheme in ("BRR", "Fay")
    psu = np.arange(24)
    stratum = psu // 2 if pairs else None
    made = replicate_weights(scheme, stratum, psu, fay=0.4, replicates=500, rng=rng)
    score = rng.normal(size=24)
    drawn = replicate_multipliers(made.multiplier, made.factor, scheme, 6000, rng)
    expected = replicate_covariance([score.sum()], made.multiplier.T @ score, made.factor).cov[0, 0]
    spread = ((drawn @ score - score.sum()) ** 2).mean()
    if scheme == "JK1":  # exponential mixtures: kurtosis of a sum of 24 of them is near 3
        assert len(drawn) == 6000
        assert spread == pytest.approx(expected, rel=5 * np.sqrt(2 / 6000))
    else:
        assert len(drawn) == len(made.factor)
        assert spread == pytest.approx(expected, rel=ROUNDING)


@pytest.mark.parametrize("order", [1, 2, 3, 13, 29, 37, 85, 100, 193])
def test_hadamard_columns_are_orthogonal(order):
    matrix = hadamard(order)
    assert order <= len(matrix) < 2 * order + 2
    np.testing.assert_array_equal(matrix.T @ matrix, len(matrix) * np.eye(len(matrix)))
    assert (matrix[:, 0] == 1).all()


def test_the_primes_of_hadamard_orders_are_primes_3_modulo_4():
    assert all(q % 4 == 3 and all(q % d for d in range(2, int(q**0.5) + 1)) for q in PRIMES)


def test_factors_of_the_schemes():
    np.testing.assert_allclose(replicate_factors("JK1", 5), np.full(5, 0.8))
    np.testing.assert_allclose(replicate_factors("Fay", 10, fay=0.5), np.full(10, 0.4))
    np.testing.assert_allclose(replicate_factors("BRR", 10), replicate_factors("bootstrap", 10))
    np.testing.assert_allclose(replicate_factors("JKn", 3, scales=[0.5, 0.5, 0.75]), [0.5, 0.5, 0.75])
    np.testing.assert_allclose(replicate_factors("bootstrap", 80, scales=4 / 80), np.full(80, 0.05))


def test_failed_replicates_are_counted_and_stood_for():
    full, again = np.zeros(1), np.array([[1.0], [np.nan], [-1.0], [1.0]])
    got = replicate_covariance(full, again, np.full(4, 0.25))
    assert got.failed == 1
    assert got.cov[0, 0] == pytest.approx(1.0)
    assert got.factor.tolist() == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3])
    with pytest.raises(FitError, match="3 of 4 replicates could not be estimated"):
        replicate_covariance(full, np.array([1.0, np.nan, np.nan, np.nan]), np.full(4, 0.25))


REFUSED = {
    "unknown scheme": (lambda: replicate_factors("jk9", 5), "'jk9' is not known; choose one of `JK1`, `JKn`, `BRR`"),
    "no scales": (lambda: replicate_factors("JKn", 5), "For two units per stratum \\(JK2\\) every scale is 1"),
    "Fay without k": (lambda: replicate_factors("Fay", 5), "Fay's method needs its k"),
    "k without Fay": (lambda: replicate_factors("BRR", 5, fay=0.3), "no other scheme takes it"),
    "k of 1": (lambda: replicate_factors("Fay", 5, fay=1.0), "from 0 to below 1"),
    "one replicate": (lambda: replicate_factors("BRR", 1), "at least 2 are needed"),
    "scales short": (lambda: replicate_factors("JKn", 5, scales=[1, 1]), "2 replicate scale\\(s\\) for 5 replicates"),
    "JK1 in strata": (lambda: replicate_weights("JK1", [1, 1, 2, 2], [1, 2, 3, 4]), "there are 2; use JKn"),
    "BRR of threes": (lambda: replicate_weights("BRR", [1, 1, 1, 2, 2], range(5)), "1 of 2 strata have more than two"),
    "lonely": (
        lambda: replicate_weights("JKn", [1, 1, 2], [1, 2, 3], lonely="refuse"), "1 strata hold a single sampling unit"
    ),
    "fpc a fraction": (lambda: replicate_weights("JKn", [1, 1], [1, 2], fpc=[0.1, 0.1]), "units, not a fraction"),
    "no generator": (lambda: replicate_weights("bootstrap", None, range(9)), "default_rng\\(seed\\)"),
    "shape": (lambda: replicate_variance(np.sum, np.ones(3), np.ones((2, 4)), np.ones(4)), "expected \\(3, replicates"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_with_the_cure(case):
    call, text = REFUSED[case]
    with pytest.raises(InputError, match=text):
        call()


def test_refusing_lonely_units_holds_for_linearisation_too():
    with pytest.raises(InputError, match='lonely_psu = "centre"'):
        linearized_meat(np.ones(3), np.ones(3), np.ones(3), np.ones(3), [1, 1, 2], [1, 2, 3], lonely="refuse")
