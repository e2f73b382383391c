"""The expectation gap: what people got against what they expected; `drivers.gap(...)` is `gap.run.gap`."""

from typing import TYPE_CHECKING

from drivers._callable import make_callable

if TYPE_CHECKING:
    from drivers.gap.run import gap as gap

__all__ = ["gap"]

make_callable(__name__, "drivers.gap.run", "gap")
