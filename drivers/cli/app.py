"""The application: every command in the order of use."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from drivers.cli import change, explain, gap, planning, reports, survey_files, what_if

app = typer.Typer(
    help="What drives satisfaction, and how sure are we?", no_args_is_help=True, add_completion=False,
    pretty_exceptions_enable=False, rich_markup_mode=None,
)
Version = Annotated[bool, typer.Option("--version", is_eager=True, help="Print the version.")]


Cache = Annotated[
    Path | None,
    typer.Option(envvar="DRIVERS_CACHE", help="Where interrupted work is kept; the user's cache folder by default."),
]


@app.callback(invoke_without_command=True, help="What drives satisfaction, and how sure are we?")
def main(version: Version = False, cache: Cache = None) -> None:
    """Tell the `version` if asked, and keep interrupted work in `cache`.

    Raises
    ------
    typer.Exit
        After the version.
    """
    if cache is not None:
        os.environ["DRIVERS_CACHE"] = str(cache)
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"drivers {installed('drivers')}")
        raise typer.Exit


for family in (reports, survey_files, explain, gap, what_if, planning, change):
    app.add_typer(family.app)
