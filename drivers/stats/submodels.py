"""Fit a cumulative (binary or ordinal) model on every subset of the drivers, for dominance in likelihood.

Subsets are reached from the full model by dropping drivers, one after the other. Two things make that cheap. Dropping
a driver lets cells merge: the answers to three five-point items have at most 125 patterns, however many people gave
them. And the optimum without the driver is nearly known beforehand, from the optimum with it and its information
matrix, so that Newton's method starts close by.

This module imports numba: import it inside the function that needs it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from drivers.errors import EmptyCategoryError, InputError, SeparationError
from drivers.stats.blocks import Groups, members_of
from drivers.stats.correlation import correlations
from drivers.stats.cumulative import FloatArray, IntArray, Link, null_cuts, null_loglik
from drivers.stats.cumulative_newton import newton
from drivers.stats.dominance import Dominance, dominance_of_fits
from drivers.stats.fit_index import FitIndex, fit_index

CodeArray = NDArray[np.int32]

MOST_SUBMODELS: Final = 16
"""Most drivers (or groups) of which every subset is fitted."""

PARTS: Final = 6
"""Groups that are decided beforehand: each of their subsets is one part of the work, in threads and when resuming."""

LIKELIHOOD_TIE: Final = 1e-10
"""Fits closer than this are equal: Newton stops at about 1e-13."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SubmodelFits:
    """Every submodel's fit, and what it took; also the state from which to resume.

    ``loglik`` (2^groups,): log-likelihood of the submodel that holds group j where bit j of the position is set, and
    every always-in driver; NaN where it was not fitted yet. ``null``: that of the model without any driver. ``n``:
    respondents (sum of weights). ``steps``: Newton steps. ``cells``: cells that were left after merging, over all
    submodels.
    """

    loglik: FloatArray
    null: float
    n: float
    steps: int
    cells: int

    @property
    def done(self) -> int:
        """Submodels fitted."""
        return int(np.isfinite(self.loglik).sum())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Model:
    """One submodel: its cells, merged, and its optimum.

    ``columns`` are those it holds, the bits of ``held`` its groups; ``row_of`` says into which of its cells each cell
    of the full model went.
    """

    row_of: IntArray
    z: FloatArray
    code: CodeArray
    y: IntArray
    weight: FloatArray
    columns: tuple[int, ...]
    held: int
    theta: FloatArray
    information: FloatArray
    loglik: float
    steps: int


def submodels(
    x: FloatArray,
    y: IntArray,
    weight: FloatArray,
    link: Link,
    *,
    groups: Groups | None = None,
    always: Sequence[int] = (),
    workers: int | None = None,
    progress: Callable[[SubmodelFits], None] | None = None,
    resume: SubmodelFits | None = None,
) -> SubmodelFits:
    """Fit a cumulative model on every subset of drivers.

    Parameters
    ----------
    x : ndarray, shape (m, p)
        Drivers, one row per cell.
    y : ndarray of int, shape (m,)
        Outcome category 0..q; two categories make it the binary model.
    weight : ndarray, shape (m,)
        Weight of each cell. They must add up to the number of respondents: scale survey weights to mean 1.
    link : {"logit", "probit"}
        The distribution of the latent error.
    groups : sequence of sequences of int, optional
        Columns that enter together, such as the dummies of a category; the default is each one alone.
    always : sequence of int
        Columns that are in every model.
    workers : int or None
        Threads, which change no number; None takes one per core.
    progress : callable, optional
        Called with the fits so far after each finished part; what it was last given can be handed in as `resume`.
    resume : SubmodelFits, optional
        Fits of an earlier call with the same arguments; only what it lacks is fitted.

    Returns
    -------
    SubmodelFits
        Log-likelihoods of all submodels.

    Raises
    ------
    InputError
        If there are more than `MOST_SUBMODELS` groups, an array or a position is out of place, or `resume` belongs to
        other answers.
    EmptyCategoryError
        If no one answered in a category.
    CollinearDriversError
        If a driver does not vary or is an exact mix of others; it carries their positions.
    SeparationError
        If in some submodel the drivers predict the outcome perfectly, so that its likelihood has no maximum.

    References
    ----------
    .. [1] McCullagh (1980). JRSS B 42(2), 109-142. doi:10.1111/j.2517-6161.1980.tb01109.x
    .. [2] Azen & Traxel (2009). Journal of Educational and Behavioral Statistics 34(3), 319-347.
       doi:10.3102/1076998609332754
    """
    members = members_of(x.shape[1], groups, always)
    require_few_fitted(len(members))
    cells = _checked(x, y, weight)
    whole = _whole(*cells, link, members)
    _require_fitted(whole)
    fits = SubmodelFits(
        loglik=np.full(1 << len(members), np.nan), null=null_loglik(cells[1], cells[2]), n=float(weight.sum()),
        steps=whole.steps, cells=len(whole.y),
    ) if resume is None else _resumed(resume, whole, len(members))  # fmt: skip
    loglik, steps, seen = fits.loglik.copy(), fits.steps, fits.cells
    loglik[-1] = whole.loglik
    early = min(PARTS, len(members))
    free = 1 << len(members) - early
    todo = [part for part in range(1 << early) if not np.isfinite(loglik[part + (np.arange(free) << early)]).all()]

    def fit_part(part: int) -> list[tuple[int, float, int, int]]:
        dropped = [g for g in range(early) if not part >> g & 1]
        root = _without(whole, dropped, members, link) if dropped else whole
        return [(m.held, m.loglik, m.steps, len(m.y)) for m in _descend(root, early, members, link) if m is not whole]

    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        jobs = [pool.submit(fit_part, part) for part in todo]
        try:
            for job in as_completed(jobs):
                for held, value, its_steps, its_cells in job.result():
                    loglik[held], steps, seen = value, steps + its_steps, seen + its_cells
                fits = replace(fits, loglik=loglik.copy(), steps=steps, cells=seen)
                if progress:
                    progress(fits)
        finally:
            pool.shutdown(cancel_futures=True)
    return replace(fits, loglik=loglik, steps=steps, cells=seen)


