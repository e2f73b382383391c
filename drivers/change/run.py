"""`change`: read the waves, estimate series and models, judge all changes together, explain the score's."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from importlib.metadata import version

import numpy as np
import pandas as pd

from drivers.change.bases import settle_bases
from drivers.change.calendar import Calendar, distinct_waves, make_calendar, spans
from drivers.change.flags import judge
from drivers.change.links import Links, find_links
from drivers.change.models import Models, lay_out, same_mix, slope_series
from drivers.change.result import Change
from drivers.change.series import Series, gap_series, score_series
from drivers.change.why import ShareMove, Waterfall, anchors, pair_of, share_move, waterfall
from drivers.defaults import LEVEL, SEED
from drivers.errors import DataWarning, DriversError, InputError, SurveyError, nearest, quoted
from drivers.survey.answers import Answers
from drivers.survey.tally import tally

MOST_DRIVERS_SPLIT = 20
"""Shares of more drivers than this are not taken apart: it would take minutes."""


def change(
    answers: Answers,
    outcome: str | None = None,
    drivers: Sequence[str] | None = None,
    *,
    wave: str | None = None,
    against: str | None = None,
    order: Sequence[str] | None = None,
    mix: Sequence[str] | None = None,
    anchor: Mapping[str, float] | None = None,
    delta: Mapping[str, float] | None = None,
    level: float = LEVEL,
    seed: int = SEED,
    min_model: int | None = None,
    min_cell: int | None = None,
) -> Change:
    """Say what moved at a wave, how sure that is, and why.

    Parameters
    ----------
    answers : Answers
        Checked answers of a survey with a wave column.
    outcome : str, optional
        Outcome of the driver model; the first one by default. Scores of all outcomes are compared.
    drivers : sequence of str, optional
        Drivers; all by default.
    wave : str, optional
        The wave to judge; the latest by default.
    against : str, optional
        "previous", "year_ago", or the name of an earlier wave; by default both of the former, where they are there.
    order : sequence of str, optional
        All waves, oldest first, where their names do not tell.
    mix : sequence of str, optional
        Segment columns that say who was asked; all by default.
    anchor : mapping of str to float, optional
        Per driver, the rating from which performance and slopes are counted; the middle of its scale by default.
    delta : mapping of str to float, optional
        Smallest change worth naming, by "score", "gap", "slope" or a measure such as "nps"; 0 by default.
    level : float
        Level of the intervals.
    seed : int
        Seed of the draws behind the parts of a change.
    min_model, min_cell : int, optional
        Fewest answers for a wave's own model, fewest respondents behind a number; raised at will, lowered with a
        warning.

    Returns
    -------
    Change
        With flags chosen for all series and references together. A slope is flagged only if it moved with all waves
        weighted to the same segments, too: other people being asked is the mix, not a slope.

    Raises
    ------
    SurveyError
        If the survey declares no wave, or a name is unknown.
    InputError
        If there are not two waves, their order is not known, or the answers cannot carry the comparison.

    Notes
    -----
    A series is judged at its last wave against a forecast from all earlier ones (see
    `drivers.stats.wave_changes.last_moves`). Flags are those claims that a step-up test rejects [1]_, so that at most a
    part `FALSE_FLAGS` of them is expected to be false and a report on waves in which nothing moved has any flag with
    about that chance at most, and that are each `LIKELY` a posteriori [2]_; of changes that must exceed a `delta`, at
    most a part `FALSE_FLAGS` is expected to be false a posteriori, too [3]_. Rates: `benchmarks/change_flags.md`.

    References
    ----------
    .. [1] Benjamini & Hochberg (1995). JRSS B 57(1), 289-300. doi:10.1111/j.2517-6161.1995.tb02031.x
    .. [2] Efron (2007). Annals of Statistics 35(4), 1351-1377. doi:10.1214/009053606000001460
    .. [3] Newton, Noueiry, Sarkar & Ahlquist (2004). Biostatistics 5(2), 155-176. doi:10.1093/biostatistics/5.2.155
    """
    survey = answers.survey
    if survey.wave is None:
        raise SurveyError('The survey declares no wave column, so nothing can change. Add to it: wave = "...".')
    if not 0 < level < 1:
        raise InputError(f"level={level!r} is not between 0 and 1; write 0.9 for 90 % intervals.")
    name, names = _checked(answers, outcome, drivers, mix, anchor)
    bases = settle_bases(min_model, min_cell)
    found = distinct_waves(tally(answers.frame, [survey.wave]).keys[survey.wave])
    calendar = make_calendar(survey.wave, found, wave=wave, against=against, order=order)
    links = find_links(answers, calendar)
    labels = {column: survey.label(column) for column in (*survey.drivers, *survey.outcomes, survey.wave)}
    gaps, gap_notes = gap_series(answers, calendar, links, bases, level)
    models, told = _models(answers, name, names, calendar, links, mix, min_model, min_cell)
    slopes = slope_series(models, calendar, bases, level, labels) if models else []
    mixed = models is not None and set(models.mix.columns) != set(survey.controls)
    held = slope_series(same_mix(models, calendar), calendar, bases, level, labels) if models and mixed else []
    scored = score_series(answers, calendar, links, bases, level)
    series = [*scored, *gaps, *slopes]
    why, shares, said = (
        _explained(answers, models, slopes[0].why, calendar, labels, anchor, level, seed) if models else ({}, {}, ())
    )
    return Change(
        outcome=name, labels=labels, wave=survey.wave, waves=calendar.names, against=calendar.against, level=level,
        seasonal=calendar.season is not None, by_wave=pd.concat([s.table(calendar.names) for s in series]),
        table=judge(series, calendar, level, delta or {}, held), why=why, shares=shares,
        not_asked=models.missing if models else {},
        overlap={
            f"{calendar.focus} and {other}": links.between(calendar.focus, other)
            for other in calendar.against.values() if links.repeated
        },
        notes=(*calendar.notes, *links.notes, *_not_asked(scored, calendar), *gap_notes, *told, *said),
        provenance={
            "version": version("drivers"), "seed": seed, "data": answers.source.name, "sha256": answers.source.sha256,
            "rows_read": answers.n_read, "definition": survey.sha256,
        },
    )


def _not_asked(scored: Sequence[Series], calendar: Calendar) -> tuple[str, ...]:
    """Say which outcomes some waves did not ask."""
    absent = {
        one.label: [name for name, why in zip(calendar.names, one.why, strict=True) if why == "not asked"]
        for one in scored
    }
    return tuple(f"{label}: not asked in {spans(waves, calendar.names)}." for label, waves in absent.items() if waves)


def _checked(
    answers: Answers, outcome: str | None, drivers: Sequence[str] | None, mix: Sequence[str] | None,
    anchor: Mapping[str, float] | None,
) -> tuple[str, tuple[str, ...]]:
    """Return the outcome and the drivers asked for, or refuse names the survey does not know in their role."""
    survey = answers.survey
    name, names = outcome or survey.outcomes[0], tuple(drivers or survey.drivers)
    asked = [(name, survey.outcomes, "an outcome"), *((d, survey.drivers, "a driver") for d in names)]
    asked += [(column, survey.segments, "a segment column") for column in mix or ()]
    asked += [(driver, names, "a driver asked for") for driver in anchor or {}]
    for given, known, role in asked:
        if given not in known:
            raise SurveyError(f"{nearest(given, known)} is not {role} of the survey; it has {quoted(known)}.")
    return name, names


def _models(
    answers: Answers, outcome: str, drivers: tuple[str, ...], calendar: Calendar, links: Links,
    mix: Sequence[str] | None, min_model: int | None, min_cell: int | None,
) -> tuple[Models | None, tuple[str, ...]]:
    """Lay the driver models out, or say why there are none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        bases = settle_bases(min_model, min_cell)
    try:
        models = lay_out(answers, outcome, drivers, calendar, links, bases, mix)
    except DriversError as problem:
        return None, (f"No slopes: {problem}",)
    label = answers.survey.label
    alike: dict[tuple[tuple[str, ...], bool, bool], list[str]] = {}
    for column, absent in models.missing.items():
        alike.setdefault((absent, column in models.drivers, column in models.thin), []).append(label(column))
    notes = tuple(
        f"{'; '.join(names)}: {f'answered by fewer than {bases.cell} people' if thin else 'not asked'} in "
        f"{spans(waves, calendar.names)}"
        f"{'' if compared else ', so no slope of ' + ('it' if len(names) == 1 else 'them') + ' is compared'}."
        for (waves, compared, thin), names in alike.items()
    )
    return models, (*models.notes, *notes)


