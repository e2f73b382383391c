import tracemalloc

import numpy as np
import pytest

from drivers.stats.shapley import conditional_dominance, lmg, lmg_draws, subset_sums
from tests.stats.matrices import draws_of


@pytest.mark.parametrize("p", [1, 2, 3, 4, 7])
def test_draws_equal_one_at_a_time_whatever_the_workers(p: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.stats.shapley.CHUNK", 8 << p)  # several chunks even for few draws
    covs = draws_of(p, 50)
    together = lmg_draws(covs, workers=1)
    np.testing.assert_array_equal(together, np.stack([lmg(cov) for cov in covs]))
    for workers in (2, 5, None):
        np.testing.assert_array_equal(lmg_draws(covs, workers=workers), together)


def test_draws_that_cannot_be_used_are_rows_of_nan() -> None:
    covs = draws_of(3, 6)
    covs[1, 0] = covs[1, :, 0] = 0.0  # a driver that does not vary
    covs[2, 1], covs[2, :, 1] = covs[2, 0], covs[2, :, 0]  # an exact copy
    covs[2, 1, 1] = covs[2, 0, 0]
    covs[4, 0, 0] = np.nan
    shares = lmg_draws(covs)
    assert np.isnan(shares).all(axis=1).tolist() == [False, True, True, False, True, False]
    np.testing.assert_array_equal(shares[[0, 3, 5]], lmg_draws(covs[[0, 3, 5]]))
    assert not np.isnan(shares[[0, 3, 5]]).any()


def test_no_draws_give_no_rows() -> None:
    assert lmg_draws(np.empty((0, 4, 4))).shape == (0, 3)


def test_draws_take_groups_and_always_in() -> None:
    covs = draws_of(5, 20)
    options = {"groups": [[4], [0, 2]], "always": [1, 3]}
    expected = np.stack([lmg(cov, **options) for cov in covs])
    np.testing.assert_array_equal(lmg_draws(covs, **options), expected)


def test_memory_does_not_grow_with_the_number_of_subsets() -> None:
    cov = draws_of(18, 1)[0]
    lmg(cov[np.ix_([0, 1, 18], [0, 1, 18])])  # compiled and imported before measuring
    tracemalloc.start()
    lmg(cov)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 500_000  # bytes; the 2^18 values of R2 alone would take 2 million


@pytest.mark.parametrize("groups", [None, [[4], [0, 6, 7], [2, 3], [5, 8]]])
def test_a_tree_in_parts_equals_the_whole_tree(
    groups: list[list[int]] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    covs = draws_of(9, 5)
    options = {"groups": groups, "always": [1]} if groups else {"always": [1]}
    whole = conditional_dominance(subset_sums(covs, **options))
    monkeypatch.setattr("drivers.stats.shapley.PART", 2)  # as with more than 20 drivers, but quick
    monkeypatch.setattr("drivers.stats.shapley.CHUNK", 16)
    told: list[tuple[int, int]] = []
    in_parts = subset_sums(covs, **options, progress=lambda done, parts: told.append((done, parts)))
    np.testing.assert_allclose(conditional_dominance(in_parts), whole, atol=1e-15, rtol=0)
    assert told == [(done, told[0][1]) for done in range(1, told[0][1] + 1)]
    assert len(told) > 1
    for workers in (1, 3):
        again = subset_sums(covs, **options, workers=workers)
        np.testing.assert_array_equal(again.holding, in_parts.holding)
        np.testing.assert_array_equal(again.total, in_parts.total)


@pytest.mark.slow
def test_twenty_eight_drivers_in_two_uncorrelated_blocks_share_as_apart() -> None:
    block = np.corrcoef(np.random.default_rng(8).normal(size=(60, 15)) + np.arange(60)[:, None] / 20, rowvar=False)
    cov = np.eye(29)
    cov[:14, :14] = cov[14:28, 14:28] = block[:14, :14]
    cov[28, :28] = cov[:28, 28] = np.tile(block[14, :14], 2) * 0.7
    np.testing.assert_allclose(lmg(cov), np.tile(lmg(block), 2) * 0.49, atol=1e-13, rtol=0)
