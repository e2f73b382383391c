"""What the report says of segments: which slopes differ from the rest, how sure that is; no claim without a flag."""

from __future__ import annotations

from typing import Any

from drivers.change.segments import SegmentMap
from drivers.defaults import FALSE_FLAGS
from drivers.report.content import Finding
from drivers.report.sentences import certainty
from drivers.report.words import chance, inside, listed, percent, plural, quoted_label

NUMBERS = ("slope", "rest", "rest_low", "rest_high", "p_differs")
"""What a sentence on one slope rests on."""


def overall(found: SegmentMap) -> Finding:
    """Say how many slopes in `found` may be said to differ from those of the other segments."""
    known = found.table[found.table["p_differs"].notna()]
    flags = int(known["flag"].sum())
    what = f"{plural(len(known), 'slope')} of segments ({listed([quoted_label(found.label(by)) for by in found.by])})"
    if not len(known):
        text = "No segment can be compared with the others: too few have enough answers for slopes of their own."
    elif not flags:
        text = (
            f"Of {what} none differs surely enough from the other segments to be called different: what counts may "
            "well be the same for all."
        )
    else:
        differ = "differs" if flags == 1 else "differ"
        text = (
            f"Of {what} {flags} {differ} surely enough from the other segments to be called different; of slopes "
            f"called so, at most {percent(FALSE_FLAGS)} are expected not to differ."
        )
    return Finding(key="segments", text=text, numbers={"compared": float(len(known)), "differ": float(flags)})


def claimed(found: SegmentMap) -> tuple[Finding, ...]:
    """Return one sentence per slope in `found` that differs from those of the other segments, the surest first."""
    rows: list[Any] = list(found.flags.itertuples())
    return tuple(
        Finding(
            key=f"segment_{row.segment_column}_{row.segment}_{row.driver}", text=_one(found, row),
            numbers={name: float(getattr(row, name)) for name in NUMBERS},
        )
        for row in rows
    )  # fmt: skip


def _one(found: SegmentMap, row: Any) -> str:
    above = row.direction == "above"
    apart, ends = inside(row.rest, row.rest_low, row.rest_high, "score", 2)
    slope, _ = inside(row.slope, row.low, row.high, "points", 2)
    group = str(row.segment)
    group = f"“{group}”" if group.isdecimal() else quoted_label(group)  # a bare number reads like a count
    return (
        f"{quoted_label(row.label)} counts for {'more' if above else 'less'} in {group} than in the other groups of "
        f"{quoted_label(found.label(row.segment_column))}: a slope of {slope}, {apart} points against theirs ({ends}); "
        f"{certainty(row.p_differs)} different (probability {chance(row.p_differs)})."
    )
