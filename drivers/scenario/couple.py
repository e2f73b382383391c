"""Shares of answers that go from one point to another so that groups match a model group, or reach a floor."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]


def coupling_rates(
    values: FloatArray, points: FloatArray, group: IntArray, groups: int, model: int, counts: BoolArray
) -> Callable[[FloatArray], FloatArray]:
    """Return what turns weights of cells into shares by which every group comes to answer as one of them does.

    Parameters
    ----------
    values : ndarray, shape (m,)
        Answer of each cell, one of the points.
    points : ndarray, shape (v,)
        Points of the scale, rising.
    group : ndarray of int, shape (m,)
        Group of each cell, -1 for none.
    groups : int
        Number of groups.
    model : int
        The group to match.
    counts : ndarray of bool, shape (m,)
        Cells to which the driver applies.

    Returns
    -------
    callable
        From weights (s, m) to shares (s, groups * v * v): of the answers at point a of a group, the share that goes
        to point b.

    Notes
    -----
    The monotone coupling of two distributions: ``P(a -> b) = overlap of their intervals of cumulative shares``, over
    P(a). It keeps ranks and moves answers as little as possible. A group without weight at a point keeps it.
    """
    count = _counter(values, points, group, groups, counts)
    v = len(points)

    def rates(weights: FloatArray) -> FloatArray:
        upper = np.cumsum(_shares(count(weights)), axis=-1)
        lower = np.concatenate([np.zeros((*upper.shape[:-1], 1)), upper[..., :-1]], axis=-1)
        to_upper, to_lower = upper[:, model], lower[:, model]
        overlap = np.minimum(upper[..., :, None], to_upper[:, None, None, :]) - np.maximum(
            lower[..., :, None], to_lower[:, None, None, :]
        )
        return _over(np.maximum(overlap, 0.0), v).reshape(len(weights), -1)

    return rates


def best_group(
    values: FloatArray, weight: FloatArray, group: IntArray, groups: int, better: int, counts: BoolArray
) -> int:
    """Return the group with the best average.

    Parameters
    ----------
    values, weight : ndarray, shape (m,)
        Answer and weight of each cell.
    group : ndarray of int, shape (m,)
        Group of each cell, -1 for none.
    groups : int
        Number of groups.
    better : int
        +1 where larger values are better, else -1.
    counts : ndarray of bool, shape (m,)
        Cells to which the driver applies.

    Returns
    -------
    int
        Its place; the first of equals.
    """
    used = counts & (group >= 0)
    mass = np.bincount(group[used], weights=weight[used], minlength=groups)
    total = np.bincount(group[used], weights=weight[used] * values[used], minlength=groups)
    means = np.divide(total, mass, out=np.full(groups, -np.inf), where=mass > 0)
    return int(np.argmax(np.where(mass > 0, means * better, -np.inf)))


def raising_rates(
    values: FloatArray, points: FloatArray, group: IntArray, groups: int, at: float, better: int, counts: BoolArray
) -> Callable[[FloatArray], FloatArray]:
    """Return what turns weights of cells into shares by which no group averages below a floor.

    Parameters
    ----------
    values : ndarray, shape (m,)
        Answer of each cell, one of the points.
    points : ndarray, shape (v,)
        Points of the scale, rising.
    group : ndarray of int, shape (m,)
        Group of each cell, -1 for none.
    groups : int
        Number of groups.
    at : float
        The floor.
    better : int
        +1 where larger values are better, else -1.
    counts : ndarray of bool, shape (m,)
        Cells to which the driver applies.

    Returns
    -------
    callable
        From weights (s, m) to shares (s, groups * v * v), as in `coupling_rates`. In a group below the floor
        everybody goes up n points of the scale, and a share of them one more, as far as it goes: the smallest such
        move that brings the average to the floor.
    """
    if better < 0:
        mirrored = raising_rates(-values, -points[::-1], group, groups, -at, 1, counts)
        size = len(points)

        def turned(weights: FloatArray) -> FloatArray:
            steps = mirrored(weights).reshape(len(weights), groups, size, size)
            return np.ascontiguousarray(steps[..., ::-1, ::-1]).reshape(len(weights), -1)

        return turned
    count = _counter(values, points, group, groups, counts)
    v = len(points)
    up = np.minimum(np.arange(v)[None, :] + np.arange(v + 1)[:, None], v - 1)  # (v + 1, v): where n points lead

    def rates(weights: FloatArray) -> FloatArray:
        shares = _shares(count(weights))
        means = shares @ points[up].T  # (s, groups, v + 1), rising in n
        reached = means >= at - 1e-12
        n = np.where(reached.any(axis=-1), reached.argmax(axis=-1), v)
        below = np.maximum(n - 1, 0)
        low = np.take_along_axis(means, below[..., None], -1)[..., 0]
        high = np.take_along_axis(means, n[..., None], -1)[..., 0]
        with np.errstate(invalid="ignore", divide="ignore"):
            part = np.where((n > 0) & (high > low), (at - low) / (high - low), 0.0)
        part = np.where(n == 0, 0.0, np.clip(part, 0.0, 1.0))
        steps = np.zeros((*n.shape, v, v))
        here = np.arange(v)
        for towards, load in ((below, 1 - part), (n, part)):
            target = up[towards]  # (s, groups, v)
            np.add.at(
                steps, (np.arange(n.shape[0])[:, None, None], np.arange(n.shape[1])[None, :, None], here, target),
                np.broadcast_to(load[..., None], target.shape),
            )  # fmt: skip
        return steps.reshape(len(weights), -1)

    return rates


def _counter(
    values: FloatArray, points: FloatArray, group: IntArray, groups: int, counts: BoolArray
) -> Callable[[FloatArray], FloatArray]:
    """Return what adds weights (s, m) up by group and point (s, groups, v)."""
    v = len(points)
    place = np.where(counts & (group >= 0), group * v + np.searchsorted(points, values), groups * v)
    onehot = np.zeros((len(values), groups * v + 1))
    onehot[np.arange(len(values)), place] = 1.0

    def count(weights: FloatArray) -> FloatArray:
        return (weights @ onehot)[:, :-1].reshape(len(weights), groups, v)

    return count


def _shares(mass: FloatArray) -> FloatArray:
    total = mass.sum(axis=-1, keepdims=True)
    return np.divide(mass, total, out=np.zeros_like(mass), where=total > 0)


def _over(joint: FloatArray, v: int) -> FloatArray:
    """Return shares (..., v, v) of each row; a row without weight stays where it is."""
    total = joint.sum(axis=-1, keepdims=True)
    return np.where(total > 0, np.divide(joint, total, out=np.zeros_like(joint), where=total > 0), np.eye(v))
