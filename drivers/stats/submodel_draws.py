"""Fit every submodel under many reweightings of the same answers, for probabilities of dominance in likelihood.

Each submodel's cells are merged once, and each draw starts from the submodel's optimum on all answers.

This module imports numba: import it inside the function that needs it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from drivers.errors import InputError
from drivers.stats.blocks import Groups, members_of
from drivers.stats.cumulative import FloatArray, IntArray, Link
from drivers.stats.cumulative_newton import newton
from drivers.stats.dominance import Dominance, dominance_of_fits
from drivers.stats.fit_index import FitIndex, fit_index
from drivers.stats.shapley import Progress, in_threads
from drivers.stats.submodels import (
    LIKELIHOOD_TIE,
    _checked,
    _descend,
    _require_fitted,
    _whole,
    require_few_fitted,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SubmodelDraws:
    """Fits of all submodels under every draw.

    ``loglik`` (draws, 2^groups): as in `SubmodelFits`; NaN where a draw could not be fitted (a category lost all its
    weight, or drivers predict answers perfectly). ``null`` and ``n`` (draws,): without drivers, and sum of weights.
    """

    loglik: FloatArray
    null: FloatArray
    n: FloatArray

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Draws (draws,) in which every submodel was fitted."""
        return np.asarray(np.isfinite(self.loglik).all(axis=1))


def submodel_draws(
    x: FloatArray,
    y: IntArray,
    weights: FloatArray,
    link: Link,
    *,
    groups: Groups | None = None,
    always: Sequence[int] = (),
    workers: int | None = None,
    progress: Progress | None = None,
    keep: Callable[[FloatArray], None] | None = None,
    known: FloatArray | None = None,
) -> SubmodelDraws:
    """Fit a cumulative model on every subset of drivers under every row of `weights`.

    Parameters
    ----------
    x : ndarray, shape (m, p)
        Drivers, one row per cell.
    y : ndarray of int, shape (m,)
        Outcome category 0..q; two categories make it the binary model.
    weights : ndarray, shape (draws, m)
        One reweighting of the cells per draw, each adding up to its number of respondents.
    link : {"logit", "probit"}
        The distribution of the latent error.
    groups : sequence of sequences of int, optional
        Columns that enter together; the default is each one alone.
    always : sequence of int
        Columns that are in every model.
    workers : int or None
        Threads over draws, which change no number; None takes one per core.
    progress : callable, optional
        Called with the submodels done and all of them.
    keep : callable, optional
        Called after every submodel with the log-likelihoods so far, (draws, 2^groups), NaN where there are none yet.
    known : ndarray, shape (draws, 2^groups), optional
        What `keep` was last given by an earlier call of the same arguments: what is there is not fitted again.

    Returns
    -------
    SubmodelDraws
        Draws that could not be fitted are NaN, for the caller to count.

    Raises
    ------
    InputError
        If there are too many groups, or an array or a position is out of place.
    EmptyCategoryError
        If no one answered in a category.
    CollinearDriversError
        If a driver does not vary or is an exact mix of others.
    SeparationError
        If on all answers the drivers of some submodel predict the outcome perfectly.

    References
    ----------
    Azen & Traxel (2009). Journal of Educational and Behavioral Statistics 34(3), 319-347. doi:10.3102/1076998609332754
    """
    if weights.ndim != 2 or weights.shape[1:] != y.shape or not len(weights):
        raise InputError(f"Weights have shape {weights.shape}; expected (draws, {len(y)}), one row per draw.")
    base = weights.mean(axis=0)
    members = members_of(x.shape[1], groups, always)
    require_few_fitted(len(members))
    whole = _whole(*_checked(x, y, base), link, members)
    _require_fitted(whole)
    load = np.ascontiguousarray(weights[:, base > 0])
    counts = np.stack([load[:, y[base > 0] == k].sum(axis=1) for k in range(int(y.max()) + 1)], axis=1)
    draws, total = len(load), counts.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        null = (counts * np.log(counts / total[:, None])).sum(axis=1)
    loglik = np.full((draws, 1 << len(members)), np.nan)
    full = np.flatnonzero((counts > 0).all(axis=1) & np.isfinite(counts).all(axis=1))
    load = np.ascontiguousarray(load[full])
    parts = [slice(start, min(start + 32, len(full))) for start in range(0, len(full), 32)]
    for done, model in enumerate(_descend(whole, 0, members, link), start=1):
        early = None if known is None else known[full, model.held]
        if early is not None and np.isfinite(early).any():
            loglik[full, model.held] = early
            continue
        found = np.full(len(full), np.nan)
        arrays = (model.row_of, model.z, model.y, model.theta)
        p = len(model.columns)

        def work(
            part: slice, arrays: tuple[IntArray, FloatArray, IntArray, FloatArray] = arrays, p: int = p,
            found: FloatArray = found,
        ) -> None:
            _refit(load[part], *arrays, p, link == "probit", found[part])

        in_threads(work, parts, workers, None)
        loglik[full, model.held] = found
        if keep:
            keep(loglik)
        if progress:
            progress(done, 1 << len(members))
    return SubmodelDraws(loglik=loglik, null=null, n=total)


def likelihood_dominance_draws(fits: SubmodelDraws, index: FitIndex = "mcfadden") -> Dominance:
    """Compare drivers over all submodels in every draw; `dominance_probabilities` counts them.

    Parameters
    ----------
    fits : SubmodelDraws
        Of all submodels.
    index : {"mcfadden", "estrella", "cox_snell", "nagelkerke"}
        What fit is measured in; see `fit_index`.

    Returns
    -------
    Dominance
        With leading dimension draws; draws that could not be fitted are NaN.

    Raises
    ------
    InputError
        If the index is unknown or no draw could be fitted.

    References
    ----------
    Azen & Traxel (2009). Journal of Educational and Behavioral Statistics 34(3), 319-347. doi:10.3102/1076998609332754
    """
    usable = fits.usable
    if not usable.any():
        raise InputError(f"None of the {len(usable)} draws could be fitted; merge thin categories of the outcome.")
    return dominance_of_fits(measured_draws(fits, index), tie=LIKELIHOOD_TIE)


def measured_draws(fits: SubmodelDraws, index: FitIndex) -> FloatArray:
    """Return the `index` (draws, 2^groups) of all submodels in `fits`; draws that could not be fitted are NaN."""
    usable = fits.usable
    measured = np.full_like(fits.loglik, np.nan)
    measured[usable] = fit_index(fits.loglik[usable], fits.null[usable, None], fits.n[usable, None], index)
    return measured


@njit(cache=True, nogil=True)
def _refit(
    load: FloatArray, row_of: IntArray, z: FloatArray, y: IntArray, start: FloatArray, p: int, probit: bool,
    loglik: FloatArray,
) -> None:
    """Write the log-likelihood of one submodel, fitted anew under every draw of weights."""
    weight = np.empty(y.size)
    for draw in range(load.shape[0]):
        weight[:] = 0.0
        for cell in range(row_of.size):
            weight[row_of[cell]] += load[draw, cell]
        theta = start.copy()
        value, _, _, converged = newton(z, y, weight, theta, p, probit)
        if converged:
            loglik[draw] = value
