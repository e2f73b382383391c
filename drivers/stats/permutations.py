"""LMG for more drivers than can be enumerated: orders of entry are sampled, and the sampling error is stated.

Orders come in cycles: a random one, then the same begun at its second driver, its third, and so on round, and all of
these reversed. In a cycle of p drivers every one enters twice at every place, first to last. As what a driver adds
depends most of all on how early it enters, cycles have a smaller variance than as many independent orders: several
times smaller where drivers hardly go together, a hundred times where they share a halo. One pass over the covariance
matrix gives the gains of all drivers in an order; the answers themselves are not needed. The Monte-Carlo error is of
the computation, not of the survey: more cycles make it as small as wanted, and say nothing about other respondents.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
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

BATCH: Final = 8
"""Cycles drawn from one random stream of their own, numbered, whoever works on it."""

ROUND: Final = 4
"""Batches between two looks at the error."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampledShares:
    """LMG shares from sampled orders; also the state from which to go on.

    ``shares`` (k,): part of the outcome's variance, adding up to R2 exactly. ``squares`` (k,): sum of squared
    deviations of the cycles, from which ``std_error`` comes. ``cycles`` drawn, of ``orders`` orders. ``tolerance`` and
    ``seed`` as asked for. ``made_of`` tells one problem and seed from another.
    """

    shares: FloatArray
    squares: FloatArray
    cycles: int
    tolerance: float
    seed: int
    made_of: str

    @property
    def std_error(self) -> FloatArray:
        """Monte-Carlo standard error of each share (k,), in its units; infinite before there are two cycles."""
        if self.cycles < 2:
            return np.full_like(self.shares, np.inf)
        return np.sqrt(self.squares / (self.cycles - 1) / self.cycles)

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Return what `state_of` needs to go on from here, as arrays."""
        return {
            "shares": self.shares, "squares": self.squares, "cycles": np.array(self.cycles),
            "made_of": np.array(self.made_of),
        }

    @property
    def orders(self) -> int:
        """Orders of entry that were gone through."""
        return 2 * len(self.shares) * self.cycles

    @property
    def reached(self) -> bool:
        """Whether the largest Monte-Carlo standard error is within the tolerance."""
        return bool(self.std_error.max() <= self.tolerance)


def state_of(kept: Mapping[str, NDArray[np.generic]], tolerance: float, seed: int) -> SampledShares:
    """Return the shares of which `kept` is the ``state()``, to go on to `tolerance` with the same `seed`."""
    return SampledShares(
        shares=np.asarray(kept["shares"], dtype=np.float64), squares=np.asarray(kept["squares"], dtype=np.float64),
        cycles=int(kept["cycles"]), tolerance=tolerance, seed=seed, made_of=str(kept["made_of"]),
    )


def sampled_lmg(
    cov: FloatArray,
    *,
    groups: Groups | None = None,
    always: Sequence[int] = (),
    tolerance: float = 0.001,
    max_cycles: int = 10_000,
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
    max_cycles : int
        Most cycles to draw, whatever the error; a round of 32 is finished.
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
        If a position, the tolerance or the number of cycles is out of place, `cov` is no covariance matrix, or `resume`
        belongs to another problem.
    CollinearDriversError
        If a driver does not vary or is an exact mix of others; it carries their positions.

    Notes
    -----
    Time: p^4/3 multiplications per cycle. A reversed order is an antithetic partner; going round is stratified sampling
    by place of entry [2]_. The error itself is known to about 13 % after the first round.

    References
    ----------
    .. [1] Castro, Gomez & Tejada (2009). Computers & Operations Research 36(5), 1726-1730.
       doi:10.1016/j.cor.2008.04.004
    .. [2] Castro, Gomez, Molina & Tejada (2017). Computers & Operations Research 82, 180-188.
       doi:10.1016/j.cor.2017.01.019
    .. [3] Bell, Devanathan & Boyd (2024). Statistics and Computing 34, 149. doi:10.1007/s11222-024-10459-9
    """
    if np.ndim(cov) != 2:
        raise InputError(f"Covariances have shape {np.shape(cov)}; one matrix is taken, `sampled_lmg_draws` a stack.")
    if not tolerance > 0 or max_cycles < 2:
        raise InputError(f"tolerance={tolerance} must be above 0 and max_cycles={max_cycles} at least 2.")
    corr = correlations(cov)
    members = members_of(len(corr) - 1, groups, always)
    matrix, left = _arranged(corr[None], members, always)
    made_of = hashlib.sha256(matrix.tobytes() + repr((members, seed)).encode()).hexdigest()[:16]
    if resume is not None and resume.made_of != made_of:
        raise InputError("`resume` holds shares of another matrix, grouping or seed; start again without it.")
    nothing = np.zeros(len(members))
    found = SampledShares(
        shares=nothing, squares=nothing, cycles=0, tolerance=tolerance, seed=seed, made_of=made_of
    ) if resume is None else replace(resume, tolerance=tolerance)  # fmt: skip
    with ThreadPoolExecutor(workers or cpu_count()) as pool:
        while not found.reached and found.cycles < max_cycles:
            after = found.cycles // BATCH
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
    cycles: int = 16,
    seed: int = SEED,
    workers: int | None = None,
    progress: Progress | None = None,
    around: FloatArray | None = None,
    known: FloatArray | None = None,
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
    cycles : int
        Cycles of orders per draw: the same for all, so that draws can be compared.
    seed : int
        Of the random streams.
    workers : int or None
        Threads, which change no number; None takes one per core.
    progress : callable, optional
        Called with the parts done and all parts.
    around : ndarray, shape (p + 1, p + 1), optional
        A matrix near all draws, whose shares are ``known`` (k,): the draws' distance from it is sampled in place of
        the shares themselves. All draws share the same orders, so that what is missed of one is missed of all.
    known : ndarray, shape (k,), optional
        LMG shares of ``around``.

    Returns
    -------
    shares : ndarray, shape (draws, k)
        As `sampled_lmg`. A draw that cannot be used is a row of NaN, for the caller to count.
    std_error : ndarray, shape (draws, k)
        Monte-Carlo standard error of each. It is part of the spread over draws: keep it well below.

    Raises
    ------
    InputError
        If the shape, a position or the number of cycles is out of place.

    References
    ----------
    Castro, Gomez & Tejada (2009). Computers & Operations Research 36(5), 1726-1730. doi:10.1016/j.cor.2008.04.004
    Glasserman (2003). Monte Carlo Methods in Financial Engineering, section 4.1 (control variates). Springer.
    doi:10.1007/978-0-387-21617-1
    """
    if np.ndim(covs) != 3:
        raise InputError(f"Covariances have shape {np.shape(covs)}; expected (draws, p + 1, p + 1), outcome last.")
    if cycles < 2:
        raise InputError(f"cycles={cycles} leaves no way to tell the error; take at least 2.")
    corr = correlations(covs)
    members = members_of(corr.shape[-1] - 1, groups, always)
    usable = np.flatnonzero(np.isfinite(corr[:, 0, 0]))
    matrix, left = _arranged(corr[usable], members, always)
    orders = np.concatenate([_orders(len(members), seed, batch) for batch in range(-(-cycles // BATCH))])
    orders = orders[: cycles * len(members)]
    shares = np.full((2, len(corr), len(members)), np.nan)
    centre, there = np.zeros(len(members)), np.zeros((cycles, len(members)))
    if around is not None and known is not None:
        near, _ = _arranged(correlations(around)[None], members, always)
        centre, there = known, _gains(near[0], left, orders)

    def work(part: slice) -> None:
        for draw in range(part.start, part.stop):
            gains = _gains(matrix[draw], left, orders) - there
            shares[0, usable[draw]] = centre + gains.mean(axis=0)
            shares[1, usable[draw]] = gains.std(axis=0, ddof=1) / np.sqrt(cycles)

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
    """Orders (BATCH * groups, groups) of one batch of cycles, one cycle after the other; to be reversed as well."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(batch,)))
    begun = rng.permuted(np.tile(np.arange(groups, dtype=np.int64), (BATCH, 1)), axis=1)
    turned = (np.arange(groups)[:, None] + np.arange(groups)) % groups
    return np.ascontiguousarray(begun[:, turned].reshape(-1, groups))


def _gains(matrix: FloatArray, left: IntArray, orders: IntArray) -> FloatArray:
    """Mean gains (cycles, groups) of whole cycles."""
    from drivers.stats.order_walk import gains_in_pairs

    groups = len(left) - 1
    gains = np.empty((len(orders), groups))
    gains_in_pairs(matrix, orders, left, gains)
    means: FloatArray = gains.reshape(-1, groups, groups).mean(axis=1)
    return means


def _batch(matrix: FloatArray, left: IntArray, seed: int, batch: int) -> FloatArray:
    """Gains (BATCH, groups) of one batch of cycles."""
    return _gains(matrix, left, _orders(len(left) - 1, seed, batch))


def _joined(found: SampledShares, gains: FloatArray) -> SampledShares:
    """Add a batch of cycles to mean and squared deviations (Chan, Golub & LeVeque)."""
    cycles = found.cycles + len(gains)
    mean = gains.mean(axis=0)
    gap = mean - found.shares
    squares = found.squares + ((gains - mean) ** 2).sum(axis=0) + gap**2 * found.cycles * len(gains) / cycles
    return replace(found, shares=found.shares + gap * len(gains) / cycles, squares=squares, cycles=cycles)
