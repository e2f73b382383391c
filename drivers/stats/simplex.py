"""Parts of a whole, uniform on the simplex, in coordinates that are independent standard normals."""

import math

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def parts_of(w: FloatArray) -> FloatArray:
    """Return parts that add up to 1.

    Parameters
    ----------
    w : ndarray, shape (..., n - 1)
        Coordinates.

    Returns
    -------
    ndarray, shape (..., n)
        Dirichlet(1, ..., 1) where `w` are independent standard normals.

    Notes
    -----
    Of what earlier parts leave, part k takes a fraction that is Beta(1, n - k); with S the standard normal survival
    function, one less it is ``S(w_k)^(1 / (n - k))``. A part near 0 has a normal tail in these coordinates, where that
    of its logarithm falls off only exponentially: modes, approximations and chains do better for it.
    """
    left = _left(w)
    ends = np.ones((*w.shape[:-1], 1))
    return np.asarray(-np.diff(np.concatenate([ends, left, 0 * ends], axis=-1), axis=-1))


def coordinates_of(parts: FloatArray) -> FloatArray:
    """Return the coordinates (..., n - 1) of `parts` (..., n) that add up to 1."""
    from scipy.special import ndtri_exp

    n = parts.shape[-1]
    left = np.maximum(parts[..., ::-1].cumsum(axis=-1)[..., ::-1], 1e-300)
    fraction = np.log(left[..., 1:]) - np.log(left[..., :-1])
    return np.asarray(-ndtri_exp(np.minimum(fraction * np.arange(n - 1, 0, -1), -1e-300)))


def slope_of_parts(w: FloatArray) -> FloatArray:
    """Return the derivative (n, n - 1) of `parts_of` at `w` (n - 1,)."""
    size = len(w)
    rate, _ = _rates(w)
    lower = np.tril(np.outer(_left(w), rate))  # of what is left after each part
    out = np.zeros((size + 1, size))
    out[:-1] -= lower
    out[1:] += lower
    return out


def bend_of_parts(w: FloatArray, pull: FloatArray) -> FloatArray:
    """Return the second derivative (n - 1, n - 1) of ``pull @ parts_of(w)`` at `w` (n - 1,), for `pull` (n,)."""
    rate, bent = _rates(w)
    rest = (np.diff(pull) * _left(w))[::-1].cumsum()[::-1]
    place = np.arange(len(w))
    out = np.outer(rate, rate) * rest[np.maximum(place[:, None], place[None, :])]
    out[place, place] += bent * rest
    return out


def log_normal(w: FloatArray) -> FloatArray:
    """Return the log density (...) of coordinates `w` (..., n - 1) where parts are uniform on the simplex."""
    return np.asarray(-0.5 * (w**2).sum(axis=-1) - 0.5 * w.shape[-1] * math.log(2 * math.pi))


def _left(w: FloatArray) -> FloatArray:
    """Return what is left (..., n - 1) after each part but the last."""
    from scipy.special import log_ndtr

    return np.asarray(np.exp((log_ndtr(-w) / np.arange(w.shape[-1], 0, -1)).cumsum(axis=-1)))


def _rates(w: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return first and second derivatives (n - 1,) of the logarithm of what each part leaves of what there was."""
    from scipy.special import log_ndtr

    hazard = np.exp(-0.5 * w**2 - 0.5 * math.log(2 * math.pi) - log_ndtr(-w))
    count = np.arange(len(w), 0, -1)
    return -hazard / count, -hazard * (hazard - w) / count
