import tracemalloc

import numpy as np
import pytest

from drivers.stats.shapley import lmg, lmg_draws
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
