"""Controls: categories become dummies by themselves, numbers stay, and neither gets a share."""

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.importance.exposure import exposure_shares

EXACT = 1e-9  # the same normal equations, or Newton's method to its end
DRIVERS = ("quality", "speed")
RATED = {"sat": {"scale": (1, 5)}, "quality": {"scale": (1, 5)}, "speed": {"scale": (1, 5)}}


def visits(n=600, seed=4):
    """Ratings that differ by region and age, which go with satisfaction too; 4 visits to each of two tiny regions."""
    rng = np.random.default_rng(seed)
    region = rng.choice(["north", "south", "west"], n, p=[0.5, 0.3, 0.2]).astype(object)
    region[:4], region[4:8] = "isle", "cape"
    age = rng.integers(18, 80, n)
    mood = 0.6 * rng.normal(size=n) + 0.5 * (region == "south") + 0.01 * age
    ratings = [np.clip(np.rint(2.6 + mood + 0.9 * rng.normal(size=n)), 1, 5).astype(int) for _ in DRIVERS]
    sat = np.clip(np.rint(0.5 * ratings[0] + 0.2 * ratings[1] + mood + 0.7 * rng.normal(size=n)), 1, 5).astype(int)
    sat[:8:2], sat[1:8:2] = 5, 2
    return pd.DataFrame(dict(zip(DRIVERS, ratings, strict=True))).assign(
        sat=sat, region=region, age=age, channel=np.where(rng.random(n) < 0.5, "web", "shop")
    )


def survey(**more):
    items = {**RATED, "age": {"scale": "open"}, **more.pop("items", {})}
    items = items if "controls" not in more else RATED
    return dr.Survey(**{
        "drivers": DRIVERS, "outcomes": ("sat",), "controls": ("region", "age"), "items": items, "segments": "channel"
    } | more)


def by_hand(table):
    """Dummies of the regions as drivers; the base is the north, the most frequent one."""
    dummies = {"south": table["region"] == "south", "west": table["region"] == "west",
               "small": table["region"].isin(["isle", "cape"])}  # fmt: skip
    return table.assign(**{name: column.astype(int) for name, column in dummies.items()})


@pytest.mark.parametrize("model", ["linear", "ordinal", "logit"])
def test_controls_are_dummies_that_are_always_in(model):
    table, always = visits(), ["south", "west", "small", "age"]
    found = dr.fit(dr.read(table, survey()), model=model, draws=30)
    hand = dr.read(by_hand(table), dr.Survey(drivers=(*DRIVERS, *always), outcomes=("sat",), items=RATED))
    want = dr.fit(hand, model=model, draws=30)
    assert found.terms[:6] == ("quality", "speed", "region: south", "region: west", "region: other", "age")
    np.testing.assert_allclose(found.estimate, want.estimate, atol=EXACT)
    np.testing.assert_allclose(found.robust_cov, want.robust_cov, atol=EXACT)
    assert found.r2 == pytest.approx(want.r2, abs=EXACT)
    for measure in ("lmg", "car", "last", "pratt", "relative_weights"):
        one, other = dr.importance(found, measure), dr.importance(want, measure, always=always)
        np.testing.assert_allclose(one.estimate, other.estimate, atol=EXACT, err_msg=measure)
        np.testing.assert_allclose(one.always_r2_estimate, other.always_r2_estimate, atol=EXACT)
    assert one.always == ("region", "age")
    assert 0.05 < one.always_r2_estimate < one.r2_estimate
    assert dr.importance(found).estimate.sum() == pytest.approx(one.shared_interval()["estimate"], abs=EXACT)


def test_the_base_and_what_was_merged_are_said():
    fit = dr.fit(dr.read(visits(), survey()), draws=10)
    held = 'Held equal in every model, without a share: `region` (base "north", 3 other level(s)), `age` (a number).'
    assert held in fit.notes
    merged = [note for note in fit.notes if "merged" in note]
    assert merged == [
        '`region`: 2 level(s) with fewer than 5 respondents (8 in all) merged into "other": cape, isle.'
    ]
    one = visits()
    one.loc[4:7, "region"] = "north"
    notes = dr.fit(dr.read(one, survey()), draws=10).notes
    assert '`region`: 1 level(s) with fewer than 5 respondents (4 in all) merged into "north": isle.' in notes


def test_controls_can_be_chosen_and_names_are_checked():
    answers = dr.read(visits(), survey())
    without = dr.fit(answers, draws=10, controls=())
    assert without.terms == ("quality", "speed", "(Intercept)")
    assert dr.fit(answers, draws=10, controls=["age"]).terms == ("quality", "speed", "age", "(Intercept)")
    assert dr.importance(without).always == ()
    with pytest.raises(dr.errors.SurveyError, match=r"`regoin` \(did you mean `region`\?\) is not a control"):
        dr.fit(answers, controls=["regoin"])
    with pytest.raises(dr.errors.InputError, match="`age` is a control, which is in every model already"):
        dr.importance(dr.fit(answers, draws=10), always=["age"])


