"""Why an average moved: ratings, what ratings count for, who was asked, and what none of these explains."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations
from math import factorial

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """One wave as ``mean = level + extra @ mix + slopes @ (base + tilt @ mix - anchor)``; draws may come first.

    ``mix`` (..., d) averages of columns that say who was asked; ``base`` (..., p) ratings where all of these are 0 and
    ``tilt`` (..., p, d) how ratings go with them; ``slopes`` (..., p) of the ratings; ``level`` (...) what is given
    at the anchor and ``extra`` (..., d) how that goes with the mix.
    """

    mix: FloatArray
    base: FloatArray
    tilt: FloatArray
    slopes: FloatArray
    level: FloatArray
    extra: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoreSplit:
    """Parts of a change in a mean: ``performance`` and ``sensitivity`` (..., p), ``mix`` and ``unexplained`` (...)."""

    performance: FloatArray
    sensitivity: FloatArray
    mix: FloatArray
    unexplained: FloatArray

    @property
    def total(self) -> FloatArray:
        """The whole change (...), the sum of the parts."""
        found: FloatArray = (
            self.performance.sum(axis=-1) + self.sensitivity.sum(axis=-1) + self.mix + self.unexplained
        )
        return found


def line_of(mean: FloatArray, cov: FloatArray, drivers: int, anchor: FloatArray) -> Line:
    """Write moments of (drivers, mix columns, outcome) as a `Line`.

    Parameters
    ----------
    mean : ndarray, shape (..., k)
        Means.
    cov : ndarray, shape (..., k, k)
        Covariances.
    drivers : int
        How many of the columns are drivers, p; the rest but the last are the mix.
    anchor : ndarray, shape (p,)
        The rating at which `Line.level` is read off.

    Returns
    -------
    Line
        Its mean is that of the outcome, exactly.
    """
    p, k = drivers, mean.shape[-1]
    slope = np.linalg.solve(cov[..., :-1, :-1], cov[..., :-1, -1:])[..., 0]
    inside = slice(p, k - 1)
    tilt = np.swapaxes(np.linalg.solve(cov[..., inside, inside], cov[..., inside, :p]), -1, -2)
    mix = mean[..., inside]
    base = mean[..., :p] - np.einsum("...pd,...d->...p", tilt, mix)
    level = mean[..., -1] - np.einsum("...k,...k->...", slope, mean[..., :-1]) + slope[..., :p] @ anchor
    return Line(mix=mix, base=base, tilt=tilt, slopes=slope[..., :p], level=level, extra=slope[..., p:])


def split_score(before: Line, after: Line, anchor: FloatArray) -> ScoreSplit:
    """Share out the change of a mean between two waves.

    Parameters
    ----------
    before, after : Line
        The waves.
    anchor : ndarray, shape (p,)
        The rating from which performance and slopes are counted; the same that the lines were made with.

    Returns
    -------
    ScoreSplit
        Every part is averaged over all orders in which ratings, slopes, mix and the rest can be moved from their old
        to their new values (Shapley), so neither wave is the base; the parts add up to the change.

    Notes
    -----
    What slopes explain depends on the anchor: a slope that grows lifts the mean by the ratings' distance from it.

    References
    ----------
    .. [1] Kitagawa (1955). JASA 50(272), 1168-1194. doi:10.1080/01621459.1955.10501299
    .. [2] Oaxaca (1973). International Economic Review 14(3), 693-709. doi:10.2307/2525981
    .. [3] Shorrocks (2013). Journal of Economic Inequality 11, 99-126. doi:10.1007/s10888-011-9214-z
    """
    ends = (before, after)

    def driver_part(mix: int, slopes: int, ratings: int) -> FloatArray:
        rated = ends[ratings].base + np.einsum("...pd,...d->...p", ends[ratings].tilt, ends[mix].mix) - anchor
        found: FloatArray = ends[slopes].slopes * rated
        return found

    def rest(mix: int, level: int) -> FloatArray:
        found: FloatArray = ends[level].level + np.einsum("...d,...d->...", ends[level].extra, ends[mix].mix)
        return found

    by_mix, sensitivity, performance = shapley_between(driver_part, 3)
    rest_mix, unexplained = shapley_between(rest, 2)
    return ScoreSplit(
        performance=performance, sensitivity=sensitivity, mix=by_mix.sum(axis=-1) + rest_mix, unexplained=unexplained
    )


def shapley_between(value: Callable[..., FloatArray], players: int) -> list[FloatArray]:
    """Share out ``value(1, ..., 1) - value(0, ..., 0)`` among the `players`, averaged over the orders of moving them.

    `value` takes one 0 or 1 per player: its old or its new state.
    """
    known: dict[tuple[int, ...], FloatArray] = {}

    def at(state: tuple[int, ...]) -> FloatArray:
        if state not in known:
            known[state] = value(*state)
        return known[state]

    parts: list[FloatArray] = [np.zeros_like(at((0,) * players)) for _ in range(players)]
    for order in permutations(range(players)):
        state = [0] * players
        for player in order:
            old = at(tuple(state))
            state[player] = 1
            parts[player] = parts[player] + (at(tuple(state)) - old) / factorial(players)
    return parts
