"""Tables of what drivers that follow add: the same as following row by row, and none where rows differ too much."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.stats import gcomputation
from drivers.stats.following import followed, gains
from drivers.stats.gcomputation import Moves, averages
from tests.stats.test_gcomputation import crowd_of, surface_of

ROUNDING = 1e-12
P, M = 3, 400


def setting(seed, acted):
    """A crowd of which all but `acted` drivers follow, some of whom a driver does not apply to."""
    rng = np.random.default_rng(seed)
    crowd, surface = crowd_of(rng, M), surface_of(rng, 4)
    crowd.applies[:, 2] = rng.random(M) < 0.8
    target = crowd.x.copy()
    for j in acted:
        target[:, j] = np.minimum(target[:, j] + rng.choice([0.5, 1.0], M), 5)
    source = np.flatnonzero((target != crowd.x).any(axis=1))
    follow = np.array([k for k in range(P) if k not in acted], dtype=np.intp)
    path = np.zeros((4, P, P))
    path[np.ix_(range(4), follow, list(acted))] = rng.normal(0.3, 0.5, (4, len(follow), len(acted)))
    moves = Moves(
        source=source, target=np.ascontiguousarray(target[source]), share=np.ones(len(source)),
        rate=np.zeros((len(source), 0), dtype=np.intp), follow=follow, low=np.full(P, 1.0), high=np.full(P, 5.0),
    )  # fmt: skip
    return crowd, surface, moves, path, rng.gamma(2.0, 0.5, (4, M))


def averaged(crowd, surface, moves, path, drawn):
    return averages(crowd, surface, [moves], drawn, [np.zeros((4, 0))], [path], 3)


@given(seed=st.integers(0, 2**16), acted=st.sampled_from([(0,), (1,), (0, 2)]))
def test_tables_are_following_row_by_row(seed, acted):
    parts = setting(seed, acted)
    by_table = averaged(*parts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gcomputation, "followed", lambda *given: None)
        by_row = averaged(*parts)
    np.testing.assert_allclose(by_table[1], by_row[1], atol=100 * ROUNDING)
    assert (by_table[1][0, :, 0] != 0).any()


def test_a_follower_stops_at_the_end_of_its_scale():
    x = np.tile([[2.0, 4.8]], (20, 1))
    target = x + np.array([1.0, 0.0])
    path = np.zeros((1, 2, 2))
    path[0, 1, 0] = 0.5
    rows = followed(x, target, np.ones((20, 2), dtype=bool), np.array([1]), path)
    found = gains(rows, path, np.array([[0.4, 2.0]]), np.full(2, 1.0), np.full(2, 5.0))
    np.testing.assert_allclose(found, 0.4 + 2.0 * 0.2, atol=ROUNDING)


def test_there_are_no_tables_where_followers_follow_followers_or_answers_all_differ():
    crowd, _, moves, path, _ = setting(1, (0,))
    here = (crowd.x[moves.source], moves.target, crowd.applies[moves.source], moves.follow)
    assert followed(*here, path) is not None
    chained = path.copy()
    chained[:, 2, 1] = 0.2
    assert followed(*here, chained) is None
    measured = np.random.default_rng(2).random(here[0].shape)
    assert followed(measured, measured + np.array([0.1, 0, 0]), *here[2:], path) is None
    assert followed(*here[:3], np.zeros(0, dtype=np.intp), path) is None
