from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import CollinearDriversError, InputError
from drivers.stats.dominance import Dominance, dominance, dominance_of_fits, dominance_probabilities
from drivers.stats.shapley import conditional_dominance, lmg, subset_sums
from tests.golden.moments import ATTITUDE, AZEN_BUDESCU, GPA, mobi
from tests.stats.matrices import FloatArray, covariances, draws_of, r_squared

GOLDEN = 1e-9  # full precision of R, another algorithm
ROUNDING = 1e-14  # of numbers near 1, well conditioned
CONDITIONED = 1e-11  # of numbers near 1, condition number up to 1e4

MOBI = mobi("image", "expectation", "quality", "value", "satisfaction")


def shares_won(recorded: dict[str, dict[str, float | None]]) -> FloatArray:
    return np.array([[np.nan if share is None else share for share in row.values()] for row in recorded.values()])


def test_azen_and_budescu() -> None:
    # Azen & Budescu (2003), doi:10.1037/1082-989X.8.2.129, as encoded in R dominanceanalysis 2.1.0
    found = dominance(AZEN_BUDESCU)
    none = np.nan
    won = [[none, 1, 1, 1], [0, none, 0.5, 0.25], [0, 0.5, none, 0.5], [0, 0.75, 0.5, none]]
    np.testing.assert_array_equal(found.won, won)
    undecided = [[none, 1, 1, 1], [0, none, 0.5, 0.5], [0, 0.5, none, 0.5], [0, 0.5, 0.5, none]]
    np.testing.assert_array_equal(found.complete, undecided)
    np.testing.assert_array_equal(found.conditionally, undecided)
    order = [[none, 1, 1, 1], [0, none, 0, 0], [0, 1, none, 0], [0, 1, 1, none]]
    np.testing.assert_array_equal(found.generally, order)  # X1, X4, X3, X2
    np.testing.assert_allclose(found.general, [0.2922, 0.0759, 0.0949, 0.1214], atol=5e-5, rtol=0)
    assert found.fit == pytest.approx(0.58435, abs=5e-6)


def test_grade_points() -> None:
    # GPA on SES, IQ, nAch; subset R2 printed in the tests of R dominanceanalysis 2.1.0 with seven digits: by position
    by_position = [0, 0.1089, 0.3249, 0.3526813, 0.25, 0.2687823, 0.4964080, 0.4964735]
    found, printed = dominance(GPA), dominance_of_fits(np.array(by_position))
    np.testing.assert_array_equal(found.won, printed.won)
    np.testing.assert_allclose(found.general, printed.general, atol=1e-7, rtol=0)
    np.testing.assert_allclose(found.general, [0.044082, 0.265895, 0.186496], atol=5e-7, rtol=0)


def test_attitude() -> None:
    # R dominanceanalysis README: complaints completely dominates all, learning the other four, privileges and raises
    # dominate critical; nothing else is decided
    complaints, privileges, learning, raises, critical, advance = range(6)
    expected = np.full((6, 6), 0.5)
    for i, j in [
        *((complaints, j) for j in range(1, 6)),
        *((learning, j) for j in (privileges, raises, critical, advance)),
        (privileges, critical),
        (raises, critical),
    ]:
        expected[i, j], expected[j, i] = 1, 0
    np.fill_diagonal(expected, np.nan)
    np.testing.assert_array_equal(dominance(ATTITUDE).complete, expected)


@pytest.mark.parametrize(("case", "cov"), [("domir_lm_attitude", ATTITUDE), ("domir_lm_mobi", MOBI)])
def test_matches_domir(case: str, cov: FloatArray, golden: Callable[[str], Any]) -> None:
    recorded, found = golden("rwa_dominance_golden")[case], dominance(cov)
    np.testing.assert_array_equal(found.won, shares_won(recorded["complete"]))
    gains = [[*by_size.values()] for by_size in recorded["conditional"].values()]
    np.testing.assert_allclose(found.conditional, gains, atol=GOLDEN, rtol=0)
    np.testing.assert_allclose(found.general, [*recorded["general"].values()], atol=GOLDEN, rtol=0)
    assert found.fit == pytest.approx(recorded["value"], abs=GOLDEN)


@given(cov=covariances(min_drivers=1, max_drivers=6))
def test_counts_the_submodels_one_by_one(cov: FloatArray) -> None:
    p, found = len(cov) - 1, dominance(cov)
    for i in range(p):
        for j in range(p):
            if i == j:
                assert np.isnan(found.won[i, j])
                continue
            others = [k for k in range(p) if k not in (i, j)]
            more = []
            for chosen in range(1 << len(others)):
                subset = [k for place, k in enumerate(others) if chosen >> place & 1]
                more.append(r_squared(cov, tuple(sorted([*subset, i]))) - r_squared(cov, tuple(sorted([*subset, j]))))
            if np.abs(more).min() > CONDITIONED:
                assert found.won[i, j] == np.mean(np.array(more) > 0)
    np.testing.assert_allclose(found.general, lmg(cov), atol=CONDITIONED, rtol=0)
    np.testing.assert_allclose(found.conditional, conditional_dominance(subset_sums(cov)), atol=CONDITIONED, rtol=0)


