"""Rows made part by part, whose parts come from a stream that cannot be entered in the middle: kept when it lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from drivers.work.pace import Told
from drivers.work.resumable import Kept

FloatArray = NDArray[np.float64]
Block = Mapping[str, NDArray[np.generic]]


def in_parts(
    work: Callable[[FloatArray], Block], parts: Iterable[FloatArray], *, rows: int, kept: Kept, what: str
) -> Block:
    """Do all parts, in their order, passing over those an earlier run has kept.

    Parameters
    ----------
    work : callable
        Turns a part (s, ...) into arrays by name, s rows each.
    parts : iterable of ndarray
        What there is to do; the same parts whenever `kept` is made of the same.
    rows : int
        Rows of all parts together.
    kept : Kept
        Where finished rows are kept, and found.
    what : str
        What is done, for the line on standard error once it lasts.

    Returns
    -------
    mapping of str to ndarray
        All rows.

    Raises
    ------
    KeyboardInterrupt
        If it is interrupted; what is finished is kept first.
    """
    told = Told(what)
    blocks: list[Block] = list(kept.blocks())
    found, seen = sum(map(_rows, blocks)), 0
    unsaved: list[Block] = []

    def keep() -> None:
        if unsaved:
            block = _joined(unsaved)
            kept.save(str(sum(map(_rows, blocks))), block)
            blocks.append(block)
            unsaved.clear()

    try:
        for part in parts:
            seen += len(part)
            if seen > found:
                unsaved.append(work(part))
                told(seen - found, rows - found)
                if kept.due and seen < rows:
                    keep()
    except KeyboardInterrupt:
        keep()
        kept.stopped()
        raise
    return _joined([*blocks, *unsaved])


def _rows(block: Block) -> int:
    return len(next(iter(block.values())))


def _joined(blocks: Sequence[Block]) -> Block:
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
