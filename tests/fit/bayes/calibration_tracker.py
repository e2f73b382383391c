"""Simulation-based calibration of a tracker: slopes and levels by segment that walk over waves, by chains.

Truths come from exactly the prior of the model, as in `calibration_segments.py` and `calibration_chains.py`: effects
of segments and walks of waves add up. The number of people differs from one pair of segment and wave to the next.
"""

import numpy as np
from scipy.linalg import helmert

from drivers.errors import FitError
from drivers.fit.bayes.chains import sample_chains
from drivers.fit.bayes.dynamic import Waves
from drivers.fit.bayes.factors import Factor, Segments
from drivers.fit.bayes.hierarchical import Coded
from drivers.fit.bayes.priors import SegmentPriors, SlopePriors
from drivers.fit.bayes.tracker import build_tracker
from drivers.fit.bayes.walk import WalkPriors
from tests.fit.bayes.calibration import DRAWS, rank, sample_of
from tests.fit.bayes.calibration_chains import PACE, latent_lmg, standard_answers, wave_loglik

SEGMENTS, WAVES, PEOPLE, DRIVERS, CUTS = 4, 4, 160, 2, 3
PRIORS = SegmentPriors(spread=0.3, level_spread=0.5)


def tracker_run(seed: int, defect: str = "") -> dict[str, int] | None:
    """Slopes and levels of four segments in four waves, by chains; None if refused.

    Defects: "prior" fits with three times the scale of the priors of spreads and paces, "threshold" with every answer
    coded one category too high, "order" with two waves exchanged.
    """
    rng = np.random.default_rng([34, seed])
    p, q, g, t = DRIVERS, CUTS, SEGMENTS, WAVES
    segment = np.append(np.arange(g), rng.choice(g, PEOPLE - g, p=np.array([4, 3, 2, 1]) / 10))
    wave = rng.permuted(np.arange(PEOPLE) % t)
    z = standard_answers(rng, PEOPLE, p)
    spread, level_spread = np.abs(rng.normal(0, PRIORS.spread, p)), abs(rng.normal(0, PRIORS.level_spread))
    r = 2 * rng.beta(PRIORS.lkj, PRIORS.lkj) - 1  # LKJ of two slopes
    basis = helmert(g).T
    effect = basis @ (rng.multivariate_normal(np.zeros(p), [[1, r], [r, 1]], size=g - 1) * spread)
    level = level_spread * basis @ rng.standard_normal(g - 1)
    pace = np.abs(rng.normal(0, PACE, p + 1))
    walk = np.concatenate([np.zeros((1, p + 1)), np.cumsum(rng.standard_normal((t - 1, p + 1)) * pace, axis=0)])
    walk -= walk.mean(axis=0)
    slopes, cuts = rng.normal(0, 0.5, p), np.sort(rng.normal(0, 1.5, q))
    eta = (z * (slopes + effect[segment] + walk[wave, :p])).sum(axis=1) + level[segment] + walk[wave, p]
    y = ((eta + rng.standard_normal(PEOPLE))[:, None] > cuts).sum(axis=1).astype(np.intp)
    told = np.minimum(y + 1, q) if defect == "threshold" else y
    seen = np.array([1, 0, 2, 3])[wave] if defect == "order" else wave
    names = tuple(map(str, range(g)))
    segments = Segments(
        factors=(Factor(column="segment", groups=names, member=np.arange(g)),), groups=tuple((n,) for n in names),
        index=segment, n=np.bincount(segment).astype(float),
    )
    waves = Waves(
        column="wave", names=tuple(map(str, range(t))), index=seen.astype(np.intp), quarter=None,
        n=np.full(t, PEOPLE / t),
    )
    scale = 3.0 if defect == "prior" else 1.0
    prior = SlopePriors(
        segments=SegmentPriors(spread=scale * PRIORS.spread, level_spread=scale * PRIORS.level_spread, lkj=PRIORS.lkj),
        walk=WalkPriors(pace=scale * PACE),
    )
    try:
        made, mode, _ = build_tracker(
            sample_of(np.column_stack([z, told])), segments, waves, Coded(category=told, q=q), prior, p, "normal"
        )
        chains = sample_chains(made.density(mode), draws=2600, chains=2, tune=600, accept=0.9, seed=seed)
    except FitError:
        return None
    found = {name: values.reshape(-1, *values.shape[2:]) for name, values in chains.draws.items()}
    kept = np.linspace(0, len(found["slopes"]) - 1, DRAWS).round().astype(int)
    drawn = {name: values[kept] for name, values in found.items()}
    b = np.concatenate([slopes[None], drawn["slopes"]])
    e = np.concatenate([effect[None], drawn["effect_segment"]])
    w = np.concatenate([walk[None], drawn["walk"]])
    s = np.concatenate([level[None], drawn["level_segment"]])
    c = np.concatenate([cuts[None], drawn["cuts"]])
    omega, tau = (np.concatenate([true[None], drawn[name]]) for true, name in (
        (pace, "pace"), (spread, "spread_segment")))  # fmt: skip
    pair = segment * t + seen
    own = (b[:, None, None] + e[:, :, None] + w[:, None, :, :p]).reshape(-1, g * t, p)
    shift = (s[:, :, None] + w[:, None, :, p]).reshape(-1, g * t)
    lmg = latent_lmg(b + w[:, -1, :p], np.cov(z, rowvar=False, bias=True))
    quantities = {
        **{f"slope {j + 1}, average segment, latest wave": b[:, j] + w[:, -1, j] for j in range(p)},
        **{f"slope {j + 1}, first segment, first wave": own[:, 0, j] for j in range(p)},
        "step of slope 1 to the latest wave": w[:, -1, 0] - w[:, -2, 0],
        "slope 1, first segment less second": e[:, 0, 0] - e[:, 1, 0],
        "level, last segment, latest wave": shift[:, -1],
        **{f"pace of slope {j + 1}": omega[:, j] for j in range(p)}, "pace of the level": omega[:, -1],
        **{f"spread of slope {j + 1}": tau[:, j] for j in range(p)},
        "spread of the level": np.append(level_spread, drawn["level_spread_segment"]),
        "correlation of the slopes": np.append(r, drawn["correlation_segment"][:, 0]),
        **{f"threshold {k + 1}": c[:, k] for k in range(q)}, "R2, latest wave": lmg.sum(axis=1),
        **{f"LMG {j + 1}, latest wave": lmg[:, j] for j in range(p)},
        "log-likelihood": wave_loglik(z, told, pair, own, shift, c),
    }  # fmt: skip
    return {name: rank(values, rng) for name, values in quantities.items()}