def likelihood_dominance(fits: SubmodelFits, index: FitIndex = "mcfadden") -> Dominance:
    """Compare drivers over all submodels, in an index of likelihood.

    Parameters
    ----------
    fits : SubmodelFits
        Of all submodels.
    index : {"mcfadden", "estrella", "cox_snell", "nagelkerke"}
        What fit is measured in; see `fit_index`. Values of different indices cannot be compared.

    Returns
    -------
    Dominance
        General dominance adds up to the index of the full model, beyond that of the always-in drivers.

    Raises
    ------
    InputError
        If some submodels were not fitted, or the index is unknown.

    References
    ----------
    Azen & Traxel (2009). Journal of Educational and Behavioral Statistics 34(3), 319-347. doi:10.3102/1076998609332754
    """
    if fits.done < len(fits.loglik):
        raise InputError(
            f"Only {fits.done} of {len(fits.loglik)} submodels were fitted; finish them: `submodels(..., resume=fits)`."
        )
    return dominance_of_fits(fit_index(fits.loglik, fits.null, fits.n, index), tie=LIKELIHOOD_TIE)


def require_few_fitted(count: int) -> None:
    """Refuse more drivers, or groups, than submodels can be fitted of.

    Parameters
    ----------
    count : int
        How many there are.

    Raises
    ------
    InputError
        If there are more than `MOST_SUBMODELS` allows.
    """
    if count > MOST_SUBMODELS:
        raise InputError(
            f"{count} drivers have {1 << count:,} submodels to fit; at most {1 << MOST_SUBMODELS:,} are. Put drivers "
            "that belong together into groups, or take those not in question as always-in."
        )


def _checked(x: FloatArray, y: IntArray, weight: FloatArray) -> tuple[FloatArray, IntArray, FloatArray]:
    """Keep cells with weight; refuse what no model can be fitted to."""
    if x.ndim != 2 or y.shape != x.shape[:1] or weight.shape != y.shape:
        raise InputError(f"Shapes {x.shape}, {y.shape}, {weight.shape} differ; expected (m, p), (m,) and (m,).")
    if not (np.isfinite(x).all() and np.isfinite(weight).all() and (weight >= 0).all()):
        raise InputError("Drivers and weights must be finite numbers, and no weight negative; drop or impute the rest.")
    x, y, weight = x[weight > 0], y[weight > 0], weight[weight > 0]
    counts = np.bincount(y, weights=weight)
    if len(counts) < 2:
        raise InputError("The outcome does not vary, so there is nothing to explain; choose another outcome.")
    if (counts == 0).any():
        empty = np.flatnonzero(counts == 0).tolist()
        raise EmptyCategoryError(f"No one answered in categories {empty} of the outcome; merge them with a neighbour.")
    correlations(np.atleast_2d(np.cov(np.column_stack([x, y]), rowvar=False, aweights=weight)))
    return x, y, weight


def _whole(x: FloatArray, y: IntArray, weight: FloatArray, link: Link, members: list[list[int]]) -> _Model:
    """Fit the model with every driver."""
    centre = weight @ x / weight.sum()
    z = (x - centre) / np.sqrt(weight @ (x - centre) ** 2 / weight.sum())
    code = np.column_stack([np.unique(column, return_inverse=True)[1] for column in x.T]).astype(np.int32)
    cuts = null_cuts(y, weight, link)
    start = np.concatenate([np.zeros(x.shape[1]), cuts])
    blank = _Model(
        row_of=np.arange(len(y)), z=np.ascontiguousarray(z),
        code=np.ascontiguousarray(code), y=np.ascontiguousarray(y, dtype=np.intp),
        weight=weight, columns=tuple(range(x.shape[1])), held=(1 << len(members)) - 1, theta=start,
        information=np.empty((0, 0)), loglik=np.nan, steps=0,
    )  # fmt: skip
    return _fitted(_merged(blank, list(blank.columns)), start, link)


