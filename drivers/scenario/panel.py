"""`Panel`: a what-if small enough to play with in a page or a workbook, and without anybody's answers in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from drivers.defaults import INNER_LEVEL, LEVEL
from drivers.errors import InputError, nearest, quoted
from drivers.stats.gcomputation import Crowd, Moves, Surface, averages

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slider:
    """One driver to move: the ``values`` it takes in cells, and ``low`` and ``high``, which no move leaves.

    ``better`` +1 where larger values are better for the customer, else -1; ``lower`` whether lower is better as the
    questionnaire has it; ``reach`` farthest move offered either way, in points, and ``step`` between offered moves.
    """

    name: str
    label: str
    values: FloatArray
    low: float
    high: float
    better: int
    lower: bool
    reach: float
    step: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """A part of the population: ``n`` respondents, ``weight`` (N,) of every point.

    The weights of draw d are ``weight * exp(bends(points, centre) @ tilt[d])``, and count by their shares.
    """

    name: str
    label: str
    n: float
    weight: FloatArray
    centre: FloatArray
    tilt: FloatArray

    def drawn(self, points: FloatArray) -> FloatArray:
        """Return the weights (D, N) of all `points` (N, p) in every draw."""
        weights: FloatArray = np.ascontiguousarray(self.weight * np.exp(bends(points, self.centre) @ self.tilt.T).T)
        return weights


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Played:
    """What an ``outcome`` does in ``surface``, D thinned draws of its model, by ``measures``: the columns of changes.

    ``columns`` of measures among those of the averages, of which the first is the latent mean.
    """

    name: str
    label: str
    measures: tuple[str, ...]
    columns: tuple[int, ...]
    surface: Surface


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """One question answered: ``before`` and ``change`` (D, K) by draw and measure."""

    measures: tuple[str, ...]
    before: FloatArray
    change: FloatArray
    level: float = LEVEL

    def ends(self) -> FloatArray:
        """Return (K, 7): before, after, change, and the ends of its inner and outer interval."""
        sides = np.array([(1 - INNER_LEVEL) / 2, (1 + INNER_LEVEL) / 2, (1 - self.level) / 2, (1 + self.level) / 2])
        now, change = self.before.mean(axis=0), self.change.mean(axis=0)
        return np.column_stack([now, now + change, change, np.quantile(self.change, sides, axis=0).T])


@dataclass(frozen=True, kw_only=True, eq=False)
class Panel:
    """Everything a what-if needs, as a few thousand numbers.

    ``points`` (N, p) of driver answers, the same for every one of ``groups``, of which the first is everybody: not
    people, but a grid under a log-linear model that keeps how drivers are answered, one by one and two by two.
    ``outcomes`` and their draws; ``level`` of outer intervals. All numbers are rounded as they are printed in a page,
    so that it computes from exactly these.
    """

    sliders: tuple[Slider, ...]
    points: FloatArray
    groups: tuple[Group, ...]
    outcomes: tuple[Played, ...]
    level: float = LEVEL
    notes: tuple[str, ...] = ()

    @property
    def draws(self) -> int:
        """Number of draws."""
        return len(self.outcomes[0].surface.offset)

    @cached_property
    def _ends(self) -> tuple[FloatArray, FloatArray]:
        return np.array([one.low for one in self.sliders]), np.array([one.high for one in self.sliders])

    def answer(self, outcome: str, moves: Mapping[str, float], group: str = "all") -> Answer:
        """Return what an outcome does when drivers move.

        Parameters
        ----------
        outcome : str
            Name of one of the outcomes.
        moves : mapping of str to float
            By driver, points towards better (below 0: towards worse); answers stay on their scale.
        group : str
            Whose answers move, and for whom the change is told.

        Returns
        -------
        Answer
            In every draw, by the same averages as `what_if`.

        Raises
        ------
        InputError
            If a name is not known.
        """
        played = _named(self.outcomes, outcome, "an outcome")
        part = _named(self.groups, group, "a group")
        asked = np.zeros(len(self.sliders))
        for name, by in moves.items():
            slider = _named(self.sliders, name, "a driver")
            asked[self.sliders.index(slider)] = slider.better * by
        drawn = part.drawn(self.points)
        n, p = self.points.shape
        low, high = self._ends
        crowd = Crowd(
            x=self.points, z=np.zeros((n, 0)), weight=np.ones(n), unit=np.arange(n), group=np.zeros(n, dtype=np.intp),
            parts=np.zeros((n, 1), dtype=np.intp), applies=np.ones((n, p), dtype=np.bool_),
        )
        move = Moves(
            source=np.arange(n), target=np.clip(self.points + asked, low, high), share=np.ones(n),
            rate=np.zeros((n, 0), dtype=np.intp), follow=np.empty(0, dtype=np.intp), low=low, high=high,
        )
        before, change = averages(
            crowd, played.surface, [move], drawn, [np.zeros((len(drawn), 0))],
            [np.zeros((len(drawn), p, p))], 1,
        )
        columns = list(played.columns)
        return Answer(
            measures=played.measures, before=before[:, 0][:, columns], change=change[0][:, 0][:, columns],
            level=self.level,
        )

    def possible(self, driver: str, by: float, group: str = "all") -> float:
        """Return how far a `driver` moves on average in a `group` when `by` points better are asked for."""
        slider = _named(self.sliders, driver, "a driver")
        at = self.points[:, self.sliders.index(slider)]
        moved = np.clip(at + slider.better * by, slider.low, slider.high) - at
        weight = _named(self.groups, group, "a group").weight
        return float(slider.better * (weight @ moved) / weight.sum())


def thinned(panel: Panel, draws: int) -> Panel:
    """Return a `panel` with so many `draws` at most, evenly spaced."""
    if panel.draws <= draws:
        return panel
    kept = np.arange(draws) * panel.draws // draws
    return replace(
        panel, groups=tuple(replace(group, tilt=group.tilt[kept]) for group in panel.groups),
        outcomes=tuple(replace(one, surface=one.surface.rows(kept)) for one in panel.outcomes),
    )


def bends(points: FloatArray, centre: FloatArray) -> FloatArray:
    """Return how far `points` (n, p) are from a `centre` (p,), and the squares of that: (n, 2 p)."""
    far = points - centre
    return np.column_stack([far, far**2])


def _named[T: (Slider, Group, Played)](known: Sequence[T], name: str, what: str) -> T:
    for one in known:
        if one.name == name:
            return one
    names = [one.name for one in known]
    raise InputError(f"{nearest(name, names)} is not {what} of this panel; it has {quoted(names)}.")
