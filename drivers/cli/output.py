"""Results on standard output, everything else on standard error; refusals as a message and an exit code."""

from __future__ import annotations

import json
import math
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

import typer

from drivers.cli.small_bases import without_small_bases
from drivers.cli.spelling import as_options
from drivers.errors import DriversError, DriversWarning, InputError

if TYPE_CHECKING:
    from drivers.survey.answers import Answers


@contextmanager
def refusals() -> Iterator[None]:
    """Turn refusals into a message and an exit code, our warnings into lines on standard error; keep long work.

    Raises
    ------
    typer.Exit
        In place of a `DriversError`, with its exit code.
    """
    from drivers.work.resumable import resumable

    with warnings.catch_warnings():
        warnings.simplefilter("always", DriversWarning)
        usual = warnings.showwarning

        def tell(
            message: Warning | str, category: type[Warning], filename: str, lineno: int, file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if issubclass(category, DriversWarning):
                typer.echo(f"warning: {as_options(str(message))}", err=True)
            else:
                usual(message, category, filename, lineno, file, line)

        warnings.showwarning = tell
        try:
            with resumable():
                yield
        except DriversError as refusal:
            typer.echo(f"error: {as_options(str(refusal))}", err=True)
            raise typer.Exit(refusal.exit_code) from None


def tell_findings(answers: Answers) -> None:
    """Tell on standard error what was found in `answers` that does not stop their analysis."""
    for finding in answers.warnings:
        typer.echo(f"warning: {as_options(finding.text)}", err=True)


def show(values: dict[str, Any], text: Callable[[], str], as_json: bool) -> None:
    """Print a result on standard output.

    Parameters
    ----------
    values : dict
        The result as plain values; of JSON bases of fewer than `MIN_BASE_CELL` answers are hidden and counted.
    text : callable
        Returns the result as text.
    as_json : bool
        Whether to print `values` as one JSON object in place of the text.

    Raises
    ------
    InputError
        If standard output cannot be written to.
    """
    as_ascii = "utf" not in (getattr(sys.stdout, "encoding", None) or "").lower()
    safe = without_small_bases(plain(values)) if as_json else {}
    shown = json.dumps(safe, ensure_ascii=as_ascii, allow_nan=False) if as_json else as_options(text())
    try:
        typer.echo(shown)
    except BrokenPipeError:
        raise  # the reader has seen enough
    except OSError as problem:
        sys.stdout = None  # nor will it take what is left to write at the end
        raise InputError(
            f"The result cannot be written to standard output ({problem.strerror}). Send it to a place with room."
        ) from None


def plain(value: Any) -> Any:
    """Return `value` in JSON's own types: numpy scalars unwrapped, numbers that are not finite as null."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
