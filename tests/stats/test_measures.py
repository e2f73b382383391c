from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import CollinearDriversError, InputError
from drivers.stats.measures import MEASURES, MEASURES_DRAWS, beta_squared, car, correlation, first, last, pratt
from tests.golden.moments import ATTITUDE, GPA, mobi
from tests.stats.matrices import FloatArray, covariances, draws_of, r_squared

GOLDEN = 1e-9  # full precision of R, another algorithm
ROUNDING = 1e-14  # of numbers near 1, well conditioned
CONDITIONED = 1e-11  # of numbers near 1, condition number up to 1e4

IN_RELAIMPO = {
    "lmg": "lmg",
    "relative_weights": "genizi",
    "pratt": "pratt",
    "car": "car",
    "first": "first",
    "last": "last",
    "beta_squared": "betasq",
}
ADDING_UP = ["lmg", "relative_weights", "pratt", "car"]


@pytest.mark.parametrize(
    ("measure", "published"),
    [
        # R> calc.relimp(rating ~ ., attitude, type = ...), relaimpo 2.2-7
        (first, [0.681314164109, 0.181575586984, 0.388974452874, 0.348264033275, 0.024473208156, 0.024051745746]),
        (last, [0.168677213050, 0.003367865621, 0.042007492054, 0.001583274006, 0.000792620475, 0.017247060492]),
        (
            beta_squared,
            [0.449872299833, 0.005391587134, 0.095400827417, 0.004873675556, 0.000973424313, 0.033659204430],
        ),
        (pratt, [0.553628368056, -0.031288665656, 0.192635626633, 0.041198615339, 0.004880862202, -0.028452814043]),
        (car, [0.446706686943, 0.022348230812, 0.164463486885, 0.090656556156, 0.003802248092, 0.004624783644]),
    ],
)
def test_attitude_matches_relaimpo(measure: Callable[[FloatArray], FloatArray], published: list[float]) -> None:
    np.testing.assert_allclose(measure(ATTITUDE), published, atol=1e-12, rtol=0)


@pytest.mark.parametrize("name", IN_RELAIMPO)
@pytest.mark.parametrize(
    ("case", "cov"),
    [
        ("attitude", ATTITUDE),
        ("mobi", mobi("image", "expectation", "quality", "value", "satisfaction")),
        ("mobi_loyalty", mobi("image", "expectation", "quality", "value", "satisfaction", "complaints", "loyalty")),
    ],
)
def test_matches_relaimpo(name: str, case: str, cov: FloatArray, golden: Callable[[str], Any]) -> None:
    recorded = golden("relaimpo_golden")[case]
    shares = [recorded["shares_raw"][driver][IN_RELAIMPO[name]] for driver in recorded["names"]]
    np.testing.assert_allclose(MEASURES[name](cov), shares, atol=GOLDEN, rtol=0)


@pytest.mark.parametrize("name", IN_RELAIMPO)
def test_matches_relaimpo_on_airport_answers(name: str, shared: Any, golden: Callable[[str], Any]) -> None:
    import pandas as pd

    recorded = golden("relaimpo_golden")["sfo2017_unweighted"]
    answers = pd.read_csv(shared / "data" / "sfo_airport_2017.csv")[[*recorded["names"], "overall"]].dropna()
    shares = [recorded["shares_raw"][driver][IN_RELAIMPO[name]] for driver in recorded["names"]]
    np.testing.assert_allclose(MEASURES[name](answers.cov().to_numpy()), shares, atol=GOLDEN, rtol=0)


def test_correlation_keeps_its_sign() -> None:
    np.testing.assert_allclose(correlation(GPA * np.outer([1, -1, 1, 1], [1, -1, 1, 1])), [0.33, -0.57, 0.5])


def test_the_names_are_those_of_the_command_line() -> None:
    assert set(MEASURES) == {*IN_RELAIMPO, "correlation", "structure"}
    assert set(MEASURES_DRAWS) == set(MEASURES)


