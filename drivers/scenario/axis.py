"""`Axis`: the scale of one driver as the cells hold it, and as the questionnaire does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.errors import InputError, quoted
from drivers.survey.item import Item

FloatArray = NDArray[np.float64]

MOST_POINTS = 20
"""A driver with more different answers than this is measured, not rated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Ends and direction of one driver.

    ``low``, ``high`` ends of the values in cells; ``better`` +1 where a larger value in cells is better for the
    customer, -1 where a smaller one is; ``flipped`` where cells hold a closed scale turned round, because lower is
    better in the questionnaire; ``declared`` whether the ends are those of a declared scale, else of the answers seen.
    ``points`` the values a rating takes, empty for a measurement.
    """

    name: str
    label: str
    low: float
    high: float
    better: int = 1
    flipped: bool = False
    declared: bool = True
    points: tuple[float, ...] = ()

    @property
    def lower_is_better(self) -> bool:
        """Whether lower is better as the questionnaire has it."""
        return self.flipped or self.better < 0

    @property
    def ends(self) -> tuple[float, float]:
        """The worst and the best answer as the questionnaire has them."""
        low, high = self.low, self.high
        return (high, low) if self.lower_is_better else (low, high)

    def to_cells(self, point: float) -> float:
        """Return the value in cells of a `point` of the questionnaire."""
        return self.low + self.high - point if self.flipped else point

    def step(self, by: float) -> float:
        """Return how far values in cells move when answers of the questionnaire move `by`."""
        return -by if self.flipped else by

    def clip(self, values: FloatArray) -> FloatArray:
        """Return `values` kept between the ends."""
        return np.asarray(np.clip(values, self.low, self.high))

    def improves(self, by: float) -> bool:
        """Tell whether answers of the questionnaire that move `by` get better."""
        return self.step(by) * self.better > 0

    def refuse_beyond(self, point: float, call: str) -> None:
        """Refuse a point off the scale.

        Parameters
        ----------
        point : float
            A point of the questionnaire.
        call : str
            What was asked, for the message.

        Raises
        ------
        InputError
            If it lies beyond the ends.
        """
        if self.low <= point <= self.high:
            return
        seen = "its scale is" if self.declared else "answers run from"
        raise InputError(
            f"{call}: {point:g} is beyond `{self.name}`; {seen} {self.low:g} to {self.high:g}. Name a point between."
        )


def axes_of(items: Mapping[str, Item], drivers: tuple[str, ...], cells: Cells) -> tuple[Axis, ...]:
    """Return the axis of every driver.

    Parameters
    ----------
    items : mapping of str to Item
        Resolved definitions.
    drivers : tuple of str
        Drivers in order.
    cells : Cells
        Answers, for the ends of open scales.

    Returns
    -------
    tuple of Axis
        One per driver.

    Raises
    ------
    InputError
        If the fit does not know its items.
    """
    unknown = [name for name in drivers if name not in items]
    if unknown:
        raise InputError(f"This fit does not know the scale of {quoted(unknown)}; fit again with drivers.fit.")
    return tuple(_axis(name, items[name], cells.column(name)) for name in drivers)


def _axis(name: str, item: Item, column: FloatArray) -> Axis:
    seen = np.unique(column[~np.isnan(column)])
    label = item.label or name
    lower = item.direction == "lower"
    if isinstance(item.scale, tuple):
        low, high = map(float, item.scale)
        whole = np.arange(low, high + 1)
        rated = len(whole) <= MOST_POINTS and np.isin(seen, whole).all()
        points = tuple(whole.tolist()) if rated else ()
        return Axis(name=name, label=label, low=low, high=high, flipped=lower, points=points)
    points = tuple(seen.tolist()) if len(seen) <= MOST_POINTS else ()
    return Axis(
        name=name, label=label, low=float(seen[0]), high=float(seen[-1]), better=-1 if lower else 1, declared=False,
        points=points,
    )
