"""Necessary condition analysis: the empty corner above a ceiling, and how large it is by chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Kind = Literal["ce_fdh", "cr_fdh"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ceiling:
    """The most of y that was seen at each x.

    ``peers`` (k, 2) the points (x, y) where the step ceiling rises; ``scope`` the area between the ends of x and y;
    ``zone`` the empty area above the step, ``step`` its effect size d = zone / scope; ``line_zone`` and ``line`` the
    same of the regression line through the peers, with its ``intercept`` and ``slope`` (NaN with a single peer).
    """

    peers: FloatArray
    ends: tuple[float, float, float, float]
    scope: float
    zone: float
    step: float
    intercept: float
    slope: float
    line_zone: float
    line: float


def ceiling(x: FloatArray, y: FloatArray, ends: tuple[float, float, float, float] | None = None) -> Ceiling:
    """Return both ceilings of the points (x, y).

    Parameters
    ----------
    x, y : ndarray, shape (m,)
        Condition and outcome, higher is more; one entry per distinct point is enough.
    ends : tuple of float, optional
        Lowest x, highest x, lowest y, highest y; those observed by default.

    Returns
    -------
    Ceiling
        ``step`` (CE-FDH) never lies below a point, ``line`` (CR-FDH) may.

    References
    ----------
    .. [1] Dul (2016). Organizational Research Methods 19(1), 10-52. doi:10.1177/1094428115584005
    """
    ends = ends or (float(x.min()), float(x.max()), float(y.min()), float(y.max()))
    low_x, high_x, low_y, high_y = ends
    scope = (high_x - low_x) * (high_y - low_y)
    peers = _peers(x, y)
    edges = np.append(peers[:, 0], high_x)
    # before the first peer nothing was seen at all, so the whole height is empty
    zone = (peers[0, 0] - low_x) * (high_y - low_y) + float(np.diff(edges) @ (high_y - peers[:, 1]))
    intercept = slope = line_zone = float("nan")
    if len(peers) > 1:
        centre = peers.mean(axis=0)
        away = peers - centre
        slope = float(away[:, 0] @ away[:, 1] / (away[:, 0] @ away[:, 0]))
        intercept = float(centre[1] - slope * centre[0])
        line_zone = _above_line(intercept, slope, ends)
    elif len(peers) == 1:
        line_zone = zone
    return Ceiling(
        peers=peers, ends=ends, scope=scope, zone=zone, step=zone / scope, intercept=intercept, slope=slope,
        line_zone=line_zone, line=line_zone / scope,
    )


def _peers(x: FloatArray, y: FloatArray) -> FloatArray:
    """Points at which the largest y so far, going up in x, rises."""
    order = np.lexsort((-y, x))
    found: list[tuple[float, float]] = []
    for a, b in zip(x[order], y[order], strict=True):
        if not found or b > found[-1][1]:
            found.append((float(a), float(b)))
    return np.array(found)


def _above_line(intercept: float, slope: float, ends: tuple[float, float, float, float]) -> float:
    """Area of the scope above a line."""
    low_x, high_x, low_y, high_y = ends
    if slope <= 0:
        return 0.0
    at = np.unique(np.clip([low_x, high_x, (low_y - intercept) / slope, (high_y - intercept) / slope], low_x, high_x))
    gap = high_y - np.clip(intercept + slope * at, low_y, high_y)
    return float(np.diff(at) @ (gap[1:] + gap[:-1]) / 2)


def needed(found: Ceiling, level: FloatArray, kind: Kind = "ce_fdh") -> FloatArray:
    """Return the least x without which a level of y was never reached.

    Parameters
    ----------
    found : Ceiling
        Both ceilings.
    level : ndarray, shape (k,)
        Levels of y.
    kind : {"ce_fdh", "cr_fdh"}
        The step or the line.

    Returns
    -------
    ndarray, shape (k,)
        In units of x; the lowest x where nothing is needed, NaN where the level was never reached.
    """
    low_x, high_x, _, _ = found.ends
    if kind == "cr_fdh" and np.isfinite(found.slope) and found.slope > 0:
        x = (level - found.intercept) / found.slope
        return np.where(x > high_x + 1e-12, np.nan, np.clip(x, low_x, high_x))
    at = np.searchsorted(found.peers[:, 1], level - 1e-12)
    reached = at < len(found.peers)
    return np.where(reached, found.peers[np.minimum(at, len(found.peers) - 1), 0], np.nan)


def permuted_sizes(
    row: NDArray[np.intp], column: NDArray[np.intp], x: FloatArray, y: FloatArray, count: FloatArray, times: int,
    seed: int,
) -> FloatArray:
    """Return effect sizes under independence: x and y of the same people, paired at random.

    Parameters
    ----------
    row, column : ndarray of int, shape (m,)
        Place of each cell's x and y among their sorted values.
    x, y : ndarray, shapes (a,) and (b,)
        Sorted distinct values.
    count : ndarray, shape (m,)
        Respondents of each cell.
    times : int
        Permutations.
    seed : int
        Of the permutations.

    Returns
    -------
    ndarray, shape (times, 2)
        CE-FDH and CR-FDH effect size of each; of ratings, tables with the margins observed are drawn, so that their
        cost does not depend on the number of respondents.

    References
    ----------
    .. [1] Dul, van der Laan & Kuik (2020). Organizational Research Methods 23(2), 385-395.
       doi:10.1177/1094428118795272
    """
    rng = np.random.default_rng([seed, 31])
    people = count.round().astype(np.int64)
    rows, columns = (np.bincount(place, weights=people).astype(np.int64) for place in (row, column))
    if len(x) * len(y) <= people.sum():
        return _sizes(_largest(_tables(rows, columns, times, rng), y), x, y)
    order = np.argsort(row, kind="stable")
    said, starts = np.repeat(column[order], people[order]), np.concatenate([[0], np.cumsum(rows)[:-1]])
    parts = []
    for start in range(0, times, step := max(1, 2_000_000 // len(said))):
        shuffled = rng.permuted(np.tile(said, (min(step, times - start), 1)), axis=1)
        parts.append(_sizes(y[np.maximum.reduceat(shuffled, starts, axis=1)], x, y))
    return np.concatenate(parts)


def _tables(
    rows: NDArray[np.int64], columns: NDArray[np.int64], times: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw tables (times, a, b) with the margins `rows` (a,) and `columns` (b,), cell by cell."""
    out = np.zeros((times, len(rows), len(columns)), dtype=np.int64)
    left = np.tile(columns, (times, 1))
    for i, margin in enumerate(rows):
        wanted = np.full(times, margin)
        for j in range(len(columns) - 1):
            out[:, i, j] = rng.hypergeometric(left[:, j], left[:, j + 1 :].sum(axis=1), wanted)
            wanted = wanted - out[:, i, j]
        out[:, i, -1] = wanted
        left = left - out[:, i]
    return out


