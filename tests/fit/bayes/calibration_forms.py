"""Simulation-based calibration of ordinal models with unequal spread or steps, as `calibration` has it for others."""

import numpy as np
import pandas as pd

from drivers.cells.collapse import Cells
from drivers.errors import FitError
from drivers.fit.bayes.group_priors import GroupPriors
from drivers.fit.bayes.monotone import fit_monotone
from drivers.fit.bayes.priors import SlopePriors, normal
from drivers.fit.bayes.unequal import fit_unequal
from drivers.fit.regression.sample import Sample
from drivers.stats.measures import MEASURES_DRAWS
from tests.fit.bayes.calibration import CDF, DRAWS, rank

PEOPLE, DRIVERS, CUTS, GROUPS = 90, 2, 3, 3


def grouped(values: np.ndarray, group: np.ndarray) -> Sample:
    n = np.ones(len(values))
    cells = Cells(
        items=tuple(f"i{j}" for j in range(values.shape[1])), values=values,
        reasons=np.zeros(values.shape, dtype=np.int8), keys=pd.DataFrame({"g": [f"g{one}" for one in group]}), n=n,
        sum_w=n, sum_w2=n,
    )  # fmt: skip
    return Sample(cells=cells, whole=cells, inside=np.arange(len(values)))


def unequal_run(seed: int, defect: str = "") -> dict[str, int] | None:
    """Ranks for one survey whose groups differ in level and spread; None if refused.

    Defects: "prior" fits with twice the standard deviation of the priors of groups, "sign" with people of the widest
    group taken for those of the narrowest.
    """
    rng = np.random.default_rng([31, seed])
    x = rng.integers(1, 6, (PEOPLE, DRIVERS)) + rng.integers(0, 3, (PEOPLE, 1)).astype(float)
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    b, cuts = rng.normal(0, 0.5, DRIVERS), np.sort(rng.normal(0, 1.5, CUTS))
    scales = GroupPriors().scales(1.0)
    level, log_spread = (scale * centred(rng.standard_normal(GROUPS)) for scale in scales)
    group = np.arange(PEOPLE) % GROUPS
    latent = z @ b + level[group] + np.exp(log_spread[group]) * rng.standard_normal(PEOPLE)
    category = (latent[:, None] > cuts).sum(axis=1).astype(np.intp)
    used = group
    if defect == "sign":
        swap = np.arange(GROUPS)
        wide, thin = int(np.argmax(log_spread)), int(np.argmin(log_spread))
        swap[[wide, thin]] = thin, wide
        used = swap[group]
    times = 2.0 if defect == "prior" else 1.0
    prior = SlopePriors(groups=GroupPriors(level=times, spread=0.5 * times))
    try:
        found = fit_unequal(
            grouped(np.column_stack([x, category]), used), "g", category, CUTS, "probit", prior, DRAWS, seed
        )
    except FitError:
        return None
    raw = found.draws.slopes[0]
    slopes = np.concatenate([b[None], raw * x.std(axis=0)])
    thresholds = np.concatenate([cuts[None], found.draws.cuts[0] - raw @ x.mean(axis=0)[:, None]])
    levels = np.concatenate([level[None], found.spreads.level[0]])
    spreads = np.exp(np.concatenate([log_spread[None], np.log(found.spreads.spread[0])]))
    part = np.bincount(group, minlength=GROUPS) / PEOPLE
    lmg = shares(slopes, np.cov(z, rowvar=False, bias=True), np.sqrt(spreads**2 @ part))
    away = (thresholds[:, None, :] - (slopes @ z.T + levels[:, used])[..., None]) / spreads[:, used][..., None]
    below = CDF["probit"](away)
    ends = np.zeros((*below.shape[:2], 1))
    chance = np.diff(np.concatenate([ends, below, ends + 1], axis=2))
    loglik = np.log(np.take_along_axis(chance, category[None, :, None], axis=2)[..., 0]).sum(axis=1)
    quantities = {
        **{f"slope {j + 1}": slopes[:, j] for j in range(DRIVERS)},
        **{f"threshold {k + 1}": thresholds[:, k] for k in range(CUTS)},
        **{f"level {g + 1}": levels[:, g] for g in range(GROUPS)},
        **{f"spread {g + 1}": spreads[:, g] for g in range(GROUPS)}, "widest less narrowest": np.ptp(spreads, axis=1),
        "R2": lmg.sum(axis=1), "LMG 1": lmg[:, 0], "log-likelihood": loglik,
    }  # fmt: skip
    return {name: rank(values, rng) for name, values in quantities.items()}


