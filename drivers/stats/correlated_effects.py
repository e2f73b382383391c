"""Effects of groups that add up to zero and share a covariance: their log density with gradient, compiled.

Rows of effects are ``d = Q Z`` with Q an orthonormal basis of what adds up to zero over G groups and rows of Z
independent normal with covariance ``diag(tau) Omega diag(tau)``; ``tau`` is half normal and Omega has the LKJ density.
Levels of groups are zero-sum normal with a spread of their own.
"""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EffectsShape:
    """``groups`` G with effects on ``effects`` r columns, and a level; ``centred`` says what the coordinates are.

    Coordinates: r log spreads, r (r - 1) / 2 partial correlations through arctanh, (G - 1) r of Z, or of Z with unit
    covariance where not centred, the log spread of the level, and G - 1 of the level likewise.
    """

    groups: int
    effects: int
    centred: bool

    @property
    def pairs(self) -> int:
        """Correlations."""
        return self.effects * (self.effects - 1) // 2

    @property
    def size(self) -> int:
        """Coordinates."""
        return self.effects + self.pairs + (self.groups - 1) * (self.effects + 1) + 1

    def basis(self) -> FloatArray:
        """Return orthonormal columns (G, G - 1), each adding up to zero (Helmert)."""
        g = self.groups
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
        _expand(flat, r, g, self.basis(), self.centred, effect, level, root)
        lead = phi.shape[:-1]
        return {
            "spread": np.exp(phi[..., :r]), "correlation": (root @ np.swapaxes(root, 1, 2)).reshape(*lead, r, r),
            "effect": effect.reshape(*lead, g, r), "level_spread": np.exp(phi[..., self._level]),
            "level": level.reshape(*lead, g),
        }

    @property
    def _level(self) -> int:
        return self.effects + self.pairs + (self.groups - 1) * self.effects


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
    value = _value(phi, r, g, basis, shape.centred, spread, level_spread, eta, effect, level, own)
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
    _pull(phi, shape.effects, shape.groups, shape.centred, basis.T @ d_effect, basis.T @ d_level, out)
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
def _root(phi: FloatArray, r: int, partial: FloatArray, root: FloatArray) -> None:
    """Fill partial correlations and the Cholesky factor of the correlation matrix."""
    at = r
    root[:, :] = 0.0
    for i in range(r):
        left = 1.0
        for k in range(i):
            c = math.tanh(phi[at])
            at += 1
            partial[i, k] = c
            root[i, k] = c * left
            left *= math.sqrt(1.0 - c * c)
        root[i, i] = left


@njit(cache=True, nogil=True, error_model="numpy")
def _value(
    phi: FloatArray, r: int, g: int, basis: FloatArray, centred: bool, spread: float, level_spread: float, eta: float,
    effect: FloatArray, level: FloatArray, own: FloatArray,
) -> float:
    partial, root = np.zeros((r, r)), np.zeros((r, r))
    _root(phi, r, partial, root)
    tau = np.exp(phi[:r])
    value = 0.0
    for j in range(r):
        value += phi[j] - 0.5 * (tau[j] / spread) ** 2
        own[j] += 1.0 - (tau[j] / spread) ** 2
    at = r
    for i in range(r):
        for k in range(i):
            c = partial[i, k]
            b = eta + 0.5 * (r - 2 - k)
            value += b * math.log1p(-c * c)
            own[at] -= 2.0 * b * c
            at += 1
    d_root = np.zeros((r, r))
    z = np.empty((g - 1, r))
    e, f = np.empty(r), np.empty(r)
    for row in range(g - 1):
        first = at + row * r
        if not centred:
            for j in range(r):
                total = 0.0
                for k in range(j + 1):
                    total += root[j, k] * phi[first + k]
                z[row, j] = tau[j] * total
                value -= 0.5 * phi[first + j] ** 2
                own[first + j] -= phi[first + j]
            continue
        for j in range(r):
            z[row, j] = phi[first + j]
            total = z[row, j] / tau[j]
            for k in range(j):
                total -= root[j, k] * e[k]
            e[j] = total / root[j, j]
            value -= 0.5 * e[j] ** 2 + phi[j] + math.log(root[j, j])
        for back in range(r):
            j = r - 1 - back
            total = e[j]
            for k in range(j + 1, r):
                total -= root[k, j] * f[k]
            f[j] = total / root[j, j]
        for j in range(r):
            own[first + j] -= f[j] / tau[j]
            own[j] += f[j] * z[row, j] / tau[j] - 1.0
            for k in range(j + 1):
                d_root[j, k] += f[j] * e[k]
            d_root[j, j] -= 1.0 / root[j, j]
    if centred:
        _pull_root(r, partial, root, d_root, own)
    effect[:, :] = basis @ z
    return float(value) + _levels(phi, at + (g - 1) * r, g, basis, centred, level_spread, level, own)


