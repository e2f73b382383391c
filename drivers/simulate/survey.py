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
    before = _before(spec, groups, group)
    opinions = draw_opinions(spec, groups, group, rng, before)
    rated = with_missing(spec, groups, opinions, rng)
    return Simulated(spec=spec, frame=_frame(spec, groups, opinions, rated, before), survey=definition(spec),
                     truth=truth(spec))


def _before(spec: StoreVisits, groups: People, group: IntArray) -> IntArray:
    """Return where (n,) each person stands in the wave before, -1 for those who did not answer in it.

    People of a channel and region stay in it, so that who answers again changes nobody's chances.
    """
    before = np.full(len(group), -1)
    if not spec.panel:
        return before
    place = groups.channel[group] * len(spec.regions) + groups.region[group]
    for wave in range(1, spec.waves):
        for one in np.unique(place):
            now, last = (np.flatnonzero((groups.wave[group] == w) & (place == one)) for w in (wave, wave - 1))
            again = min(round(spec.panel * len(last)), len(now))
            before[now[:again]] = last[:again]
    return before


def _people(before: IntArray) -> IntArray:
    """Return the number (n,) of each person: their first answer's place."""
    who = np.arange(len(before))
    for row in np.flatnonzero(before >= 0):
        who[row] = who[before[row]]
    return who


def _frame(
    spec: StoreVisits, groups: People, opinions: Opinions, rated: dict[str, pd.Series], before: IntArray
) -> pd.DataFrame:
    """Return the table of answers, with who gave them and the weights."""
    group = opinions.group
    n = len(group)
    region = np.array(spec.regions)[groups.region[group]]
    design = {} if not spec.branches else {
        "branch": [f"{name}-{number + 1:02d}" for name, number in zip(region, opinions.branch, strict=True)],
    }
    return pd.DataFrame({
        "visit_id": [f"V{number:0{max(5, len(str(n)))}d}" for number in range(1, n + 1)],
        **({"customer_id": [f"C{number:06d}" for number in _people(before)]} if spec.panel else {}),
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
