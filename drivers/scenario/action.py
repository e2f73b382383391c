"""`Action`: what is done to drivers, as a value that can be printed, compared and put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from drivers.errors import InputError
from drivers.scenario.step import Floor, Group, Lift, Match, Move, Scale, Shift, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """``steps`` in the order in which they are done, under a ``name``.

    ``a + b`` does a first and then b: a later step meets the answers that earlier ones left. Steps on different drivers
    come out the same in either order.
    """

    steps: tuple[Step, ...]
    name: str = ""

    def __add__(self, other: Action) -> Action:
        """Return both, one after the other."""
        if not isinstance(other, Action):
            return NotImplemented
        names = [name for name in (self.name, other.name) if name]
        return Action(steps=(*self.steps, *other.steps), name=" + ".join(names))

    def __repr__(self) -> str:
        return " + ".join(map(repr, self.steps)) or "nothing()"

    @property
    def drivers(self) -> tuple[str, ...]:
        """The drivers acted on, each once."""
        return tuple(dict.fromkeys(step.driver for step in self.steps))

    @property
    def title(self) -> str:
        """The name, or what is done where it has none."""
        return self.name or repr(self)

    def where(self, groups: Mapping[str, Group] | None = None, /, **columns: Group) -> Action:
        """Restrict every step to groups of segment or wave columns.

        Parameters
        ----------
        groups : mapping of str to group or list of groups, optional
            Columns whose names cannot be written as keywords.
        **columns
            A column and its group, or a list of groups: ``where(channel="phone")``. Several columns must all hold.

        Returns
        -------
        Action
            A new one.

        Raises
        ------
        InputError
            If a step is restricted by the same column already, or nothing is named.
        """
        more = {**(groups or {}), **columns}
        if not more:
            raise InputError('where() names no group; write where(channel="phone").')
        for step in self.steps:
            for name in more:
                if name in step.where:
                    raise InputError(f"{step!r} is restricted by `{name}` already; name each column once.")
        steps = tuple(replace(step, where={**step.where, **more}) for step in self.steps)
        return replace(self, steps=steps)

    def named(self, name: str) -> Action:
        """Return the same action under a `name`."""
        return replace(self, name=name)

    def describe(self, label: Callable[[str], str] | None = None) -> str:
        """Return the action as sentences; `label` turns a driver's column into words."""
        return " Then ".join(step.describe(label(step.driver) if label else None) for step in self.steps)


def shift(driver: str, by: float, *, worsening: bool = False) -> Action:
    """Move every answer by so many points, as far as the scale goes.

    Parameters
    ----------
    driver : str
        Column of the driver.
    by : float
        Points of the questionnaire; where lower is better, an improvement is below 0.
    worsening : bool
        Say so if getting worse is what you ask about.

    Returns
    -------
    Action
        Capped at the ends of the scale; the result tells what was asked and what was possible.
    """
    return _one(Shift(driver=driver, by=by, worsening=worsening))


def lift(driver: str, *, to: float) -> Action:
    """Lift every answer worse than a point to it.

    Parameters
    ----------
    driver : str
        Column of the driver.
    to : float
        The point of the questionnaire; where lower is better, answers above it come down to it.

    Returns
    -------
    Action
        Nobody answers worse than `to`.
    """
    return _one(Lift(driver=driver, to=to))


def floor(driver: str, *, at: float, by: str) -> Action:
    """Let no group average worse than a floor.

    Parameters
    ----------
    driver : str
        Column of the driver, a rating.
    at : float
        The worst average allowed, in points of the questionnaire.
    by : str
        Segment or wave column whose groups are held to it.

    Returns
    -------
    Action
        In groups below the floor everybody goes up whole points, and a share of them one more, until the average is
        there.
    """
    return _one(Floor(driver=driver, at=at, by=by))


def move(driver: str, *, share: float, steps: int = 1) -> Action:
    """Let a share of answers get better by whole points.

    Parameters
    ----------
    driver : str
        Column of the driver.
    share : float
        Share of all answers, 0 to 1; of those already at the end of the scale nothing comes.
    steps : int
        Points.

    Returns
    -------
    Action
        An expectation over who it is; nobody is drawn.
    """
    return _one(Move(driver=driver, share=share, steps=steps))


def match(driver: str, *, segment: str, to: str = "best") -> Action:
    """Let every group answer as one of them does, ranks kept.

    Parameters
    ----------
    driver : str
        Column of the driver, a rating.
    segment : str
        Segment or wave column.
    to : str
        The group to match; "best" is the one with the best average.

    Returns
    -------
    Action
        Who stands at some rank within a group answers what stands at that rank in the model group.
    """
    return _one(Match(driver=driver, segment=segment, to=to))


def scale(driver: str, factor: float, *, worsening: bool = False) -> Action:
    """Multiply a measured quantity, such as minutes waited.

    Parameters
    ----------
    driver : str
        Column of the driver, on an open scale.
    factor : float
        From 0 up; 0.5 halves.
    worsening : bool
        Say so if getting worse is what you ask about.

    Returns
    -------
    Action
        Not for ratings, which have no zero.
    """
    return _one(Scale(driver=driver, factor=factor, worsening=worsening))


def halve(driver: str) -> Action:
    """Halve a measured quantity.

    Parameters
    ----------
    driver : str
        Column of the driver, on an open scale where lower is better.

    Returns
    -------
    Action
        The same as ``scale(driver, 0.5)``.
    """
    return scale(driver, 0.5)


def together(actions: Action | Iterable[Action]) -> Action:
    """Put several actions together, done in the order given.

    Parameters
    ----------
    actions : Action or iterable of Action
        At least one.

    Returns
    -------
    Action
        One action with the steps of all.

    Raises
    ------
    InputError
        If something else is among them, or there is none.
    """
    if isinstance(actions, Action):
        return actions
    given = [actions] if isinstance(actions, (str, bytes)) or not isinstance(actions, Iterable) else list(actions)
    if not given:
        raise InputError('No action was given; write dr.shift("service_speed", +0.5).')
    for one in given:
        if not isinstance(one, Action):
            raise InputError(f'{one!r} is not an action; write dr.shift("service_speed", +0.5), or a list of them.')
    whole = given[0]
    for one in given[1:]:
        whole = whole + one
    return whole


def _one(step: Step) -> Action:
    return Action(steps=(step,))
