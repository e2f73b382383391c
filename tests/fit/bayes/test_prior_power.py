"""The prior raised to a power: what weighted draws say is what a fit with that prior finds."""

import numpy as np
import pytest
from arviz_stats.base import array_stats

import drivers as dr
from drivers.fit.bayes.log_prior import log_prior
from drivers.fit.bayes.priors import SegmentPriors, SlopePriors, normal
from drivers.fit.bayes.walk import WalkPriors
from drivers.stats.power_scaling import power_weights
from tests.fit.bayes.test_hierarchical import people

pytestmark = pytest.mark.bayes
ROOT = np.sqrt(2)  # a normal density squared is normal with a standard deviation so many times smaller
PLAIN = SlopePriors()
SQUARED = SlopePriors(
    slopes=normal(0, PLAIN.slopes.scale / ROOT), cuts=normal(0, PLAIN.cuts.scale / ROOT),
    segments=SegmentPriors(
        spread=PLAIN.segments.spread / ROOT, level_spread=PLAIN.segments.level_spread / ROOT,
        lkj=2 * (PLAIN.segments.lkj - 1) + 1,
    ),
    walk=WalkPriors(pace=PLAIN.walk.pace / ROOT, season=PLAIN.walk.season / ROOT),
)  # fmt: skip
ERRORS = 4  # Monte-Carlo standard errors within which both agree
MOVED = 6  # by which they differ from the posterior as it is, so that a part left out would show


def compare(plain, squared, quantities):
    weight = power_weights(log_prior(plain), 2)
    for name, read in quantities.items():
        mine, theirs = read(plain), read(squared)
        flat = mine.ravel()
        mean = weight @ flat
        slow = [one.size / array_stats.ess(one, method="mean") for one in (mine, theirs)]
        error = np.sqrt(slow[0] * (weight**2 @ (flat - mean) ** 2) + slow[1] * theirs.var() / theirs.size)
        assert abs(mean - theirs.mean()) < ERRORS * error, name
        assert abs(flat.mean() - theirs.mean()) > MOVED * error, name


def test_a_hierarchy_with_its_prior_squared_is_the_one_scaling_foretells():
    table, asked = people(150, seed=5), {"model": "ordinal", "engine": "bayes", "by": "channel", "seed": 2}
    plain, squared = (dr.fit(table, "y", ["a", "b"], prior=prior, **asked) for prior in (PLAIN, SQUARED))
    compare(plain, squared, {
        "slope": lambda fit: fit.draws.slopes[..., 0], "threshold": lambda fit: fit.draws.cuts[..., 0],
        "spread": lambda fit: fit.segments.spread[:, :, 0, 0], "level": lambda fit: fit.segments.level_spread[:, :, 0],
        "correlation": lambda fit: fit.segments.correlation[:, :, 0, 0] ** 2,
    })  # fmt: skip


@pytest.mark.slow
def test_a_tracker_with_its_prior_squared_is_the_one_scaling_foretells():
    from tests.fit.bayes.test_tracker import people, read, tracker

    answers = read(people(80))
    plain, squared = (tracker(answers, prior=prior, draws=8000) for prior in (PLAIN, SQUARED))
    compare(plain, squared, {
        "slope": lambda fit: fit.draws.slopes[..., 0], "spread": lambda fit: fit.segments.spread[:, :, 0, 0],
        "pace": lambda fit: fit.waves.pace[..., 0], "pace of the level": lambda fit: fit.waves.pace[..., -1],
    })  # fmt: skip
