"""Run the pipeline for a report: the model of the headline outcome, then every chapter's own results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import narwhals as nw

from drivers.defaults import LEVEL
from drivers.errors import DriversError, InputError, SurveyError, nearest, quoted
from drivers.fit.result import Fit
from drivers.fit.run import fit
from drivers.importance.compute import importance
from drivers.report.chapter import Context, Say
from drivers.report.chapters import CHAPTERS
from drivers.report.lead import lead_fit
from drivers.report.score_tables import group_order, group_text
from drivers.survey.answers import Answers
from drivers.survey.levels import count_levels
from drivers.survey.schema import Survey
from drivers.survey.tally import tally


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Analysis:
    """Everything a report speaks of: ``results`` by key of the chapter, ``refused`` why a chapter has none."""

    context: Context
    results: Mapping[str, object]
    refused: Mapping[str, str]


def analyse(
    survey: Survey, answers: Answers, *, wave: str | None, outcome: str | None, seed: int, draws: int, say: Say
) -> Analysis:
    """Compute everything a report speaks of.

    Parameters
    ----------
    survey : Survey
        The definition `answers` were read with.
    answers : Answers
        Checked answers.
    wave : str, optional
        Wave for everything but the trend; all waves without it.
    outcome : str, optional
        Headline outcome; the first one by default.
    seed, draws : int
        Seed and number of draws.
    say : callable
        Told what is being done.

    Returns
    -------
    Analysis
        Results only: no respondent's row.

    Raises
    ------
    InputError
        If the wave or the outcome is not known, or the data cannot carry the model of the headline outcome.
    FitError
        If that model must not be trusted.
    """
    outcomes = _outcomes(survey, outcome)
    chosen = answers if wave is None else _of_wave(survey, answers, wave)
    say(f"importance for {survey.label(outcomes[0])}, {draws:,} draws")
    lead = lead_fit(chosen, outcomes[0], draws, seed)
    beside, no_beside = _beside(lead, chosen, say)
    context = Context(
        survey=survey,
        answers=chosen,
        every=answers,
        wave=wave,
        outcomes=outcomes,
        level=LEVEL,
        seed=seed,
        draws=draws,
        lead=lead,
        importance=importance(lead),
        groups={by: _n_groups(chosen, by) for by in survey.segments},
        waves=_n_groups(answers, survey.wave) if survey.wave else 0,
        beside=beside,
        no_beside=no_beside,
    )
    results: dict[str, object] = {}
    refused: dict[str, str] = {}
    for chapter in CHAPTERS:
        try:
            found = chapter.compute(context, say)
        except DriversError as problem:
            refused[chapter.key] = str(problem)
        else:
            results |= {} if found is None else {chapter.key: found}
    return Analysis(context=context, results=results, refused=refused)


def _beside(lead: Fit, answers: Answers, say: Say) -> tuple[Fit | None, str]:
    """Return the regression beside a posterior that leads, or why there is none; nothing beside a regression."""
    if lead.spec.engine != "bayes":
        return None, ""
    outcome = lead.spec.outcome
    say(f"regression for {answers.survey.label(outcome)}")
    try:
        return fit(answers, outcome, draws=lead.spec.draws, seed=lead.spec.seed), ""
    except DriversError as problem:
        return None, str(problem)


def _n_groups(answers: Answers, by: str) -> int:
    return int(tally(answers.frame, [by]).keys[by].nunique())


def _outcomes(survey: Survey, outcome: str | None) -> tuple[str, ...]:
    first = outcome or survey.outcomes[0]
    if first not in survey.outcomes:
        raise SurveyError(
            f"{nearest(first, survey.outcomes)} is not an outcome of the survey; it has {quoted(survey.outcomes)}."
        )
    return (first, *(name for name in survey.outcomes if name != first))


def _of_wave(survey: Survey, answers: Answers, wave: str) -> Answers:
    """Return the answers of one wave, with their own levels and row count."""
    if survey.wave is None:
        raise InputError(
            'wave= was given, but the survey declares no wave column. Add to the definition: wave = "...".'
        )
    table = tally(answers.frame, [survey.wave])
    groups = group_order(table.keys[survey.wave].dropna())
    known = {group_text(group): group for group in groups}
    if wave not in known:
        raise InputError(
            f"No answers for wave {nearest(wave, known)} in `{survey.wave}`. The data have: {quoted(known)}."
        )
    frame = answers.frame.filter(nw.col(survey.wave) == known[wave])
    levels = count_levels(frame, survey, list(survey.rated), weight=survey.weight, frequency=survey.frequency)
    n_read = int(frame.lazy().select(nw.len().alias("n")).collect()["n"][0])
    return replace(answers, frame=frame, levels=levels, n_read=n_read)
