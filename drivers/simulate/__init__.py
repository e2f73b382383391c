"""Surveys with known truth; `drivers.simulate(...)` is `simulate.survey.simulate`."""

from typing import TYPE_CHECKING

from drivers._callable import make_callable

if TYPE_CHECKING:
    from drivers.simulate.survey import simulate as simulate

__all__ = ["simulate"]

make_callable(__name__, "drivers.simulate.survey", "simulate")