@pytest.mark.parametrize("name", ADDING_UP)
@given(cov=covariances(min_drivers=1, max_drivers=8))
def test_shares_add_up_to_r2(name: str, cov: FloatArray) -> None:
    r2 = r_squared(cov, tuple(range(len(cov) - 1)))
    np.testing.assert_allclose(MEASURES[name](cov).sum(), r2, atol=CONDITIONED, rtol=0)


@pytest.mark.parametrize("name", sorted(set(MEASURES) - {"pratt", "correlation", "structure"}))
@given(cov=covariances(min_drivers=2, max_drivers=8))
def test_all_but_pratt_and_correlations_are_never_negative(name: str, cov: FloatArray) -> None:
    assert (MEASURES[name](cov) >= -ROUNDING).all()


@given(cov=covariances(min_drivers=2, max_drivers=6))
def test_last_is_what_r2_loses_without_the_driver(cov: FloatArray) -> None:
    p = len(cov) - 1
    everyone = tuple(range(p))
    lost = [r_squared(cov, everyone) - r_squared(cov, everyone[:j] + everyone[j + 1 :]) for j in range(p)]
    np.testing.assert_allclose(last(cov), lost, atol=CONDITIONED, rtol=0)


@pytest.mark.parametrize("name", sorted(set(MEASURES) - {"correlation", "structure"}))
@given(r=st.lists(st.floats(-0.3, 0.3), min_size=1, max_size=8))
def test_uncorrelated_drivers_get_their_squared_correlations(name: str, r: list[float]) -> None:
    cov = np.eye(len(r) + 1)
    cov[-1, :-1] = cov[:-1, -1] = r
    np.testing.assert_allclose(MEASURES[name](cov), np.square(r), atol=ROUNDING, rtol=0)


@pytest.mark.parametrize("name", sorted(MEASURES))
@given(cov=covariances(min_drivers=2, max_drivers=6), seed=st.integers(0, 2**16))
def test_the_order_of_drivers_and_their_units_do_not_matter(name: str, cov: FloatArray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(cov) - 1)
    moved = np.append(order, len(cov) - 1)
    units = 10.0 ** rng.uniform(-6, 6, len(cov))
    other = (cov * np.outer(units, units))[np.ix_(moved, moved)]
    np.testing.assert_allclose(MEASURES[name](other), MEASURES[name](cov)[order], atol=CONDITIONED, rtol=0)


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_draws_equal_one_at_a_time_and_a_bad_draw_is_nan(name: str) -> None:
    covs = draws_of(4, 30)
    covs[7, 2] = covs[7, :, 2] = 0.0
    shares = MEASURES_DRAWS[name](covs)
    assert np.isnan(shares[7]).all()
    good = np.delete(np.arange(30), 7)
    np.testing.assert_allclose(shares[good], [MEASURES[name](covs[i]) for i in good], atol=ROUNDING, rtol=0)


def collinear() -> FloatArray:
    rows = np.random.default_rng(3).normal(size=(30, 4))
    rows[:, 2] = rows[:, 0] + rows[:, 1]
    return np.cov(rows, rowvar=False)


@pytest.mark.parametrize("name", sorted(set(MEASURES) - {"first", "correlation"}))
def test_collinear_drivers_are_refused_by_position(name: str) -> None:
    with pytest.raises(CollinearDriversError) as caught:
        MEASURES[name](collinear())
    assert caught.value.positions == (0, 1, 2)
    draws = np.stack([collinear(), draws_of(3, 1)[0]])
    assert np.isnan(MEASURES_DRAWS[name](draws)).tolist() == [[True] * 3, [False] * 3]


def test_collinear_drivers_still_have_correlations() -> None:
    alone = [r_squared(collinear(), (j,)) for j in range(3)]
    np.testing.assert_allclose(first(collinear()), alone, atol=ROUNDING, rtol=0)


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_missing_covariances_are_refused(name: str) -> None:
    cov = draws_of(3, 1)[0]
    cov[0, 1] = np.nan
    with pytest.raises(InputError, match="1 of 16 covariances are not finite"):
        MEASURES[name](cov)
