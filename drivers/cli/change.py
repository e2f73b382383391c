"""`drivers change`, `drivers segments` and `drivers compare`: what moved between waves, segments and reports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from drivers.cli.options import Data, DriversOption, Json, Level, Needed, OutcomeOption, Seed
from drivers.cli.output import refusals, show, tell_findings
from drivers.cli.request import answers_of
from drivers.defaults import LEVEL, SEED

app = typer.Typer()

Bases = Annotated[int | None, typer.Option(min=1, help="Fewest answers; below the default with a warning.")]


@app.command()
def change(
    survey: Needed, data: Data = None, outcome: OutcomeOption = None, drivers: DriversOption = None,
    wave: Annotated[str | None, typer.Option(help="Wave to judge; the latest by default.")] = None,
    against: Annotated[str | None, typer.Option(help="previous, year_ago, or a wave; both by default.")] = None,
    order: Annotated[str | None, typer.Option(help="All waves, oldest first, separated by commas.")] = None,
    mix: Annotated[str | None, typer.Option(help="Segment columns that say who was asked; all by default.")] = None,
    min_model: Bases = None, min_cell: Bases = None, level: Level = LEVEL, seed: Seed = SEED, as_json: Json = False,
) -> None:
    """Show what moved between waves, how sure that is, and why."""
    with refusals():
        from drivers.change.run import change as compare
        from drivers.report.progress import named_when_slow

        answers = answers_of(survey, data, None, None, None)
        tell_findings(answers)
        with named_when_slow("comparing waves"):
            result = compare(
                answers, outcome, _names(drivers), wave=wave, against=against, order=_names(order), mix=_names(mix),
                level=level, seed=seed, min_model=min_model, min_cell=min_cell,
            )
        show(result.to_dict(), result.summary, as_json)


@app.command()
def segments(
    survey: Needed, data: Data = None, outcome: OutcomeOption = None, drivers: DriversOption = None,
    by: Annotated[str | None, typer.Option(help="Segment columns, separated by commas; all by default.")] = None,
    min_model: Bases = None, min_cell: Bases = None, level: Level = LEVEL, seed: Seed = SEED, as_json: Json = False,
) -> None:
    """Set the slopes of segments side by side, pooled, and show which differ from the rest."""
    with refusals():
        from drivers.change.segments import segment_map
        from drivers.report.progress import named_when_slow

        answers = answers_of(survey, data, None, None, None)
        tell_findings(answers)
        with named_when_slow("fitting every segment"):
            result = segment_map(
                answers, _names(by), outcome, _names(drivers), level=level, seed=seed, min_model=min_model,
                min_cell=min_cell,
            )
        show(result.to_dict(), result.summary, as_json)


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(help="run.json of the earlier report, or its folder.")],
    after: Annotated[Path, typer.Argument(help="run.json of the later report, or its folder.")],
    as_json: Json = False,
) -> None:
    """Show what differs between two reports, and what cannot be compared."""
    with refusals():
        from drivers.report.run_compare import compare_runs
        from drivers.report.run_file import read_run

        result = compare_runs(read_run(before), read_run(after))
        show(result.to_dict(), result.summary, as_json)


def _names(given: str | None) -> list[str] | None:
    return None if given is None else [name.strip() for name in given.split(",") if name.strip()]
