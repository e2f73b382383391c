"""Run the pipeline for a report: scores, importance per outcome, slopes by segment, a second model as a check."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import narwhals as nw

from drivers.defaults import LEVEL, MOST_GROUPS
from drivers.errors import DataWarning, DriversError, InputError, SmallBaseWarning, SurveyError, nearest, quoted
from drivers.fit.result import Fit
from drivers.fit.run import fit
from drivers.fit.segments import SegmentSlopes, slopes_by
from drivers.importance.compute import importance
from drivers.importance.result import Importance
from drivers.report.score_tables import group_order, group_text
from drivers.report.withhold import withhold
from drivers.survey.answers import Answers
from drivers.survey.levels import count_levels
from drivers.survey.schema import Survey
from drivers.survey.scores import Scores, scores
from drivers.survey.tally import tally

type Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Analysis:
    """Everything a report speaks of.

    ``answers`` are those of the wave asked for (all without one), ``n_file`` the rows before that choice. ``lead`` is
    the fit of the headline outcome, ``importances`` start with it. ``ordinal`` is the same question put to an ordinal
    model, or None with the reason in ``no_ordinal``. ``too_many`` holds segment columns left out, with their groups;
    ``too_many_waves`` is the number of waves when the trend is left out for it, else 0.
    """

    survey: Survey
    answers: Answers
    wave: str | None
    n_file: int
    level: float
    seed: int
    draws: int
    overall: Scores
    by_wave: Scores | None
    by_segment: Mapping[str, Scores]
    lead: Fit
    importances: tuple[Importance, ...]
    not_fitted: Mapping[str, str]
    ordinal: Importance | None
    no_ordinal: str
    slopes: Mapping[str, SegmentSlopes]
    too_many: Mapping[str, int]
    too_many_waves: int

    @property
    def importance(self) -> Importance:
        """Importance for the headline outcome."""
        return self.importances[0]

    @property
    def outcome(self) -> str:
        """The headline outcome."""
        return self.lead.spec.outcome


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
        Seed and number of bootstrap draws.
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
    say("scores")
    overall = _scored(chosen, ())
    waves = _n_groups(answers, survey.wave) if survey.wave else 0
    by_wave = _scored(answers, (survey.wave,)) if survey.wave and waves <= MOST_GROUPS else None
    groups = {by: _n_groups(chosen, by) for by in survey.segments}
    shown = [by for by in survey.segments if groups[by] <= MOST_GROUPS]
    by_segment = {by: _scored(chosen, (by,)) for by in shown}
    say(f"importance for {survey.label(outcomes[0])}, {draws:,} bootstrap draws")
    lead = fit(chosen, outcomes[0], draws=draws, seed=seed)
    found, not_fitted = [importance(lead)], {}
    for name in outcomes[1:]:
        say(f"importance for {survey.label(name)}")
        try:
            found.append(importance(fit(chosen, name, draws=draws, seed=seed)))
        except DriversError as problem:
            not_fitted[name] = str(problem)
    say(f"the same with an ordinal model for {survey.label(outcomes[0])}")
    ordinal, no_ordinal = _ordinal(chosen, outcomes[0], seed)
    slopes = {}
    for by in shown:
        say(f"slopes by {survey.label(by)}")
        slopes[by] = _slopes(chosen, by, outcomes[0], seed)
    return Analysis(
        survey=survey,
        answers=chosen,
        wave=wave,
        n_file=answers.n_read,
        level=LEVEL,
        seed=seed,
        draws=draws,
        overall=overall,
        by_wave=by_wave,
        by_segment=by_segment,
        lead=lead,
        importances=tuple(found),
        not_fitted=not_fitted,
        ordinal=ordinal,
        no_ordinal=no_ordinal,
        slopes=slopes,
        too_many={by: number for by, number in groups.items() if by not in shown},
        too_many_waves=waves if waves > MOST_GROUPS else 0,
    )


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


def _scored(answers: Answers, by: tuple[str, ...]) -> Scores:
    with warnings.catch_warnings():  # what is warned about stands in the notes of the scores
        warnings.simplefilter("ignore", DataWarning)
        found = scores(answers, by)
    if not by:
        return found
    numbers = ("estimate", "std_error", "low", "high", "n_eff", "deff")
    return replace(found, table=withhold(found.tidy(), found.by[0], ("item", "measure"), numbers))


def _slopes(answers: Answers, by: str, outcome: str, seed: int) -> SegmentSlopes:
    with warnings.catch_warnings():  # the tables say which groups were held back
        warnings.simplefilter("ignore", SmallBaseWarning)
        found = slopes_by(answers, by, outcome, seed=seed)
    return replace(found, table=withhold(found.tidy(), "segment", (), ("slope", "low", "high", "n_eff")))


def _ordinal(answers: Answers, outcome: str, seed: int) -> tuple[Importance | None, str]:
    """Return the plug-in importance of an ordinal model on complete answers, quick enough for a check, or why not."""
    if answers.survey.item(outcome).scale == "open":
        return None, "the outcome is a measured quantity, not an ordered answer"
    try:
        return importance(fit(answers, outcome, model="ordinal", missing="complete", draws=1, seed=seed)), ""
    except DriversError as problem:
        return None, str(problem)
