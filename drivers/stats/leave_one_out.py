"""Leave-one-out predictive density of models fitted on weighted cells: in closed form, without refitting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.stats.cumulative import CumulativeFit, IntArray, Link, category_probabilities, cell_scores

FloatArray = NDArray[np.float64]

MOST_LEVERAGE = 0.999
"""An answer that alone decides its own prediction cannot be left out."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LeftOut:
    """``density`` (m,) log density of an answer of each cell predicted from all others; ``elpd`` their weighted sum."""

    density: FloatArray
    elpd: float


def loo_linear(columns: FloatArray, z: FloatArray, weight: FloatArray, n: FloatArray) -> LeftOut:
    """Return the leave-one-out predictive density of a least-squares model.

    Parameters
    ----------
    columns : ndarray, shape (m, k)
        Terms beside the intercept; for a model linearised at its optimum, the derivatives of its mean.
    z : ndarray, shape (m,)
        Outcome; for a linearised model, its residual.
    weight, n : ndarray, shape (m,)
        Weight of each cell, adding up to the respondents, and respondents in it.

    Returns
    -------
    LeftOut
        Exact: under the flat prior 1/sigma, the predictive density of one answer given all others is Student's t.
        Each answer left out takes its cell's average weight with it.

    References
    ----------
    .. [1] Vehtari, Gelman & Gabry (2017). Statistics and Computing 27, 1413-1432. doi:10.1007/s11222-016-9696-4
    .. [2] Geisser & Eddy (1979). JASA 74(365), 153-160. doi:10.1080/01621459.1979.10481632
    """
    from scipy.special import gammaln

    x = np.column_stack([np.ones(len(z)), columns])
    root, load = np.sqrt(weight), weight / n
    basis, values, _ = np.linalg.svd(x * root[:, None], full_matrices=False)
    rank = int((values > values[0] * 1e-10).sum())
    basis = basis[:, :rank]
    fitted = basis @ (basis.T @ (root * z)) / root
    spread = (basis**2).sum(axis=1) / weight  # x' (X'WX)^-1 x
    error = z - fitted
    leverage = np.minimum(load * spread, MOST_LEVERAGE)
    total, squares = float(weight.sum()), float(weight @ error**2)
    df = np.maximum(total - load - rank, 1.0)
    away = error / (1 - leverage)
    left = np.maximum(squares - load * error * away, 1e-300) / df
    scale2 = left * (1 + spread / (1 - leverage))
    density = (
        gammaln((df + 1) / 2) - gammaln(df / 2) - 0.5 * np.log(np.pi * df * scale2)
        - 0.5 * (df + 1) * np.log1p(away**2 / (df * scale2))
    )
    return LeftOut(density=density, elpd=float(weight @ density))


def loo_ordinal(
    x: FloatArray, category: IntArray, weight: FloatArray, n: FloatArray, fit: CumulativeFit, link: Link
) -> LeftOut:
    """Return the leave-one-out predictive density of a cumulative model, each answer removed by one Newton step.

    Parameters
    ----------
    x, category : ndarray, shapes (m, p) and (m,)
        The cells `fit` was fitted on.
    weight, n : ndarray, shape (m,)
        Weight of each cell, adding up to the respondents, and respondents in it.
    fit : CumulativeFit
        The optimum.
    link : {"logit", "probit"}
        The distribution of the latent error.

    Returns
    -------
    LeftOut
        The step is exact to first order in 1 / n.

    References
    ----------
    .. [1] Giordano, Stephenson, Liu, Jordan & Broderick (2019). A Swiss army infinitesimal jackknife. AISTATS,
       PMLR 89, 1139-1147.
    """
    p, load = x.shape[1], weight / n
    scores = cell_scores(x, category, fit.slopes, fit.cuts, link)
    step = np.linalg.solve(fit.information, (scores * load[:, None]).T).T
    slopes, cuts = fit.slopes - step[:, :p], fit.cuts - step[:, p:]
    eta = (x * slopes).sum(axis=1)
    chance = category_probabilities(eta[:, None], np.sort(cuts, axis=1), link)[:, 0]
    density = np.log(np.maximum(chance[np.arange(len(x)), category], 1e-300))
    return LeftOut(density=density, elpd=float(weight @ density))
