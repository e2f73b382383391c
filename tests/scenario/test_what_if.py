"""What averaging over cells gives, beside a few lines of numpy on respondents and the numbers of the method's sheet."""

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.errors import InputError, SurveyError
from tests.scenario.made import answers_of, chances, with_draws

EXACT = 1e-12
"""Both ways are sums of the same numbers; only the order differs."""


@pytest.fixture(scope="module")
def answers():
    return answers_of(weights=True)


@pytest.fixture(scope="module")
def fit(answers):
    return dr.fit(answers, model="ordinal", draws=40)


def by_hand(answers, fit, move, score, rows=None):
    """Change at the estimate, respondent by respondent."""
    frame = answers.frame.to_native() if hasattr(answers.frame, "to_native") else answers.frame
    frame = pd.DataFrame(frame)
    x = frame[["speed", "value"]].to_numpy(float)
    inside = np.ones(len(x), bool) if rows is None else (frame["channel"] == rows).to_numpy()
    slopes, cuts = fit.point.slopes[0, 0], fit.point.cuts[0, 0]
    after = np.where(inside[:, None], move(x), x)
    change = (chances(after @ slopes, cuts) - chances(x @ slopes, cuts)) @ score
    return np.average(change, weights=frame["w"])


def test_a_shift_is_the_average_over_respondents_of_what_the_model_says(answers, fit):
    out = dr.what_if(fit, dr.shift("speed", 0.5))
    rows = out.tidy().set_index("measure")
    def up(x):
        return np.column_stack([np.minimum(x[:, 0] + 0.5, 5), x[:, 1]])

    assert rows.at["mean", "change"] == pytest.approx(by_hand(answers, fit, up, np.arange(1, 6)), abs=EXACT)
    top = np.array([0, 0, 0, 1, 1])
    assert rows.at["top2", "change"] == pytest.approx(by_hand(answers, fit, up, top), abs=EXACT)


def test_an_action_in_one_channel_moves_that_channel_alone(answers, fit):
    out = dr.what_if(fit, dr.lift("value", to=4).where(channel="phone"), answers=answers, by="channel")
    rows = out.tidy().set_index(["measure", "segment"])
    def up(x):
        return np.column_stack([x[:, 0], np.maximum(x[:, 1], 4)])

    wanted = by_hand(answers, fit, up, np.arange(1, 6), rows="phone")
    assert rows.at[("mean", "all"), "change"] == pytest.approx(wanted, abs=EXACT)
    for other in ("store", "web"):
        assert rows.at[("mean", f"channel={other}"), "change"] == 0
        assert rows.at[("mean", f"channel={other}"), "low"] == rows.at[("mean", f"channel={other}"), "high"] == 0
        assert rows.at[("mean", f"channel={other}"), "affected"] == 0


def test_the_scale_gives_less_than_is_asked_at_the_ceiling():
    # mean 4.02 with 40 % at 5: +0.5 asked, +0.30 possible
    ratings = [5] * 400 + [4] * 272 + [3] * 276 + [2] * 52
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"speed": ratings, "other": rng.integers(1, 6, 1000)})
    frame["csat"] = np.clip(np.rint(0.6 * frame["speed"] + 0.2 * frame["other"] + rng.normal(0.8, 0.8, 1000)), 1, 5)
    assert np.mean(ratings) == pytest.approx(4.02)
    survey = dr.Survey.model_validate({"drivers": ["speed", "other"], "outcomes": ["csat"], "scale": [1, 5]})
    out = dr.what_if(dr.fit(dr.read(frame, survey), draws=20), dr.shift("speed", +0.5))
    (step,) = out.delivered
    assert step.asked == 0.5
    assert step.possible == pytest.approx(0.30, abs=1e-12)
    assert step.at_end == pytest.approx(0.40, abs=1e-12)
    assert out.affected[0] == pytest.approx(0.60, abs=1e-12)
    assert "+0.5 asked, +0.30 possible: 40% already at the top" in out.summary()


