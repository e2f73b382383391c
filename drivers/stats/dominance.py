"""Dominance: whether a driver adds more than another to every submodel, on average at every size, or on average.

From the fit of all 2^p submodels - R2 of a covariance matrix here, likelihood in `submodels` - by the same code. A gain
of i over j on submodel S is fit(S + i) - fit(S + j).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import Final

import numpy as np
from numpy.typing import NDArray

from drivers.errors import InputError
from drivers.stats.blocks import Groups, given, members_of
from drivers.stats.correlation import correlations
from drivers.stats.shapley import in_threads

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_COMPLETE: Final = 20
"""Most drivers (or groups) whose submodels are all compared in pairs: 8 bytes for each of 2^20 submodels."""

MOST_COMPLETE_DRAWS: Final = 16
"""The same among draws: a few milliseconds and half a megabyte per draw and thread."""

TIE: Final = 1e-12
"""Gains in R2 closer than this are equal: what is between them is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dominance:
    """Who dominates whom. Rows over columns; ``draws...`` is absent for a single matrix; draws not usable are NaN.

    ``general`` (draws..., p): mean gain over all orders (LMG, Shapley value), adding up to ``fit`` (draws...,).
    ``conditional`` (draws..., p, p): mean gain of a driver (row) by the number of others already in (column).
    ``won`` (draws..., p, p): share of the submodels without both drivers to which the row's adds more than the
    column's, a tie counting one half; with its mirror it adds up to 1. Diagonal NaN.
    ``complete`` (draws..., p, p): 1 where the row's driver adds at least as much to all of them, 0 where the column's
    does, else .5. Diagonal NaN.
    """

    fit: FloatArray
    general: FloatArray
    conditional: FloatArray
    won: FloatArray
    complete: FloatArray
    tie: float

    @property
    def conditionally(self) -> FloatArray:
        """As ``complete``, for the mean gain at every size: 1, 0, or .5 where sizes disagree."""
        difference = self.conditional[..., :, None, :] - self.conditional[..., None, :, :]
        return _verdict((difference > self.tie).sum(axis=-1), (difference < -self.tie).sum(axis=-1), self.general)

    @property
    def generally(self) -> FloatArray:
        """As ``complete``, for the mean gain over all orders: .5 only for a tie."""
        difference = self.general[..., :, None] - self.general[..., None, :]
        return _verdict(difference > self.tie, difference < -self.tie, self.general)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DominanceProbabilities:
    """Share of draws in which the row's driver dominates the column's, (p, p) each, diagonal NaN.

    ``complete`` and ``conditional``: the rest of the draws are the mirror's or undecided. ``general``: with its mirror
    it adds up to 1. ``won`` is the mean share of submodels won. ``usable`` of ``draws`` draws counted.
    """

    complete: FloatArray
    conditional: FloatArray
    general: FloatArray
    won: FloatArray
    usable: int
    draws: int


