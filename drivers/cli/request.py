"""From the options of a command to the answers and the fit it asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from drivers.cli.options import (
    EngineName,
    LinkName,
    MethodName,
    MissingName,
    ModelName,
    NotApplicableName,
    WalkName,
)
from drivers.cli.output import tell_findings
from drivers.defaults import DRAWS, POSTERIOR_DRAWS
from drivers.errors import InputError

if TYPE_CHECKING:
    from drivers.fit.result import Fit
    from drivers.survey.answers import Answers


def answers_of(
    survey: Path | None, data: Path | None, outcome: str | None, drivers: list[str] | None, weight: str | None
) -> Answers:
    """Read the answers a command is about.

    Parameters
    ----------
    survey : Path or None
        Survey definition.
    data : Path or None
        Data file; needed without a definition.
    outcome, weight : str or None
        Columns of the data, without a definition.
    drivers : list of str or None
        Columns of the data, without a definition.

    Returns
    -------
    Answers
        Checked.

    Raises
    ------
    InputError
        If neither a definition nor data with columns are named, or both say what the weight is.
    """
    from drivers.read.source import read
    from drivers.report.progress import named_when_slow

    if survey is not None:
        if weight:
            raise InputError(f'The definition says which column is the weight; add weight = "{weight}" to {survey}.')
        with named_when_slow(f"reading the data of {survey}"):
            return read(data, survey)
    if data is None or outcome is None or not drivers:
        raise InputError(
            "Name a survey definition (drivers importance SURVEY.toml), or data and columns: "
            "--data FILE --outcome Y --drivers a,b,c."
        )
    with named_when_slow(f"reading {data}"):
        return read(data, drivers=drivers, outcome=outcome, weight=weight)


def fit_as_asked(
    survey: Path | None, data: Path | None, outcome: str | None, drivers: str | None, weight: str | None,
    model: ModelName, link: LinkName | None, engine: EngineName, level: float, seed: int, draws: int | None,
    method: MethodName, missing: MissingName | None = None,
    not_applicable: NotApplicableName = NotApplicableName.missing, by: str | None = None,
    population: str | None = None, walk: WalkName | None = None, season: bool = False, spread_by: str | None = None,
    monotone: str | None = None,
) -> Fit:
    """Fit what the options of a command ask for; see `answers_and_fit`.

    `survey`, `data`, `outcome`, `drivers` and `weight` name the answers; `model`, `link`, `engine`, `method`, `level`,
    `seed` and `draws` how they are fitted, `missing` and `not_applicable` what is done about gaps, `by` and
    `population` over what slopes vary and what segments count for, `walk` and `season` how they move over waves,
    `spread_by` which groups differ in spread, `monotone` which drivers' steps may be unequal.
    """
    return answers_and_fit(
        survey, data, outcome, drivers, weight, model, link, engine, level, seed, draws, method, missing,
        not_applicable, by, population, walk=walk, season=season, spread_by=spread_by, monotone=monotone,
    )[1]


class Known(NamedTuple):
    """What is known of a fit before there is one: its ``drivers``, ``products`` of them, ``controls``, and outcome."""

    drivers: tuple[str, ...]
    products: tuple[str, ...]
    controls: tuple[str, ...]
    outcome: str


def answers_and_fit(
    survey: Path | None, data: Path | None, outcome: str | None, drivers: str | None, weight: str | None,
    model: ModelName, link: LinkName | None, engine: EngineName, level: float, seed: int, draws: int | None,
    method: MethodName, missing: MissingName | None = None,
    not_applicable: NotApplicableName = NotApplicableName.missing, by: str | None = None,
    population: str | None = None, before: Callable[[Known], None] | None = None, walk: WalkName | None = None,
    season: bool = False, spread_by: str | None = None, monotone: str | None = None,
) -> tuple[Answers, Fit]:
    """Return the answers a command is about and the fit its options ask for, with progress on standard error if slow.

    `before` is called with what is known once the answers are read, to refuse what the fit could not answer;
    `survey`, `data`, `outcome`, `drivers` and `weight` name the answers; `model`, `link`, `engine`, `method`, `level`,
    `seed` and `draws` how they are fitted, `missing` and `not_applicable` what is done about gaps, `by` and
    `population` over what slopes vary and what segments count for, `walk` and `season` how they move over waves,
    `spread_by` which groups differ in spread, `monotone` which drivers' steps may be unequal.
    """
    from drivers.fit.controls import settle_controls
    from drivers.fit.products import read_terms
    from drivers.fit.run import fit as run
    from drivers.report.progress import named_when_slow

    names = [name.strip() for name in drivers.split(",") if name.strip()] if drivers else None
    answers = answers_of(survey, data, outcome, list(read_terms(names).drivers) if names else None, weight)
    tell_findings(answers)
    if before is not None:
        terms = read_terms(names or answers.survey.drivers, answers.survey.drivers)
        controls = settle_controls(answers.survey, None)
        before(Known(terms.drivers, tuple(terms.made_of), controls, outcome or answers.survey.outcomes[0]))
    what = "posterior" if engine is EngineName.bayes else "bootstrap"
    count = draws or (POSTERIOR_DRAWS if engine is EngineName.bayes else DRAWS)
    with named_when_slow(f"fitting the {model.value} model and {count:,} {what} draws"):
        return answers, run(
            answers, outcome, names, model=model.value, link=link.value if link else None, engine=engine.value,
            method=method.value, level=level, seed=seed, draws=draws, missing=missing.value if missing else None,
            not_applicable=not_applicable.value, by=read_columns(by), population=read_shares(population),
            walk=walk.value if walk else None, season=season, spread_by=spread_by,
            monotone=read_columns(monotone) or (),
        )


def read_columns(given: str | None) -> list[str] | None:
    """Return the columns named in `given`, separated by commas."""
    return [name.strip() for name in given.split(",") if name.strip()] if given else None


def read_shares(given: str | None) -> dict[object, float] | Literal["weights"] | None:
    """Read what a population holds.

    Parameters
    ----------
    given : str or None
        "weights", or GROUP=SHARE separated by commas; pairs of groups as A+B=SHARE.

    Returns
    -------
    dict, "weights" or None
        As `fit` takes it.

    Raises
    ------
    InputError
        If a part is not of that form.
    """
    if given is None:
        return None
    if given == "weights":
        return "weights"
    shares: dict[object, float] = {}
    for part in given.split(","):
        name, sign, share = part.rpartition("=")
        groups = tuple(group.strip() for group in name.split("+"))
        try:
            shares[groups if len(groups) > 1 else groups[0]] = float(share) if sign else float("nan")
        except ValueError:
            sign = ""
        if not sign:
            raise InputError(f'--population "{part}" is not read; write --population phone=0.4,store=0.6, or weights.')
    return shares


def read_groups(given: list[str]) -> dict[str, list[str]] | None:
    """Read groups of drivers.

    Parameters
    ----------
    given : list of str
        Each as NAME=A+B.

    Returns
    -------
    dict or None
        Members by name of group; None without any.

    Raises
    ------
    InputError
        If one is not of that form, or a name is given twice.
    """
    groups: dict[str, list[str]] = {}
    for text in given:
        name, sign, members = text.partition("=")
        named = [member.strip() for member in members.split("+") if member.strip()]
        if not (sign and name.strip() and named) or name.strip() in groups:
            twice = " A name can be given once." if name.strip() in groups else ""
            raise InputError(f'--group "{text}" is not read; write --group service=speed+staff.{twice}')
        groups[name.strip()] = named
    return groups or None


def read_reliabilities(given: list[str]) -> dict[str, float | tuple[float, float]]:
    """Read stated reliabilities.

    Parameters
    ----------
    given : list of str
        Each as NAME=0.8, or NAME=0.7..0.9 where it is known to lie between two values.

    Returns
    -------
    dict
        Number or range by column.

    Raises
    ------
    InputError
        If one is not of that form.
    """
    stated: dict[str, float | tuple[float, float]] = {}
    for text in given:
        name, sign, value = text.rpartition("=")
        ends = value.split("..")
        try:
            numbers = [float(end) for end in ends]
        except ValueError:
            numbers = []
        if not (sign and name.strip() and len(numbers) in (1, 2)):
            raise InputError(f'--reliability "{text}" is not read; write --reliability speed=0.8, or speed=0.7..0.9.')
        stated[name.strip()] = numbers[0] if len(numbers) == 1 else (numbers[0], numbers[1])
    return stated
