from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import CollinearDriversError, InputError
from drivers.stats.permutations import BATCH, ROUND, IntArray, SampledShares, sampled_lmg, sampled_lmg_draws
from drivers.stats.shapley import lmg, lmg_draws
from tests.golden.moments import ATTITUDE
from tests.stats.matrices import FloatArray, covariances, draws_of, r_squared

ROUNDING = 1e-14  # of numbers near 1, well conditioned
CONDITIONED = 1e-11  # of numbers near 1, condition number up to 1e4


def equicorrelated(p: int, r: float, slopes: FloatArray) -> FloatArray:
    """Covariances of equally correlated drivers; the outcome has R2 = .5."""
    cov = np.full((p + 1, p + 1), r)
    np.fill_diagonal(cov, 1.0)
    cov[-1, :-1] = cov[:-1, -1] = cov[:-1, :-1] @ slopes
    cov[-1, -1] = 2 * slopes @ cov[:-1, :-1] @ slopes
    return cov


def test_gains_of_an_order_and_its_reverse_are_differences_of_r2() -> None:
    from drivers.stats.order_walk import gains_in_pairs

    orders = np.array(list(permutations(range(6)))[::37], dtype=np.int64)
    gains = np.empty((len(orders), 6))
    sd = np.sqrt(np.diag(ATTITUDE))
    gains_in_pairs(ATTITUDE / np.outer(sd, sd), orders, np.arange(7), gains)
    for order, found in zip(orders, gains, strict=True):
        expected = np.zeros(6)
        for turn in (order, order[::-1]):
            known = [r_squared(ATTITUDE, tuple(sorted(turn[:k]))) for k in range(7)]
            expected[turn] += np.diff(known) / 2
        np.testing.assert_allclose(found, expected, atol=ROUNDING, rtol=0)


def test_unbiased_and_the_error_is_as_stated() -> None:
    # 12 drivers, exact shares known: 100 seeds; the mean of 100 estimates has a tenth of the error of one
    cov = draws_of(12, 1)[0]
    exact = lmg(cov)
    runs = [sampled_lmg(cov, tolerance=1e-9, max_cycles=64, seed=seed, workers=1) for seed in range(100)]
    z = np.array([(run.shares - exact) / run.std_error for run in runs])
    assert np.abs(z.mean(axis=0) * 10).max() < 3.5  # 12 normal numbers: beyond once in 180 suites; seeds are fixed
    assert 0.9 < z.std() < 1.1
    assert all(run.cycles == 64 and not run.reached for run in runs)


def test_in_a_cycle_every_driver_enters_once_at_every_place() -> None:
    from drivers.stats.permutations import _orders

    orders = _orders(7, 1, 0).reshape(BATCH, 7, 7)
    for cycle in orders:
        for place in range(7):
            assert sorted(cycle[:, place]) == list(range(7))
    assert len({tuple(cycle[0]) for cycle in orders}) > 1


def test_cycles_have_a_smaller_error_than_as_many_independent_orders() -> None:
    cov = draws_of(20, 1)[0]
    corr = cov / np.sqrt(np.outer(np.diag(cov), np.diag(cov)))
    rng = np.random.default_rng(1)
    alone = np.array([one_order(corr, rng.permutation(20)) for _ in range(2000)])
    cycles = sampled_lmg(cov, tolerance=1e-9, max_cycles=128)
    as_many = alone.std(axis=0) / np.sqrt(cycles.orders)
    assert (as_many > 2 * cycles.std_error).all()
    assert np.median(as_many / cycles.std_error) > 3


def one_order(corr: FloatArray, order: IntArray) -> FloatArray:
    p = len(order)
    root = np.linalg.cholesky(corr[np.ix_([*order, p], [*order, p])])
    gains = np.empty(p)
    gains[order] = root[-1, :-1] ** 2
    return gains


def test_sixty_alike_drivers_share_alike_to_the_tolerance_asked_for() -> None:
    found = sampled_lmg(equicorrelated(60, 0.4, np.full(60, 0.1)), tolerance=0.0001)
    assert found.reached
    assert found.std_error.max() <= 0.0001
    np.testing.assert_allclose(found.shares, 0.5 / 60, atol=5 * 0.0001, rtol=0)
    np.testing.assert_allclose(found.shares.sum(), 0.5, atol=ROUNDING, rtol=0)


def test_sixty_drivers_in_uncorrelated_blocks_share_as_apart() -> None:
    # ten blocks of six, each with exact shares
    rng = np.random.default_rng(4)
    cov, exact = np.eye(61), []
    for start in range(0, 60, 6):
        block = np.corrcoef(rng.normal(size=(50, 7)) + rng.normal(size=(50, 1)), rowvar=False)
        cov[start : start + 6, start : start + 6] = block[:6, :6]
        cov[60, start : start + 6] = cov[start : start + 6, 60] = block[6, :6] * 0.3
        exact.append(lmg(block) * 0.09)
    found = sampled_lmg(cov, tolerance=0.001)
    assert found.reached
    assert np.abs((found.shares - np.concatenate(exact)) / found.std_error).max() < 4
    assert found.std_error.max() <= 0.001