def test_a_control_that_does_not_vary_in_a_group_is_left_out_and_said():
    table = visits()
    table.loc[table["channel"] == "web", "region"] = "north"
    fit = dr.fit(dr.read(table, survey()), draws=10, where={"channel": "web"})
    assert fit.terms == ("quality", "speed", "age", "(Intercept)")
    assert "Control `region` does not vary here and is left out." in fit.notes
    slopes = dr.slopes_by(dr.read(table, survey()), by="channel").tidy()
    assert slopes["shown"].all()
    assert set(slopes["driver"]) == set(DRIVERS)


def test_missing_controls_go_the_way_of_missing_answers():
    table = visits()
    table.loc[10:49, "region"] = None
    table.loc[50:69, "region"] = "refused"
    declared = survey(items={"region": {"not_applicable": ["refused"]}})
    fit = dr.fit(dr.read(table, declared), draws=10)
    assert fit.n == 600
    assert "60 respondents without `region`: taken as missing like any answer." in fit.notes
    hand = by_hand(table).astype({"south": float, "west": float, "small": float})
    hand.loc[10:69, ["south", "west", "small"]] = np.nan
    want = dr.fit(hand, "sat", [*DRIVERS, "south", "west", "small", "age"], draws=10)
    np.testing.assert_allclose(fit.estimate, want.estimate, atol=1e-6)  # EM stops there
    complete = dr.fit(dr.read(table, declared), draws=10, missing="complete")
    assert complete.n == 540
    assert any("at least one driver, control or the outcome unanswered" in note for note in complete.notes)
    imputed = dr.fit(dr.read(table, declared), draws=20, model="ordinal", imputations=2)
    assert imputed.n == 600
    assert imputed.terms[2:6] == ("region: south", "region: west", "region: other", "age")


def test_survey_codes_for_ratings_do_not_touch_categories():
    table = visits().assign(region=lambda t: t["region"].map(
        {"north": 8, "south": 9, "west": 3, "isle": 3, "cape": 3}))  # fmt: skip
    fit = dr.fit(dr.read(table, survey(not_applicable=[8], dont_know=[9], controls="region", items={})), draws=10)
    assert fit.terms[2:4] == ("region: 9", "region: 3")
    assert not any("without `region`" in note for note in fit.notes)


def test_predictions_hold_controls_at_their_average():
    table = visits()
    rows = {"quality": [2, 4], "speed": [3, 3]}
    for model in ("linear", "ordinal", "logit"):
        fit = dr.fit(dr.read(table, survey()), model=model, draws=10)
        hand = dr.read(by_hand(table), dr.Survey(
            drivers=(*DRIVERS, "south", "west", "small", "age"), outcomes=("sat",), items=RATED
        ))  # fmt: skip
        whole = dr.fit(hand, model=model, draws=10)
        average = dict(zip(whole.spec.drivers[2:], whole.point.x_mean[0, 0, 2:], strict=True))
        want = whole.predict(rows | {name: [value, value] for name, value in average.items()})
        np.testing.assert_allclose(fit.predict(rows).mean, want.mean, atol=1e-8, err_msg=model)


@pytest.mark.parametrize("model", ["linear", "ordinal", "logit"])
def test_statsmodels_results_have_the_controls(model):
    fit = dr.fit(dr.read(visits(), survey()), model=model, draws=10)
    results = fit.to_statsmodels()
    slopes = np.asarray(results.params)[: 6]
    np.testing.assert_allclose(slopes, fit.estimate[:6], atol=1e-4)


def test_controls_beside_drivers_that_may_not_apply():
    table = visits()
    table.loc[:149, "speed"] = 8
    declared = survey(items={"speed": {"scale": (1, 5), "not_applicable": [8]}})
    fit = dr.fit(dr.read(table, declared), draws=20, not_applicable="exposure")
    assert fit.terms[2:7] == ("region: south", "region: west", "region: other", "age", "speed: applies")
    hand = by_hand(table)
    speed = hand["speed"].where(hand["speed"] != 8)
    hand = hand.assign(speed=speed.fillna(speed.mean()), away=(hand["speed"] == 8).astype(int))
    want = dr.fit(hand, "sat", [*DRIVERS, "away", "south", "west", "small", "age"], draws=10)
    shares = exposure_shares(fit).estimate
    groups, always = {"speed and contact": ["speed", "away"]}, ["south", "west", "small", "age"]
    whole = dr.importance(want, groups=groups, always=always)
    np.testing.assert_allclose(shares, whole.estimate[[1, 0]], atol=EXACT)
    np.testing.assert_allclose(fit.point.control_r2[0, 0], whole.always_r2_estimate, atol=EXACT)


def test_a_posterior_takes_controls_too():
    fit = dr.fit(dr.read(visits(), survey()), engine="bayes", draws=400)
    imp = dr.importance(fit)
    assert list(fit.tidy()["term"]) == list(fit.terms)
    assert imp.estimate.sum() + imp.always_r2_estimate == pytest.approx(imp.r2_estimate, abs=EXACT)
    regression = dr.importance(dr.fit(dr.read(visits(), survey()), draws=10))
    np.testing.assert_allclose(imp.estimate, regression.estimate, atol=0.02)
