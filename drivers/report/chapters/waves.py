"""Scores of the outcomes from wave to wave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from drivers.defaults import MOST_GROUPS
from drivers.report import score_tables as st
from drivers.report.chapter import Chapter, Context, Say
from drivers.report.chapters.scores import scored_by
from drivers.report.content import Block, Finding, Paragraph, Section, paragraphs
from drivers.report.figures import waves_figure
from drivers.report.words import plural, quoted_label
from drivers.survey.scores import Scores


def compute(context: Context, say: Say) -> Scores | int | None:
    """Return scores by wave of `context`, or their number when nobody would read so many; `say` names the step."""
    if context.survey.wave is None:
        return None
    if context.waves > MOST_GROUPS:
        return context.waves
    say(f"scores by {context.survey.label(context.survey.wave)}")
    return scored_by(context.every, context.survey.wave)


def sections(context: Context, found: Scores | int) -> tuple[Section, ...]:
    """Return the chapter: a sentence and a chart per outcome of `context`, and the table of `found`."""
    if isinstance(found, int):
        column = quoted_label(context.survey.label(context.survey.wave or ""))
        text = f"{column} has {plural(found, 'wave')}, too many to show; merge some."
        return (Section(key="waves", title="Scores by wave", blocks=(Paragraph(text=text, caution=True),)),)
    survey, rows, by = context.survey, found.table, found.by[0]
    shown = [name for name in survey.outcomes if st.headline_rows(rows, name)["shown"].sum() > 1]
    said = {name: st.wave_findings(rows, by, name, survey, context.wave) for name in shown}
    blocks: tuple[Block, ...] = (
        *paragraphs(finding for findings in said.values() for finding in findings),
        *(replace(waves_figure(found, name), says=" ".join(finding.text for finding in said[name])) for name in shown),
        st.scores_by_table(rows, by, survey.outcomes, survey, context.level),
    )
    return (Section(key="waves", title="Scores by wave", blocks=blocks),)


def findings(context: Context, found: Scores | int) -> tuple[Finding, ...]:
    """Return the headline outcome of `context` among its waves, if `found`."""
    if isinstance(found, int):
        return ()
    return st.wave_findings(found.table, found.by[0], context.outcome, context.survey, context.wave)


def tidy(context: Context, found: Scores | int) -> Mapping[str, pd.DataFrame]:
    """Return the scores by wave, if `found`; `context` is not needed."""
    return {} if isinstance(found, int) else {"scores_by_wave": found.table}


CHAPTER: Chapter[Scores | int] = Chapter(
    key="waves", title="Scores by wave", compute=compute, sections=sections, findings=findings, tidy=tidy
)
