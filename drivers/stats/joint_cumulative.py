"""Two ordered answers of the same person at once: compiled density on cells, with exact gradient and Hessian.

Latent answers ``x'b_a + m_a + u_a`` with unit-variance normal errors that correlate by r; answer a is category k when
its latent value lies between thresholds k and k + 1 of its own. A cell's chance is that of a rectangle.
"""

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray

from drivers.stats.bivariate_normal import density_derivatives, edge_derivative, rectangle

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


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
    gradient, hessian = np.zeros(cells.size), np.zeros((cells.size, cells.size))
    value = _accumulate(
        cells.x, cells.y, cells.weight, np.ascontiguousarray(theta), cells.q[0], cells.q[1], bent, gradient, hessian
    )
    return float(value), gradient, hessian


def joint_scores(cells: JointCells, theta: FloatArray) -> FloatArray:
    """Return the gradient (m, t) of every cell's log-probability at `theta` (t,), per unit of weight of `cells`."""
    out, theta = np.zeros((len(cells.x), cells.size)), np.ascontiguousarray(theta)
    _scores(cells.x, cells.y, theta, cells.q[0], cells.q[1], out)
    return out


def joint_cell_logs(cells: JointCells, theta: FloatArray) -> FloatArray:
    """Return the log-probability (m,) of one answer in each of `cells` at `theta` (t,)."""
    out = np.empty(len(cells.x))
    _cell_logs(cells.x, cells.y, np.ascontiguousarray(theta), cells.q[0], cells.q[1], out)
    return out


