"""True scores: means, top-2 boxes, NPS, expectation gaps and minutes, by integration."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from drivers.simulate.opinions import wait_driver
from drivers.simulate.patterns import Patterns, expected_chance, outcome_chance, rating_chance
from drivers.simulate.people import FloatArray, People
from drivers.simulate.population import Row, parts
from drivers.simulate.spec import CENTRE, POINTS, StoreVisits

PROMOTER, DETRACTOR = 9, 6
"""On 0..10: promoters answer 9 or 10, detractors 0 to 6 (Reichheld 2003)."""


def score_rows(spec: StoreVisits, groups: People, found: Patterns) -> Iterator[Row]:
    """Yield the true scores of every rated item, and the mean minutes waited.

    Parameters
    ----------
    spec : StoreVisits
        The survey.
    groups : People
        Its groups.
    found : Patterns
        Chances of the rating patterns.

    Yields
    ------
    tuple
        quantity, outcome (empty), item, group, value. A driver's score is among those to whom it applies.
    """
    reach = outcome_chance(spec, groups, found, spec.recommend_cuts, float(np.hypot(spec.noise, spec.recommend_noise)))
    satisfied = outcome_chance(spec, groups, found, spec.cuts, spec.noise) if spec.link == "probit" else None
    rated = [rating_chance(found, j) for j in range(len(spec.drivers))]
    expected = expected_chance(spec)
    minutes = _mean_minutes(spec, groups)
    for part, mass in parts(spec, groups):
        if satisfied is None:
            yield "mean", "", "satisfaction", part, _mean_linear(spec, groups, rated, mass)
        else:
            yield from _rating_scores("satisfaction", part, _mix(mass, satisfied))
        yield from _recommend_scores(part, _mix(mass, reach))
        for j, driver in enumerate(spec.drivers):
            among = mass * groups.applies[:, j]
            if among.sum() > 0:
                chance = _mix(among, rated[j])
                yield from _rating_scores(driver.name, part, chance)
                yield "gap", "", driver.name, part, _mean(chance, 1) - _mean(expected[j], 1)
            yield "applies", "", driver.name, part, float(among.sum() / mass.sum())
            yield from _rating_scores(driver.expectation, part, expected[j])
        yield "mean", "", "waiting_minutes", part, float(mass @ minutes / mass.sum())


def _mix(mass: FloatArray, chance: FloatArray) -> FloatArray:
    """Return the chances of answers among people of all groups, each by its mass."""
    mixed: FloatArray = mass @ chance / mass.sum()
    return mixed


def _mean(chance: FloatArray, first: int) -> float:
    """Return the mean of answers that count up from `first`."""
    return float(chance @ np.arange(first, first + len(chance)))


def _rating_scores(item: str, part: str, chance: FloatArray) -> Iterator[Row]:
    """Yield the mean and the top-2 box of a rated item."""
    yield "mean", "", item, part, _mean(chance, 1)
    yield "top2", "", item, part, float(chance[-2:].sum())


def _recommend_scores(part: str, chance: FloatArray) -> Iterator[Row]:
    """Yield the mean and the NPS of the likelihood to recommend."""
    yield "mean", "", "recommend", part, _mean(chance, 0)
    nps = 100 * (chance[PROMOTER:].sum() - chance[: DETRACTOR + 1].sum())
    yield "nps", "", "recommend", part, float(nps)


def _mean_linear(spec: StoreVisits, groups: People, rated: list[FloatArray], mass: FloatArray) -> float:
    """Return the mean of a continuous satisfaction, the unexposed counted at the neutral rating."""
    mean = np.full(len(groups.mass), CENTRE)
    slopes = np.array([spec.slopes(t) for t in range(spec.waves)])[groups.wave]
    for j in range(len(spec.drivers)):
        rating = rated[j] @ np.arange(1, POINTS + 1)
        applies = groups.applies[:, j]
        mean += slopes[:, j] * (applies * rating + (1 - applies) * spec.neutral - CENTRE)
    return float(mass @ mean / mass.sum())


def _mean_minutes(spec: StoreVisits, groups: People) -> FloatArray:
    """Return the mean of the log-normal minutes per group (G,); rounding to 0.1 minute is left aside."""
    centre = np.log(np.array(spec.wait_median))[groups.channel] - spec.wait_slope * groups.shift[:, wait_driver(spec)]
    minutes: FloatArray = np.exp(centre + (spec.wait_slope**2 + spec.wait_noise**2) / 2)
    return minutes
