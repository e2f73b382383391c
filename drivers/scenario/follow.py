"""`Path`: how other drivers follow those that are moved, in every draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.fit.result import Draws, Fit

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Path:
    """Drivers at the places ``order`` follow in that order.

    ``draws`` (S, p, p) and ``point`` (1, p, p): row k holds how far driver k goes per point that each other driver has
    gone; rows and columns of drivers that do not matter are 0. ``name`` is the scenario's.
    """

    name: str
    order: tuple[int, ...]
    draws: FloatArray
    point: FloatArray


def no_path(fit: Fit) -> Path:
    """Return the path of a `fit` on which no other driver follows."""
    p = len(fit.spec.drivers)
    s = fit.draws.slopes.shape[0] * fit.draws.slopes.shape[1]
    return Path(name="alone", order=(), draws=np.zeros((s, p, p)), point=np.zeros((1, p, p)))


def block_path(fit: Fit, moved: Sequence[int]) -> Path:
    """Let all other drivers follow as they go with those that are moved.

    Parameters
    ----------
    fit : Fit
        The fit.
    moved : sequence of int
        Places of the drivers moved.

    Returns
    -------
    Path
        Row k holds the slopes of the regression of driver k on the drivers moved, in the population of each draw: the
        conditional expectation of k goes so far when they go one point.
    """
    places = sorted(set(moved))
    rest = tuple(k for k in range(len(fit.spec.drivers)) if k not in places)
    return Path(
        name="block", order=rest, draws=_slopes(fit.draws, rest, places), point=_slopes(fit.point, rest, places)
    )


def _slopes(draws: Draws, rest: Sequence[int], places: Sequence[int]) -> FloatArray:
    p = draws.x_cov.shape[-1]
    cov = draws.x_cov.reshape(-1, p, p)
    found = np.zeros_like(cov)
    if rest and places:
        inside = cov[:, places][:, :, places]
        across = cov[:, places][:, :, list(rest)]
        slopes = np.linalg.solve(inside, across)  # (S, moved, rest)
        found[np.ix_(range(len(cov)), list(rest), list(places))] = slopes.transpose(0, 2, 1)
    return found
