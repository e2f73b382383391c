"""Models fitted on cells, and their draws; `drivers.fit(...)` is `fit.run.fit`."""

from typing import TYPE_CHECKING

from drivers._callable import make_callable

if TYPE_CHECKING:
    from drivers.fit.run import fit as fit

__all__ = ["fit"]

make_callable(__name__, "drivers.fit.run", "fit")
