"""Point and draws of one measure, exact where that can be waited for, else from sampled orders of entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from drivers.defaults import MC_TOLERANCE, MOST_EXACT, MOST_SUBSETS
from drivers.importance.blocks import Blocks
from drivers.work.pace import Told, in_chunks
from drivers.work.resumable import Kept

if TYPE_CHECKING:
    from drivers.stats.permutations import SampledShares

FloatArray = NDArray[np.float64]

CYCLES: Final = 4
"""Cycles of orders per draw, of which only the distance from the estimate is sampled: that errs by some hundredths of
the sampling spread of a share, where the shares themselves would by a third, or by all of it if drivers are alike."""

SUBSETS_AT_ONCE: Final = 1 << 27
"""Subsets visited between two looks at the clock: about a second."""

STEPS_AT_ONCE: Final = 500_000_000
"""The same for sampled orders, in fourth powers of the number of rows."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shares:
    """Shares of k rows: ``estimate`` (k,) and ``draws`` (S, k), NaN where a draw has none.

    ``mc_error`` (k,) is the Monte-Carlo standard error of the estimate and ``draws_mc_error`` (k,) that of a draw,
    None where they are exact. ``asked`` draws were wanted; fewer are there when the work was stopped.
    """

    estimate: FloatArray
    draws: FloatArray
    asked: int
    mc_error: FloatArray | None = None
    draws_mc_error: FloatArray | None = None

    def notes(self) -> tuple[str, ...]:
        """Say what is not exact, and what is not there."""
        said = []
        if self.mc_error is not None:
            said.append(
                f"Shares come from sampled orders of entry: Monte-Carlo error at most {self.mc_error.max():.5f} R2 "
                "(of the computation; not part of the intervals' sampling error)."
            )
        if self.draws_mc_error is not None:
            spread = np.nanstd(self.draws, axis=0)
            part = float(np.max(self.draws_mc_error / np.where(spread > 0, spread, np.nan), initial=0.0))
            said.append(
                f"Intervals rest on draws with {CYCLES} cycles of sampled orders each: Monte-Carlo error at most "
                f"{self.draws_mc_error.max():.5f} R2, {part:.0%} of the spread between draws."
            )
        if len(self.draws) < self.asked:
            said.append(f"Stopped early: intervals rest on the {len(self.draws):,} of {self.asked:,} draws made.")
        return tuple(said)


def take_shares(measure: str, point: FloatArray, stack: FloatArray, blocks: Blocks, seed: int) -> Shares:
    """Compute a measure for the estimate and for every draw.

    Parameters
    ----------
    measure : str
        A name in `drivers.stats.measures.MEASURES`.
    point : ndarray, shape (p + 1, p + 1)
        Covariances of the drivers and, last, the outcome.
    stack : ndarray, shape (S, p + 1, p + 1)
        The same by draw.
    blocks : Blocks
        Rows, and always-in drivers.
    seed : int
        Of sampled orders.

    Returns
    -------
    Shares
        LMG is exact for up to `MOST_EXACT` rows, and in draws while they have at most `MOST_SUBSETS` subsets together;
        beyond, orders of entry are sampled. All other measures are exact.

    Raises
    ------
    InputError
        If the measure is not defined for groups.
    """
    from drivers.stats.measures import measured

    if measure == "lmg":
        estimate, error = lmg_of(point, blocks, seed)
        draws, draws_error = lmg_of_draws(stack, blocks, seed, MOST_SUBSETS, point, estimate)
        return Shares(estimate=estimate, draws=draws, asked=len(stack), mc_error=error, draws_mc_error=draws_error)
    rest = [j for j in range(point.shape[-1] - 1) if j not in blocks.always]
    alone = None if blocks.grouped else [rest.index(places[0]) for places in blocks.members]

    def exact(cov: FloatArray) -> FloatArray:
        if alone is None:
            return measured(measure, cov, groups=blocks.groups, always=blocks.always)
        return measured(measure, cov, always=blocks.always)[..., alone]

    return Shares(estimate=exact(point), draws=exact(stack), asked=len(stack))


