from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from drivers.stats.shapley import conditional_dominance, lmg, subset_sums
from tests.golden.moments import ATTITUDE, AZEN_BUDESCU, GPA, MTCARS, mobi
from tests.stats.matrices import FloatArray

TWELVE_DIGITS = 1e-12  # printed with twelve decimals
GOLDEN = 1e-9  # full precision of R, two different algorithms
ROUNDING = 1e-14  # of numbers near 1, well conditioned
MOBI = mobi("image", "expectation", "quality", "value", "satisfaction")


def equicorrelated(betas: list[float], r: float, r2: float) -> FloatArray:
    slopes = np.array(betas)
    p = len(slopes)
    cov = np.full((p + 1, p + 1), r)
    np.fill_diagonal(cov, 1.0)
    cov[-1, :-1] = cov[:-1, -1] = cov[:-1, :-1] @ slopes
    cov[-1, -1] = slopes @ cov[:-1, :-1] @ slopes / r2
    return cov


def test_attitude_matches_dominanceanalysis_and_relaimpo() -> None:
    # R> calc.relimp(rating ~ ., attitude, type = "lmg"), relaimpo 2.2-7; three digits in the dominanceanalysis README
    published = [0.370816194319, 0.050903792972, 0.155765990169, 0.120345079404, 0.006588722546, 0.028182213122]
    np.testing.assert_allclose(lmg(ATTITUDE), published, atol=TWELVE_DIGITS, rtol=0)
    np.testing.assert_allclose(subset_sums(ATTITUDE).r2, 0.732601992531, atol=TWELVE_DIGITS, rtol=0)


def test_mtcars_matches_relaimpo() -> None:
    published = [0.247052033235, 0.243499594796, 0.210912899544, 0.077725111408]
    np.testing.assert_allclose(lmg(MTCARS), published, atol=TWELVE_DIGITS, rtol=0)


def test_grade_points_match_dominanceanalysis() -> None:
    np.testing.assert_allclose(lmg(GPA), [0.044082, 0.265895, 0.186496], atol=5e-7, rtol=0)
    # subset R2 printed there with seven digits: SES, IQ, nAch; pairs; all
    sums = subset_sums(GPA)
    by_size = [0, 0.1089 + 0.3249 + 0.25, 0.3526813 + 0.2687823 + 0.4964080, 0.4964735]
    np.testing.assert_allclose(sums.total, by_size, atol=2e-7, rtol=0)
    np.testing.assert_allclose(sums.holding[0], [0, 0.1089, 0.3526813 + 0.2687823, 0.4964735], atol=2e-7, rtol=0)


def test_gains_by_size_match_azen_and_budescu() -> None:
    # Azen & Budescu (2003), doi:10.1037/1082-989X.8.2.129, as encoded in dominanceanalysis 2.1.0
    published = [
        [0.360, 0.300, 0.263, 0.246],
        [0.090, 0.074, 0.069, 0.071],
        [0.160, 0.095, 0.063, 0.061],
        [0.250, 0.152, 0.073, 0.010],
    ]
    np.testing.assert_allclose(conditional_dominance(subset_sums(AZEN_BUDESCU)), published, atol=0.001, rtol=0)
    np.testing.assert_allclose(lmg(AZEN_BUDESCU), [0.2922, 0.0759, 0.0949, 0.1214], atol=5e-5, rtol=0)
    assert subset_sums(AZEN_BUDESCU).r2 == pytest.approx(0.58435, abs=5e-6)


@pytest.mark.parametrize(
    ("r", "shares"), [(0.5, [0.1933, 0.1459, 0.1069, 0.0539]), (0.7, [0.1642, 0.1378, 0.1154, 0.0826])]
)
def test_a_driver_without_effect_has_a_share(r: float, shares: list[float]) -> None:
    np.testing.assert_allclose(lmg(equicorrelated([0.4, 0.3, 0.2, 0.0], r, 0.5)), shares, atol=5e-5, rtol=0)


def test_two_drivers_by_hand() -> None:
    cov = np.array([[1, 0.5, 0.6], [0.5, 1, 0.4], [0.6, 0.4, 1]])
    np.testing.assert_allclose(lmg(cov), [0.86 / 3, 0.26 / 3], atol=ROUNDING, rtol=0)


