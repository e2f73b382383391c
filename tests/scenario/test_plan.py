"""Plans: gains are those of what-ifs, the choice that of enumeration, done together they are averaged once more."""

from itertools import product

import numpy as np
import pytest

import drivers as dr
from drivers.errors import InputError
from drivers.fit.bayes.priors import SlopePriors
from drivers.scenario.plan import _corrected, _less, plan
from tests.scenario.made import answers_of

EXACT = 1e-10


@pytest.fixture(scope="module")
def answers():
    return answers_of()


@pytest.fixture(scope="module")
def fit(answers):
    return dr.fit(answers, model="ordinal", draws=60)


@pytest.fixture(scope="module")
def options():
    return [
        dr.option(dr.shift("speed", 0.5), cost=10, steps=2, name="speed"),
        dr.option(dr.shift("value", 0.5), cost=(3, 5), steps=2, fixed=1, name="value"),
        dr.option([dr.lift("speed", to=2), dr.lift("speed", to=3)], cost=[2, 9], name="no bad speed"),
        dr.option(dr.lift("value", to=1), cost=1, name="nobody moves"),
        dr.option(dr.lift("value", to=5), cost=1000, name="everything"),
    ]


@pytest.fixture(scope="module")
def chosen(fit, options):
    return plan(fit, options, budget=20, measure="top2")


def test_gains_are_those_of_what_ifs_with_the_same_draws(fit, options, chosen):
    for a, one in enumerate(options):
        for k, level in enumerate(one.levels, start=1):
            out = dr.what_if(fit, level, measures=["top2"])
            np.testing.assert_allclose(chosen.raw[:, a, k], out.change[:, 0, 0], rtol=0, atol=EXACT)
            assert chosen.point[a, k] == pytest.approx(out.point_change[0, 0], abs=EXACT)


def test_no_affordable_plan_gains_more(chosen):
    costs, mean = chosen.cost, chosen.value.mean(axis=0)
    at = np.arange(5)
    plans = [p for p in product(*(range(k + 1) for k in chosen.steps)) if costs[at, list(p)].sum() <= 20]
    assert mean[at, chosen.chosen].sum() == pytest.approx(max(mean[at, list(p)].sum() for p in plans), abs=1e-6)
    assert chosen.total_cost <= 20
    best = max(mean[at, list(p)].sum() for p in plans)
    table = chosen.regrets().set_index("option")
    for a, name in enumerate(chosen.names):
        without = max(mean[at, list(p)].sum() for p in plans if p[a] == 0)
        assert table.at[name, "without"] == pytest.approx(best - without, abs=EXACT)
        forced = [mean[at, list(p)].sum() for p in plans if p[a] > 0]
        wanted = best - max(forced) if forced else np.nan
        assert table.at[name, "insisting"] == pytest.approx(wanted, abs=EXACT, nan_ok=True)
    each = np.stack([chosen.value[:, at, list(p)].sum(axis=1) for p in plans])
    belongs = np.array([np.array(plans[i]) > 0 for i in each.argmax(axis=0)]).mean(axis=0)
    np.testing.assert_allclose(chosen.belongs(), belongs, atol=EXACT)
    assert chosen.knowing() == pytest.approx(
        float(each.max(axis=0).mean() - chosen.value[:, at, chosen.chosen].sum(axis=1).mean()), abs=EXACT
    )


def test_done_together_the_plan_is_one_what_if(fit, options, chosen):
    levels = [one.levels[k - 1] for one, k in zip(options, chosen.chosen, strict=True) if k]
    assert len(levels) >= 2
    out = dr.what_if(fit, levels, measures=["top2"])
    np.testing.assert_allclose(chosen.joint, out.change[:, 0, 0], rtol=0, atol=EXACT)
    at = np.arange(5)
    apart = chosen.joint - chosen.raw[:, at, chosen.chosen].sum(axis=1)
    np.testing.assert_allclose(chosen.gains, chosen.value[:, at, chosen.chosen].sum(axis=1) + apart, atol=EXACT)


def test_two_options_that_meet_the_same_ceiling_gain_less_together(fit):
    both = [dr.option(dr.lift("speed", to=5), cost=1, name="a"), dr.option(dr.shift("speed", 4), cost=1, name="b")]
    found = plan(fit, both, budget=2)
    claims = found.claims()
    assert list(found.chosen) == [1, 1]
    assert claims["gain"] == pytest.approx(claims["added"] / 2, rel=1e-9)  # both do the same: all answer 5
    assert "done together, answers meet the end of their scale" in found.summary().replace("\n", " ")