def lmg_of(point: FloatArray, blocks: Blocks, seed: int) -> tuple[FloatArray, FloatArray | None]:
    """Split the R2 of one matrix by LMG.

    Parameters
    ----------
    point : ndarray, shape (p + 1, p + 1)
        Covariances of the drivers and, last, the outcome.
    blocks : Blocks
        Rows, and always-in drivers.
    seed : int
        Of sampled orders.

    Returns
    -------
    shares : ndarray, shape (k,)
        Exact for up to `MOST_EXACT` rows.
    mc_error : ndarray, shape (k,), or None
        Monte-Carlo standard error where orders of entry were sampled.
    """
    from drivers.stats.shapley import lmg

    if len(blocks.names) <= MOST_EXACT:
        return lmg(point, groups=blocks.groups, always=blocks.always), None
    found = _sampled_estimate(point, blocks, seed, _named(blocks))
    return found.shares, found.std_error


def lmg_of_draws(
    stack: FloatArray, blocks: Blocks, seed: int, most: int, around: FloatArray, known: FloatArray
) -> tuple[FloatArray, FloatArray | None]:
    """Split the R2 of every draw by LMG; what lasts tells its pace and is kept.

    Parameters
    ----------
    stack : ndarray, shape (S, p + 1, p + 1)
        Covariances of the drivers and, last, the outcome, by draw.
    blocks : Blocks
        Rows, and always-in drivers.
    seed : int
        Of sampled orders.
    most : int
        Subsets of all draws together up to which every one is visited.
    around : ndarray, shape (p + 1, p + 1)
        The matrix the draws lie around, of which the shares are ``known`` (k,).
    known : ndarray, shape (k,)
        Shares from which those of draws are told apart, where orders are sampled.

    Returns
    -------
    shares : ndarray, shape (made, k)
        NaN where a draw has none; fewer than S where the work was stopped.
    mc_error : ndarray, shape (k,), or None
        Mean Monte-Carlo standard error of a draw where orders of entry were sampled.
    """
    from drivers.stats.permutations import sampled_lmg_draws
    from drivers.stats.shapley import lmg_draws

    k = len(blocks.names)
    if k <= MOST_EXACT and len(stack) * 2**k <= most:
        return in_chunks(
            lambda part: lmg_draws(part, groups=blocks.groups, always=blocks.always), stack,
            step=max(1, SUBSETS_AT_ONCE >> k), what=_named(blocks), made_of=("exact", blocks),
        ), None  # fmt: skip

    def sampled(part: FloatArray) -> FloatArray:
        found = sampled_lmg_draws(
            part, groups=blocks.groups, always=blocks.always, cycles=CYCLES, seed=seed, around=around, known=known
        )
        return np.stack(found, axis=1)

    both = in_chunks(
        sampled, stack, step=max(1, STEPS_AT_ONCE // k**4), what=f"{_named(blocks)}, orders sampled",
        made_of=("sampled around", blocks, CYCLES, seed, around, known),
    )
    usable = both[np.isfinite(both[:, 0]).all(axis=1), 1]
    return both[:, 0], usable.mean(axis=0) if len(usable) else np.full(k, np.nan)


def _named(blocks: Blocks) -> str:
    return f"LMG of {len(blocks.names)} rows"


def _sampled_estimate(point: FloatArray, blocks: Blocks, seed: int, what: str) -> SampledShares:
    """Sample orders for the estimate until the error is small enough; what is sampled is kept on the way."""
    from drivers.stats.permutations import sampled_lmg, state_of

    kept = Kept("sampled estimate", point, blocks, seed)
    told, early = Told(f"{what}, orders sampled for the estimate"), kept.load("state")

    def progress(found: SampledShares) -> None:
        # the error falls with the root of the cycles, which tells how many there will be
        told(found.cycles, int(found.cycles * max((found.std_error.max() / MC_TOLERANCE) ** 2, 1.0)))
        if kept.due:
            kept.save("state", found.state())

    return sampled_lmg(
        point, groups=blocks.groups, always=blocks.always, tolerance=MC_TOLERANCE, seed=seed, progress=progress,
        resume=state_of(early, MC_TOLERANCE, seed) if early else None,
    )
