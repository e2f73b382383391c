"""Simulation-based calibration: parameters from the prior, answers from them, and where the truth lies among draws.

Talts, Betancourt, Simpson, Vehtari & Gelman (2018), arXiv:1804.06788; the joint test of the ranks' distribution follows
Saeilynoja, Buerkner & Vehtari (2022), Statistics and Computing 32, 32.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy.special import expit, ndtr
from scipy.stats import binom, chi2

from drivers.cells.collapse import Cells
from drivers.errors import FitError
from drivers.fit.bayes.exact import fit_exact, r2_draws
from drivers.fit.bayes.flat import FlatMethod
from drivers.fit.bayes.laplace_linear import fit_linear_posterior
from drivers.fit.bayes.laplace_ordered import fit_ordered_posterior
from drivers.fit.bayes.priors import CovariancePrior, R2Prior, SlopePriors, normal
from drivers.fit.regression.ordered import LATENT_SD
from drivers.fit.regression.sample import Sample
from drivers.stats.cumulative import Link
from drivers.stats.inverse_wishart import inverse_wishart
from drivers.stats.measures import MEASURES_DRAWS
from drivers.stats.moments import weighted_moments

DRAWS = 100
"""Draws per posterior; ranks run from 0 to this. Engines give at least 100."""

BINS = 20
ALARM = 0.01
"""Chance of a false alarm of one set of quantities (Bonferroni over quantities and both tests)."""

CDF = {"probit": ndtr, "logit": expit}
PEOPLE, DRIVERS, CUTS = 40, 3, 4
"""A small survey, so that the prior counts and a wrong one shows."""


def sample_of(values: np.ndarray) -> Sample:
    n = np.ones(len(values))
    cells = Cells(
        items=tuple(f"i{j}" for j in range(values.shape[1])), values=values,
        reasons=np.zeros(values.shape, dtype=np.int8), keys=pd.DataFrame(index=range(len(values))), n=n, sum_w=n,
        sum_w2=n,
    )  # fmt: skip
    return Sample(cells=cells, whole=cells, inside=np.arange(len(values)))


def linear_run(seed: int, defect: str = "") -> dict[str, int]:
    """Ranks of slopes, R2, LMG and more for one survey under the exact engine; "variances" doubles the prior's SDs."""
    rng = np.random.default_rng([21, seed])
    d = DRIVERS + 1
    truth = inverse_wishart(d + 1.0, np.eye(d), 1, rng)
    values = rng.multivariate_normal(np.zeros(d), truth[0], size=PEOPLE)
    prior = CovariancePrior(correlations="uniform", variances=(4.0 if defect == "variances" else 1.0,) * d)
    draws = fit_exact(sample_of(values), prior, DRAWS, seed).draws
    everything = np.concatenate([truth, draws.joint_covariance()[0]])
    slopes = np.linalg.solve(everything[:, :-1, :-1], everything[:, :-1, -1:])[..., 0]
    lmg = MEASURES_DRAWS["lmg"](everything)
    top = np.argsort(lmg[1:].mean(axis=0))[::-1]
    residual = everything[:, -1, -1] - (slopes * everything[:, :-1, -1]).sum(axis=1)
    centred = values - values.mean(axis=0)
    misfit = ((centred[:, -1] - slopes @ centred[:, :-1].T) ** 2).sum(axis=1) / residual
    loglik = -0.5 * (PEOPLE * np.log(residual) + misfit)
    quantities = {
        **{f"slope {j + 1}": slopes[:, j] for j in range(DRIVERS)}, "residual variance": residual,
        "R2": lmg.sum(axis=1), **{f"LMG {j + 1}": lmg[:, j] for j in range(DRIVERS)},
        "LMG, first less second": lmg[:, top[0]] - lmg[:, top[1]], "log-likelihood": loglik,
    }  # fmt: skip
    return {name: rank(values, rng) for name, values in quantities.items()}


