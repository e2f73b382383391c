"""The true effects of actions, beside a large sample of the same population and cases with known answers."""

from dataclasses import replace

import numpy as np
import pytest

from drivers.errors import InputError
from drivers.simulate.do_effects import do_effect, lifted, matched, rating_distribution, shifted
from drivers.simulate.opinions import draw_opinions
from drivers.simulate.people import people
from drivers.simulate.spec import STORE_DRIVERS, StoreVisits

SPEC = StoreVisits(waves=2, flat=0.05)
SPEED = 1


@pytest.fixture(scope="module")
def sampled():
    """People of the population, not of the sample: ratings, whether they apply, and their group."""
    groups = people(SPEC)
    rng = np.random.default_rng(7)
    group = rng.choice(len(groups.mass), size=400_000, p=groups.mass)
    return groups, group, draw_opinions(SPEC, groups, group, rng)


def test_nothing_done_changes_nothing():
    for transport in (shifted(0.0), lifted(1)):
        effect = do_effect(SPEC, "service_speed", transport)
        assert (effect.mean, effect.top2, effect.nps, effect.possible) == (0, 0, 0, 0)


def test_matching_a_group_leaves_that_group_alone():
    transport = matched(SPEC, "service_speed", "channel=chat")
    own = do_effect(SPEC, "service_speed", transport, group="channel=chat")
    assert own.mean == pytest.approx(0, abs=1e-12)
    assert do_effect(SPEC, "service_speed", transport, group="channel=email").mean > 0.05


def test_after_a_match_a_channel_rates_as_the_other_does():
    transport = matched(SPEC, "service_speed", "channel=chat")
    groups = people(SPEC)
    phone = np.flatnonzero(groups.channel == 1)[0]
    reached = rating_distribution(SPEC, "service_speed", "channel=phone") @ transport.shares[phone]
    np.testing.assert_allclose(reached, rating_distribution(SPEC, "service_speed", "channel=chat"), atol=1e-12)


def test_a_driver_without_a_slope_has_no_effect():
    spec = replace(SPEC, drivers=(*STORE_DRIVERS[:1], replace(STORE_DRIVERS[1], slope=0.0), *STORE_DRIVERS[2:]))
    effect = do_effect(spec, "service_speed", shifted(1.0))
    assert effect.mean == effect.nps == 0
    assert effect.possible > 0.5


def test_effects_agree_with_a_sample_of_the_population(sampled):
    groups, group, opinions = sampled
    ratings = opinions.ratings.astype(float)
    applies = opinions.applies
    slopes = np.array([driver.slope for driver in SPEC.drivers])
    from scipy.special import ndtr

    def mean(values):
        eta = (np.where(applies, values, SPEC.neutral) - 4.0) @ slopes
        return 1 + (1 - ndtr((np.array(SPEC.cuts) - eta[:, None]) / SPEC.noise)).sum(axis=1)

    moved = ratings.copy()
    moved[:, SPEED] = np.maximum(ratings[:, SPEED], 4)
    change = mean(moved) - mean(ratings)
    error = change.std() / np.sqrt(len(change))
    assert change.mean() == pytest.approx(do_effect(SPEC, "service_speed", lifted(4)).mean, abs=4 * error)
    phone = groups.channel[group] == 1
    wanted = do_effect(SPEC, "service_speed", lifted(4), among="channel=phone")
    assert (change * phone).mean() == pytest.approx(wanted.mean, abs=4 * error)


def test_a_shift_delivers_what_the_scale_can_give():
    chance = rating_distribution(SPEC, "service_speed", "all")
    assert do_effect(SPEC, "service_speed", shifted(0.5)).possible == pytest.approx(0.5 * (1 - chance[-1]), abs=1e-12)


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match="did you mean `service_speed`"):
        do_effect(SPEC, "service_sped", shifted(1))
    with pytest.raises(InputError, match="did you mean `channel=phone`"):
        do_effect(SPEC, "service_speed", shifted(1), among="channel=phones")
