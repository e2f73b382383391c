"""Slopes by segment: one table and one picture per segment column."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from drivers.defaults import MOST_SEGMENTS_DRAWN
from drivers.errors import SmallBaseWarning
from drivers.fit.segments import SegmentSlopes, slopes_by
from drivers.report.chapter import Chapter, Context, Say
from drivers.report.content import Figure, Paragraph, Section
from drivers.report.figures import segments_figure
from drivers.report.segment_tables import segment_tables
from drivers.report.withhold import withhold
from drivers.report.words import plural, quoted_label

INTRO = (
    "Every segment has a model of its own. Compare slopes between segments, never shares: a share also moves with how "
    "much people in a segment differ. Where intervals overlap widely, read no difference into it."
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SegmentsFound:
    """Slopes by segment column; ``too_many`` counts the groups of columns left out for having too many."""

    slopes: Mapping[str, SegmentSlopes]
    too_many: Mapping[str, int]


def compute(context: Context, say: Say) -> SegmentsFound | None:
    """Return the slopes in every segment of `context`, None without any; `say` names each column."""
    slopes = {}
    for by in context.segments:
        say(f"slopes by {context.survey.label(by)}")
        slopes[by] = _slopes(context, by)
    too_many = {by: number for by, number in context.groups.items() if by not in context.segments}
    return SegmentsFound(slopes=slopes, too_many=too_many) if slopes or too_many else None


def _slopes(context: Context, by: str) -> SegmentSlopes:
    with warnings.catch_warnings():  # the tables say which groups were held back
        warnings.simplefilter("ignore", SmallBaseWarning)
        found = slopes_by(context.answers, by, context.outcome, seed=context.seed)
    return replace(found, table=withhold(found.tidy(), "segment", (), ("slope", "low", "high", "n_eff")))


def sections(context: Context, found: SegmentsFound) -> tuple[Section, ...]:
    """Return the chapter with one section per segment column in `found`, in the labels of `context`."""
    survey = context.survey
    left_out = tuple(
        Paragraph(
            text=f"{quoted_label(survey.label(by))} has {plural(number, 'group')}, too many to show; merge some.",
            caution=True,
        )
        for by, number in found.too_many.items()
    )
    parts = tuple(
        Section(
            key=f"segment-{place}",
            title=f"Slopes by {survey.label(by)}",
            blocks=(*_picture(slopes, survey.label(by)), *segment_tables(slopes.tidy(), by, survey, slopes.level)),
        )
        for place, (by, slopes) in enumerate(found.slopes.items(), start=1)
    )
    blocks = (Paragraph(text=INTRO), *left_out)
    return (Section(key="segments", title="Slopes by segment", blocks=blocks, sections=parts),)


def _picture(slopes: SegmentSlopes, name: str) -> tuple[Figure, ...]:
    """Return the picture of slopes by segment, unless nothing may be shown or it would be too dense to read."""
    rows = slopes.tidy()
    readable = rows["shown"].any() and rows["segment"].nunique() <= MOST_SEGMENTS_DRAWN
    return (segments_figure(slopes, name),) if readable else ()


def tidy(context: Context, found: SegmentsFound) -> Mapping[str, pd.DataFrame]:
    """Return all slopes in `found`, of the headline outcome of `context`, in one table."""
    tables = [slopes.tidy().assign(outcome=context.outcome) for slopes in found.slopes.values()]
    return {"segment_slopes": pd.concat(tables, ignore_index=True)} if tables else {}


CHAPTER = Chapter(key="segments", title="Slopes by segment", compute=compute, sections=sections, tidy=tidy)
