"""What is asked of a fit, held against what it will be, so that a refusal comes before the work and not after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from drivers.errors import InputError
from drivers.importance.blocks import blocks_of
from drivers.importance.clones import refuse_many
from drivers.importance.dominance import check_index
from drivers.importance.hierarchy import refuse_measure, refuse_terms
from drivers.importance.sensitivity import Stated, stated_of
from drivers.stats.dominance import MOST_COMPLETE, require_few_compared
from drivers.stats.hierarchy import require_few_rows
from drivers.stats.measures import refuse_groups
from drivers.stats.submodels import require_few_fitted

OF_PLAIN_DRIVERS = ("measures", "sensitivity", "probe", "clones", "design")
"""Readings of a fit that squares and products of drivers have no place in."""


def check_request(
    drivers: Sequence[str], *, products: Sequence[str] = (), controls: Sequence[str] = (), model: str = "linear",
    measure: str = "lmg", index: str | None = None, readings: Sequence[str] = (),
    groups: Mapping[str, Sequence[str]] | None = None, always: Sequence[str] = (),
    reliability: Mapping[str, Stated] | None = None, outcome: str = "",
) -> None:
    """Refuse what a fit of these drivers could not answer, as far as it is known before there are answers.

    Parameters
    ----------
    drivers, products, controls : sequence of str
        What the fit will have.
    model : str
        Of the fit.
    measure : str
        How to split R2.
    index : str, optional
        What dominance is to be measured in; None without it.
    readings : sequence of str
        Other readings asked for: "measures", "pairs", "sensitivity", "probe", "clones", "design", "exposure".
    groups : mapping of str to sequence of str, optional
        Drivers that enter together.
    always : sequence of str
        Drivers in every model.
    reliability : mapping of str to float or (low, high), optional
        Stated reliabilities of drivers and the outcome.
    outcome : str
        What is explained.

    Raises
    ------
    InputError
        As `importance`, `dominance` and the readings themselves would, once the fit is there.
    """
    blocks = blocks_of(drivers, groups, always, controls)
    rows = len(blocks.names)
    if blocks.grouped:
        refuse_groups(measure)
    refuse_measure(products, measure)
    if products:
        require_few_rows(rows)
    if index is not None:
        check_index(index, model)
        if index != "r2":
            refuse_terms(products, f"index={index!r}")
            require_few_fitted(rows)
        elif not products:
            require_few_compared(rows, MOST_COMPLETE)
    for name in readings:
        if name in OF_PLAIN_DRIVERS:
            refuse_terms(products, f"`{name}`")
    if reliability:
        stated_of((*drivers, outcome), reliability, model)
    if "clones" in readings:
        refuse_many(rows)
    if "pairs" in readings and rows < 2:
        raise InputError(f"`{blocks.names[0]}` is the only driver, so there is nothing to compare it with.")