def dominance(
    cov: FloatArray, *, groups: Groups | None = None, always: Sequence[int] = (), workers: int | None = None
) -> Dominance:
    """Compare drivers over all submodels, in R2.

    Parameters
    ----------
    cov : ndarray, shape (p + 1, p + 1) or (draws, p + 1, p + 1)
        Covariances of p drivers and, last, the outcome.
    groups : sequence of sequences of int, optional
        Positions of drivers that enter together; the default is each one alone.
    always : sequence of int
        Positions of drivers that are in every model; gains are beyond them.
    workers : int or None
        Threads over draws, which changes no number; None takes one per core.

    Returns
    -------
    Dominance
        In R2 units. Draws that cannot be used (not finite, no variance, exactly collinear) are NaN.

    Raises
    ------
    InputError
        If there are more than `MOST_COMPLETE` drivers or groups (`MOST_COMPLETE_DRAWS` among draws), a position is out
        of place, or a single matrix is no covariance matrix.
    CollinearDriversError
        If, in a single matrix, a driver does not vary or is an exact mix of others; it carries their positions.

    Notes
    -----
    Time: p (p - 1) / 2 pairs times 2^(p - 2) submodels per draw. Memory: 2^(p + 3) bytes per thread.

    References
    ----------
    Azen & Budescu (2003). Psychological Methods 8(2), 129-148. doi:10.1037/1082-989X.8.2.129
    """
    corr = correlations(cov)
    members = members_of(corr.shape[-1] - 1, groups, always)
    require_few_compared(len(members), MOST_COMPLETE if corr.ndim == 2 else MOST_COMPLETE_DRAWS)
    stack = corr.reshape(-1, *corr.shape[-2:])
    usable = np.flatnonzero(np.isfinite(stack[:, 0, 0]))
    rest = [j for j in range(corr.shape[-1] - 1) if j not in always]
    columns = [rest.index(j) for group in members for j in group] + [len(rest)]
    matrix = given(stack[usable], always)[:, columns][:, :, columns]
    matrix[:, -1, -1] = 0.0
    upper = np.triu_indices(len(columns))
    triangles = np.ascontiguousarray(matrix[:, upper[0], upper[1]])
    found = _compared(triangles, [len(group) for group in members], workers)
    return _result(found, usable, corr.shape[:-2], TIE)


def dominance_of_fits(fits: FloatArray, *, tie: float = TIE) -> Dominance:
    """Compare drivers over all submodels, in whatever the fits are measured in.

    Parameters
    ----------
    fits : ndarray, shape (2^p,) or (draws, 2^p)
        Fit of the submodel that holds driver (or group) j where bit j of the position is set. Only differences count.
        Draws of NaN stay NaN.
    tie : float
        Gains closer than this are equal.

    Returns
    -------
    Dominance
        In the units of `fits`.

    Raises
    ------
    InputError
        If the number of submodels is no power of 2, or there are more than `MOST_COMPLETE` drivers.

    References
    ----------
    Azen & Budescu (2003). Psychological Methods 8(2), 129-148. doi:10.1037/1082-989X.8.2.129
    Azen & Traxel (2009). Journal of Educational and Behavioral Statistics 34(3), 319-347. doi:10.3102/1076998609332754
    """
    from drivers.stats.dominance_walk import compare

    fits = np.asarray(fits, dtype=np.float64)
    p = fits.shape[-1].bit_length() - 1
    if fits.shape[-1] != 1 << p or p < 1:
        raise InputError(f"{fits.shape[-1]} fits are not those of all submodels of p drivers; 2^p are needed.")
    require_few_compared(p, MOST_COMPLETE)
    stack = fits.reshape(-1, fits.shape[-1])
    usable = np.flatnonzero(np.isfinite(stack).all(axis=-1))
    tables = np.ascontiguousarray(stack[usable])
    gains, wins = np.empty((len(usable), p, p)), np.empty((len(usable), p, p), dtype=np.int64)
    compare(tables, tie, gains, wins)
    return _result((tables[:, -1] - tables[:, 0], gains, wins), usable, fits.shape[:-1], tie)


def dominance_probabilities(found: Dominance) -> DominanceProbabilities:
    """Count in how many draws one driver dominates another.

    Parameters
    ----------
    found : Dominance
        Of posterior or bootstrap draws.

    Returns
    -------
    DominanceProbabilities
        Over the draws that could be used.

    Raises
    ------
    InputError
        If there is a single matrix instead of draws, or no draw could be used.

    References
    ----------
    Azen & Budescu (2003). Psychological Methods 8(2), 129-148. doi:10.1037/1082-989X.8.2.129
    """
    if found.general.ndim != 2:
        raise InputError("Probabilities need draws; hand in the dominance of a stack of covariance matrices.")
    usable = np.isfinite(found.general).all(axis=-1)
    if not usable.any():
        raise InputError(f"None of the {len(usable)} draws could be used, so there is no probability; look at them.")
    blank = np.where(np.eye(found.general.shape[-1]) > 0, np.nan, 0.0)
    return DominanceProbabilities(
        complete=(found.complete[usable] == 1).mean(axis=0) + blank,
        conditional=(found.conditionally[usable] == 1).mean(axis=0) + blank,
        general=found.generally[usable].mean(axis=0),
        won=found.won[usable].mean(axis=0),
        usable=int(usable.sum()), draws=len(usable),
    )  # fmt: skip


