"""Why a mean moved: parts that add up, whatever the base wave."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.stats.score_split import line_of, shapley_between, split_score

ROUNDING = 1e-10


def moments(seed: int, p: int, d: int):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(p + d + 1, p + d + 1))
    return rng.uniform(1, 5, p + d + 1), root @ root.T + 0.5 * np.eye(p + d + 1)


@given(seed=st.integers(0, 10_000), p=st.integers(1, 5), d=st.integers(0, 3))
def test_parts_add_up_to_the_change_and_turn_round_with_it(seed, p, d):
    anchor = np.full(p, 3.0)
    (mean_a, cov_a), (mean_b, cov_b) = moments(seed, p, d), moments(seed + 1, p, d)
    a, b = line_of(mean_a, cov_a, p, anchor), line_of(mean_b, cov_b, p, anchor)
    split, back = split_score(a, b, anchor), split_score(b, a, anchor)
    np.testing.assert_allclose(split.total, mean_b[-1] - mean_a[-1], atol=ROUNDING * 100)
    for part in ("performance", "sensitivity", "mix", "unexplained"):
        np.testing.assert_allclose(getattr(back, part), -getattr(split, part), atol=ROUNDING * 100)


def test_the_two_blocks_of_the_textbook():
    # Kitagawa (1955): half the sum of both waves times the difference of the other factor, no mix
    cov = np.array([[1.0, 0.4], [0.4, 1.0]])
    new = np.array([[1.0, 0.6], [0.6, 1.0]])
    anchor = np.array([3.0])
    split = split_score(
        line_of(np.array([3.5, 4.0]), cov, 1, anchor), line_of(np.array([4.0, 4.3]), new, 1, anchor), anchor
    )
    assert split.performance.item() == pytest.approx((0.4 + 0.6) / 2 * 0.5, abs=ROUNDING)
    assert split.sensitivity.item() == pytest.approx((0.5 + 1.0) / 2 * 0.2, abs=ROUNDING)
    assert split.mix == 0
    assert split.unexplained == pytest.approx(0.3 - 0.25 - 0.15, abs=ROUNDING)


def test_other_people_alone_move_the_mix_alone():
    """Ratings by group, slopes and levels stay; only the part of each group changes."""
    rng = np.random.default_rng(2)
    group = np.repeat([0.0, 1.0], 4000)
    x = 3 + group + rng.normal(size=8000)
    y = 1 + 0.5 * x - 0.3 * group + rng.normal(size=8000)
    anchor = np.array([3.0])

    def wave(share: float):
        weight = np.where(group == 1, share, 1 - share)
        values = np.column_stack([x, group, y])
        mean = weight @ values / weight.sum()
        away = values - mean
        return mean, (away * weight[:, None]).T @ away / weight.sum()

    ends = [wave(0.2), wave(0.7)]
    split = split_score(*(line_of(mean, cov, 1, anchor) for mean, cov in ends), anchor)
    change = ends[1][0][-1] - ends[0][0][-1]
    assert split.mix == pytest.approx(change, abs=0.01)  # slopes inside groups differ by chance alone
    assert abs(change) > 0.08
    assert abs(split.performance.item()) < 1e-9
    assert abs(split.sensitivity.item()) < 0.01


def test_orders_are_averaged():
    parts = shapley_between(lambda a, b: np.array([a * b * 6.0 + a]), 2)
    assert [part.item() for part in parts] == [4.0, 3.0]
