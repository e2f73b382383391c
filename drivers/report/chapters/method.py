"""The method in plain words, and the defaults that are judgements."""

from __future__ import annotations

from drivers.importance.result import Importance
from drivers.report.chapter import Chapter, Context, Say
from drivers.report.content import Block, Section
from drivers.report.method import defaults_table, method_paragraphs


def compute(context: Context, say: Say) -> Importance:
    """Return what `context` holds already; there is nothing slow to `say`."""
    return context.importance


def sections(context: Context, imp: Importance) -> tuple[Section, ...]:
    """Return the chapter on how `imp` was computed with the settings of `context`."""
    weighted = context.survey.weight is not None
    blocks: tuple[Block, ...] = (
        *method_paragraphs(imp, weighted),
        defaults_table(context.seed, context.draws, context.level),
    )
    return (Section(key="method", title="Method", blocks=blocks, beside=True),)


CHAPTER = Chapter(key="method", title="Method", compute=compute, sections=sections)
