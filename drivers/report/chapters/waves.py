"""From wave to wave: scores, what changed and how sure that is, and why."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from drivers.change.result import Change
from drivers.change.run import change
from drivers.defaults import MOST_GROUPS
from drivers.errors import DriversError, DriversWarning
from drivers.report import change_sentences as said_of
from drivers.report import score_tables as st
from drivers.report.change_figures import ribbon_figure, slopes_figure, why_figure
from drivers.report.change_tables import changes_table, shares_table, why_table
from drivers.report.chapter import Chapter, Context, Say
from drivers.report.chapters.scores import scored_by
from drivers.report.content import Block, Finding, Paragraph, Section, paragraphs
from drivers.report.figures import waves_figure
from drivers.report.waves_shown import fit_to_show
from drivers.report.words import plural, quoted_label
from drivers.survey.scores import Scores

MOST_CLAIMED = 3
"""Changes that the first screen names, the surest; the chapter names them all."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WavesFound:
    """Scores by wave and changes, fit to be shown; ``refused`` says why there are none, ``waves`` counts them."""

    waves: int
    scores: Scores | None
    moved: Change | None
    refused: str = ""


def compute(context: Context, say: Say) -> WavesFound | None:
    """Return scores by wave of `context` and what changed; `say` names the steps. None without a wave column."""
    wave = context.survey.wave
    if wave is None:
        return None
    if context.waves > MOST_GROUPS:
        return WavesFound(waves=context.waves, scores=None, moved=None)
    say(f"scores by {context.survey.label(wave)}")
    found = WavesFound(waves=context.waves, scores=scored_by(context.every, wave), moved=None)
    if context.waves < 2:
        return found
    say("what changed, and why")
    try:
        with warnings.catch_warnings():  # what is warned about stands in the notes
            warnings.simplefilter("ignore", DriversWarning)
            moved = change(
                context.every, context.outcome, wave=context.wave, level=context.level, seed=context.seed
            )
    except DriversError as problem:
        return replace(found, refused=str(problem))
    assert found.scores is not None
    return replace(found, moved=fit_to_show(moved, found.scores))


def sections(context: Context, found: WavesFound) -> tuple[Section, ...]:
    """Return the chapter: what changed among what was `found`, with the words of `context`, and why below."""
    survey = context.survey
    if found.scores is None:
        column = quoted_label(survey.label(survey.wave or ""))
        text = f"{column} has {plural(found.waves, 'wave')}, too many to show; merge some."
        return (Section(key="waves", title="From wave to wave", blocks=(Paragraph(text=text, caution=True),)),)
    rows, by = found.scores.table, found.scores.by[0]
    shown = [name for name in survey.outcomes if st.headline_rows(rows, name)["shown"].sum() > 1]
    blocks: list[Block] = []
    if found.refused:
        blocks.append(Paragraph(text=f"Changes are not judged: {found.refused}", caution=True))
    if found.moved is None:
        said = {name: st.wave_findings(rows, by, name, survey, context.wave) for name in shown}
        blocks += paragraphs(finding for findings in said.values() for finding in findings)
        blocks += [
            replace(waves_figure(found.scores, name), says=" ".join(finding.text for finding in said[name]))
            for name in shown
        ]
    else:
        blocks += _moved(context, found.moved, shown)
    blocks.append(st.scores_by_table(rows, by, survey.outcomes, survey, context.level))
    parts = _why(context, found.moved) if found.moved else ()
    return (Section(key="waves", title="From wave to wave", blocks=tuple(blocks), sections=parts),)


def _moved(context: Context, moved: Change, shown: list[str]) -> list[Block]:
    """Return what changed: the claims, the ribbon of every outcome, and a table per reference."""
    told = {name: said_of.headline(moved, name) for name in context.survey.outcomes}
    blocks: list[Block] = [*paragraphs((said_of.overall(moved), *said_of.claimed(moved)))]
    blocks += [Paragraph(text=note, caution="not asked" in note) for note in moved.notes]
    for name in shown:
        sentence = told[name]
        if sentence is not None:
            blocks.append(Paragraph(text=sentence.text))
        blocks.append(replace(ribbon_figure(moved, name), says=sentence.text if sentence else ""))
    blocks += [changes_table(moved, name, context.survey) for name in moved.against]
    return blocks


def _why(context: Context, moved: Change) -> tuple[Section, ...]:
    slopes = moved.by_wave[moved.by_wave["kind"] == "slope"]
    parts = []
    if slopes["shown"].any():
        parts.append(Section(
            key="slopes-by-wave", title="What counted, wave by wave",
            blocks=(replace(slopes_figure(moved), says=said_of.overall(moved).text),),
        ))  # fmt: skip
    flags = moved.table[(moved.table["kind"] == "score") & (moved.table["item"] == moved.outcome)]
    sure = dict(zip(flags["against"], flags["flag"].astype(bool), strict=True))
    for place, (name, fall) in enumerate(moved.why.items(), start=1):
        sentence = said_of.why(fall, name, sure.get(name, False))
        blocks: list[Block] = [
            Paragraph(text=sentence.text), replace(why_figure(fall, name), says=sentence.text), why_table(fall, name)
        ]
        if name in moved.shares:
            share = moved.shares[name]
            blocks += [Paragraph(text=said_of.share_moved(share, name).text), shares_table(share, name)]
        title = f"Why the mean moved, against {said_of.reference(name, fall.wave_before)}"
        parts.append(Section(key=f"why-{place}", title=title, blocks=tuple(blocks)))
    return tuple(parts)


def findings(context: Context, found: WavesFound) -> tuple[Finding, ...]:
    """Return how the headline outcome of `context` moved and what else changed, among what was `found`."""
    if found.moved is None:
        if found.scores is None:
            return ()
        by = found.scores.by[0]
        return st.wave_findings(found.scores.table, by, context.outcome, context.survey, context.wave)
    moved = found.moved
    first = said_of.headline(moved, context.outcome)
    others = [finding for finding in said_of.claimed(moved) if not _headline(finding.key, context.outcome)]
    return (*((first,) if first else ()), said_of.overall(moved), *others[:MOST_CLAIMED])


def _headline(key: str, outcome: str) -> bool:
    return key.startswith(f"moved_score_{outcome}_")


def tidy(context: Context, found: WavesFound) -> Mapping[str, pd.DataFrame]:
    """Return scores by wave, series, changes and their parts among what was `found`; `context` is not needed."""
    tables = {} if found.scores is None else {"scores_by_wave": found.scores.table}
    if found.moved is None:
        return tables
    moved = found.moved
    tables |= {"series_by_wave": moved.by_wave, "changes": moved.table}
    parts = [fall.table.assign(against=name, before=fall.wave_before, after=fall.wave_after)
             for name, fall in moved.why.items()]  # fmt: skip
    shares = [found.table.assign(against=name, wave_before=found.wave_before, wave_after=found.wave_after)
              for name, found in moved.shares.items()]  # fmt: skip
    tables |= {"why_the_mean_moved": pd.concat(parts, ignore_index=True)} if parts else {}
    tables |= {"why_shares_moved": pd.concat(shares, ignore_index=True)} if shares else {}
    return tables


CHAPTER: Chapter[WavesFound] = Chapter(
    key="waves", title="From wave to wave", compute=compute, sections=sections, findings=findings, tidy=tidy
)