@njit(cache=True, nogil=True, error_model="numpy")
def _levels(
    phi: FloatArray, place: int, g: int, basis: FloatArray, centred: bool, level_spread: float, level: FloatArray,
    own: FloatArray,
) -> float:
    """Return the log density of levels, whose spread is coordinate `place`; fill levels and their gradient."""
    sd = math.exp(phi[place])
    value = phi[place] - 0.5 * (sd / level_spread) ** 2
    own[place] += 1.0 - (sd / level_spread) ** 2
    rows = np.empty(g - 1)
    for row in range(g - 1):
        v = phi[place + 1 + row]
        if centred:
            value -= 0.5 * (v / sd) ** 2 + phi[place]
            own[place + 1 + row] -= v / sd**2
            own[place] += (v / sd) ** 2 - 1.0
            rows[row] = v
        else:
            value -= 0.5 * v * v
            own[place + 1 + row] -= v
            rows[row] = sd * v
    level[:] = basis @ rows
    return float(value)


@njit(cache=True, nogil=True, error_model="numpy")
def _pull_root(r: int, partial: FloatArray, root: FloatArray, d_root: FloatArray, out: FloatArray) -> None:
    """Add the derivative in the coordinates of correlations, given that in the Cholesky factor."""
    at = r
    for i in range(r):
        left = 1.0
        for k in range(i):
            c = partial[i, k]
            slope = d_root[i, k] * left * (1.0 - c * c)
            for later in range(k + 1, i + 1):
                slope -= d_root[i, later] * root[i, later] * c
            out[at] += slope
            left *= math.sqrt(1.0 - c * c)
            at += 1


@njit(cache=True, nogil=True, error_model="numpy")
def _pull(
    phi: FloatArray, r: int, g: int, centred: bool, h: FloatArray, h_level: FloatArray, out: FloatArray
) -> None:
    at = r + r * (r - 1) // 2
    place = at + (g - 1) * r
    sd = math.exp(phi[place])
    if centred:
        for row in range(g - 1):
            for j in range(r):
                out[at + row * r + j] += h[row, j]
            out[place + 1 + row] += h_level[row]
        return
    partial, root, d_root = np.zeros((r, r)), np.zeros((r, r)), np.zeros((r, r))
    _root(phi, r, partial, root)
    tau = np.exp(phi[:r])
    for row in range(g - 1):
        first = at + row * r
        for j in range(r):
            total = 0.0
            for k in range(j + 1):
                total += root[j, k] * phi[first + k]
                d_root[j, k] += h[row, j] * tau[j] * phi[first + k]
                out[first + k] += root[j, k] * tau[j] * h[row, j]
            out[j] += h[row, j] * total * tau[j]
        out[place + 1 + row] += sd * h_level[row]
        out[place] += sd * phi[place + 1 + row] * h_level[row]
    _pull_root(r, partial, root, d_root, out)


@njit(cache=True, nogil=True, error_model="numpy")
def _expand(
    phi: FloatArray, r: int, g: int, basis: FloatArray, centred: bool, effect: FloatArray, level: FloatArray,
    roots: FloatArray,
) -> None:
    own = np.zeros(phi.shape[1])
    partial = np.zeros((r, r))
    for d in range(len(phi)):
        _value(phi[d], r, g, basis, centred, 1.0, 1.0, 1.0, effect[d], level[d], own)
        _root(phi[d], r, partial, roots[d])
