"""Averages of a model's outcome over a population before and after its drivers are moved, for many draws at once."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray

from drivers.stats.cumulative import _cdf

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crowd:
    """A population of m cells.

    ``x`` (m, p) drivers, none missing; ``z`` (m, c) columns that no action moves; ``weight`` (m,); ``unit`` (m,)
    whose multiplier a cell takes; ``group`` (m,) whose slopes it takes, among G; ``parts`` (m, L) which parts of the
    population it counts in, of B, -1 for none; ``applies`` (m, p) whether each driver applies.
    """

    x: FloatArray
    z: FloatArray
    weight: FloatArray
    unit: IntArray
    group: IntArray
    parts: IntArray
    applies: BoolArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surface:
    """What s draws of a model say of a cell: ``eta = offset + x slopes + z gamma + products``.

    ``offset`` (s, G), ``slopes`` (s, G, p), ``gamma`` (s, c), ``cuts`` (s, q), ``products`` (s, r) slopes of r products
    of drivers at the places ``pair`` (r, 2), each less its ``centre`` (r, 2). Measure k of K is ``base[k] + sum_j
    rise[k, j] P(outcome > category j)``, with a standard normal latent error if ``probit``, else a logistic one; with
    q = 0 there is none. Eta itself is measured in front of them.
    """

    offset: FloatArray
    slopes: FloatArray
    gamma: FloatArray
    cuts: FloatArray
    products: FloatArray
    pair: IntArray
    centre: FloatArray
    base: FloatArray
    rise: FloatArray
    probit: bool

    def rows(self, chosen: slice | IntArray) -> "Surface":
        """Return the `chosen` draws."""
        return Surface(
            offset=self.offset[chosen], slopes=self.slopes[chosen], gamma=self.gamma[chosen], cuts=self.cuts[chosen],
            products=self.products[chosen], pair=self.pair, centre=self.centre, base=self.base, rise=self.rise,
            probit=self.probit,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moves:
    """M moves: the ``share`` (M,) of cell ``source`` (M,) that answers ``target`` (M, p) instead.

    ``rate`` (M, a) places of further factors of the share that differ between draws, -1 for none. ``follow`` (f,)
    drivers that follow in this order: each by its row of a matrix (p, p) of slopes on how far all others have moved,
    within ``low`` and ``high`` (p,).
    """

    source: IntArray
    target: FloatArray
    share: FloatArray
    rate: IntArray
    follow: IntArray
    low: FloatArray
    high: FloatArray


def averages(
    crowd: Crowd, surface: Surface, moves: Moves, multipliers: FloatArray, rates: FloatArray, path: FloatArray,
    parts: int,
) -> tuple[FloatArray, FloatArray]:
    """Average the outcome over a population as it is, and how far it changes when drivers are moved.

    Parameters
    ----------
    crowd : Crowd
        The population.
    surface : Surface
        s draws of the model.
    moves : Moves
        Who answers what instead.
    multipliers : ndarray, shape (s, U)
        Of the weights of every unit in each draw.
    rates : ndarray, shape (s, R)
        Shares that differ between draws.
    path : ndarray, shape (s, p, p)
        How far drivers that follow move, per point of the others.
    parts : int
        Number B of parts of the population.

    Returns
    -------
    before : ndarray, shape (s, B, 1 + K)
        Average eta and average measures; NaN in a part without weight.
    change : ndarray, shape (s, B, 1 + K)
        After less before; exactly 0 where nothing moves.

    References
    ----------
    .. [1] Robins (1986). A new approach to causal inference in mortality studies with a sustained exposure period.
       Mathematical Modelling 7(9-12), 1393-1512. doi:10.1016/0270-0255(86)90088-6
    """
    s, measures = len(multipliers), 1 + len(surface.base)
    before, change = np.zeros((s, parts, measures)), np.zeros((s, parts, measures))
    workers = max(1, min(os.cpu_count() or 1, s // 8))
    edges = np.linspace(0, s, workers + 1).astype(int)

    def work(a: int, b: int) -> None:
        one = surface.rows(slice(a, b))
        _averages(
            crowd.x, crowd.z, crowd.weight, crowd.unit, crowd.group, crowd.parts, crowd.applies, one.offset, one.slopes,
            one.gamma, one.cuts, one.products, one.pair, one.centre, one.base, one.rise, one.probit, moves.source,
            moves.target, moves.share, moves.rate, moves.follow, moves.low, moves.high, multipliers[a:b], rates[a:b],
            path[a:b], before[a:b], change[a:b],
        )

    if workers == 1:
        work(0, s)
    else:
        with ThreadPoolExecutor(workers) as pool:  # the kernel releases the GIL; draws are independent
            for job in [pool.submit(work, int(a), int(b)) for a, b in pairwise(edges)]:
                job.result()
    return before, change


@njit(cache=True, nogil=True)
def _latent(
    x: FloatArray, z: FloatArray, offset: float, slopes: FloatArray, gamma: FloatArray, products: FloatArray,
    pair: IntArray, centre: FloatArray,
) -> float:
    eta = offset
    for j in range(x.size):
        eta += x[j] * slopes[j]
    for j in range(z.size):
        eta += z[j] * gamma[j]
    for r in range(products.size):
        eta += products[r] * (x[pair[r, 0]] - centre[r, 0]) * (x[pair[r, 1]] - centre[r, 1])
    return eta


@njit(cache=True, nogil=True)
def _measure(
    eta: float, cuts: FloatArray, base: FloatArray, rise: FloatArray, probit: bool, out: FloatArray
) -> None:
    out[0] = eta
    for k in range(base.size):
        out[k + 1] = base[k]
    for j in range(cuts.size):
        above = _cdf(eta - cuts[j], probit)
        for k in range(base.size):
            out[k + 1] += rise[k, j] * above


@njit(cache=True, nogil=True)
def _follow(
    x: FloatArray, start: FloatArray, applies: BoolArray, follow: IntArray, path: FloatArray, low: FloatArray,
    high: FloatArray,
) -> None:
    for k in follow:
        if not applies[k]:
            continue
        shift = 0.0
        for j in range(x.size):
            shift += path[k, j] * (x[j] - start[j])
        if shift != 0.0:
            x[k] = min(max(x[k] + shift, low[k]), high[k])


@njit(cache=True, nogil=True)
def _averages(
    x: FloatArray, z: FloatArray, weight: FloatArray, unit: IntArray, group: IntArray, parts: IntArray,
    applies: BoolArray, offset: FloatArray, slopes: FloatArray, gamma: FloatArray, cuts: FloatArray,
    products: FloatArray, pair: IntArray, centre: FloatArray, base: FloatArray, rise: FloatArray, probit: bool,
    source: IntArray, target: FloatArray, share: FloatArray, rate: IntArray, follow: IntArray, low: FloatArray,
    high: FloatArray, multipliers: FloatArray, rates: FloatArray, path: FloatArray, before: FloatArray,
    change: FloatArray,
) -> None:
    m, levels = parts.shape
    width = base.size + 1
    now, then, moved = np.empty((m, width)), np.empty(width), np.empty(x.shape[1])
    mass = np.empty(before.shape[1])
    for d in range(len(multipliers)):
        mass[:] = 0.0
        for i in range(m):
            g = group[i]
            eta = _latent(x[i], z[i], offset[d, g], slopes[d, g], gamma[d], products[d], pair, centre)
            _measure(eta, cuts[d], base, rise, probit, now[i])
            load = weight[i] * multipliers[d, unit[i]]
            for t in range(levels):
                b = parts[i, t]
                if b >= 0:
                    mass[b] += load
                    for k in range(width):
                        before[d, b, k] += load * now[i, k]
        for r in range(source.size):
            i = source[r]
            load = share[r] * weight[i] * multipliers[d, unit[i]]
            for a in range(rate.shape[1]):
                if rate[r, a] >= 0:
                    load *= rates[d, rate[r, a]]
            if load == 0.0:
                continue
            moved[:] = target[r]
            _follow(moved, x[i], applies[i], follow, path[d], low, high)
            g = group[i]
            eta = _latent(moved, z[i], offset[d, g], slopes[d, g], gamma[d], products[d], pair, centre)
            _measure(eta, cuts[d], base, rise, probit, then)
            for t in range(levels):
                b = parts[i, t]
                if b >= 0:
                    for k in range(width):
                        change[d, b, k] += load * (then[k] - now[i, k])
        for b in range(before.shape[1]):
            for k in range(width):
                before[d, b, k] = before[d, b, k] / mass[b] if mass[b] > 0.0 else np.nan
                change[d, b, k] = change[d, b, k] / mass[b] if mass[b] > 0.0 else np.nan