def _compared(
    triangles: FloatArray, widths: list[int], workers: int | None
) -> tuple[FloatArray, FloatArray, IntArray]:
    """R2 (draws,), sums of gains and counts of wins (draws, p, p); one draw's table is in memory per thread."""
    from drivers.stats.dominance_walk import compare, fill_r2

    draws, p = len(triangles), len(widths)
    r2, gains, wins = np.empty(draws), np.empty((draws, p, p)), np.empty((draws, p, p), dtype=np.int64)
    left = np.cumsum([0, *reversed(widths)], dtype=np.int64)

    def work(part: slice) -> None:
        table = np.empty((1, 1 << p))
        for draw in range(part.start, part.stop):
            fill_r2(triangles[draw : draw + 1], left, table)
            compare(table, TIE, gains[draw : draw + 1], wins[draw : draw + 1])
            r2[draw] = table[0, -1]

    edges = range(0, draws, 16)
    in_threads(work, [slice(start, min(start + 16, draws)) for start in edges], workers, None)
    return r2, gains, wins


def _result(
    found: tuple[FloatArray, FloatArray, IntArray], usable: NDArray[np.intp], shape: tuple[int, ...], tie: float
) -> Dominance:
    """Turn sums and counts of usable draws into means and shares of all draws."""
    fit, gains, wins = found
    p, draws = gains.shape[-1], int(np.prod(shape))
    conditional = gains / np.array([comb(p - 1, size) for size in range(p)], dtype=np.float64)
    general = conditional.mean(axis=-1)
    pairs = 2.0 ** max(p - 2, 0)
    won = 0.5 + (wins - np.swapaxes(wins, -1, -2)) / (2 * pairs)
    won[:, np.arange(p), np.arange(p)] = np.nan
    complete = _verdict(wins, np.swapaxes(wins, -1, -2), general)

    def spread(values: FloatArray) -> FloatArray:
        whole = np.full((draws, *values.shape[1:]), np.nan)
        whole[usable] = values
        return whole.reshape((*shape, *values.shape[1:]))

    return Dominance(
        fit=spread(fit), general=spread(general), conditional=spread(conditional), won=spread(won),
        complete=spread(complete), tie=tie,
    )  # fmt: skip


def _verdict(more: NDArray[np.generic], less: NDArray[np.generic], general: FloatArray) -> FloatArray:
    """1 where there is only more, 0 where there is only less, else .5; NaN on the diagonal and for unusable draws."""
    more, less = np.asarray(more) > 0, np.asarray(less) > 0
    verdict = np.where(more & ~less, 1.0, np.where(less & ~more, 0.0, 0.5))
    here = np.arange(general.shape[-1])
    verdict[..., here, here] = np.nan
    verdict[np.isnan(general).any(axis=-1)] = np.nan
    return verdict


def require_few_compared(p: int, most: int) -> None:
    """Refuse more drivers, or groups, than can be compared on every submodel.

    Parameters
    ----------
    p : int
        How many there are.
    most : int
        How many there may be.

    Raises
    ------
    InputError
        If there are more.
    """
    if p > most:
        raise InputError(
            f"{p} drivers have {p * (p - 1) // 2} pairs to compare on {2.0 ** (p - 2):.0e} submodels each; at most "
            f"{most} are. Put drivers that belong together into groups, compare only the ones in question with the "
            "others as always-in, or use conditional dominance, which takes more: `shapley.conditional_dominance`."
        )