def test_a_budget_of_nothing_is_a_clear_nothing(fit, options):
    found = plan(fit, options, budget=0)
    assert not found.chosen.any() and found.total_cost == 0
    assert (found.gains == 0).all() and found.interval()["gain"] == 0
    said = " ".join(found.summary().split())
    assert "do nothing (with a budget of 0 nothing can be bought). Gain: exactly 0." in said
    assert found.belongs().max() == 0 and found.knowing() == 0


def test_what_moves_nobody_and_what_is_too_dear_is_said(chosen):
    text = " ".join(chosen.summary().split())
    assert chosen.nothing_moves == ("nobody moves",) and chosen.too_dear == ("everything",)
    assert "nobody moves: moves nobody's answer, so it gains exactly nothing and is never chosen." in text
    assert "Beyond the budget: everything (from 1,000)." in text
    assert chosen.tidy().set_index("option")["why_not"].to_dict() == {
        "speed": "", "value": "", "no bad speed": "", "nobody moves": "moves nobody", "everything": "too dear",
    }


def test_the_frontier_rises_and_ends_where_everything_is_bought(fit, options):
    found = plan(fit, options[:3], budget=15)
    rows = found.frontier
    assert rows["cost"].is_monotonic_increasing and rows["added"].is_monotonic_increasing
    assert tuple(found.chosen) in set(rows["steps"])
    chosen = rows[rows["steps"] == tuple(int(k) for k in found.chosen)].iloc[0]
    assert chosen["gain"] == pytest.approx(found.interval()["gain"], abs=EXACT)
    whole = plan(fit, options[:3], budget=100)
    assert list(whole.chosen) == [2, 2, 2] and whole.frontier["steps"].iloc[-1] == (2, 2, 2)


def test_costs_with_a_range_are_told_with_the_chance_to_pass_the_budget(fit):
    one = [dr.option(dr.shift("speed", 0.5), cost=(8, 12), name="speed")]
    found = plan(fit, one, budget=10)
    assert found.total_cost == 10
    assert found.spent.min() >= 8 and found.spent.max() <= 12
    assert (found.spent > 10).mean() == pytest.approx(0.5, abs=0.06)
    assert "passes the budget with a probability of" in found.summary().replace("\n", " ")


def test_a_posterior_under_a_stated_prior_is_taken_as_it_is(answers, options):
    found = plan(dr.fit(answers, model="ordinal", engine="bayes", prior=SlopePriors(), draws=100), options, budget=20)
    assert found.value is found.raw and "winner's curse" not in found.summary()
    wide = plan(dr.fit(answers, model="ordinal", engine="bayes", draws=100), options, budget=20)
    assert wide.value is not wide.raw and "winner's curse" in wide.summary()


def test_a_cautious_plan_has_the_best_tail(fit, options):
    bold, careful = (plan(fit, options, budget=20, tail=tail) for tail in (None, 0.1))
    at = np.arange(5)

    def worst(p):
        gains = np.sort(bold.value[:, at, p.chosen].sum(axis=1))
        return gains[:6].mean()  # a tenth of 60

    assert worst(careful) >= worst(bold) - 1e-6
    assert "worst 10% of draws" in careful.summary().replace("\n", " ")


def test_json_holds_what_the_text_says(chosen):
    told = chosen.to_dict()
    assert [row["option"] for row in told["options"]] == list(chosen.names)
    assert told["claims"]["gain"] == told["gain"] == pytest.approx(chosen.gains.mean())
    assert told["options"][4]["regret_insisting"] is None and told["causal"] == "association"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"budget": -5}, "budget=-5: a budget is a number, 0 or more."),
        ({"budget": float("nan")}, "budget=nan"),
        ({"tail": 0}, "tail=0 is not between 0 and 1; write 0.1 for the worst tenth"),
        ({"measure": "csat"}, "measure='csat' is not known"),
        ({"measure": "value"}, "Value needs a customer"),
        ({"measure": "nps"}, "`csat` has no NPS"),
        ({"options": []}, "There is nothing to choose from"),
        ({"options": [dr.shift("speed", 1)]}, "shift('speed', +1) has no cost: dr.option(shift('speed', +1), cost=..."),
        ({"options": [3]}, "3 is no option"),
        ({"options": [dr.option(dr.shift("sped", 1), cost=1)]}, "`sped` (did you mean `speed`?)"),
        ({"options": [dr.option(dr.shift("speed", 1), cost=1)] * 2}, "stand(s) for several options"),
        ({"options": [dr.option(dr.shift("speed", 1).where(channel="phone"), cost=1)]}, "do not tell `channel` apart"),
        ({"fit": 3}, "A plan is made from a fit, not int"),
    ],
)
def test_requests_that_make_no_sense_are_refused_with_the_cure(fit, options, change, said):
    with pytest.raises(InputError) as caught:
        plan(**({"fit": fit, "options": options, "budget": 20} | change))
    assert said in str(caught.value)


