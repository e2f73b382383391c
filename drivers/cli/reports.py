"""`drivers demo` and `drivers report`: the page an analyst sends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from drivers.cli.options import Data, Draws, Folder, Json, Needed, OutcomeOption, Seed
from drivers.cli.output import refusals, show
from drivers.cli.request import answers_of
from drivers.defaults import DRAWS, SEED

if TYPE_CHECKING:
    from drivers.report.run import Written

DEFAULT = "html,json"
"""As in `drivers.report.formats`, which loads when a report is written."""

Formats = Annotated[str, typer.Option(help="Any of html, pdf, pptx, xlsx, json, separated by commas.")]

app = typer.Typer()


@app.command()
def demo(out: Folder = Path("reports/out/demo"), formats: Formats = DEFAULT, as_json: Json = False) -> None:
    """Write the whole driver report on the bundled survey."""
    from drivers.report.run import demo as write_demo

    with refusals():
        tell_report(write_demo(out, formats=formats.split(",")), as_json)


@app.command()
def report(
    survey: Needed, data: Data = None, out: Folder = Path("reports/out"),
    wave: Annotated[str | None, typer.Option(help="Wave the headline is about; all by default.")] = None,
    outcome: OutcomeOption = None, seed: Seed = SEED, draws: Draws = DRAWS, formats: Formats = DEFAULT,
    template: Annotated[Path | None, typer.Option(help="A .pptx whose look the slides take over.")] = None,
    templates: Annotated[Path | None, typer.Option(help="Folder with a page that overrides blocks of ours.")] = None,
    as_json: Json = False,
) -> None:
    """Write the driver report of a survey: a self-contained page, a PDF, slides, a workbook, and its numbers."""
    with refusals():
        from drivers.report.run import report as write_report

        answers = answers_of(survey, data, None, None, None)
        written = write_report(
            answers.survey, answers, out, formats=formats.split(","), wave=wave, outcome=outcome, seed=seed,
            draws=draws, template=template, templates=templates,
        )
        tell_report(written, as_json)


def tell_report(written: Written, as_json: bool) -> None:
    """Say where the files of a report were `written`, `as_json` or as lines."""
    files = {name: str(path) for name, path in written.files.items()}
    lines = [f"Report: {path}" for path in files.values()]
    show({"report": str(written.first), "files": files}, lambda: "\n".join(lines), as_json)
