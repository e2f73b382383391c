"""`drivers gap`: what people got against what they expected, and which drivers the difference goes with."""

from __future__ import annotations

from typing import Annotated

import typer

from drivers.cli.options import Data, Engine, EngineName, FitDraws, Json, Level, ModelName, Needed, OutcomeOption, Seed
from drivers.cli.output import refusals, show, tell_findings
from drivers.cli.request import answers_of
from drivers.defaults import LEVEL, SEED

app = typer.Typer()

Parts = Annotated[str | None, typer.Option(
    help="Some of scores,joint,compare,surface,direct,latent,asymmetry,necessity,compensation,kano."
)]  # fmt: skip
By = Annotated[list[str] | None, typer.Option(help="Wave or segment column to score apart.")]
SurfaceModel = Annotated[ModelName, typer.Option(help="Of response surfaces: linear or ordinal.")]


@app.command()
def gap(
    survey: Needed, data: Data = None, outcome: OutcomeOption = None, by: By = None, parts: Parts = None,
    model: SurfaceModel = ModelName.linear, engine: Engine = EngineName.regression, level: Level = LEVEL,
    seed: Seed = SEED, draws: FitDraws = None, as_json: Json = False,
) -> None:
    """Show the expectation gap of every driver, and which drivers it goes with."""
    with refusals():
        from drivers.gap.run import gap as compute
        from drivers.report.progress import named_when_slow

        answers = answers_of(survey, data, None, None, None)
        tell_findings(answers)
        wanted = [part.strip() for part in parts.split(",") if part.strip()] if parts else None
        with named_when_slow("the expectation gap"):
            result = compute(
                answers, outcome, by=by or (), parts=wanted, model=model.value, engine=engine.value, level=level,
                seed=seed, draws=draws,
            )
        show(result.to_dict(), result.summary, as_json)
