"""Variance from replicate weights: of slopes, R2, shares, or any other statistic that can be computed again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drivers.errors import FitError, InputError, quoted

FloatArray = NDArray[np.float64]
Scheme = Literal["JK1", "JKn", "BRR", "Fay", "bootstrap"]

SCHEMES: Final[tuple[str, ...]] = get_args(Scheme)
"""Ways to make replicate weights that are known by name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReplicateVariance:
    """What replicates say about an estimate of k numbers.

    ``estimate`` (k,) with the full weights; ``cov`` (k, k); ``factor`` (R,) weight of each replicate's squared
    deviation, 0 where it ``failed``; ``failed`` counts replicates without an estimate.
    """

    estimate: FloatArray
    cov: FloatArray
    factor: FloatArray
    failed: int

    @property
    def std_error(self) -> FloatArray:
        """Standard errors (k,)."""
        return np.sqrt(np.diag(self.cov))


def replicate_factors(
    scheme: str, count: int, *, fay: float | None = None, scales: float | Sequence[float] | None = None
) -> FloatArray:
    """Weight of every replicate's squared deviation from the full estimate.

    Parameters
    ----------
    scheme : {"JK1", "JKn", "BRR", "Fay", "bootstrap"}
        How the replicate weights were made.
    count : int
        Number of replicates R.
    fay : float, optional
        Fay's k, 0 to below 1: the multiplier of the half-sample that is played down. Only for "Fay", and needed there.
    scales : float or sequence of R floats, optional
        Factors from the survey's own documentation, in place of the scheme's. Needed for "JKn", where they are
        ``(n_h - 1) / n_h`` of the stratum a replicate belongs to (1 for every replicate of paired units, JK2).

    Returns
    -------
    ndarray, shape (R,)
        c in ``V = sum_r c_r (th_r - th)^2``: (R - 1)/R for JK1, 1/R for BRR and bootstrap, 1/(R (1 - k)^2) for Fay.

    Raises
    ------
    InputError
        If the scheme is unknown, there are fewer than two replicates, or k or the scales are missing or impossible.

    References
    ----------
    .. [1] Wolter (2007). Introduction to Variance Estimation, 2nd ed. Springer. doi:10.1007/978-0-387-35099-8
    .. [2] Judkins (1990). Fay's method for variance estimation. Journal of Official Statistics 6(3), 223-239.
    """
    if scheme not in SCHEMES:
        raise InputError(f"Replicate scheme {scheme!r} is not known; choose one of {quoted(SCHEMES)}.")
    if count < 2:
        raise InputError(f"{count} replicate weight(s): at least 2 are needed to tell a variance.")
    if (fay is None) == (scheme == "Fay") or not 0 <= (fay or 0.0) < 1:
        raise InputError(
            f"fay={fay!r} with scheme {scheme!r}: Fay's method needs its k, from 0 to below 1 (often 0.3 or 0.5), "
            "and no other scheme takes it."
        )
    if scales is not None:
        return _given_scales(scales, count)
    if scheme == "JKn":
        raise InputError(
            "JKn needs one scale per replicate, (n_h - 1) / n_h of its stratum; the survey's documentation has them. "
            "For two units per stratum (JK2) every scale is 1."
        )
    by_scheme = {"JK1": (count - 1) / count, "Fay": 1 / (count * (1 - (fay or 0.0)) ** 2)}
    return np.full(count, by_scheme.get(scheme, 1 / count))


def replicate_covariance(estimate: ArrayLike, replicates: ArrayLike, factor: ArrayLike) -> ReplicateVariance:
    """Covariance of an estimate from the estimates under replicate weights.

    Parameters
    ----------
    estimate : array_like, shape (k,)
        The statistic under the full weights.
    replicates : array_like, shape (R, k)
        The statistic under each replicate; a row that is not finite is a replicate that failed.
    factor : array_like, shape (R,)
        From `replicate_factors`, or made together with the replicate weights.

    Returns
    -------
    ReplicateVariance
        ``V = sum_r factor_r (th_r - th)(th_r - th)'``, about the full estimate rather than the mean of the
        replicates. Replicates that failed are counted, and the others scaled up to stand for them.

    Raises
    ------
    InputError
        If the shapes do not fit.
    FitError
        If fewer than two replicates have an estimate.

    References
    ----------
    .. [1] Wolter (2007). Introduction to Variance Estimation, 2nd ed. Springer. doi:10.1007/978-0-387-35099-8
    """
    full = np.atleast_1d(np.asarray(estimate, dtype=np.float64))
    weight = np.asarray(factor, dtype=np.float64)
    again = np.asarray(replicates, dtype=np.float64).reshape(len(weight), -1)
    if full.ndim != 1 or again.shape[1] != len(full):
        raise InputError(f"Replicates have shape {np.shape(replicates)}; expected ({len(weight)}, {full.size}).")
    usable = np.isfinite(again).all(axis=1)
    if usable.sum() < 2:
        raise FitError(
            f"{int((~usable).sum())} of {len(usable)} replicates could not be estimated, so no variance is left. Use "
            "fewer drivers, or a larger group of respondents."
        )
    kept = np.where(usable, weight, 0.0) * weight.sum() / weight[usable].sum()
    away = again[usable] - full
    return ReplicateVariance(
        estimate=full, cov=(away * kept[usable, None]).T @ away, factor=kept, failed=int((~usable).sum())
    )


