"""A driver of pure noise: its share has the known size, and drivers of nothing are not told from it."""

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.importance.probe import _with_noise, probe
from drivers.stats.shapley import lmg, subset_sums

DRIVERS = ["a", "b", "nothing"]


def people(n, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3)) @ np.array([[1, 0.4, 0], [0, 1, 0], [0, 0, 1]])
    rows = pd.DataFrame(x, columns=DRIVERS)
    return rows.assign(y=0.6 * rows["a"] + 0.3 * rows["b"] + rng.normal(size=n))


@pytest.fixture(scope="module")
def fitted():
    return dr.fit(people(400, 1), drivers=DRIVERS, outcome="y", draws=1000)


def test_noise_gets_the_unexplained_part_over_n_and_never_more_than_its_bar(fitted):
    got = probe(fitted)
    cov = fitted.point.joint_covariance()[0, 0]
    sums = subset_sums(cov).total
    by_size = 1 - sums / np.array([1, 3, 3, 1])  # mean 1 - R2 over subsets of each size, then over sizes
    expected = by_size.mean() / 400
    assert got.null.mean() == pytest.approx(expected, rel=4 * np.sqrt(2 / 1000))  # chi-square on 1 df, 1,000 draws
    assert 2.5 * expected < got.bar < 5.5 * expected  # 95 % of a chi-square on 1 df is 3.84 times its mean
    assert "Noise gets 0.2" in got.summary()


def test_simulated_covariances_of_noise_are_those_of_real_noise():
    rng = np.random.default_rng(2)
    rows = people(60, 3).to_numpy()
    cov = np.cov(rows, rowvar=False, bias=True)
    real = []
    for _ in range(3000):
        both = np.cov(np.column_stack([rng.normal(size=60), rows]), rowvar=False, bias=True)
        real.append(lmg(both)[0])
    made = [lmg(one)[0] for one in _with_noise(np.broadcast_to(cov, (3000, 4, 4)), 60.0, rng)]
    np.testing.assert_allclose(  # four Monte-Carlo errors of quantiles of 3,000 draws each
        np.quantile(made, [0.25, 0.5, 0.75, 0.95]), np.quantile(real, [0.25, 0.5, 0.75, 0.95]), rtol=0.15
    )
    assert np.mean(made) == pytest.approx(np.mean(real), rel=4 * np.sqrt(2 * 2 / 3000))


def test_drivers_of_something_stand_above_noise_and_those_of_nothing_do_not(fitted):
    table = probe(fitted).tidy().set_index("driver")
    assert table["more_than_noise"].to_dict() == {"a": True, "b": True, "nothing": False}
    assert table.loc["a", "p_above"] == 1.0
    assert table.loc["nothing", "p_above"] < 0.95
    assert "Not told from noise: nothing." in probe(fitted).summary()


def test_the_probe_repeats_with_its_seed(fitted):
    np.testing.assert_array_equal(probe(fitted).noise, probe(fitted).noise)
    assert (probe(fitted).noise != probe(fitted, seed=5).noise).any()


def test_a_false_contribution_is_rare():
    claimed = []
    for seed in range(60):
        fit = dr.fit(people(150, 100 + seed), drivers=DRIVERS, outcome="y", draws=200)
        claimed.append(probe(fit).tidy()["more_than_noise"].iloc[2])
    assert np.mean(claimed) <= 0.1  # at most 5 % are expected; 6 of 60 or fewer has probability .97 at 5 %


def test_the_probe_goes_beside_what_is_always_in_the_model(fitted):
    got = probe(fitted, always=["a"])
    assert got.drivers == ("b", "nothing")
    cov = fitted.point.joint_covariance()[0, 0]
    expected = (1 - subset_sums(cov, always=[0]).total / np.array([1, 2, 1]) - cov[0, 3] ** 2 / cov[0, 0] / cov[3, 3])
    assert got.null.mean() == pytest.approx(expected.mean() / 400, rel=4 * np.sqrt(2 / 1000))


def test_many_drivers_are_probed_by_sampled_orders(fitted, monkeypatch):
    exact = probe(fitted)
    monkeypatch.setattr("drivers.importance.probe.MOST_SUBSETS", 1)
    sampled = probe(fitted)
    assert exact.notes == () and sampled.notes[0].startswith("Orders of entry were sampled: Monte-Carlo error of a")
    assert 0 < np.abs(sampled.shares - exact.shares).max() < 0.05
    np.testing.assert_allclose(sampled.shares.mean(axis=0), exact.shares.mean(axis=0), atol=2e-3)
    assert sampled.null.mean() == pytest.approx(exact.null.mean(), rel=0.05)  # the same noise, other orders
