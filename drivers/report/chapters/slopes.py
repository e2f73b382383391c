"""Slope and share side by side: two different questions about the headline outcome."""

from __future__ import annotations

from dataclasses import replace

from drivers.importance.result import Importance
from drivers.report import findings as found_in
from drivers.report.chapter import Chapter, Context, Say
from drivers.report.content import Block, Paragraph, Section, paragraphs
from drivers.report.figures import slope_share_figure
from drivers.report.importance_tables import slope_table

MOST_WORDED = 6
"""The slopes of so many drivers are put into words; the table and the chart hold them all."""

INTRO = (
    "Share and slope answer different questions. The share says how much of the differences between people goes with "
    "a driver; the slope says how much higher the outcome is where the driver is one point higher."
)


def compute(context: Context, say: Say) -> Importance:
    """Return what `context` holds already; there is nothing slow to `say`."""
    return context.importance


def sections(context: Context, imp: Importance) -> tuple[Section, ...]:
    """Return the chapter on the slopes of `imp`; the survey in `context` knows which drivers are ratings."""
    survey = context.survey
    cautions = (*found_in.no_slope_findings(imp), *found_in.direction_findings(imp, survey))
    said = found_in.slope_findings(imp, survey, MOST_WORDED)
    blocks: tuple[Block, ...] = (
        Paragraph(text=INTRO),
        *paragraphs(said),
        *paragraphs(cautions),
        replace(slope_share_figure(imp), says=said[0].text),
        slope_table(imp),
    )
    return (Section(key="slopes", title="Slope and share", blocks=blocks),)


CHAPTER = Chapter(key="slopes", title="Slope and share", compute=compute, sections=sections)