def replicate_variance(
    statistic: Callable[[FloatArray], ArrayLike], weight: ArrayLike, replicates: ArrayLike, factor: ArrayLike
) -> ReplicateVariance:
    """Covariance of any statistic of weighted data, from replicate weights.

    Parameters
    ----------
    statistic : callable
        Takes weights (m,) and returns k numbers: means, slopes, R2, LMG shares, a difference of two of them. NaN says
        that it is not defined under these weights.
    weight : array_like, shape (m,)
        Full weights of m respondents or cells.
    replicates : array_like, shape (m, R)
        Replicate weights, one column per replicate.
    factor : array_like, shape (R,)
        From `replicate_factors`, or made together with the replicate weights.

    Returns
    -------
    ReplicateVariance
        Of the k numbers.

    Raises
    ------
    InputError
        If the shapes do not fit.
    FitError
        If fewer than two replicates have an estimate.
    """
    columns = np.asarray(replicates, dtype=np.float64)
    full = np.asarray(weight, dtype=np.float64)
    if columns.ndim != 2 or columns.shape[0] != len(full):
        raise InputError(f"Replicate weights have shape {columns.shape}; expected ({len(full)}, replicates).")
    again = np.stack([np.atleast_1d(statistic(column)) for column in columns.T])
    return replicate_covariance(statistic(full), again, factor)


def replicate_multipliers(
    multiplier: FloatArray, factor: FloatArray, scheme: str, draws: int, rng: np.random.Generator
) -> FloatArray:
    """Turn replicates into draws whose spread is the sampling error, for probabilities of ranks and of ties.

    Parameters
    ----------
    multiplier : ndarray, shape (G, R)
        Replicate weight over full weight of each unit.
    factor : ndarray, shape (R,)
        From `replicate_factors`.
    scheme : {"JK1", "JKn", "BRR", "Fay", "bootstrap"}
        How the replicates were made.
    draws : int
        Draws wanted; half-samples and bootstraps give as many as they have replicates.
    rng : numpy.random.Generator
        For the jackknife.

    Returns
    -------
    ndarray, shape (S, G)
        Multipliers of the full weights, mean about 1. Half-samples and bootstraps are draws already, pushed out to
        ``1 + sqrt(R factor_r) (m_r - 1)``: Fay's becomes a plain half-sample. Jackknife replicates are far too close
        to the full sample; they are mixed, ``1 - sum_r e_r sqrt(factor_r) (m_r - 1)`` with e standard exponential
        less 1, which for single units is the Bayesian bootstrap to order 1/G.

    Notes
    -----
    For a statistic that is linear in the weights, the draws have exactly the replicate covariance: on average over
    mixtures, and over the replicates themselves. A mixed multiplier can be slightly negative.

    References
    ----------
    .. [1] Beaumont & Patak (2012). International Statistical Review 80(1), 127-148.
       doi:10.1111/j.1751-5823.2011.00166.x
    """
    change = multiplier - 1
    if scheme in ("JK1", "JKn"):
        mix = rng.standard_exponential((draws, len(factor))) - 1
        mixed: FloatArray = 1 - (mix * np.sqrt(factor)) @ change.T
        return mixed
    pushed: FloatArray = 1 + (change * np.sqrt(len(factor) * factor)).T
    return pushed


def _given_scales(scales: float | Sequence[float], count: int) -> FloatArray:
    """Return one scale for every replicate; refuse another number of them, or negative ones."""
    given = np.asarray(scales, dtype=np.float64)
    if given.ndim == 0:
        given = np.full(count, float(given))
    if given.shape != (count,) or not np.isfinite(given).all() or (given < 0).any() or not given.any():
        raise InputError(
            f"{given.size} replicate scale(s) for {count} replicates: give one number for all, or one for each, none "
            "negative."
        )
    return given
