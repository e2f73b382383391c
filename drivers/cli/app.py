"""The application: every command in the order of use."""

from __future__ import annotations

from typing import Annotated

import typer

from drivers.cli import explain, planning, reports, survey_files

app = typer.Typer(
    help="What drives satisfaction, and how sure are we?", no_args_is_help=True, add_completion=False,
    pretty_exceptions_enable=False, rich_markup_mode=None,
)
Version = Annotated[bool, typer.Option("--version", is_eager=True, help="Print the version.")]


@app.callback(invoke_without_command=True)
def main(version: Version = False) -> None:
    """Tell the version if asked."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"drivers {installed('drivers')}")
        raise typer.Exit


for family in (reports, survey_files, explain, planning):
    app.add_typer(family.app)
