"""Squares (`a^2`) and products (`a:b`) of drivers: terms of a fit that belong to the drivers they are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.errors import InputError, quoted
from drivers.fit.regression.estimated import Estimated
from drivers.fit.result import ControlDraws, Draws, Product
from drivers.survey.decode import Reason
from drivers.survey.schema import Survey

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was asked for: ``drivers``, and the pairs ``made_of`` them by the name of the term."""

    drivers: tuple[str, ...]
    made_of: dict[str, tuple[str, str]]


def read_terms(names: Sequence[str], known: Sequence[str] = ()) -> Terms:
    """Tell squares and products from drivers.

    Parameters
    ----------
    names : sequence of str
        Drivers, ``a^2`` and ``a:b`` of drivers that are in the list too.
    known : sequence of str
        Columns that are drivers whatever their name looks like.

    Returns
    -------
    Terms
        In the order given.

    Raises
    ------
    InputError
        If `names` is one text or empty, or the same pair stands twice.
    """
    if isinstance(names, str) or not len(names):
        raise InputError(f"drivers={names!r} is no list of drivers; write drivers=['a', 'b'], or leave it out for all.")
    made_of: dict[str, tuple[str, str]] = {}
    for name in names:
        pair = None if name in known else _pair(name, [other for other in names if other != name])
        if pair is None:
            continue
        if set(pair) in [set(other) for other in made_of.values()]:
            raise InputError(f"`{name}` stands twice among the terms. Name each product or square once.")
        made_of[name] = pair
    return Terms(drivers=tuple(name for name in names if name not in made_of), made_of=made_of)


def _pair(name: str, others: Sequence[str]) -> tuple[str, str] | None:
    if name.endswith("^2") and name[:-2] in others:
        return name[:-2], name[:-2]
    for at, letter in enumerate(name):
        if letter == ":" and name[:at] in others and name[at + 1 :] in others:
            return name[:at], name[at + 1 :]
    return None


def multiply(cells: Cells, survey: Survey, terms: Terms) -> tuple[Cells, tuple[Product, ...], tuple[str, ...]]:
    """Put squares and products before the outcome.

    Parameters
    ----------
    cells : Cells
        Of (drivers..., controls..., outcome).
    survey : Survey
        Knows the scales.
    terms : Terms
        What was asked for.

    Returns
    -------
    cells : Cells
        With a column for each term: the product of both drivers' distances from the middle of their scale (from their
        mean on an open scale), so that the slope of a driver is that in the middle.
    products : tuple of Product
        What the columns are made of.
    notes : tuple of str
        What was done, in words.
    """
    if not terms.made_of:
        return cells, (), ()
    centre = {name: _centre(cells, survey, name) for pair in terms.made_of.values() for name in pair}
    products = tuple(
        Product(
            name=name, label=_label(survey, pair), of=(terms.drivers.index(pair[0]), terms.drivers.index(pair[1])),
            centre=(centre[pair[0]], centre[pair[1]]),
        )
        for name, pair in terms.made_of.items()
    )  # fmt: skip
    columns = np.column_stack([product.values(cells.values) for product in products])
    wide = replace(
        cells, items=(*cells.items[:-1], *terms.made_of, cells.items[-1]),
        values=np.column_stack([cells.values[:, :-1], columns, cells.values[:, -1]]),
        reasons=np.column_stack([
            cells.reasons[:, :-1], np.full(columns.shape, Reason.ANSWERED), cells.reasons[:, -1]
        ]).astype(np.int8),
    )
    middle = ", ".join(f"{name} {value:g}" for name, value in centre.items())
    note = (
        f"{quoted(terms.made_of)} count(s) distances from the middle of the scale ({middle}): the slope of a driver is "
        "that in the middle. Shares of squares go to their driver, those of products half to each."
    )
    gaps = round(cells.n[np.isnan(columns).any(axis=1)].sum())
    missing = (
        f"Where a driver is missing its square or product is too ({gaps:,} respondents) and is filled in as a variable "
        "of its own, which is right when answers are missing completely at random.",
    ) if gaps else ()  # fmt: skip
    return wide, products, (note, *missing)


def _centre(cells: Cells, survey: Survey, name: str) -> float:
    scale = survey.item(name).scale
    if isinstance(scale, tuple):
        return float(scale[0] + scale[1]) / 2
    column = cells.column(name)
    said = ~np.isnan(column) & (cells.sum_w > 0)
    return float(np.average(column[said], weights=cells.sum_w[said])) if said.any() else 0.0


def _label(survey: Survey, pair: tuple[str, str]) -> str:
    one, other = map(survey.label, pair)
    return f"{one}, squared" if pair[0] == pair[1] else f"{one} × {other}"


def split_products(estimated: Estimated, q: int) -> Estimated:
    """Set the slopes that `estimated` has of `q` squares and products, its last columns, apart."""
    if not q:
        return estimated
    return replace(estimated, point=_split(estimated.point, q), draws=_split(estimated.draws, q))


def _split(draws: Draws, q: int) -> Draws:
    return replace(
        draws, slopes=draws.slopes[..., :-q], x_mean=draws.x_mean[..., :-q], x_cov=draws.x_cov[..., :-q, :-q],
        products=ControlDraws(slopes=draws.slopes[..., -q:], cov=draws.x_cov),
    )
