"""Moves at the last wave: exact where there is one answer, laws, and rates by simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, stdtr

from drivers.stats import wave_changes as wc
from drivers.stats.flag_set import step_up
from drivers.stats.wave_changes import last_moves

EXACT = 1e-9


def independent(m: int, waves: int, variance: float = 1.0):
    return np.broadcast_to(variance * np.eye(waves), (m, waves, waves)).copy()


def test_two_waves_are_judged_by_their_difference():
    cov = np.array([[[0.04, 0.01], [0.01, 0.09]]])
    found = last_moves(np.array([[1.0, 1.6]]), cov, 0, df=30.0)
    z = 0.6 / np.sqrt(0.04 + 0.09 - 0.02)
    assert found.p_value[0] == pytest.approx(2 * stdtr(30, -z), abs=EXACT)


def test_a_year_ago_is_the_plain_difference_of_two_waves():
    y = np.array([[0.0, 0.3, -0.2, 0.1, 2.5]])
    found = last_moves(y, independent(1, 5), 0)
    assert found.p_value[0] == pytest.approx(2 * ndtr(-2.5 / np.sqrt(2)), abs=EXACT)


def test_people_in_both_waves_make_a_change_surer():
    y, alone = np.array([[0.0, 1.5]]), independent(1, 2)
    panel = alone.copy()
    panel[:, 0, 1] = panel[:, 1, 0] = 0.6
    assert last_moves(y, panel, 0).p_value[0] < last_moves(y, alone, 0).p_value[0]
    assert last_moves(y, panel, 0).p_up[0] > last_moves(y, alone, 0).p_up[0]


@settings(max_examples=25)
@given(seed=st.integers(0, 1000), waves=st.integers(2, 9), scale=st.floats(0.01, 50), shift=st.floats(-5, 5))
def test_units_and_origin_do_not_matter_and_signs_turn_round(seed, waves, scale, shift):
    rng = np.random.default_rng(seed)
    y, cov = rng.normal(size=(4, waves)), independent(4, waves)
    season = np.arange(waves) % 4 if waves >= 8 else None
    found = last_moves(y, cov, waves - 2, season=season)
    other = last_moves(shift - scale * y, scale**2 * cov, waves - 2, season=season)
    np.testing.assert_allclose(other.p_value, found.p_value, atol=1e-7)
    np.testing.assert_allclose(other.p_up, found.p_down, atol=1e-7)
    np.testing.assert_allclose(other.mean, -scale * found.mean, atol=1e-7 * scale)


def test_the_posterior_is_that_of_the_joint_normal():
    """With the kinds of past and sizes of move at hand, mean and sd are those of conditioning a normal by hand."""
    rng = np.random.default_rng(3)
    y = rng.normal(size=(1, 4))
    found = last_moves(y, independent(1, 4), 2)
    # brute force: every past and size, flat mean as a very wide one
    from drivers.stats import wave_changes as wc

    pasts = wc._pasts(4, None)
    means, variances, logs = [], [], []
    sizes = np.array(wc.MOVES)
    for kernel in pasts.whole:
        for size in sizes:
            e = np.array([0, 0, 0, 1.0])
            cov = np.eye(4) + kernel + 1e8 + size**2 * np.outer(e, e)
            pull = np.linalg.solve(cov, size**2 * e)
            means.append(pull @ y[0])
            variances.append(size**2 - pull @ (size**2 * e))
            logs.append(-0.5 * (np.linalg.slogdet(cov)[1] + y[0] @ np.linalg.solve(cov, y[0])))
    shape = (len(pasts.whole), len(sizes))
    density = np.exp(np.array(logs) - max(logs)).reshape(shape)
    past = np.exp(_past_loglik(pasts, y[0], wc))
    share = pasts.prior
    for _ in range(wc.ROUNDS):
        weight = past * share / (past * share).sum()
        share = (wc.BELIEF * pasts.prior + weight) / (wc.BELIEF + 1)
    by_size = (weight[:, None] * density / past[:, None]).sum(axis=0)
    prior = np.array([wc.STILL, *([(1 - wc.STILL) / (len(sizes) - 1)] * (len(sizes) - 1))])
    part = prior
    for _ in range(wc.ROUNDS):
        seen = by_size * part / (by_size * part).sum()
        part = (wc.BELIEF * prior + seen) / (wc.BELIEF + 1)
    joint = weight[:, None] * density / past[:, None] * part
    joint = (joint / joint.sum()).ravel()
    mean = joint @ means
    sd = np.sqrt(joint @ (np.array(variances) + np.square(means)) - mean**2)
    assert found.mean[0] == pytest.approx(mean, abs=1e-5)
    assert found.sd[0] == pytest.approx(sd, abs=1e-4)


def _past_loglik(pasts, y, wc):
    found = []
    for kernel in pasts.whole:
        cov = np.eye(3) + kernel[:3, :3] + 1e8
        found.append(-0.5 * (np.linalg.slogdet(cov)[1] + y[:3] @ np.linalg.solve(cov, y[:3])))
    return np.array(found) - max(found)


def test_whether_there_are_seasons_is_told_by_how_each_series_follows_from_the_others():
    """Shares without each series, its likelihood under them, and the odds of the two, one after the other."""
    pasts = wc._pasts(9, np.arange(9) % 4)
    loglik = np.random.default_rng(6).normal(size=(5, len(pasts.prior)))
    without = np.where(pasts.seasonal, 0.0, pasts.prior)
    without[0] = 1 - without[1:].sum()
    told, weights = [], []
    for prior in (without, pasts.prior):
        share = prior
        for _ in range(wc.ROUNDS):
            weight = np.exp(loglik) * share
            weight /= weight.sum(axis=1, keepdims=True)
            share = (wc.BELIEF * prior + weight.sum(axis=0)) / (wc.BELIEF + 5)
        chance = 1.0
        for i in range(5):
            rest = np.delete(weight, i, axis=0).sum(axis=0)
            chance *= np.exp(loglik[i]) @ ((wc.BELIEF * prior + rest) / (wc.BELIEF + 4))
        told.append(chance)
        weights.append(weight)
    want = (told[0] * weights[0] + told[1] * weights[1]) / sum(told)
    np.testing.assert_allclose(wc._weights(loglik, pasts), want, atol=1e-12)


@pytest.mark.parametrize("swing", [0.0, 1.5])
def test_more_series_make_it_surer_whether_there_are_seasons(swing):
    rng = np.random.default_rng(11)
    season = np.arange(9) % 4
    found = []
    for m in (2, 19):
        weights = []
        for _ in range(60):
            y = swing * rng.normal(size=(m, 4))[:, season] + rng.normal(size=(m, 9))
            weights.append(last_moves(y, independent(m, 9), 7, season=season).season.mean())
        found.append(np.mean(weights))
    if swing:
        assert found[1] > max(found[0], 0.85)
    else:
        assert found[1] < min(found[0], 0.03)


def test_seasons_beyond_doubt_are_told_without_a_warning():
    season = np.arange(12) % 4
    y = 60.0 * np.array([[1.0, -1.0, 0.5, -0.5]])[:, season]
    y[0, -1] += 1.0
    assert last_moves(y, independent(1, 12), 10, season=season).season[0] == pytest.approx(1.0, abs=1e-12)
    assert last_moves(y, independent(1, 12), 10).season[0] == 0


def test_many_that_stand_still_shrink_the_largest():
    rng = np.random.default_rng(5)
    y = rng.normal(size=(20, 8))
    y[0, -1] = y[0, :-1].mean() + 2.0
    alone = last_moves(y[:1], independent(1, 8), 6)
    among = last_moves(y, independent(20, 8), 6)
    assert among.p_up[0] < alone.p_up[0]


def test_flags_are_rare_where_nothing_moves_and_a_large_step_is_found():
    """Quick check of the rates in benchmarks/change_flags.md: 120 streams of 8 waves and 7 series each."""
    rng = np.random.default_rng(7)
    null = hits = 0
    for _ in range(120):
        y = rng.normal(size=(7, 8))
        for step in (0.0, 2.8 * np.sqrt(2)):
            y[0, -1] += step
            found = last_moves(y, independent(7, 8), 6, season=np.arange(8) % 4)
            sure = np.maximum(found.p_up, found.p_down)
            flags = (sure >= 0.8) & step_up(found.p_value, np.ones(7), 0.1)
            null += flags.any() and not step
            hits += bool(flags[0] and step)
    assert null <= 20  # at a rate of .10, 12 are expected and more than 20 have a chance of .9 %
    assert hits >= 80  # at a power of .75, 90 are expected and fewer than 80 have a chance of 1.5 %
