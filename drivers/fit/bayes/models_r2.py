"""The linear model with a prior of R2 as a PyMC model: on cells, with named dims, never sampled here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaln

from drivers.fit.bayes.priors import R2Prior
from drivers.stats.moments import weighted_moments

FloatArray = NDArray[np.float64]


def r2_model(values: FloatArray, weight: FloatArray, drivers: Sequence[str], prior: R2Prior) -> Any:
    """Build a linear model of cells of which R2 has a beta prior; ``weight`` answers in each.

    Parameters
    ----------
    values : ndarray, shape (m, p + 1)
        Drivers and outcome, in their own points.
    weight : ndarray, shape (m,)
        How often each cell counts.
    drivers : sequence of str
        Names (p,).
    prior : R2Prior
        The prior; its guesses are the sample's where it has none.

    Returns
    -------
    pymc.Model
        Of ``variance`` of the residual, ``average`` (the outcome of a respondent with average answers), and ``slopes``,
        the density of which is that of a direction uniform on the ellipsoid of a beta-distributed R2; ``r2`` follows
        from them, ``answers`` is observed.
    """
    import pymc as pm
    import pytensor.tensor as pt

    moments, p = weighted_moments(values, weight), len(drivers)
    guess, spread = prior.guesses(moments.mean, np.diag(moments.cov))
    a, b = prior.shapes(p)
    scatter = moments.cov[:p, :p]
    constant = gammaln(p / 2) - p / 2 * math.log(math.pi) - betaln(a, b) + 0.5 * np.linalg.slogdet(scatter)[1]
    with pm.Model(coords={"driver": list(drivers), "cell": np.arange(len(values))}) as model:
        table = pm.Data("x", values[:, :p] - moments.mean[:p], dims=("cell", "driver"))
        count = pm.Data("count", weight, dims="cell")
        metric = pm.Data("scatter", scatter)
        variance = pm.InverseGamma("variance", np.float64(0.5), (1 - prior.mean) * spread[p] / 2)
        average = pm.Normal("average", guess[p], pt.sqrt(variance))

        def of_slopes(value: Any, residual: Any, inside: Any) -> Any:
            ratio = value @ inside @ value / residual
            return constant - p / 2 * pt.log(residual) + (a - p / 2) * pt.log(ratio) - (a + b) * pt.log1p(ratio)

        def draw_slopes(residual: Any, inside: Any, rng: Any = None, size: Any = None) -> Any:
            r2, direction = rng.beta(a, b), rng.standard_normal(p)
            direction *= np.sqrt(residual * r2 / (1 - r2)) / np.linalg.norm(direction)
            return np.linalg.solve(np.linalg.cholesky(inside).T, direction)

        slopes = pm.CustomDist(
            "slopes", variance, metric, logp=of_slopes, random=draw_slopes, signature="(),(p,p)->(p)", dims="driver",
            initval=np.full(p, 0.01) * np.sqrt(spread[p] / np.diag(scatter)),
        )
        explained = slopes @ metric @ slopes
        pm.Deterministic("r2", explained / (explained + variance))

        def logp(value: Any, mean: Any, sd: Any, times: Any) -> Any:
            return times * pm.logp(pm.Normal.dist(mean, sd), value)

        def random(mean: Any, sd: Any, times: Any, rng: Any = None, size: Any = None) -> Any:
            return rng.normal(mean, sd, size)

        pm.CustomDist(
            "answers", average + table @ slopes, pt.sqrt(variance), count, logp=logp, random=random,
            observed=values[:, p], dims="cell",
        )
    return model
