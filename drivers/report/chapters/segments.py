"""Slopes by segment, pooled as far as the data ask for it, and which differ from the rest."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from drivers.change.segments import NUMBERS, SegmentMap, segment_map
from drivers.defaults import MOST_SEGMENTS_DRAWN
from drivers.errors import SmallBaseWarning
from drivers.report import segment_sentences as said_of
from drivers.report.chapter import Chapter, Context, Say
from drivers.report.content import Figure, Finding, Paragraph, Section, paragraphs
from drivers.report.segment_figures import map_figure
from drivers.report.segment_tables import segment_tables
from drivers.report.withhold import withhold
from drivers.report.words import plural, quoted_label

INTRO = (
    "Every segment has a model of its own; its slopes are then drawn towards those of the other segments as far as "
    "they differ by no more than chance would make them. Compare slopes between segments, never shares: a share "
    "also moves with how much people in a segment differ."
)
MOST_CLAIMED = 2
"""Differences that the first screen names, the surest; the chapter names them all."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SegmentsFound:
    """Slopes of all segments fit to be shown, None without any; ``too_many`` counts the groups of columns left out."""

    found: SegmentMap | None
    too_many: Mapping[str, int]


def compute(context: Context, say: Say) -> SegmentsFound | None:
    """Return the slopes in every segment of `context`, None without any; `say` names the columns."""
    found = None
    if context.segments:
        say(f"slopes by {', '.join(context.survey.label(by) for by in context.segments)}")
        with warnings.catch_warnings():  # the tables say which groups were held back
            warnings.simplefilter("ignore", SmallBaseWarning)
            found = fit_to_show(segment_map(
                context.answers, context.segments, context.outcome, level=context.level, seed=context.seed
            ))  # fmt: skip
    too_many = {by: number for by, number in context.groups.items() if by not in context.segments}
    return SegmentsFound(found=found, too_many=too_many) if found or too_many else None


def fit_to_show(found: SegmentMap) -> SegmentMap:
    """Return slopes `found` with further segments hidden where a small one would follow from the total."""
    parts = [
        withhold(found.table[found.table["segment_column"] == by], "segment", (), (*NUMBERS, "n_eff"))
        for by in found.by
    ]
    table = pd.concat(parts, ignore_index=True)
    hidden = table["withheld"].astype(bool)
    table["flag"] &= ~hidden
    table.loc[hidden, "direction"] = ""
    return replace(found, table=table)


def sections(context: Context, found: SegmentsFound) -> tuple[Section, ...]:
    """Return the chapter with one section per segment column in `found`, in the labels of `context`."""
    survey, slopes = context.survey, found.found
    left_out = tuple(
        Paragraph(
            text=f"{quoted_label(survey.label(by))} has {plural(number, 'group')}, too many to show; merge some.",
            caution=True,
        )
        for by, number in found.too_many.items()
    )
    said = () if slopes is None else paragraphs((said_of.overall(slopes), *said_of.claimed(slopes)))
    parts = () if slopes is None else tuple(
        Section(
            key=f"segment-{place}",
            title=f"Slopes by {survey.label(by)}",
            blocks=(*_picture(slopes, by), *segment_tables(slopes, by, survey)),
        )
        for place, by in enumerate(slopes.by, start=1)
    )  # fmt: skip
    blocks = (*said, Paragraph(text=INTRO), *left_out)
    return (Section(key="segments", title="Segments: for whom does what count", blocks=blocks, sections=parts),)


def _picture(slopes: SegmentMap, by: str) -> tuple[Figure, ...]:
    """Return the picture of slopes by segment, unless nothing may be shown or it would be too dense to read."""
    rows = slopes.table[slopes.table["segment_column"] == by]
    readable = rows["shown"].any() and rows["segment"].nunique() <= MOST_SEGMENTS_DRAWN
    if not readable:
        return ()
    said = [finding.text for finding in said_of.claimed(slopes) if finding.key.startswith(f"segment_{by}_")]
    none = f"No slope by {slopes.label(by)} differs surely from those of the other groups."
    return (replace(map_figure(slopes, by), says=said[0] if said else none),)


def findings(context: Context, found: SegmentsFound) -> tuple[Finding, ...]:
    """Return the surest differences between segments among what was `found`; `context` is not needed."""
    return () if found.found is None else said_of.claimed(found.found)[:MOST_CLAIMED]


def tidy(context: Context, found: SegmentsFound) -> Mapping[str, pd.DataFrame]:
    """Return all slopes in `found`, of the headline outcome of `context`, and how far they spread."""
    if found.found is None:
        return {}
    slopes = found.found.table.assign(outcome=context.outcome)
    return {"segment_slopes": slopes, "segment_spread": found.found.spread.assign(outcome=context.outcome)}


CHAPTER = Chapter(
    key="segments", title="Segments", compute=compute, sections=sections, findings=findings, tidy=tidy
)
