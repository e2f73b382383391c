"""A general impression that colours all answers of a person: its signs, and covariances without an assumed one."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drivers.errors import InputError
from drivers.stats.reliability import is_possible, possible_draws

FloatArray = NDArray[np.float64]


def first_eigenvalue_share(corr: FloatArray) -> float:
    """Part of the variance of standardised items that lies along one line.

    Parameters
    ----------
    corr : ndarray, shape (k, k)
        Correlations of k items.

    Returns
    -------
    float
        Largest eigenvalue over k: 1/k for items without correlation, 1 for one item asked k times. Large values are
        what a halo looks like, and equally what drivers look like that truly go together.

    References
    ----------
    .. [1] Podsakoff, MacKenzie, Lee & Podsakoff (2003). Journal of Applied Psychology 88(5), 879-903.
       doi:10.1037/0021-9010.88.5.879
    """
    return float(np.linalg.eigvalsh(corr)[-1] / len(corr))


def straight_line_rate(values: FloatArray, weight: FloatArray) -> float:
    """Share of respondents who give one and the same answer to every item.

    Parameters
    ----------
    values : ndarray, shape (m, k)
        Answers as they were ticked (not turned round) to items on one scale, per cell; NaN where there is none.
    weight : ndarray, shape (m,)
        Respondents, or their weights, per cell.

    Returns
    -------
    float
        Among those who answered all items; NaN if nobody did.
    """
    complete = ~np.isnan(values).any(axis=1)
    total = float(weight[complete].sum())
    same = complete & (values == values[:, :1]).all(axis=1)
    return float(weight[same].sum()) / total if total > 0 else float("nan")


def straight_lines_by_chance(values: FloatArray, weight: FloatArray) -> float:
    """Share of equal answers if people answered every item independently, as often at each point as they did.

    Parameters
    ----------
    values : ndarray, shape (m, k)
        As for `straight_line_rate`.
    weight : ndarray, shape (m,)
        Respondents, or their weights, per cell.

    Returns
    -------
    float
        Sum over points of the product of the items' frequencies; NaN if nobody answered all items.
    """
    complete = ~np.isnan(values).any(axis=1)
    answers, load = values[complete], weight[complete]
    if load.sum() <= 0:
        return float("nan")
    return float(sum(np.prod(load @ (answers == point) / load.sum()) for point in np.unique(answers)))


def largest_halo(cov: FloatArray, loading: ArrayLike | None = None) -> float:
    """Largest halo these covariances can hold, as a part of each variable's variance.

    Parameters
    ----------
    cov : ndarray, shape (k, k)
        Covariances of drivers and outcome.
    loading : array_like, shape (k,), optional
        Halo loadings of the standardised variables relative to each other; equal ones by default.

    Returns
    -------
    float
        h at which ``R - h l l'`` stops being positive definite, 1 / (l' R^-1 l). About the mean correlation when all
        correlations are alike.
    """
    sd = np.sqrt(np.diag(cov))
    corr = cov / sd[:, None] / sd
    direction = np.ones(len(cov)) if loading is None else np.asarray(loading, dtype=np.float64)
    return float(1 / (direction @ np.linalg.solve(corr, direction)))


def remove_halo(cov: FloatArray, halo: float, outcome_halo: float | None = None) -> FloatArray:
    """Take an assumed halo out of covariances: one impression per person that moves all answers up or down.

    Parameters
    ----------
    cov : ndarray, shape (..., p + 1, p + 1)
        Covariances of p drivers, higher being better for all, and, last, the outcome; leading dimensions are draws.
    halo : float
        Part of each driver's variance that is halo, 0 to below 1.
    outcome_halo : float, optional
        The same for the outcome; as `halo` by default.

    Returns
    -------
    ndarray, shape (..., p + 1, p + 1)
        Covariances of what is left. Draws for which that cannot be are NaN.

    Raises
    ------
    InputError
        If a part is out of range, or in a single matrix more than the answers can hold: it is refused, never smoothed.

    Notes
    -----
    The model is ``x_j = a_j + T_j + h_j H + e_j``, ``y = ... + h_y H`` with H independent of the rest. One rating per
    driver cannot tell how large h is: sweep it and look what changes.
    """
    outcome = halo if outcome_halo is None else outcome_halo
    if not (0 <= halo < 1 and 0 <= outcome < 1):
        raise InputError(
            f"A halo is a part of the variance, 0 to below 1; got {halo:g} and, for the outcome, {outcome:g}."
        )
    part = np.sqrt(np.append(np.full(cov.shape[-1] - 1, halo), outcome))
    sd = np.sqrt(np.diagonal(cov, axis1=-2, axis2=-1)) * part
    left: FloatArray = cov - sd[..., :, None] * sd[..., None, :]
    if cov.ndim == 2:
        if part.any() and not is_possible(left):
            most = largest_halo(cov, part / part.max())
            raise InputError(
                f"These answers cannot hold a halo of {max(halo, outcome):.0%} of each variance: without it the "
                f"correlations would contradict each other. Assume less than {most:.3f}, or leave out the driver that "
                "correlates least with the others."
            )
        return left
    left[~possible_draws(left)] = np.nan
    return left
