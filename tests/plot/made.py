"""Results of covariances written down here, so that charts of measures, pairs and assumptions need no fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drivers.importance.compare import Comparisons, compare
from drivers.importance.dominance_result import DominanceResult
from drivers.importance.measure_table import MeasureTable
from drivers.importance.result import Importance
from drivers.importance.sensitivity import Scenario, Sensitivity
from drivers.stats.dominance import dominance
from drivers.stats.halo import largest_halo, remove_halo
from drivers.stats.measures import MEASURES, measured
from drivers.stats.reliability import disattenuate
from tests.plot.conftest import LONG, make_importance

FloatArray = NDArray[np.float64]

FOUR = {"product_quality": "Product quality", "service_speed": "Service speed", "value": "Value",
        "communication": "Communication"}  # fmt: skip
FIFTEEN = {f"q{j}": name for j, name in enumerate(LONG)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """Names and labels of drivers, covariances (p + 1, p + 1), and draws of them."""

    labels: Mapping[str, str]
    cov: FloatArray
    draws: FloatArray


def case(slopes: list[float], loadings: list[float], labels: Mapping[str, str], n: int = 1234) -> Case:
    """Return drivers of variance 1 that share one factor, an outcome with error of variance .8, and 60 samples of n."""
    load, slope = np.asarray(loadings), np.asarray(slopes)
    among = np.outer(load, load)
    np.fill_diagonal(among, 1.0)
    cov = np.empty((len(slope) + 1, len(slope) + 1))
    cov[:-1, :-1], cov[-1, -1] = among, slope @ among @ slope + 0.8
    cov[:-1, -1] = cov[-1, :-1] = among @ slope
    white = np.random.default_rng(1).normal(size=(60, n, len(cov)))
    samples = white @ np.linalg.cholesky(cov).T
    return Case(labels=labels, cov=cov, draws=np.stack([np.cov(sample.T) for sample in samples]))


def four(slopes: list[float] | None = None, n: int = 1234) -> Case:
    return case(slopes or [0.5, 0.35, 0.2, -0.12], [0.63] * 4, FOUR, n)


def fifteen() -> Case:
    rng = np.random.default_rng(2)
    slopes = np.linspace(0.5, -0.08, 15) * rng.uniform(0.5, 1.3, 15)
    return case(list(slopes), list(rng.uniform(0.4, 0.85, 15)), FIFTEEN)


def near_ties() -> Case:
    return four([0.36, 0.21, 0.205, 0.05], n=20_000)


def importance_of(made: Case) -> Importance:
    shares, estimate = measured("lmg", made.draws), measured("lmg", made.cov)
    return replace(
        make_importance(list(estimate), names=made.labels), estimate=estimate, shares=shares[None],
        r2=shares.sum(axis=1)[None], r2_estimate=float(estimate.sum()),
    )  # fmt: skip


def comparisons_of(made: Case) -> Comparisons:
    return compare(importance_of(made))


def measures_of(made: Case) -> MeasureTable:
    slopes = [np.linalg.solve(cov[:-1, :-1], cov[:-1, -1]) for cov in (made.cov, *made.draws)]
    return MeasureTable(
        outcome="outcome", drivers=tuple(made.labels), labels=dict(made.labels) | {"outcome": "Overall satisfaction"},
        estimates={name: measured(name, made.cov) for name in MEASURES},
        draws={name: measured(name, made.draws) for name in MEASURES}, slope_estimate=slopes[0],
        slopes=np.stack(slopes[1:]), r2=float(measured("lmg", made.cov).sum()), n=1523, n_eff=1233.6, level=0.9,
    )  # fmt: skip


def sensitivity_of(made: Case, halos: tuple[float, ...] = (0.1, 0.2, 0.3), reliable: bool = True) -> Sensitivity:
    """Return what was observed, halos (refused where the estimate cannot hold them), and reliabilities below 1."""
    most, p = largest_halo(made.cov), len(made.labels)
    scenarios = [_scenario("as observed", "observed", float("nan"), made.cov, made.draws)]
    for part in halos:
        if part >= most:
            nothing, none = np.full(p, np.nan), np.empty((0, p))
            scenarios.append(Scenario(name=f"halo {part:g}", kind="halo", amount=part, estimate=nothing, shares=none,
                                      failed=len(made.draws), refused="cannot be"))  # fmt: skip
        else:
            scenarios.append(_scenario(f"halo {part:g}", "halo", part, remove_halo(made.cov, part),
                                       remove_halo(made.draws, part)))  # fmt: skip
    if reliable:
        stated = np.array([0.9, 0.8, *[1.0] * (p - 2), 0.95])
        names = (*made.labels, "outcome")
        drawn = disattenuate(made.draws, np.broadcast_to(stated, (len(made.draws), p + 1)))
        scenarios.append(_scenario("reliability as stated", "reliability", float("nan"),
                                   disattenuate(made.cov, stated, names), drawn))  # fmt: skip
    return Sensitivity(
        outcome="outcome", drivers=tuple(made.labels), labels=dict(made.labels) | {"outcome": "Overall satisfaction"},
        scenarios=tuple(scenarios), first_eigenvalue=0.5, most_halo=most, straight=None, n=1523, n_eff=1233.6,
        level=0.9, items=p,
    )  # fmt: skip


def _scenario(name: str, kind: str, amount: float, cov: FloatArray, draws: FloatArray) -> Scenario:
    shares = measured("lmg", draws)
    kept = np.isfinite(shares).all(axis=1)
    return Scenario(name=name, kind=kind, amount=amount, estimate=measured("lmg", cov), shares=shares[kept],
                    failed=int((~kept).sum()))  # fmt: skip


def dominance_of(made: Case, draws: int = 20) -> DominanceResult:
    """Return the dominance of the estimate and of the first so many draws."""
    found = dominance(made.cov)
    return DominanceResult(
        outcome="outcome", drivers=tuple(made.labels), labels=dict(made.labels) | {"outcome": "Overall satisfaction"},
        model="linear", link="identity", engine="regression", index="r2", found=found,
        draws=dominance(made.draws[:draws]) if draws else None, whole=float(found.fit), members={}, always=(), n=1523,
        n_eff=1233.6,
    )  # fmt: skip
