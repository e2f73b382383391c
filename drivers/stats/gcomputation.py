"""Averages of a model's outcome over a population before and after its drivers are moved, for many draws at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from drivers.stats.cumulative_newton import cdf, pdf, slope_of_pdf
from drivers.stats.following import followed, gains

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

KNOTS = 16
"""Knots per latent unit when measures are read off a table. Pieces of fifth degree between knots are then off by less
than 2.31 / (46080 * 16^6), or 3e-12, per threshold; NPS, whose thresholds weigh 100, by 6e-10 of its 200 points."""

WORTH = 4
"""A table is made when there are so many times more values to look up than knots."""


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
    rise[k, j] P(outcome > category j)``; the latent error is standard normal if ``probit``, else logistic, times
    ``spread`` (s, G) where groups differ in it. With q = 0 there is none. Eta itself is measured in front of them.
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
    spread: FloatArray | None = None

    def rows(self, chosen: slice | IntArray) -> "Surface":
        """Return the `chosen` draws."""
        return replace(
            self, offset=self.offset[chosen], slopes=self.slopes[chosen], gamma=self.gamma[chosen],
            cuts=self.cuts[chosen], products=self.products[chosen],
            spread=None if self.spread is None else self.spread[chosen],
        )


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
    crowd: Crowd, surface: Surface, moves: Sequence[Moves], multipliers: FloatArray, rates: Sequence[FloatArray],
    paths: Sequence[FloatArray], parts: int,
) -> tuple[FloatArray, FloatArray]:
    """Average the outcome over a population as it is, and how far it changes when drivers are moved in R ways.

    Parameters
    ----------
    crowd : Crowd
        The population.
    surface : Surface
        s draws of the model.
    moves : sequence of R Moves
        Who answers what instead.
    multipliers : ndarray, shape (s, U)
        Of the weights of every unit in each draw.
    rates : sequence of R ndarray, shape (s, *)
        Shares that differ between draws.
    paths : sequence of R ndarray, shape (s, p, p)
        How far drivers that follow move, per point of the others.
    parts : int
        Number B of parts of the population.

    Returns
    -------
    before : ndarray, shape (s, B, 1 + K)
        Average eta and average measures; NaN in a part without weight.
    change : ndarray, shape (R, s, B, 1 + K)
        After less before; exactly 0 where nothing moves.

    Notes
    -----
    With many cells, measures are looked up in a table of each draw, of fifth degree between knots; see `KNOTS`.

    References
    ----------
    .. [1] Robins (1986). A new approach to causal inference in mortality studies with a sustained exposure period.
       Mathematical Modelling 7(9-12), 1393-1512. doi:10.1016/0270-0255(86)90088-6
    """
    s, measures, ways = len(multipliers), 1 + len(surface.base), len(moves)
    before, change = np.zeros((s, parts, measures)), np.zeros((s, ways, parts, measures))
    width = max((one.rate.shape[1] for one in moves), default=0)
    offsets = np.cumsum([0, *(rate.shape[1] for rate in rates)])
    rate = [
        np.pad(np.where(one.rate >= 0, one.rate + at, -1), ((0, 0), (0, width - one.rate.shape[1])), constant_values=-1)
        for one, at in zip(moves, offsets, strict=False)
    ]
    follow = np.full((ways, crowd.x.shape[1]), -1, dtype=np.intp)
    for r, one in enumerate(moves):
        follow[r, : len(one.follow)] = one.follow
    start = np.cumsum([0, *(len(one.source) for one in moves)])
    source, target = (np.concatenate([getattr(one, name) for one in moves]) for name in ("source", "target"))
    apart = target != crowd.x[source]
    only = np.where(apart.sum(axis=1) == 1, apart.argmax(axis=1), -1)
    ready, gained = _tabulated(crowd, surface, moves, paths, start)
    _averages(
        crowd.x, crowd.z, crowd.weight, crowd.unit, crowd.group, crowd.parts, crowd.applies, surface.offset,
        surface.slopes, surface.gamma, surface.cuts, surface.products, surface.pair, surface.centre, surface.base,
        surface.rise, surface.probit, surface.spread, start, source, target, only,
        np.concatenate([one.share for one in moves]),
        np.ascontiguousarray(np.concatenate(rate)), follow, ready, gained, moves[0].low, moves[0].high, multipliers,
        np.ascontiguousarray(np.concatenate(list(rates), axis=1)), np.ascontiguousarray(np.stack(list(paths), axis=1)),
        before, change,
    )
    return before, change.transpose(1, 0, 2, 3)


def _tabulated(
    crowd: Crowd, surface: Surface, moves: Sequence[Moves], paths: Sequence[FloatArray], start: IntArray
) -> tuple[BoolArray, FloatArray]:
    """Return for which ways (R,) tables tell what drivers that follow add, and what (s, M) then; (0, 0) for none."""
    ready = np.zeros(len(moves), dtype=np.bool_)
    gained = np.zeros((0, 0))
    if surface.slopes.shape[1] > 1 or len(surface.pair):
        return ready, gained
    slopes = np.ascontiguousarray(surface.slopes[:, 0])
    for r, (one, path) in enumerate(zip(moves, paths, strict=True)):
        rows = followed(crowd.x[one.source], one.target, crowd.applies[one.source], one.follow, path)
        if rows is not None:
            if not ready.any():
                gained = np.zeros((len(slopes), start[-1]))
            ready[r] = True
            gained[:, start[r] : start[r + 1]] = gains(rows, np.ascontiguousarray(path), slopes, one.low, one.high)
    return ready, gained


@njit(cache=True, nogil=True)
def _latent(
    x: FloatArray, i: int, z: FloatArray, row: int, d: int, g: int, offset: FloatArray, slopes: FloatArray,
    gamma: FloatArray, products: FloatArray, pair: IntArray, centre: FloatArray,
) -> float:
    """Latent mean of row i of the drivers with row `row` of the columns that stay, in draw d and group g."""
    eta = float(offset[d, g])
    for j in range(x.shape[1]):
        eta += x[i, j] * slopes[d, g, j]
    for j in range(z.shape[1]):
        eta += z[row, j] * gamma[d, j]
    for r in range(pair.shape[0]):
        eta += products[d, r] * (x[i, pair[r, 0]] - centre[r, 0]) * (x[i, pair[r, 1]] - centre[r, 1])
    return eta


@njit(cache=True, nogil=True)
def _follow(
    moved: FloatArray, x: FloatArray, i: int, applies: BoolArray, follow: IntArray, w: int, path: FloatArray, d: int,
    low: FloatArray, high: FloatArray,
) -> None:
    """Let drivers follow, in place in `moved` (1, p), those that have left row i."""
    for at in range(follow.shape[1]):
        k = follow[w, at]
        if k < 0:
            return
        if not applies[i, k]:
            continue
        shift = 0.0
        for j in range(x.shape[1]):
            shift += path[d, w, k, j] * (moved[0, j] - x[i, j])
        if shift != 0.0:
            moved[0, k] = min(max(moved[0, k] + shift, low[k]), high[k])


@njit(cache=True, nogil=True)
def _measure(
    eta: FloatArray, cuts: FloatArray, d: int, base: FloatArray, rise: FloatArray, probit: bool, out: FloatArray
) -> None:
    """Work out the measures (n, 1 + K) at every `eta` (n,)."""
    for i in range(eta.size):
        out[i, 0] = eta[i]
        for k in range(base.size):
            out[i, k + 1] = base[k]
        for j in range(cuts.shape[1]):
            above = cdf(eta[i] - cuts[d, j], probit)
            for k in range(base.size):
                out[i, k + 1] += rise[k, j] * above


@njit(cache=True, nogil=True)
def _tabulate(
    low: float, cuts: FloatArray, d: int, base: FloatArray, rise: FloatArray, probit: bool, knot: FloatArray,
    table: FloatArray, knots: int,
) -> None:
    """Fill in the coefficients (knots - 1, K, 6) of pieces that meet values, slopes and curvatures at all knots."""
    for i in range(knots):
        eta = low + i / KNOTS
        for k in range(base.size):
            knot[i, k, 0], knot[i, k, 1], knot[i, k, 2] = base[k], 0.0, 0.0
        for j in range(cuts.shape[1]):
            u = eta - cuts[d, j]
            above, density = cdf(u, probit), pdf(u, probit)
            steep, bent = density / KNOTS, slope_of_pdf(u, density, probit) / (KNOTS * KNOTS)
            for k in range(base.size):
                knot[i, k, 0] += rise[k, j] * above
                knot[i, k, 1] += rise[k, j] * steep
                knot[i, k, 2] += rise[k, j] * bent
    for i in range(knots - 1):
        for k in range(base.size):
            up = knot[i + 1, k, 0] - knot[i, k, 0]
            a, b, e, f = knot[i, k, 1], knot[i + 1, k, 1], knot[i, k, 2], knot[i + 1, k, 2]
            table[i, k, 0], table[i, k, 1], table[i, k, 2] = knot[i, k, 0], a, 0.5 * e
            table[i, k, 3] = 10.0 * up - 6.0 * a - 4.0 * b - 1.5 * e + 0.5 * f
            table[i, k, 4] = -15.0 * up + 8.0 * a + 7.0 * b + 1.5 * e - f
            table[i, k, 5] = 6.0 * up - 3.0 * (a + b) + 0.5 * (f - e)


@njit(cache=True, nogil=True)
def _look_up(eta: FloatArray, low: float, table: FloatArray, knots: int, out: FloatArray) -> None:
    """Read the measures (n, 1 + K) at every `eta` (n,) off a table."""
    for i in range(eta.size):
        place = (eta[i] - low) * KNOTS
        c = min(int(place), knots - 2)
        t = place - c
        out[i, 0] = eta[i]
        for k in range(table.shape[1]):
            high = table[c, k, 3] + t * (table[c, k, 4] + t * table[c, k, 5])
            out[i, k + 1] = table[c, k, 0] + t * (table[c, k, 1] + t * (table[c, k, 2] + t * high))


@njit(cache=True, nogil=True)
def _latents(
    d: int, x: FloatArray, z: FloatArray, group: IntArray, applies: BoolArray, offset: FloatArray, slopes: FloatArray,
    gamma: FloatArray, products: FloatArray, pair: IntArray, centre: FloatArray, first: IntArray, source: IntArray,
    target: FloatArray, only: IntArray, follow: IntArray, ready: BoolArray, gained: FloatArray, low: FloatArray,
    high: FloatArray, path: FloatArray, across: FloatArray, eta: FloatArray, moved: FloatArray,
) -> None:
    """Work out latent means of all cells and, after them, of all moves (m + M,) in draw d."""
    m, p = x.shape
    if slopes.shape[1] == 1 and pair.shape[0] == 0:
        for i in range(m):
            eta[i] = offset[d, 0]
        for j in range(p):
            for i in range(m):
                eta[i] += across[j, i] * slopes[d, 0, j]
        for j in range(z.shape[1]):
            for i in range(m):
                eta[i] += z[i, j] * gamma[d, j]
    else:
        for i in range(m):
            eta[i] = _latent(x, i, z, i, d, group[i], offset, slopes, gamma, products, pair, centre)
    for w in range(first.size - 1):
        plain = follow[w, 0] < 0 and pair.shape[0] == 0
        if ready[w]:
            for r in range(first[w], first[w + 1]):
                eta[m + r] = eta[source[r]] + gained[d, r]
            continue
        for r in range(first[w], first[w + 1]):
            i = source[r]
            if plain and only[r] >= 0:
                found = eta[i] + (target[r, only[r]] - x[i, only[r]]) * slopes[d, group[i], only[r]]
            elif plain:
                found = eta[i]
                for j in range(p):
                    found += (target[r, j] - x[i, j]) * slopes[d, group[i], j]
            else:
                for j in range(p):
                    moved[0, j] = target[r, j]
                _follow(moved, x, i, applies, follow, w, path, d, low, high)
                found = _latent(moved, 0, z, i, d, group[i], offset, slopes, gamma, products, pair, centre)
            eta[m + r] = found


def _measure_apart(
    eta: FloatArray, group: IntArray, cuts: FloatArray, d: int, base: FloatArray, rise: FloatArray, probit: bool,
    spread: FloatArray, out: FloatArray,
) -> None:
    """Work out the measures (n, 1 + K) at every `eta` (n,) of people whose groups differ in `spread` (G,)."""
    for g, sd in enumerate(spread):
        found = out[at := np.flatnonzero(group == g)]
        _measure(eta[at] / sd, cuts[d : d + 1] / sd, 0, base, rise, probit, found)
        out[at] = found
    out[:, 0] = eta


def _averages(
    x: FloatArray, z: FloatArray, weight: FloatArray, unit: IntArray, group: IntArray, parts: IntArray,
    applies: BoolArray, offset: FloatArray, slopes: FloatArray, gamma: FloatArray, cuts: FloatArray,
    products: FloatArray, pair: IntArray, centre: FloatArray, base: FloatArray, rise: FloatArray, probit: bool,
    spread: FloatArray | None, first: IntArray, source: IntArray, target: FloatArray, only: IntArray,
    share: FloatArray, rate: IntArray, follow: IntArray, ready: BoolArray, gained: FloatArray, low: FloatArray,
    high: FloatArray, multipliers: FloatArray, rates: FloatArray, path: FloatArray, before: FloatArray,
    change: FloatArray,
) -> None:
    """Walk through the draws; not compiled as one, which would take longer than the walk."""
    m, size, width = len(x), source.size, base.size + 1
    worth, moved = np.empty((m + size, width)), np.empty((1, x.shape[1]))
    load, eta, across = np.empty(m), np.empty(m + size), np.ascontiguousarray(x.T)
    most = (m + size) // WORTH + 2
    knot, table = np.empty((most, base.size, 3)), np.empty((most, base.size, 6))
    for d in range(len(multipliers)):
        _latents(
            d, x, z, group, applies, offset, slopes, gamma, products, pair, centre, first, source, target, only,
            follow, ready, gained, low, high, path, across, eta, moved,
        )
        least = float(eta.min())
        span = (float(eta.max()) - least) * KNOTS
        if spread is not None:
            _measure_apart(eta, np.append(group, group[source]), cuts, d, base, rise, probit, spread[d], worth)
        elif cuts.shape[1] > 0 and span * WORTH < m + size:
            knots = int(span) + 2
            _tabulate(least, cuts, d, base, rise, probit, knot, table, knots)
            _look_up(eta, least, table, knots, worth)
        else:
            _measure(eta, cuts, d, base, rise, probit, worth)
        np.multiply(weight, multipliers[d][unit], out=load)
        _changes(d, first, source, share, rate, rates, load, parts, worth, change)
        _per_head(d, load, worth, parts, before, change)


@njit(cache=True, nogil=True)
def _changes(
    d: int, first: IntArray, source: IntArray, share: FloatArray, rate: IntArray, rates: FloatArray, load: FloatArray,
    parts: IntArray, worth: FloatArray, change: FloatArray,
) -> None:
    """Add up, by part, what every move changes in draw d."""
    m = load.size
    for w in range(first.size - 1):
        for r in range(first[w], first[w + 1]):
            i = source[r]
            part = share[r] * load[i]
            for a in range(rate.shape[1]):
                if rate[r, a] >= 0:
                    part *= rates[d, rate[r, a]]
            if part == 0.0:
                continue
            for t in range(parts.shape[1]):
                b = parts[i, t]
                if b >= 0:
                    for k in range(worth.shape[1]):
                        change[d, w, b, k] += part * (worth[m + r, k] - worth[i, k])


@njit(cache=True, nogil=True)
def _per_head(
    d: int, load: FloatArray, now: FloatArray, parts: IntArray, before: FloatArray, change: FloatArray
) -> None:
    """Add up what cells are worth now, and divide sums by the weight of each part."""
    mass = np.zeros(before.shape[1])
    for i in range(len(load)):
        for t in range(parts.shape[1]):
            b = parts[i, t]
            if b >= 0:
                mass[b] += load[i]
                for k in range(now.shape[1]):
                    before[d, b, k] += load[i] * now[i, k]
    for b in range(len(mass)):
        over = 1.0 / mass[b] if mass[b] > 0.0 else np.nan
        for k in range(now.shape[1]):
            before[d, b, k] *= over
            for w in range(change.shape[1]):
                change[d, w, b, k] *= over
