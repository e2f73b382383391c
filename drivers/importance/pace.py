"""Long work on draws: done in chunks, its time foretold on standard error, and what is made kept when it is stopped."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from drivers.defaults import FEWEST_DRAWS_KEPT

FloatArray = NDArray[np.float64]

SLOW: Final = 5.0
"""Seconds from which on the time to go is told."""

AGAIN: Final = 10.0
"""Seconds after which it is told again."""


def in_chunks(
    work: Callable[[FloatArray], FloatArray], stack: FloatArray, *, step: int, what: str, slow: float = SLOW
) -> FloatArray:
    """Do the draws of a stack chunk by chunk.

    Parameters
    ----------
    work : callable
        Turns some of the draws, (s, ...), into as many results.
    stack : ndarray, shape (draws, ...)
        All draws.
    step : int
        Draws to a chunk.
    what : str
        What is done, for the line on standard error.
    slow : float
        Seconds of expected time from which on that line is written.

    Returns
    -------
    ndarray, shape (made, ...)
        Results of the first `made` draws: all, unless the work was interrupted after `FEWEST_DRAWS_KEPT`.

    Raises
    ------
    KeyboardInterrupt
        If it is interrupted earlier.
    """
    parts: list[FloatArray] = []
    start = told = time.monotonic()
    made = 0
    try:
        while made < len(stack):
            parts.append(work(stack[made : made + step]))
            made += len(parts[-1])
            now = time.monotonic()
            ahead = (now - start) / made * (len(stack) - made)
            if made < len(stack) and (ahead + now - start > slow if told == start else now - told > AGAIN):
                told = now
                print(
                    f"{now - start:5.1f} s  {what}: {made:,} of {len(stack):,} draws, about {max(ahead, 1):.0f} s to "
                    f"go; Ctrl-C after {FEWEST_DRAWS_KEPT} keeps those made ...", file=sys.stderr, flush=True,
                )  # fmt: skip
    except KeyboardInterrupt:
        if made < FEWEST_DRAWS_KEPT:
            raise
    return np.concatenate(parts)


class Told:
    """Tells on standard error how far the work `what` is, once it lasts; call it with the parts done and all parts."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._start = time.monotonic()
        self._next = SLOW

    def __call__(self, done: int, parts: int) -> None:
        """Tell that so many of all `parts` are `done`."""
        spent = time.monotonic() - self._start
        if spent > self._next and done < parts:
            self._next = spent + AGAIN
            ahead = spent / max(done, 1) * (parts - done)
            text = f"{spent:5.1f} s  {self._what}: {done:,} of {parts:,} parts, about {ahead:.0f} s to go ..."
            print(text, file=sys.stderr, flush=True)
