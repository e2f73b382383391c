"""The command line: thin, one question a command. Results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import math
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from drivers.defaults import DRAWS, LEVEL, POSTERIOR_DRAWS, SEED
from drivers.errors import DriversError, DriversWarning, InputError

if TYPE_CHECKING:
    from drivers.fit.result import Fit
    from drivers.survey.answers import Answers

app = typer.Typer(
    help="What drives satisfaction, and how sure are we?", no_args_is_help=True, add_completion=False,
    pretty_exceptions_enable=False, rich_markup_mode=None,
)


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
Draws = Annotated[int, typer.Option(help="Bootstrap draws.")]
FitDraws = Annotated[int | None, typer.Option(help="Bootstrap draws (1,000), or posterior draws (4,000).")]
Folder = Annotated[Path, typer.Option(help="Folder for the report.")]
Groups = Annotated[list[str] | None, typer.Option("--group", metavar="NAME=A+B", help="Drivers that share a row.")]
Always = Annotated[list[str] | None, typer.Option(help="A driver that is in every model, without a share.")]
DominanceOption = Annotated[IndexName | None, typer.Option(help="Compare all submodels, too, in this index.")]
Version = Annotated[bool, typer.Option("--version", is_eager=True, help="Print the version.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, nothing else there.")]


@app.callback(invoke_without_command=True)
def main(version: Version = False) -> None:
    """Tell the version if asked."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"drivers {installed('drivers')}")
        raise typer.Exit


@app.command()
def demo(out: Folder = Path("reports/out/demo"), as_json: Json = False) -> None:
    """Write the whole driver report on the bundled survey."""
    from drivers.report.run import demo as write_demo

    with refusals():
        _tell_report(write_demo(out), as_json)


@app.command()
def check(survey: Needed, data: Data = None, as_json: Json = False) -> None:
    """Hold data against their definition: every finding, with the line to change. Exit code 2 if any must be mended."""
    from drivers.read.check import check as check_data

    with refusals():
        from drivers.report.progress import named_when_slow

        with named_when_slow(f"checking the data of {survey}"):
            found = check_data(data, survey)
        _print(found.to_dict(), found.summary, as_json)
    raise typer.Exit(found.exit_code)


@app.command()
def importance(
    survey: Definition = None, data: Data = None, outcome: OutcomeOption = None, drivers: DriversOption = None,
    weight: Weight = None, measure: Annotated[MeasureName, typer.Option(help="How to split.")] = MeasureName.lmg,
    model: ModelOption = ModelName.linear, link: LinkOption = None, engine: Engine = EngineName.regression,
    method: MethodOption = MethodName.auto, level: Level = LEVEL, seed: Seed = SEED, draws: FitDraws = None,
    group: Groups = None, always: Always = None, dominance: DominanceOption = None, as_json: Json = False,
) -> None:
    """Show how much of the outcome goes with each driver, and how sure that is."""
    with refusals():
        groups = _groups(group or [])
        from drivers.importance.compute import importance as compute
        from drivers.report.progress import named_when_slow

        fitted = _fit(survey, data, outcome, drivers, weight, model, link, engine, level, seed, draws, method)
        spec = fitted.spec
        with named_when_slow(f"{measure.value} shares of {len(spec.drivers)} drivers in {spec.draws:,} draws"):
            result = compute(fitted, measure.value, groups=groups, always=always or ())
        values, texts = result.to_dict(), [result.summary]
        if dominance is not None:
            from drivers.importance.dominance import dominance as compare_all

            compared = compare_all(fitted, index=dominance.value, groups=groups, always=always or ())
            values["dominance"] = compared.to_dict()
            texts.append(compared.summary)
        _print(values, lambda: "\n\n".join(text() for text in texts), as_json)


@app.command()
def fit(
    survey: Definition = None, data: Data = None, outcome: OutcomeOption = None, drivers: DriversOption = None,
    weight: Weight = None, model: ModelOption = ModelName.linear, link: LinkOption = None,
    engine: Engine = EngineName.regression, method: MethodOption = MethodName.auto, level: Level = LEVEL,
    seed: Seed = SEED, draws: FitDraws = None, as_json: Json = False,
) -> None:
    """Fit a driver model and show its slopes."""
    with refusals():
        fitted = _fit(survey, data, outcome, drivers, weight, model, link, engine, level, seed, draws, method)
        _print(fitted.to_dict(), fitted.summary, as_json)


