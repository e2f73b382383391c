"""Surveys over a spread of truths, and the probability their posteriors give each driver of being first."""

import numpy as np

from drivers.fit.bayes.exact import fit_exact
from drivers.fit.bayes.priors import CovariancePrior
from drivers.stats.measures import MEASURES_DRAWS
from tests.fit.bayes.calibration import sample_of

PEOPLE, DRIVERS, DRAWS = 200, 4, 400


def rank_probabilities_of_exact_posteriors(surveys: int, equal: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """P(#1) (surveys, drivers) under the exact engine, and whether the driver is truly first.

    Truths: drivers that correlate by .1 to .7, slopes independent, R2 of .1 to .7; all drivers alike if `equal`. Slopes
    are normal, as no prior can be calibrated for every crowd of truths: over slopes uniform between 0 and 1, where ties
    are common and signs known, the error is .034: a posterior that expects neither is too sure of a first place.
    """
    lmg = MEASURES_DRAWS["lmg"]
    chance, first = np.empty((surveys, DRIVERS)), np.zeros((surveys, DRIVERS))
    for survey in range(surveys):
        rng = np.random.default_rng([25, survey])
        common = rng.uniform(0.1, 0.7)
        scatter = np.full((DRIVERS, DRIVERS), common) + (1 - common) * np.eye(DRIVERS)
        slopes = np.ones(DRIVERS) if equal else rng.normal(size=DRIVERS)
        explained = slopes @ scatter @ slopes
        r2 = rng.uniform(0.1, 0.7)
        joint = np.empty((DRIVERS + 1, DRIVERS + 1))
        joint[:-1, :-1], joint[:-1, -1] = scatter, scatter @ slopes
        joint[-1, :-1], joint[-1, -1] = joint[:-1, -1], explained / r2
        first[survey, np.argmax(lmg(joint[None])[0])] = 1
        values = rng.multivariate_normal(np.zeros(DRIVERS + 1), joint, size=PEOPLE)
        draws = fit_exact(sample_of(values), CovariancePrior(), DRAWS, survey).draws
        shares = lmg(draws.joint_covariance()[0])
        chance[survey] = np.bincount(shares.argmax(axis=1), minlength=DRIVERS) / DRAWS
    return chance, first
