"""Keep what compiled code prints off standard output, which belongs to results."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nothing_printed() -> Iterator[None]:
    """Discard what compiled code writes to standard output inside a ``with`` block.

    HiGHS prints a line of its own, whatever it is told, when it repairs a solution. Where the standard output of the
    process is closed, or is none of the system's files, nothing is done.
    """
    try:
        sys.stdout.flush()
        _flush()
        kept = os.dup(1)
    except (AttributeError, OSError, ValueError):
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            try:
                yield
            finally:
                _flush()
                os.dup2(kept, 1)
    finally:
        os.close(kept)


def _flush() -> None:
    """Write out what the C library has kept back; it has buffers of its own."""
    try:
        ctypes.CDLL(None).fflush(None)
    except (AttributeError, OSError, TypeError):  # no such library under this system: at worst the line is seen
        return