@given(cov=covariances(min_drivers=2, max_drivers=7), seed=st.integers(0, 2**16))
def test_laws(cov: FloatArray, seed: int) -> None:
    found = dominance(cov)
    p = len(cov) - 1
    apart = ~np.eye(p, dtype=bool)
    np.testing.assert_allclose((found.won + found.won.T)[apart], 1, atol=ROUNDING, rtol=0)
    # complete dominance implies conditional, which implies general
    for stronger, weaker in [(found.complete, found.conditionally), (found.conditionally, found.generally)]:
        assert (weaker[stronger == 1] == 1).all()
    order = np.random.default_rng(seed).permutation(p)
    moved = dominance(cov[np.ix_([*order, p], [*order, p])])
    np.testing.assert_array_equal(moved.won, found.won[np.ix_(order, order)])


def test_twins_tie_and_one_driver_has_no_rival() -> None:
    twins = np.array([[1, 0.4, 0.5], [0.4, 1, 0.5], [0.5, 0.5, 1]])
    found = dominance(twins)
    for verdict in (found.won, found.complete, found.conditionally, found.generally):
        np.testing.assert_array_equal(verdict, [[np.nan, 0.5], [0.5, np.nan]])
    alone = dominance(np.array([[4.0, 1.0], [1.0, 1.0]]))
    assert np.isnan(alone.won).tolist() == [[True]]
    np.testing.assert_allclose(alone.general, [0.25], atol=ROUNDING, rtol=0)


def test_groups_and_always_in_compare_blocks() -> None:
    found = dominance(ATTITUDE, groups=[[0, 1], [5], [2, 3]], always=[4])
    expected = subset_sums(ATTITUDE, groups=[[0, 1], [5], [2, 3]], always=[4])
    np.testing.assert_allclose(found.conditional, conditional_dominance(expected), atol=ROUNDING, rtol=0)
    assert found.fit == pytest.approx(expected.r2, abs=ROUNDING)
    assert found.complete[0].tolist()[1:] == [1, 1]  # complaints and privileges before advance, and learning and raises


def test_draws_equal_one_at_a_time_and_give_probabilities() -> None:
    covs = draws_of(4, 40)
    covs[7, 2] = covs[7, :, 2] = 0.0  # a driver that does not vary
    found = dominance(covs)
    assert np.isnan(found.won[7]).all()
    assert np.isnan(found.generally[7]).all()
    for draw in (0, 39):
        single = dominance(covs[draw])
        np.testing.assert_array_equal(found.won[draw], single.won)
        np.testing.assert_array_equal(found.conditionally[draw], single.conditionally)
        np.testing.assert_array_equal(found.general[draw], single.general)
    np.testing.assert_array_equal(dominance(covs, workers=1).won, found.won)
    chance = dominance_probabilities(found)
    assert (chance.usable, chance.draws) == (39, 40)
    usable = np.delete(np.arange(40), 7)
    one = np.mean([dominance(covs[draw]).complete[0, 1] == 1 for draw in usable])
    assert chance.complete[0, 1] == pytest.approx(one, abs=ROUNDING)
    apart = ~np.eye(4, dtype=bool)
    np.testing.assert_allclose((chance.general + chance.general.T)[apart], 1, atol=ROUNDING, rtol=0)
    assert (chance.complete <= chance.conditional + ROUNDING)[apart].all()
    assert (chance.conditional <= chance.general + ROUNDING)[apart].all()
    assert np.isnan(np.diag(chance.complete)).all()


def test_probabilities_find_the_driver_that_truly_dominates() -> None:
    # posterior of 400 answers: uncorrelated drivers with effects .6 and .1 on an outcome of noise 1
    rng = np.random.default_rng(5)
    x = rng.normal(size=(400, 2))
    rows = np.column_stack([x, x @ [0.6, 0.1] + rng.normal(size=400)])
    weights = rng.exponential(size=(200, 400))
    covs = np.stack([np.cov(rows, rowvar=False, aweights=w) for w in weights])
    assert dominance_probabilities(dominance(covs)).complete[0, 1] > 0.99


def test_probabilities_need_draws() -> None:
    with pytest.raises(InputError, match="Probabilities need draws"):
        dominance_probabilities(dominance(ATTITUDE))
    with pytest.raises(InputError, match="None of the 2 draws could be used"):
        dominance_probabilities(dominance(np.zeros((2, 3, 3))))


def test_too_many_are_refused_with_the_cure() -> None:
    with pytest.raises(InputError, match=r"21 drivers have 210 pairs .* at most 20 are. Put drivers"):
        dominance(np.eye(22))
    with pytest.raises(InputError, match="at most 16 are"):
        dominance(np.broadcast_to(np.eye(18), (2, 18, 18)))
    with pytest.raises(InputError, match="6 fits are not those of all submodels"):
        dominance_of_fits(np.zeros(6))
    with pytest.raises(CollinearDriversError):
        dominance(np.ones((3, 3)))


def test_fits_of_draws_that_failed_stay_nan() -> None:
    fits = np.array([[0, 0.1, 0.2, 0.25], [0, np.nan, 0.2, 0.25]])
    found: Dominance = dominance_of_fits(fits)
    np.testing.assert_allclose(found.general, [[0.075, 0.175], [np.nan, np.nan]], atol=ROUNDING, rtol=0)
    np.testing.assert_array_equal(found.complete[0], [[np.nan, 0], [1, np.nan]])
    assert np.isnan(found.complete[1]).all()
