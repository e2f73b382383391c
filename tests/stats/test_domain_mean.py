"""Means of subgroups under a design: the rest of the sample stays in, and small groups borrow no certainty."""

import numpy as np
import pytest

from drivers.stats.design import linearized_meat
from drivers.stats.domain_mean import domain_mean
from drivers.stats.proportions import mean_interval

ROUNDING = 1e-12


def test_a_group_without_design_is_a_sample_of_its_own():
    values = np.array([1.0, 2.0, 4.0, 9.0])
    one, inside = np.ones(4), np.array([True, True, True, False])
    got = domain_mean(values, inside, one, one, one)
    assert got.estimate == pytest.approx(7 / 3, rel=ROUNDING)
    assert got.variance == pytest.approx(np.var([1, 2, 4], ddof=1) / 3, rel=ROUNDING)
    assert (got.df, got.n, got.n_kish) == (2, 3.0, pytest.approx(3.0))
    assert got.deff == pytest.approx(1.0, rel=ROUNDING)


def test_with_clusters_it_is_the_ratio_of_two_totals_over_the_whole_design():
    # R's subset(): the mean of a group is sum(w y d) / sum(w d) over all PSUs, also those without anyone of the group
    rng = np.random.default_rng(11)
    m = 60
    stratum, psu = np.repeat([0, 1], 30), np.repeat(np.arange(12), 5)
    w, y, d = rng.uniform(0.5, 2, m), rng.normal(size=m), rng.random(m) < 0.4
    d[psu == 3] = False
    got = domain_mean(y, d, w, w**2, np.ones(m), stratum, psu)
    ratio = (w * y * d).sum() / (w * d).sum()
    u = w * d * (y - ratio) / (w * d).sum()
    by_hand = 0.0
    for h in (0, 1):
        totals = np.array([u[psu == c].sum() for c in np.unique(psu[stratum == h])])
        by_hand += 6 / 5 * ((totals - totals.mean()) ** 2).sum()
    assert got.estimate == pytest.approx(ratio, rel=ROUNDING)
    assert got.variance == pytest.approx(by_hand, rel=1e-10)
    assert got.df == len(np.unique(psu[d])) - 2
    alone = linearized_meat((y - ratio)[d], w[d], w[d] ** 2, np.ones(d.sum()), stratum[d], psu[d])
    assert alone.meat[0, 0] / (w * d).sum() ** 2 != pytest.approx(by_hand, rel=1e-3)  # the rest matters


def test_equal_answers_have_no_variance_and_no_design_effect():
    w = np.array([0.1, 0.7, 0.3])
    got = domain_mean(np.ones(3), np.ones(3, bool), w, w**2, np.ones(3))
    assert (got.estimate, got.variance) == (1.0, 0.0)
    assert np.isnan(got.deff)


def test_no_weight_no_mean():
    zero = np.zeros(3)
    got = domain_mean(np.arange(3.0), np.ones(3, bool), zero, zero, np.ones(3))
    assert np.isnan(got.estimate) and got.df == 0 and got.n == 3


def test_clustered_weighted_intervals_cover_the_truth_and_unclustered_ones_do_not():
    # 40 PSUs of 15, weights with a coefficient of variation of .8, mood shared inside a PSU; the true mean is 0.
    rng = np.random.default_rng(20260101)
    psu, ones, everyone = np.repeat(np.arange(40), 15), np.ones(600), np.ones(600, dtype=bool)
    spread = np.sqrt(np.log(1 + 0.8**2))
    covered = {"clusters": 0, "no clusters": 0}
    for _ in range(1000):
        w = rng.lognormal(0, spread, 600)
        y = 0.6 * rng.normal(size=40)[psu] + rng.normal(size=600)
        for name, units in (("clusters", psu), ("no clusters", None)):
            got = domain_mean(y, everyone, w, w**2, ones, None, units)
            low, high = mean_interval(got.estimate, np.sqrt(got.variance), got.df, 0.90)
            covered[name] += bool(low <= 0 <= high)
    assert 870 <= covered["clusters"] <= 920
    assert covered["no clusters"] < 750  # the check can see a wrong interval
