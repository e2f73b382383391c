"""The steps actions are made of: one frozen value for each kind of move, each of which can say itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

from drivers.errors import InputError

Group = str | int | float | Sequence[str | int | float]
"""One group of a segment or wave column, or several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(ABC):
    """Something done to one ``driver``, for those in ``where``; what exactly is said by the kinds below.

    ``worsening`` says that getting worse is meant. Amounts are in points of the questionnaire.
    """

    driver: str
    where: Mapping[str, Group] = field(default_factory=dict, hash=False)
    worsening: bool = False

    @property
    @abstractmethod
    def amount(self) -> float | str:
        """What was asked, as one number or word."""

    @property
    @abstractmethod
    def call(self) -> str:
        """The step as one would type it, without `where`."""

    @abstractmethod
    def said(self, label: str) -> str:
        """Return what happens as a sentence without its full stop, the driver called `label`."""

    def __repr__(self) -> str:
        inside = f".where({', '.join(f'{name}={value!r}' for name, value in self.where.items())})" if self.where else ""
        return self.call + inside

    def describe(self, label: str | None = None) -> str:
        """Return the step as a sentence; `label` are the words for its driver."""
        groups = " and ".join(f"{name} = {_listed(value)}" for name, value in self.where.items())
        return f"{self.said(label or self.driver)}, {f'among {groups}' if groups else 'for everybody'}."


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Shift(Step):
    """Every answer moves ``by`` points, as far as the scale goes."""

    by: float

    def __post_init__(self) -> None:
        check_number(self.driver, "shift", "by", self.by)

    @property
    def amount(self) -> float:
        """Points asked for."""
        return self.by

    @property
    def call(self) -> str:
        """The step as one would type it."""
        return f"shift({self.driver!r}, {self.by:+g}{_worse(self)})"

    def said(self, label: str) -> str:
        """Return the step in words; `label` names the driver."""
        way = "up" if self.by >= 0 else "down"
        return f"{label}: every answer moves {way} by {abs(self.by):g} points, as far as the scale goes"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Lift(Step):
    """Every answer worse than ``to`` becomes ``to``; the others stay."""

    to: float

    def __post_init__(self) -> None:
        check_number(self.driver, "lift", "to", self.to)

    @property
    def amount(self) -> float:
        """The point lifted to."""
        return self.to

    @property
    def call(self) -> str:
        """The step as one would type it."""
        return f"lift({self.driver!r}, to={self.to:g})"

    def said(self, label: str) -> str:
        """Return the step in words; `label` names the driver."""
        return f"{label}: every answer worse than {self.to:g} becomes {self.to:g}"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Floor(Step):
    """No group of the column ``by`` averages worse than ``at``.

    In a group that does, everybody goes up whole points, and a share of them one more, until the average is ``at``.
    """

    at: float
    by: str

    def __post_init__(self) -> None:
        check_number(self.driver, "floor", "at", self.at)

    @property
    def amount(self) -> float:
        """The worst average allowed."""
        return self.at

    @property
    def call(self) -> str:
        """The step as one would type it."""
        return f"floor({self.driver!r}, at={self.at:g}, by={self.by!r})"

    def said(self, label: str) -> str:
        """Return the step in words; `label` names the driver."""
        return f"{label}: no {self.by} averages worse than {self.at:g}; those that do are raised to it"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Move(Step):
    """A ``share`` of all answers gets ``steps`` points better, as far as the scale goes.

    Whose answers is left to chance, so the share is taken of every cell: an expectation, nobody is drawn.
    """

    share: float
    steps: int = 1

    def __post_init__(self) -> None:
        check_number(self.driver, "move", "share", self.share)
        if not 0 <= self.share <= 1:
            raise InputError(
                f"move({self.driver!r}, share={self.share:g}): a share of answers is between 0 and 1; write "
                "share=0.2 for one in five."
            )
        if self.steps < 1 or self.steps != int(self.steps):
            raise InputError(f"move({self.driver!r}): steps={self.steps!r} is not a whole number from 1 up.")

    @property
    def amount(self) -> float:
        """The share asked for."""
        return self.share

    @property
    def call(self) -> str:
        """The step as one would type it."""
        return f"move({self.driver!r}, share={self.share:g}{f', steps={self.steps}' if self.steps != 1 else ''})"

    def said(self, label: str) -> str:
        """Return the step in words; `label` names the driver."""
        points = "one point" if self.steps == 1 else f"{self.steps} points"
        return f"{label}: {100 * self.share:g} % of answers get {points} better, as far as the scale goes"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Match(Step):
    """Every group of the column ``segment`` answers as one of them does: the group ``to``, or the "best".

    Ranks are kept: who stands at some rank in a group answers what stands at that rank in the model group (the
    monotone coupling of two distributions), so that the group's distribution becomes the same. "best" is the group
    with the best average. Where distributions cross, some answers get worse; they are counted.
    """

    segment: str
    to: str = "best"

    @property
    def amount(self) -> str:
        """The group to match."""
        return f"{self.segment} = {self.to}"

    @property
    def call(self) -> str:
        """The step as one would type it."""
        return f"match({self.driver!r}, segment={self.segment!r}, to={self.to!r})"

    def said(self, label: str) -> str:
        """Return the step in words; `label` names the driver."""
        model = f"the best {self.segment}" if self.to == "best" else f"{self.segment} = {self.to}"
        return f"{label}: answers are spread as in {model}, ranks kept"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Scale(Step):
    """A measured quantity, such as minutes waited, is multiplied by ``factor``."""

    factor: float

    def __post_init__(self) -> None:
        check_number(self.driver, "scale", "factor", self.factor)
        if self.factor < 0:
            raise InputError(f"scale({self.driver!r}, {self.factor:g}): a factor is 0 or more; 0.5 halves.")

    @property
    def amount(self) -> float:
        """The factor."""
        return self.factor

    @property
    def call(self) -> str:
        """The step as one would type it."""
        return f"scale({self.driver!r}, {self.factor:g}{_worse(self)})"

    def said(self, label: str) -> str:
        """Return the step in words; `label` names the driver."""
        return f"{label}: {'halved' if self.factor == 0.5 else f'multiplied by {self.factor:g}'}"


def check_number(driver: str, kind: str, name: str, value: object) -> None:
    """Refuse an amount that is not a finite number.

    Parameters
    ----------
    driver, kind, name : str
        Driver, kind of step and argument, for the message.
    value : object
        The amount.

    Raises
    ------
    InputError
        If it is not.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        raise InputError(f"{kind}({driver!r}): {name}={value!r} is not a finite number.")


def _worse(step: Step) -> str:
    return ", worsening=True" if step.worsening else ""


def _listed(value: Group) -> str:
    return " or ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
