"""Two ordered answers of the same person at once: density on cells, with exact gradient and Hessian.

Latent answers ``x'b_a + m_a + u_a`` with unit-variance normal errors that correlate by r; answer a is category k when
its latent value lies between thresholds k and k + 1 of its own. A cell's chance is that of a rectangle, whose ends are
linear in the parameters: only the rectangle is compiled.
"""

import math
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from drivers.stats.bivariate_normal import density_derivatives, edge_derivative, rectangle

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

BLOCK = 4096
"""Cells, or cells times draws divided by 64, worked on at once."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JointCells:
    """Cells of drivers ``x`` (m, p) and categories ``y`` (m, 2) of two answers, each counted ``weight`` (m,) times.

    Categories of answer a run from 0 to ``q[a]``. Parameters stand in the order: slopes (p,) and level of the first
    answer, slopes (p,) and level of the second, thresholds (q1,) and (q2,), correlation.
    """

    x: FloatArray
    y: IntArray
    weight: FloatArray
    q: tuple[int, int]

    @property
    def size(self) -> int:
        """Number of parameters, 2 (p + 1) + q1 + q2 + 1."""
        return int(2 * (self.x.shape[1] + 1) + sum(self.q) + 1)


def joint_cells(x: FloatArray, y: IntArray, weight: FloatArray, q: tuple[int, int]) -> JointCells:
    """Return cells in the layout the compiled density wants.

    Parameters
    ----------
    x : ndarray, shape (m, p)
        Drivers.
    y : ndarray of int, shape (m, 2)
        Categories of the two answers.
    weight : ndarray, shape (m,)
        How often each cell counts; cells of weight 0 are left out.
    q : tuple of int
        Number of thresholds of each answer.

    Returns
    -------
    JointCells
        Contiguous copies.
    """
    used = weight > 0
    return JointCells(
        x=np.ascontiguousarray(x[used]), y=np.ascontiguousarray(y[used], dtype=np.intp), q=q,
        weight=np.ascontiguousarray(weight[used]),
    )


def joint_density(cells: JointCells, theta: FloatArray, *, bent: bool = True) -> tuple[float, FloatArray, FloatArray]:
    """Return the weighted log-likelihood with its first and second derivatives.

    Parameters
    ----------
    cells : JointCells
        The answers.
    theta : ndarray, shape (t,)
        Where to evaluate; thresholds increasing, the correlation strictly between -1 and 1.
    bent : bool
        Whether the second derivatives are wanted; they stay 0 otherwise.

    Returns
    -------
    value : float
        Log-likelihood.
    gradient : ndarray, shape (t,)
        In the order of `theta`.
    hessian : ndarray, shape (t, t)
        In the order of `theta`.
    """
    size = cells.size
    value, gradient, hessian = 0.0, np.zeros(size), np.zeros((size, size))
    for part in _blocks(cells):
        logs, g, h = _expanded(part, theta, bent)
        moves, weight = _moves(part), part.weight
        value += float(weight @ logs)
        gradient += (weight[:, None] * g).ravel() @ moves.reshape(-1, size)
        if bent:
            hessian += moves.reshape(-1, size).T @ (weight[:, None, None] * h @ moves).reshape(-1, size)
    return value, gradient, hessian


def joint_scores(cells: JointCells, theta: FloatArray) -> FloatArray:
    """Return the gradient (m, t) of every cell's log-probability at `theta` (t,), per unit of weight of `cells`."""
    return np.concatenate([
        (_expanded(part, theta, False)[1][:, None] @ _moves(part))[:, 0] for part in _blocks(cells)
    ])


def joint_cell_logs(cells: JointCells, theta: FloatArray) -> FloatArray:
    """Return the log-probability (m,) of one answer in each of `cells` at `theta` (t,)."""
    return np.asarray(_logs(cells, theta[None])[0])