@app.command()
def report(
    survey: Needed, data: Data = None, out: Folder = Path("reports/out"),
    wave: Annotated[str | None, typer.Option(help="Wave the headline is about; all by default.")] = None,
    outcome: OutcomeOption = None, seed: Seed = SEED, draws: Draws = DRAWS, as_json: Json = False,
) -> None:
    """Write the driver report of a survey as one self-contained HTML file."""
    with refusals():
        from drivers.report.run import report as write_report

        answers = _answers(survey, data, None, None, None)
        written = write_report(answers.survey, answers, out, wave=wave, outcome=outcome, seed=seed, draws=draws)
        _tell_report(written, as_json)


@app.command()
def simulate(
    out: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("simulated"), seed: Seed = SEED,
    n: Annotated[int, typer.Option(help="Answers per wave.")] = 1500,
    waves: Annotated[int, typer.Option(help="Number of quarters.")] = 6, as_json: Json = False,
) -> None:
    """Write a simulated survey with known truth: data, definition, truth table and codebook."""
    with refusals():
        from drivers.simulate.spec import StoreVisits
        from drivers.simulate.write import write_survey

        files = write_survey(StoreVisits(n=n, waves=waves, seed=seed), out)
        _print({"files": [str(path) for path in files]}, lambda: "\n".join(map(str, files)), as_json)


@contextmanager
def refusals() -> Iterator[None]:
    """Turn refusals into a message and an exit code, our warnings into lines on standard error.

    Raises
    ------
    typer.Exit
        In place of a `DriversError`, with its exit code.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("always", DriversWarning)
        usual = warnings.showwarning

        def tell(
            message: Warning | str, category: type[Warning], filename: str, lineno: int, file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if issubclass(category, DriversWarning):
                typer.echo(f"warning: {message}", err=True)
            else:
                usual(message, category, filename, lineno, file, line)

        warnings.showwarning = tell
        try:
            yield
        except DriversError as refusal:
            typer.echo(f"error: {refusal}", err=True)
            raise typer.Exit(refusal.exit_code) from None


def _answers(
    survey: Path | None, data: Path | None, outcome: str | None, drivers: list[str] | None, weight: str | None
) -> Answers:
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


def _fit(
    survey: Path | None, data: Path | None, outcome: str | None, drivers: str | None, weight: str | None,
    model: ModelName, link: LinkName | None, engine: EngineName, level: float, seed: int, draws: int | None,
    method: MethodName,
) -> Fit:
    from drivers.fit.products import read_terms
    from drivers.fit.run import fit as run
    from drivers.report.progress import named_when_slow

    names = [name.strip() for name in drivers.split(",") if name.strip()] if drivers else None
    answers = _answers(survey, data, outcome, list(read_terms(names).drivers) if names else None, weight)
    for finding in answers.warnings:
        typer.echo(f"warning: {finding.text}", err=True)
    what = "posterior" if engine is EngineName.bayes else "bootstrap"
    count = draws or (POSTERIOR_DRAWS if engine is EngineName.bayes else DRAWS)
    with named_when_slow(f"fitting the {model.value} model and {count:,} {what} draws"):
        return run(
            answers, outcome, names, model=model.value, link=link.value if link else None, engine=engine.value,
            method=method.value, level=level, seed=seed, draws=draws,
        )


def _groups(given: list[str]) -> dict[str, list[str]] | None:
    groups: dict[str, list[str]] = {}
    for text in given:
        name, sign, members = text.partition("=")
        named = [member.strip() for member in members.split("+") if member.strip()]
        if not (sign and name.strip() and named) or name.strip() in groups:
            twice = " A name can be given once." if name.strip() in groups else ""
            raise InputError(f'--group "{text}" is not read; write --group service=speed+staff.{twice}')
        groups[name.strip()] = named
    return groups or None


def _print(values: dict[str, Any], text: Callable[[], str], as_json: bool) -> None:
    as_ascii = "utf" not in (getattr(sys.stdout, "encoding", None) or "").lower()
    shown = json.dumps(_plain(values), ensure_ascii=as_ascii, allow_nan=False) if as_json else text()
    try:
        typer.echo(shown)
    except BrokenPipeError:
        raise  # the reader has seen enough
    except OSError as problem:
        sys.stdout = None  # nor will it take what is left to write at the end
        raise InputError(
            f"The result cannot be written to standard output ({problem.strerror}). Send it to a place with room."
        ) from None


def _plain(value: Any) -> Any:
    """Return JSON's own types: numpy scalars unwrapped, numbers that are not finite as null."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _tell_report(written: Path, as_json: bool) -> None:
    _print({"report": str(written)}, lambda: f"Report: {written}", as_json)
