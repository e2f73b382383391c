"""From a number to the words that print it: percents, points, intervals, lists, plurals."""

from __future__ import annotations

import math
from collections.abc import Sequence

from drivers.report.content import Bound, Cell, Estimate, Hidden, Number, Span, Unit
from drivers.stats.digits import digits_apart, digits_of_small

MINUS = "\N{MINUS SIGN}"
TINY = 0.02
"""Points below this, such as a slope per euro or minute, keep two significant figures."""

NO_VALUE = "\N{EN DASH}"


def decimal(value: float, digits: int = 2) -> str:
    """Return `value` to so many `digits` with a true minus sign, and never "-0"."""
    text = f"{abs(value):,.{digits}f}"
    zero = not any(figure in "123456789" for figure in text)
    return text if zero or value >= 0 else MINUS + text


def percent(part: float, digits: int = 0) -> str:
    """Return a `part` of 1 as a percent to so many `digits`: .314 is "31 %"."""
    return f"{decimal(100 * part, digits)} %"


def chance(p: float) -> str:
    """Return a probability `p` as a percent that never claims certainty: "more than 99 %", "less than 1 %"."""
    if p > 0.99:
        return "more than 99 %"
    if p < 0.01:
        return "less than 1 %"
    return percent(p)


def share(part: float, digits: int = 0) -> str:
    """Return a share of differences (a `part` of 1) to so many `digits`; a small one is not rounded down to nothing."""
    nothing = part >= 0 and round(100 * part, digits) == 0
    return f"less than {percent(0.01 / 10**digits, digits)}" if nothing else percent(part, digits)


def share_inside(part: float, low: float, high: float) -> str:
    """Return a share (a `part` of 1) with its interval, the ends `low` and `high` told apart: "18 % (15 % to 21 %)"."""
    digits = precision(low, high, "percent")
    return f"{share(part, digits)} ({to(share(low, digits), share(high, digits))})"


def bound(part: float, digits: int = 0) -> str:
    """Return an upper bound (a `part` of 1), rounded up to `digits` so that it stays a bound: .0312 is "4 %"."""
    step = 10**digits
    return percent(max(1, math.ceil(round(100 * part * step, 6))) / step / 100, digits)


def signed(value: float, digits: int = 0) -> str:
    """Return `value` to so many `digits` with its sign in front: "+23", "−4", "0"."""
    text = decimal(value, digits)
    return text if text.startswith(MINUS) or not any(f in "123456789" for f in text) else f"+{text}"


def count(number: float) -> str:
    """Return a `number` of things with thousands apart: 8912 is "8,912"."""
    return f"{number:,.0f}"


def to(low: str, high: str) -> str:
    """Return an interval in words; `low` and `high` keep their unit, so it reads aloud."""
    return f"{low} to {high}"


def precision(low: float, high: float, unit: Unit, digits: int = 0) -> int:
    """Return the digits at which the ends `low` and `high` of an interval in `unit` differ, `digits` at least."""
    match unit:
        case "percent":
            return digits_apart(100 * low, 100 * high, digits)
        case "chance" | "count":
            return digits
        case "points":
            largest = max(abs(low), abs(high))
            tiny = largest < TINY and digits > 1
            return digits_apart(low, high, digits_of_small(largest, digits) if tiny else digits)
        case "factor" | "score":
            return digits_apart(low, high, digits)


def inside(value: float, low: float, high: float, unit: Unit, digits: int = 0) -> tuple[str, str]:
    """Return `value` and its interval `low`, `high` in `unit`: ("5.8 %", "5.5 % to 6.2 %").

    Both are printed to so many `digits`, or to more where fewer would print two equal ends.
    """
    digits = precision(low, high, unit, digits)
    return number(value, unit, digits), to(number(low, unit, digits), number(high, unit, digits))


def listed(names: Sequence[str], last: str = "and") -> str:
    """Return `names` as "a", "a and b", or "a, b and c", with `last` before the last."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def some(names: Sequence[str], most: int = 4) -> str:
    """Return `names` as a list, those after the first `most` as a number: "a, b, c, d and 3 more"."""
    if len(names) <= most + 1:
        return listed(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def plural(number: float, one: str, many: str | None = None) -> str:
    """Return a `number` of things, `one` or `many`: "1 answer" or "1,204 answers"."""
    return f"{count(number)} {one if round(number) == 1 else many or one + 's'}"


def spelled(number: int) -> str:
    """Return a small `number` as a word: 4 is "four", 13 is "13"."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
    return words[number] if 0 <= number < len(words) else count(number)


def quoted_label(label: str) -> str:
    """Return a `label` to stand inside a sentence: quoted when it is a phrase or holds punctuation."""
    text = " ".join(label.split())
    plain = len(text.split()) <= 3 and not any(mark in text for mark in ".,:;?!()\"'“”")
    return text if plain else f"“{text}”"


def number(value: float, unit: Unit, digits: int) -> str:
    """Return `value` in its `unit` to so many `digits`, as a table prints it."""
    if math.isnan(value):
        return NO_VALUE
    match unit:
        case "percent":
            return percent(value, digits)
        case "chance":
            return ">99 %" if value > 0.99 else "<1 %" if value < 0.01 else percent(value)
        case "score":
            return signed(value, digits)
        case "count":
            return count(value)
        case "points" | "factor":
            return decimal(value, digits)


def cell_text(cell: Cell) -> str:
    """Return a `cell` of a table as text."""
    match cell:
        case None:
            return ""
        case str():
            return cell
        case Number(value=value, unit=unit, digits=digits):
            return number(value, unit, digits)
        case Span(low=low, high=high, unit=unit, digits=digits):
            return inside(low, low, high, unit, digits)[1]
        case Estimate(value=value, low=low, high=high, unit=unit, digits=digits):
            shown, interval = inside(value, low, high, unit, digits)
            return f"{shown} ({interval})"
        case Bound(high=high, digits=digits):
            return f"at most {bound(high, digits)}"
        case Hidden(why=why):
            return why
