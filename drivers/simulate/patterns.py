"""The exact distribution of answer patterns, by Gauss-Hermite quadrature over the shared factor."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from drivers.simulate.people import FloatArray, IntArray, People
from drivers.simulate.spec import CENTRE, POINTS, StoreVisits

NODES = 61
"""Quadrature nodes over the factor; doubling them moves no probability by more than 1e-12 (tested)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patterns:
    """All M = 5^p rating patterns: ``codes`` (M, p) in 1..5, ``chance`` (G, M) per group, rows summing to 1."""

    codes: IntArray
    chance: FloatArray


def patterns(spec: StoreVisits, groups: People, nodes: int = NODES) -> Patterns:
    """Integrate the chance of every rating pattern in every group.

    Parameters
    ----------
    spec : StoreVisits
        The survey.
    groups : People
        Its groups.
    nodes : int
        Quadrature nodes.

    Returns
    -------
    Patterns
        Patterns and their chances; the flat answers are mixed in.

    Notes
    -----
    Given the factor, ratings are independent: the chance of a pattern is the integral of a product of normal
    probabilities over one standard-normal variable, exact to rounding with Gauss-Hermite nodes.
    """
    points, mass = np.polynomial.hermite_e.hermegauss(nodes)
    mass = mass / mass.sum()
    shifts, row = np.unique(groups.shift, axis=0, return_inverse=True)
    chance = np.stack([_integrate(spec, shift, points, mass) for shift in shifts])[row.ravel()]
    codes = np.array(list(product(range(1, POINTS + 1), repeat=len(spec.drivers))))
    flat = np.where((codes == codes[:, :1]).all(axis=1), np.array(spec.flat_shares)[codes[:, 0] - 1], 0.0)
    return Patterns(codes=codes, chance=(1 - spec.flat) * chance + spec.flat * flat)


def _integrate(spec: StoreVisits, shift: FloatArray, points: FloatArray, mass: FloatArray) -> FloatArray:
    """Return the chances (M,) of all patterns for people whose latent opinions are shifted by ``shift`` (p,)."""
    joint = np.ones((len(points), 1))
    for j, driver in enumerate(spec.drivers):
        one = given_eta(shift[j] + driver.loading * points, driver.cuts, np.sqrt(1 - driver.loading**2))
        joint = (joint[:, :, None] * one[:, None, :]).reshape(len(points), -1)
    chance: FloatArray = mass @ joint
    return chance


def rating_chance(found: Patterns, j: int) -> FloatArray:
    """Return the chances (G, 5) of the ratings of driver `j` by group, from those `found` of whole patterns."""
    return np.stack([found.chance[:, found.codes[:, j] == k].sum(axis=1) for k in range(1, POINTS + 1)], axis=1)


def expected_chance(spec: StoreVisits) -> FloatArray:
    """Return the chance of each answer to each expectation question.

    Parameters
    ----------
    spec : StoreVisits
        The survey.

    Returns
    -------
    ndarray, shape (p, 5)
        One row per driver; the same in every group. Loadings do not matter to one item taken alone.
    """
    rows = [given_eta(np.array(d.expected), d.cuts, 1.0) for d in spec.drivers]
    return (1 - spec.flat) * np.stack(rows) + spec.flat * np.array(spec.flat_shares)


def outcome_chance(
    spec: StoreVisits, groups: People, found: Patterns, cuts: tuple[float, ...], noise: float
) -> FloatArray:
    """Integrate the chance of each outcome category in every group, the unexposed counted as they are.

    Parameters
    ----------
    spec : StoreVisits
        The survey.
    groups : People
        Its groups.
    found : Patterns
        Chances of the rating patterns.
    cuts : tuple of float, length K - 1
        Cut points of the outcome on the latent scale centred at ratings of 4.
    noise : float
        Standard deviation of everything latent that the ratings do not explain.

    Returns
    -------
    ndarray, shape (G, K)
        Category chances; rows sum to 1.
    """
    total = np.zeros((len(groups.mass), len(cuts) + 1))
    sometimes = [j for j in range(len(spec.drivers)) if groups.applies[:, j].min() < 1]
    for size in range(len(sometimes) + 1):
        for absent in combinations(sometimes, size):
            here = np.ones(len(groups.mass))
            for j in sometimes:
                here *= 1 - groups.applies[:, j] if j in absent else groups.applies[:, j]
            for slopes, inside in by_slopes(spec, groups.wave):
                eta = latent_mean(spec, found.codes, slopes, absent)
                total[inside] += here[inside, None] * (found.chance[inside] @ given_eta(eta, cuts, noise))
    return total


def by_slopes(spec: StoreVisits, wave: IntArray) -> list[tuple[FloatArray, NDArray[np.bool_]]]:
    """Return the slopes (p,) of the survey `spec` and where (n,) in `wave` (n,) they hold, one entry where none moves.

    Slopes that no entry of `wave` has are left out.
    """
    each = np.array([spec.slopes(t) for t in range(spec.waves)])
    distinct, which = np.unique(each, axis=0, return_inverse=True)
    which = which.reshape(-1)[wave]
    return [(slopes, which == k) for k, slopes in enumerate(distinct) if (which == k).any()]


def latent_mean(
    spec: StoreVisits, codes: IntArray, slopes: FloatArray, absent: tuple[int, ...] = ()
) -> FloatArray:
    """Return the latent outcome (m,) of rating patterns (m, p); absent drivers count as ``spec.neutral``.

    Parameters
    ----------
    spec : StoreVisits
        The survey.
    codes : ndarray of int, shape (m, p)
        Ratings in 1..5.
    slopes : ndarray, shape (p,)
        Latent outcome units per rating point.
    absent : tuple of int
        Positions of drivers that do not apply.

    Returns
    -------
    ndarray, shape (m,)
        Latent units; 0 where all ratings are 4.
    """
    acted = codes.astype(np.float64)
    acted[:, list(absent)] = spec.neutral
    latent: FloatArray = (acted - CENTRE) @ slopes
    return latent


def given_eta(centre: FloatArray, cuts: tuple[float, ...], sd: float) -> FloatArray:
    """Return the chances (..., K) of the categories between `cuts` of a normal variable with mean `centre` and `sd`."""
    below = ndtr((np.array(cuts) - centre[..., None]) / sd)
    return np.diff(below, axis=-1, prepend=0.0, append=1.0)
