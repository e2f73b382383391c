"""Letters, ranks and tie groups: the rules they promise, and the letters R prints."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from drivers.fit import fit
from drivers.importance import importance
from drivers.importance.compare import compare
from drivers.importance.ties import compact_letters, rank_intervals, rank_letters, ranks, tie_groups
from tests.golden.surveys import mobi


def symmetric(p, pairs):
    matrix = np.zeros((p, p), dtype=bool)
    for i, j in pairs:
        matrix[i, j] = matrix[j, i] = True
    return matrix


@given(p=st.integers(1, 8), seed=st.integers(0, 2**16), density=st.floats(0, 1))
def test_drivers_share_a_letter_exactly_when_they_cannot_be_told_apart(p, seed, density):
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.random((p, p)) < density, 1)
    separated, order = upper | upper.T, list(rng.permutation(p))
    letters = compact_letters(separated, order)
    assert all(letters)
    for i in range(p):
        for j in range(i):
            assert bool(set(letters[i]) & set(letters[j])) != separated[i, j]
    assert letters[order[0]].startswith("a")


def test_letters_of_a_chain():
    # Piepho (2004): neighbours cannot be told apart, ends can; the middle one carries both letters
    assert compact_letters(symmetric(3, [(0, 2)]), [0, 1, 2]) == ("a", "ab", "b")
    assert compact_letters(symmetric(3, [(0, 2)]), [2, 1, 0]) == ("b", "ab", "a")
    assert compact_letters(symmetric(2, []), [0, 1]) == ("a", "a")


def test_tie_groups_are_runs_of_mutual_ties():
    tied = symmetric(5, [(0, 1), (1, 2), (3, 4)])
    assert tie_groups(tied, [0, 1, 2, 3, 4]) == ((0, 1), (1, 2), (3, 4))
    assert tie_groups(tied | symmetric(5, [(0, 2)]), [2, 1, 0, 4, 3]) == ((2, 1, 0), (4, 3))
    assert tie_groups(symmetric(3, []), [0, 1, 2]) == ()


def test_rank_intervals_hold_ranks_that_occur():
    shares = np.array([[0.3, 0.2, 0.1]] * 8 + [[0.2, 0.3, 0.1], [0.3, 0.1, 0.2]])
    assert ranks(shares)[[0, 8]].tolist() == [[1, 2, 3], [2, 1, 3]]
    best, worst = rank_intervals(shares, 0.9)
    assert (best.tolist(), worst.tolist()) == ([1, 1, 2], [2, 3, 3])
    narrow = rank_intervals(shares, 0.5)
    assert (narrow[0].tolist(), narrow[1].tolist()) == ([1, 2, 3], [1, 2, 3])
    assert rank_letters(best, worst) == ("AB_", "ABC", "_BC")


def test_the_letters_relaimpo_prints_for_mobi(shared, golden):
    # R> booteval.relimp(boot.relimp(satisfaction ~ image + expectation + quality + value, b = 5000), level = 0.95)
    known = golden("relaimpo_boot_golden")["mobi_b5000"]
    fitted = fit(mobi(shared), outcome="satisfaction", drivers=known["names"], draws=2000, level=0.95)
    table = compare(importance(fitted)).ranking().set_index("driver")
    assert table.loc[known["names"], "rank_letters"].tolist() == known["letters_lmg"]
    assert table["rank"].tolist() == [1, 2, 3, 4]