def r2_run(seed: int, defect: str = "") -> dict[str, int]:
    """The same under a prior of R2; "mean" fits as if R2 were all but known to be low.

    Drivers first, their covariance and means from the prior; slopes then on the ellipsoid of their scatter.
    """
    rng = np.random.default_rng([26, seed])
    p = DRIVERS
    cov = inverse_wishart(p + 1.0, np.eye(p), 1, rng)[0]
    x = rng.multivariate_normal(rng.multivariate_normal(np.zeros(p), cov), cov, size=PEOPLE)
    away, root = x - x.mean(axis=0), np.linalg.cholesky(np.cov(x, rowvar=False, bias=True))
    r2, direction, variance = rng.uniform(), rng.normal(size=p), 0.5 / rng.chisquare(1)
    length = np.sqrt(variance * r2 / (1 - r2)) / np.linalg.norm(direction)
    b, average = np.linalg.solve(root.T, direction * length), np.sqrt(variance) * rng.normal()
    y = average + away @ b + np.sqrt(variance) * rng.normal(size=PEOPLE)
    expected = {"mean": 0.2, "precision": 7.0} if defect == "mean" else {}
    prior = R2Prior(**expected, averages=(0.0,) * (p + 1), variances=(1.0,) * (p + 1))
    draws = fit_exact(sample_of(np.column_stack([x, y])), prior, DRAWS, seed).draws
    slopes = np.concatenate([b[None], draws.slopes[0]])
    level = np.append(average, draws.intercept[0] + draws.slopes[0] @ x.mean(axis=0))
    residual = np.append(variance, draws.error_sd[0] ** 2)
    scatter = np.concatenate([cov[None], draws.x_cov[0]])
    explained = np.einsum("si,sij,sj->s", slopes, scatter, slopes)
    joint = np.empty((len(slopes), p + 1, p + 1))
    joint[:, :p, :p], joint[:, :p, p] = scatter, np.einsum("sij,sj->si", scatter, slopes)
    joint[:, p, :p], joint[:, p, p] = joint[:, :p, p], explained + residual
    lmg = MEASURES_DRAWS["lmg"](joint)
    top = np.argsort(lmg[1:].mean(axis=0))[::-1]
    misfit = ((y - level[:, None] - slopes @ away.T) ** 2).sum(axis=1) / residual
    quantities = {
        **{f"slope {j + 1}": slopes[:, j] for j in range(p)}, "average": level, "residual variance": residual,
        "R2": lmg.sum(axis=1), **{f"LMG {j + 1}": lmg[:, j] for j in range(p)},
        "LMG, first less second": lmg[:, top[0]] - lmg[:, top[1]],
        "driver covariance": scatter[:, 0, 1], "log-likelihood": -0.5 * (PEOPLE * np.log(residual) + misfit),
    }  # fmt: skip
    return {name: rank(values, rng) for name, values in quantities.items()}


def r2_gap_run(seed: int, defect: str = "") -> dict[str, int]:
    """The same of two outcomes and their difference together; "apart" lets a mixing scale of its own serve each."""
    rng = np.random.default_rng([27, seed])
    p = DRIVERS
    x = rng.normal(size=(PEOPLE, p)) + rng.normal(size=(PEOPLE, 1))
    root = np.linalg.cholesky(np.cov(x, rowvar=False, bias=True))
    # R2 / (1 - R2) is beta prime: half a beta over a gamma variable, times chi-square
    scale = [0.5 * rng.beta(1.0, p / 2 - 1) / rng.gamma(1.0) for _ in range(2)]
    scale[1] = scale[1] if defect == "apart" else scale[0]
    residual = inverse_wishart(2.0, 0.5 * np.eye(2), 1, rng)[0]
    half = np.linalg.cholesky(residual)
    b = np.linalg.solve(root.T, rng.normal(size=(p, 2)) @ half.T) * np.sqrt(scale)
    y = half @ rng.normal(size=2) + (x - x.mean(axis=0)) @ b + rng.normal(size=(PEOPLE, 2)) @ half.T
    prior = R2Prior(averages=(*x.mean(axis=0), 0.0, 0.0), variances=(1.0,) * (p + 2))
    found = r2_draws(weighted_moments(np.column_stack([x, y]), np.ones(PEOPLE)), PEOPLE, prior, DRAWS, rng, p)
    slopes = np.linalg.solve(found.covs[:, :p, :p], found.covs[:, :p, p:])
    errors = found.covs[:, p:, p:] - found.covs[:, p:, :p] @ slopes
    slopes, errors = np.concatenate([b[None], slopes]), np.concatenate([residual[None], errors])
    quantities = {f"slope {k + 1} of {j + 1}": slopes[:, j, k] for j in range(p) for k in range(2)}
    for name, weight in {"R2 1": [1, 0], "R2 2": [0, 1], "R2 of the difference": [1, -1]}.items():
        explained = ((slopes @ weight @ root) ** 2).sum(axis=1)
        quantities[name] = explained / (explained + np.einsum("sij,i,j->s", errors, weight, weight))
    quantities["residual covariance"] = errors[:, 0, 1]
    quantities["R2, first less second"] = quantities["R2 1"] - quantities["R2 2"]
    return {name: rank(values, rng) for name, values in quantities.items()}