def test_a_shift_of_a_latent_mean_gains_less_near_the_end_of_the_scale():
    # latent outcome N(mean, 1) with cuts 1.5..4.5: +0.5 gives +.477 at 2.5 and +.240 at 4.8
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"x": rng.integers(1, 6, 300), "z": rng.integers(1, 6, 300)})
    frame["y"] = np.clip(frame["x"] + rng.integers(-1, 2, 300), 1, 5)
    survey = dr.Survey.model_validate({"drivers": ["x", "z"], "outcomes": ["y"], "scale": [1, 5]})
    fit = dr.fit(dr.read(frame, survey), model="ordinal", draws=20)
    for level, published in ((2.5, 0.477), (4.8, 0.240)):
        # one driver that does nothing, and one that shifts everybody's latent mean by 0.5 for +0.5
        made = with_draws(fit, [[1.0, 0.0]], cuts=np.array([[1.5, 2.5, 3.5, 4.5]]) - level + 3.0)
        people = pd.DataFrame({"x": [3.0] * 2, "z": [1.0, 5.0]})
        prediction = made.predict(people.assign(x=3.5)).mean - made.predict(people).mean
        assert prediction[0, 0, 0] == pytest.approx(published, abs=5e-4)


def test_averaging_over_people_is_not_the_effect_at_the_average_person(answers, fit):
    out = dr.what_if(fit, dr.shift("speed", 1.0), measures=["top2"])
    slopes, cuts = fit.point.slopes[0, 0], fit.point.cuts[0, 0]
    mean = fit.point.x_mean[0, 0]
    moved = mean + np.array([out.delivered[0].possible, 0.0])
    at_mean = (chances((moved @ slopes)[None], cuts) - chances((mean @ slopes)[None], cuts))[0, 3:].sum()
    assert abs(out.estimate[0, 0] - at_mean) > 1e-3


def test_a_shift_of_nothing_changes_nothing_at_all(fit):
    out = dr.what_if(fit, dr.shift("speed", 0.0))
    assert (out.change == 0).all()
    assert (out.point_change == 0).all()
    assert (out.others[0].change == 0).all()
    assert "every change is exactly 0" in out.summary()


def test_nobody_to_lift_is_a_clear_zero(fit):
    out = dr.what_if(fit, dr.lift("speed", to=1))
    assert (out.change == 0).all()
    assert "nobody's answer moves" in out.summary()
    assert np.isnan(out.support)


def test_predictions_of_an_ordinal_model_stay_on_the_scale(fit):
    out = dr.what_if(fit, [dr.lift("speed", to=5), dr.lift("value", to=5)], measures=["mean", "top2"])
    after = out.before + out.change
    assert (after[..., 0] <= 5).all() and (after[..., 1] <= 1).all()
    assert out.beyond is None


def test_predictions_of_a_linear_model_beyond_the_scale_are_counted(answers):
    fit = with_draws(dr.fit(answers, draws=20), [[1.0, 0.5]], intercept=[-0.5])
    out = dr.what_if(fit, dr.lift("speed", to=5))
    cells = fit.cells.complete()
    x = cells.values[:, :2]
    before = np.average(-0.5 + x @ [1.0, 0.5] > 5, weights=cells.sum_w)
    after = np.average(4.5 + 0.5 * x[:, 1] > 5, weights=cells.sum_w)
    assert out.beyond == pytest.approx((before, after), abs=1e-9)
    assert "are counted, not cut off" in " ".join(out.summary().split())


def test_a_linear_model_cannot_tell_boxes(answers):
    fit = dr.fit(answers, draws=20)
    for measure in ("top2", "nps"):
        with pytest.raises(InputError, match=rf"cannot tell {measure}.*Fit model='ordinal'"):
            dr.what_if(fit, dr.shift("speed", 0.5), measures=[measure])


