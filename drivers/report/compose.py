"""From an `Analysis` to a `Report`: the chapters' words in the order of the page. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from typing import Any

from drivers.report.analysis import Analysis
from drivers.report.chapter import Chapter, Context
from drivers.report.chapters import CHAPTERS, FIRST_SCREEN
from drivers.report.clean_text import cleaned
from drivers.report.content import Finding, Paragraph, Report, Section
from drivers.report.tidy_tables import gathered
from drivers.report.words import count, percent, plural


def compose(analysis: Analysis, made: date) -> Report:
    """Put a report together.

    Parameters
    ----------
    analysis : Analysis
        All results.
    made : date
        The day to print.

    Returns
    -------
    Report
        Content for any writer.
    """
    context, results = analysis.context, analysis.results
    imp, survey = context.importance, context.survey
    done = [chapter for chapter in CHAPTERS if chapter.key in results]
    key = [finding for chapter in _first(done) for finding in chapter.findings(context, results[chapter.key])]
    report = Report(
        title=f"{survey.title}: what goes with {imp.label(imp.outcome)}",
        subtitle=_subtitle(context),
        tiles=tuple(tile for chapter in _first(done) for tile in chapter.tiles(context, results[chapter.key])),
        findings=_without_repeats(key),
        sections=tuple(section for chapter in CHAPTERS for section in _sections(analysis, chapter)),
        provenance=_provenance(context, made),
        tables=gathered(chapter.tidy(context, results[chapter.key]) for chapter in done),
        facts=_facts(context),
        made=made,
    )
    return cleaned(report)


def _first(chapters: Sequence[Chapter[Any]]) -> list[Chapter[Any]]:
    """Return the chapters in the order of the first screen."""
    order = {key: place for place, key in enumerate(FIRST_SCREEN)}
    return sorted(chapters, key=lambda chapter: order.get(chapter.key, len(order)))


def _sections(analysis: Analysis, chapter: Chapter[Any]) -> tuple[Section, ...]:
    """Return the sections of a chapter; one with the reason where it was refused, none where it does not apply."""
    if chapter.key in analysis.refused:
        text = f"This part could not be computed: {analysis.refused[chapter.key]}"
        return (Section(key=chapter.key, title=chapter.title, blocks=(Paragraph(text=text, caution=True),)),)
    if chapter.key not in analysis.results:
        return ()
    return chapter.sections(analysis.context, analysis.results[chapter.key])


def _without_repeats(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple({finding.text: finding for finding in findings}.values())


def _subtitle(context: Context) -> str:
    survey, imp = context.survey, context.importance
    when = f"{survey.label(survey.wave or '')} {context.wave}" if context.wave else "all waves" if survey.wave else ""
    base = f"{plural(imp.n, 'respondent')}{f' (worth {count(imp.n_eff)} after weighting)' if survey.weight else ''}"
    parts = (when, base, f"intervals are {percent(imp.level)}", "association, not effect")
    return " · ".join(part for part in parts if part)


def _provenance(context: Context, made: date) -> tuple[tuple[str, str], ...]:
    source, usage, imp = context.answers.source, context.lead.usage, context.importance
    dropped = "; ".join(f"{count(lost)} {reason}" for reason, lost in usage.dropped.items()) or "none"
    return (
        ("Made on", f"{made.day} {made:%B %Y}"),
        ("Made with", f"drivers {version('drivers')}"),
        ("Data", f"{source.name}, outside the folder of the definition" if source.outside else source.name),
        ("Data, SHA-256", source.sha256 or "not a file"),
        ("Definition, SHA-256", context.survey.sha256),
        ("Rows in the data", count(context.every.n_read)),
        *([(f"Rows of wave {context.wave}", count(usage.read))] if context.wave else []),
        ("Respondents used", count(usage.used)),
        ("Respondents not used", dropped),
        ("Model", f"{imp.model}, {imp.engine} engine, measure {imp.measure}"),
        ("Seed", str(context.seed)),
        ("Draws", count(context.draws)),
    )


def _facts(context: Context) -> dict[str, object]:
    """Return the request and the origin of the data as plain values, for `run.json`."""
    source, usage, survey = context.answers.source, context.lead.usage, context.survey
    return {
        "survey": survey.title,
        "outcome": context.outcome,
        "outcomes": list(context.outcomes),
        "drivers": list(survey.drivers),
        "labels": {name: survey.label(name) for name in (*context.outcomes, *survey.drivers)},
        "scales": {
            name: list(scale) if isinstance(scale := survey.item(name).scale, tuple) else str(scale)
            for name in (*context.outcomes, *survey.drivers)
        },
        "wave": context.wave,
        "wave_column": survey.wave,
        "level": context.level,
        "seed": context.seed,
        "draws": context.draws,
        "data": source.name,
        "data_sha256": source.sha256,
        "definition_sha256": survey.sha256,
        "rows_in_data": context.every.n_read,
        "rows_read": usage.read,
        "rows_used": usage.used,
        "rows_not_used": dict(usage.dropped),
    }