def test_uncorrelated_drivers_need_one_round() -> None:
    cov = np.eye(41)
    cov[-1, :-1] = cov[:-1, -1] = np.linspace(0.01, 0.15, 40)
    found = sampled_lmg(cov, tolerance=1e-12)
    assert found.cycles == BATCH * ROUND
    np.testing.assert_allclose(found.shares, np.linspace(0.01, 0.15, 40) ** 2, atol=ROUNDING, rtol=0)


@given(cov=covariances(min_drivers=4, max_drivers=7), seed=st.integers(0, 2**16))
def test_groups_and_always_in_add_up_and_agree_with_exact(cov: FloatArray, seed: int) -> None:
    p = len(cov) - 1
    options = {"groups": [[3, 0], [2], *([j] for j in range(4, p))], "always": [1]}
    exact = lmg(cov, **options)
    found = sampled_lmg(cov, **options, max_cycles=64, seed=seed, workers=1)
    np.testing.assert_allclose(found.shares.sum(), exact.sum(), atol=CONDITIONED, rtol=0)
    assert (found.shares >= 0).all()
    np.testing.assert_array_less(np.abs(found.shares - exact), 5.5 * found.std_error + CONDITIONED)


def test_shares_do_not_depend_on_workers_and_resuming_continues_the_same_run() -> None:
    cov = draws_of(35, 1)[0]
    options = {"tolerance": 1e-9, "max_cycles": 100}
    whole = sampled_lmg(cov, **options, workers=1)
    for workers in (3, None):
        np.testing.assert_array_equal(sampled_lmg(cov, **options, workers=workers).shares, whole.shares)
    seen: list[SampledShares] = []

    def stop(state: SampledShares) -> None:
        seen.append(state)
        if state.cycles >= 64:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sampled_lmg(cov, **options, progress=stop)
    assert [state.cycles for state in seen] == [32, 64]
    assert seen[0].std_error.max() > whole.std_error.max()
    resumed = sampled_lmg(cov, **options, resume=seen[-1])
    np.testing.assert_array_equal(resumed.shares, whole.shares)
    np.testing.assert_array_equal(resumed.std_error, whole.std_error)
    enough = sampled_lmg(cov, tolerance=1.0, resume=whole)
    assert enough.reached
    assert enough.cycles == whole.cycles
    with pytest.raises(InputError, match="`resume` holds shares of another matrix, grouping or seed"):
        sampled_lmg(cov, seed=3, resume=whole)


def test_draws_share_their_orders_and_state_their_error() -> None:
    covs = draws_of(10, 40)
    covs[5, 2] = covs[5, :, 2] = 0.0
    shares, error = sampled_lmg_draws(covs, cycles=20)
    assert np.isnan(shares).all(axis=1).tolist() == [draw == 5 for draw in range(40)]
    exact = lmg_draws(covs)
    good = np.delete(np.arange(40), 5)
    assert 0.8 < ((shares - exact) / error)[good].std() < 1.2
    np.testing.assert_array_equal(sampled_lmg_draws(covs[[7]], cycles=20, workers=1)[0], shares[[7]])
    one = sampled_lmg(covs[7], tolerance=1e-9, max_cycles=32)
    of_draw = sampled_lmg_draws(covs[[7]], cycles=32)
    np.testing.assert_allclose(of_draw[0][0], one.shares, atol=ROUNDING, rtol=0)
    np.testing.assert_allclose(of_draw[1][0], one.std_error, atol=ROUNDING, rtol=0)


def test_an_error_without_cycles_is_infinite() -> None:
    state = SampledShares(shares=np.zeros(3), squares=np.zeros(3), cycles=0, tolerance=0.1, seed=1, made_of="")
    assert np.isinf(state.std_error).all()
    assert not state.reached


def test_what_cannot_be_sampled_is_refused() -> None:
    cov = draws_of(3, 2)
    with pytest.raises(InputError, match="`sampled_lmg_draws` a stack"):
        sampled_lmg(cov)
    with pytest.raises(InputError, match=r"expected \(draws, p \+ 1, p \+ 1\)"):
        sampled_lmg_draws(cov[0])
    with pytest.raises(InputError, match="tolerance=0 must be above 0"):
        sampled_lmg(cov[0], tolerance=0)
    with pytest.raises(InputError, match="cycles=1 leaves no way to tell the error"):
        sampled_lmg_draws(cov, cycles=1)
    with pytest.raises(CollinearDriversError):
        sampled_lmg(np.ones((4, 4)))


def test_draws_told_apart_from_a_known_matrix_are_that_matrix_where_they_do_not_differ() -> None:
    rng = np.random.default_rng(3)
    sample = rng.normal(size=(8, 60)) + rng.normal(size=60)
    cov = np.cov(sample)
    known = lmg(cov)
    same, error = sampled_lmg_draws(np.stack([cov, cov]), cycles=4, around=cov, known=known)
    np.testing.assert_allclose(same, [known, known], atol=1e-14)
    np.testing.assert_allclose(error, 0, atol=1e-14)
    near = cov + 0.01 * np.cov(rng.normal(size=(8, 60)))
    (found,), (close,) = sampled_lmg_draws(near[None], cycles=4, around=cov, known=known)
    assert (np.abs(found - lmg(near)) < 5 * close + 1e-12).all()
    assert close.max() < 0.2 * sampled_lmg_draws(near[None], cycles=4)[1].max()
