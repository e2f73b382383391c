"""How reliable a sum of items is, and what correlations would be without random error of measurement."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drivers.errors import ConvergenceError, InputError
from drivers.stats.correlation import SINGULAR

FloatArray = NDArray[np.float64]

LEAST_UNIQUE: Final = 0.005
"""Smallest own variance of an item in the one-factor model, as in R's factanal; an item that ends there is suspect."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OneFactor:
    """Items that share one factor: ``loadings`` (k,), ``uniqueness`` (k,) 1 - loading², ``at_bound`` items at 0."""

    loadings: FloatArray
    uniqueness: FloatArray
    at_bound: int


def cronbach_alpha(cov: FloatArray) -> FloatArray:
    """Cronbach's alpha of a sum of items: raw from covariances, standardised from correlations.

    Parameters
    ----------
    cov : ndarray, shape (..., k, k)
        Covariances of k items that point the same way; leading dimensions are draws.

    Returns
    -------
    ndarray, shape (...)
        ``k / (k - 1) (1 - sum of variances / variance of the sum)``: at most 1; the reliability of the sum if all
        items measure one thing equally well, and a lower bound otherwise. Below 0 where items work against each other.

    Raises
    ------
    InputError
        If there are fewer than two items.

    References
    ----------
    .. [1] Cronbach (1951). Psychometrika 16(3), 297-334. doi:10.1007/BF02310555
    """
    k = _items(cov, 2)
    whole = cov.sum(axis=(-2, -1))
    alpha: FloatArray = k / (k - 1) * (1 - np.trace(cov, axis1=-2, axis2=-1) / whole)
    return alpha


def guttman_lambda6(corr: FloatArray) -> float:
    """Guttman's lambda-6: what of each item the others do not explain, taken as its error.

    Parameters
    ----------
    corr : ndarray, shape (k, k)
        Correlations of k items.

    Returns
    -------
    float
        ``1 - sum (1 - smc_j) / sum of correlations``, smc the squared multiple correlation with the other items.

    Raises
    ------
    InputError
        If there are fewer than two items, or one is an exact mix of others.

    References
    ----------
    .. [1] Guttman (1945). Psychometrika 10(4), 255-282. doi:10.1007/BF02288892
    """
    _items(corr, 2)
    if not is_possible(corr):
        raise InputError("One item is an exact mix of the others, so lambda-6 is not defined; leave it out.")
    return float(1 - (1 / np.diag(np.linalg.inv(corr))).sum() / corr.sum())


def one_factor(corr: FloatArray) -> OneFactor:
    """Fit one common factor by maximum likelihood.

    Parameters
    ----------
    corr : ndarray, shape (k, k)
        Correlations of k >= 3 items.

    Returns
    -------
    OneFactor
        Loadings with a positive sum.

    Raises
    ------
    InputError
        If there are fewer than three items, or one is an exact mix of others.
    ConvergenceError
        If the optimiser does not arrive.

    References
    ----------
    .. [1] Joereskog (1967). Psychometrika 32(4), 443-482. doi:10.1007/BF02289658
    """
    from scipy.optimize import minimize

    if _items(corr, 3) and not is_possible(corr):
        raise InputError("One item is an exact mix of the others, so no factor model is defined; leave it out.")

    def spectrum(unique: FloatArray) -> tuple[FloatArray, FloatArray]:
        scale = 1 / np.sqrt(unique)
        values, vectors = np.linalg.eigh(corr * scale[:, None] * scale)
        return values, vectors

    def misfit(unique: FloatArray) -> tuple[float, FloatArray]:
        values, vectors = spectrum(unique)
        loading = np.sqrt(unique) * vectors[:, -1] * np.sqrt(max(values[-1] - 1, 0.0))
        rest = values[:-1]
        slope = (loading**2 + unique - np.diag(corr)) / unique**2
        return float((rest - np.log(rest) - 1).sum()), slope

    start = np.clip(0.5 / np.diag(np.linalg.inv(corr)), LEAST_UNIQUE, 1.0)
    found = minimize(
        misfit, start, jac=True, method="L-BFGS-B", bounds=[(LEAST_UNIQUE, 1.0)] * len(corr),
        options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 2000},
    )  # fmt: skip
    if not np.isfinite(found.fun) or found.nit >= 2000:
        raise ConvergenceError(f"The one-factor model of {len(corr)} items did not settle; look at their correlations.")
    unique = np.asarray(found.x, dtype=np.float64)
    values, vectors = spectrum(unique)
    loading = np.sqrt(unique) * vectors[:, -1] * np.sqrt(max(values[-1] - 1, 0.0))
    loading *= 1.0 if loading.sum() >= 0 else -1.0
    return OneFactor(
        loadings=loading, uniqueness=unique, at_bound=int((unique <= LEAST_UNIQUE * (1 + 1e-6)).sum())
    )


def omega(factor: OneFactor) -> float:
    """McDonald's omega of a sum of standardised items: the part of its variance that the one factor explains.

    Parameters
    ----------
    factor : OneFactor
        Loadings and uniquenesses.

    Returns
    -------
    float
        ``(sum of loadings)² / ((sum of loadings)² + sum of uniquenesses)``, 0 to 1.

    References
    ----------
    .. [1] McDonald (1999). Test Theory: A Unified Treatment. Erlbaum. doi:10.4324/9781410601087
    """
    common = float(factor.loadings.sum()) ** 2
    return common / (common + float(factor.uniqueness.sum()))


