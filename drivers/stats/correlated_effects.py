"""Effects of groups that add up to zero and share a covariance: their log density with gradient, compiled.

Rows of effects are ``d = Q Z`` with Q an orthonormal basis of what adds up to zero over G groups and rows of Z
independent normal with covariance ``diag(tau) Omega diag(tau)``; ``tau`` is half normal and Omega has the LKJ density.
Levels of groups are zero-sum normal with a spread of their own.

Chains move in coordinates u that are about standard normal whatever the spreads and correlations. Where the answers of
the groups alone say zhat about a row z, level included, with information D (the inverse of its covariance), and
``A A'`` is the covariance of z, then ``z = A e`` with ``e = C'^-1 (u + C^-1 A' D zhat)``, ``C C' = I + A' D A``: given
A, z has the mean and covariance it has when D and zhat are all the answers say. With D small against the inverse of
``A A'`` that is the non-centred parameterisation, with D large the centred one; one passes into the other as spreads
move, so that no funnel is left on either side.

References
----------
.. [1] Papaspiliopoulos, Roberts & Skoeld (2007). A general framework for the parametrization of hierarchical models.
   Statistical Science 22(1), 59-73. doi:10.1214/088342307000000014
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from drivers.stats.effect_rows import _factor_back, _fill_factor, _place_row, _root, _row_back

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EffectsShape:
    """``groups`` G with effects on ``effects`` r columns, and a level.

    ``seen`` (G - 1, r + 1) is what groups by themselves say about rows of Z, the level last, and ``information``
    (G - 1, r + 1, r + 1) how surely; without them u are independent rows of unit covariance (not centred). Neither
    changes what `expand` says coordinates stand for in law, nor the density of that. ``variance`` (G,) is how unsure
    each group is by itself; it turns the basis so that rows are told independently of each other.

    Coordinates: r log spreads, r (r - 1) / 2 partial correlations through arctanh, (G - 1) r of u, the log spread of
    the level, and G - 1 of the level's u.
    """

    groups: int
    effects: int
    information: FloatArray | None = None
    seen: FloatArray | None = None
    variance: FloatArray | None = None

    def told(self) -> tuple[FloatArray, FloatArray]:
        """Return information D (G - 1, r + 1, r + 1) and D zhat (G - 1, r + 1); zeros where nothing is known."""
        return _told(self)

    @property
    def pairs(self) -> int:
        """Correlations."""
        return self.effects * (self.effects - 1) // 2

    @property
    def size(self) -> int:
        """Coordinates."""
        return self.effects + self.pairs + (self.groups - 1) * (self.effects + 1) + 1

    def basis(self) -> FloatArray:
        """Return orthonormal columns (G, G - 1), each adding up to zero: Helmert's, or turned to ``variance``."""
        g = self.groups
        if self.variance is not None:
            inside = np.eye(g) - 1 / g
            _, columns = np.linalg.eigh(inside @ (self.variance[:, None] * inside) - 1 / g)
            return np.ascontiguousarray(columns[:, 1:])  # the first, with eigenvalue -1, is constant
        out = np.zeros((g, g - 1))
        for k in range(1, g):
            out[:k, k - 1] = 1.0
            out[k, k - 1] = -k
            out[:, k - 1] /= math.sqrt(k * (k + 1))
        return out

    def expand(self, phi: FloatArray) -> dict[str, FloatArray]:
        """Return what coordinates mean.

        Parameters
        ----------
        phi : ndarray, shape (..., size)
            Coordinates.

        Returns
        -------
        dict
            ``spread`` (..., r), ``correlation`` (..., r, r), ``effect`` (..., G, r), ``level_spread`` (...) and
            ``level`` (..., G).
        """
        flat = np.ascontiguousarray(phi.reshape(-1, self.size))
        n, g, r = len(flat), self.groups, self.effects
        effect, level = np.empty((n, g, r)), np.empty((n, g))
        root = np.empty((n, r, r))
        _expand(flat, r, g, self.basis(), *self.told(), effect, level, root)
        lead = phi.shape[:-1]
        return {
            "spread": np.exp(phi[..., :r]), "correlation": (root @ np.swapaxes(root, 1, 2)).reshape(*lead, r, r),
            "effect": effect.reshape(*lead, g, r), "level_spread": np.exp(phi[..., self._level]),
            "level": level.reshape(*lead, g),
        }

    @property
    def _level(self) -> int:
        """Place of the first coordinate of the levels."""
        return self.effects + self.pairs + (self.groups - 1) * self.effects


