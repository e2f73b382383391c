"""From probabilities and estimates to plain sentences. Every function is pure: numbers in, one sentence out.

The words for a probability are fixed in `drivers.defaults` (`VERY_LIKELY`, `LIKELY`, `LEANING`). No sentence says that
a driver causes anything: ratings *go with* each other. Intervals are named once per report.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from drivers.defaults import LEANING, LIKELY, MIN_BASE_CELL, RANKABLE_R2, VERY_LIKELY
from drivers.report.words import (
    bound,
    chance,
    decimal,
    inside,
    listed,
    percent,
    precision,
    quoted_label,
    share,
    share_inside,
    signed,
    some,
    spelled,
    to,
)

type Certainty = Literal["very likely", "likely", "leaning", "cannot be separated"]


def certainty(p: float) -> Certainty:
    """Return the words for a probability.

    Parameters
    ----------
    p : float
        Probability of the statement, 0 to 1.

    Returns
    -------
    str
        "very likely" from .95, "likely" from .80, "leaning" from .60, else "cannot be separated".
    """
    if p >= VERY_LIKELY:
        return "very likely"
    if p >= LIKELY:
        return "likely"
    if p >= LEANING:
        return "leaning"
    return "cannot be separated"


def explained(outcome: str, drivers: int, r2: float, low: float, high: float, level: float) -> str:
    """Say how much of the differences in `outcome` the `drivers` (a number) explain together, and how much they leave.

    `r2` with its interval `low`, `high` at `level` are parts of 1.
    """
    who, them = ("the driver goes", "it") if drivers == 1 else (f"the {spelled(drivers)} drivers together go", "them")
    part, interval = inside(r2, low, high, "percent")
    digits = precision(low, high, "percent")
    return (
        f"{who[0].upper()}{who[1:]} with {part} of the differences in {quoted_label(outcome)} between people "
        f"({percent(level)} interval {interval}); "
        f"the other {percent(1 - round(r2, 2 + digits), digits)} is not explained by {them}: other things, chance in "
        "answering, or relations that are not straight lines."
    )


def too_little(outcome: str, r2: float, low: float, high: float) -> str:
    """Refuse a ranking for `outcome`: `r2` (`low`, `high`) is so little that any order would be noise."""
    part, least, most = (share(value, precision(low, high, "percent")) for value in (r2, low, high))
    return (
        f"No order of drivers is given for {quoted_label(outcome)}: they go with only {part} of its differences, "
        f"and that may be as little as {least} ({to(least, most)}). "
        f"A ranking is claimed only when the low end is {percent(RANKABLE_R2)} or more."
    )


def first(
    outcome: str, leader: str, p_first: float, part: float, low: float, high: float, rival: str, p_rival: float
) -> str:
    """Say which driver has the largest share and how sure that is.

    Parameters
    ----------
    outcome, leader, rival : str
        Labels of the outcome, of the driver with the largest share, and of the one next most often first.
    p_first, p_rival : float
        Probability, 0 to 1, that the leader and the rival hold rank 1.
    part, low, high : float
        Share of the leader and its interval, parts of 1.

    Returns
    -------
    str
        One sentence; it names no winner when the probability is below `LEANING`.
    """
    top, of = quoted_label(leader), f"the differences in {quoted_label(outcome)}"
    size = share_inside(part, low, high)
    match certainty(p_first):
        case "cannot be separated":
            return (
                f"No single driver can be called first: {top} has the largest estimated share of {of}, {size}, "
                f"but is first with probability {chance(p_first)} only, {quoted_label(rival)} with {chance(p_rival)}."
            )
        case "leaning":
            return (
                f"The evidence is leaning towards {top} having the largest share of {of}, {size}: it is first with "
                f"probability {chance(p_first)}, {quoted_label(rival)} with {chance(p_rival)}."
            )
        case words:
            return (
                f"{top} {words} goes with the largest share of {of}: {size}, first with probability {chance(p_first)}."
            )


def only_one(outcome: str, driver: str, part: float, low: float, high: float) -> str:
    """Say the share `part` (`low`, `high`) of `outcome` that goes with `driver`, the only one there is."""
    return (
        f"{quoted_label(driver)} goes with {share_inside(part, low, high)} of the differences in "
        f"{quoted_label(outcome)}; it is the only driver in this model."
    )


def ahead(upper: str, lower: str, p: float) -> str:
    """Say how sure it is that the share of `upper` is larger than that of `lower`; `p` is that probability, 0 to 1."""
    one, two = quoted_label(upper), quoted_label(lower)
    match certainty(max(p, 1 - p)):
        case "cannot be separated":
            return f"{one} and {two} cannot be separated ({chance(p)} against {chance(1 - p)})."
        case "leaning":
            top, other = (one, two) if p >= 0.5 else (two, one)
            return (
                f"The evidence is leaning towards {top} being ahead of {other} (probability {chance(max(p, 1 - p))})."
            )
        case words:
            top, other = (one, two) if p >= 0.5 else (two, one)
            return f"{top} is {words} ahead of {other} (probability {chance(max(p, 1 - p))})."


def tied(drivers: Sequence[str]) -> str:
    """Say that `drivers` next to each other in the order (two or more) cannot be separated."""
    names = listed([quoted_label(driver) for driver in drivers])
    if len(drivers) == 2:
        return f"{names} cannot be separated: either may have the larger share."
    return f"{names} cannot be put in order: each and the next have shares that cannot be separated."


def near_zero(outcome: str, drivers: Sequence[str], upper: Sequence[float]) -> str:
    """State `drivers` with next to no share of `outcome` as bounds; `upper` holds one per driver, parts of 1."""
    of = f"of the differences in {quoted_label(outcome)}"
    if len(drivers) == 1:
        return f"{quoted_label(drivers[0])} goes with at most {bound(upper[0])} {of}."
    names = listed([quoted_label(driver) for driver in drivers])
    bounds = [bound(part) for part in upper]
    if len(set(bounds)) == 1:
        return f"{names} go with at most {bounds[0]} {of} each."
    return f"{names} go with at most {listed(bounds)} {of}."


def slope(outcome: str, driver: str, value: float, low: float, high: float, *, rated: bool, alone: bool = False) -> str:
    """Say a slope in words.

    Parameters
    ----------
    outcome, driver : str
        Labels.
    value, low, high : float
        Outcome points per point of the driver, with the interval.
    rated : bool
        Whether the driver is a rating; else it is a measured quantity such as minutes.
    alone : bool
        Whether there is no other driver to hold equal.

    Returns
    -------
    str
        One sentence; "no clear difference" when the interval holds 0.
    """
    name, target = quoted_label(driver), quoted_label(outcome)
    digits, equal = precision(low, high, "points", 2), "" if alone else ", other drivers equal"
    who = f"People who rate {name} one point higher" if rated else f"People with one unit more of {name}"
    if low <= 0 <= high:
        sides = to(decimal(low, digits), decimal(high, digits))
        return (
            f"{who} show no clear difference in {target}{equal}: {signed(value, digits)} points on average ({sides})."
        )
    way = "higher" if value > 0 else "lower"
    size, sides = inside(abs(value), *((low, high) if value > 0 else (-high, -low)), "points", 2)
    return f"{who} rate {target} {size} points {way} on average{equal} ({sides})."


def share_without_slope(driver: str, part: float, value: float, low: float, high: float) -> str:
    """Warn that `driver` has a share `part` but no clear slope `value` (`low`, `high`) of its own."""
    points, sides = inside(value, low, high, "points", 2)
    return (
        f"{quoted_label(driver)} has a share of {share(part)} but no clear slope of its own "
        f"({points} points, {sides}): its share is mostly overlap with other "
        "drivers. Do not read it as what improving this driver would bring."
    )


def shares_without_slope(drivers: Sequence[str], of: int) -> str:
    """Warn that several `drivers`, out of so many (`of`), have a share but no clear slope of their own."""
    names = some([quoted_label(driver) for driver in drivers])
    many = spelled(len(drivers))
    return (
        f"{many[0].upper()}{many[1:]} of the {spelled(of)} drivers have a share but no clear slope of their own: "
        f"{names}. Their shares are mostly overlap with other drivers. Do not read them as what improving those "
        "drivers would bring."
    )


def against_direction(driver: str, outcome: str, value: float, low: float, high: float) -> str:
    """Warn that higher ratings of `driver` go with lower `outcome`, others equal: slope `value` (`low`, `high`)."""
    digits = precision(low, high, "points", 2)
    return (
        f"{quoted_label(driver)} has a negative slope ({to(decimal(low, digits), decimal(high, digits))}): with other "
        f"drivers equal, higher ratings of it go with {decimal(abs(value), digits)} points lower "
        f"{quoted_label(outcome)}. Check that its scale runs from bad to good; otherwise overlapping drivers are the "
        "usual reason."
    )


def score_top2(label: str, part: float, low: float, high: float, top: str, who: str) -> str:
    """Say that a `part` (`low`, `high`) answered `top` ("4 or 5") to `label`; `who` is how many answered."""
    size, sides = inside(part, low, high, "percent")
    return f"{quoted_label(label)}: {size} answered {top} ({sides}; {who})."


def score_nps(label: str, points: float, low: float, high: float, who: str) -> str:
    """Say the net promoter score of `label`: `points` (`low`, `high`) from -100 to 100; `who` is how many answered."""
    size, sides = inside(points, low, high, "score")
    return f"{quoted_label(label)}: net promoter score {size} ({sides}; {who})."


def score_mean(label: str, mean: float, low: float, high: float, who: str) -> str:
    """Say the `mean` (`low`, `high`) of `label`, in the unit of its scale; `who` is how many answered."""
    size, sides = inside(mean, low, high, "points", 2)
    return f"{quoted_label(label)}: {size} on average ({sides}; {who})."


def score_ces(label: str, mean: float, low: float, high: float, who: str) -> str:
    """Say the customer effort score of `label`: `mean` (`low`, `high`) in scale points; `who` is how many answered."""
    size, sides = inside(mean, low, high, "points", 2)
    return f"{quoted_label(label)}: customer effort score {size} ({sides}; {who})."


def score_hidden(label: str) -> str:
    """Say that the score of `label` is not shown because its base is too small."""
    return f"{quoted_label(label)}: not shown, because fewer than {MIN_BASE_CELL} people answered."


def waves_between(label: str, lowest: str, highest: str, waves: int) -> str:
    """Give the `lowest` and the `highest` score of `label` in so many `waves`, whose order in time is not certain."""
    return (
        f"{quoted_label(label)} by wave: between {lowest} and {highest} in {spelled(waves)} waves. Compare waves with "
        "care: each has its own interval, and this report makes no claim of change."
    )


def waves_with_care(label: str, wave: str, score: str, lowest: str, highest: str, waves: int, *, latest: bool) -> str:
    """Give the `score` of `label` in a `wave`, the `lowest` and the `highest` of so many `waves`.

    `latest` says whether it is the last one.
    """
    place = f"the latest of {spelled(waves)} waves" if latest else f"one of {spelled(waves)} waves"
    return (
        f"{quoted_label(label)} by wave: {score} in {wave}, {place}, which lie between {lowest} "
        f"and {highest}. Compare waves with care: each has its own interval, and this report makes no claim of change."
    )