def test_the_nps_comes_from_the_distribution_of_the_outcome():
    answers = answers_of(n=900, outcome_scale=(0, 10), weights=True)
    fit = dr.fit(answers, model="ordinal", draws=20)
    out = dr.what_if(fit, dr.shift("speed", 0.5))
    assert out.measures == ("mean", "top2", "nps")
    def up(x):
        return np.column_stack([np.minimum(x[:, 0] + 0.5, 5), x[:, 1]])

    score = np.array([-100.0] * 7 + [0.0] * 2 + [100.0] * 2)
    assert out.point_change[0, 2] == pytest.approx(by_hand(answers, fit, up, score), abs=1e-10)


def test_the_block_follows_the_regression_on_the_driver(answers, fit):
    out = dr.what_if(fit, dr.shift("speed", 0.5))
    cov = fit.point.x_cov[0, 0]
    slope = cov[0, 1] / cov[0, 0]
    def up(x):
        moved = np.minimum(x[:, 0] + 0.5, 5)
        return np.column_stack([moved, np.minimum(x[:, 1] + slope * (moved - x[:, 0]), 5)])

    (block,) = out.others
    assert block.scenario == "block"
    assert block.point_change[0, 0] == pytest.approx(by_hand(answers, fit, up, np.arange(1, 6)), abs=EXACT)


def test_what_is_told_apart_must_be_known(answers, fit):
    with pytest.raises(InputError, match=r"do not tell `channel` apart.*answers=answers"):
        dr.what_if(fit, dr.shift("speed", 0.5).where(channel="phone"))
    with pytest.raises(SurveyError, match="neither the wave nor a segment"):
        dr.what_if(fit, dr.shift("speed", 0.5), answers=answers, by="csat")
    with pytest.raises(InputError, match=r"`channel` has no answers for `fax`; it has `phone`, `store`, `web`"):
        dr.what_if(fit, dr.shift("speed", 0.5).where(channel="fax"), answers=answers)
    with pytest.raises(InputError, match=r"`sped` \(did you mean `speed`\?\) is not a driver"):
        dr.what_if(fit, dr.shift("sped", 0.5))


def test_other_answers_than_those_of_the_fit_are_refused(fit):
    with pytest.raises(InputError, match="hold 380 respondents for the fit, which was made from 400"):
        dr.what_if(fit, dr.shift("speed", 0.5), answers=answers_of(n=380), by="channel")


def test_targets_are_compared_with_every_draw(fit):
    out = dr.what_if(fit, dr.shift("speed", 0.5), target={"top2": 0.05})
    row = out.tidy().set_index("measure").loc["top2"]
    assert row["p_target"] == (out.change[:, 0, 1] > 0.05).mean()
    with pytest.raises(InputError, match="target of 'nps'"):
        dr.what_if(fit, dr.shift("speed", 0.5), target={"nps": 1})
    with pytest.raises(InputError, match="nan is not a finite number"):
        dr.what_if(fit, dr.shift("speed", 0.5), target={"mean": float("nan")})


def test_draws_change_with_the_weights_of_the_population(answers):
    """One set of parameters: what is left is how the ceiling varies from sample to sample."""
    fit = dr.fit(answers, draws=20)
    made = with_draws(fit, np.tile([1.0, 0.0], (400, 1)))
    out = dr.what_if(made, dr.shift("speed", 0.5))
    weights = pd.DataFrame(answers.frame.to_native())["w"].to_numpy()
    moved = 0.5 * (pd.DataFrame(answers.frame.to_native())["speed"].to_numpy() < 5)
    mean = np.average(moved, weights=weights)
    wanted = np.sqrt((weights**2 * (moved - mean) ** 2).sum()) / weights.sum()
    assert out.change[:, 0, 0].std() == pytest.approx(wanted, rel=0.12)  # 400 draws: 3.5 % standard error
    assert out.change[:, 0, 0].mean() == pytest.approx(mean, abs=4 * wanted / 20)
