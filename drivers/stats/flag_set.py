"""Which of many claims to make at once: a set with few expected false ones, chosen for the report as a whole."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def expected_false(p_false: FloatArray, rate: float) -> BoolArray:
    """Choose the largest set of claims of which at most a part `rate` is expected to be false.

    Parameters
    ----------
    p_false : ndarray, shape (m,)
        Probability that the claim is false; NaN where there is none to make.
    rate : float
        Largest mean of these probabilities in the set.

    Returns
    -------
    ndarray of bool, shape (m,)
        The claims in the set; claims as doubtful as each other go in or stay out together.

    References
    ----------
    .. [1] Newton, Noueiry, Sarkar & Ahlquist (2004). Biostatistics 5(2), 155-176. doi:10.1093/biostatistics/5.2.155
    """
    chosen = np.zeros(len(p_false), dtype=np.bool_)
    known = np.flatnonzero(~np.isnan(p_false))
    value = np.sort(p_false[known])
    good = np.flatnonzero(np.cumsum(value) / np.arange(1, len(value) + 1) <= rate)
    good = good[[j + 1 == len(value) or value[j + 1] > value[j] for j in good]]
    if len(good):
        chosen[known] = p_false[known] <= value[good[-1]]
    return chosen


def step_up(p_value: FloatArray, weight: FloatArray, rate: float) -> BoolArray:
    """Reject hypotheses by the weighted procedure of Benjamini and Hochberg.

    Parameters
    ----------
    p_value : ndarray, shape (m,)
        NaN where nothing was tested.
    weight : ndarray, shape (m,)
        How much each hypothesis matters, above 0; scaled here to a mean of 1 among those tested.
    rate : float
        Expected part of false rejections. When all hypotheses are true, it bounds the chance of any rejection.

    Returns
    -------
    ndarray of bool, shape (m,)
        The rejected ones.

    References
    ----------
    .. [1] Benjamini & Hochberg (1995). JRSS B 57(1), 289-300. doi:10.1111/j.2517-6161.1995.tb02031.x
    .. [2] Genovese, Roeder & Wasserman (2006). Biometrika 93(3), 509-524. doi:10.1093/biomet/93.3.509
    """
    rejected = np.zeros(len(p_value), dtype=np.bool_)
    known = np.flatnonzero(~np.isnan(p_value))
    if not len(known):
        return rejected
    scaled = p_value[known] * weight[known].mean() / weight[known]
    order = np.sort(scaled)
    good = np.flatnonzero(order <= rate * np.arange(1, len(order) + 1) / len(order))
    if len(good):
        rejected[known] = scaled <= order[good[-1]]
    return rejected
