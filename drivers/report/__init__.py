"""Content, sentences and writers of reports; `drivers.report(...)` is `report.run.report`."""

from typing import TYPE_CHECKING

from drivers._callable import make_callable

if TYPE_CHECKING:
    from drivers.report.run import report as report

__all__ = ["report"]

make_callable(__name__, "drivers.report.run", "report")
