"""Fewest people behind what is shown: the defaults may be raised at will and lowered only with a warning."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

from drivers.defaults import MIN_BASE_CELL, MIN_BASE_MODEL
from drivers.errors import InputError, SmallBaseWarning


@dataclass(frozen=True, slots=True, kw_only=True)
class Bases:
    """Fewest answers for a ``model`` of its own, and fewest respondents behind any ``cell`` that is shown."""

    model: int = MIN_BASE_MODEL
    cell: int = MIN_BASE_CELL


def settle_bases(model: int | None, cell: int | None) -> Bases:
    """Check the bases asked for.

    Parameters
    ----------
    model, cell : int or None
        As in `Bases`; None takes the default.

    Returns
    -------
    Bases
        The bases to use.

    Raises
    ------
    InputError
        If one is not a count.

    Warns
    -----
    SmallBaseWarning
        If one is below its default.
    """
    found = Bases(model=MIN_BASE_MODEL if model is None else model, cell=MIN_BASE_CELL if cell is None else cell)
    if found.cell < 1 or found.model < 2:
        raise InputError(
            f"Bases of {found.cell} respondents for a cell and {found.model} answers for a model cannot be; the "
            f"defaults are {MIN_BASE_CELL} and {MIN_BASE_MODEL}."
        )
    for name, given, default, risk in (
        ("min_cell", found.cell, MIN_BASE_CELL, "numbers may give single people away"),
        ("min_model", found.model, MIN_BASE_MODEL, "slopes of so few answers say next to nothing"),
    ):
        if given < default:
            warnings.warn(
                f"{name}={given} is below the default of {default}: {risk}. Do not hand the result on.",
                SmallBaseWarning, stacklevel=3,
            )
    return found