def spearman_brown(reliability: ArrayLike, times: float = 2.0) -> FloatArray:
    """Reliability of a sum of `times` as many parallel items; for two items from their correlation.

    Parameters
    ----------
    reliability : array_like
        Of one item (the correlation of two parallel ones), above -1.
    times : float
        How many times as many items.

    Returns
    -------
    ndarray
        ``times r / (1 + (times - 1) r)``.

    References
    ----------
    .. [1] Spearman (1910). British Journal of Psychology 3(3), 271-295. doi:10.1111/j.2044-8295.1910.tb00206.x
    """
    single = np.asarray(reliability, dtype=np.float64)
    return np.asarray(times * single / (1 + (times - 1) * single))


def disattenuate(cov: FloatArray, reliability: ArrayLike, names: Sequence[str] | None = None) -> FloatArray:
    """Take random error of measurement out of covariances.

    Parameters
    ----------
    cov : ndarray, shape (..., k, k)
        Covariances; leading dimensions are draws.
    reliability : array_like, shape (k,) or (..., k)
        Part of each variable's variance that is not random error, above 0 up to 1.
    names : sequence of str, length k, optional
        For the message; positions otherwise.

    Returns
    -------
    ndarray, shape (..., k, k)
        Variances times reliability, covariances as they are: correlations become ``r / sqrt(rho_j rho_k)``. Draws for
        which that cannot be are NaN.

    Raises
    ------
    InputError
        If a reliability is out of range, or a single matrix would not be positive definite: it is refused, never
        smoothed.

    References
    ----------
    .. [1] Spearman (1904). American Journal of Psychology 15(1), 72-101. doi:10.2307/1412159
    .. [2] Fuller (1987). Measurement Error Models. Wiley. doi:10.1002/9780470316665
    """
    stated = np.asarray(reliability, dtype=np.float64)
    if not (np.isfinite(stated).all() and (stated > 0).all() and (stated <= 1).all()):
        raise InputError("A reliability lies above 0 and at most at 1; it is the part of a variance that is no error.")
    corrected = _with_diagonal(cov, stated)
    if cov.ndim == 2:
        if not is_possible(corrected):
            raise _unreliable(cov, stated, corrected, names)
        return corrected
    corrected[~possible_draws(corrected)] = np.nan
    return corrected


def is_possible(cov: FloatArray) -> bool:
    """Return whether one matrix `cov` (k, k) is positive definite by more than rounding."""
    return bool(possible_draws(np.asarray(cov)[None])[0])


def possible_draws(covs: FloatArray) -> NDArray[np.bool_]:
    """Return which matrices of a stack `covs` (..., k, k) are positive definite by more than rounding."""
    variances = np.diagonal(covs, axis1=-2, axis2=-1)
    usable = np.isfinite(covs).all(axis=(-2, -1)) & (variances > 0).all(axis=-1)
    sd = np.sqrt(np.where(usable[..., None], variances, 1.0))
    scaled = np.where(usable[..., None, None], covs, np.eye(covs.shape[-1])) / sd[..., :, None] / sd[..., None, :]
    values = np.linalg.eigvalsh(scaled)
    result: NDArray[np.bool_] = usable & (values[..., 0] > SINGULAR * values[..., -1])
    return result


def _with_diagonal(cov: FloatArray, factor: FloatArray) -> FloatArray:
    """Return covariances with their diagonal scaled."""
    out = np.array(cov, dtype=np.float64)
    here = np.arange(cov.shape[-1])
    out[..., here, here] *= factor
    return out


def _unreliable(
    cov: FloatArray, stated: FloatArray, corrected: FloatArray, names: Sequence[str] | None
) -> InputError:
    """Word why a correction is refused, and which reliabilities would do."""
    called = [f"`{name}`" for name in names] if names else [f"position {j}" for j in range(len(cov))]
    sd = np.sqrt(np.diag(corrected))
    corr = np.abs(corrected / sd[:, None] / sd)
    np.fill_diagonal(corr, 0.0)
    one, two = (int(place) for place in np.unravel_index(np.argmax(corr), corr.shape))
    why = (
        f"the correlation of {called[one]} and {called[two]} would be {corr[one, two]:.2f}" if corr[one, two] >= 1
        else "together the corrected correlations contradict each other (an eigenvalue is not positive)"
    )
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if is_possible(_with_diagonal(cov, 1 - middle * (1 - stated))) else (low, middle)
    enough = 1 - low * (1 - stated)
    listed = ", ".join(
        f"{name} {np.ceil(value * 100) / 100:.2f}"
        for name, value, asked in zip(called, enough, stated, strict=True) if asked < 1
    )
    return InputError(
        f"No answers can have these reliabilities: {why}. State higher ones; raised alike, they are possible above "
        f"{listed}."
    )


def _items(cov: FloatArray, least: int) -> int:
    """Return the number of items; refuse too few."""
    k = int(cov.shape[-1])
    if k < least:
        raise InputError(
            f"{k} item(s): at least {least} are needed." + (" Two items: use `spearman_brown`." if least == 3 else "")
        )
    return k
