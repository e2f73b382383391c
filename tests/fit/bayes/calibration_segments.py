"""Simulation-based calibration of slopes and levels that vary by segment: a hierarchical cumulative probit, by chains.

Truths come from exactly the prior of the model: effects of segments ``Q Z``, Q an orthonormal basis of what adds up to
zero over segments, rows of Z normal with half-normal spreads and LKJ(2) correlations, levels likewise with a spread of
their own. Ranks are those of `calibration.py`.
"""

import numpy as np
from scipy.linalg import helmert

from drivers.errors import FitError
from drivers.fit.bayes.chains import sample_chains
from drivers.fit.bayes.factors import Factor, Segments
from drivers.fit.bayes.hierarchical import Coded, _build, _units
from drivers.fit.bayes.priors import SegmentPriors, SlopePriors
from tests.fit.bayes.calibration import DRAWS, rank, sample_of
from tests.fit.bayes.calibration_chains import latent_lmg, standard_answers, wave_loglik

SEGMENTS, SEGMENT_PEOPLE, SEGMENT_DRIVERS, SEGMENT_CUTS = 6, 25, 2, 3
PRIORS = SegmentPriors(spread=0.3, level_spread=0.5)


def hierarchical_run(seed: int, defect: str = "") -> dict[str, int] | None:
    """Slopes and levels of six segments, by chains; None if refused.

    Defects: "prior" fits with three times the scale of the spreads' priors, "threshold" with every answer coded one
    category too high.
    """
    rng = np.random.default_rng([33, seed])
    p, q, g = SEGMENT_DRIVERS, SEGMENT_CUTS, SEGMENTS
    segment = np.repeat(np.arange(g), SEGMENT_PEOPLE)
    z = standard_answers(rng, len(segment), p)
    spread, level_spread = np.abs(rng.normal(0, PRIORS.spread, p)), abs(rng.normal(0, PRIORS.level_spread))
    r = 2 * rng.beta(PRIORS.lkj, PRIORS.lkj) - 1  # LKJ of two slopes
    basis = helmert(g).T
    rows = rng.multivariate_normal(np.zeros(p), [[1, r], [r, 1]], size=g - 1) * spread
    effect, level = basis @ rows, level_spread * basis @ rng.standard_normal(g - 1)
    slopes, cuts = rng.normal(0, 0.5, p), np.sort(rng.normal(0, 1.5, q))
    eta = (z * (slopes + effect[segment])).sum(axis=1) + level[segment]
    y = ((eta + rng.standard_normal(len(z)))[:, None] > cuts).sum(axis=1).astype(np.intp)
    told = np.minimum(y + 1, q) if defect == "threshold" else y
    sample = sample_of(np.column_stack([z, told]))
    names = tuple(map(str, range(g)))
    segments = Segments(
        factors=(Factor(column="segment", groups=names, member=np.arange(g)),), groups=tuple((n,) for n in names),
        index=segment, n=np.full(g, float(SEGMENT_PEOPLE)),
    )
    scale = 3.0 if defect == "prior" else 1.0
    prior = SlopePriors(
        segments=SegmentPriors(
            spread=scale * PRIORS.spread, level_spread=scale * PRIORS.level_spread, lkj=PRIORS.lkj
        )
    )
    try:
        made, mode, _, _ = _build(
            sample, Coded(category=told, q=q), prior, segments, _units(sample, linear=False), p
        )
        chains = sample_chains(made.density(mode), draws=2600, chains=2, tune=600, accept=0.9, seed=seed)
    except FitError:
        return None
    found = {name: values.reshape(-1, *values.shape[2:]) for name, values in chains.draws.items()}
    kept = np.linspace(0, len(found["slopes"]) - 1, DRAWS).round().astype(int)
    drawn = {name: values[kept] for name, values in found.items()}
    b = np.concatenate([slopes[None], drawn["slopes"]])
    own = b[:, None] + np.concatenate([effect[None], drawn["effect_segment"]])
    s = np.concatenate([level[None], drawn["level_segment"]])
    c = np.concatenate([cuts[None], drawn["cuts"]])
    tau = np.concatenate([spread[None], drawn["spread_segment"]])
    within = np.mean([np.cov(z[segment == h], rowvar=False, bias=True) for h in range(g)], axis=0)
    lmg = latent_lmg(b, within)
    quantities = {
        **{f"slope {j + 1}, population": b[:, j] for j in range(p)},
        **{f"slope {j + 1}, first segment": own[:, 0, j] for j in range(p)},
        "slope 1, first segment less second": own[:, 0, 0] - own[:, 1, 0], "level, first segment": s[:, 0],
        **{f"spread of slope {j + 1}": tau[:, j] for j in range(p)},
        "spread of the level": np.append(level_spread, drawn["level_spread_segment"]),
        "correlation of the slopes": np.append(r, drawn["correlation_segment"][:, 0]),
        **{f"threshold {k + 1}": c[:, k] for k in range(q)}, "R2, population": lmg.sum(axis=1),
        **{f"LMG {j + 1}, population": lmg[:, j] for j in range(p)},
        "LMG 1 less LMG 2, population": lmg[:, 0] - lmg[:, 1],
        "log-likelihood": wave_loglik(z, told, segment, own, s, c),
    }  # fmt: skip
    return {name: rank(values, rng) for name, values in quantities.items()}
