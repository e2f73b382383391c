"""Names and options that commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from drivers.defaults import DRAWS, FEWEST_DRAWS


def enough(draws: int | None) -> int | None:
    """Refuse fewer draws than an interval can be read off.

    Parameters
    ----------
    draws : int or None
        As given; None without.

    Returns
    -------
    int or None
        The same.

    Raises
    ------
    typer.BadParameter
        If there are fewer than `FEWEST_DRAWS`.
    """
    if draws is not None and draws < FEWEST_DRAWS:
        raise typer.BadParameter(
            f"{draws:,} draws show no interval; take at least {FEWEST_DRAWS}, or leave it out ({DRAWS:,} for a "
            "bootstrap)."
        )
    return draws


class ModelName(StrEnum):
    """Models of the outcome."""

    linear = "linear"
    ordinal = "ordinal"
    logit = "logit"


class LinkName(StrEnum):
    """Latent distributions of ordinal and binary models."""

    probit = "probit"
    logit = "logit"


class MeasureName(StrEnum):
    """Ways to split the explained part among drivers."""

    lmg = "lmg"
    relative_weights = "relative_weights"
    pratt = "pratt"
    car = "car"
    first = "first"
    last = "last"
    beta_squared = "beta_squared"


class IndexName(StrEnum):
    """What dominance is measured in."""

    r2 = "r2"
    mcfadden = "mcfadden"
    estrella = "estrella"
    cox_snell = "cox_snell"
    nagelkerke = "nagelkerke"


class EngineName(StrEnum):
    """Where the draws come from."""

    regression = "regression"
    bayes = "bayes"


class MethodName(StrEnum):
    """Ways to a posterior."""

    auto = "auto"
    exact = "exact"
    laplace = "laplace"
    nuts = "nuts"


class WalkName(StrEnum):
    """Steps of slopes from wave to wave."""

    normal = "normal"
    student_t = "student_t"


class MissingName(StrEnum):
    """What is done about missing answers."""

    fiml = "fiml"
    impute = "impute"
    complete = "complete"


class NotApplicableName(StrEnum):
    """What "not applicable" is taken for."""

    missing = "missing"
    exposure = "exposure"


Definition = Annotated[Path | None, typer.Argument(metavar="[SURVEY.toml]", help="Survey definition.")]
Needed = Annotated[Path, typer.Argument(metavar="SURVEY.toml", help="Survey definition.")]
Data = Annotated[Path | None, typer.Option(help="Data file; the one the definition names by default.")]
OutcomeOption = Annotated[str | None, typer.Option(help="Column to explain; the first outcome by default.")]
DriversOption = Annotated[str | None, typer.Option(help="Drivers, separated by commas; all by default.")]
Weight = Annotated[str | None, typer.Option(help="Weight column (with --data and no definition).")]
ModelOption = Annotated[ModelName, typer.Option(help="Model of the outcome.")]
LinkOption = Annotated[LinkName | None, typer.Option(help="probit is the default for ordinal, logit for logit.")]
Engine = Annotated[EngineName, typer.Option(help="Where the draws come from.")]
MethodOption = Annotated[MethodName, typer.Option(help="How a posterior is drawn (with --engine bayes).")]
Level = Annotated[float, typer.Option(help="Level of intervals, between 0 and 1.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of every random step.")]
Draws = Annotated[int, typer.Option(callback=enough, help=f"Bootstrap draws, at least {FEWEST_DRAWS}.")]
FitDraws = Annotated[
    int | None,
    typer.Option(callback=enough, help=f"Bootstrap draws (1,000) or posterior draws (4,000); at least {FEWEST_DRAWS}."),
]
Folder = Annotated[Path, typer.Option(help="Folder for the report.")]
By = Annotated[str | None, typer.Option(help="One or two segment columns over which slopes vary (--engine bayes).")]
PopulationOption = Annotated[
    str | None, typer.Option(help="With --by: weights, or GROUP=SHARE,GROUP=SHARE of the population."),
]
WalkOption = Annotated[
    WalkName | None, typer.Option(help="Slopes that move from wave to wave by such steps (--engine bayes)."),
]
Season = Annotated[bool, typer.Option("--season", help="With --walk: the level also has a season.")]
SpreadBy = Annotated[
    str | None,
    typer.Option(help="Groups that differ in latent level and spread (--engine bayes --model ordinal)."),
]
Monotone = Annotated[
    str | None, typer.Option(help="Drivers whose steps need not be equal (--engine bayes, --model ordinal or logit)."),
]
Diagnostics = Annotated[
    bool, typer.Option("--diagnostics", help="Whether the posterior may be used, with reasons (--engine bayes)."),
]
Groups = Annotated[list[str] | None, typer.Option("--group", metavar="NAME=A+B", help="Drivers that share a row.")]
Always = Annotated[list[str] | None, typer.Option(help="A driver that is in every model, without a share.")]
DominanceOption = Annotated[IndexName | None, typer.Option(help="Compare all submodels, too, in this index.")]
Missing = Annotated[MissingName | None, typer.Option(help="fiml for linear, impute for others by default.")]
NotApplicable = Annotated[NotApplicableName, typer.Option(help="Missing, or a part of the model.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, nothing else there.")]