def joint_loglik_draws(cells: JointCells, theta: FloatArray) -> FloatArray:
    """Return the weighted log-likelihood (s,) of `cells` at every row of `theta` (s, t), on all cores."""
    s = len(theta)
    theta, out = np.ascontiguousarray(theta), np.empty(s)
    workers = max(1, min(os.cpu_count() or 1, s // 64))
    edges = np.linspace(0, s, workers + 1).astype(int)
    with ThreadPoolExecutor(workers) as pool:
        for done in [
            pool.submit(_logliks, cells.x, cells.y, cells.weight, theta[a:b], cells.q[0], cells.q[1], out[a:b])
            for a, b in pairwise(edges)
        ]:
            done.result()
    return out


@njit(cache=True, nogil=True)
def _ends(
    x: FloatArray, y: IntArray, theta: FloatArray, c: int, q1: int, q2: int, ends: FloatArray
) -> None:
    """Write lower and upper end of both errors of cell `c` into `ends` (4,)."""
    p = x.shape[1]
    eta1, eta2 = theta[p], theta[2 * p + 1]
    for j in range(p):
        eta1 += x[c, j] * theta[j]
        eta2 += x[c, j] * theta[p + 1 + j]
    first = 2 * (p + 1)
    k1, k2 = y[c, 0], y[c, 1]
    ends[0] = theta[first + k1 - 1] - eta1 if k1 > 0 else -np.inf
    ends[1] = theta[first + k1] - eta1 if k1 < q1 else np.inf
    ends[2] = theta[first + q1 + k2 - 1] - eta2 if k2 > 0 else -np.inf
    ends[3] = theta[first + q1 + k2] - eta2 if k2 < q2 else np.inf


@njit(cache=True, nogil=True)
def _logliks(
    x: FloatArray, y: IntArray, weight: FloatArray, theta: FloatArray, q1: int, q2: int, out: FloatArray
) -> None:
    ends = np.empty(4)
    for s in range(theta.shape[0]):
        one = theta[s]
        value = 0.0
        for c in range(x.shape[0]):
            _ends(x, y, one, c, q1, q2, ends)
            value += weight[c] * math.log(rectangle(ends[0], ends[1], ends[2], ends[3], one[-1]))
        out[s] = value


@njit(cache=True, nogil=True)
def _cell_logs(x: FloatArray, y: IntArray, theta: FloatArray, q1: int, q2: int, out: FloatArray) -> None:
    ends = np.empty(4)
    for c in range(x.shape[0]):
        _ends(x, y, theta, c, q1, q2, ends)
        out[c] = math.log(rectangle(ends[0], ends[1], ends[2], ends[3], theta[-1]))


@njit(cache=True, nogil=True)
def _cell(ends: FloatArray, r: float, g: FloatArray, h: FloatArray, corner: FloatArray) -> float:
    """Return a cell's log-probability; write its derivatives in (ends, r) into `g` (5,) and `h` (5, 5)."""
    chance = rectangle(ends[0], ends[1], ends[2], ends[3], r)
    g[:] = 0.0
    h[:, :] = 0.0
    for a in range(4):
        if math.isfinite(ends[a]):
            other = 2 if a < 2 else 0
            g[a] = (2.0 * (a % 2) - 1.0) * edge_derivative(ends[a], ends[other], ends[other + 1], r)
            h[a, a] = -ends[a] * g[a]
    for i in range(2):
        for j in range(2):
            sign = 1.0 if i == j else -1.0
            a, b = i, 2 + j
            if math.isfinite(ends[a]) and math.isfinite(ends[b]):
                density_derivatives(ends[a], ends[b], r, corner)
                g[4] += sign * corner[0]
                h[a, a] -= sign * r * corner[0]
                h[b, b] -= sign * r * corner[0]
                h[a, b] += sign * corner[0]
                h[a, 4] += sign * corner[1]
                h[b, 4] += sign * corner[2]
                h[4, 4] += sign * corner[3]
    for a in range(5):
        g[a] /= chance
    for a in range(5):
        for b in range(a, 5):
            h[a, b] = h[a, b] / chance - g[a] * g[b]
            h[b, a] = h[a, b]
    return math.log(chance)


@njit(cache=True, nogil=True)
def _accumulate(
    x: FloatArray, y: IntArray, weight: FloatArray, theta: FloatArray, q1: int, q2: int, bent: bool,
    gradient: FloatArray, hessian: FloatArray,
) -> float:
    m, p = x.shape
    ends, g, h, corner = np.empty(4), np.empty(5), np.empty((5, 5)), np.empty(4)
    places, moves = np.empty(2 * p + 7, dtype=np.intp), np.zeros((2 * p + 7, 5))
    value = 0.0
    for c in range(m):
        _ends(x, y, theta, c, q1, q2, ends)
        w = weight[c]
        value += w * _cell(ends, theta[-1], g, h, corner)
        count = _moves(x, y, c, q1, q2, theta.size - 1, places, moves)
        for i in range(count):
            slope = 0.0
            for a in range(5):
                slope += moves[i, a] * g[a]
            gradient[places[i]] += w * slope
        if bent:
            for i in range(count):
                for b in range(5):
                    bend = 0.0
                    for a in range(5):
                        bend += moves[i, a] * h[a, b]
                    if bend != 0.0:
                        for j in range(count):
                            hessian[places[i], places[j]] += w * bend * moves[j, b]
    return value


@njit(cache=True, nogil=True)
def _scores(x: FloatArray, y: IntArray, theta: FloatArray, q1: int, q2: int, out: FloatArray) -> None:
    hessian, one = np.zeros((theta.size, theta.size)), np.ones(1)
    for c in range(x.shape[0]):
        _accumulate(x[c : c + 1], y[c : c + 1], one, theta, q1, q2, False, out[c], hessian)


@njit(cache=True, nogil=True)
def _moves(
    x: FloatArray, y: IntArray, c: int, q1: int, q2: int, last: int, places: NDArray[np.intp], moves: FloatArray
) -> int:
    """Write which parameters cell `c` depends on into `places`, and how they move its (ends, r) into `moves`."""
    p: int = x.shape[1]
    moves[:, :] = 0.0
    for j in range(p + 1):
        by = x[c, j] if j < p else 1.0
        places[j], places[p + 1 + j] = j, p + 1 + j
        moves[j, 0] = moves[j, 1] = -by
        moves[p + 1 + j, 2] = moves[p + 1 + j, 3] = -by
    count, first = 2 * (p + 1), 2 * (p + 1)
    for answer in range(2):
        k, q, shift = (y[c, 0], q1, 0) if answer == 0 else (y[c, 1], q2, q1)
        if k > 0:
            places[count] = first + shift + k - 1
            moves[count, 2 * answer] = 1.0
            count += 1
        if k < q:
            places[count] = first + shift + k
            moves[count, 2 * answer + 1] = 1.0
            count += 1
    places[count] = last
    moves[count, 4] = 1.0
    return count + 1
