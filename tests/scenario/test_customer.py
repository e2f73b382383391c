"""Customer value: the closed form, its curvature, and the last link in a plan."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import drivers as dr
from drivers.errors import InputError
from drivers.stats.customer_value import lifetime_value
from tests.scenario.made import answers_of, chances

LINK = {"margin": 100.0, "discount": 0.1, "stay": (1.0, 0.1), "slope": (0.5, 0.1), "centre": 3.5}


def test_value_is_that_of_margins_to_come():
    # Gupta, Lehmann & Stuart (2004): retention 80 %, discount 12 % make a margin multiple of .8 / (1 + .12 - .8) = 2.5
    assert lifetime_value(1.0, np.array(0.8), 0.12) == pytest.approx(2.5)
    by_hand = sum(100 * 0.8**t / 1.12**t for t in range(1, 400))
    assert lifetime_value(100.0, np.array(0.8), 0.12) == pytest.approx(by_hand)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.floats(0.01, 0.5))
def test_value_curves_upwards_so_the_average_is_above_the_value_at_the_average(a, b, discount):
    both = lifetime_value(1.0, np.array([a, b]), discount)
    assert both.mean() >= lifetime_value(1.0, np.array((a + b) / 2), discount) - 1e-12


def test_a_plan_gains_value_person_by_person_and_draw_by_draw():
    answers = answers_of()
    fit = dr.fit(answers, model="ordinal", draws=80)
    customer = dr.Customer(**LINK, customers=1000)
    found = dr.plan(fit, [dr.option(dr.shift("speed", 1), cost=5, name="speed")], budget=5, customer=customer)
    assert found.measure == "value"
    # the estimate by hand: every respondent's chances of each answer, times the average value of that answer
    frame = pd.DataFrame(answers.frame.to_native() if hasattr(answers.frame, "to_native") else answers.frame)
    x = frame[["speed", "value"]].to_numpy(float)
    moved = np.column_stack([np.minimum(x[:, 0] + 1, 5), x[:, 1]])
    slopes, cuts = fit.point.slopes[0, 0], fit.point.cuts[0, 0]
    values = customer.values(np.arange(1.0, 6), 80, fit.spec.seed).mean(axis=0)
    by_hand = ((chances(moved @ slopes, cuts) - chances(x @ slopes, cuts)) @ values).mean()
    assert found.point[0, 1] == pytest.approx(by_hand, rel=1e-9)
    assert "an intention to stay is not staying" in found.summary().replace("\n", " ")


def test_the_links_uncertainty_widens_the_gain():
    fit = dr.fit(answers_of(), model="ordinal", draws=200)
    options = [dr.option(dr.shift("speed", 1), cost=5, name="speed")]
    sure = dr.plan(fit, options, budget=5, customer=dr.Customer(**LINK | {"slope": (0.5, 0.0), "stay": (1.0, 0.0)}))
    open_ = dr.plan(fit, options, budget=5, customer=dr.Customer(**LINK | {"slope": (0.5, 0.2)}))
    assert open_.gains.std() > 1.5 * sure.gains.std()


def test_the_link_can_be_estimated_where_both_are_known():
    rng = np.random.default_rng(1)
    satisfaction = rng.integers(1, 6, 1500)
    stayed = (rng.random(1500) < 1 / (1 + np.exp(-(-1.5 + 0.8 * satisfaction)))).astype(int)
    table = pd.DataFrame({"satisfaction": satisfaction, "stayed": stayed})
    link = dr.fit(table, outcome="stayed", drivers=["satisfaction"], model="logit", draws=400)
    made = dr.customer_of(link, margin=50, discount=0.1)
    assert made.slope[0] == pytest.approx(0.8, abs=4 * made.slope[1]) and 0.03 < made.slope[1] < 0.1
    cut = link.draws.cuts[..., 0].ravel()
    slope = link.draws.slopes[..., 0].ravel()
    level = slope * made.centre - cut
    assert abs(np.corrcoef(level, slope)[0, 1]) < 1e-8  # so that two errors say it all
    assert made.stay[0] + made.slope[0] * (0 - made.centre) == pytest.approx(-1.5, abs=0.6)
    assert "stayed on satisfaction, n 1,500" in made.source


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"discount": 0.0}, "discount=0 is not above 0"), ({"margin": -1.0}, "margin=-1 is not above 0"),
        ({"slope": (0.5, -0.1)}, "write the estimate and its standard error"),
        ({"customers": 0.0}, "customers=0 is not above 0"),
    ],
)  # fmt: skip
def test_links_that_make_no_sense_are_refused(change, said):
    with pytest.raises(InputError) as caught:
        dr.Customer(**LINK | change)
    assert said in str(caught.value)


def test_a_linear_model_has_no_value_and_another_fit_is_no_link():
    linear = dr.fit(answers_of(), draws=20)
    with pytest.raises(InputError, match="Fit model='ordinal'"):
        dr.plan(linear, [dr.option(dr.shift("speed", 1), cost=5)], budget=5, customer=dr.Customer(**LINK))
    with pytest.raises(InputError, match="The link is the fit of a yes/no column"):
        dr.customer_of(linear, margin=1, discount=0.1)