def test_one_driver_has_all_of_r2() -> None:
    np.testing.assert_allclose(lmg(np.array([[4.0, 1.0], [1.0, 1.0]])), [0.25], atol=ROUNDING, rtol=0)


def test_a_near_copy_takes_share_and_the_group_gives_it_back() -> None:
    slopes, r, copy = np.array([0.5, 0.3]), 0.3, 0.95
    drivers = np.array([[1, r, copy], [r, 1, r * copy], [copy, r * copy, 1]])
    cov = np.eye(4)
    cov[:3, :3] = drivers
    cov[3, :3] = cov[:3, 3] = drivers[:, :2] @ slopes
    alone = lmg(cov[np.ix_([0, 1, 3], [0, 1, 3])])
    np.testing.assert_allclose(alone / alone.sum(), [0.669, 0.331], atol=5e-4, rtol=0)
    with_copy = lmg(cov)
    np.testing.assert_allclose(with_copy.sum(), alone.sum(), atol=ROUNDING, rtol=0)
    np.testing.assert_allclose(with_copy / alone.sum(), [0.390, 0.288, 0.322], atol=5e-4, rtol=0)
    grouped = lmg(cov, groups=[[0, 2], [1]])
    np.testing.assert_allclose(grouped, alone, atol=ROUNDING, rtol=0)


@pytest.mark.parametrize(
    ("case", "cov"),
    [
        ("attitude", ATTITUDE),
        ("mobi", MOBI),
        ("mobi_loyalty", mobi("image", "expectation", "quality", "value", "satisfaction", "complaints", "loyalty")),
    ],
)
def test_matches_relaimpo(case: str, cov: FloatArray, golden: Callable[[str], Any]) -> None:
    recorded = golden("relaimpo_golden")[case]
    shares = [recorded["shares_raw"][name]["lmg"] for name in recorded["names"]]
    np.testing.assert_allclose(lmg(cov), shares, atol=GOLDEN, rtol=0)


def test_matches_relaimpo_on_airport_answers(shared: Any, golden: Callable[[str], Any]) -> None:
    import pandas as pd

    recorded = golden("relaimpo_golden")["sfo2017_unweighted"]
    answers = pd.read_csv(shared / "data" / "sfo_airport_2017.csv")[[*recorded["names"], "overall"]].dropna()
    assert len(answers) == recorded["n"]
    shares = [recorded["shares_raw"][name]["lmg"] for name in recorded["names"]]
    np.testing.assert_allclose(lmg(answers.cov().to_numpy()), shares, atol=GOLDEN, rtol=0)


def test_groups_and_always_in_match_relaimpo() -> None:
    # R> calc.relimp(satisfaction ~ ., groups = list(c("image", "expectation"), c("quality", "value")))
    brand_offer = lmg(MOBI, groups=[[0, 1], [2, 3]])
    np.testing.assert_allclose(brand_offer, [0.251595111516021, 0.417846198023792], atol=GOLDEN, rtol=0)
    np.testing.assert_allclose(lmg(MOBI, groups=[[3, 2], [1, 0]]), brand_offer[::-1], atol=ROUNDING, rtol=0)
    # R> calc.relimp(rating ~ ., groups = list(c("complaints", "privileges"), c("learning", "raises", "critical")))
    three = [0.441439939847517, 0.260259524922377, 0.0309025277612547]
    np.testing.assert_allclose(lmg(ATTITUDE, groups=[[0, 1], [2, 3, 4], [5]]), three, atol=GOLDEN, rtol=0)
    # R> calc.relimp(satisfaction ~ ., always = "expectation")
    rest = [0.10481381322231, 0.223030789807811, 0.0920782548068789]
    np.testing.assert_allclose(lmg(MOBI, always=[1]), rest, atol=GOLDEN, rtol=0)


@pytest.mark.parametrize(
    ("case", "cov"),
    [("domir_lm_attitude", ATTITUDE), ("domir_lm_mobi", MOBI)],
)
def test_conditional_dominance_matches_domir(case: str, cov: FloatArray, golden: Callable[[str], Any]) -> None:
    recorded = golden("rwa_dominance_golden")[case]["conditional"]
    gains = [[*by_size.values()] for by_size in recorded.values()]
    np.testing.assert_allclose(conditional_dominance(subset_sums(cov)), gains, atol=GOLDEN, rtol=0)
