"""`drivers sample-size`: what next quarter's survey needs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from drivers.cli.options import (
    Data,
    Definition,
    DriversOption,
    Engine,
    EngineName,
    FitDraws,
    Json,
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
from drivers.cli.request import answers_of, fit_as_asked
from drivers.defaults import ALPHA, LEVEL, POWER, SEED

app = typer.Typer()


class ScoreName(StrEnum):
    """What should be seen to change."""

    top2 = "top2"
    nps = "nps"
    mean = "mean"
    slope = "slope"


@app.command()
def sample_size(
    survey: Definition = None, data: Data = None,
    measure: Annotated[ScoreName, typer.Option(help="What should be seen to change; top2 is CSAT.")] = ScoreName.top2,
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
        from drivers.scenario.sample_size import TYPICAL
        from drivers.scenario.sample_size import sample_size as compute

        source = None
        if survey is not None or data is not None:
            source = (
                fit_as_asked(survey, data, outcome, drivers, weight, model, link, engine, LEVEL, seed, draws, method)
                if measure is ScoreName.slope
                else answers_of(survey, data, outcome, drivers.split(",") if drivers else None, weight)
            )
        result = compute(
            source, measure=measure.value, change=TYPICAL[measure.value] if change is None else change, item=item,
            n=n, start=start, variance=variance, sd=sd, r2=r2, r2_other=r2_other, deff=deff, power=power, alpha=alpha,
        )
        show(result.to_dict(), result.summary, as_json)
