"""Replicate weights made from declared strata and sampling units: jackknife, balanced half-samples, bootstrap."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drivers.errors import InputError, quoted
from drivers.stats.design import Labels, LonelyRule, coded
from drivers.stats.replicates import SCHEMES, FloatArray, replicate_factors

IntArray = NDArray[np.int64]

PRIMES: Final = (3, 7, 11, 19, 23, 31, 43, 47, 59, 67, 71, 79, 83, 103, 107, 127, 131, 139, 151, 163, 167, 179, 191)
"""Primes q = 3 modulo 4, for which Paley's matrix of order q + 1 exists."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Replicates:
    """Replicate weights as multipliers of the full weights.

    ``index`` (m,) sampling unit of each row; ``multiplier`` (G, R) of each unit in each replicate; ``factor`` (R,) for
    `replicate_covariance`; ``df`` units minus strata; ``n_lonely`` strata with a single unit.
    """

    scheme: str
    index: IntArray
    multiplier: FloatArray
    factor: FloatArray
    df: int
    n_lonely: int

    def weights(self, weight: ArrayLike) -> FloatArray:
        """Return the replicate weights (m, R) that belong to the full weights `weight` (m,)."""
        return np.asarray(weight, dtype=np.float64)[:, None] * self.multiplier[self.index]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Plan:
    """Units: ``home`` (G,) stratum of each; ``size`` (H,) units and ``left`` (H,) 1 - f of each stratum."""

    index: IntArray
    home: IntArray
    size: FloatArray
    left: FloatArray

    @property
    def lonely(self) -> IntArray:
        """The single units (their positions) of strata that have no other."""
        return np.flatnonzero(self.size[self.home] == 1)


def replicate_weights(
    scheme: str,
    stratum: Labels | None,
    psu: Labels,
    *,
    fpc: ArrayLike | None = None,
    lonely: LonelyRule = "centre",
    fay: float = 0.3,
    replicates: int = 200,
    rng: np.random.Generator | None = None,
) -> Replicates:
    """Make replicate weights.

    Parameters
    ----------
    scheme : {"JK1", "JKn", "BRR", "Fay", "bootstrap"}
        Leave one unit out of all (JK1) or out of its stratum (JKn); balanced half-samples of paired units (BRR, Fay);
        or draws of n_h - 1 of the n_h units of a stratum with replacement (Rao and Wu).
    stratum, psu : sequence of length m
        Labels; a PSU label used in two strata means two PSUs. Number the rows where everyone is a unit of their own.
        No strata (None) is one stratum; JK1 takes no other.
    fpc : array_like, shape (m,), optional
        Units in the population of the row's stratum.
    lonely : {"centre", "certain", "refuse"}
        What a stratum's only unit adds to the variance: its distance from the mean of all units, nothing, or an error.
    fay : float
        Multiplier of the half-sample that is played down, for "Fay".
    replicates : int
        Number of bootstrap replicates.
    rng : numpy.random.Generator, optional
        For the bootstrap, and needed there.

    Returns
    -------
    Replicates
        For a weighted total, and for a mean where every stratum's units carry the same weight, JK1, JKn, BRR and Fay
        give exactly the variance of `drivers.stats.design.linearized_meat`, finite populations and lonely units
        included; the bootstrap gives it on average.

    Raises
    ------
    InputError
        If the scheme is unknown or does not suit the strata: JK1 with several, BRR and Fay with other than two units
        in each; if `fpc` cannot be, a lonely unit is refused, or the bootstrap has no generator.

    References
    ----------
    .. [1] McCarthy (1969). Review of the International Statistical Institute 37(3), 239-264. doi:10.2307/1402116
    .. [2] Rao & Wu (1988). JASA 83(401), 231-241. doi:10.1080/01621459.1988.10478591
    .. [3] Wolter (2007). Introduction to Variance Estimation, 2nd ed. Springer. doi:10.1007/978-0-387-35099-8
    """
    if scheme not in SCHEMES:
        raise InputError(f"Replicate scheme {scheme!r} is not known; choose one of {quoted(SCHEMES)}.")
    plan = _plan(stratum, psu, fpc)
    if len(plan.lonely) and lonely == "refuse":
        raise InputError(
            f"{len(plan.lonely)} strata hold a single sampling unit. Merge each with a like stratum, or choose "
            'lonely_psu = "centre" (compares it with the mean of all units) or "certain" (adds no variance).'
        )
    centred = plan.lonely if lonely == "centre" else plan.lonely[:0]
    if scheme in ("JK1", "JKn"):
        multiplier, factor = _jackknife(plan, scheme)
    elif scheme == "bootstrap":
        multiplier, factor = _bootstrap(plan, replicates, rng)
    else:
        multiplier, factor = _half_samples(plan, 0.0 if scheme == "BRR" else fay, scheme)
    multiplier = np.hstack([multiplier, _centred(plan, centred)])
    return Replicates(
        scheme=scheme, index=plan.index, multiplier=multiplier,
        factor=np.append(factor, plan.left[plan.home[centred]]),
        df=len(plan.home) - int((plan.size > 0).sum()), n_lonely=len(plan.lonely),
    )


