"""What the gap is of: an outcome and its expectation, or satisfaction against what was expected of the drivers."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.errors import SurveyError, nearest, quoted
from drivers.gap.joint_moments import Target
from drivers.gap.pairs import pairs_of
from drivers.survey.schema import Survey


@dataclass(frozen=True, slots=True, kw_only=True)
class GapTarget:
    """``perceived`` and ``expected``, whose difference is the gap; ``unit`` of both, ``words`` for the difference."""

    perceived: Target
    expected: Target
    unit: str
    words: str
    notes: tuple[str, ...] = ()


def gap_target(survey: Survey, outcome: str | None = None) -> GapTarget:
    """Return what the gap of a survey is of.

    Parameters
    ----------
    survey : Survey
        The definition.
    outcome : str, optional
        What was got; the first outcome with an expectation, else the first outcome that is not the direct item.

    Returns
    -------
    GapTarget
        The outcome against its own expectation where one was asked. Else against the mean of what was expected of the
        drivers: no driver's perception is part of either, so that nothing explains itself. Where the two are on
        different scales both are taken in percent of their scale, and a note says so.

    Raises
    ------
    SurveyError
        If the outcome is unknown, or there is no closed scale to compare on.
    """
    if outcome is not None and outcome not in survey.outcomes:
        raise SurveyError(
            f"{nearest(outcome, survey.outcomes)} is not an outcome of the survey; it has {quoted(survey.outcomes)}."
        )
    rest = [name for name in survey.outcomes if name != survey.direct] or list(survey.outcomes)
    own = [name for name in rest if name in survey.expectations]
    name = outcome or (own[0] if own else rest[0])
    label = survey.label(name)
    if name in survey.expectations:
        (pair,) = pairs_of(survey, [name])
        return GapTarget(
            perceived=Target(name=name, label=label, mean_of=(name,)),
            expected=Target(name=pair.expected, label=survey.label(pair.expected), mean_of=(pair.expected,)),
            unit="points", words=f"{label} less what was expected of it",
        )
    return _against_drivers(survey, name, label)


def _against_drivers(survey: Survey, name: str, label: str) -> GapTarget:
    pairs = pairs_of(survey)
    scale = survey.item(name).scale
    ends = {pair.ends for pair in pairs}
    own = scale if isinstance(scale, tuple) else None
    if None in ends or own is None or len(ends) > 1:
        odd = name if own is None else next((p.item for p in pairs if p.ends is None), pairs[-1].item)
        raise SurveyError(
            f"`{odd}` is on an open scale or another one than the rest, so {label} cannot be set against what was "
            f"expected of the drivers. Declare the ends: [items.{odd}] scale = [1, 5]."
        )
    (asked,) = ends
    assert asked is not None
    same = asked == own
    percent = (0.0, 1.0) if same else (own[0], 100 / (own[1] - own[0]))
    percent_of = (0.0, 1.0) if same else (asked[0], 100 / (asked[1] - asked[0]))
    notes = [
        f"No expectation of {label} was asked: it is set against the mean of what was expected of the "
        f"{len(pairs)} drivers."
    ]
    if not same:
        notes.append(
            f"{label} runs from {own[0]:g} to {own[1]:g}, expectations from {asked[0]:g} to {asked[1]:g}: both are "
            "taken in percent of their scale, which makes the level of the gap a matter of wording; slopes and shares "
            "do not depend on the level."
        )
    return GapTarget(
        perceived=Target(name=name, label=label, mean_of=(name,), shift=percent[0], scale=percent[1]),
        expected=Target(
            name="expected overall", label="Expected of the drivers, on average",
            mean_of=tuple(pair.expected for pair in pairs), shift=percent_of[0], scale=percent_of[1],
        ),
        unit="points" if same else "percent of the scale", words=f"{label} less what was expected on average",
        notes=tuple(notes),
    )
