"""Data quality: who answered, who was used, what was missing, what the checks of the data found."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from drivers.fit.result import Usage
from drivers.report.chapter import Chapter, Context, Say
from drivers.report.chapters.importance import of_contact
from drivers.report.content import Block, Paragraph, Section
from drivers.report.quality import findings_table, missing_table, usage_table, weights_paragraph

_NOT_USED = " respondents not used: "
"""A fit's notes with these words repeat the table of who was used."""


def compute(context: Context, say: Say) -> Usage:
    """Return who was used in `context`; there is nothing slow to `say`."""
    return context.lead.usage


def sections(context: Context, usage: Usage) -> tuple[Section, ...]:
    """Return the chapter: `usage` as a table, weights, missing answers and findings of `context`."""
    survey, imp = context.survey, context.importance
    blocks: list[Block] = [
        usage_table(usage.read, usage.used, usage.complete, usage.dropped),
        weights_paragraph(imp.n, imp.n_eff, survey.weight),
        missing_table(context.answers.levels, survey),
    ]
    told = [finding for finding in context.answers.findings if finding.severity != "error"]
    if told:
        blocks.append(findings_table(told, survey))
    said = [note for note in context.lead.notes if not of_contact(note) and _NOT_USED not in note]
    said += [note for note in imp.notes if note not in context.lead.notes]
    blocks += [Paragraph(text=note) for note in said]
    return (Section(key="quality", title="Data quality", blocks=tuple(blocks), beside=True),)


def tidy(context: Context, usage: Usage) -> Mapping[str, pd.DataFrame]:
    """Return `usage` of `context` as a table: respondents read, used and complete, and not used by reason."""
    rows = [("read", usage.read), ("used", usage.used), ("complete", usage.complete)]
    rows += [(f"not used: {reason}", lost) for reason, lost in usage.dropped.items()]
    return {"usage": pd.DataFrame(rows, columns=["respondents", "n"])}


CHAPTER = Chapter(key="quality", title="Data quality", compute=compute, sections=sections, tidy=tidy)
