"""Long work on draws: done in chunks, its time foretold on standard error, and what is made kept when it is stopped."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from drivers.defaults import FEWEST_DRAWS_KEPT
from drivers.work.resumable import SLOW, Kept

FloatArray = NDArray[np.float64]

AGAIN: Final = 10.0
"""Seconds after which the time to go is told again."""


def in_chunks(
    work: Callable[[FloatArray], FloatArray], stack: FloatArray, *, step: int, what: str,
    made_of: Sequence[object], slow: float = SLOW,
) -> FloatArray:
    """Do the draws of a stack chunk by chunk.

    Parameters
    ----------
    work : callable
        Turns some of the draws, (s, ...), into as many results, each draw for itself.
    stack : ndarray, shape (draws, ...)
        All draws.
    step : int
        Draws to a chunk.
    what : str
        What is done, for the line on standard error.
    made_of : sequence
        What decides the results beside the stack, as `drivers.work.store.key_of` takes it: inside
        `drivers.work.resumable.resumable` finished draws are kept under it.
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
    blocks = Kept("draws", what, stack, *made_of)
    parts = _found(blocks, what, len(stack))
    made = kept = begun = sum(map(len, parts))
    start = told = time.monotonic()
    try:
        while made < len(stack):
            parts.append(work(stack[made : made + step]))
            made += len(parts[-1])
            if blocks.due and made < len(stack):
                kept = _keep(blocks, parts, kept)
            now = time.monotonic()
            ahead = (now - start) / (made - begun) * (len(stack) - made)
            if made < len(stack) and (ahead + now - start > slow if told == start else now - told > AGAIN):
                told = now
                print(
                    f"{now - start:5.1f} s  {what}: {made:,} of {len(stack):,} draws, about {max(ahead, 1):.0f} s to "
                    f"go; Ctrl-C after {FEWEST_DRAWS_KEPT} keeps those made ...", file=sys.stderr, flush=True,
                )  # fmt: skip
    except KeyboardInterrupt:
        if made > kept:
            _keep(blocks, parts, kept)
        blocks.stopped()
        if made < FEWEST_DRAWS_KEPT:
            raise
    else:
        if blocks.remembered and made > kept:
            _keep(blocks, parts, kept)
    return np.concatenate(parts)


def _found(blocks: Kept, what: str, draws: int) -> list[FloatArray]:
    """Return the draws an earlier run has kept, from the first without a gap."""
    parts = [np.asarray(block["part"], dtype=np.float64) for block in blocks.blocks()]
    made = sum(map(len, parts))
    if 0 < made < draws:  # what is found whole takes no time, and needs no word
        print(f"  0.0 s  {what}: going on from {made:,} of {draws:,} draws of an earlier run", file=sys.stderr)
    return parts


def _keep(blocks: Kept, parts: list[FloatArray], kept: int) -> int:
    """Keep all draws behind the first `kept`, and return how many are kept now."""
    whole = np.concatenate(parts)
    blocks.save(str(kept), {"part": whole[kept:]})
    return len(whole)


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
