"""What acting on a driver does in the simulated population, by integration: the truth a what-if is measured against."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations

import numpy as np

from drivers.errors import InputError, nearest
from drivers.simulate.patterns import Patterns, by_slopes, given_eta, latent_mean, patterns, rating_chance
from drivers.simulate.people import FloatArray, People, people
from drivers.simulate.population import parts
from drivers.simulate.spec import POINTS, StoreVisits
from drivers.simulate.truth_scores import DETRACTOR, PROMOTER


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Transport:
    """Where ratings go: ``shares`` (G, 5, V), or (1, 5, V), of each rating, by group, to new ``values`` (V,)."""

    values: FloatArray
    shares: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class DoEffect:
    """True change under an action.

    ``mean`` and ``top2`` of satisfaction, ``nps`` and ``recommend`` (the mean) of the likelihood to recommend;
    ``possible`` average move of the driver's ratings, among those to whom it applies.
    """

    mean: float
    top2: float
    nps: float
    recommend: float
    possible: float


def shifted(by: float) -> Transport:
    """Return the transport that moves every rating `by` so many points, as far as the scale goes."""
    return _to_values(np.clip(np.arange(1, POINTS + 1) + by, 1, POINTS))


def lifted(to: float) -> Transport:
    """Return the transport that lifts every rating below `to` up to it."""
    return _to_values(np.maximum(np.arange(1, POINTS + 1), to))


def matched(spec: StoreVisits, driver: str, to: str) -> Transport:
    """Return the transport by which every channel, region or wave rates a driver as one of them does.

    Parameters
    ----------
    spec : StoreVisits
        The survey.
    driver : str
        The driver.
    to : str
        The part of the population to match, such as "channel=chat".

    Returns
    -------
    Transport
        Who stands at rank u among the ratings of a channel gets the rating at rank u of the target, ranks within one
        rating spread evenly: ``new = Q_to(F_channel)``.
    """
    groups, _ = _laid_out(replace(spec, seed=0))
    column = to.partition("=")[0]
    edges = np.append(0.0, np.cumsum(rating_distribution(spec, driver, to)))
    shares = np.zeros((len(groups.mass), POINTS, POINTS))
    for name, mass in parts(spec, groups):
        if name.partition("=")[0] != column:
            continue
        own = np.append(0.0, np.cumsum(rating_distribution(spec, driver, name)))
        for a in range(POINTS):
            for b in range(POINTS):
                overlap = min(own[a + 1], edges[b + 1]) - max(own[a], edges[b])
                shares[mass > 0, a, b] = max(overlap, 0.0) / (own[a + 1] - own[a])
    return Transport(values=np.arange(1.0, POINTS + 1), shares=shares)


def do_effect(spec: StoreVisits, driver: str, transport: Transport, group: str = "all", among: str = "all") -> DoEffect:
    """Integrate what an action on one driver changes.

    Parameters
    ----------
    spec : StoreVisits
        The survey. Its seed, size, sampling and missing answers do not matter.
    driver : str
        The driver acted on; all others stay.
    transport : Transport
        Where its ratings go, such as ``shifted(0.5)``.
    group : str
        Whose outcome is told: "all", or such as "channel=phone".
    among : str
        Who is acted on: "all", or such as "channel=phone".

    Returns
    -------
    DoEffect
        After less before. Nobody to whom the driver does not apply is moved.

    Raises
    ------
    InputError
        If the driver or a group is not in the survey.
    """
    groups, found = _laid_out(replace(spec, seed=0))
    names = [one.name for one in spec.drivers]
    if driver not in names:
        raise InputError(f"{nearest(driver, names)} is not a driver of the simulated survey.")
    j = names.index(driver)
    told = dict(parts(spec, groups))
    for name in (group, among):
        if name not in told:
            raise InputError(f"{nearest(name, told)} is no part of the simulated population.")
    acted = told[among] > 0
    rated = rating_chance(found, j)
    values = transport.values
    shares = np.broadcast_to(transport.shares, (len(groups.mass), *transport.shares.shape[1:]))
    mass = told[group] / told[group].sum()
    change = {}
    for outcome, cuts, noise in (
        ("satisfaction", spec.cuts, spec.noise),
        ("recommend", spec.recommend_cuts, float(np.hypot(spec.noise, spec.recommend_noise))),
    ):
        moved = _moved_chance(spec, groups, found, j, values, shares, cuts, noise)
        change[outcome] = (mass * acted) @ moved
    satisfied, reach = change["satisfaction"], change["recommend"]
    way = (shares * (values - np.arange(1, POINTS + 1)[:, None])).sum(axis=-1)
    here = told[among] * groups.applies[:, j]
    return DoEffect(
        mean=float(satisfied @ np.arange(1, POINTS + 1)), top2=float(satisfied[-2:].sum()),
        nps=float(100 * (reach[PROMOTER:].sum() - reach[: DETRACTOR + 1].sum())),
        recommend=float(reach @ np.arange(len(reach))), possible=float(here @ (rated * way).sum(axis=1) / here.sum()),
    )  # fmt: skip


def rating_distribution(spec: StoreVisits, driver: str, group: str) -> FloatArray:
    """Return the chances of a driver's ratings in a part of the population.

    Parameters
    ----------
    spec : StoreVisits
        The survey.
    driver : str
        The driver.
    group : str
        Such as "channel=chat".

    Returns
    -------
    ndarray, shape (5,)
        Among those to whom it applies.
    """
    groups, found = _laid_out(replace(spec, seed=0))
    j = [one.name for one in spec.drivers].index(driver)
    mass = dict(parts(spec, groups))[group] * groups.applies[:, j]
    chance: FloatArray = mass @ rating_chance(found, j) / mass.sum()
    return chance


@lru_cache(maxsize=8)
def _laid_out(spec: StoreVisits) -> tuple[People, Patterns]:
    """Return the groups and patterns of a survey, kept for the last few surveys asked for."""
    groups = people(spec)
    return groups, patterns(spec, groups)


def _to_values(target: FloatArray) -> Transport:
    """Return the transport that takes each of the five ratings to the value at its place."""
    return Transport(values=np.asarray(target, dtype=np.float64), shares=np.eye(POINTS)[None])


def _moved_chance(
    spec: StoreVisits, groups: People, found: Patterns, j: int, values: FloatArray, shares: FloatArray,
    cuts: tuple[float, ...], noise: float,
) -> FloatArray:
    """Return the change (G, K) of the chances of an outcome's categories when driver `j` is moved."""
    change = np.zeros((len(groups.mass), len(cuts) + 1))
    sometimes = [k for k in range(len(spec.drivers)) if groups.applies[:, k].min() < 1]
    rating = found.codes[:, j] - 1
    for size in range(len(sometimes) + 1):
        for absent in combinations(sometimes, size):
            if j in absent:
                continue  # nobody is moved on what does not apply
            here = np.ones(len(groups.mass))
            for k in sometimes:
                here *= 1 - groups.applies[:, k] if k in absent else groups.applies[:, k]
            for slopes, inside in by_slopes(spec, groups.wave):
                eta = latent_mean(spec, found.codes, slopes, absent)
                now = given_eta(eta, cuts, noise)
                for v, value in enumerate(values):
                    then = given_eta(eta + slopes[j] * (value - found.codes[:, j]), cuts, noise)
                    moved = found.chance[inside] * shares[inside][:, rating, v]
                    change[inside] += here[inside, None] * (moved @ (then - now))
    return change
