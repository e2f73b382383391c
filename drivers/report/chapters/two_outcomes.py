"""What goes with satisfaction beside what goes with the expectation gap: same drivers, same draws, two outcomes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import pandas as pd

from drivers.errors import DriversWarning
from drivers.gap.run import gap
from drivers.gap.two_outcomes import TwoOutcomes
from drivers.report import gap_sentences as said
from drivers.report.chapter import Chapter, Context, Say
from drivers.report.content import Finding, Paragraph, Section
from drivers.report.gap_figures import compare_figure, titled
from drivers.report.gap_tables import compare_table

TITLE = "What goes with satisfaction, and what with the gap"


def compute(context: Context, say: Say) -> TwoOutcomes | None:
    """Return shares of both outcomes of `context`; None without expectations; `say` names the step."""
    if not context.survey.expectations:
        return None
    say("importance for satisfaction and for the gap")
    outcome = context.outcome if context.outcome != context.survey.direct else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DriversWarning)
        return gap(
            context.answers, outcome, parts=("compare",), draws=context.draws, seed=context.seed, level=context.level
        ).compare


def sections(context: Context, found: TwoOutcomes) -> tuple[Section, ...]:
    """Return the chapter: which drivers matter more for which, as `found`; `context` is not needed."""
    apart = said.two(found).text
    blocks = (Paragraph(text=apart), titled(compare_figure(found), apart), compare_table(found))
    return (Section(key="two-outcomes", title=TITLE, blocks=blocks),)


def findings(context: Context, found: TwoOutcomes) -> tuple[Finding, ...]:
    """Return which drivers matter more for the gap, as `found`; `context` is not needed."""
    return (said.two(found),)


def tidy(context: Context, found: TwoOutcomes) -> Mapping[str, pd.DataFrame]:
    """Return what was `found` as a table; `context` is not needed."""
    return {"gap_compare": found.tidy()}


CHAPTER: Chapter[TwoOutcomes] = Chapter(
    key="two-outcomes", title=TITLE, compute=compute, sections=sections, findings=findings, tidy=tidy
)
