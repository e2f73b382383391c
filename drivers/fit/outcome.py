"""From an outcome's answers to the categories a model needs, or the reason it cannot have them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.errors import DataError, EmptyCategoryError, InputError, quoted
from drivers.fit.result import FitSpec
from drivers.survey.schema import Item, Survey

FloatArray = NDArray[np.float64]

MOST_CATEGORIES = 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """``category`` (m,) 0..q of each cell; ``categories`` (q+1,) their scale points; ``top`` start of the top box.

    For a rating, ``top`` is the second highest point of the scale (top-2-box); for a yes/no outcome the higher value.
    """

    category: NDArray[np.intp]
    categories: FloatArray
    top: float


def top_box(item: Item, values: FloatArray) -> float | None:
    """Return where the top box starts.

    Parameters
    ----------
    item : Item
        A closed scale decides alone, so that a group in which nobody used the low points has the same top box.
    values : ndarray, shape (m,)
        Values that occur, NaN where missing; they decide where no closed scale is declared.

    Returns
    -------
    float or None
        The second highest point, the higher of two, or None where the points are not known.
    """
    if isinstance(item.scale, tuple):
        low, high = item.scale
        return float(high) if high - low <= 1 else float(high) - 1
    points = np.unique(values[~np.isnan(values)])
    if len(points) == 2:
        return float(points[1])
    return float(points[-2]) if 2 < len(points) <= MOST_CATEGORIES else None


def ordinal_outcome(name: str, item: Item, values: FloatArray, n: FloatArray) -> Outcome:
    """Code a rating for a cumulative model.

    Parameters
    ----------
    name : str
        The outcome's column.
    item : Item
        Its resolved definition. A closed scale declares the categories; an open one takes those used.
    values, n : ndarray, shape (m,)
        Scale point and respondents of each cell.

    Returns
    -------
    Outcome
        Every category is used by somebody.

    Raises
    ------
    EmptyCategoryError
        If a declared point was never used: its threshold would be infinite.
    InputError
        If the values are not a rating: too many points, or points between the declared ones.
    """
    used, category = np.unique(values, return_inverse=True)
    if item.scale is not None and item.scale != "open":
        points = np.arange(item.scale[0], item.scale[1] + 1)
        between = ~np.isin(used, points)
        if between.any():
            count = int(n[np.isin(values, used[between])].sum())
            raise InputError(
                f"`{name}`: {count:,} answers lie between the points of its scale (first: {used[between][0]:g}), so it "
                "is a score, not a rating. Use model='linear'."
            )
        empty = points[~np.isin(points, used)]
        if len(empty):
            listed = ", ".join(f"{point:g}" for point in empty)
            raise EmptyCategoryError(
                f"`{name}`: nobody in the {int(n.sum()):,} complete answers chose {listed}, so no threshold can be "
                f"placed there. To fit the {len(used)} points that were used, declare [items.{name}] scale = \"open\"; "
                "or use model='linear'."
            )
    elif len(used) > MOST_CATEGORIES:
        raise InputError(
            f"`{name}` takes {len(used):,} different values, which is a measurement, not a rating of at most "
            f"{MOST_CATEGORIES} points. Use model='linear'."
        )
    top = top_box(item, used)
    return Outcome(
        category=category.astype(np.intp), categories=used, top=float(used[-1]) if top is None else top
    )


def binary_outcome(name: str, item: Item, values: FloatArray, n: FloatArray) -> Outcome:
    """Code an outcome for a binary model: the top box against the rest, or the higher of two values.

    Parameters
    ----------
    name : str
        The outcome's column.
    item : Item
        Its resolved definition.
    values, n : ndarray, shape (m,)
        Scale point and respondents of each cell.

    Returns
    -------
    Outcome
        Categories 0 and 1.

    Raises
    ------
    EmptyCategoryError
        If nobody, or everybody, is in the top box.
    InputError
        If there is no declared scale to take a top box from.
    """
    top = top_box(item, values)
    if top is None:
        raise InputError(
            f"`{name}` has no declared scale, so its top box is not defined. Declare `scale = [low, high]` for it, or "
            "use model='linear'."
        )
    category = (values >= top).astype(np.intp)
    inside = int(n[category == 1].sum())
    if inside in (0, int(n.sum())):
        raise EmptyCategoryError(
            f"`{name}`: {inside:,} of {int(n.sum()):,} complete answers are {top:g} or higher, so there are not two "
            "groups to tell apart. Use model='linear' or 'ordinal'."
        )
    return Outcome(category=category, categories=np.array([0.0, 1.0]), top=top)


def code_outcome(survey: Survey, spec: FitSpec, cells: Cells) -> Outcome | None:
    """Code the outcome of those who answered it.

    Parameters
    ----------
    survey : Survey
        The definition.
    spec : FitSpec
        The request.
    cells : Cells
        Of (drivers..., outcome).

    Returns
    -------
    Outcome or None
        None for a linear model.

    Raises
    ------
    DataError
        If nobody answered the outcome.
    InputError
        If nobody answered everything, which complete cases need.
    """
    if spec.model == "linear":
        return None
    said = cells.select(~np.isnan(cells.column(spec.outcome)))
    if not len(said):
        if spec.missing != "complete":
            raise DataError(f"Nobody used here answered `{spec.outcome}`. Leave it out.")
        raise InputError(
            f"No respondent answered all of {quoted(cells.items)}, which complete cases need. Use missing='impute', "
            "model='linear', or leave out the driver with the most missing answers."
        )
    code = ordinal_outcome if spec.model == "ordinal" else binary_outcome
    return code(spec.outcome, survey.item(spec.outcome), said.column(spec.outcome), said.n)