@lru_cache(maxsize=16)
def _told(shape: EffectsShape) -> tuple[FloatArray, FloatArray]:
    """`EffectsShape.told`, kept: every step of a chain asks for it twice."""
    rows, k = shape.groups - 1, shape.effects + 1
    if shape.information is None or shape.seen is None:
        return np.zeros((rows, k, k)), np.zeros((rows, k))
    return np.ascontiguousarray(shape.information), np.einsum("gij,gj->gi", shape.information, shape.seen)


def effects_value(
    shape: EffectsShape, basis: FloatArray, phi: FloatArray, spread: float, level_spread: float, eta: float
) -> tuple[float, FloatArray, FloatArray, FloatArray]:
    """Return the log density of coordinates and the effects they stand for.

    Parameters
    ----------
    shape : EffectsShape
        Groups and columns.
    basis : ndarray, shape (G, G - 1)
        Its `basis()`.
    phi : ndarray, shape (size,)
        Coordinates.
    spread, level_spread : float
        Scales of the half-normal priors of spreads.
    eta : float
        Of the LKJ density; 1 is uniform over correlation matrices.

    Returns
    -------
    value : float
        Log density of `phi`, Jacobians included, constants too.
    effect : ndarray, shape (G, r)
        Columns add up to zero.
    level : ndarray, shape (G,)
        Adds up to zero.
    own : ndarray, shape (size,)
        Gradient of the value.

    References
    ----------
    .. [1] Lewandowski, Kurowicka & Joe (2009). Generating random correlation matrices based on vines and extended
       onion method. Journal of Multivariate Analysis 100(9), 1989-2001. doi:10.1016/j.jmva.2009.04.008
    """
    value, effect, level, own = effects_kernel(shape, basis, phi, spread, level_spread, eta)
    return value + effects_constant(shape, spread, level_spread, eta), effect, level, own


def effects_kernel(
    shape: EffectsShape, basis: FloatArray, phi: FloatArray, spread: float, level_spread: float, eta: float
) -> tuple[float, FloatArray, FloatArray, FloatArray]:
    """Return what `effects_value` does, without the constants.

    They depend on the `shape` and on `spread`, `level_spread` and `eta` alone, not on `phi` or the `basis`.
    """
    r, g = shape.effects, shape.groups
    effect, level, own = np.empty((g, r)), np.empty(g), np.zeros(len(phi))
    value = _value(phi, r, g, basis, *shape.told(), spread, level_spread, eta, effect, level, own)
    return float(value), effect, level, own


def effects_pull(
    shape: EffectsShape, basis: FloatArray, phi: FloatArray, d_effect: FloatArray, d_level: FloatArray
) -> FloatArray:
    """Return the gradient in the coordinates of whatever has the derivatives given in effects and levels.

    Parameters
    ----------
    shape : EffectsShape
        Groups and columns.
    basis : ndarray, shape (G, G - 1)
        Its `basis()`.
    phi : ndarray, shape (size,)
        Coordinates.
    d_effect : ndarray, shape (G, r)
        Derivative in effects.
    d_level : ndarray, shape (G,)
        Derivative in levels.

    Returns
    -------
    ndarray, shape (size,)
        To be added to the gradient of the density.
    """
    out = np.zeros(len(phi))
    _pull(phi, shape.effects, shape.groups, *shape.told(), basis.T @ d_effect, basis.T @ d_level, out)
    return out


