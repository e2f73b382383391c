"""The truth is integrated: it obeys its own laws and agrees with other ways to the same number."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal, norm

from drivers.errors import InputError
from drivers.simulate.patterns import NODES, outcome_chance, patterns
from drivers.simulate.people import people
from drivers.simulate.spec import STORE_DRIVERS, StoreVisits
from drivers.simulate.split import lmg_by_definition
from drivers.simulate.truth import truth

ROUNDING = 1e-12


@pytest.fixture(scope="module")
def spec():
    return StoreVisits()


@pytest.fixture(scope="module")
def true(spec):
    return truth(spec)


def test_pattern_chances_add_up_to_one(spec):
    found = patterns(spec, people(spec))
    assert found.codes.shape == (625, 4)
    assert found.chance.min() >= 0
    assert found.chance.sum(axis=1) == pytest.approx(np.ones(96), abs=ROUNDING)


def test_twice_the_nodes_change_nothing(spec):
    groups = people(spec)
    once, twice = patterns(spec, groups), patterns(spec, groups, nodes=2 * NODES)
    assert np.abs(once.chance - twice.chance).max() < ROUNDING


def test_a_corner_agrees_with_the_multivariate_normal(spec):
    plain = replace(spec, flat=0.0)
    groups = people(plain)
    loading = np.array([d.loading for d in plain.drivers])
    corr = np.outer(loading, loading)
    np.fill_diagonal(corr, 1.0)
    low = patterns(plain, groups)
    g, top = 17, np.array([d.cuts[2] for d in plain.drivers])
    ours = low.chance[g][(low.codes <= 3).all(axis=1)].sum()
    # independent algorithm (Genz): quasi-Monte-Carlo, accurate to the abseps asked for
    theirs = multivariate_normal(cov=corr, abseps=1e-7, releps=0, maxpts=2_000_000, seed=1).cdf(top - groups.shift[g])
    assert ours == pytest.approx(theirs, abs=2e-6)


def test_one_rating_alone_needs_no_quadrature(spec):
    groups = people(spec)
    found = patterns(spec, groups)
    for j, driver in enumerate(spec.drivers):
        below = norm.cdf(np.array(driver.cuts)[None, :] - groups.shift[:, j, None])
        single = np.diff(below, axis=1, prepend=0.0, append=1.0)
        want = (1 - spec.flat) * single + spec.flat * np.array(spec.flat_shares)
        ours = np.stack([found.chance[:, found.codes[:, j] == k].sum(axis=1) for k in range(1, 6)], axis=1)
        assert np.abs(ours - want).max() < ROUNDING


def test_outcome_chances_add_up_to_one_with_people_it_does_not_apply_to(spec):
    groups = people(spec)
    chance = outcome_chance(spec, groups, patterns(spec, groups), spec.cuts, spec.noise)
    assert chance.sum(axis=1) == pytest.approx(np.ones(96), abs=ROUNDING)


def test_shares_add_up_to_r2_everywhere(true):
    table = true.tidy()
    for scale in ("latent", "linear"):
        shares = table[table["quantity"] == f"{scale}_share"].groupby(["outcome", "group"])["value"].sum()
        r2 = table[table["quantity"] == f"{scale}_r2"].set_index(["outcome", "group"])["value"]
        pd.testing.assert_series_equal(shares.sort_index(), r2.sort_index(), rtol=1e-10)
    shares = table[table["quantity"].isin(["latent_share", "linear_share"])]["value"]
    assert (shares > 0).all()


def test_ranks_follow_shares(true):
    for scale in ("latent", "linear"):
        share, rank = true.values(f"{scale}_share"), true.values(f"{scale}_rank")
        assert list(share.sort_values(ascending=False).index) == list(rank.sort_values().index)
        assert sorted(rank) == [1, 2, 3, 4]


def test_the_parts_of_the_population_make_the_whole(spec, true):
    groups = people(spec)
    for column, names, position in (("quarter", spec.quarters, groups.wave), ("channel", spec.channels, groups.channel),
                                    ("region", spec.regions, groups.region)):
        mass = np.bincount(position, weights=groups.mass)
        for quantity, item in (("mean", "satisfaction"), ("top2", "satisfaction"), ("nps", "recommend"),
                               ("mean", "waiting_minutes")):
            parts = [true.value(quantity, item, f"{column}={name}") for name in names]
            assert mass @ parts == pytest.approx(true.value(quantity, item), abs=1e-9)


def test_scores_stay_between_their_ends(true):
    table = true.tidy().set_index("quantity")["value"]
    assert table["top2"].between(0.4, 1).all()
    assert table["nps"].between(-100, 100).all()
    assert np.isfinite(table).all()


def test_the_bundled_survey_tells_the_story_it_was_made_for(true):
    """Speed first, quality close behind, communication last but not nothing; speed falls in phone."""
    share = true.values("latent_share")
    assert list(share.sort_values(ascending=False).index) == [
        "service_speed", "product_quality", "value", "communication"
    ]
    assert 0.01 < share["service_speed"] - share["product_quality"] < 0.04
    assert share["communication"] > 0.05
    assert 0.5 < true.value("latent_r2", outcome="satisfaction") < 0.6
    assert true.value("mean", "satisfaction") == pytest.approx(3.9, abs=0.05)
    assert true.value("mean", "satisfaction", "channel=phone") < true.value("mean", "satisfaction", "channel=store")
    first, last = (true.value("mean", "service_speed", f"quarter={q}") for q in ("2025-Q2", "2026-Q3"))
    assert -0.2 < last - first < -0.05


def test_truth_does_not_depend_on_seed_size_sampling_or_missing_answers(spec, true):
    other = truth(replace(spec, seed=1, n=10, weight_cv=0.2, blank=(0.1, 0.1, 0.1), break_off=0.0, branches=4))
    pd.testing.assert_frame_equal(true.tidy(), other.tidy(), rtol=1e-12)


def test_more_noise_lowers_r2_and_latent_slopes_alike(spec, true):
    noisy = truth(replace(spec, noise=2.0))
    assert (noisy.values("latent_slope") * 2).to_numpy() == pytest.approx(true.values("latent_slope").to_numpy())
    r2 = true.value("latent_r2", outcome="satisfaction")
    explained = r2 / (1 - r2)
    assert noisy.value("latent_r2", outcome="satisfaction") == pytest.approx(explained / (explained + 4), rel=1e-10)


def test_linear_outcome_has_the_slopes_it_was_given(spec):
    linear = truth(replace(spec, link="linear"))
    given = [d.slope for d in spec.drivers]
    assert linear.values("linear_slope").to_numpy() == pytest.approx(given, abs=1e-10)
    assert linear.value("linear_intercept", outcome="satisfaction") == pytest.approx(4 - 4 * sum(given), abs=1e-9)
    assert linear.values("latent_slope").empty
    assert linear.value("mean", "satisfaction") > 3.5
    assert linear.summary().splitlines()[0] == "| | linear_slope | linear_share |"


def test_two_independent_drivers_share_out_their_own_part(spec):
    drivers = tuple(replace(d, loading=0.0, channel_shift=(0.0,) * 4, region_shift=(0.0,) * 4, applies=(1.0,) * 4)
                    for d in STORE_DRIVERS[:2])
    true = truth(replace(spec, drivers=drivers, flat=0.0, drift=()))
    for driver in drivers:
        p = np.diff(norm.cdf(driver.cuts), prepend=0.0, append=1.0)
        points = np.arange(1, 6)
        variance = p @ points**2 - (p @ points) ** 2
        share = true.value("latent_share", driver.name, outcome="satisfaction")
        unexplained = 1 - true.value("latent_r2", outcome="satisfaction")
        assert share / unexplained == pytest.approx(driver.slope**2 * variance, rel=1e-10)


def test_lmg_of_two_drivers_by_hand():
    # r12 = .5, r1y = .6, r2y = .4: R2 = (.36 + .16 - 2 * .6 * .4 * .5) / .75 = .373333...
    # share 1 = (.36 + (R2 - .16)) / 2 = .286666..., share 2 = (.16 + (R2 - .36)) / 2 = .086666...
    cov = np.array([[1.0, 0.5, 0.6], [0.5, 1.0, 0.4], [0.6, 0.4, 1.0]])
    assert lmg_by_definition(cov) == pytest.approx([0.86 / 3, 0.26 / 3], abs=1e-14)


def test_a_value_that_is_not_there_is_refused(true):
    with pytest.raises(InputError, match=r"Known quantities: mean, top2"):
        true.value("median", "satisfaction")


def test_tidy_returns_a_copy(true):
    copy = true.tidy()
    copy["value"] = 0.0
    assert true.value("mean", "satisfaction") > 1
