"""`drivers check` and `drivers simulate`: surveys as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from drivers.cli.options import Data, Json, Needed, Seed
from drivers.cli.output import refusals, show
from drivers.defaults import SEED

app = typer.Typer()
CHECK = "Hold data against their definition: every finding, with the line to change. Exit code 2 if any must be mended."


@app.command(help=CHECK)
def check(survey: Needed, data: Data = None, as_json: Json = False) -> None:
    """Hold `data` against the definition `survey`; print every finding, `as_json` or as text.

    Raises
    ------
    typer.Exit
        With 2 where something must be mended, else 0.
    """
    from drivers.read.check import check as check_data

    with refusals():
        from drivers.report.progress import named_when_slow

        with named_when_slow(f"checking the data of {survey}"):
            found = check_data(data, survey)
        show(found.to_dict(), found.summary, as_json)
    raise typer.Exit(found.exit_code)


@app.command()
def simulate(
    out: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("simulated"), seed: Seed = SEED,
    n: Annotated[int, typer.Option(help="Answers per wave.")] = 1500,
    waves: Annotated[int, typer.Option(help="Number of quarters.")] = 6,
    slope_step: Annotated[
        list[str] | None,
        typer.Option(metavar="DRIVER=+0.2@QUARTER", help="A slope that steps; in the last quarter by default."),
    ] = None,
    slope_drift: Annotated[
        list[str] | None,
        typer.Option(metavar="DRIVER=+0.05@QUARTER", help="A slope that drifts; from the second on by default."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a simulated survey with known truth: data, definition, truth table and codebook."""
    with refusals():
        from dataclasses import replace

        from drivers.simulate.moves import slope_move
        from drivers.simulate.spec import StoreVisits
        from drivers.simulate.write import write_survey

        spec = StoreVisits(n=n, waves=waves, seed=seed)
        steps = [slope_move(text, "step", spec) for text in slope_step or ()]
        drifts = [slope_move(text, "drift", spec) for text in slope_drift or ()]
        files = write_survey(replace(spec, drift=(*spec.drift, *steps, *drifts)), out)
        show({"files": [str(path) for path in files]}, lambda: "\n".join(map(str, files)), as_json)
