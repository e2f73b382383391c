"""A population of five-point answers whose slopes and shares are known by integration, and ways to survey it.

Nothing here is estimated: the chance of every answer pattern is an integral over the one factor drivers share, and LMG
comes from its defining sum over subsets, not from the package's fast code.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from drivers.simulate.split import lmg_by_definition, r2_of

FloatArray = NDArray[np.float64]

DRIVERS = ("quality", "speed", "value", "contact", "decor")
SLOPES = np.array([0.50, 0.42, 0.30, 0.18, 0.0])
"""Latent standard deviations per rating point; the last driver does nothing and has next to no share."""

LOADINGS = np.array([0.60, 0.60, 0.55, 0.55, 0.25])
CUTS = np.array([[-1.8, -1.1, -0.3, 0.8], [-1.6, -1.0, -0.2, 0.8], [-1.7, -0.9, 0.0, 1.0], [-1.5, -0.8, 0.0, 0.9],
                 [-1.5, -0.7, 0.2, 1.1]])  # fmt: skip
CENTRE = 3.7
OUTCOME_CUTS = np.array([-1.9, -1.1, -0.2, 1.0])
ANSWERS = (1.0, 0.9, 0.8, 0.65, 0.5)
"""Chance that somebody of outcome 1..5 answers at all, where weights have to undo it."""

IN_CLUSTER = 0.30
"""Part of the variance of every latent opinion, and of the noise, that people of a sampling unit share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Slopes (p,), LMG shares (p,) and R2 of a model in the population."""

    slopes: FloatArray
    shares: FloatArray
    r2: float


def patterns() -> tuple[FloatArray, FloatArray]:
    """Every pattern of ratings and outcome (m, p + 1), and its chance (m,)."""
    node, mass = np.polynomial.hermite_e.hermegauss(80)
    mass = mass / mass.sum()
    edges = np.column_stack([np.full(len(CUTS), -np.inf), CUTS, np.full(len(CUTS), np.inf)])
    given = [
        np.diff(norm.cdf((edge[:, None] - load * node) / np.sqrt(1 - load**2)), axis=0)
        for edge, load in zip(edges, LOADINGS, strict=True)
    ]
    ratings = np.stack(np.meshgrid(*[np.arange(5)] * len(CUTS), indexing="ij"), axis=-1).reshape(-1, len(CUTS))
    chance = np.prod([given[j][ratings[:, j]] for j in range(len(CUTS))], axis=0) @ mass
    ratings = ratings + 1.0
    ends = np.concatenate([[-np.inf], OUTCOME_CUTS, [np.inf]])
    answer = np.diff(norm.cdf(ends[None, :] - _pull(ratings)[:, None]), axis=1)
    whole = np.column_stack([np.repeat(ratings, 5, axis=0), np.tile(np.arange(1.0, 6.0), len(ratings))])
    return whole, (chance[:, None] * answer).reshape(-1)


def known() -> dict[str, Known]:
    """Return the truth of the least-squares line of the five-point outcome, and of the probit that made it."""
    whole, chance = patterns()
    away = whole - chance @ whole
    cov = (away * chance[:, None]).T @ away
    p = len(DRIVERS)
    latent = cov.copy()
    latent[:p, p] = latent[p, :p] = cov[:p, :p] @ SLOPES
    latent[p, p] = SLOPES @ cov[:p, :p] @ SLOPES + 1.0
    slopes = {"linear": np.linalg.solve(cov[:p, :p], cov[:p, p]), "ordinal": SLOPES}
    return {
        model: Known(slopes=slopes[model], shares=lmg_by_definition(part), r2=r2_of(part, tuple(range(p))))
        for model, part in (("linear", cov), ("ordinal", latent))
    }


def people(n: int, rng: np.random.Generator, cluster: NDArray[np.intp] | None = None) -> pd.DataFrame:
    """Draw n people at random; with `cluster` (n,), people of a cluster are alike, and everyone is who they were."""
    own = rng.standard_normal((n, len(DRIVERS) + 2))
    if cluster is not None:
        shared = rng.standard_normal((cluster.max() + 1, own.shape[1]))[cluster]
        own = np.sqrt(IN_CLUSTER) * shared + np.sqrt(1 - IN_CLUSTER) * own
    latent = LOADINGS * own[:, [0]] + np.sqrt(1 - LOADINGS**2) * own[:, 1:-1]
    ratings = np.column_stack([np.searchsorted(cut, latent[:, j]) for j, cut in enumerate(CUTS)]) + 1
    outcome = np.searchsorted(OUTCOME_CUTS, _pull(ratings) + own[:, -1]) + 1
    return pd.DataFrame(np.column_stack([ratings, outcome]), columns=[*DRIVERS, "outcome"])


def weighted(n: int, cv: float, rng: np.random.Generator, clusters: int | None = None) -> pd.DataFrame:
    """Draw n of those who answer, the dissatisfied more often, with weights that undo it and vary by about `cv`.

    With `clusters`, as many people of each (column ``unit``), their weights adding up to the cluster's people.
    """
    often = np.array(ANSWERS)
    whole, chance = patterns()
    told = np.bincount(whole[:, -1].astype(int) - 1, weights=chance) * often
    told /= told.sum()
    of_answering = (told / often**2).sum() / (told / often).sum() ** 2  # 1 + cv^2
    drawn = 8 * n
    cluster = None if clusters is None else np.repeat(np.arange(clusters), drawn // clusters)
    table = people(drawn, rng, cluster)
    answers = rng.random(drawn) < often[table["outcome"] - 1]
    sigma2 = np.log((1 + cv**2) / of_answering)
    table["weight"] = rng.lognormal(-sigma2 / 2, np.sqrt(sigma2), drawn) / often[table["outcome"] - 1]
    if clusters is None:
        return table[answers].head(n).reset_index(drop=True)
    table["weight"] *= np.bincount(cluster, answers)[cluster] / (drawn // clusters)
    return table.assign(unit=cluster)[answers].groupby("unit").head(n // clusters).reset_index(drop=True)


def leave_out(table: pd.DataFrame, cause: str, share: float, rng: np.random.Generator) -> pd.DataFrame:
    """Blank `share` of the answers to the first two drivers, more often of those low on the column `cause`."""
    codes = np.arange(1, 6)
    whole, chance = patterns()
    place = [*DRIVERS, "outcome"].index(cause)
    mass = np.bincount(whole[:, place].astype(int) - 1, weights=chance)
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if mass @ _fewer(codes, middle) < share else (low, middle)
    odds = _fewer(codes, (low + high) / 2)[table[cause] - 1]
    out = table.astype("float64")
    for name in DRIVERS[:2]:
        out[name] = out[name].mask(rng.random(len(table)) < odds)
    return out


def _fewer(codes: NDArray[np.intp], level: float) -> FloatArray:
    return 1 / (1 + np.exp(1.2 * (codes - 3.0) - level))


def _pull(ratings: FloatArray) -> FloatArray:
    return np.asarray((ratings - CENTRE) @ SLOPES)