def monotone_run(seed: int, defect: str = "") -> dict[str, int] | None:
    """The same for a survey in which the steps of the first driver need not be equal; None if refused.

    Defects: "prior" fits with twice the standard deviation of the slopes' prior, "steps" takes the first driver for
    turned round when its parts are read.
    """
    rng = np.random.default_rng([32, seed])
    x = (rng.integers(1, 5, (PEOPLE, DRIVERS)) + rng.integers(0, 2, (PEOPLE, 1))).astype(float)
    centre, spread = x.mean(axis=0), x.std(axis=0)
    low, steps = x[:, 0].min(), int(np.ptp(x[:, 0]))
    b, cuts = rng.normal(0, 0.5, DRIVERS), np.sort(rng.normal(0, 1.5, CUTS))
    parts = rng.dirichlet(np.ones(steps))

    def scaled(of: np.ndarray) -> np.ndarray:
        """Standardised drivers (S, n, p) at parts (S, steps)."""
        way = low + steps * np.column_stack([np.zeros(len(of)), of.cumsum(axis=1)])
        out = np.broadcast_to(x, (len(of), *x.shape)).copy()
        out[:, :, 0] = way[:, (x[:, 0] - low).astype(int)]
        return (out - centre) / spread

    latent = scaled(parts[None])[0] @ b + rng.standard_normal(PEOPLE)
    category = (latent[:, None] > cuts).sum(axis=1).astype(np.intp)
    prior = SlopePriors(slopes=normal(0, 1.0 if defect == "prior" else 0.5))
    sample = grouped(np.column_stack([x, category]), np.zeros(PEOPLE, dtype=int))
    try:
        found = fit_monotone(sample, ["i0"], category, CUTS, "probit", prior, DRAWS, seed, False)
    except FitError:
        return None
    raw, drawn = found.draws.slopes[0], found.steps.parts[0, :, 0]
    slopes, every = np.concatenate([b[None], raw * spread]), np.concatenate([parts[None], drawn])
    if defect == "steps":
        every[1:] = every[1:, ::-1]
    thresholds = np.concatenate([cuts[None], found.draws.cuts[0] - raw @ centre[:, None]])
    z = scaled(every)
    scatter = np.array([np.cov(one, rowvar=False, bias=True) for one in z])
    explained = np.einsum("si,sij,sj->s", slopes, scatter, slopes)
    below = CDF["probit"](thresholds[:, None, :] - np.einsum("sip,sp->si", z, slopes)[..., None])
    ends = np.zeros((*below.shape[:2], 1))
    chance = np.diff(np.concatenate([ends, below, ends + 1], axis=2))
    loglik = np.log(np.take_along_axis(chance, category[None, :, None], axis=2)[..., 0]).sum(axis=1)
    quantities = {
        **{f"slope {j + 1}": slopes[:, j] for j in range(DRIVERS)},
        **{f"threshold {k + 1}": thresholds[:, k] for k in range(CUTS)},
        **{f"part {k + 1}": every[:, k] for k in range(steps)}, "largest part": every.max(axis=1),
        "slope times first part": slopes[:, 0] * every[:, 0], "R2": explained / (explained + 1),
        "log-likelihood": loglik,
    }  # fmt: skip
    return {name: rank(values, rng) for name, values in quantities.items()}


def centred(values: np.ndarray) -> np.ndarray:
    """Values less their mean: independent normals so taken are a zero-sum normal of the same scale."""
    return values - values.mean()


def shares(slopes: np.ndarray, scatter: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """LMG of slopes (S, p) on drivers of covariance `scatter`, with residual `spread` (S,)."""
    p = slopes.shape[1]
    joint = np.empty((len(slopes), p + 1, p + 1))
    joint[:, :-1, :-1] = scatter
    joint[:, :-1, -1] = joint[:, -1, :-1] = slopes @ scatter
    joint[:, -1, -1] = spread**2 + np.einsum("si,ij,sj->s", slopes, scatter, slopes)
    return MEASURES_DRAWS["lmg"](joint)
