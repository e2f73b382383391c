"""Bivariate normal probabilities of quadrants and rectangles, compiled, and their derivatives in closed form."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

ROOT_HALF = math.sqrt(0.5)
TWO_PI = 2 * math.pi

_NODES_6, _WEIGHTS_6 = np.polynomial.legendre.leggauss(6)
_NODES_12, _WEIGHTS_12 = np.polynomial.legendre.leggauss(12)
_NODES_20, _WEIGHTS_20 = np.polynomial.legendre.leggauss(20)

NEAR_ONE = 0.925
"""Beyond this correlation the integral over it is replaced by one over what is left to 1, where it is smooth."""

CANCELS = 1e-5
"""A rectangle smaller than this is integrated directly: four quadrants would cancel."""

FLOOR = 1e-300
"""Smallest chance of a rectangle."""


@njit(cache=True, nogil=True)
def normal_cdf(u: float) -> float:
    """Return the standard normal distribution function at `u`."""
    return 0.5 * math.erfc(-u * ROOT_HALF)


@njit(cache=True, nogil=True)
def _between(low: float, high: float) -> float:
    """Return P(low < U < high), the difference taken in the tail where both values are small."""
    if low > 0:
        return normal_cdf(-low) - normal_cdf(-high)
    return normal_cdf(high) - normal_cdf(low)


@njit(cache=True, nogil=True)
def bivariate_normal_cdf(h: float, k: float, r: float) -> float:
    """Return P(U <= h, V <= k) of standard normal variables that correlate by r.

    Parameters
    ----------
    h, k : float
        Upper ends; infinite ones are allowed.
    r : float
        Correlation, between -1 and 1.

    Returns
    -------
    float
        Right to about 1e-15.

    References
    ----------
    .. [1] Genz (2004). Numerical computation of rectangular bivariate and trivariate normal and t probabilities.
       Statistics and Computing 14(3), 251-260. doi:10.1023/B:STCO.0000035304.20635.31
    .. [2] Drezner & Wesolowsky (1990). On the computation of the bivariate normal integral. Journal of Statistical
       Computation and Simulation 35(1-2), 101-107. doi:10.1080/00949659008811236
    """
    if h == -np.inf or k == -np.inf:
        return 0.0
    if h == np.inf:
        return normal_cdf(k)
    if k == np.inf:
        return normal_cdf(h)
    if abs(r) < NEAR_ONE:
        found = normal_cdf(h) * normal_cdf(k) + _over_correlation(h, k, r)
    elif r > 0:
        found = normal_cdf(min(h, k)) - _left_to_one(h, k, r)
    else:  # V is turned over: P(U <= h) - P(U <= h, -V < -k), where U and -V correlate by -r
        found = max(normal_cdf(h) - normal_cdf(-k), 0.0) + _left_to_one(h, -k, -r)
    return min(max(found, 0.0), 1.0)


@njit(cache=True, nogil=True)
def _over_correlation(h: float, k: float, r: float) -> float:
    """Integrate the density at (h, k) over the correlation from 0 to `r`, as an angle."""
    size = abs(r)
    if size < 0.3:
        nodes, weights = _NODES_6, _WEIGHTS_6
    elif size < 0.75:
        nodes, weights = _NODES_12, _WEIGHTS_12
    else:
        nodes, weights = _NODES_20, _WEIGHTS_20
    half_angle = 0.5 * math.asin(r)
    square, product = 0.5 * (h * h + k * k), h * k
    total = 0.0
    for i in range(nodes.size):
        sine = math.sin(half_angle * (1.0 + nodes[i]))
        total += weights[i] * math.exp((sine * product - square) / (1.0 - sine * sine))
    return total * half_angle / TWO_PI


@njit(cache=True, nogil=True)
def _left_to_one(h: float, k: float, r: float) -> float:
    """Integrate the density at (h, k) over the correlation from `r` up to 1.

    With x = sqrt(1 - correlation^2) the integrand is exp(-(h-k)^2 / (2 x^2)) times a smooth function, of which a
    parabola in x^2 is integrated exactly and what is left by quadrature.
    """
    if r >= 1.0:
        return 0.0
    product, gap = h * k, (h - k) ** 2
    c, d = (4.0 - product) / 8.0, (12.0 - product) / 80.0
    top = math.sqrt(1.0 - r * r)
    square = top * top
    exact = 0.0
    power = -0.5 * (gap / square + product)
    if power > -700.0:
        exact = top * math.exp(power) * (1.0 - c * (gap - square) * (1.0 - d * gap) / 3.0 + c * d * square * square)
    if -0.5 * product < 700.0:
        away = math.sqrt(gap)
        tail = math.sqrt(TWO_PI) * normal_cdf(-away / top)
        exact -= math.exp(-0.5 * product) * tail * away * (1.0 - c * gap * (1.0 - d * gap) / 3.0)
    left = 0.0
    for i in range(_NODES_20.size):
        x2 = (0.5 * top * (1.0 + _NODES_20[i])) ** 2
        power = -0.5 * (gap / x2 + product)
        if power > -700.0:
            root = math.sqrt(1.0 - x2)
            smooth = math.exp(-0.5 * product * x2 / (1.0 + root) ** 2) / root
            left += _WEIGHTS_20[i] * math.exp(power) * (smooth - (1.0 + c * x2 * (1.0 + 5.0 * d * x2)))
    return (exact + 0.5 * top * left) / TWO_PI


@njit(cache=True, nogil=True)
def rectangle(low1: float, high1: float, low2: float, high2: float, r: float) -> float:
    """Return P(low1 < U <= high1, low2 < V <= high2) of standard normal variables that correlate by r.

    Parameters
    ----------
    low1, high1, low2, high2 : float
        Ends; infinite ones are allowed.
    r : float
        Correlation, strictly between -1 and 1.

    Returns
    -------
    float
        At least `FLOOR`. Four quadrants added up, or where they would cancel the integral over U of its density times
        the chance of V given U, all of one sign.
    """
    whole = bivariate_normal_cdf(high1, high2, r)
    if low1 > -np.inf:
        whole -= bivariate_normal_cdf(low1, high2, r)
    if low2 > -np.inf:
        whole -= bivariate_normal_cdf(high1, low2, r)
        if low1 > -np.inf:
            whole += bivariate_normal_cdf(low1, low2, r)
    if whole < CANCELS:
        whole = _integrated(low1, high1, low2, high2, r)
    return max(whole, FLOOR)


@njit(cache=True, nogil=True)
def _along(u: float, low: float, high: float, r: float, s: float) -> float:
    """Return the density of U at `u` times the chance that V lies between `low` and `high` given it."""
    return math.exp(-0.5 * u * u) * _between((low - r * u) / s, (high - r * u) / s)


@njit(cache=True, nogil=True)
def _integrated(low1: float, high1: float, low2: float, high2: float, r: float) -> float:
    """Integrate outwards from where the integrand, which has one top, is largest, until nothing is added."""
    s = math.sqrt(1.0 - r * r)
    start, stop = max(low1, -38.0), min(high1, 38.0)
    if not start < stop:
        return 0.0
    left, right = start, stop
    golden = 0.6180339887498949
    a, b = right - golden * (right - left), left + golden * (right - left)
    value_a, value_b = _along(a, low2, high2, r, s), _along(b, low2, high2, r, s)
    for _ in range(60):
        # where both are 0 the chance of V given U has underflowed: closer to 0 of U, or to V's range, is better
        if value_a == 0.0 and value_b == 0.0:
            middle = 0.5 * (max(low2, -38.0) + min(high2, 38.0))
            nearer = abs(middle - r * a) <= abs(middle - r * b)
        else:
            nearer = value_a >= value_b
        if nearer:
            right, b, value_b = b, a, value_a
            a = right - golden * (right - left)
            value_a = _along(a, low2, high2, r, s)
        else:
            left, a, value_a = a, b, value_b
            b = left + golden * (right - left)
            value_b = _along(b, low2, high2, r, s)
        if right - left < 1e-6:
            break
    top = 0.5 * (left + right)
    # given U the chance of V turns within s of where V's ends lie on average: steps are short there, long elsewhere
    turn1 = low2 / r if r != 0.0 else np.inf
    turn2 = high2 / r if r != 0.0 else np.inf
    total = 0.0
    for side in (-1.0, 1.0):
        edge = top
        end = stop if side > 0 else start
        while (end - edge) * side > 0:
            near = min(abs(edge - turn1), abs(edge - turn2))
            reach = min(0.5, max(s, 0.5 * near), (end - edge) * side)
            part = 0.0
            for i in range(_NODES_12.size):
                part += _WEIGHTS_12[i] * _along(edge + side * 0.5 * reach * (1.0 + _NODES_12[i]), low2, high2, r, s)
            total += 0.5 * reach * part
            edge += side * reach
            if part * reach <= 1e-17 * total:  # also where there is nothing at all
                break
    return total / math.sqrt(TWO_PI)


def edge_derivative(u: FloatArray, low: FloatArray, high: FloatArray, r: float) -> FloatArray:
    """Return the density of U at `u` times P(low < V <= high | U = u), where U and V correlate by r.

    Parameters
    ----------
    u : ndarray
        Finite.
    low, high : ndarray, shapes of `u`
        Ends of V; infinite ones are allowed.
    r : float
        Correlation, strictly between -1 and 1.

    Returns
    -------
    ndarray, shape of `u`
        The derivative of a rectangle's chance in its upper end of U, and minus that in its lower.
    """
    from scipy.special import ndtr

    s = math.sqrt(1.0 - r * r)
    a, b = (low - r * u) / s, (high - r * u) / s
    between = np.where(a > 0, ndtr(-a) - ndtr(-b), ndtr(b) - ndtr(a))  # in the tail where both values are small
    return np.asarray(np.exp(-0.5 * u * u) / math.sqrt(TWO_PI) * between)


def density_derivatives(h: FloatArray, k: FloatArray, r: float) -> FloatArray:
    """Return the bivariate normal density at (h, k), and its derivatives in h, k and r.

    Parameters
    ----------
    h, k : ndarray
        Finite, of one shape.
    r : float
        Correlation, strictly between -1 and 1.

    Returns
    -------
    ndarray, shape (4, ...)
        Density, then derivatives.

    Notes
    -----
    The density is the derivative in r of P(U <= h, V <= k) [1]_, and in h and k.

    References
    ----------
    .. [1] Plackett (1954). A reduction formula for normal multivariate integrals. Biometrika 41(3-4), 351-360.
       doi:10.1093/biomet/41.3-4.351
    """
    var = 1.0 - r * r
    density = np.exp(-0.5 * (h * h - 2.0 * r * h * k + k * k) / var) / (TWO_PI * math.sqrt(var))
    bend = r / var + (h * k * (1.0 + r * r) - r * (h * h + k * k)) / (var * var)
    return np.stack([density, -density * (h - r * k) / var, -density * (k - r * h) / var, density * bend])
