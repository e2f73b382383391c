"""LMG for more drivers than can be enumerated: orders of entry are sampled, and the sampling error is stated.

Orders come in pairs, one and its reverse (antithetic): where a driver enters early in one it enters late in the other,
so that their mean varies less than that of two independent orders. One pass over the covariance matrix gives the gains
of all drivers in an order; the answers themselves are not needed. The Monte-Carlo error is of the computation, not of
the survey: more orders make it as small as wanted, and say nothing about other respondents.
"""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from os import cpu_count
from typing import Final

import numpy as np
from numpy.typing import NDArray

from drivers.defaults import SEED
from drivers.errors import InputError
from drivers.stats.blocks import Groups, given, members_of
from drivers.stats.correlation import correlations
from drivers.stats.shapley import Progress, in_threads

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

BATCH: Final = 64
"""Pairs of orders drawn from one random stream of their own, numbered, whoever works on it."""

ROUND: Final = 4
"""Batches between two looks at the error."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampledShares:
    """LMG shares from sampled orders; also the state from which to go on.

    ``shares`` (k,): part of the outcome's variance, adding up to R2 exactly. ``std_error`` (k,): Monte-Carlo standard
    error of each, in the same units: of the sampling of orders alone. ``squares`` (k,): sum of squared deviations of
    the pairs, from which it comes. ``pairs`` of orders drawn. ``reached``: whether the largest error is within
    ``tolerance``. ``made_of`` tells one problem and seed from another.
    """

    shares: FloatArray
    squares: FloatArray
    pairs: int
    tolerance: float
    seed: int
    made_of: str

    @property
    def std_error(self) -> FloatArray:
        """Monte-Carlo standard error of each share (k,); infinite before there are two pairs."""
        if self.pairs < 2:
            return np.full_like(self.shares, np.inf)
        return np.sqrt(self.squares / (self.pairs - 1) / self.pairs)

    @property
    def reached(self) -> bool:
        """Whether the largest Monte-Carlo standard error is within the tolerance."""
        return bool(self.std_error.max() <= self.tolerance)


def sampled_lmg(
    cov: FloatArray,
    *,
    groups: Groups | None = None,
    always: Sequence[int] = (),
    tolerance: float = 0.001,
    max_pairs: int = 100_000,
    seed: int = SEED,
    workers: int | None = None,
    progress: Callable[[SampledShares], None] | None = None,
    resume: SampledShares | None = None,
) -> SampledShares:
    """Estimate LMG shares from sampled orders of entry, until their error is small enough.

    Parameters
    ----------
    cov : ndarray, shape (p + 1, p + 1)
        Covariances of p drivers and, last, the outcome.
    groups : sequence of sequences of int, optional
        Positions of drivers that enter together and get one share; the default is each one alone.
    always : sequence of int
        Positions of drivers that are in every model; they get no share.
    tolerance : float
        Largest Monte-Carlo standard error to be satisfied with, in R2 units.
    max_pairs : int
        Most pairs of orders to draw, whatever the error.
    seed : int
        Of the random streams.
    workers : int or None
        Threads, which change no number; None takes one per core.
    progress : callable, optional
        Called with the shares so far after each round; what it was last given can be handed in as `resume`.
    resume : SampledShares, optional
        Shares of an earlier call with the same matrix, groups and seed; more orders are added to them, and the result
        is that of a single call.

    Returns
    -------
    SampledShares
        Unbiased for `lmg`, never negative, adding up to R2 (beyond the always-in drivers). Look at ``reached``.

    Raises
    ------
    InputError
        If a position, the tolerance or the number of pairs is out of place, `cov` is no covariance matrix, or `resume`
        belongs to another problem.
    CollinearDriversError
        If a driver does not vary or is an exact mix of others; it carries their positions.

    Notes
    -----
    Time: p³/3 multiplications per pair. That the error is looked at after each round, and sampling stops when it is
    small, biases it by less than its own uncertainty of 4 % after the first round.

    References
    ----------
    Castro, Gomez & Tejada (2009). Computers & Operations Research 36(5), 1726-1730. doi:10.1016/j.cor.2008.04.004
    Bell, Devanathan & Boyd (2024). Statistics and Computing 34, 149. doi:10.1007/s11222-024-10459-9
    """
    if np.ndim(cov) != 2:
        raise InputError(f"Covariances have shape {np.shape(cov)}; one matrix is taken, `sampled_lmg_draws` a stack.")
    if not tolerance > 0 or max_pairs < 2:
        raise InputError(f"tolerance={tolerance} must be above 0 and max_pairs={max_pairs} at least 2.")
    corr = correlations(cov)
    members = members_of(len(corr) - 1, groups, always)
    matrix, left = _arranged(corr[None], members, always)
    made_of = hashlib.sha256(matrix.tobytes() + repr((members, seed)).encode()).hexdigest()[:16]
    if resume is not None and resume.made_of != made_of:
        raise InputError("`resume` holds shares of another matrix, grouping or seed; start again without it.")
    nothing = np.zeros(len(members))
    found = SampledShares(
        shares=nothing, squares=nothing, pairs=0, tolerance=tolerance, seed=seed, made_of=made_of
    ) if resume is None else replace(resume, tolerance=tolerance)  # fmt: skip
    with ThreadPoolExecutor(workers or cpu_count()) as pool:
        while not found.reached and found.pairs < max_pairs:
            after = found.pairs // BATCH
            jobs = [pool.submit(_batch, matrix[0], left, seed, after + k) for k in range(ROUND)]
            for job in jobs:
                found = _joined(found, job.result())
            if progress:
                progress(found)
    return found


def sampled_lmg_draws(
    covs: FloatArray,
    *,
    groups: Groups | None = None,
    always: Sequence[int] = (),
    pairs: int = 256,
    seed: int = SEED,
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[FloatArray, FloatArray]:
    """LMG shares from sampled orders of entry, for every draw of a covariance matrix.

    Parameters
    ----------
    covs : ndarray, shape (draws, p + 1, p + 1)
        One covariance matrix per draw, outcome last.
    groups : sequence of sequences of int, optional
        Positions of drivers that enter together and get one share; the default is each one alone.
    always : sequence of int
        Positions of drivers that are in every model; they get no share.
    pairs : int
        Pairs of orders per draw: the same for all, so that draws can be compared.
    seed : int
        Of the random streams.
    workers : int or None
        Threads, which change no number; None takes one per core.
    progress : callable, optional
        Called with the parts done and all parts.

    Returns
    -------
    shares : ndarray, shape (draws, k)
        As `sampled_lmg`. A draw that cannot be used is a row of NaN, for the caller to count.
    std_error : ndarray, shape (draws, k)
        Monte-Carlo standard error of each. It is part of the spread over draws: keep it well below.

    Raises
    ------
    InputError
        If the shape, a position or the number of pairs is out of place.

    References
    ----------
    Castro, Gomez & Tejada (2009). Computers & Operations Research 36(5), 1726-1730. doi:10.1016/j.cor.2008.04.004
    """
    from drivers.stats.order_walk import gains_in_pairs

    if np.ndim(covs) != 3:
        raise InputError(f"Covariances have shape {np.shape(covs)}; expected (draws, p + 1, p + 1), outcome last.")
    if pairs < 2:
        raise InputError(f"pairs={pairs} leaves no way to tell the error; take at least 2.")
    corr = correlations(covs)
    members = members_of(corr.shape[-1] - 1, groups, always)
    usable = np.flatnonzero(np.isfinite(corr[:, 0, 0]))
    matrix, left = _arranged(corr[usable], members, always)
    orders = np.concatenate([_orders(len(members), seed, batch) for batch in range(-(-pairs // BATCH))])[:pairs]
    shares = np.full((2, len(corr), len(members)), np.nan)

    def work(part: slice) -> None:
        gains = np.empty((pairs, len(members)))
        for draw in range(part.start, part.stop):
            gains_in_pairs(matrix[draw], orders, left, gains)
            shares[0, usable[draw]] = gains.mean(axis=0)
            shares[1, usable[draw]] = gains.std(axis=0, ddof=1) / np.sqrt(pairs)

    parts = [slice(start, min(start + 16, len(usable))) for start in range(0, len(usable), 16)]
    in_threads(work, parts, workers, progress)
    return shares[0], shares[1]


def _arranged(
    corr: FloatArray, members: list[list[int]], always: Sequence[int]
) -> tuple[FloatArray, IntArray]:
    """Take always-in drivers out and put the members of a group side by side; also each group's first column."""
    rest = [j for j in range(corr.shape[-1] - 1) if j not in always]
    columns = [rest.index(j) for group in members for j in group] + [len(rest)]
    matrix = np.ascontiguousarray(given(corr, always)[:, columns][:, :, columns])
    return matrix, np.cumsum([0, *(len(group) for group in members)], dtype=np.int64)


def _orders(groups: int, seed: int, batch: int) -> IntArray:
    """Orders (BATCH, groups) of one batch."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(batch,)))
    return rng.permuted(np.tile(np.arange(groups, dtype=np.int64), (BATCH, 1)), axis=1)


def _batch(matrix: FloatArray, left: IntArray, seed: int, batch: int) -> FloatArray:
    """Gains (BATCH, groups) of one batch of pairs."""
    from drivers.stats.order_walk import gains_in_pairs

    gains = np.empty((BATCH, len(left) - 1))
    gains_in_pairs(matrix, _orders(len(left) - 1, seed, batch), left, gains)
    return gains


def _joined(found: SampledShares, gains: FloatArray) -> SampledShares:
    """Add a batch of pairs to mean and squared deviations (Chan, Golub & LeVeque)."""
    pairs = found.pairs + len(gains)
    mean = gains.mean(axis=0)
    gap = mean - found.shares
    squares = found.squares + ((gains - mean) ** 2).sum(axis=0) + gap**2 * found.pairs * len(gains) / pairs
    return replace(found, shares=found.shares + gap * len(gains) / pairs, squares=squares, pairs=pairs)
