"""What a command is doing, on standard error; standard output stays free for results."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivers.report.chapter import Say

SLOW = 2.0
"""Seconds after which a step that is not done yet is named."""

AGAIN = 30.0
"""Seconds after which it is named again."""


def silent(text: str) -> None:
    """Say nothing of `text`."""


def on_standard_error() -> Say:
    """Return a speaker that prints each step with the seconds since the start; plain lines without a terminal."""
    from rich.console import Console

    console, start = Console(stderr=True, highlight=False), time.monotonic()

    def say(text: str) -> None:
        console.print(f"{time.monotonic() - start:5.1f} s  {text}", markup=False, style="dim")

    return say


@contextmanager
def named_when_slow(text: str) -> Iterator[None]:
    """Say `text` on standard error if what runs inside takes more than `SLOW` seconds, and again every `AGAIN`."""
    done, start = threading.Event(), time.monotonic()

    def watch() -> None:
        wait = SLOW
        while not done.wait(wait):
            print(f"{time.monotonic() - start:5.1f} s  {text} ...", file=sys.stderr, flush=True)
            wait = AGAIN

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
