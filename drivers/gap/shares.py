"""LMG of several sums of outcomes off the same draws: exact for few drivers, sampled orders where many would wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from drivers.defaults import MOST_GAP_SUBSETS
from drivers.gap.joint_moments import JointMoments
from drivers.importance.blocks import blocks_of
from drivers.importance.shares import CYCLES, Shares, take_shares
from drivers.stats.permutations import sampled_lmg_draws


def outcome_shares(moments: JointMoments, weights: Sequence[Sequence[float]]) -> list[Shares]:
    """Return shares of each sum of outcomes.

    Parameters
    ----------
    moments : JointMoments
        Drivers and outcomes.
    weights : sequence of sequence of float
        How often each outcome counts in each sum.

    Returns
    -------
    list of Shares
        Draw by draw comparable: all come from the same covariances and, where sampled, the same orders.
    """
    blocks, found = blocks_of(moments.drivers), []
    many = len(moments.covs) * 2 ** len(moments.drivers) > MOST_GAP_SUBSETS
    for each in weights:
        point, stack = moments.covariance(each, False), moments.covariance(each, True)
        if not many:
            found.append(take_shares("lmg", point, stack, blocks, moments.seed))
            continue
        one = take_shares("lmg", point, stack[:1], blocks, moments.seed)
        draws, error = sampled_lmg_draws(
            stack, groups=blocks.groups, cycles=CYCLES, seed=moments.seed, around=point, known=one.estimate
        )
        found.append(replace(one, draws=draws, asked=len(stack), draws_mc_error=error.mean(axis=0)))
    return found