def joint_loglik_draws(cells: JointCells, theta: FloatArray) -> FloatArray:
    """Return the weighted log-likelihood (s,) of `cells` at every row of `theta` (s, t), on all cores."""
    at_once = max(1, 64 * BLOCK // max(len(cells.x), 1))
    cores = max(1, min(os.cpu_count() or 1, len(theta) // 64))
    parts = np.array_split(theta, max(cores, -(-len(theta) // at_once)))
    with ThreadPoolExecutor(cores) as pool:
        return np.concatenate(list(pool.map(lambda part: _logs(cells, part) @ cells.weight, parts)))


def _blocks(cells: JointCells) -> Iterator[JointCells]:
    """Yield the cells in blocks that fit in memory."""
    for a in range(0, max(len(cells.x), 1), BLOCK):
        here = slice(a, a + BLOCK)
        yield JointCells(x=cells.x[here], y=cells.y[here], weight=cells.weight[here], q=cells.q)


def _ends(cells: JointCells, theta: FloatArray) -> FloatArray:
    """Return lower and upper end of both errors (s, m, 4) in every cell at every row of `theta` (s, t)."""
    p, (q1, q2) = cells.x.shape[1], cells.q
    first = 2 * (p + 1)
    out = np.empty((len(theta), len(cells.x), 4))
    for a, (slopes, cuts) in enumerate((
        (theta[:, : p + 1], theta[:, first : first + q1]),
        (theta[:, p + 1 : first], theta[:, first + q1 : first + q1 + q2]),
    )):
        eta = slopes[:, :p] @ cells.x.T + slopes[:, p:]
        edge = np.full((len(theta), 1), np.inf)
        edges = np.hstack([-edge, cuts, edge])
        out[:, :, 2 * a] = edges[:, cells.y[:, a]] - eta
        out[:, :, 2 * a + 1] = edges[:, cells.y[:, a] + 1] - eta
    return out


def _moves(cells: JointCells) -> FloatArray:
    """Return the derivatives (m, 5, t) of a cell's ends and of the correlation in the parameters."""
    m, p = cells.x.shape
    out = np.zeros((m, 5, cells.size))
    out[:, :2, :p] = out[:, 2:4, p + 1 : 2 * p + 1] = -cells.x[:, None]
    out[:, :2, p] = out[:, 2:4, 2 * p + 1] = -1.0
    for a, shift in enumerate((2 * (p + 1), 2 * (p + 1) + cells.q[0])):
        for k in range(cells.q[a]):  # threshold k is the upper end of category k and the lower of the next
            out[:, 2 * a, shift + k] = cells.y[:, a] == k + 1
            out[:, 2 * a + 1, shift + k] = cells.y[:, a] == k
    out[:, 4, -1] = 1.0
    return out


def _expanded(cells: JointCells, theta: FloatArray, bent: bool) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return log-probabilities (m,) with derivatives in (ends, correlation): (m, 5), and (m, 5, 5) where `bent`."""
    ends, r = _ends(cells, theta[None]), float(theta[-1])
    logs = np.empty((1, len(cells.x)))
    _chances(ends, np.array([r]), logs)
    ends, chance = ends[0], np.exp(logs[0])
    there = np.isfinite(ends)
    at = np.where(there, ends, 0.0)
    g, h = np.zeros((len(ends), 5)), np.zeros((len(ends), 5, 5))
    for a in range(4):
        other = 2 if a < 2 else 0
        g[:, a] = edge_derivative(at[:, a], ends[:, other], ends[:, other + 1], r) * there[:, a] * (2 * (a % 2) - 1)
        h[:, a, a] = -at[:, a] * g[:, a]
    for a, b in ((0, 2), (0, 3), (1, 2), (1, 3)):
        sign = np.where(there[:, a] & there[:, b], 1.0 if a == b - 2 else -1.0, 0.0)
        density, by_a, by_b, by_r = sign * density_derivatives(at[:, a], at[:, b], r)
        g[:, 4] += density
        h[:, a, a] -= r * density
        h[:, b, b] -= r * density
        h[:, a, b] = h[:, b, a] = density
        h[:, a, 4] += by_a
        h[:, b, 4] += by_b
        h[:, 4, 4] += by_r
    g /= chance[:, None]
    if bent:
        h[:, 4, :4] = h[:, :4, 4]
        h = h / chance[:, None, None] - g[:, :, None] * g[:, None, :]
    return logs[0], g, h


def _logs(cells: JointCells, theta: FloatArray) -> FloatArray:
    """Return the log-probability (s, m) of one answer in each cell at every row of `theta` (s, t)."""
    out = np.empty((len(theta), len(cells.x)))
    _chances(_ends(cells, theta), np.ascontiguousarray(theta[:, -1]), out)
    return out


@njit(cache=True, nogil=True)
def _chances(ends: FloatArray, r: FloatArray, out: FloatArray) -> None:
    """Write the log-probability of every rectangle `ends` (s, m, 4) into `out` (s, m)."""
    for s in range(ends.shape[0]):
        for c in range(ends.shape[1]):
            out[s, c] = math.log(rectangle(ends[s, c, 0], ends[s, c, 1], ends[s, c, 2], ends[s, c, 3], r[s]))
