"""What the report says of changes between waves: pure functions from numbers to sentences, no claim without a flag."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from drivers.change.result import Change
from drivers.change.why import ShareMove, Waterfall
from drivers.defaults import FALSE_FLAGS
from drivers.report.content import Finding, Unit
from drivers.report.sentences import certainty
from drivers.report.words import chance, inside, listed, number, percent, plural, precision, quoted_label, signed, to

REFERENCES = {"previous": "the wave before", "year_ago": "a year ago"}
PARTS = {
    "performance": "ratings that moved", "sensitivity": "ratings that count for more or less", "mix": "who was asked",
    "unexplained": "what the drivers do not explain",
}  # fmt: skip
"""Parts of the change of a mean, as sentences name them."""


def level_of(measure: str) -> tuple[Unit, int]:
    """Return unit and digits in which a level of `measure` is printed."""
    match measure:
        case "top2":
            return "percent", 0
        case "nps":
            return "score", 0
        case "gap":
            return "score", 2
        case _:
            return "points", 2


def change_digits(measure: str) -> int:
    """Return the digits in which a change of `measure` is printed."""
    return 1 if measure in ("top2", "nps") else 2


def in_points(value: float, measure: str) -> float:
    """Return a change `value` in the points it is printed in: of percent for the top two boxes of a `measure`."""
    return 100 * value if measure == "top2" else value


def reference(name: str, wave: str) -> str:
    """Return what a change is held against: its `name` among the references, and the `wave` that is."""
    return f"{REFERENCES[name]} ({wave})" if name in REFERENCES else wave


def overall(moved: Change) -> Finding:
    """Say how many of the changes in `moved` may be claimed."""
    known = moved.table[moved.table["p_change"].notna()]
    flags = int(known["flag"].sum())
    held = listed([reference(name, wave) for name, wave in moved.against.items()])
    what = f"{plural(len(known), 'comparison')} of {moved.focus} with {held} (scores, slopes{_gap(known)})"
    if not len(known):
        text = f"Nothing of {moved.focus} can be compared with {held}: bases are too small, or it was not asked."
    elif not flags:
        text = f"Of {what} none is sure enough to be called a change; the differences below may be chance."
    else:
        are = "is" if flags == 1 else "are"
        text = (
            f"Of {what} {flags} {are} sure enough to be called a change; of changes called so, at most "
            f"{percent(FALSE_FLAGS)} are expected to be false."
        )
    return Finding(key="changes", text=text, numbers={"comparisons": float(len(known)), "claimed": float(flags)})


def _gap(rows: pd.DataFrame) -> str:
    return ", the gap" if (rows["kind"] == "gap").any() else ""


def claimed(moved: Change) -> tuple[Finding, ...]:
    """Return one sentence per change in `moved` that may be claimed, the surest first."""
    rows: list[Any] = list(moved.flags.itertuples())
    return tuple(
        Finding(key=f"moved_{row.kind}_{row.item}_{row.against}", text=one_claimed(moved, row), numbers=_numbers(row))
        for row in rows
    )


def one_claimed(moved: Change, row: Any) -> str:
    """Say that a change in `moved`, a `row` of its table, may be claimed."""
    up = row.direction == "up"
    way = "rose" if up else "fell"
    unit, digits = level_of(row.measure)
    before, after = (number(value, unit, _apart(row, unit, digits)) for value in (row.before, row.after))
    size = _size(row)
    held = reference(row.against, row.wave)
    sure = f"{certainty(row.p_change)} a change (probability {chance(row.p_change)})"
    if row.kind == "slope":
        more = "more" if up else "less"
        return (
            f"{quoted_label(row.label)} counts for {more} than {_in(row)}: one point of it goes with {after} points of "
            f"{quoted_label(moved.label(moved.outcome))} in {moved.focus} and went with {before} then, {size}; {sure}."
        )
    if row.kind == "gap":
        return (
            f"The gap to expectations (perceived less expected) {way} since {held}: from {before} to {after} points, "
            f"{size}; {sure}."
        )
    return f"{quoted_label(row.label)} {way} since {held}: from {before} to {after}, {size}; {sure}."


def headline(moved: Change, item: str) -> Finding | None:
    """Say how the score of `item` in `moved` compares with every reference; None where nothing is known of it."""
    table = moved.table[(moved.table["kind"] == "score") & (moved.table["item"] == item)]
    rows: list[Any] = list(table[table["change"].notna()].itertuples())
    if not rows:
        return None
    unit, digits = level_of(rows[0].measure)
    digits = max(_apart(row, unit, digits) for row in rows)
    said = [_against(row) for row in rows]
    name = quoted_label(rows[0].label)
    text = f"{name}: {number(rows[0].after, unit, digits)} in {moved.focus}; {'; '.join(said)}."
    numbers = {f"{key} {row.against}": value for row in rows for key, value in _numbers(row).items()}
    return Finding(key=f"waves_{item}", text=text, numbers=numbers)


def _against(row: Any) -> str:
    since = f"since {reference(row.against, row.wave)} {_size(row)}"
    way = "a rise" if row.direction == "up" else "a fall"
    if row.flag:
        return f"{since}, {certainty(row.p_change)} {way} ({chance(row.p_change)})"
    if math.isnan(row.p_change) or certainty(row.p_change) == "cannot be separated":
        return f"{since}, which cannot be told from no change"
    words = {"leaning": "leaning towards"}.get(certainty(row.p_change), certainty(row.p_change))
    return f"{since}, {words} {way} ({chance(row.p_change)}) but not sure enough to be called one"


def _size(row: Any) -> str:
    """Return the change of a row with its interval, in points."""
    low, value, high = (in_points(part, row.measure) for part in (row.low, row.change, row.high))
    shown, ends = inside(value, low, high, "score", change_digits(row.measure))
    return f"{shown} points ({ends})"


def _apart(row: Any, unit: Unit, digits: int) -> int:
    """Return the digits at which both levels of a change print apart, at most two more than usual."""
    return min(precision(row.before, row.after, unit, digits), digits + 2)


def _in(row: Any) -> str:
    return f"in {reference(row.against, row.wave)}" if row.against == "previous" else reference(row.against, row.wave)


def _numbers(row: Any) -> Mapping[str, float]:
    return {name: float(getattr(row, name)) for name in ("before", "after", "change", "low", "high", "p_change")}


def why(fall: Waterfall, name: str, is_claimed: bool) -> Finding:
    """Say why a mean moved.

    Parameters
    ----------
    fall : Waterfall
        The parts of the change.
    name : str
        What it is held against.
    is_claimed : bool
        Whether the score itself may be said to have moved.

    Returns
    -------
    Finding
        The whole and its four parts, with intervals; a part is called an explanation only of a change that is one.
    """
    whole = fall.part("change")
    parts = [part for part in PARTS if part != "mix" or fall.mix]
    said = [f"{PARTS[part]} {_points(fall.part(part))}" for part in parts]
    digits = precision(fall.before, fall.after, "points", 2)
    text = (
        f"The mean of {quoted_label(fall.label)} went from {number(fall.before, 'points', digits)} in "
        f"{fall.wave_before} to {number(fall.after, 'points', digits)} in {fall.wave_after}, {_points(whole)}. It is "
        f"the sum of {listed(said)}."
    )
    rows = fall.table[(fall.table["driver"] != "") & fall.table["part"].isin(["performance", "sensitivity"])]
    if not is_claimed:
        text += " The change itself is not sure, so these parts may share out chance."
    elif len(rows):
        most = rows.iloc[int(rows["estimate"].abs().to_numpy().argmax())]
        p = max(most["p_up"], 1 - most["p_up"])
        kind = "ratings" if most["part"] == "performance" else "weight"
        text += (
            f" The largest single part goes with the {kind} of {quoted_label(str(most['label']))}: {_points(most)}, "
            f"{'which cannot be told from none' if certainty(p) == 'cannot be separated' else _sign(most, p)}."
        )
    numbers = {part: float(fall.part(part)["estimate"]) for part in (*parts, "change")}
    return Finding(key=f"why_{name}", text=text, numbers=numbers)


def _sign(row: pd.Series, p: float) -> str:
    words = {"leaning": "leaning towards"}.get(certainty(p), certainty(p))
    return f"{words} {'a lift' if row['estimate'] > 0 else 'a loss'} ({chance(p)})"


def _points(row: pd.Series) -> str:
    """Return a part of a change with its interval: "−0.04 (−0.09 to 0.02)"."""
    if math.isnan(row["low"]):
        return signed(float(row["estimate"]), 2)
    shown, ends = inside(row["estimate"], row["low"], row["high"], "score", 2)
    return f"{shown} ({ends})"


def share_moved(found: ShareMove, name: str) -> Finding:
    """Say which share in `found` moved most since the reference called `name`, and what its move is made of."""
    rows: Sequence[Any] = list(found.table.itertuples())
    most = max(rows, key=lambda row: abs(row.change))
    parts = [f"{signed(100 * getattr(most, part), 1)} {words}" for part, words in SHARE_PARTS.items()]
    ends, open_ = "", "It has no interval"
    if not math.isnan(most.change_low):
        ends = f" ({to(signed(100 * most.change_low, 1), signed(100 * most.change_high, 1))})"
        inside_zero = most.change_low <= 0 <= most.change_high
        open_ = "Its interval holds zero" if inside_zero else "Its interval leaves out zero"
    text = (
        f"The share of {quoted_label(most.label)} moved most: {percent(most.before, 1)} of the differences in "
        f"{found.wave_before}, {percent(most.after, 1)} in {found.wave_after}, {signed(100 * most.change, 1)} points"
        f"{ends}. Of that {listed(parts)}. {open_}; shares are not among the changes this report judges."
    )
    numbers = {"before": most.before, "after": most.after, "change": most.change}
    return Finding(key=f"shares_{name}", text=text, numbers={key: float(value) for key, value in numbers.items()})


SHARE_PARTS = {
    "spread": "goes with how much people differ in their ratings", "slope": "with slopes",
    "noise": "with what drivers leave unexplained",
}  # fmt: skip
"""Parts of the change of a share, as sentences name them."""
