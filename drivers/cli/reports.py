"""`drivers demo` and `drivers report`: the page an analyst sends."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from drivers.cli.options import Data, Draws, Folder, Json, Needed, OutcomeOption, Seed
from drivers.cli.output import refusals, show
from drivers.cli.request import answers_of
from drivers.defaults import DRAWS, SEED

app = typer.Typer()


@app.command()
def demo(out: Folder = Path("reports/out/demo"), as_json: Json = False) -> None:
    """Write the whole driver report on the bundled survey."""
    from drivers.report.run import demo as write_demo

    with refusals():
        tell_report(write_demo(out), as_json)


@app.command()
def report(
    survey: Needed, data: Data = None, out: Folder = Path("reports/out"),
    wave: Annotated[str | None, typer.Option(help="Wave the headline is about; all by default.")] = None,
    outcome: OutcomeOption = None, seed: Seed = SEED, draws: Draws = DRAWS, as_json: Json = False,
) -> None:
    """Write the driver report of a survey as one self-contained HTML file."""
    with refusals():
        from drivers.report.run import report as write_report

        answers = answers_of(survey, data, None, None, None)
        written = write_report(answers.survey, answers, out, wave=wave, outcome=outcome, seed=seed, draws=draws)
        tell_report(written, as_json)


def tell_report(written: Path, as_json: bool) -> None:
    """Say where the report was `written`, `as_json` or as a line."""
    show({"report": str(written)}, lambda: f"Report: {written}", as_json)
