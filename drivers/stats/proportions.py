"""Intervals of proportions, net promoter scores and means that hold for few answers and for extreme shares."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, ndtri, stdtrit

FloatArray = NDArray[np.float64]
Interval = tuple[FloatArray, FloatArray]

PSEUDO_PROMOTERS = PSEUDO_DETRACTORS = 0.75
PSEUDO_ANSWERS = 3.0


def wilson(successes: ArrayLike, n: ArrayLike, level: float) -> Interval:
    """Return Wilson's score interval of a proportion.

    Parameters
    ----------
    successes, n : array_like
        Successes and answers; an effective (fractional) number of either is allowed.
    level : float
        Level of the two-sided interval, between 0 and 1.

    Returns
    -------
    low, high : ndarray
        Proportions within 0..1; never of width zero, also at 0 or n successes. NaN where `n` is 0.

    Notes
    -----
    Right on average rather than at every share: at nominal 90 %, n = 30 to 100 and shares of .50 to .99 the exact
    coverage is 90.3 % on average and 85.8 % at worst (of the Wald interval: below 40 % at worst).

    References
    ----------
    .. [1] Wilson (1927). J. American Statistical Association 22(158), 209-212. doi:10.1080/01621459.1927.10502953
    .. [2] Brown, Cai & DasGupta (2001). Statistical Science 16(2), 101-133. doi:10.1214/ss/1009213286
    """
    x, size = _floats(successes), _floats(n)
    z2 = ndtri((1 + level) / 2) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = (x + z2 / 2) / (size + z2)
        half = np.sqrt(z2 * (x * (size - x) / size + z2 / 4)) / (size + z2)
        low = np.where(x <= 0, centre * 0.0, centre - half)
        high = np.where(x >= size, centre * 0.0 + 1.0, centre + half)
    return _where(size > 0, low), _where(size > 0, high)


def effective_n(
    unit_variance: ArrayLike, variance: ArrayLike, n: ArrayLike, df: ArrayLike, level: float, *, otherwise: ArrayLike
) -> FloatArray:
    """Return the number of independent answers that would give the interval its design deserves.

    Parameters
    ----------
    unit_variance : array_like
        Variance of one answer: p(1 - p) for a proportion, see `net_variance` for a net promoter score.
    variance : array_like
        Design variance of the estimate.
    n, df : array_like
        Answers, and degrees of freedom of `variance` (PSUs minus strata).
    level : float
        Level of the interval it is for.
    otherwise : array_like
        Used where all answers agree, so that nothing can be told from `variance`; Kish's effective n.

    Returns
    -------
    ndarray
        ``min(n, unit_variance / variance) * (t[n - 1] / t[df])**2``; NaN where `df` is below 1.

    Notes
    -----
    As in ``svyciprop(method = "beta")`` of R's survey package, except for the cap at `n` (Parker et al. 2017): a
    variance that is small by luck must not promise more than a simple random sample.

    References
    ----------
    .. [1] Korn & Graubard (1998). Survey Methodology 24(2), 193-201.
    .. [2] Parker et al. (2017). National Center for Health Statistics, Vital and Health Statistics 2(175).
    """
    unit, var, size, free = _floats(unit_variance), _floats(variance), _floats(n), _floats(df)
    agree = (unit <= 0) | (var <= 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        base = np.where(agree, _floats(otherwise), unit / var)
    tail = (1 + level) / 2
    ratio = stdtrit(np.maximum(size - 1, 1.0), tail) / stdtrit(np.maximum(free, 1.0), tail)
    return _where(free >= 1, np.minimum(base, size) * np.minimum(ratio, 1.0) ** 2)


def korn_graubard(p: ArrayLike, n_eff: ArrayLike, level: float) -> Interval:
    """Return the Clopper-Pearson interval at an effective number of answers.

    Parameters
    ----------
    p : array_like
        Weighted proportion.
    n_eff : array_like
        From `effective_n`; may be fractional.
    level : float
        Level of the two-sided interval.

    Returns
    -------
    low, high : ndarray
        Proportions within 0..1; NaN where `n_eff` is NaN or 0.

    References
    ----------
    .. [1] Korn & Graubard (1998). Survey Methodology 24(2), 193-201.
    .. [2] Clopper & Pearson (1934). Biometrika 26(4), 404-413. doi:10.1093/biomet/26.4.404
    """
    share, size = _floats(p), _floats(n_eff)
    yes, no, tail = size * share, size * (1 - share), (1 - level) / 2
    usable = size > 0
    one = np.ones_like(yes)
    low = betaincinv(np.where(yes > 0, yes, one), no + 1, tail)
    high = betaincinv(yes + 1, np.where(no > 0, no, one), 1 - tail)
    return _where(usable, np.where(yes > 0, low, 0.0)), _where(usable, np.where(no > 0, high, 1.0))


def logit_interval(p: ArrayLike, variance: ArrayLike, df: ArrayLike, level: float) -> Interval:
    """Return a t interval of a proportion made on the logit scale.

    Parameters
    ----------
    p, variance : array_like
        Proportion and its design variance.
    df : array_like
        Degrees of freedom of `variance`.
    level : float
        Level of the two-sided interval.

    Returns
    -------
    low, high : ndarray
        Proportions; NaN at p = 0 or 1, where the logit does not exist: use `korn_graubard` there.

    References
    ----------
    .. [1] Korn & Graubard (1999). Analysis of Health Surveys, section 2.7. doi:10.1002/9781118032619
    """
    share, free = _floats(p), _floats(df)
    usable = (share > 0) & (share < 1) & (free >= 1)
    inner = np.where(usable, share, 0.5)
    half = stdtrit(np.maximum(free, 1.0), (1 + level) / 2) * np.sqrt(_floats(variance)) / (inner * (1 - inner))
    centre = np.log(inner / (1 - inner))
    return _where(usable, 1 / (1 + np.exp(half - centre))), _where(usable, 1 / (1 + np.exp(-half - centre)))


def net_variance(promoters: ArrayLike, detractors: ArrayLike) -> FloatArray:
    """Return the variance of one answer scored 1 (promoter), 0 or -1 (detractor).

    Parameters
    ----------
    promoters, detractors : array_like
        Shares of answers, 0..1.

    Returns
    -------
    ndarray
        ``P + D - (P - D)**2``; divide by n and take the root for the standard error of a net promoter score.

    References
    ----------
    .. [1] Rocks (2016). The American Statistician 70(4), 365-372. doi:10.48550/arXiv.1601.07235
    """
    pro, con = _floats(promoters), _floats(detractors)
    return np.maximum(pro + con - (pro - con) ** 2, 0.0)


def nps_wald(promoters: ArrayLike, detractors: ArrayLike, n: ArrayLike, level: float) -> Interval:
    """Return the Wald interval of a net promoter score. Too short for few answers: prefer `nps_adjusted_wald`.

    Parameters
    ----------
    promoters, detractors, n : array_like
        Counts of promoters (9, 10), of detractors (0 to 6) and of all answers.
    level : float
        Level of the two-sided interval.

    Returns
    -------
    low, high : ndarray
        On -1..1 (times 100 for points), not kept inside it.

    References
    ----------
    .. [1] Rocks (2016). The American Statistician 70(4), 365-372. doi:10.48550/arXiv.1601.07235
    """
    size = _floats(n)
    pro, con = _floats(promoters) / size, _floats(detractors) / size
    half = ndtri((1 + level) / 2) * np.sqrt(net_variance(pro, con) / size)
    return np.asarray(pro - con - half), np.asarray(pro - con + half)


def nps_adjusted_wald(promoters: ArrayLike, detractors: ArrayLike, n: ArrayLike, level: float) -> Interval:
    """Return the adjusted Wald interval of a net promoter score: three answers are added, 3/4 of them at each end.

    Parameters
    ----------
    promoters, detractors, n : array_like
        Counts as for `nps_wald`; under a design, shares times the `effective_n`.
    level : float
        Level of the two-sided interval.

    Returns
    -------
    low, high : ndarray
        On -1..1, cut there because no score lies beyond; never of width zero. Its centre is pulled towards 0.

    Notes
    -----
    Exact coverage at nominal 90 %, n = 30: 90.4 % at 70 % promoters and 14 % detractors (Wald 86.1 %), 91.0 % at
    85 % and 2 % (Wald 85.6 %), 96.7 % with 90 % passives.

    References
    ----------
    .. [1] Rocks (2016). The American Statistician 70(4), 365-372. doi:10.48550/arXiv.1601.07235
    """
    pro, con = _floats(promoters) + PSEUDO_PROMOTERS, _floats(detractors) + PSEUDO_DETRACTORS
    low, high = nps_wald(pro, con, _floats(n) + PSEUDO_ANSWERS, level)
    return np.maximum(low, -1.0), np.minimum(high, 1.0)


def mean_interval(mean: ArrayLike, std_error: ArrayLike, df: ArrayLike, level: float) -> Interval:
    """Return the t interval of a mean.

    Parameters
    ----------
    mean, std_error : array_like
        Mean and its (design) standard error, in the unit of the answers.
    df : array_like
        Degrees of freedom: n - 1, or PSUs minus strata.
    level : float
        Level of the two-sided interval.

    Returns
    -------
    low, high : ndarray
        In the unit of the answers; NaN where `df` is below 1.

    References
    ----------
    .. [1] Student (1908). Biometrika 6(1), 1-25. doi:10.1093/biomet/6.1.1
    """
    free = _floats(df)
    half = stdtrit(np.maximum(free, 1.0), (1 + level) / 2) * _floats(std_error)
    return _where(free >= 1, _floats(mean) - half), _where(free >= 1, _floats(mean) + half)


def constant_mean_interval(
    value: ArrayLike, n: ArrayLike, ends: tuple[float, float], level: float
) -> Interval:
    """Return an interval for the mean of a bounded scale when every answer is the same, so that t has no width.

    Parameters
    ----------
    value : array_like
        The one answer given.
    n : array_like
        Answers, or their effective number.
    ends : tuple of float
        Lowest and highest point of the scale.
    level : float
        Level of the two-sided interval.

    Returns
    -------
    low, high : ndarray
        Wilson's bound on the share of other answers, all of them put at the lowest or at the highest point: safe
        rather than short.

    References
    ----------
    .. [1] Wilson (1927). J. American Statistical Association 22(158), 209-212. doi:10.1080/01621459.1927.10502953
    """
    answer = _floats(value)
    others = 1.0 - wilson(n, n, level)[0]
    return answer - others * (answer - ends[0]), answer + others * (ends[1] - answer)


def _floats(values: ArrayLike) -> FloatArray:
    """Return numbers as an array."""
    return np.asarray(values, dtype=np.float64)


def _where(usable: NDArray[np.bool_], values: FloatArray) -> FloatArray:
    """Return values where they are usable, NaN elsewhere."""
    return np.where(usable, values, np.nan)