def gaussian_run(seed: int, defect: str = "") -> dict[str, int]:
    """The same for a linear model under Laplace; "prior" doubles the standard deviation of the slopes' prior."""
    rng = np.random.default_rng([24, seed])
    x = rng.normal(size=(PEOPLE, DRIVERS)) + rng.normal(size=(PEOPLE, 1))
    b, a, sigma = rng.normal(0, 0.5, DRIVERS), 2.5 * rng.standard_t(3), abs(rng.standard_t(3))
    y = a + x @ b + sigma * rng.standard_normal(PEOPLE)
    prior = SlopePriors(slopes=normal(0, 1.0 if defect == "prior" else 0.5), units="own")
    draws = fit_linear_posterior(sample_of(np.column_stack([x, y])), prior, DRAWS, seed).draws
    slopes = np.concatenate([b[None], draws.slopes[0]])
    intercept, spread = np.append(a, draws.intercept[0]), np.append(sigma, draws.error_sd[0])
    lmg = lmg_of(slopes, np.cov(x, rowvar=False, bias=True), spread)
    misfit = ((y - intercept[:, None] - slopes @ x.T) ** 2).sum(axis=1) / spread**2
    quantities = {
        **{f"slope {j + 1}": slopes[:, j] for j in range(DRIVERS)}, "intercept": intercept, "residual spread": spread,
        "R2": lmg.sum(axis=1), **{f"LMG {j + 1}": lmg[:, j] for j in range(DRIVERS)},
        "log-likelihood": -PEOPLE * np.log(spread) - misfit / 2,
    }  # fmt: skip
    return {name: rank(values, rng) for name, values in quantities.items()}


