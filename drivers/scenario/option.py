"""`Option`: an action that can be bought, in steps, with what each number of steps costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError
from drivers.scenario.action import Action, together

FloatArray = NDArray[np.float64]
Cost = float | tuple[float, float]

MOST_STEPS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """``levels`` (K,) what is done at 1, 2, ..., K steps, and what each costs in all: between ``low`` and ``high``."""

    name: str
    levels: tuple[Action, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def __post_init__(self) -> None:
        for end in (*self.low, *self.high):
            if not math.isfinite(end):
                raise InputError(f"`{self.name}`: a cost of {end} is not a finite number.")
            if end < 0:
                raise InputError(
                    f"`{self.name}` costs {end:,.6g}, below 0: a budget cannot be spent on what brings money in. Give "
                    "the cost as 0 and add the saving to the budget."
                )
        if any(a > b for a, b in zip(self.low, self.high, strict=True)):
            raise InputError(f"`{self.name}`: a range of costs runs from the low to the high end: cost=(30, 50).")

    @property
    def costs(self) -> FloatArray:
        """Expected cost (K + 1,) of 0, 1, ..., K steps: the middle of each range."""
        return np.concatenate([[0.0], (np.array(self.low) + np.array(self.high)) / 2])

    @property
    def sure(self) -> bool:
        """Whether the costs are no ranges."""
        return self.low == self.high


def option(
    action: Action | Sequence[Action], *, cost: Cost | Sequence[Cost], steps: int | None = None, fixed: float = 0.0,
    name: str = "",
) -> Option:
    """Put a price on an action.

    Parameters
    ----------
    action : Action or sequence of Action
        What one step does; k steps do it k times. Or what 1, 2, ... steps do in all, one action for each.
    cost : float, (low, high), or sequence of these
        Of one step; a pair is a range of which every value is as likely. Or of 1, 2, ... steps in all, one cost for
        each: a cost curve.
    steps : int, optional
        Most steps that can be bought; 1 by default, or as many as there are actions or costs.
    fixed : float
        Cost of doing it at all, beside that of the steps.
    name : str
        What to call it; the action's own name, or the action itself, by default.

    Returns
    -------
    Option
        For `plan`.

    Raises
    ------
    InputError
        If numbers of steps contradict each other, or a cost is below 0.
    """
    given = None if isinstance(action, Action) else list(action)
    named = name or (action.title if isinstance(action, Action) else together(action).name or f"{action[0].title} ...")
    curve = list(cost) if isinstance(cost, Sequence) and not isinstance(cost, str) and not _is_range(cost) else None
    counts = {len(each) for each in (given, curve) if each is not None} | ({steps} if steps is not None else set())
    if len(counts) > 1:
        raise InputError(
            f"`{named}` has {' and '.join(map(str, sorted(counts)))} steps at once: give as many actions, costs and "
            "steps, or one action and one cost for every step."
        )
    most = counts.pop() if counts else 1
    if most != int(most) or not 1 <= most <= MOST_STEPS:
        raise InputError(f"`{named}`: steps={most!r} is not a whole number from 1 to {MOST_STEPS}.")
    if not math.isfinite(fixed):
        raise InputError(f"`{named}`: fixed={fixed} is not a finite number.")
    levels = given if given is not None else [together([action] * k) for k in range(1, most + 1)]  # type: ignore[list-item]
    for level in levels:
        together(level)
    ends = [_ends(named, each) for each in curve] if curve is not None else None
    if ends is None:
        low, high = _ends(named, cost)
        ends = [(k * low, k * high) for k in range(1, most + 1)]
    return Option(
        name=named, levels=tuple(levels), low=tuple(fixed + low for low, _ in ends),
        high=tuple(fixed + high for _, high in ends),
    )


def _is_range(cost: object) -> bool:
    return isinstance(cost, tuple) and len(cost) == 2 and all(isinstance(end, int | float) for end in cost)


def _ends(name: str, cost: object) -> tuple[float, float]:
    try:
        low, high = cost if isinstance(cost, Sequence) and not isinstance(cost, str) else (cost, cost)
        return float(low), float(high)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InputError(f"`{name}`: cost={cost!r} is neither a number nor a range (low, high).") from None
