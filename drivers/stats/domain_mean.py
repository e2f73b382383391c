"""The weighted mean of a subgroup, with the variance its survey design gives it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.stats.design import Labels, LonelyRule, coded, design_effect, kish_n_eff, linearized_meat
from drivers.stats.replicates import replicate_covariance

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainMean:
    """Mean of a subgroup and its precision.

    ``n`` answers; ``variance`` of the estimate, with ``df`` degrees of freedom (0: not estimable); ``n_kish`` Kish's
    effective n of the subgroup; ``deff`` design effect against simple random sampling with replacement, NaN when all
    answers agree; ``n_lonely`` strata with a single PSU.
    """

    estimate: float
    variance: float
    df: int
    n: float
    n_kish: float
    deff: float
    n_lonely: int


def domain_mean(
    values: FloatArray,
    inside: NDArray[np.bool_],
    sum_w: FloatArray,
    sum_w2: FloatArray,
    n: FloatArray,
    stratum: Labels | None = None,
    psu: Labels | None = None,
    fpc: FloatArray | None = None,
    lonely: LonelyRule = "centre",
    replicates: FloatArray | None = None,
    factor: FloatArray | None = None,
) -> DomainMean:
    """Estimate the mean of a subgroup from cells.

    Parameters
    ----------
    values : ndarray, shape (m,)
        Value of a cell; anything outside the subgroup.
    inside : ndarray of bool, shape (m,)
        Cells of the subgroup.
    sum_w, sum_w2, n : ndarray, shape (m,)
        Sum of weights, of squared weights, and respondents per cell, of the whole sample.
    stratum, psu : sequence of length m, optional
        Labels of the design; cells must be kept apart by them.
    fpc : ndarray, shape (m,), optional
        Sampling units in the population of the cell's stratum.
    lonely : {"centre", "certain", "refuse"}
        What a stratum's only PSU adds.
    replicates : ndarray, shape (m, R), optional
        Sums of replicate weights per cell, in place of strata and PSUs.
    factor : ndarray, shape (R,), optional
        Factor of each replicate's squared deviation.

    Returns
    -------
    DomainMean
        NaN where the subgroup has no weight. With strata or PSUs, respondents outside the subgroup stay in the design
        with a score of zero, as ``subset`` of a design does in R, and `df` counts the PSUs and strata that have
        answers of the subgroup (at least 1 if the design has any). Without either, the subgroup is a sample of its
        own: n / (n - 1) and n - 1 use its own n, so that a small group does not borrow certainty from the rest.
        With replicate weights, the variance is that of the mean computed again under each.

    Raises
    ------
    InputError
        If `fpc` cannot be, or a lonely PSU is refused.
    FitError
        If fewer than two replicates have weight in the subgroup.

    References
    ----------
    .. [1] Binder (1983). International Statistical Review 51(3), 279-292. doi:10.2307/1402588
    .. [2] Lumley (2010). Complex Surveys, section 2.2. doi:10.1002/9780470580066
    """
    load, count, value = sum_w[inside], n[inside], values[inside]
    total, size = float(load.sum()), float(count.sum())
    if not total > 0:
        nan = float("nan")
        return DomainMean(estimate=nan, variance=nan, df=0, n=size, n_kish=0.0, deff=nan, n_lonely=0)
    weighing = value[load > 0]
    same = bool((weighing == weighing[0]).all())
    estimate = float(weighing[0]) if same else float(load @ value) / total
    if replicates is not None and factor is not None:
        again = (replicates[inside].T @ value) / np.where((held := replicates[inside].sum(axis=0)) > 0, held, np.nan)
        variance = 0.0 if same else float(replicate_covariance([estimate], again, factor).cov[0, 0])
        return DomainMean(
            estimate=estimate, variance=variance, df=len(factor) - 1, n=size, n_kish=kish_n_eff(load, sum_w2[inside]),
            deff=float("nan") if same else design_effect(variance, value, load, count), n_lonely=0,
        )
    if stratum is None and psu is None and fpc is None:
        result = linearized_meat(value - estimate, load, sum_w2[inside], count)
        df = max(result.df, 0)
    else:
        score = np.zeros(len(n))
        score[inside] = value - estimate
        result = linearized_meat(score, sum_w, sum_w2, n, stratum, psu, fpc, lonely)
        df = max(_domain_df(inside, n, stratum, psu), 1) if result.df >= 1 else 0
    variance = 0.0 if same else max(float(result.meat[0, 0]), 0.0) / total**2
    return DomainMean(
        estimate=estimate,
        variance=variance,
        df=df,
        n=size,
        n_kish=kish_n_eff(load, sum_w2[inside]),
        deff=float("nan") if same else design_effect(variance, value, load, count),
        n_lonely=result.n_lonely,
    )


def _domain_df(inside: NDArray[np.bool_], n: FloatArray, stratum: Labels | None, psu: Labels | None) -> int:
    """PSUs minus strata, of those that have respondents in the subgroup."""
    present = inside & (n > 0)
    layer = coded(stratum, len(n))[present]
    units = round(float(n[present].sum()))
    if psu is not None:
        units = len(np.unique(np.column_stack([layer, coded(psu, len(n))[present]]), axis=0))
    return units - len(np.unique(layer))
