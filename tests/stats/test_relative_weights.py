from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from drivers.errors import CollinearDriversError
from drivers.stats.relative_weights import relative_weights, relative_weights_shares, symmetric_root
from drivers.stats.shapley import lmg
from tests.golden.moments import ATTITUDE, GPA, MTCARS, mobi
from tests.stats.matrices import FloatArray, covariances, draws_of

GOLDEN = 1e-9  # full precision of R, another algorithm
PRINTED = 5e-8  # seven decimals
TWELVE_DIGITS = 1e-12
ROUNDING = 1e-14  # of numbers near 1, well conditioned


def correlated(cov: FloatArray) -> tuple[FloatArray, FloatArray]:
    sd = np.sqrt(np.diag(cov))
    corr = cov / np.outer(sd, sd)
    return corr[:-1, :-1], corr[:-1, -1]


def test_mtcars_matches_the_rwa_readme() -> None:
    # R> rwa(mtcars, "mpg", c("cyl", "disp", "hp", "gear"))   martinctc/rwa README, "Basic example"
    published = [0.2284797, 0.2221469, 0.2321744, 0.0963886]
    np.testing.assert_allclose(relative_weights(*correlated(MTCARS)), published, atol=PRINTED, rtol=0)


def test_mtcars_ranks_horsepower_first_where_lmg_ranks_it_third() -> None:
    weights, shares = relative_weights_shares(MTCARS), lmg(MTCARS)
    assert np.argsort(-weights).tolist() == [2, 0, 1, 3]
    assert np.argsort(-shares).tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(weights.sum(), 0.779189638983, atol=TWELVE_DIGITS, rtol=0)


def test_attitude_matches_rwa() -> None:
    # R> rwa(attitude, "rating", names(attitude)[-1]), rwa 0.1.0
    recorded = [0.362760199658, 0.056002278779, 0.163610910751, 0.121780399688, 0.008255466496, 0.020192737159]
    np.testing.assert_allclose(relative_weights_shares(ATTITUDE), recorded, atol=TWELVE_DIGITS, rtol=0)


@pytest.mark.parametrize(
    ("case", "cov"),
    [("rwa_attitude", ATTITUDE), ("rwa_mobi", mobi("image", "expectation", "quality", "value", "satisfaction"))],
)
def test_matches_rwa(case: str, cov: FloatArray, golden: Callable[[str], Any]) -> None:
    recorded = golden("rwa_dominance_golden")[case]
    weights = relative_weights_shares(cov)
    np.testing.assert_allclose(weights, [*recorded["raw"].values()], atol=GOLDEN, rtol=0)
    assert weights.sum() == pytest.approx(recorded["r2"], abs=GOLDEN)
    np.testing.assert_allclose(100 * weights / weights.sum(), [*recorded["rescaled_pct"].values()], atol=1e-7, rtol=0)


def test_grade_points_match_dominanceanalysis() -> None:
    np.testing.assert_allclose(relative_weights_shares(GPA), [0.040535, 0.267933, 0.188006], atol=5e-7, rtol=0)


@given(cov=covariances(min_drivers=2, max_drivers=2))
def test_two_drivers_get_their_lmg_shares(cov: FloatArray) -> None:
    np.testing.assert_allclose(relative_weights_shares(cov), lmg(cov), atol=1e-11, rtol=0)  # condition up to 1e4


@given(cov=covariances(min_drivers=1, max_drivers=6))
def test_correlations_and_covariances_give_the_same(cov: FloatArray) -> None:
    np.testing.assert_allclose(relative_weights(*correlated(cov)), relative_weights_shares(cov), atol=1e-11, rtol=0)


def test_a_stack_equals_one_at_a_time() -> None:
    pairs = [correlated(cov) for cov in draws_of(4, 10)]
    stacked = relative_weights(np.stack([corr for corr, _ in pairs]), np.stack([validity for _, validity in pairs]))
    np.testing.assert_allclose(stacked, [relative_weights(*pair) for pair in pairs], atol=ROUNDING, rtol=0)


def test_the_root_is_symmetric_and_squares_to_the_matrix() -> None:
    corr = correlated(ATTITUDE)[0]
    root = symmetric_root(corr)
    np.testing.assert_allclose(root, root.T, atol=ROUNDING, rtol=0)
    np.testing.assert_allclose(root @ root, corr, atol=ROUNDING, rtol=0)


def test_collinear_drivers_are_refused_by_position() -> None:
    corr = np.array([[1, 0, 0.6], [0, 1, 0.8], [0.6, 0.8, 1]])
    with pytest.raises(CollinearDriversError) as caught:
        relative_weights(corr, np.array([0.3, 0.3, 0.42]))
    assert caught.value.positions == (0, 1, 2)
