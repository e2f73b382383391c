"""From wave to wave: what moved, why, and how sure that is; and which segments differ."""

from typing import TYPE_CHECKING

from drivers._callable import make_callable

if TYPE_CHECKING:
    from drivers.change.run import change as change

make_callable(__name__, "drivers.change.run", "change")
