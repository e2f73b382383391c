"""`drivers plan`, `drivers priorities`, `drivers sample-size`: what to do with a budget, and what to ask next."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, cast

import typer

from drivers.cli.options import (
    Data,
    Definition,
    DriversOption,
    Engine,
    EngineName,
    FitDraws,
    Json,
    Level,
    LinkOption,
    MethodName,
    MethodOption,
    ModelName,
    ModelOption,
    OutcomeOption,
    Seed,
    Weight,
)
from drivers.cli.output import refusals, show
from drivers.cli.request import answers_and_fit, answers_of, fit_as_asked
from drivers.defaults import ALPHA, LEVEL, POWER, SEED
from drivers.errors import InputError

app = typer.Typer()


class ScoreName(StrEnum):
    """What should be seen to change."""

    top2 = "top2"
    nps = "nps"
    mean = "mean"
    slope = "slope"
    first = "first"


class Following(StrEnum):
    """What drivers do that are not acted on."""

    alone = "alone"
    block = "block"
    causes = "causes"


class GainName(StrEnum):
    """What a plan is to gain."""

    mean = "mean"
    top2 = "top2"
    nps = "nps"
    value = "value"


@app.command(help="Choose what gains most within a budget, and say how sure that is.")
def plan(
    survey: Definition = None, data: Data = None,
    options: Annotated[
        Path | None, typer.Option("--plan", metavar="FILE.toml", help="What can be bought, and for how much.")
    ] = None,
    budget: Annotated[float | None, typer.Option(help="Most that may be spent; the file's by default.")] = None,
    measure: Annotated[GainName | None, typer.Option(help="What is to be gained; the file's by default.")] = None,
    tail: Annotated[
        float | None, typer.Option(help="Maximise the average of this worst part of draws: 0.1 for a cautious plan.")
    ] = None,
    following: Annotated[
        Following, typer.Option(help="What other drivers do: stay, go along as correlated, or follow --cause.")
    ] = Following.alone,
    cause: Annotated[list[str] | None, typer.Option(metavar='"A -> B"', help="A declared cause; repeatable.")] = None,
    outcome: OutcomeOption = None, drivers: DriversOption = None, weight: Weight = None,
    model: ModelOption = ModelName.ordinal, link: LinkOption = None, engine: Engine = EngineName.regression,
    method: MethodOption = MethodName.auto, level: Level = LEVEL, seed: Seed = SEED, draws: FitDraws = None,
    worth: Annotated[bool, typer.Option("--worth-knowing", help="Say what more answers would bring.")] = False,
    as_json: Json = False,
) -> None:
    """Choose what gains most within a budget; options are those of `drivers plan --help`.

    Raises
    ------
    typer.Exit
        In place of an `InputError`, where no file of options or no budget is given.
    """
    with refusals():
        from drivers.report.progress import named_when_slow
        from drivers.scenario.plan import check_budget
        from drivers.scenario.plan import plan as compute
        from drivers.scenario.plan_file import read_plan

        if options is None:
            raise InputError("Name the file that says what can be bought, and for how much: --plan FILE.toml.")
        asked = read_plan(options)
        most = asked.budget if budget is None else budget
        if most is None:
            raise InputError(f"No budget: write --budget 100000, or budget = 100000 into {options}.")
        check_budget(most)
        answers, fitted = answers_and_fit(
            survey, data, outcome, drivers, weight, model, link, engine, level, seed, draws, method
        )
        gain = measure.value if measure else asked.measure
        with named_when_slow(f"gains of {len(asked.options)} options in {fitted.spec.draws:,} draws"):
            result = compute(
                fitted, asked.options, budget=most, measure=gain, tail=asked.tail if tail is None else tail,
                customer=asked.customer if gain in (None, "value") else None, answers=answers,
                scenario=following.value, dag=cause,
            )
        values, texts = result.to_dict(), [result.summary]
        if worth:
            from drivers.scenario.worth import worth_knowing

            known = worth_knowing(result, fitted)
            values["worth_knowing"] = known.to_dict()
            texts.append(known.summary)
        show(values, lambda: "\n\n".join(text() for text in texts), as_json)


@app.command()
def priorities(
    survey: Definition = None, data: Data = None, outcome: OutcomeOption = None, drivers: DriversOption = None,
    weight: Weight = None, model: ModelOption = ModelName.linear, link: LinkOption = None,
    engine: Engine = EngineName.regression, method: MethodOption = MethodName.auto, level: Level = LEVEL,
    seed: Seed = SEED, draws: FitDraws = None, as_json: Json = False,
) -> None:
    """Hold how well each driver does against how much it matters."""
    with refusals():
        from drivers.scenario.priority import priority_map

        fitted = fit_as_asked(survey, data, outcome, drivers, weight, model, link, engine, level, seed, draws, method)
        result = priority_map(fitted)
        show(result.to_dict(), result.summary, as_json)


@app.command()
def sample_size(
    survey: Definition = None, data: Data = None,
    measure: Annotated[
        ScoreName, typer.Option(help="What should be seen to change (top2 is CSAT), or which driver is first.")
    ] = ScoreName.top2,
    change: Annotated[
        float | None, typer.Option(help="Smallest change that matters: 0.03 (top2) or 5 (nps), by default; else 0.1.")
    ] = None,
    item: Annotated[str | None, typer.Option(help="Outcome, or driver of a slope; the first by default.")] = None,
    n: Annotated[float | None, typer.Option("--n", help="Answers planned per wave.")] = None,
    start: Annotated[float | None, typer.Option(help="Top2 before the change, as a proportion.")] = None,
    variance: Annotated[float | None, typer.Option(help="Variance of NPS answers -1, 0, 1; 0.7 is common.")] = None,
    sd: Annotated[float | None, typer.Option(help="Standard deviation of one answer.")] = None,
    r2: Annotated[float | None, typer.Option(help="Explained part of the outcome (slope).")] = None,
    r2_other: Annotated[float | None, typer.Option(help="Explained part of the driver by the others (slope).")] = None,
    deff: Annotated[float | None, typer.Option(help="Design effect; the survey's by default.")] = None,
    power: Annotated[float, typer.Option(help="Wished chance to see the change.")] = POWER,
    alpha: Annotated[float, typer.Option(help="Chance of calling a change real where there is none.")] = ALPHA,
    outcome: OutcomeOption = None, drivers: DriversOption = None, weight: Weight = None,
    model: ModelOption = ModelName.linear, link: LinkOption = None, engine: Engine = EngineName.regression,
    method: MethodOption = MethodName.auto, seed: Seed = SEED, draws: FitDraws = None, as_json: Json = False,
) -> None:
    """Tell how many answers next quarter needs for a change to be seen."""
    with refusals():
        if measure is ScoreName.first:
            from drivers.scenario.assurance import first_assurance

            fitted = fit_as_asked(
                survey, data, outcome, drivers, weight, model, link, engine, LEVEL, seed, draws, method
            )
            assured = first_assurance(fitted, n=None if n is None else [n])
            show(assured.to_dict(), assured.summary, as_json)
            return
        from drivers.scenario.sample_size import TYPICAL, Score
        from drivers.scenario.sample_size import sample_size as compute

        source = None
        if survey is not None or data is not None:
            source = (
                fit_as_asked(survey, data, outcome, drivers, weight, model, link, engine, LEVEL, seed, draws, method)
                if measure is ScoreName.slope
                else answers_of(survey, data, outcome, drivers.split(",") if drivers else None, weight)
            )
        result = compute(
            source, measure=cast(Score, measure.value), item=item, n=n,
            change=TYPICAL[measure.value] if change is None else change, start=start, variance=variance, sd=sd,
            r2=r2, r2_other=r2_other, deff=deff, power=power, alpha=alpha,
        )
        show(result.to_dict(), result.summary, as_json)
