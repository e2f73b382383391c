"""`resumable`: long work inside it keeps what is finished, and goes on from there when it is asked for again."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from drivers.defaults import KEPT_DAYS
from drivers.work.store import Store, key_of

SLOW: Final = 5.0
"""Seconds of work from which on its pace is told; also between two blocks that are kept."""


@dataclass(slots=True, kw_only=True)
class Session:
    """One `resumable`: its ``store``, keys ``used``, whether to ``remember``, and whether work was ``stopped``."""

    store: Store
    remember: bool
    used: list[str] = field(default_factory=list)
    stopped: bool = False


_SESSION: ContextVar[Session | None] = ContextVar("drivers_session", default=None)


@contextmanager
def resumable(folder: str | Path | None = None, *, remember: bool = False) -> Iterator[None]:
    """Let long work inside go on from where an interrupted run of the same work was.

    Fits of both engines, sampled orders, exact walks over many draws, imputations, bootstrap draws of ordinal and
    binary fits, and submodels under many draws keep finished blocks about every 5 seconds, whether the end comes by
    Ctrl-C, a crash or a power cut. The same call on the same data finds them and returns the very numbers of an
    undisturbed run. When everything inside has ended well they are removed.

    Parameters
    ----------
    folder : str or Path, optional
        Where to keep them; `cache_folder` by default. Blocks are arrays under the hash of what they are made of.
        Those of imputations hold imputed answers, so keep the folder where the data may be.
    remember : bool
        Keep finished fits and draws after a good end, too, however quick they were, so that the next run on the same
        data has them at once; for reports that are written again and again. They go after `KEPT_DAYS`.
    """
    try:
        chosen = Path(folder) if folder is not None else cache_folder()
    except RuntimeError:  # a user without a home, and no folder asked for
        yield
        return
    session = Session(store=Store(folder=chosen), remember=remember)
    session.store.tidy_up(KEPT_DAYS)
    token, ended = _SESSION.set(session), False
    try:
        yield
        ended = True
    finally:
        _SESSION.reset(token)
        if ended and not (session.stopped or remember):
            session.store.remove(session.used)


def cache_folder() -> Path:
    """Return the folder for kept work: ``$DRIVERS_CACHE``, or ``drivers`` in the user's cache of this system."""
    asked = os.environ.get("DRIVERS_CACHE")
    if asked:
        return Path(asked)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "drivers" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "drivers"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "drivers"


class Kept:
    """Finished blocks of one piece of work, by name; without a `resumable` around it nothing is kept or found.

    Parameters
    ----------
    *made_of : object
        All that decides the numbers, the kind of work first, as `key_of` takes it.
    """

    def __init__(self, *made_of: object) -> None:
        self._session = _SESSION.get()
        self._made_of = made_of
        self._key: str | None = None
        self._last = time.monotonic() if self._session else 0.0

    @property
    def due(self) -> bool:
        """Whether a block should be kept now: there was enough work since the last."""
        return self._session is not None and time.monotonic() - self._last > SLOW

    @property
    def remembered(self) -> bool:
        """Whether the finished whole should be kept: it took long, or everything is remembered."""
        return self.due or (self._session is not None and self._session.remember)

    def blocks(self) -> Iterator[dict[str, NDArray[np.generic]]]:
        """Go through blocks of rows, named by their first row, as far as they follow each other without a gap."""
        rows = 0
        while block := self.load(str(rows)):
            yield block
            rows += len(next(iter(block.values())))

    def load(self, name: str) -> dict[str, NDArray[np.generic]] | None:
        """Return the arrays of the block `name`, None where it is not kept."""
        if self._session is None or self._session.store.empty:
            return None
        key = self._named(name)
        found = self._session.store.get(key)
        if found is not None:
            self._session.used.append(key)
        return found

    def save(self, name: str, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Keep the `arrays` of the block `name`."""
        if self._session is not None:
            key = self._named(name)
            if self._session.store.put(key, arrays):
                self._session.used.append(key)
            self._last = time.monotonic()

    def stopped(self) -> None:
        """Note that the work was ended early, so that its blocks stay."""
        if self._session is not None:
            self._session.stopped = True

    def _named(self, name: str) -> str:
        if self._key is None:
            self._key = key_of(*self._made_of)
        return f"{self._key}.{name}"
