"""From a file, a table in memory or a warehouse to checked `Answers`; `drivers.read(...)` is `read.source.read`."""

from typing import TYPE_CHECKING

from drivers._callable import make_callable

if TYPE_CHECKING:
    from drivers.read.source import read as read

__all__ = ["read"]

make_callable(__name__, "drivers.read.source", "read")
