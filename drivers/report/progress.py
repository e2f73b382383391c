"""What a report is doing, on standard error; standard output stays free for results."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivers.report.analysis import Say


def silent(text: str) -> None:
    """Say nothing of `text`."""


def on_standard_error() -> Say:
    """Return a speaker that prints each step with the seconds since the start; plain lines without a terminal."""
    from rich.console import Console

    console, start = Console(stderr=True, highlight=False), time.monotonic()

    def say(text: str) -> None:
        console.print(f"{time.monotonic() - start:5.1f} s  {text}", markup=False, style="dim")

    return say
