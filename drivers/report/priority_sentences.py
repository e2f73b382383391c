"""What to fix first, in words: one driver with a size and a probability, or that none can be named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.defaults import LEANING
from drivers.report.content import Finding
from drivers.report.sentences import certainty
from drivers.report.words import chance, decimal, inside, percent, precision, quoted_label, some, to


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A driver that might be fixed: ``p`` that it is both weaker and more important than the drivers' average.

    ``performance`` and the ``average`` of all drivers are from 0 to 100; ``slope`` with ``low`` and ``high`` is in
    points of the scales; ``rated`` tells a rating from a measured quantity.
    """

    label: str
    outcome: str
    p: float
    performance: float
    average: float
    slope: float
    low: float
    high: float
    rated: bool = True

    @property
    def sure(self) -> bool:
        """Whether it may be named at all."""
        return self.p >= LEANING


def first_to_fix(one: Candidate) -> Finding:
    """Say that the candidate `one` is what to fix first, by how much it goes with the outcome, and how sure that is."""
    name, outcome = quoted_label(one.label), quoted_label(one.outcome)
    numbers = {"p": one.p, "performance": one.performance, "average": one.average, "slope": one.slope, "low": one.low,
               "high": one.high}  # fmt: skip
    if not one.sure:
        text = (
            "No driver can be called the one to fix first: none is both weaker and more important than the average "
            f"with a probability of {percent(LEANING)} or more. Nearest to it is {name} ({chance(one.p)})."
        )
        return Finding(key="fix_first", text=text, numbers=numbers, caution=True)
    digits = precision(one.performance, one.average, "points")
    where = (
        f"weaker ({decimal(one.performance, digits)} of 100, the average driver {decimal(one.average, digits)}) and "
        "more important than the average"
    )
    words = certainty(one.p)
    start = f"{name} is {words} both {where}"
    if words == "leaning":
        start = f"the evidence is leaning towards {name}, {where}"
    return Finding(
        key="fix_first", text=f"Fix first: {start} (probability {chance(one.p)}). {_size(one, name, outcome)}",
        numbers=numbers,
    )  # fmt: skip


def _size(one: Candidate, name: str, outcome: str) -> str:
    who = "People who rate it one point higher" if one.rated else f"People with one unit more of {name}"
    if one.low <= 0 <= one.high:
        digits = precision(one.low, one.high, "points", 2)
        ends = to(decimal(one.low, digits), decimal(one.high, digits))
        return f"{who} show no clear difference in {outcome}, others equal ({ends} points)."
    way = "higher" if one.slope > 0 else "lower"
    low, high = (one.low, one.high) if one.slope > 0 else (-one.high, -one.low)
    size, sides = inside(abs(one.slope), low, high, "points", 2)
    return (
        f"{who} rate {outcome} {size} points {way}, other drivers equal ({sides}); that goes together, it is no "
        "promise."
    )


def rest_to_fix(ranked: Sequence[Candidate]) -> Finding | None:
    """Say which others of the `ranked` candidates, after the first, may be named; None where there are none."""
    more = [one for one in ranked[1:] if one.sure]
    if not more or not ranked[0].sure:
        return None
    names = some([f"{quoted_label(one.label)} ({certainty(one.p)}, {chance(one.p)})" for one in more])
    return Finding(
        key="fix_next", text=f"Also weaker and more important than the average: {names}.",
        numbers={f"p {one.label}": one.p for one in more},
    )  # fmt: skip