def lmg_of(slopes: np.ndarray, scatter: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """LMG of slopes (S, p) on drivers of covariance `scatter`, with residual `spread` (S,)."""
    joint = np.empty((len(slopes), DRIVERS + 1, DRIVERS + 1))
    joint[:, :-1, :-1] = scatter
    joint[:, :-1, -1] = joint[:, -1, :-1] = slopes @ scatter
    joint[:, -1, -1] = spread**2 + np.einsum("si,ij,sj->s", slopes, scatter, slopes)
    return MEASURES_DRAWS["lmg"](joint)


def ordinal_run(
    seed: int, defect: str = "", link: Link = "probit", method: FlatMethod = "laplace"
) -> dict[str, int] | None:
    """The same for a cumulative model; None if refused, which under Laplace is for the answers alone to decide.

    Defects: "prior" fits with twice the standard deviation of the slopes' prior, "threshold" with every answer coded
    one category too high.
    """
    rng = np.random.default_rng([22, seed])
    x = rng.integers(1, 6, (PEOPLE, DRIVERS)) + rng.integers(0, 3, (PEOPLE, 1)).astype(float)
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    truth = np.concatenate([rng.normal(0, 0.5, DRIVERS), np.sort(rng.normal(0, 1.5, CUTS))])
    error = rng.standard_normal(PEOPLE) if link == "probit" else rng.logistic(size=PEOPLE)
    truth = truth * LATENT_SD[link]
    y = (z @ truth[:DRIVERS] + error)[:, None] > truth[DRIVERS:]
    category = y.sum(axis=1).astype(np.intp)
    if defect == "threshold":
        category = np.minimum(category + 1, CUTS)
    prior = SlopePriors(slopes=normal(0, 1.0 if defect == "prior" else 0.5))
    sample = sample_of(np.column_stack([x, category]))
    try:
        draws = fit_ordered_posterior(
            sample, category, CUTS, link, prior, DRAWS, seed, binary=False, method=method
        ).draws
    except FitError:
        return None
    raw = draws.slopes.reshape(DRAWS, DRIVERS)
    slopes = raw * x.std(axis=0)
    cuts = draws.cuts.reshape(DRAWS, CUTS) - raw @ x.mean(axis=0)[:, None]
    everything = np.concatenate([truth[None], np.column_stack([slopes, cuts])])
    b, c = everything[:, :DRIVERS], everything[:, DRIVERS:]
    lmg = lmg_of(b, np.cov(z, rowvar=False, bias=True), np.full(len(b), LATENT_SD[link]))
    below = CDF[link](c[:, None, :] - (b @ z.T)[..., None])
    chance = np.diff(np.concatenate([np.zeros((*below.shape[:2], 1)), below, np.ones((*below.shape[:2], 1))], axis=2))
    loglik = np.log(np.take_along_axis(chance, category[None, :, None], axis=2)[..., 0]).sum(axis=1)
    quantities = {
        **{f"slope {j + 1}": b[:, j] for j in range(DRIVERS)}, **{f"threshold {k + 1}": c[:, k] for k in range(CUTS)},
        "R2": lmg.sum(axis=1), **{f"LMG {j + 1}": lmg[:, j] for j in range(DRIVERS)}, "log-likelihood": loglik,
    }  # fmt: skip
    return {name: rank(values, rng) for name, values in quantities.items()}


def rank(values: np.ndarray, rng: np.random.Generator) -> int:
    """How many draws lie below the truth, which comes first; draws that tie are dealt at random."""
    truth, drawn = values[0], values[1:]
    return int((drawn < truth).sum() + rng.integers(0, (drawn == truth).sum() + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """``table``: chi2 and ECDF p-values per quantity; ``refused`` posteriors; ``passed`` all at the level `ALARM`."""

    table: pd.DataFrame
    runs: int
    refused: int
    passed: bool


def judge(ranks: list[dict[str, int] | None]) -> Verdict:
    kept = [one for one in ranks if one is not None]
    names = list(kept[0])
    rows = []
    for name in names:
        found = np.array([one[name] for one in kept])
        rows.append({"quantity": name, "chi2_p": chi2_p(found), "ecdf_p": ecdf_p(found), "mean_rank": found.mean()})
    table = pd.DataFrame(rows)
    smallest = table[["chi2_p", "ecdf_p"]].to_numpy().min()
    return Verdict(
        table=table, runs=len(kept), refused=len(ranks) - len(kept),
        passed=bool(smallest > ALARM / (2 * len(names))),
    )  # fmt: skip


def chi2_p(ranks: np.ndarray) -> float:
    """P-value of uniform ranks in 20 bins as equal as 0..100 allow."""
    edges = np.floor(np.linspace(0, DRAWS + 1, BINS + 1)).astype(int)
    expected = np.diff(edges) / (DRAWS + 1) * len(ranks)
    counts = np.histogram(ranks, bins=edges - 0.5)[0]
    return float(chi2(BINS - 1).sf(((counts - expected) ** 2 / expected).sum()))


def ecdf_p(ranks: np.ndarray) -> float:
    """P-value of the largest excursion of the ranks' distribution function, against uniform ranks."""
    usual = _uniform_excursions(len(ranks))
    return float((1 + (usual <= _excursion(ranks[None])[0]).sum()) / (1 + len(usual)))


@cache
def _uniform_excursions(n: int) -> np.ndarray:
    return _excursion(np.random.default_rng([23, n]).integers(0, DRAWS + 1, (10_000, n)))


def _excursion(ranks: np.ndarray) -> np.ndarray:
    """Smallest two-sided tail probability of the counts of ranks at or below each point."""
    points = np.arange(DRAWS)
    below = np.array([np.bincount(one, minlength=DRAWS + 1).cumsum()[:-1] for one in ranks])
    chance = (points + 1) / (DRAWS + 1)
    n = ranks.shape[1]
    tail = np.minimum(binom.cdf(below, n, chance), binom.sf(below - 1, n, chance))
    return tail.min(axis=1)