def test_a_segment_of_the_answers_is_acted_on(fit, answers):
    one = [dr.option(dr.shift("speed", 1).where(channel="phone"), cost=1, name="phone")]
    found = plan(fit, one, budget=1, answers=answers)
    out = dr.what_if(fit, one[0].levels[0], answers=answers, measures=["mean"])
    np.testing.assert_allclose(found.joint, out.change[:, 0, 0], rtol=0, atol=EXACT)


def test_knowing_more_is_worth_no_more_than_knowing_everything(answers, options):
    fit = dr.fit(answers, model="ordinal", draws=400)
    found = plan(fit, options, budget=11)
    worth = dr.worth_knowing(found, fit)
    assert worth.everything == pytest.approx(found.knowing(), abs=EXACT)
    for _, gain in (*worth.drivers, *worth.samples):
        assert 0 <= gain <= worth.slopes <= worth.everything
    assert [row["kind"] for row in worth.to_dict()["rows"]] == ["perfect", *["partial"] * 3, *["sample"] * 3]
    assert "upper limits" in " ".join(worth.summary().split())
    with pytest.raises(InputError, match="not the fit the plan was made from"):
        dr.worth_knowing(found, dr.fit(answers, draws=20))
    with pytest.raises(InputError, match="more=0 is not a number above 0"):
        dr.worth_knowing(found, fit, more=[0])


def test_a_plan_lets_other_drivers_go_along_as_a_what_if_does(fit):
    one = [dr.option(dr.shift("speed", 0.5), cost=1)]
    block = plan(fit, one, budget=1, measure="top2", scenario="block")
    out = dr.what_if(fit, dr.shift("speed", 0.5), measures=["top2"])
    np.testing.assert_allclose(block.raw[:, 0, 1], out.others[0].change[:, 0, 0], rtol=0, atol=EXACT)
    assert "go along as they are correlated" in block.summary() and block.to_dict()["scenario"] == "block"
    dag = ["speed -> value -> csat", "speed -> csat"]
    caused = plan(fit, one, budget=1, measure="top2", scenario="causes", dag=dag)
    followed = dr.what_if(fit, dr.shift("speed", 0.5), measures=["top2"], dag=dag)
    assert followed.scenario == "dag"
    np.testing.assert_allclose(caused.raw[:, 0, 1], followed.change[:, 0, 0], rtol=0, atol=EXACT)


def test_a_plan_without_its_causes_is_refused(fit, options):
    with pytest.raises(InputError, match='scenario="causes" needs declared causes'):
        plan(fit, options, budget=1, scenario="causes")
    with pytest.raises(InputError, match="needs declared causes, and they need it"):
        plan(fit, options, budget=1, dag=["speed -> csat"])
    with pytest.raises(InputError, match="scenario='blok' is not known; choose one of `alone`, `block`, `causes`"):
        plan(fit, options, budget=1, scenario="blok")


def test_what_a_prior_took_is_given_back_before_gains_are_shrunk():
    rng = np.random.default_rng(7)
    alone = rng.normal([0.1, 0.3, 0.2, 0.05], 0.1, (500, 4))
    centre = alone.mean(axis=0)

    def steps(last):
        return np.stack([np.zeros_like(last), last], axis=-1)

    taken = 0.8 * centre + np.sqrt(0.8) * (alone - centre)
    most = np.ones(4, dtype=np.intp)
    np.testing.assert_allclose(_corrected(steps(taken), most, kept=0.8), _corrected(steps(alone), most), atol=1e-12)
    few = steps(taken[:, :2])  # of two gains nobody can tell how much they differ: they stay as the posterior has them
    np.testing.assert_array_equal(_corrected(few, most[:2], kept=0.8), few)


def test_a_factor_common_to_all_gains_is_taken_out_of_their_covariance():
    away = np.random.default_rng(8).normal(size=(500, 3)) @ np.array([[1.0, 0.5, 0], [0, 1.0, 0.2], [0, 0, 1.0]])
    away -= away.mean(axis=0)
    along = np.array([0.3, 0.5, 0.2])
    left = np.cov(_less(away, along).T)
    np.testing.assert_allclose(left, np.cov(away.T) - np.outer(along, along), atol=1e-12)
    assert np.linalg.eigvalsh(np.cov(_less(away, 50 * along).T)).min() > 0
    assert _less(away, 0 * along) is away
    alone = _less(away[:, :1], along[:1])  # a single option
    np.testing.assert_allclose(alone.var(ddof=1), away[:, 0].var(ddof=1) - along[0] ** 2, atol=1e-12)
