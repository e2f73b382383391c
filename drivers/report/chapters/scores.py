"""Scores of every question, overall and by segment."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from drivers.errors import DataWarning
from drivers.report import score_tables as st
from drivers.report.chapter import Chapter, Context, Say
from drivers.report.content import Finding, Paragraph, Section, Tile, paragraphs
from drivers.report.withhold import withhold
from drivers.survey.answers import Answers
from drivers.survey.scores import Scores, scores

MOST_TILES = 2
"""Outcomes whose scores stand at the top of the page."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoresFound:
    """Scores ``overall``, and by segment column."""

    overall: Scores
    by_segment: Mapping[str, Scores]


def compute(context: Context, say: Say) -> ScoresFound:
    """Return the scores of the answers in `context`; `say` names the step."""
    say("scores")
    by_segment = {by: scored_by(context.answers, by) for by in context.segments}
    return ScoresFound(overall=scored(context.answers), by_segment=by_segment)


def scored(answers: Answers, by: tuple[str, ...] = ()) -> Scores:
    """Return the scores of `answers` in groups of `by`; what is warned about stands in their notes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return scores(answers, by)


def scored_by(answers: Answers, by: str) -> Scores:
    """Return the scores of `answers` in groups of `by`, small ones hidden so that none follows from the total."""
    found = scored(answers, (by,))
    numbers = ("estimate", "std_error", "low", "high", "n_eff", "deff")
    return replace(found, table=withhold(found.table, by, ("item", "measure"), numbers))


def sections(context: Context, found: ScoresFound) -> tuple[Section, ...]:
    """Return the chapter: what was `found` of the outcomes of `context` in words, and of all questions in tables."""
    survey, rows = context.survey, found.overall.table
    said = tuple(st.score_finding(_headline(found, name), survey) for name in survey.outcomes)
    by = tuple(
        st.scores_by_table(scored.table, segment, survey.outcomes, survey, context.level)
        for segment, scored in found.by_segment.items()
    )
    notes = tuple(Paragraph(text=note) for note in found.overall.notes)
    table = st.scores_table(rows, survey, context.level)
    return (Section(key="scores", title="Scores", blocks=(*paragraphs(said), table, *by, *notes)),)


def findings(context: Context, found: ScoresFound) -> tuple[Finding, ...]:
    """Return the score of the headline outcome of `context` in `found` as a sentence."""
    return (st.score_finding(_headline(found, context.outcome), context.survey),)


def tiles(context: Context, found: ScoresFound) -> tuple[Tile, ...]:
    """Return the scores in `found` of the first outcomes of `context`."""
    return tuple(
        st.score_tile(_headline(found, name), context.survey, context.level) for name in context.outcomes[:MOST_TILES]
    )


def tidy(context: Context, found: ScoresFound) -> Mapping[str, pd.DataFrame]:
    """Return the scores in `found` as tables; `context` is not needed."""
    tables = {f"scores_by_{by}": scored.table for by, scored in found.by_segment.items()}
    return {"scores": found.overall.table, **tables}


def _headline(found: ScoresFound, item: str) -> pd.Series:
    return st.headline_rows(found.overall.table, item).iloc[0]


CHAPTER = Chapter(
    key="scores", title="Scores", compute=compute, sections=sections, findings=findings, tiles=tiles, tidy=tidy
)
