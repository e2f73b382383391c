"""Groups of drivers and always-in drivers, in every measure for which they mean something."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import InputError
from drivers.stats.measure_facts import MEASURE_FACTS
from drivers.stats.measures import MEASURES, correlation, first, measured, pratt, structure
from drivers.stats.owen import owen, owen_of_fits
from drivers.stats.relative_weights import relative_weights_shares
from drivers.stats.shapley import lmg
from tests.golden.moments import ATTITUDE, GPA, mobi
from tests.stats.matrices import FloatArray, covariances, draws_of, r_squared

GOLDEN = 1e-9  # full precision of R, another algorithm
ROUNDING = 1e-14  # of numbers near 1, well conditioned
CONDITIONED = 1e-11  # of numbers near 1, condition number up to 1e4

MOBI = mobi("image", "expectation", "quality", "value", "satisfaction")
FAIR_GROW_ADVANCE = [[0, 1], [2, 3, 4], [5]]
FOR_GROUPS = sorted(name for name in MEASURES if MEASURE_FACTS[name].groups)
NOT_FOR_GROUPS = sorted(set(MEASURES) - set(FOR_GROUPS))
ADDING_UP = sorted(name for name in MEASURES if MEASURE_FACTS[name].sums_to == "R2")


@pytest.mark.parametrize("name", ["lmg", "last", "first"])
def test_groups_match_relaimpo(name: str, golden: Callable[[str], Any]) -> None:
    recorded = golden("relaimpo_golden")
    two = measured(name, MOBI, groups=[[0, 1], [2, 3]])
    np.testing.assert_allclose(two, [*recorded["mobi_groups"][name].values()], atol=GOLDEN, rtol=0)
    three = measured(name, ATTITUDE, groups=FAIR_GROW_ADVANCE)
    np.testing.assert_allclose(three, recorded["attitude_groups"][name], atol=GOLDEN, rtol=0)


@pytest.mark.parametrize(
    ("name", "recorded"),
    [("lmg", "lmg"), ("last", "last"), ("first", "first"), ("beta_squared", "betasq"), ("pratt", "pratt")],
)
def test_always_in_matches_relaimpo(name: str, recorded: str, golden: Callable[[str], Any]) -> None:
    published = golden("relaimpo_golden")["mobi_always_expectation"][recorded]
    np.testing.assert_allclose(measured(name, MOBI, always=[1]), published, atol=GOLDEN, rtol=0)


def test_sets_and_all_match_domir(golden: Callable[[str], Any]) -> None:
    recorded = golden("rwa_dominance_golden")
    sets = [*recorded["domir_sets_mobi"]["general"].values()]
    np.testing.assert_allclose(lmg(MOBI, groups=[[0, 1], [2, 3]]), sets, atol=GOLDEN, rtol=0)
    beyond = [*recorded["domir_all_mobi"]["general"].values()]
    np.testing.assert_allclose(lmg(MOBI, always=[1]), beyond, atol=GOLDEN, rtol=0)


def test_structure_coefficients_are_correlations_over_the_multiple_correlation() -> None:
    # GPA on SES, IQ, nAch: r = .33, .57, .50 and R2 = .4964735 (R dominanceanalysis 2.1.0 tests)
    np.testing.assert_allclose(structure(GPA), np.array([0.33, 0.57, 0.5]) / np.sqrt(0.4964735), atol=1e-7, rtol=0)


@given(cov=covariances(min_drivers=2, max_drivers=6))
def test_structure_is_the_correlation_with_the_prediction(cov: FloatArray) -> None:
    slopes = np.linalg.solve(cov[:-1, :-1], cov[:-1, -1])
    fitted = cov[:-1, :-1] @ slopes
    expected = fitted / np.sqrt(np.diag(cov)[:-1] * (slopes @ fitted))
    np.testing.assert_allclose(structure(cov), expected, atol=1e-9, rtol=0)  # R2 may be near 0


def test_structure_of_nothing_explained_is_nan() -> None:
    assert np.isnan(structure(np.eye(4))).all()


@pytest.mark.parametrize("name", sorted(MEASURES))
@given(cov=covariances(min_drivers=3, max_drivers=6))
def test_always_in_works_on_what_it_leaves_of_the_others(name: str, cov: FloatArray) -> None:
    # Frisch and Waugh: take drivers 0 and 2 out of everything, keep the outcome's whole variance as the unit
    inside, rest = [0, 2], [j for j in range(len(cov)) if j not in (0, 2)]
    if len(rest) < 2:
        return
    slopes = np.linalg.solve(cov[np.ix_(inside, inside)], cov[np.ix_(inside, rest)])
    left = cov[np.ix_(rest, rest)] - cov[np.ix_(rest, inside)] @ slopes
    share = left[-1, -1] / cov[-1, -1]
    power = {"correlation": 0.5, "structure": 0.0}.get(name, 1.0)
    expected = MEASURES[name](left) * share**power
    np.testing.assert_allclose(measured(name, cov, always=inside), expected, atol=1e-9, rtol=0)


@pytest.mark.parametrize("name", ADDING_UP)
@given(cov=covariances(min_drivers=4, max_drivers=7))
def test_shares_add_up_to_what_is_explained_beyond_always_in(name: str, cov: FloatArray) -> None:
    p = len(cov) - 1
    beyond = r_squared(cov, tuple(range(p))) - r_squared(cov, (1,))
    groups = [[3, 0], [*range(4, p), 2]]
    np.testing.assert_allclose(measured(name, cov, always=[1]).sum(), beyond, atol=CONDITIONED, rtol=0)
    if name in FOR_GROUPS:
        together = measured(name, cov, groups=groups, always=[1])
        np.testing.assert_allclose(together.sum(), beyond, atol=CONDITIONED, rtol=0)


@pytest.mark.parametrize("name", FOR_GROUPS)
@given(cov=covariances(min_drivers=4, max_drivers=6), seed=st.integers(0, 2**16))
def test_a_group_does_not_depend_on_its_coding_inside(name: str, cov: FloatArray, seed: int) -> None:
    # any invertible mix of the members of a group, such as another reference category
    p = len(cov) - 1
    groups, always = [[1, 3], [j for j in range(p) if j not in (0, 1, 3)]], [0]
    mix = np.eye(p + 1)
    angle = np.random.default_rng(seed).uniform(0, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ [[1, 0.4], [0, 1]]
    scale = np.sqrt(np.diag(cov)[[1, 3]])
    mix[np.ix_([1, 3], [1, 3])] = np.diag(scale) @ turn @ np.diag(1 / scale)
    other = mix @ cov @ mix.T
    shares = measured(name, cov, groups=groups, always=always)
    np.testing.assert_allclose(measured(name, (other + other.T) / 2, groups=groups, always=always), shares, atol=1e-10)


@pytest.mark.parametrize("name", ["relative_weights", "car", "beta_squared"])
def test_measures_not_defined_for_groups_do_depend_on_the_coding(name: str) -> None:
    mix = np.eye(5)
    mix[1, 0] = 0.7  # driver 1 becomes itself plus .7 of driver 0
    before, after = (measured(name, cov)[:2].sum() for cov in (MOBI, mix @ MOBI @ mix.T))
    assert abs(before - after) > 0.005


@pytest.mark.parametrize("name", NOT_FOR_GROUPS)
def test_measures_not_defined_for_groups_are_refused_with_the_cure(name: str) -> None:
    with pytest.raises(InputError, match=rf"`{name}` is not defined for groups .* Use one of `lmg`, `pratt`, `first`"):
        measured(name, MOBI, groups=[[0, 1], [2, 3]])


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_groups_of_one_are_single_drivers_and_draws_are_single_matrices(name: str) -> None:
    covs = draws_of(4, 5)
    if name in FOR_GROUPS:
        alone = measured(name, covs[0], groups=[[2], [0], [3]], always=[1])
        np.testing.assert_allclose(alone, measured(name, covs[0], always=[1])[[1, 0, 2]], atol=ROUNDING, rtol=0)
    options: dict[str, Any] = {"groups": [[3, 0], [2]]} if name in FOR_GROUPS else {}
    together = measured(name, covs, always=[1], **options)
    each = [measured(name, cov, always=[1], **options) for cov in covs]
    np.testing.assert_allclose(together, each, atol=ROUNDING, rtol=0)
    covs[2, 0, 0] = np.nan
    unusable = np.isnan(measured(name, covs, always=[1], **options)).all(axis=1)
    assert unusable.tolist() == [False, False, True, False, False]


@given(cov=covariances(min_drivers=3, max_drivers=6))
def test_first_of_a_group_is_its_r2_alone(cov: FloatArray) -> None:
    p = len(cov) - 1
    alone = [r_squared(cov, (0, 2)), r_squared(cov, tuple(j for j in range(p) if j not in (0, 2)))]
    others = [[0, 2], [j for j in range(p) if j not in (0, 2)]]
    np.testing.assert_allclose(first(cov, groups=others), alone, atol=CONDITIONED, rtol=0)


def test_a_group_in_pratt_is_the_covariance_with_its_part_of_the_prediction() -> None:
    slopes = np.linalg.solve(ATTITUDE[:-1, :-1], ATTITUDE[:-1, -1])
    parts = [slopes[group] @ ATTITUDE[group, -1] / ATTITUDE[-1, -1] for group in FAIR_GROW_ADVANCE]
    np.testing.assert_allclose(pratt(ATTITUDE, groups=FAIR_GROW_ADVANCE), parts, atol=ROUNDING, rtol=0)


def test_unknown_measures_and_positions_are_refused() -> None:
    with pytest.raises(InputError, match=r"measure='shapley' is not known; choose one of `lmg`"):
        measured("shapley", MOBI)
    with pytest.raises(InputError, match="must name each of the 4 positions 0 to 3 once"):
        correlation(MOBI, always=[4])
    with pytest.raises(InputError, match="must name each of the 4 positions 0 to 3 once"):
        first(MOBI, groups=[[0], [1, 2]])
    with pytest.raises(InputError, match="nothing left to share out"):
        relative_weights_shares(MOBI, always=[0, 1, 2, 3])


def test_the_facts_cover_every_measure_and_hold() -> None:
    assert set(MEASURE_FACTS) == {*MEASURES, "owen"}
    for name, facts in MEASURE_FACTS.items():
        assert facts.doi.startswith("10.")
        assert facts.groups != bool(facts.why_no_groups), name
    suppressed = mobi("image", "expectation", "quality", "value", "satisfaction", "complaints", "loyalty")
    flipped = GPA * np.outer([1, -1, 1, 1], [1, -1, 1, 1])
    for name in MEASURES:
        lowest = min(measured(name, suppressed).min(), measured(name, flipped).min())
        assert (lowest < -0.01) == MEASURE_FACTS[name].negative, name
        adds_up = np.isclose(measured(name, suppressed).sum(), r_squared(suppressed, tuple(range(6))), atol=1e-6)
        assert adds_up == (MEASURE_FACTS[name].sums_to == "R2"), name


# Owen value


def test_owen_matches_a_published_game() -> None:
    # R> TUvalues::owen(c(1,1,2,1,2,2,2), list(c(1,2),c(3))) and GameTheoryAllocation::Owen_value of the same game:
    # players 1, 2, 3; coalitions 1, 2, 3, 12, 13, 23, 123 are worth 1, 1, 2, 1, 2, 2, 2; printed 0.25 0.25 1.5
    by_position = [0, 1, 1, 1, 2, 2, 2, 2]
    np.testing.assert_allclose(owen_of_fits(np.array(by_position), [[0, 1], [2]]), [0.25, 0.25, 1.5], atol=ROUNDING)


def orders_that_keep_groups_together(groups: list[list[int]]) -> list[list[int]]:
    from itertools import permutations, product

    inside = [[list(order) for order in permutations(group)] for group in groups]
    return [
        [j for place in outer for j in chosen[place]]
        for chosen in product(*inside)
        for outer in permutations(range(len(groups)))
    ]


@given(cov=covariances(min_drivers=5, max_drivers=6))
def test_owen_is_the_mean_gain_over_orders_that_keep_groups_together(cov: FloatArray) -> None:
    p = len(cov) - 1
    groups, always = [[3, 0], [4, *range(5, p)], [2]], (1,)
    orders = orders_that_keep_groups_together(groups)
    shares = np.zeros(p)
    known: dict[tuple[int, ...], float] = {}
    for order in orders:
        for k, j in enumerate(order):
            before, after = tuple(sorted((*always, *order[:k]))), tuple(sorted((*always, *order[: k + 1])))
            for subset in (before, after):
                known.setdefault(subset, r_squared(cov, subset))
            shares[j] += (known[after] - known[before]) / len(orders)
    found = owen(cov, groups=groups, always=always)
    np.testing.assert_allclose(found, np.delete(shares, 1), atol=CONDITIONED, rtol=0)


def test_owen_adds_up_to_the_grouped_value_and_equals_lmg_without_real_groups() -> None:
    found = owen(ATTITUDE, groups=FAIR_GROW_ADVANCE)
    sums = [found[group].sum() for group in FAIR_GROW_ADVANCE]
    np.testing.assert_allclose(sums, lmg(ATTITUDE, groups=FAIR_GROW_ADVANCE), atol=ROUNDING, rtol=0)
    np.testing.assert_allclose(owen(ATTITUDE, groups=[[j] for j in range(6)]), lmg(ATTITUDE), atol=ROUNDING, rtol=0)
    np.testing.assert_allclose(owen(ATTITUDE, groups=[[*range(6)]]), lmg(ATTITUDE), atol=ROUNDING, rtol=0)


def test_owen_of_draws_and_of_fits_agree_with_one_matrix() -> None:
    covs = draws_of(5, 7)
    covs[3, 1] = covs[3, :, 1] = 0.0
    groups = [[4, 1], [0, 2, 3]]
    found = owen(covs, groups=groups)
    assert np.isnan(found).all(axis=1).tolist() == [False] * 3 + [True] + [False] * 3
    np.testing.assert_allclose(found[4], owen(covs[4], groups=groups), atol=ROUNDING, rtol=0)
    fits = [r_squared(covs[4], tuple(j for j in range(5) if subset >> j & 1)) for subset in range(32)]
    np.testing.assert_allclose(owen_of_fits(np.array(fits), groups), found[4], atol=CONDITIONED, rtol=0)


def test_owen_of_too_many_is_refused_with_the_cure() -> None:
    with pytest.raises(InputError, match=r"2 groups, the largest of 25 drivers, .* `lmg\(cov, groups=...\)`"):
        owen(np.eye(28), groups=[list(range(25)), [25, 26]])
    with pytest.raises(InputError, match="7 fits are not those of all submodels"):
        owen_of_fits(np.zeros(7), [[0]])
