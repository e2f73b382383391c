from collections.abc import Callable

import numpy as np
import pytest

from drivers.errors import CollinearDriversError, InputError
from drivers.stats.shapley import lmg, lmg_draws
from tests.stats.matrices import FloatArray, draws_of


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c[:-1], r"Covariances have shape \(3, 4\); expected \(..., p \+ 1, p \+ 1\)"),
        (lambda c: np.where(np.eye(4, k=1) > 0, np.nan, c), "3 of 16 covariances are not finite"),
        (lambda c: c + np.eye(4, k=1), "not symmetric"),
        (lambda c: c * np.array([1, 1, 1, 0])[:, None] * np.array([1, 1, 1, 0]), "outcome does not vary"),
        (lambda c: np.where(np.eye(4) > 0, 1, 0.9) * np.where(np.eye(4)[::-1] > 0, -1, 1), "an eigenvalue is negative"),
    ],
)
def test_what_is_no_covariance_matrix_is_refused(change: Callable[[FloatArray], FloatArray], message: str) -> None:
    with pytest.raises(InputError, match=message):
        lmg(change(draws_of(3, 1)[0]))


def test_collinear_drivers_are_named_by_position() -> None:
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(40, 5))
    rows[:, 3] = 0.2 * rows[:, 0] - 5 * rows[:, 2] + 7
    with pytest.raises(CollinearDriversError, match=r"positions \[0, 2, 3\] are exactly collinear") as caught:
        lmg(np.cov(rows, rowvar=False))
    assert caught.value.positions == (0, 2, 3)


def test_a_driver_that_does_not_vary_is_named_by_position() -> None:
    cov = draws_of(3, 1)[0]
    cov[1] = cov[:, 1] = 0
    with pytest.raises(CollinearDriversError, match=r"position\(s\) \[1\] do not vary") as caught:
        lmg(cov)
    assert caught.value.positions == (1,)


def test_too_many_drivers_are_refused_with_the_cure() -> None:
    with pytest.raises(InputError, match=r"31 drivers have 2e\+09 subsets; at most 30 .* into groups"):
        lmg(np.eye(32))
    assert lmg(np.eye(32), groups=[list(range(16)), list(range(16, 31))]).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("groups", "always"),
    [([[0, 1]], ()), ([[0, 1], [1, 2]], ()), ([[0], [1, 2], []], ()), ([[0], [1], [3]], ()), (None, (7,))],
)
def test_groups_must_name_each_position_once(groups: list[list[int]] | None, always: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="must name each of the 3 positions 0 to 2 once"):
        lmg(draws_of(3, 1)[0], groups=groups, always=always)


def test_nothing_left_to_share_is_refused() -> None:
    with pytest.raises(InputError, match="nothing left to share out"):
        lmg(draws_of(3, 1)[0], always=(0, 1, 2))


def test_a_stack_for_one_matrix_and_the_reverse_are_refused() -> None:
    with pytest.raises(InputError, match="`lmg` takes one matrix"):
        lmg(draws_of(3, 2))
    with pytest.raises(InputError, match=r"expected \(draws, p \+ 1, p \+ 1\)"):
        lmg_draws(draws_of(3, 1)[0])
