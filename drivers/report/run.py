"""`report`: from checked answers to files on disk; `build` stops at the content, `demo` runs on the bundled survey."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.defaults import DRAWS, FEWEST_DRAWS, SEED
from drivers.errors import InputError, SurveyError, quoted
from drivers.report.formats import DEFAULT, FILES, asked_formats, writer_of
from drivers.survey.answers import Answers
from drivers.survey.schema import Survey

if TYPE_CHECKING:
    from drivers.report.chapter import Say
    from drivers.report.content import Report

BUNDLED = "store_visits.toml"
"""The sample survey that `demo` reports on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The files of a report by format, in the order asked for."""

    files: Mapping[str, Path]

    @property
    def first(self) -> Path:
        """The file of the first format; by default the page."""
        return next(iter(self.files.values()))


def report(
    survey: Survey,
    answers: Answers,
    out: str | Path,
    *,
    formats: Iterable[str] = DEFAULT,
    wave: str | None = None,
    outcome: str | None = None,
    seed: int = SEED,
    draws: int = DRAWS,
    template: str | Path | None = None,
    templates: str | Path | None = None,
    quiet: bool = False,
) -> Written:
    """Write a driver report: a self-contained HTML page, a PDF, slides, a workbook, and its numbers for the next one.

    Finished fits are kept in the user's cache (`drivers.resumable` says where), so that a run that was interrupted goes
    on with the model it was at.

    Parameters
    ----------
    survey : Survey
        The definition the answers were read with.
    answers : Answers
        Checked answers (`drivers.read`).
    out : str or Path
        Folder for the files, made when it does not exist; or one file, ending like one of the formats.
    formats : iterable of {"html", "pdf", "pptx", "xlsx", "json"}
        What to write; "json" is ``run.json``, the estimates a later report compares with.
    wave : str, optional
        Report this wave; the trend still shows all of them. All waves together without it.
    outcome : str, optional
        Headline outcome; the first one of the survey by default.
    seed : int
        Seed of all draws; the same inputs give the same file, byte for byte, on the same day or under a fixed
        ``SOURCE_DATE_EPOCH``.
    draws : int
        Draws of the posterior and of bootstraps, at least `FEWEST_DRAWS`.
    template : str or Path, optional
        A .pptx whose look the slides take over.
    templates : str or Path, optional
        Folder with a ``page.html.j2`` that overrides blocks of the page, a ``page.css`` that adds to its style, and a
        ``report.typ`` that defines blocks of the PDF anew.
    quiet : bool
        Whether to keep progress off standard error.

    Returns
    -------
    Written
        The files. Each appears whole or not at all, and none before all are made.

    Raises
    ------
    InputError
        If a name is not known, the draws are too few, the answers belong to another definition, they cannot carry the
        model, or the folder cannot be written.
    FitError
        If the model of the headline outcome must not be trusted.
    """
    from drivers.report.progress import on_standard_error, silent
    from drivers.report.save import file_paths, save
    from drivers.work.resumable import resumable

    if draws < FEWEST_DRAWS:
        raise InputError(f"draws={draws}: intervals need at least {FEWEST_DRAWS} draws; {DRAWS:,} is the default.")
    asked = asked_formats(formats)
    paths = file_paths(out, {name: FILES[name] for name in asked})
    look = {
        "template": None if template is None else existing(template, "template"),
        "templates": None if templates is None else existing(templates, "folder of templates"),
    }
    say = silent if quiet else on_standard_error()
    with resumable(remember=True):
        content = build(survey, answers, wave=wave, outcome=outcome, seed=seed, draws=draws, say=say)
    made = {}
    for name in asked:
        say(f"writing {FILES[name]}")
        made[name] = writer_of(name, **look)(content)
    for name in asked:
        save(paths[name], made[name])
    return Written(files=paths)


def existing(path: str | Path, what: str) -> Path:
    """Return the `path` of `what` was asked for.

    Parameters
    ----------
    path : str or Path
        A file or a folder.
    what : str
        What it is, for the message.

    Returns
    -------
    Path
        The same.

    Raises
    ------
    InputError
        If it is not there.
    """
    if not Path(path).exists():
        raise InputError(f"The {what} `{path}` is not there. Name one that is, or leave it out.")
    return Path(path)


def build(
    survey: Survey,
    answers: Answers,
    *,
    wave: str | None = None,
    outcome: str | None = None,
    seed: int = SEED,
    draws: int = DRAWS,
    say: Say | None = None,
) -> Report:
    """Compute a report without writing it.

    Parameters
    ----------
    survey : Survey
        The definition the answers were read with.
    answers : Answers
        Checked answers.
    wave, outcome : str, optional
        As in `report`.
    seed, draws : int
        As in `report`.
    say : callable, optional
        Called with a line of text before each step.

    Returns
    -------
    Report
        Findings, tables and figures, for any writer.

    Raises
    ------
    InputError
        As in `report`.
    FitError
        As in `report`.
    """
    from drivers.report.analysis import analyse
    from drivers.report.compose import compose
    from drivers.report.progress import silent

    _same_definition(survey, answers)
    analysis = analyse(answers.survey, answers, wave=wave, outcome=outcome, seed=seed, draws=draws, say=say or silent)
    return compose(analysis, made=report_date())


def demo(out: str | Path, *, formats: Iterable[str] = DEFAULT, quiet: bool = False) -> Written:
    """Write the report on the bundled sample survey.

    Parameters
    ----------
    out : str or Path
        As in `report`.
    formats : iterable of str
        As in `report`.
    quiet : bool
        Whether to keep progress off standard error.

    Returns
    -------
    Written
        The files.

    Raises
    ------
    InputError
        If the sample survey was not installed with the package.
    """
    from drivers.read.source import read

    survey = Survey.from_toml(sample_folder() / BUNDLED)
    return report(survey, read(survey=survey), out, formats=formats, quiet=quiet)


def sample_folder() -> Path:
    """Return the folder of the sample survey: beside the package in a checkout, inside it when installed.

    Returns
    -------
    Path
        Holds `BUNDLED` and its data.

    Raises
    ------
    InputError
        If neither is there.
    """
    package = Path(__file__).parents[1]
    places = (package.parent / "data", package / "_data")
    for place in places:
        if (place / BUNDLED).is_file():
            return place
    raise InputError(
        f"The sample survey `{BUNDLED}` is in neither {quoted(places)}. Write it anew: drivers simulate --out data"
    )


def report_date() -> date:
    """Return the day to print: of ``SOURCE_DATE_EPOCH`` when it is set, else today (UTC).

    Returns
    -------
    date
        A day.

    Raises
    ------
    InputError
        If ``SOURCE_DATE_EPOCH`` is not a number of seconds.
    """
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "").strip()
    if not fixed:
        return datetime.now(tz=UTC).date()
    if not fixed.isdigit():
        raise InputError(f"SOURCE_DATE_EPOCH is {fixed!r}; it must be a number of seconds, such as 1767225600.")
    return datetime.fromtimestamp(int(fixed), tz=UTC).date()


def _same_definition(survey: Survey, answers: Answers) -> None:
    if set(survey.columns) != set(answers.survey.columns):
        other = sorted(set(survey.columns) ^ set(answers.survey.columns))
        raise SurveyError(
            f"The answers were read with another definition: it differs in {quoted(other)}. "
            "Read them again: answers = drivers.read(data, survey)."
        )