def _largest(tables: NDArray[np.int64], y: FloatArray) -> FloatArray:
    """Return the largest y of each row of `tables` (t, a, b), minus infinity where a row is empty."""
    held = tables > 0
    return np.where(held.any(axis=2), y[len(y) - 1 - held[:, :, ::-1].argmax(axis=2)], -np.inf)


def _sizes(top: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    """Effect sizes (t, 2) of many sets of points by their `top` y at each x (t, a): what `ceiling` finds of each."""
    low_y, high_y = float(y[0]), float(y[-1])
    seen = np.isfinite(top)
    most = np.maximum.accumulate(top, axis=1)
    inside = np.maximum.accumulate(seen, axis=1) & np.maximum.accumulate(seen[:, ::-1], axis=1)[:, ::-1]
    low_x = x[seen.argmax(axis=1)]
    high_x = x[len(x) - 1 - seen[:, ::-1].argmax(axis=1)]
    scope = (high_x - low_x) * (high_y - low_y)
    step = np.where(inside[:, :-1] & inside[:, 1:], high_y - most[:, :-1], 0.0) @ np.diff(x)
    peer = seen & (top == most)
    peer[:, 1:] &= top[:, 1:] > most[:, :-1]
    count = peer.sum(axis=1)
    rise = np.where(peer, most, 0.0)
    middle = np.stack([peer @ x, rise.sum(axis=1)]) / count
    away = np.where(peer, x - middle[0, :, None], 0.0)
    slope = (away * rise).sum(axis=1) / np.where(count > 1, (away * away).sum(axis=1), 1.0)
    slope = np.where(count > 1, slope, 1.0)
    at = middle[1] + slope * (np.stack([low_x, high_x]) - middle[0])

    def area(t: FloatArray) -> FloatArray:  # under a line of slope 1 between low_y and high_y, from 0 to t
        inner = np.clip(t, low_y, high_y)
        return np.asarray(low_y * (t - inner) * (t < low_y) + inner * inner / 2 + high_y * (t - inner) * (t > high_y))

    line = high_y * (high_x - low_x) - (area(at[1]) - area(at[0])) / slope
    return np.column_stack([step, np.where(count > 1, line, step)]) / scope[:, None]


def linear_sizes(
    row: NDArray[np.intp], column: NDArray[np.intp], x: FloatArray, y: FloatArray, count: FloatArray, times: int,
    seed: int,
) -> FloatArray:
    """Return effect sizes where x and y only go together along a line: the rank correlation and margins observed.

    Parameters
    ----------
    row, column : ndarray of int, shape (m,)
        Place of each cell's x and y among their sorted values.
    x, y : ndarray, shapes (a,) and (b,)
        Sorted distinct values.
    count : ndarray, shape (m,)
        Respondents of each cell.
    times : int
        Samples drawn.
    seed : int
        Of the samples.

    Returns
    -------
    ndarray, shape (times, 2)
        CE-FDH and CR-FDH effect size in samples of as many people (at most 20,000 of them where there are more pairs of
        values than people) from a Gaussian copula with the latent correlation that gives the correlation of normal
        scores observed.

    Notes
    -----
    A plain correlation empties a corner all by itself; an effect size no larger than these says nothing of necessity.
    """
    from scipy.special import ndtr

    rng = np.random.default_rng([seed, 32])
    people = round(float(count.sum()))
    n = min(people, 20_000)
    shares = [np.bincount(place, weights=count) / count.sum() for place in (row, column)]
    scores = [_normal_scores(share) for share in shares]
    middle = [float(share @ score) for share, score in zip(shares, scores, strict=True)]
    spread = [float(s @ (c - m) ** 2) for s, c, m in zip(shares, scores, middle, strict=True)]
    joint = float(count @ ((scores[0][row] - middle[0]) * (scores[1][column] - middle[1]))) / count.sum()
    r = float(np.clip(joint / np.sqrt(spread[0] * spread[1]), -0.999, 0.999))
    r = float(np.clip(r / np.sqrt(spread[0] * spread[1]), -0.999, 0.999))  # coarse scores shrink correlations
    edges = [np.cumsum(share)[:-1] for share in shares]
    if len(x) * len(y) <= n:  # ratings: counts of all cells at once
        counts = rng.multinomial(people, _copula(edges, r).ravel(), size=times)
        return _sizes(_largest(counts.reshape(times, len(x), len(y)), y), x, y)
    top = np.full((times, len(x)), -np.inf)
    for k in range(times):
        one, other = rng.standard_normal((2, n))
        at = [np.searchsorted(e, ndtr(v)) for e, v in zip(edges, (one, r * one + np.sqrt(1 - r * r) * other),
                                                          strict=True)]  # fmt: skip
        np.maximum.at(top[k], at[0], y[at[1]])
    return _sizes(top, x, y)


def _copula(edges: list[FloatArray], r: float) -> FloatArray:
    """Return the chance (a, b) of every cell between `edges` (in shares) of a Gaussian copula with correlation `r`."""
    from scipy.special import ndtr, ndtri

    first, second = (np.concatenate([[0.0], np.clip(edge, 1e-15, 1 - 1e-15), [1.0]]) for edge in edges)
    nodes, weights = np.polynomial.legendre.leggauss(64)
    middle, half = (first[1:] + first[:-1]) / 2, np.diff(first) / 2
    u = ndtri(np.clip(middle[:, None] + half[:, None] * nodes, 1e-15, 1 - 1e-15))
    below = ndtr((ndtri(second) - r * u[..., None]) / np.sqrt(1 - r * r))
    found = half[:, None] * np.einsum("k,ikj->ij", weights, np.diff(below, axis=-1))
    return np.asarray(found / found.sum())


def _normal_scores(share: FloatArray) -> FloatArray:
    """Mean of a standard normal inside each category."""
    from scipy.special import ndtri

    cut = np.clip(np.concatenate([[0.0], np.cumsum(share)]), 1e-12, 1 - 1e-12)
    density = np.exp(-0.5 * ndtri(cut) ** 2) / np.sqrt(2 * np.pi)
    density[[0, -1]] = 0.0
    return np.asarray(-np.diff(density) / share)
