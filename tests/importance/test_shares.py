"""Many drivers: sampled orders with their error apart, exact where it can be waited for, and work that is stopped."""

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.errors import ResampleWarning
from drivers.importance import shares
from drivers.importance.blocks import blocks_of
from drivers.importance.shares import take_shares
from drivers.stats.shapley import lmg, lmg_draws


def covariances(p, draws, seed=3):
    """A stack of covariance matrices of p correlated drivers and an outcome, and their mean."""
    rng = np.random.default_rng(seed)
    load = rng.uniform(0.4, 0.9, p + 1)
    middle = np.outer(load, load) + np.diag(1 - load**2)
    root = np.linalg.cholesky(middle)
    noise = rng.normal(size=(draws, p + 1, 400))
    sample = root @ noise
    return middle, sample @ np.swapaxes(sample, 1, 2) / 400


NAMES = tuple(f"d{j}" for j in range(12))


def test_few_drivers_are_exact():
    point, stack = covariances(12, 40)
    found = take_shares("lmg", point, stack, blocks_of(NAMES), 1)
    np.testing.assert_array_equal(found.estimate, lmg(point))
    np.testing.assert_array_equal(found.draws, lmg_draws(stack))
    assert found.mc_error is found.draws_mc_error is None
    assert found.notes() == ()


@pytest.mark.parametrize(("groups", "always"), [(None, ()), ({"g": ["d1", "d5", "d3"]}, ["d0"])])
def test_beyond_the_limits_orders_are_sampled_and_their_error_told_apart(monkeypatch, groups, always):
    point, stack = covariances(12, 40)
    blocks = blocks_of(NAMES, groups, always)
    exact = take_shares("lmg", point, stack, blocks, 1)
    monkeypatch.setattr(shares, "MOST_SUBSETS", 1)
    sampled = take_shares("lmg", point, stack, blocks, 1)
    np.testing.assert_array_equal(sampled.estimate, exact.estimate)  # one matrix can still be waited for
    assert sampled.mc_error is None
    away = np.abs(sampled.draws - exact.draws)
    assert 0 < away.mean() < 2 * sampled.draws_mc_error.max()
    assert any(note.startswith("Intervals rest on draws with 4 cycles of sampled orders") for note in sampled.notes())
    monkeypatch.setattr(shares, "MOST_EXACT", 3)
    both = take_shares("lmg", point, stack, blocks, 1)
    assert both.mc_error.max() <= 0.001
    assert 0 < np.abs(both.estimate - exact.estimate).max() < 5 * both.mc_error.max()  # 5 errors, 12 rows at most
    assert "Monte-Carlo error at most 0.000" in both.notes()[0]


def test_monte_carlo_error_is_in_the_result_the_text_and_the_json(monkeypatch):
    rng = np.random.default_rng(5)
    halo = rng.normal(size=(300, 1))
    table = np.column_stack([halo + rng.normal(size=(300, 5)), halo[:, 0] + rng.normal(size=300)])
    frame = pd.DataFrame(table, columns=[*NAMES[:5], "y"])
    fit = dr.fit(frame, "y", NAMES[:5], draws=30)
    exact = dr.importance(fit)
    assert exact.mc_error is None
    assert (exact.tidy()["mc_error"] == 0).all()
    monkeypatch.setattr(shares, "MOST_EXACT", 3)
    found = dr.importance(fit)
    assert found.estimate.sum() == pytest.approx(exact.r2_estimate, abs=1e-12)  # an order shares out R2 exactly
    assert 0 < found.tidy()["mc_error"].max() <= 0.001
    assert [row["mc_error"] for row in found.to_dict()["drivers"]] == list(found.mc_error)
    assert "sampled orders of entry: Monte-Carlo error at most" in " ".join(found.summary().split())


def stopping(after):
    """Work that is interrupted once so many chunks are done."""
    made = []

    def work(part):
        if len(made) == after:
            raise KeyboardInterrupt
        made.append(part)
        return part

    return work


def test_an_importance_that_was_stopped_says_so(monkeypatch):
    rng = np.random.default_rng(6)
    frame = pd.DataFrame(rng.normal(size=(200, 4)), columns=["a", "b", "c", "y"])
    frame["y"] += frame["a"]
    fit = dr.fit(frame, "y", ["a", "b", "c"], draws=500)
    whole = dr.importance(fit)
    monkeypatch.setattr(shares, "SUBSETS_AT_ONCE", 8 * 100)
    real = shares.in_chunks

    def stopped(work, stack, **how):
        calls = stopping(3)
        return real(lambda part: work(calls(part)), stack, **how)

    monkeypatch.setattr(shares, "in_chunks", stopped)
    with pytest.warns(ResampleWarning, match="Stopped after 300 of 500 draws"):
        found = dr.importance(fit)
    np.testing.assert_array_equal(found.shares, whole.shares[:, :300])
    np.testing.assert_array_equal(found.slopes, whole.slopes[:, :300])
    np.testing.assert_array_equal(found.r2, whole.r2[:, :300])
    assert "Stopped early: intervals rest on the 300 of 500 draws made." in found.notes


def test_intervals_of_drivers_that_are_alike_lie_around_their_estimates(monkeypatch):
    """Twelve drivers of which nine tenths are one impression: a few orders miss shares by more than draws spread."""
    rng = np.random.default_rng(8)
    middle = np.full((13, 13), 0.9) + 0.1 * np.eye(13)
    middle[:-1, -1] = middle[-1, :-1] = 0.85 + 0.02 * rng.normal(size=12)
    noise = np.linalg.cholesky(middle) @ rng.normal(size=(200, 13, 2000))
    stack = noise @ np.swapaxes(noise, 1, 2) / 2000
    blocks = blocks_of(NAMES)
    exact = take_shares("lmg", middle, stack, blocks, 1)
    monkeypatch.setattr(shares, "MOST_SUBSETS", 1)
    found = take_shares("lmg", middle, stack, blocks, 1)
    spread = exact.draws.std(axis=0)
    assert (np.abs(found.draws.mean(axis=0) - exact.draws.mean(axis=0)) < 0.2 * spread).all()
    np.testing.assert_allclose(found.draws.std(axis=0), spread, rtol=0.15)
    np.testing.assert_allclose(found.draws.sum(axis=1), exact.draws.sum(axis=1), atol=1e-12)  # R2, whatever the orders
    from drivers.stats.permutations import sampled_lmg_draws

    plain, error = sampled_lmg_draws(stack, cycles=shares.CYCLES, seed=1)
    assert (np.abs(plain.mean(axis=0) - exact.draws.mean(axis=0)) > spread).any()  # the shares themselves are off
    assert error.mean() > 3 * found.draws_mc_error.mean()
