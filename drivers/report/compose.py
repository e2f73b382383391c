"""From an `Analysis` to a `Report`: which sections there are and what stands in them. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from importlib.metadata import version

import pandas as pd

from drivers.defaults import LEANING, MOST_SEGMENTS_DRAWN
from drivers.fit.segments import SegmentSlopes
from drivers.report import findings as found
from drivers.report import score_tables as st
from drivers.report.analysis import Analysis
from drivers.report.content import Block, Figure, Finding, Paragraph, Report, Section, Tile
from drivers.report.figures import importance_figure, ranks_figure, segments_figure, slope_share_figure, waves_figure
from drivers.report.importance_tables import importance_table, models_table, outcomes_table, slope_table
from drivers.report.method import defaults_table, method_paragraphs
from drivers.report.quality import findings_table, missing_table, usage_table, weights_paragraph
from drivers.report.segment_tables import segment_tables
from drivers.report.words import chance, count, inside, percent, plural, quoted_label, share

MOST_WORDED = 6
"""The order and the slopes of so many drivers are put into words; tables and charts hold them all."""


_NOT_USED = " respondents not used: "
"""A fit's notes with these words repeat the table of who was used."""


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
    survey, imp = analysis.survey, analysis.importance
    headline = _headline_score(analysis, analysis.outcome)
    when = f"{survey.label(survey.wave or '')} {analysis.wave}" if analysis.wave else "all waves" if survey.wave else ""
    base = f"{plural(imp.n, 'respondent')}{f' (worth {count(imp.n_eff)} after weighting)' if survey.weight else ''}"
    key = (*found.importance_findings(imp, survey), st.score_finding(headline, survey), *_wave_findings(analysis))
    sections = (
        _scores(analysis),
        _importance(analysis),
        _slopes(analysis),
        *_segments(analysis),
        *_waves(analysis),
        _quality(analysis),
        _method(analysis),
    )
    return Report(
        title=f"{survey.title}: what goes with {imp.label(imp.outcome)}",
        subtitle=" · ".join(
            part for part in (when, base, f"intervals are {percent(imp.level)}", "association, not effect") if part
        ),
        tiles=_tiles(analysis),
        findings=_without_repeats(key),
        sections=sections,
        provenance=_provenance(analysis, made),
    )


