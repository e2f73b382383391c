"""Why a share moved: spread, slopes, noise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.stats.shapley import lmg_draws
from drivers.stats.share_split import split_share

PRINTED = 5e-4  # shares printed in per cent with one decimal


def joint(among, slopes, noise):
    cross = among @ slopes
    return np.block([[among, cross[:, None]], [cross[None], np.array([[slopes @ cross + noise]])]])[None]


def test_less_spread_alone_moves_the_share():
    # exact: slopes .5 and .3, correlation .3; cutting SD(x1) by 30 % takes its share of R2 from 66.9 to 55.4 %
    among, slopes = np.array([[1.0, 0.3], [0.3, 1.0]]), np.array([0.5, 0.3])
    less = np.diag([0.7, 1.0]) @ among @ np.diag([0.7, 1.0])
    split = split_share(joint(among, slopes, 0.5), joint(less, slopes, 0.5), relative=True)
    assert split.before[0, 0] == pytest.approx(0.669, abs=PRINTED)
    assert split.after[0, 0] == pytest.approx(0.554, abs=PRINTED)
    assert split.spread[0, 0] == pytest.approx(0.554 - 0.669, abs=2 * PRINTED)
    np.testing.assert_allclose(split.slope, 0, atol=1e-12)
    np.testing.assert_allclose(split.noise, 0, atol=1e-12)


def test_noise_alone_is_named_noise():
    among, slopes = np.array([[1.0, 0.3], [0.3, 1.0]]), np.array([0.5, 0.3])
    split = split_share(joint(among, slopes, 0.5), joint(among, slopes, 1.0))
    np.testing.assert_allclose(split.noise, split.after - split.before, atol=1e-12)
    assert (split.noise < -0.05).all()


@given(seed=st.integers(0, 10_000), p=st.integers(1, 4), relative=st.booleans())
def test_parts_add_up(seed, p, relative):
    rng = np.random.default_rng(seed)
    ends = []
    for _ in range(2):
        root = rng.normal(size=(p, p))
        ends.append(joint(root @ root.T + 0.3 * np.eye(p), rng.normal(size=p), rng.uniform(0.2, 2)))
    split = split_share(*ends, relative=relative)
    np.testing.assert_allclose(split.spread + split.slope + split.noise, split.after - split.before, atol=1e-10)
    if not relative:
        np.testing.assert_allclose(split.after, lmg_draws(ends[1]), atol=1e-12)
