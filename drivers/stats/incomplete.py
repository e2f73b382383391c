"""Mean and covariance of incomplete answers: maximum likelihood, in which gaps in ratings may bend with other answers.

A normal model fills gaps along straight lines, with one spread for all. Ratings end at the top of a scale, so that both
are wrong for them, and slopes lean where gaps follow other answers. Here the squares of ratings are items beside them:
what is not known is regressed on squares too, and a square that is not known has a regression of its own, so that the
spread of an item is no longer that of a straight line.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from drivers.errors import ConvergenceError
from drivers.stats.em import EmResult, em_moments
from drivers.stats.em_influence import em_draws, em_influence
from drivers.stats.moments import Moments

FloatArray = NDArray[np.float64]

MOST_POINTS: Final = 20
"""Items with more distinct answers are measurements; their squares have tails too long to lean on."""

ROWS_EACH: Final = 10
"""Complete rows for every item and square; with fewer, squares would cost more than they mend."""

OWN: Final = 1e-3
"""A square of which the other items leave less than this part of its variance is no item of its own."""

MOST_WORK: Final = 2e9
"""Patterns of missing answers times the fourth power of items and squares: some seconds."""

MOST_NUMBERS: Final = 4e7
"""Entries of the influence of every row: a third of a gigabyte."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Incomplete:
    """Moments of k items with gaps.

    ``moments`` are of the items; ``influence`` (m, q), q = k + k(k+1)/2, of one unit of weight in each row on the
    means, then on the upper triangle of the covariance row by row. ``normal`` is the estimate without squares, whose
    information model-based errors rest on; ``patterns`` counts those of missing answers; ``squared`` holds the
    positions of items whose squares were used. ``found`` is what was estimated, in units of ``scale`` about ``middle``.
    """

    moments: Moments
    influence: FloatArray
    normal: EmResult
    squared: tuple[int, ...]
    found: EmResult
    pull: FloatArray
    middle: FloatArray
    scale: FloatArray

    @property
    def patterns(self) -> int:
        """Patterns of missing answers."""
        return len(self.normal.patterns.total)

    def draws(
        self, weight: FloatArray, unit: NDArray[np.intp], n_units: int, multipliers: Iterator[FloatArray]
    ) -> tuple[FloatArray, FloatArray]:
        """Return means (S, k) and covariances (S, k, k) under every reweighting, one Newton step from the estimate.

        `weight` (m,) and `unit` (m,) are of the rows, `n_units` how many resampling units there are, `multipliers`
        blocks (s, G) of theirs; as `drivers.stats.em_influence.em_draws` takes them.
        """
        means, covs = em_draws(self.found, self.pull, weight, unit, n_units, multipliers)
        return _of_items(means, covs, self.squared, self.middle, self.scale)