def effects_constant(shape: EffectsShape, spread: float, level_spread: float, eta: float) -> float:
    """Return the constants of the density of `shape` under `spread`, `level_spread` and `eta`."""
    r, g = shape.effects, shape.groups
    half = 0.5 * math.log(2 / math.pi)
    out = r * (half - math.log(spread)) + half - math.log(level_spread)
    out -= 0.5 * math.log(2 * math.pi) * (g - 1) * (r + 1)
    for i in range(1, r):
        for k in range(i):
            b = eta + 0.5 * (r - 2 - k)  # a partial correlation of order k is a Beta(b, b) between -1 and 1
            out -= (2 * b - 1) * math.log(2) + 2 * math.lgamma(b) - math.lgamma(2 * b)
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _value(
    phi: FloatArray, r: int, g: int, basis: FloatArray, information: FloatArray, told: FloatArray, spread: float,
    level_spread: float, eta: float, effect: FloatArray, level: FloatArray, own: FloatArray,
) -> float:
    """Return the log density of one point's coordinates, and write effects, levels and derivatives."""
    at, k = r + r * (r - 1) // 2, r + 1
    place = at + (g - 1) * r
    value = 0.0
    for j in range(k):
        where, scale = (j, spread) if j < r else (place, level_spread)
        square = (math.exp(phi[where]) / scale) ** 2
        value += phi[where] - 0.5 * square
        own[where] += 1.0 - square
    partial, root, a, d_a = np.zeros((r, r)), np.zeros((r, r)), np.zeros((k, k)), np.zeros((k, k))
    _fill_factor(phi, r, place, partial, root, a)
    for i in range(r):
        for m in range(i):
            b = eta + 0.5 * (r - 2 - m)
            value += b * math.log1p(-partial[i, m] ** 2)
            own[r + i * (i - 1) // 2 + m] -= 2.0 * b * partial[i, m]
    w, c, z = np.zeros((k, k)), np.zeros((k, k)), np.empty((g - 1, k))
    u, y, e, d_e, d_u = np.empty(k), np.empty(k), np.empty(k), np.empty(k), np.empty(k)
    for row in range(g - 1):
        for j in range(k):
            u[j] = phi[at + row * r + j] if j < r else phi[place + 1 + row]
        _place_row(u, a, information[row], told[row], w, c, y, e)
        for i in range(k):
            z[row, i] = 0.0
            for m in range(i + 1):
                z[row, i] += a[i, m] * e[m]
            value -= 0.5 * e[i] ** 2 + math.log(c[i, i])
            d_e[i] = -e[i]
        _row_back(d_e, -1.0, a, told[row], w, c, y, e, d_u, d_a)
        for j in range(k):
            own[at + row * r + j if j < r else place + 1 + row] += d_u[j]
    _factor_back(r, place, partial, root, a, d_a, phi, own)
    for i in range(g):
        for j in range(k):
            total = 0.0
            for row in range(g - 1):
                total += basis[i, row] * z[row, j]
            if j < r:
                effect[i, j] = total
            else:
                level[i] = total
    return value


@njit(cache=True, nogil=True, error_model="numpy")
def _pull(
    phi: FloatArray, r: int, g: int, information: FloatArray, told: FloatArray, h: FloatArray, h_level: FloatArray,
    out: FloatArray,
) -> None:
    """Turn derivatives in effects and levels into those in the coordinates."""
    at, k = r + r * (r - 1) // 2, r + 1
    place = at + (g - 1) * r
    partial, root, a, d_a = np.zeros((r, r)), np.zeros((r, r)), np.zeros((k, k)), np.zeros((k, k))
    _fill_factor(phi, r, place, partial, root, a)
    w, c = np.zeros((k, k)), np.zeros((k, k))
    u, y, e, d_e, d_u = np.empty(k), np.empty(k), np.empty(k), np.empty(k), np.empty(k)
    for row in range(g - 1):
        for j in range(k):
            u[j] = phi[at + row * r + j] if j < r else phi[place + 1 + row]
        _place_row(u, a, information[row], told[row], w, c, y, e)
        for m in range(k):
            d_e[m] = 0.0
        for i in range(k):
            slope = h[row, i] if i < r else h_level[row]
            for m in range(i + 1):
                d_e[m] += a[i, m] * slope
                d_a[i, m] += e[m] * slope
        _row_back(d_e, 0.0, a, told[row], w, c, y, e, d_u, d_a)
        for j in range(k):
            out[at + row * r + j if j < r else place + 1 + row] += d_u[j]
    _factor_back(r, place, partial, root, a, d_a, phi, out)


@njit(cache=True, nogil=True, error_model="numpy")
def _expand(
    phi: FloatArray, r: int, g: int, basis: FloatArray, information: FloatArray, told: FloatArray, effect: FloatArray,
    level: FloatArray, roots: FloatArray,
) -> None:
    """Write the effects, levels and roots that many points stand for."""
    own = np.zeros(phi.shape[1])
    partial = np.zeros((r, r))
    for d in range(len(phi)):
        _value(phi[d], r, g, basis, information, told, 1.0, 1.0, 1.0, effect[d], level[d], own)
        _root(phi[d], r, partial, roots[d])
