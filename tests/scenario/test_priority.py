"""The priority map: definitions by hand and by published values, quadrants from joint draws."""

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.errors import InputError
from drivers.scenario.average_slope import average_slopes
from drivers.scenario.priority import QUADRANTS, performance_of, priority_map
from tests.scenario.made import answers_of, chances, with_draws


def test_performance_is_the_mean_on_the_scale_and_importance_the_slope_not_the_other_way_round():
    # by hand: means 4.2 of 1..5 and 3 of 1..5; slopes .4 and .2 of an outcome 0..10
    frame = pd.DataFrame({"a": [5, 4, 4, 5, 3] * 8, "b": [1, 5, 3, 2, 4] * 8, "y": [5, 6, 5, 6, 4] * 8})
    survey = dr.Survey.model_validate({"drivers": ["a", "b"], "outcomes": ["y"], "scale": [1, 5],
                                       "items": {"y": {"scale": [0, 10]}}})  # fmt: skip
    fit = with_draws(dr.fit(dr.read(frame, survey), draws=20), [[0.4, 0.2]])
    found = priority_map(fit)
    np.testing.assert_allclose(found.performance_estimate, [100 * 3.2 / 4, 100 * 2.0 / 4])
    np.testing.assert_allclose(found.importance_estimate, [0.4 * 4 / 10, 0.2 * 4 / 10])
    assert found.lines == pytest.approx((65.0, 0.12))
    rows = found.tidy().set_index("driver")
    assert rows["quadrant"].to_dict() == {"a": "keep_up", "b": "low_priority"}


def test_where_less_is_better_performance_is_turned_and_so_is_importance():
    assert performance_of(np.array([2.0]), np.array([1.0]), np.array([5.0]), np.array([-1.0])) == pytest.approx(75.0)
    answers = answers_of(items={"csat": {"scale": [1, 5]}, "value": {"direction": "lower"}})
    found = priority_map(dr.fit(answers, draws=20))
    plain = priority_map(dr.fit(answers_of(), draws=20))
    assert found.performance_estimate[1] == pytest.approx(100 - plain.performance_estimate[1])
    assert found.importance_estimate[1] == pytest.approx(-plain.importance_estimate[1])


def test_published_values_of_the_mobi_survey(golden, shared):
    # Scores: w / sd normalised to sum 1 on the raw 1..10 items. The weights at hand are plspm's (centroid scheme), the
    # published map rests on seminr's, which differ in the third digit: hence the tolerances, far below the gap between
    # drivers. Value has no path to satisfaction but its own, so its total effect is its slope beside the others.
    told = golden("pls_golden")
    weights, wanted = told["plspm_mobi_centroid"]["weights"], told["ipma_mobi_satisfaction"]
    items = {"Image": "IMAG", "Expectation": "CUEX", "Quality": "PERQ", "Value": "PERV", "Satisfaction": "CUSA"}
    mobi = pd.read_csv(shared / "data" / "mobi.csv")
    scores = {}
    for name, start in items.items():
        columns = [each for each in weights if each.startswith(start)]
        load = pd.Series({each: weights[each] / mobi[each].std() for each in columns})
        scores[name] = mobi[columns] @ (load / load.sum())
    drivers = ["Image", "Expectation", "Quality", "Value"]
    survey = dr.Survey.model_validate({"drivers": drivers, "outcomes": ["Satisfaction"], "scale": [1, 10]})
    found = priority_map(dr.fit(dr.read(pd.DataFrame(scores), survey), draws=20))
    expected = [wanted["performance"][name] for name in drivers]
    np.testing.assert_allclose(found.performance_estimate, expected, rtol=0, atol=0.06)
    assert found.importance_estimate[3] == pytest.approx(wanted["importance_unstd"]["Value"], abs=0.003)
    spread = wanted["sd_rescaled_scores"]  # the definition itself, to the last digit
    ratio = spread["Satisfaction"] / spread["Value"]
    assert wanted["importance_std"]["Value"] * ratio == pytest.approx(wanted["importance_unstd"]["Value"], rel=1e-9)


def test_the_slope_of_an_ordinal_model_is_that_of_the_expected_answer_averaged_over_people():
    answers = answers_of(weights=True)
    fit = dr.fit(answers, model="ordinal", draws=20)
    frame = pd.DataFrame(answers.frame.to_native() if hasattr(answers.frame, "to_native") else answers.frame)
    x, points = frame[["speed", "value"]].to_numpy(float), np.arange(1, 6)
    draws, point = average_slopes(fit)
    for found, slopes, cuts in [(point, fit.point.slopes[0, 0], fit.point.cuts[0, 0]),
                                (draws[7], fit.draws.slopes[0, 7], fit.draws.cuts[0, 7])]:  # fmt: skip
        step = 1e-5 * np.eye(2)
        up = [np.average(chances((x + one) @ slopes, cuts) @ points, weights=frame["w"]) for one in step]
        down = [np.average(chances((x - one) @ slopes, cuts) @ points, weights=frame["w"]) for one in step]
        np.testing.assert_allclose(found, (np.array(up) - down) / 2e-5, rtol=1e-6)


def test_quadrants_are_counted_in_joint_draws():
    fit = dr.fit(answers_of(), draws=300)
    found = priority_map(fit)
    for line in ("mean", "midpoint"):
        np.testing.assert_allclose(found.quadrants(line).sum(axis=1), 1.0)
    middle = found.performance.mean(axis=1)
    weak = found.performance[:, 0] < middle
    matters = found.importance[:, 0] >= found.importance.mean(axis=1)
    assert found.quadrants().at["speed", "concentrate"] == pytest.approx((weak & matters).mean())
    assert set(found.tidy()["quadrant"]) <= set(QUADRANTS)
    assert found.quadrants("midpoint").at["value", "concentrate"] == pytest.approx(
        ((found.performance[:, 1] < 50) & (found.importance[:, 1] >= found.importance.mean(axis=1))).mean()
    )


def test_it_says_what_it_is():
    text = " ".join(priority_map(dr.fit(answers_of(), draws=100)).summary().split())
    assert "Association, not effect" in text and "lines are conventions" in text


def test_what_has_no_one_slope_or_no_scale_is_refused():
    with pytest.raises(InputError, match="holds products or squares of drivers"):
        priority_map(dr.fit(answers_of(), drivers=["speed", "value", "speed:value"], draws=20))
    rng = np.random.default_rng(1)
    open_ = pd.DataFrame({"a": rng.normal(size=60), "y": rng.normal(size=60)})
    with pytest.raises(InputError, match="`y` has no declared scale"):
        priority_map(dr.fit(open_, outcome="y", drivers=["a"], draws=20))
    with pytest.raises(InputError, match="read off a fit, not int"):
        priority_map(3)
    with pytest.raises(InputError, match="line='median' is not known"):
        priority_map(dr.fit(answers_of(), draws=20)).quadrants("median")