def _explained(
    answers: Answers, models: Models, no_slopes: Sequence[str], calendar: Calendar, labels: Mapping[str, str],
    anchor: Mapping[str, float] | None, level: float, seed: int,
) -> tuple[dict[str, Waterfall], dict[str, ShareMove], tuple[str, ...]]:
    """Explain the change of the mean and of shares against every reference, or say why not.

    `no_slopes` says per wave why it has no model, "" where it has one: without models nothing is explained.
    """
    why: dict[str, Waterfall] = {}
    shares: dict[str, ShareMove] = {}
    notes: list[str] = []
    last = len(calendar.names) - 1
    for name, wave in calendar.against.items():
        if lacking := no_slopes[last] or no_slopes[calendar.names.index(wave)]:
            notes.append(f"The change since {wave} is not explained: {lacking}.")
            continue
        try:
            pair = pair_of(models, (calendar.names.index(wave), last), seed)
        except (DriversError, np.linalg.LinAlgError) as problem:
            notes.append(f"The change since {wave} is not explained: {problem}")
            continue
        at = anchors(answers.survey, models, pair, anchor)
        why[name] = waterfall(models, pair, (wave, calendar.focus), labels, at, level)
        if len(models.drivers) <= MOST_DRIVERS_SPLIT:
            shares[name] = share_move(models, pair, (wave, calendar.focus), labels, level)
    return why, shares, tuple(notes)
