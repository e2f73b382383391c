"""Actions as values, and what the scale or the survey does not allow."""

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.errors import InputError
from drivers.scenario.apply import apply
from drivers.scenario.population import population_of
from tests.scenario.made import answers_of


@pytest.fixture(scope="module")
def answers():
    return answers_of(weights=True)


@pytest.fixture(scope="module")
def fit(answers):
    return dr.fit(answers, model="ordinal", draws=20)


@pytest.fixture(scope="module")
def reversed_fit():
    """`effort` is better when lower (1 to 5, turned round in cells); `minutes` is open and better when lower."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"effort": rng.integers(1, 6, 500), "minutes": rng.gamma(2.0, 5.0, 500).round(1)})
    latent = 4.5 - 0.4 * frame["effort"] - 0.04 * frame["minutes"] + rng.normal(1, 0.7, 500)
    frame["csat"] = np.clip(np.rint(latent), 1, 5)
    survey = dr.Survey(
        drivers=["effort", "minutes"], outcomes=["csat"], scale=(1, 5),
        items={"effort": {"direction": "lower"}, "minutes": {"scale": "open", "direction": "lower"}},
    )  # fmt: skip
    return frame, dr.fit(dr.read(frame, survey), draws=20)


def test_actions_print_compare_and_add_up():
    action = dr.shift("speed", 0.5).where(channel="phone") + dr.lift("value", to=4)
    assert repr(action) == "shift('speed', +0.5).where(channel='phone') + lift('value', to=4)"
    assert action == dr.shift("speed", 0.5).where(channel="phone") + dr.lift("value", to=4)
    assert action != dr.lift("value", to=4) + dr.shift("speed", 0.5).where(channel="phone")
    assert hash(action) == hash(dr.shift("speed", 0.5).where(channel="phone") + dr.lift("value", to=4))
    assert action.describe() == (
        "speed: every answer moves up by 0.5 points, as far as the scale goes, among channel = phone. Then "
        "value: every answer worse than 4 becomes 4, for everybody."
    )
    assert action.drivers == ("speed", "value")


def test_a_where_is_named_once_and_not_empty():
    with pytest.raises(InputError, match="names no group"):
        dr.shift("speed", 0.5).where()
    with pytest.raises(InputError, match="restricted by `channel` already"):
        dr.shift("speed", 0.5).where(channel="phone").where(channel="web")


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), "0.5", None, True])
def test_amounts_are_finite_numbers(amount):
    with pytest.raises(InputError, match=r"shift\('speed'\): by=.* is not a finite number"):
        dr.shift("speed", amount)


def test_shares_and_steps_make_sense():
    with pytest.raises(InputError, match="a share of answers is between 0 and 1"):
        dr.move("speed", share=1.2)
    with pytest.raises(InputError, match="not a whole number from 1 up"):
        dr.move("speed", share=0.2, steps=0)
    with pytest.raises(InputError, match="a factor is 0 or more"):
        dr.scale("minutes", -1)


def test_a_step_the_wrong_way_says_what_improving_means(fit, reversed_fit):
    with pytest.raises(InputError, match=r"worse: higher is better there. To improve it write shift\('speed', \+0.5\)"):
        dr.what_if(fit, dr.shift("speed", -0.5))
    _, other = reversed_fit
    with pytest.raises(InputError, match=r"worse: lower is better there. To improve it write shift\('effort', -0.5\)"):
        dr.what_if(other, dr.shift("effort", 0.5))
    with pytest.raises(InputError, match=r"worse: lower is better there. To improve it write scale\('minutes', 0.5\)"):
        dr.what_if(other, dr.scale("minutes", 2.0))
    with pytest.raises(InputError, match="leave out worsening=True"):
        dr.what_if(fit, dr.shift("speed", 0.5, worsening=True))
    worse = dr.what_if(fit, dr.shift("speed", -0.5, worsening=True))
    assert worse.estimate[0, 0] < 0
    assert "already at the bottom" in worse.summary()


def test_lower_is_better_is_told_in_points_of_the_questionnaire(reversed_fit):
    frame, fit = reversed_fit
    out = dr.what_if(fit, dr.shift("effort", -1.0))
    assert out.estimate[0, 0] > 0
    (step,) = out.delivered
    assert step.asked == -1.0
    assert step.possible == pytest.approx(-(frame["effort"] > 1).mean(), abs=1e-12)
    assert step.at_end == pytest.approx((frame["effort"] == 1).mean(), abs=1e-12)
    lifted = dr.what_if(fit, dr.lift("effort", to=2)).delivered[0]
    assert lifted.possible == pytest.approx(-(frame["effort"] - 2).clip(lower=0).mean(), abs=1e-12)


def test_waiting_times_are_halved_and_limited(reversed_fit):
    frame, fit = reversed_fit
    halved = dr.what_if(fit, dr.halve("minutes"))
    slope = fit.point.slopes[0, 0, 1]
    assert halved.point_change[0, 0] == pytest.approx(-slope * frame["minutes"].mean() / 2, abs=1e-10)
    limited = dr.what_if(fit, dr.lift("minutes", to=10))
    assert limited.point_change[0, 0] == pytest.approx(-slope * (frame["minutes"] - 10).clip(lower=0).mean(), abs=1e-10)
    gone = dr.what_if(fit, dr.shift("minutes", -1000)).delivered[0]
    assert gone.possible == pytest.approx(frame["minutes"].min() - frame["minutes"].mean(), abs=1e-10)


def test_what_does_not_suit_the_scale_is_refused(fit, reversed_fit):
    _, other = reversed_fit
    with pytest.raises(InputError, match=r"lift\('speed', to=7\): 7 is beyond `speed`; its scale is 1 to 5"):
        dr.what_if(fit, dr.lift("speed", to=7))
    with pytest.raises(InputError, match="which has no zero to multiply from"):
        dr.what_if(fit, dr.halve("speed"))
    with pytest.raises(InputError, match="needs a rating; `minutes` is measured"):
        apply(dr.floor("minutes", at=3, by="channel"), population_of(other).sets[0], population_of(other))


def test_an_amount_beyond_the_scale_is_capped_and_told(fit):
    out = dr.what_if(fit, dr.shift("speed", 9.0))
    assert (out.before + out.change)[..., 0].max() <= 5
    cells = fit.cells
    wanted = np.average(5 - cells.column("speed"), weights=cells.sum_w)
    assert out.delivered[0].possible == pytest.approx(wanted, abs=1e-12)


def test_a_share_moves_in_expectation(answers, fit):
    whole = dr.what_if(fit, dr.move("speed", share=1.0))
    part = dr.what_if(fit, dr.move("speed", share=0.3))
    np.testing.assert_allclose(part.change, 0.3 * whole.change, atol=1e-12)
    one = dr.what_if(fit, dr.shift("speed", 1.0))
    np.testing.assert_allclose(whole.change, one.change, atol=1e-12)
    assert (dr.what_if(fit, dr.move("speed", share=0.0)).change == 0).all()


def test_later_steps_meet_what_earlier_ones_left(fit):
    both = dr.what_if(fit, dr.shift("speed", 1.0) + dr.lift("speed", to=4)).point_change[0, 0]
    other = dr.what_if(fit, dr.lift("speed", to=4) + dr.shift("speed", 1.0)).point_change[0, 0]
    assert other > both
    a, b = dr.shift("speed", 1.0), dr.lift("value", to=4)
    np.testing.assert_allclose(dr.what_if(fit, a + b).point_change, dr.what_if(fit, b + a).point_change, atol=1e-12)


def test_a_match_gives_every_group_the_same_distribution(answers, fit):
    population = population_of(fit, answers, ("channel",))
    (people,) = population.sets
    one = apply(dr.match("speed", segment="channel", to="store"), people, population)
    rows, weight = one.rows, people.cells.sum_w
    rates = np.append(one.rates_at(weight[None])[0], 1.0)
    mass = weight[rows.source] * rows.share * rates[rows.rate].prod(axis=1)
    codes, groups = people.group_codes("channel")
    after = np.zeros((len(groups), 6))
    np.add.at(after, (codes, people.x[:, 0].astype(int)), weight)
    np.add.at(after, (codes[rows.source], people.x[rows.source, 0].astype(int)), -mass)
    np.add.at(after, (codes[rows.source], rows.x[:, 0].astype(int)), mass)
    shares = after / after.sum(axis=1, keepdims=True)
    for group in range(len(groups)):
        np.testing.assert_allclose(shares[group], shares[groups.index("store")], atol=1e-12)
    out = dr.what_if(fit, dr.match("speed", segment="channel", to="store"), answers=answers, by="channel")
    assert (out.change[:, out.parts.index("channel=store")] == 0).all()


def test_no_group_averages_below_a_floor(answers, fit):
    population = population_of(fit, answers, ("channel",))
    (people,) = population.sets
    one = apply(dr.floor("speed", at=3.6, by="channel"), people, population)
    rows, weight = one.rows, people.cells.sum_w
    mass = weight[rows.source] * rows.share * np.append(one.rates_at(weight[None])[0], 1.0)[rows.rate].prod(axis=1)
    codes, groups = people.group_codes("channel")
    moved = np.bincount(codes[rows.source], mass * (rows.x[:, 0] - people.x[rows.source, 0]), len(groups))
    before = np.bincount(codes, weight * people.x[:, 0]) / np.bincount(codes, weight)
    after = before + moved / np.bincount(codes, weight)
    assert before.min() < 3.6
    np.testing.assert_allclose(after, np.maximum(before, 3.6), atol=1e-12)


def test_what_looks_at_the_distribution_comes_first_on_its_driver(answers, fit):
    action = dr.shift("speed", 0.5) + dr.match("speed", segment="channel")
    with pytest.raises(InputError, match="has to be its first step"):
        dr.what_if(fit, action, answers=answers)


def test_only_actions_are_taken(fit):
    with pytest.raises(InputError, match="No action was given"):
        dr.what_if(fit, [])
    with pytest.raises(InputError, match="is not an action"):
        dr.what_if(fit, "speed+1")
    with pytest.raises(InputError, match="averages a fit, not str"):
        dr.what_if("fit", dr.shift("speed", 1))
