"""`simulate`: a survey with known truth, as a table, its definition and its truth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from drivers.simulate.definition import definition
from drivers.simulate.missing import with_missing
from drivers.simulate.opinions import Opinions, draw_opinions
from drivers.simulate.people import FloatArray, IntArray, People, people
from drivers.simulate.spec import StoreVisits
from drivers.simulate.truth import Truth, truth
from drivers.survey.schema import Survey


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Simulated:
    """A simulated survey: ``frame`` one row per answer with raw codes, its definition ``survey`` and ``truth``."""

    spec: StoreVisits
    frame: pd.DataFrame
    survey: Survey
    truth: Truth


def simulate(spec: StoreVisits | None = None, seed: int | None = None) -> Simulated:
    """Simulate a shop's visit survey whose truth is known.

    Parameters
    ----------
    spec : StoreVisits, optional
        What to simulate; the bundled survey when left out.
    seed : int, optional
        Replaces the seed of the specification.

    Returns
    -------
    Simulated
        The answers, their definition and the truth. The truth depends on the specification, never on the seed.

    Raises
    ------
    InputError
        If the specification contradicts itself.

    Notes
    -----
    Latent opinions share one factor; ratings cut them at fixed points; the latent outcome is a weighted sum of the
    *ratings* plus normal noise, so that a cumulative probit on the ratings is the exact model of both outcomes.
    """
    spec = StoreVisits() if spec is None else spec
    spec = spec if seed is None else replace(spec, seed=seed)
    rng = np.random.default_rng(spec.seed)
    groups = people(spec)
    group = rng.choice(len(groups.reach), size=spec.n * spec.waves, p=groups.reach / groups.reach.sum())
    group = group[np.argsort(groups.wave[group], kind="stable")]
    opinions = draw_opinions(spec, groups, group, rng)
    rated = with_missing(spec, groups, opinions, rng)
    return Simulated(spec=spec, frame=_frame(spec, groups, opinions, rated), survey=definition(spec),
                     truth=truth(spec))


def _frame(spec: StoreVisits, groups: People, opinions: Opinions, rated: dict[str, pd.Series]) -> pd.DataFrame:
    group = opinions.group
    n = len(group)
    region = np.array(spec.regions)[groups.region[group]]
    design = {} if not spec.branches else {
        "branch": [f"{name}-{number + 1:02d}" for name, number in zip(region, opinions.branch, strict=True)],
    }
    return pd.DataFrame({
        "visit_id": [f"V{number:0{max(5, len(str(n)))}d}" for number in range(1, n + 1)],
        "quarter": np.array(spec.quarters)[groups.wave[group]],
        "channel": np.array(spec.channels)[groups.channel[group]],
        "region": region,
        **design,
        **rated,
        "waiting_minutes": opinions.minutes,
        "weight": _weights(spec, groups, group),
    })


def _weights(spec: StoreVisits, groups: People, group: IntArray) -> FloatArray:
    """Return weights (n,) that undo the sampling rates; every wave adds up to the same total and the mean is 1."""
    wave, weight = groups.wave[group], groups.weight[group]
    total = np.bincount(wave, weights=weight, minlength=spec.waves)
    present = np.count_nonzero(total)
    return np.round(weight * len(group) / present / total[wave], 4)
