"""Refit a cumulative model under many reweightings of the same cells, each from the full-sample optimum."""

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray

from drivers.stats.cumulative import CumulativeFit, IntArray, Link
from drivers.stats.cumulative_newton import newton

FloatArray = NDArray[np.float64]


def refit_draws(
    x: FloatArray, y: IntArray, weights: FloatArray, link: Link, start: CumulativeFit
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Refit under every row of `weights`.

    Parameters
    ----------
    x, y : ndarray, shapes (m, p) and (m,)
        The cells `start` was fitted on.
    weights : ndarray, shape (s, m)
        One reweighting of the cells per draw.
    link : {"logit", "probit"}
        The distribution of the latent error.
    start : CumulativeFit
        The optimum of the full sample.

    Returns
    -------
    slopes : ndarray, shape (s, p)
        NaN where a draw could not be fitted.
    cuts : ndarray, shape (s, q)
        Thresholds, likewise.
    fitted : ndarray of bool, shape (s,)
        False where a category lost all its weight or the drivers separate the outcome.
    """
    base = weights.mean(axis=0)
    centre = base @ x / base.sum()
    spread = np.sqrt(base @ (x - centre) ** 2 / base.sum())
    z = np.ascontiguousarray((x - centre) / np.where(spread > 0, spread, 1.0))
    theta = np.concatenate([start.slopes * spread, start.cuts - centre @ start.slopes])
    p, s = x.shape[1], len(weights)
    out, fitted = np.full((s, len(theta)), np.nan), np.zeros(s, dtype=np.bool_)
    weights = np.ascontiguousarray(weights)
    workers = min(os.cpu_count() or 1, s)
    edges = np.linspace(0, s, workers + 1).astype(int)
    with ThreadPoolExecutor(workers) as pool:  # the kernel releases the GIL; rows are independent
        jobs = [
            pool.submit(_refit, z, y, weights[a:b], theta, p, link == "probit", out[a:b], fitted[a:b])
            for a, b in pairwise(edges)
        ]
        for job in jobs:
            job.result()
    slopes = out[:, :p] / np.where(spread > 0, spread, 1.0)
    return slopes, out[:, p:] + (slopes @ centre)[:, None], fitted


@njit(cache=True, nogil=True)
def _refit(
    z: FloatArray, y: IntArray, weights: FloatArray, start: FloatArray, p: int, probit: bool,
    out: FloatArray, fitted: NDArray[np.bool_],
) -> None:
    """Fit the model anew under every draw of weights, from `start`, and note which fits settled."""
    categories = start.size - p + 1
    load = np.empty(categories)
    for d in range(weights.shape[0]):
        for k in range(categories):
            load[k] = 0.0
        for c in range(y.size):
            load[y[c]] += weights[d, c]
        empty = False
        for k in range(categories):
            empty |= load[k] <= 0.0
        if empty:
            continue
        theta = start.copy()
        _, _, _, converged = newton(z, y, weights[d], theta, p, probit)
        if converged:
            for i in range(theta.size):
                out[d, i] = theta[i]
            fitted[d] = True
