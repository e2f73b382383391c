"""Simulation-based calibration of models beyond the flat ones: two outcomes at once, and slopes that walk over waves.

Every run draws parameters from the prior and answers from them, and returns the rank of the truth among the draws, as
`calibration.py` does for flat models.
"""

import numpy as np
from scipy.special import ndtr

from drivers.errors import FitError
from drivers.fit.bayes.chains import sample_chains
from drivers.fit.bayes.dynamic import Waves, build
from drivers.fit.bayes.hierarchical import Coded, _units
from drivers.fit.bayes.joint import JointPriors, draw_joint
from drivers.fit.bayes.priors import SlopePriors, normal
from drivers.fit.bayes.walk import Innovations, WalkPriors
from drivers.stats.joint_cumulative import joint_cells, joint_loglik_draws
from drivers.stats.measures import MEASURES_DRAWS
from tests.fit.bayes.calibration import DRAWS, rank, sample_of

PAIR_PEOPLE, PAIR_DRIVERS, PAIR_CUTS = 60, 2, 3
WAVES, WAVE_PEOPLE, WAVE_DRIVERS, WAVE_CUTS = 4, 30, 2, 3
PACE = 0.3
"""Scale of the prior of a step in these surveys: three times the default, so that 30 answers a wave tell of it."""


def standard_answers(rng: np.random.Generator, people: int, drivers: int) -> np.ndarray:
    """Rated drivers that go together, in standard units."""
    x = rng.integers(1, 6, (people, drivers)) + rng.integers(0, 3, (people, 1)).astype(float)
    return (x - x.mean(axis=0)) / x.std(axis=0)


def latent_lmg(slopes: np.ndarray, scatter: np.ndarray) -> np.ndarray:
    """LMG of slopes (S, p) on drivers of covariance `scatter`, with residual variance 1."""
    p = slopes.shape[1]
    joint = np.empty((len(slopes), p + 1, p + 1))
    joint[:, :-1, :-1] = scatter
    joint[:, :-1, -1] = joint[:, -1, :-1] = slopes @ scatter
    joint[:, -1, -1] = 1 + np.einsum("si,ij,sj->s", slopes, scatter, slopes)
    return MEASURES_DRAWS["lmg"](joint)


def joint_run(seed: int, defect: str = "") -> dict[str, int] | None:
    """Two answers on common thresholds, by Laplace; None if refused.

    Defects: "prior" fits with twice the standard deviation of the slopes' prior, "threshold" with the first answer
    coded one category too high.
    """
    rng = np.random.default_rng([31, seed])
    p, q = PAIR_DRIVERS, PAIR_CUTS
    z = standard_answers(rng, PAIR_PEOPLE, p)
    slopes, levels = rng.normal(0, 0.5, (2, p)), rng.normal(0, 1, 2)
    cuts, r = np.sort(rng.normal(0, 1.5, q)), 2 * rng.beta(2, 2) - 1  # LKJ(2)
    gap = levels[0] - levels[1]
    error = rng.multivariate_normal([0, 0], [[1, r], [r, 1]], size=PAIR_PEOPLE)
    latent = z @ slopes.T + np.array([gap / 2, -gap / 2]) + error
    y = (latent[..., None] > cuts).sum(axis=-1).astype(np.intp)
    if defect == "threshold":
        y[:, 0] = np.minimum(y[:, 0] + 1, q)
    prior = JointPriors(each=SlopePriors(slopes=normal(0, 1.0 if defect == "prior" else 0.5)))
    sample = sample_of(np.column_stack([z, y]))
    try:
        found = draw_joint(
            sample, y, (q, q), common=True, draws=DRAWS, seed=seed, prior=prior, method="laplace"
        )
    except FitError:
        return None
    cells = joint_cells(z, y, np.ones(PAIR_PEOPLE), (q, q))
    true = np.concatenate([slopes[0], [gap / 2], slopes[1], [-gap / 2], cuts, cuts, [r]])
    b = np.concatenate([slopes[None], found.slopes[0]])
    g, c = np.append(gap, found.gap[0]), np.concatenate([cuts[None], found.cuts[0][0]])
    rho = np.append(r, found.correlation[0])
    scatter = np.cov(z, rowvar=False, bias=True)
    lmg = [latent_lmg(b[:, a], scatter) for a in (0, 1)]
    part = [one / one.sum(axis=1, keepdims=True) for one in lmg]
    quantities = {
        **{f"slope {j + 1} of answer {a + 1}": b[:, a, j] for a in (0, 1) for j in range(p)}, "gap": g,
        **{f"threshold {k + 1}": c[:, k] for k in range(q)}, "correlation": rho,
        "chance of falling below": ndtr(-g / np.sqrt(2 - 2 * rho)),
        **{f"R2 of answer {a + 1}": lmg[a].sum(axis=1) for a in (0, 1)},
        **{f"LMG {j + 1} of answer 1": lmg[0][:, j] for j in range(p)},
        "part of driver 1, answer 1 less 2": part[0][:, 0] - part[1][:, 0],
        "log-likelihood": np.append(joint_loglik_draws(cells, true[None]), found.loglik[0]),
    }  # fmt: skip
    return {name: rank(values, rng) for name, values in quantities.items()}