def hadamard(at_least: int) -> FloatArray:
    """Return a Hadamard matrix: entries 1 and -1, columns orthogonal, the first column all 1.

    Parameters
    ----------
    at_least : int
        Least order wanted, up to some thousands.

    Returns
    -------
    ndarray, shape (order, order)
        Of the smallest order that doubling of Paley's matrices reaches.

    References
    ----------
    .. [1] Paley (1933). Journal of Mathematics and Physics 12, 311-320. doi:10.1002/sapm1933121311
    """
    bases = [1, *(q + 1 for q in PRIMES)]
    doubled = [(base * 2**times, base) for base in bases for times in range(14)]
    order, base = min(pair for pair in doubled if pair[0] >= at_least)
    matrix = np.ones((1, 1)) if base == 1 else _paley(base - 1)
    while len(matrix) < order:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix * matrix[:, :1]


def _paley(q: int) -> FloatArray:
    """Paley's matrix of order q + 1 from the squares modulo the prime q = 3 (mod 4)."""
    squares = np.unique(np.arange(1, q) ** 2 % q)
    apart = (np.arange(q)[None, :] - np.arange(q)[:, None]) % q
    character = np.where(apart == 0, 0.0, np.where(np.isin(apart, squares), 1.0, -1.0))
    skew = np.zeros((q + 1, q + 1))
    skew[0, 1:], skew[1:, 0], skew[1:, 1:] = 1.0, -1.0, character
    return skew + np.eye(q + 1)


def _plan(stratum: Labels | None, psu: Labels, fpc: ArrayLike | None) -> _Plan:
    """Lay out units and strata for drawing replicate weights."""
    unit = coded(psu, len(psu))
    layer = coded(stratum, len(psu))
    pairs, index = np.unique(layer * (int(unit.max(initial=0)) + 1) + unit, return_inverse=True)
    home = np.empty(len(pairs), dtype=np.int64)
    home[index] = layer
    size = np.bincount(home).astype(np.float64)
    population = np.full(len(size), np.inf)
    if fpc is not None:
        given = np.broadcast_to(np.asarray(fpc, dtype=np.float64), layer.shape)
        population[layer] = given
        if not np.array_equal(population[layer], given) or (population < size).any():
            raise InputError(
                "`fpc` must be one population size (units, not a fraction) per stratum, at least the sampled units."
            )
    return _Plan(index=index.astype(np.int64), home=home, size=size, left=1 - size / population)


def _jackknife(plan: _Plan, scheme: str) -> tuple[FloatArray, FloatArray]:
    """Leave one unit out at a time and let the others of its stratum stand for it."""
    if scheme == "JK1" and len(plan.size) > 1:
        raise InputError(f"JK1 knows no strata, and there are {len(plan.size)}; use JKn.")
    left_out = np.flatnonzero(plan.size[plan.home] > 1)
    if not len(left_out):
        return np.ones((len(plan.home), 0)), np.ones(0)
    size = plan.size[plan.home[left_out]]
    same = plan.home[:, None] == plan.home[left_out][None, :]
    multiplier = np.where(same, size / (size - 1), 1.0)
    multiplier[left_out, np.arange(len(left_out))] = 0.0
    return multiplier, (size - 1) / size * plan.left[plan.home[left_out]]


def _half_samples(plan: _Plan, fay: float, scheme: str) -> tuple[FloatArray, FloatArray]:
    """Play one unit of every pair up and the other down, in a balanced set of ways."""
    other = int((plan.size > 2).sum())
    if other:
        raise InputError(
            f"{other} of {len(plan.size)} strata have more than two sampling units; {scheme} needs two in each. Use "
            "JKn or the bootstrap."
        )
    paired = np.flatnonzero(plan.size == 2)
    signs = hadamard(len(paired) + 1)[:, 1 : len(paired) + 1]
    reach = (1 - fay) * np.sqrt(plan.left[paired])
    multiplier = np.ones((len(plan.home), len(signs)))
    for place, layer in enumerate(paired):
        one, two = np.flatnonzero(plan.home == layer)
        multiplier[one] += reach[place] * signs[:, place]
        multiplier[two] -= reach[place] * signs[:, place]
    return multiplier, replicate_factors("Fay", len(signs), fay=fay)


def _bootstrap(plan: _Plan, count: int, rng: np.random.Generator | None) -> tuple[FloatArray, FloatArray]:
    """Draw n_h - 1 of n_h units with replacement, rescaled for size and for a finite population."""
    if rng is None:
        raise InputError("Bootstrap replicates need `rng=numpy.random.default_rng(seed)`, so that they repeat exactly.")
    multiplier = np.ones((len(plan.home), count))
    for layer in np.flatnonzero(plan.size > 1):
        inside, size = np.flatnonzero(plan.home == layer), int(plan.size[layer])
        drawn = rng.multinomial(size - 1, np.full(size, 1 / size), size=count).T
        multiplier[inside] += np.sqrt(plan.left[layer]) * (drawn * (size / (size - 1)) - 1)
    return multiplier, replicate_factors("bootstrap", count)


def _centred(plan: _Plan, units: IntArray) -> FloatArray:
    """Replicates in which a lonely unit (G, lonely) is traded for the mean of all units."""
    multiplier = np.full((len(plan.home), len(units)), 1 + 1 / max(len(plan.home), 1))
    multiplier[units, np.arange(len(units))] -= 1
    return multiplier
