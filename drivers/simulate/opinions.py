"""Draw what people think and answer, before anything goes missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.simulate.patterns import by_slopes
from drivers.simulate.people import FloatArray, IntArray, People
from drivers.simulate.spec import CENTRE, POINTS, StoreVisits

SHORTEST_WAIT = 0.1
"""Minutes are written to one decimal; nobody waits less than this."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Opinions:
    """Complete answers of n people to p drivers.

    ``group`` (n,) row of `People`; ``ratings`` and ``expected`` (n, p) in 1..5; ``applies`` (n, p); ``satisfaction``
    (n,) in 1..5, or uncut; ``recommend`` (n,) in 0..10; ``minutes`` (n,) waited; ``branch`` (n,), -1 without branches.
    """

    group: IntArray
    ratings: IntArray
    expected: IntArray
    applies: NDArray[np.bool_]
    satisfaction: FloatArray
    recommend: IntArray
    minutes: FloatArray
    branch: IntArray


def draw_opinions(
    spec: StoreVisits, groups: People, group: IntArray, rng: np.random.Generator, before: IntArray | None = None
) -> Opinions:
    """Draw complete answers for people of known groups.

    Parameters
    ----------
    spec : StoreVisits
        The survey.
    groups : People
        Its groups.
    group : ndarray of int, shape (n,)
        The group of each person.
    rng : Generator
        Source of chance.
    before : ndarray of int, shape (n,), optional
        Where the same person answered in the wave before; -1 for people who did not. Nobody did without it.

    Returns
    -------
    Opinions
        Ratings on 1..5, expectations, outcomes and minutes, nothing missing.
    """
    n, p = len(group), len(spec.drivers)
    before = np.full(n, -1) if before is None else before
    wave = groups.wave[group]
    factor, branch = _factor(spec, groups, group, rng, before)
    loading = np.array([d.loading for d in spec.drivers])
    own = remembered(rng.standard_normal((n, p)), before, wave, spec.memory)
    latent = groups.shift[group] + factor[:, None] * loading + own * np.sqrt(1 - loading**2)
    ratings = _cut(latent, spec)
    expected = _cut(_expected(spec, factor, rng), spec)
    flat = rng.random(n) < spec.flat
    code = rng.choice(POINTS, size=n, p=spec.flat_shares) + 1
    ratings, expected = (np.where(flat[:, None], code[:, None], grid) for grid in (ratings, expected))
    applies = rng.random((n, p)) < groups.applies[group]
    acted = np.where(applies, ratings, spec.neutral)
    outcome = np.empty(n)
    for slopes, inside in by_slopes(spec, wave):
        outcome[inside] = (acted[inside] - CENTRE) @ slopes
    outcome += spec.noise * remembered(rng.standard_normal(n), before, wave, spec.memory)
    further = outcome + spec.recommend_noise * rng.standard_normal(n)
    satisfaction = np.round(CENTRE + outcome, 4)
    if spec.link == "probit":
        satisfaction = 1.0 + np.searchsorted(spec.cuts, outcome).astype(np.float64)
    return Opinions(
        group=group, ratings=ratings, expected=expected, applies=applies, satisfaction=satisfaction,
        recommend=np.searchsorted(spec.recommend_cuts, further), minutes=_minutes(spec, groups, group, latent, rng),
        branch=branch,
    )


def remembered(fresh: FloatArray, before: IntArray, wave: IntArray, memory: float) -> FloatArray:
    """Return standard-normal numbers (n, ...) in which a person has the correlation `memory` from wave to wave.

    `fresh` are independent ones, `before` (n,) says where the same person stands in the wave before (-1: nowhere), and
    `wave` (n,) in which wave each number is. Every number alone stays standard normal.
    """
    found = fresh.copy()
    for now in np.unique(wave[before >= 0]):
        rows = np.flatnonzero((wave == now) & (before >= 0))
        found[rows] = memory * found[before[rows]] + np.sqrt(1 - memory**2) * fresh[rows]
    return found


def _factor(
    spec: StoreVisits, groups: People, group: IntArray, rng: np.random.Generator, before: IntArray
) -> tuple[FloatArray, IntArray]:
    """Draw the factor (n,) that a person's opinions share, partly that of a branch, and the branch (n,)."""
    own = remembered(rng.standard_normal(len(group)), before, groups.wave[group], spec.memory)
    if not spec.branches:
        return own, np.full(len(group), -1)
    branch = rng.integers(spec.branches, size=len(group))
    shared = rng.standard_normal((len(spec.regions), spec.branches))[groups.region[group], branch]
    return np.sqrt(spec.icc) * shared + np.sqrt(1 - spec.icc) * own, branch


def _expected(spec: StoreVisits, factor: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw latent expectations (n, p), whose own factor goes along with that of the opinions."""
    n, p = len(factor), len(spec.drivers)
    loading = np.array([d.expected_loading for d in spec.drivers])
    second = spec.expected_halo * factor + np.sqrt(1 - spec.expected_halo**2) * rng.standard_normal(n)
    mean = np.array([d.expected for d in spec.drivers])
    return mean + second[:, None] * loading + rng.standard_normal((n, p)) * np.sqrt(1 - loading**2)


def _cut(latent: FloatArray, spec: StoreVisits) -> IntArray:
    """Return ratings (n, p) in 1..5 of latent opinions."""
    return np.stack([1 + np.searchsorted(d.cuts, latent[:, j]) for j, d in enumerate(spec.drivers)], axis=1)


def _minutes(
    spec: StoreVisits, groups: People, group: IntArray, latent: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Return minutes waited, log-normal, shorter where the latent opinion of `wait_driver` is better."""
    speed = latent[:, wait_driver(spec)]
    centre = np.log(np.array(spec.wait_median))[groups.channel[group]]
    log_minutes = centre - spec.wait_slope * speed + spec.wait_noise * rng.standard_normal(len(group))
    return np.maximum(np.round(np.exp(log_minutes), 1), SHORTEST_WAIT)


def wait_driver(spec: StoreVisits) -> int:
    """Return the position of the driver tied to the minutes waited: `service_speed`, else the first.

    Parameters
    ----------
    spec : StoreVisits
        The survey.

    Returns
    -------
    int
        Position among the drivers, from 0.
    """
    names = [d.name for d in spec.drivers]
    return names.index("service_speed") if "service_speed" in names else 0