def incomplete_moments(values: FloatArray, weight: FloatArray) -> Incomplete:
    """Estimate mean and covariance from rows with gaps.

    Parameters
    ----------
    values : ndarray, shape (m, k)
        One row per cell, NaN where there is no answer.
    weight : ndarray, shape (m,)
        Weight of each cell.

    Returns
    -------
    Incomplete
        With squares of items of 3 to `MOST_POINTS` points, where rows and patterns allow them; else as `em_moments`.

    Raises
    ------
    ConvergenceError
        If EM does not settle: too few people answered some pair of items together.

    Notes
    -----
    The squares are auxiliary variables of the normal likelihood (Graham 2003), each with the gaps of its item (von
    Hippel 2009). With nothing missing the moments are the plain ones. Influence is that of the estimate as it is, with
    the observed information, whether the items are normal or not.

    References
    ----------
    .. [1] Graham (2003). Structural Equation Modeling 10(1), 80-100. doi:10.1207/S15328007SEM1001_4
    .. [2] von Hippel (2009). Sociological Methodology 39(1), 265-291. doi:10.1111/j.1467-9531.2009.01215.x
    """
    normal = em_moments(values, weight)
    k = values.shape[1]
    middle, scale = normal.moments.mean, np.sqrt(np.diag(normal.moments.cov))
    squared = _squared(values, weight, (values - middle) / scale, len(normal.patterns.total))
    if squared:
        z = (values - middle) / scale
        whole = np.column_stack([z, z[:, list(squared)] ** 2])
        try:
            found = em_moments(whole, weight)
        except ConvergenceError:
            squared = ()
        else:
            means, covs = _of_items(
                found.moments.mean[None], found.moments.cov[None], squared, middle, scale
            )
            if np.linalg.eigvalsh(covs[0] / np.outer(scale, scale))[0] > OWN * OWN:
                pull = em_influence(whole, found)[0]
                return Incomplete(
                    moments=Moments(total=normal.moments.total, mean=means[0], cov=covs[0]), normal=normal,
                    influence=_influence(pull, found.moments.mean, squared, k, scale), squared=squared, found=found,
                    pull=pull, middle=middle, scale=scale,
                )
    pull = em_influence(values, normal)[0]
    return Incomplete(
        moments=normal.moments, influence=pull, normal=normal, squared=(), found=normal, pull=pull,
        middle=np.zeros(k), scale=np.ones(k),
    )


def _squared(values: FloatArray, weight: FloatArray, z: FloatArray, patterns: int) -> tuple[int, ...]:
    """Positions of the items whose squares can be items: ratings, of which rows and time allow it, each its own."""
    complete = ~np.isnan(values).any(axis=1) & (weight > 0)
    k = values.shape[1]
    points = [len(np.unique(column[~np.isnan(column)])) for column in values.T]
    rated = [j for j, count in enumerate(points) if 3 <= count <= MOST_POINTS]
    size = k + len(rated)
    few = complete.sum() < ROWS_EACH * size or patterns * size**4 > MOST_WORK
    if not rated or few or len(values) * (size + size * (size + 1) // 2) > MOST_NUMBERS:
        return ()
    root = np.sqrt(weight[complete] / weight[complete].sum())[:, None]
    basis = np.linalg.qr(root * np.column_stack([np.ones(complete.sum()), z[complete]]))[0]
    kept = []
    for j in rated:
        column = root[:, 0] * z[complete, j] ** 2
        spread = column @ column - (root[:, 0] @ column) ** 2
        left = column - basis @ (basis.T @ column)
        left -= basis @ (basis.T @ left)
        size_left = left @ left
        if size_left > OWN * max(spread, 1e-300):
            basis = np.column_stack([basis, left / np.sqrt(size_left)])
            kept.append(j)
    return tuple(kept)


def _of_items(
    means: FloatArray, covs: FloatArray, squared: tuple[int, ...], middle: FloatArray, scale: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Turn means (S, k + s) and covariances of standardised items and squares into those (S, k, k) of the items."""
    k, at = len(middle), list(squared)
    own = covs[:, :k, :k].copy()
    own[:, at, at] = means[:, k:] - means[:, at] ** 2
    return middle + scale * means[:, :k], own * scale[:, None] * scale


def _influence(
    pull: FloatArray, mean: FloatArray, squared: tuple[int, ...], k: int, scale: FloatArray
) -> FloatArray:
    """Turn the influence on items and squares into that on the items, by the derivative of `_of_items`."""
    size = k + len(squared)
    rows, cols = np.triu_indices(size)
    inside = (rows < k) & (cols < k)
    own = pull[:, size:][:, inside].copy()
    rows, cols = rows[inside], cols[inside]
    for place, j in enumerate(squared):
        diagonal = np.flatnonzero((rows == j) & (cols == j))[0]
        own[:, diagonal] = pull[:, k + place] - 2 * mean[j] * pull[:, j]
    return np.hstack([pull[:, :k] * scale, own * (scale[rows] * scale[cols])])