def _without_repeats(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple({finding.text: finding for finding in findings}.values())


def _headline_score(analysis: Analysis, item: str) -> pd.Series:
    return st.headline_rows(analysis.overall.tidy(), item).iloc[0]


def _tiles(analysis: Analysis) -> tuple[Tile, ...]:
    imp, survey = analysis.importance, analysis.survey
    tiles = [
        st.score_tile(_headline_score(analysis, name), survey, analysis.level)
        for name in (analysis.outcome, *(n for n in survey.outcomes if n != analysis.outcome))[:2]
    ]
    r2 = imp.r2_interval()
    explained, sides = inside(r2["estimate"], r2["low"], r2["high"], "percent")
    tiles.append(
        Tile(
            label=f"Explained differences in {imp.label(imp.outcome)}",
            value=explained,
            detail=f"{sides}; the rest is not explained by them",
        )
    )
    leader, rival, p_first, p_rival = found.leader_and_rival(imp)
    if imp.rankable and p_first < LEANING:
        names = (imp.label(imp.drivers[leader]), imp.label(imp.drivers[rival]))
        detail = f"{names[0]} is first with probability {chance(p_first)}, {names[1]} with {chance(p_rival)}"
        tiles.append(Tile(label="Largest share", value="not settled", detail=detail))
    elif imp.rankable:
        row = imp.tidy().iloc[leader]
        tiles.append(
            Tile(
                label="Largest share",
                value=imp.label(imp.drivers[leader]),
                detail=f"{share(row['share'])} of differences; first with probability {chance(p_first)}",
            )
        )
    else:
        tiles.append(Tile(label="Largest share", value="not ranked", detail="too little is explained"))
    return tuple(tiles)


def _paragraphs(findings: Sequence[Finding]) -> tuple[Paragraph, ...]:
    return tuple(Paragraph(text=finding.text, caution=finding.caution) for finding in findings)


def _scores(analysis: Analysis) -> Section:
    rows, survey = analysis.overall.tidy(), analysis.survey
    said = tuple(st.score_finding(_headline_score(analysis, name), survey) for name in survey.outcomes)
    by = tuple(
        st.scores_by_table(scored.tidy(), segment, survey.outcomes, survey, analysis.level)
        for segment, scored in analysis.by_segment.items()
    )
    notes = tuple(Paragraph(text=note) for note in analysis.overall.notes)
    table = st.scores_table(rows, survey, analysis.level)
    return Section(key="scores", title="Scores", blocks=(*_paragraphs(said), table, *by, *notes))


def _importance(analysis: Analysis) -> Section:
    imp, survey = analysis.importance, analysis.survey
    blocks: list[Block] = [
        *_paragraphs(
            [f for f in found.importance_findings(imp, survey) if f.key in ("first", "explained", "too_little")]
        ),
        *(Paragraph(text=note, caution=True) for note in analysis.lead.notes if _of_contact(note)),
        importance_figure(imp),
        importance_table(imp),
    ]
    if imp.rankable and len(imp.drivers) > 1:
        order = found.order_findings(imp, MOST_WORDED)
        blocks += [Paragraph(text=" ".join(finding.text for finding in order)), ranks_figure(imp)]
    parts = []
    if len(analysis.importances) > 1 or analysis.not_fitted:
        other: list[Block] = [outcomes_table(analysis.importances)]
        other += [
            Paragraph(text=f"{quoted_label(survey.label(name))} has no importance: {why}", caution=True)
            for name, why in analysis.not_fitted.items()
        ]
        parts.append(Section(key="other-outcomes", title="Other outcomes", blocks=tuple(other)))
    check: tuple[Block, ...] = (Paragraph(text=f"No ordinal model was fitted: {analysis.no_ordinal}."),)
    if analysis.ordinal is not None:
        check = (models_table({"Linear": imp, "Ordinal": analysis.ordinal}),)
    parts.append(Section(key="cross-check", title="Does another model say the same?", blocks=check))
    return Section(
        key="importance", title=f"What goes with {imp.label(imp.outcome)}", blocks=tuple(blocks), sections=tuple(parts)
    )


def _of_contact(note: str) -> bool:
    """Tell whether the `note` of a fit says what answers of "not applicable" were taken for."""
    return note.startswith("Not applicable")


def _slopes(analysis: Analysis) -> Section:
    imp, survey = analysis.importance, analysis.survey
    cautions = (*found.no_slope_findings(imp), *found.direction_findings(imp, survey))
    intro = Paragraph(
        text=(
            "Share and slope answer different questions. The share says how much of the differences between people "
            "goes with a driver; the slope says how much higher the outcome is where the driver is one point higher."
        )
    )
    return Section(
        key="slopes",
        title="Slope and share",
        blocks=(
            intro,
            *_paragraphs(found.slope_findings(imp, survey, MOST_WORDED)),
            *_paragraphs(cautions),
            slope_share_figure(imp),
            slope_table(imp),
        ),
    )


def _segments(analysis: Analysis) -> tuple[Section, ...]:
    survey = analysis.survey
    left_out = tuple(
        Paragraph(
            text=f"{quoted_label(survey.label(by))} has {plural(number, 'group')}, too many to show; merge some.",
            caution=True,
        )
        for by, number in analysis.too_many.items()
    )
    if not (analysis.slopes or left_out):
        return ()
    intro = Paragraph(
        text=(
            "Every segment has a model of its own. Compare slopes between segments, never shares: a share also moves "
            "with how much people in a segment differ. Where intervals overlap widely, read no difference into it."
        )
    )
    parts = tuple(
        Section(
            key=f"segment-{place}",
            title=f"Slopes by {survey.label(by)}",
            blocks=(
                *_segment_picture(slopes, survey.label(by)),
                *segment_tables(slopes.tidy(), by, survey, slopes.level),
            ),
        )
        for place, (by, slopes) in enumerate(analysis.slopes.items(), start=1)
    )
    return (Section(key="segments", title="Slopes by segment", blocks=(intro, *left_out), sections=parts),)


def _segment_picture(slopes: SegmentSlopes, name: str) -> tuple[Figure, ...]:
    """Return the picture of slopes by segment, unless nothing may be shown or it would be too dense to read."""
    rows = slopes.tidy()
    readable = rows["shown"].any() and rows["segment"].nunique() <= MOST_SEGMENTS_DRAWN
    return (segments_figure(slopes, name),) if readable else ()


def _wave_findings(analysis: Analysis) -> tuple[Finding, ...]:
    if analysis.by_wave is None:
        return ()
    by = analysis.by_wave.by[0]
    return st.wave_findings(analysis.by_wave.tidy(), by, analysis.outcome, analysis.survey, analysis.wave)


def _waves(analysis: Analysis) -> tuple[Section, ...]:
    scored = analysis.by_wave
    if analysis.too_many_waves:
        column = quoted_label(analysis.survey.label(analysis.survey.wave or ""))
        text = f"{column} has {plural(analysis.too_many_waves, 'wave')}, too many to show; merge some."
        return (Section(key="waves", title="Scores by wave", blocks=(Paragraph(text=text, caution=True),)),)
    if scored is None:
        return ()
    survey, rows, by = analysis.survey, scored.tidy(), scored.by[0]
    shown = [name for name in survey.outcomes if st.headline_rows(rows, name)["shown"].sum() > 1]
    said = [finding for name in shown for finding in st.wave_findings(rows, by, name, survey, analysis.wave)]
    return (
        Section(
            key="waves",
            title="Scores by wave",
            blocks=(
                *_paragraphs(said),
                *(waves_figure(scored, name) for name in shown),
                st.scores_by_table(rows, by, survey.outcomes, survey, analysis.level),
            ),
        ),
    )


def _quality(analysis: Analysis) -> Section:
    survey, usage, imp = analysis.survey, analysis.lead.usage, analysis.importance
    blocks: list[Block] = [
        usage_table(usage.read, usage.used, usage.complete, usage.dropped),
        weights_paragraph(imp.n, imp.n_eff, survey.weight),
        missing_table(analysis.answers.levels, survey),
    ]
    told = [finding for finding in analysis.answers.findings if finding.severity != "error"]
    if told:
        blocks.append(findings_table(told, survey))
    said = [note for note in analysis.lead.notes if not _of_contact(note) and _NOT_USED not in note]
    said += [note for note in imp.notes if note not in analysis.lead.notes]
    blocks += [Paragraph(text=note) for note in said]
    return Section(key="quality", title="Data quality", blocks=tuple(blocks))


def _method(analysis: Analysis) -> Section:
    weighted = analysis.survey.weight is not None
    return Section(
        key="method",
        title="Method",
        blocks=(
            *method_paragraphs(analysis.importance, weighted),
            defaults_table(analysis.seed, analysis.draws, analysis.level),
        ),
    )


def _provenance(analysis: Analysis, made: date) -> tuple[tuple[str, str], ...]:
    source, usage = analysis.answers.source, analysis.lead.usage
    dropped = "; ".join(f"{count(lost)} {reason}" for reason, lost in usage.dropped.items()) or "none"
    rows = [
        ("Made on", f"{made.day} {made:%B %Y}"),
        ("Made with", f"drivers {version('drivers')}"),
        ("Data", source.name),
        ("Data, SHA-256", source.sha256 or "not a file"),
        ("Definition, SHA-256", analysis.survey.sha256),
        ("Rows in the data", count(analysis.n_file)),
        *([(f"Rows of wave {analysis.wave}", count(usage.read))] if analysis.wave else []),
        ("Respondents used", count(usage.used)),
        ("Respondents not used", dropped),
        (
            "Model",
            f"{analysis.importance.model}, {analysis.importance.engine} engine, measure {analysis.importance.measure}",
        ),
        ("Seed", str(analysis.seed)),
        ("Bootstrap draws", count(analysis.draws)),
    ]
    return tuple(rows)
