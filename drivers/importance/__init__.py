"""How much of the outcome goes with each driver; `drivers.importance(...)` is `importance.compute.importance`."""

from typing import TYPE_CHECKING

from drivers._callable import make_callable

if TYPE_CHECKING:
    from drivers.importance.compute import importance as importance

__all__ = ["importance"]

make_callable(__name__, "drivers.importance.compute", "importance")
