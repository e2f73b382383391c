"""Importance where squares and products of drivers are in the model: they enter with the drivers they are made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError, quoted
from drivers.fit.result import Fit
from drivers.importance.blocks import Blocks
from drivers.importance.shares import Shares
from drivers.stats.dominance import dominance_of_fits
from drivers.stats.hierarchy import hierarchical_fits
from drivers.work.pace import in_chunks

FloatArray = NDArray[np.float64]


def refuse_products(fit: Fit, what: str) -> None:
    """Refuse a fit with squares or products where nothing says to which driver they belong.

    Parameters
    ----------
    fit : Fit
        Any fit.
    what : str
        What was asked for.

    Raises
    ------
    InputError
        If there are any.
    """
    refuse_terms(fit.spec.products, what)


def refuse_terms(products: Sequence[str], what: str) -> None:
    """Refuse squares or products where nothing says to which driver they belong.

    Parameters
    ----------
    products : sequence of str
        Names of the terms.
    what : str
        What was asked for.

    Raises
    ------
    InputError
        If there are any.
    """
    if products:
        raise InputError(
            f"{what} takes drivers as they are, and this fit has {quoted(products)}. Fit without, or use "
            "importance(fit) or dominance(fit), which count them to their drivers."
        )


def refuse_measure(products: Sequence[str], measure: str) -> None:
    """Refuse a measure of single columns where squares or products belong to drivers.

    Parameters
    ----------
    products : sequence of str
        Names of the terms.
    measure : str
        Only "lmg" has shares then.

    Raises
    ------
    InputError
        If there are any and the measure is another one.
    """
    if products and measure != "lmg":
        raise InputError(
            f"measure={measure!r} is of single columns, and {quoted(products)} belong(s) to drivers. Use "
            "measure='lmg', or fit without."
        )


def needs_of(fit: Fit, blocks: Blocks) -> list[int]:
    """Return the rows of `blocks`, as bits, that each driver and each product of `fit` needs to be in the model."""
    row = {place: 1 << at for at, places in enumerate(blocks.members) for place in places}
    own = [row.get(j, 0) for j in range(len(fit.spec.drivers))]
    return [*own, *(own[product.of[0]] | own[product.of[1]] for product in fit.products)]


def always_columns(fit: Fit, blocks: Blocks) -> list[int]:
    """Return the columns of `fit` that are in every model: always-in drivers of `blocks`, and what is made of them."""
    p, held = len(fit.spec.drivers), set(blocks.always)
    return [*blocks.always, *(p + at for at, product in enumerate(fit.products) if set(product.of) <= held)]


def shares_with_products(measure: str, fit: Fit, point: FloatArray, stack: FloatArray, blocks: Blocks) -> Shares:
    """Compute LMG with squares and products counted to their drivers.

    Parameters
    ----------
    measure : str
        Only "lmg" has such shares.
    fit : Fit
        With products.
    point, stack : ndarray, shape (c + 1, c + 1) and (S, c + 1, c + 1)
        Covariances of drivers, products and, last, the outcome, of the estimate and of draws.
    blocks : Blocks
        Rows, and always-in drivers.

    Returns
    -------
    Shares
        Adding up to R2 of drivers and products together, beyond what is always in.

    Raises
    ------
    InputError
        If the measure is another one, or there are too many rows.
    """
    refuse_measure(fit.spec.products, measure)
    needs, rows = needs_of(fit, blocks), len(blocks.names)

    def shares(cov: FloatArray) -> FloatArray:
        return dominance_of_fits(hierarchical_fits(cov, needs, rows)).general

    draws = in_chunks(
        shares, stack, step=max(1, (1 << 17) >> rows), what=f"LMG of {rows} rows with products",
        made_of=(needs, rows),
    )
    return Shares(estimate=shares(point), draws=draws, asked=len(stack))