def _descend(model: _Model, next_group: int, members: list[list[int]], link: Link) -> Iterator[_Model]:
    """Yield a model and all that come from it by dropping groups from `next_group` on."""
    yield model
    for group in range(next_group, len(members)):
        yield from _descend(_without(model, [group], members, link), group + 1, members, link)


def _without(model: _Model, dropped: list[int], members: list[list[int]], link: Link) -> _Model:
    """Fit a model without some of its groups, starting where a quadratic likelihood would have its optimum."""
    gone = {j for group in dropped for j in members[group]}
    keep = [place for place, j in enumerate(model.columns) if j not in gone]
    lose = [place for place, j in enumerate(model.columns) if j in gone]
    smaller = _merged(model, keep)
    held = model.held & ~sum(1 << group for group in dropped)
    smaller = replace(smaller, columns=tuple(model.columns[place] for place in keep), held=held)
    stay = [*keep, *range(len(model.columns), len(model.theta))]
    information = model.information
    shift = np.linalg.solve(information[np.ix_(stay, stay)], information[np.ix_(stay, lose)] @ model.theta[lose])
    found = _fitted(smaller, model.theta[stay] + shift, link)
    _require_fitted(found)
    return found


def _merged(model: _Model, keep: list[int]) -> _Model:
    """Merge cells that differ only in columns that are not kept."""
    code = np.ascontiguousarray(model.code[:, keep])
    rows, row_of, weight = _merge(code, model.y, model.weight)
    return replace(
        model, row_of=row_of[model.row_of], z=np.ascontiguousarray(model.z[rows][:, keep]), code=code[rows],
        y=model.y[rows], weight=weight,
    )  # fmt: skip


def _fitted(model: _Model, start: FloatArray, link: Link) -> _Model:
    """Run Newton's method from `start`, and if that fails from the model without drivers."""
    p = len(model.z.T)
    cold = np.concatenate([np.zeros(p), null_cuts(model.y, model.weight, link)])
    steps = 0
    for theta in (start.copy() if (np.diff(start[p:]) > 0).all() else cold.copy(), cold):
        loglik, information, took, converged = newton(model.z, model.y, model.weight, theta, p, link == "probit")
        steps += took
        if converged:
            return replace(model, theta=theta, information=information, loglik=float(loglik), steps=steps)
    return replace(model, theta=theta, information=information, loglik=np.nan, steps=steps)


def _require_fitted(model: _Model) -> None:
    """Refuse a submodel whose likelihood has no maximum, and name its drivers."""
    if np.isnan(model.loglik):
        raise SeparationError(
            f"With the drivers at positions {list(model.columns)} the likelihood has no maximum: they predict some "
            "answers perfectly. Merge thin outcome categories or levels, or leave out the driver that predicts them."
        )


def _resumed(resume: SubmodelFits, whole: _Model, groups: int) -> SubmodelFits:
    """Check that earlier fits are of the same model."""
    same = len(resume.loglik) == 1 << groups and np.isclose(resume.loglik[-1], whole.loglik, rtol=1e-9, atol=0)
    if not same:
        raise InputError("`resume` holds fits of other answers, drivers or link; start again without it.")
    return resume


@njit(cache=True, nogil=True)
def _merge(code: CodeArray, y: IntArray, weight: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """First row of each distinct (code, y), in order of appearance; where each row went; and the total weights."""
    m, columns = code.shape
    size = 16
    while size < 2 * m:
        size *= 2
    slots = np.full(size, -1, np.int64)
    rows = np.empty(m, np.int64)
    row_of = np.empty(m, np.int64)
    total = np.zeros(m)
    count = 0
    for row in range(m):
        key = np.uint64(y[row] + 1)
        for column in range(columns):
            key = (key ^ np.uint64(code[row, column])) * np.uint64(0x9E3779B97F4A7C15)
            key ^= key >> np.uint64(29)
        slot = np.int64(key & np.uint64(size - 1))
        while True:
            known = slots[slot]
            if known < 0:
                slots[slot] = count
                rows[count] = row
                total[count] = weight[row]
                row_of[row] = count
                count += 1
                break
            same = y[rows[known]] == y[row]
            for column in range(columns):
                if not same:
                    break
                same = code[rows[known], column] == code[row, column]
            if same:
                total[known] += weight[row]
                row_of[row] = known
                break
            slot = (slot + 1) & (size - 1)
    return rows[:count], row_of, total[:count]