def dynamic_run(seed: int, defect: str = "", innovations: Innovations = "normal") -> dict[str, int] | None:
    """Slopes and level that walk over four waves, by chains; None if refused.

    Defects: "prior" fits with three times the scale of the pace's prior, "threshold" with every answer coded one
    category too high, "order" with two waves exchanged.
    """
    rng = np.random.default_rng([32, seed])
    p, q, people = WAVE_DRIVERS, WAVE_CUTS, WAVES * WAVE_PEOPLE
    z = standard_answers(rng, people, p)
    wave = np.repeat(np.arange(WAVES), WAVE_PEOPLE)
    pace = np.abs(rng.normal(0, PACE, p + 1))
    e = rng.standard_normal((WAVES - 1, p + 1)) if innovations == "normal" else rng.standard_t(4, (WAVES - 1, p + 1))
    walk = np.concatenate([np.zeros((1, p + 1)), np.cumsum(e * pace, axis=0)])
    walk -= walk.mean(axis=0)
    slopes, cuts = rng.normal(0, 0.5, p), np.sort(rng.normal(0, 1.5, q))
    eta = (z * (slopes + walk[wave, :p])).sum(axis=1) + walk[wave, p]
    y = ((eta + rng.standard_normal(people))[:, None] > cuts).sum(axis=1).astype(np.intp)
    told = np.minimum(y + 1, q) if defect == "threshold" else y
    seen = np.array([1, 0, 2, 3])[wave] if defect == "order" else wave
    sample = sample_of(np.column_stack([z, told]))
    waves = Waves(
        column="wave", names=tuple(map(str, range(WAVES))), index=seen.astype(np.intp), quarter=None,
        n=np.full(WAVES, float(WAVE_PEOPLE)),
    )
    prior = SlopePriors(walk=WalkPriors(pace=3 * PACE if defect == "prior" else PACE))
    made, mode = build(
        sample, waves, Coded(category=told, q=q), prior, _units(sample, linear=False), p, innovations
    )
    try:
        chains = sample_chains(made.density(mode), draws=4000, chains=2, tune=600, accept=0.9, seed=seed)
    except FitError:
        return None
    drawn = {name: values.reshape(-1, *values.shape[2:]) for name, values in chains.draws.items()}
    kept = np.linspace(0, len(drawn["slopes"]) - 1, DRAWS).round().astype(int)
    moved, level = made.walk.named(chains.draws)
    b = np.concatenate([(slopes + walk[:, :p])[None], (drawn["slopes"][:, None] + moved.reshape(-1, WAVES, p))[kept]])
    s = np.concatenate([walk[None, :, p], level.reshape(-1, WAVES)[kept]])
    c = np.concatenate([cuts[None], drawn["cuts"][kept]])
    omega = np.concatenate([pace[None], drawn["pace"][kept]])
    latest = z[wave == WAVES - 1]
    lmg = latent_lmg(b[:, -1], np.cov(latest, rowvar=False, bias=True))
    quantities = {
        **{f"slope {j + 1}, first wave": b[:, 0, j] for j in range(p)},
        **{f"slope {j + 1}, latest wave": b[:, -1, j] for j in range(p)},
        "step of slope 1 to the latest wave": b[:, -1, 0] - b[:, -2, 0], "level, latest wave": s[:, -1],
        **{f"pace of slope {j + 1}": omega[:, j] for j in range(p)}, "pace of the level": omega[:, -1],
        **{f"threshold {k + 1}": c[:, k] for k in range(q)}, "R2, latest wave": lmg.sum(axis=1),
        **{f"LMG {j + 1}, latest wave": lmg[:, j] for j in range(p)},
        "log-likelihood": wave_loglik(z, told, seen, b, s, c),
    }  # fmt: skip
    return {name: rank(values, rng) for name, values in quantities.items()}


def wave_loglik(
    z: np.ndarray, y: np.ndarray, wave: np.ndarray, slopes: np.ndarray, level: np.ndarray, cuts: np.ndarray
) -> np.ndarray:
    """Log-likelihood (S,) of cumulative probits with slopes (S, T, p), levels (S, T) and thresholds (S, q)."""
    eta = np.einsum("ij,sij->si", z, slopes[:, wave]) + level[:, wave]
    edges = np.pad(cuts, ((0, 0), (1, 1)), constant_values=((0, 0), (-np.inf, np.inf)))
    chance = ndtr(edges[:, y + 1] - eta) - ndtr(edges[:, y] - eta)
    return np.log(np.maximum(chance, 1e-300)).sum(axis=1)
