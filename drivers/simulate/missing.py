"""Take answers away: not applicable, don't know, blank, broken off; and write the codes of the file."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.simulate.opinions import Opinions
from drivers.simulate.people import FloatArray, People
from drivers.simulate.spec import CENTRE, StoreVisits

NOT_APPLICABLE = 8
DONT_KNOW = 9


def with_missing(
    spec: StoreVisits, groups: People, opinions: Opinions, rng: np.random.Generator
) -> dict[str, pd.Series]:
    """Return the rated columns as the file holds them.

    Parameters
    ----------
    spec : StoreVisits
        The survey.
    groups : People
        Its groups.
    opinions : Opinions
        Complete answers.
    rng : Generator
        Source of chance.

    Returns
    -------
    dict of str to Series
        Outcomes, ratings, expectations: codes, 8 not applicable, 9 don't know, missing where left blank. Blanks
        depend on the channel, and on satisfaction by ``blank_slope``; don't know is by chance alone.
    """
    n, p = opinions.ratings.shape
    often = np.array(spec.blank_channel)[groups.channel[opinions.group]][:, None]
    outcome_rate, rating_rate, expected_rate = spec.blank
    outcome_blank = rng.random((n, 2)) < outcome_rate * often
    grid_rate = np.repeat([rating_rate, expected_rate], p)[None, :] * often
    grid_blank = rng.random((n, 2 * p)) < _tilt(grid_rate, spec.blank_slope * (opinions.satisfaction - CENTRE))
    stops_at = np.where(rng.random(n) < spec.break_off, rng.integers(1, 2 * p, size=n), 2 * p)
    grid_blank |= np.arange(2 * p)[None, :] >= stops_at[:, None]
    unsure = rng.random((n, 2 * p)) < np.tile([d.dont_know for d in spec.drivers], 2)
    grid = np.where(unsure, DONT_KNOW, np.concatenate([opinions.ratings, opinions.expected], axis=1))
    grid[:, :p] = np.where(opinions.applies, grid[:, :p], NOT_APPLICABLE)
    names = [d.name for d in spec.drivers] + [d.expectation for d in spec.drivers]
    return {
        "satisfaction": _column(opinions.satisfaction, outcome_blank[:, 0], whole=spec.link == "probit"),
        "recommend": _column(opinions.recommend, outcome_blank[:, 1]),
        **{name: _column(grid[:, j], grid_blank[:, j]) for j, name in enumerate(names)},
    }


def _tilt(rate: FloatArray, log_odds: FloatArray) -> FloatArray:
    """Return rates whose log odds are moved, person by person."""
    odds = rate / (1 - rate) * np.exp(log_odds)[:, None]
    return odds / (1 + odds)


def _column(codes: NDArray[np.generic], blank: NDArray[np.bool_], *, whole: bool = True) -> pd.Series:
    """Return codes as a column in which what is left blank is missing."""
    column = pd.Series(codes)
    column = column.astype("Int64") if whole else column.astype("float64")
    return column.mask(blank)
