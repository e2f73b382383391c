"""Declared causes: what is refused, with its path, and what a total effect is."""

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.errors import InputError


@pytest.fixture(scope="module")
def answers():
    """Speed moves value, both move csat; region is behind speed and csat; mood comes from csat."""
    rng = np.random.default_rng(4)
    n = 4000
    region = rng.integers(0, 2, n)
    speed = rng.normal(0.8 * region, 1.0)
    value = 0.5 * speed + rng.standard_normal(n)
    csat = 0.4 * speed + 0.6 * value + 0.5 * region + rng.standard_normal(n)
    mood = csat + rng.standard_normal(n)
    frame = pd.DataFrame({
        "speed": speed, "value": value, "mood": mood, "csat": csat, "region": np.where(region, "north", "south"),
        "after": value + rng.standard_normal(n),
    })  # fmt: skip
    survey = dr.Survey(
        drivers=["speed", "value", "mood"], outcomes=["csat"], controls=["region", "after"],
        items={"after": {"scale": "open"}},
    )  # fmt: skip
    return dr.read(frame, survey)


def fitted(answers, drivers, controls):
    return dr.fit(answers, drivers=drivers, controls=controls, draws=100)


TRUE = ["speed -> value -> csat", "speed -> csat", "region -> speed", "region -> csat"]


def test_the_total_effect_lets_mediators_follow(answers):
    fit = fitted(answers, ["speed", "value"], ["region"])
    action = dr.shift("speed", -0.01, worsening=True)  # small, so that the ends of an open scale do not matter
    out = dr.what_if(fit, action, dag=TRUE)
    assert out.scenario == "dag"
    assert out.point_change[0, 0] / -0.01 == pytest.approx(0.4 + 0.5 * 0.6, abs=0.06)
    alone = next(one for one in out.others if one.scenario == "alone")
    assert alone.point_change[0, 0] / -0.01 == pytest.approx(0.4, abs=0.06)
    assert "Total effect: value follow(s)" in out.causal
    assert "Direct part only: value stay(s)" in alone.causal
    assert "Association" in dr.what_if(fit, action).summary()
    assert "Association" not in out.summary()


def test_an_open_back_door_is_named(answers):
    fit = fitted(answers, ["speed", "value"], [])
    with pytest.raises(InputError, match=r"does not close the path speed <- region -> csat.*measure `region`"):
        dr.what_if(fit, dr.shift("speed", 0.1), dag=TRUE)


def test_a_mediator_is_refused_as_a_control(answers):
    fit = fitted(answers, ["speed"], ["region", "after"])
    dag = ["speed -> after -> csat", "speed -> csat", "region -> speed", "region -> csat"]
    with pytest.raises(InputError, match="`after` is a mediator: speed -> after -> csat"):
        dr.what_if(fit, dr.shift("speed", 0.1), dag=dag)


def test_a_consequence_is_refused_as_a_control(answers):
    fit = fitted(answers, ["speed"], ["region", "after"])
    dag = ["speed -> after", "u -> after", "u -> csat", "speed -> csat", "region -> speed", "region -> csat"]
    with pytest.raises(InputError, match=r"`after` is a consequence of .* \(speed -> after\), and a collider"):
        dr.what_if(fit, dr.shift("speed", 0.1), dag=dag)


def test_what_comes_from_the_outcome_cannot_be_held(answers):
    fit = fitted(answers, ["speed", "mood"], ["region"])
    with pytest.raises(InputError, match=r"`mood` comes from the outcome \(csat -> mood\)"):
        dr.what_if(fit, dr.shift("speed", 0.1), dag=[*TRUE, "csat -> mood"])


def test_names_have_to_be_in_the_graph(answers):
    fit = fitted(answers, ["speed", "value"], ["region"])
    with pytest.raises(InputError, match="is not in the declared graph"):
        dr.what_if(fit, dr.shift("speed", 0.1), dag=["value -> csat"])
    with pytest.raises(InputError, match="No declared arrow leads to `csat`"):
        dr.what_if(fit, dr.shift("speed", 0.1), dag=["speed -> value"])


def test_robustness_stands_beside_every_what_if(answers):
    fit = fitted(answers, ["speed", "value"], ["region"])
    (one,) = dr.what_if(fit, dr.shift("speed", 0.1)).robustness
    # a regression of the same columns gives t, and t gives the value
    t = fit.estimate[0] / np.sqrt(fit.model_cov[0, 0])
    f = abs(t) / np.sqrt(fit.n - 4)
    assert one.value == pytest.approx(0.5 * (np.sqrt(f**4 + 4 * f**2) - f**2), rel=1e-9)
    assert 0 < one.value_5 < one.value
    assert one.benchmark == "value"
    assert [bound.times for bound in one.bounds] == [1, 2, 3]
    assert one.bounds[0].adjusted < one.slope
