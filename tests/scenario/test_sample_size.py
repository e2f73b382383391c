"""Answers next quarter: stated numbers, those of a survey and a fit, and requests that make no sense."""

import math

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.errors import InputError
from drivers.scenario.sample_size import sample_size
from drivers.survey.scores import scores

NPS = {"measure": "nps", "change": 5, "variance": 0.7}
TOP = {"measure": "top2", "change": 0.03, "start": 0.8}
SLOPE = {"measure": "slope", "change": 0.1, "r2": 0.5, "r2_other": 0.5}


@pytest.mark.parametrize(
    ("asked", "answers"),
    [
        (NPS, 4396), (NPS | {"change": 10}, 1099), (NPS | {"change": -5}, 4396), (TOP, 2626),
        (TOP | {"change": 0.05}, 903), (SLOPE, 1570), (SLOPE | {"change": 0.2}, 393),
        ({"measure": "mean", "change": 0.1, "sd": 1.0}, 1570), (NPS | {"deff": 2}, 8791),
    ],
)  # fmt: skip
def test_the_numbers_of_the_closed_forms(asked, answers):
    assert sample_size(**asked).needed == answers


def test_what_four_hundred_answers_show():
    found = sample_size(**NPS, n=400)
    assert found.detectable == pytest.approx(16.6, abs=0.05)
    assert found.errors(400, found.detectable).power == pytest.approx(0.8, abs=1e-6)
    assert "With 400 answers per wave, 16.6 points can be seen" in found.summary()


def test_a_top_box_carries_the_variance_of_where_it_goes():
    table = sample_size(**TOP).tidy()
    for row in table.itertuples():
        assert row.n_needed == sample_size(measure="top2", start=0.8, change=row.change).needed
    seen = sample_size(**TOP, n=903).detectable
    assert seen == pytest.approx(0.05, abs=2e-5)


def test_a_top_box_that_cannot_rise_so_far_has_no_row_and_no_number():
    found = sample_size(measure="top2", change=0.15, start=0.8, n=5)
    assert list(found.tidy()["change"]) == pytest.approx([0.075, 0.15])
    assert found.detectable is None and "no change can be seen" in found.summary()


@pytest.fixture(scope="module")
def answers():
    rng = np.random.default_rng(1)
    x = rng.integers(1, 6, (900, 2))
    y = np.clip(np.rint(0.5 * x[:, 0] + 0.3 * x[:, 1] + 0.9 + rng.normal(0, 0.8, 900)), 1, 5)
    table = pd.DataFrame({"speed": x[:, 0], "value": x[:, 1], "satisfaction": y, "weight": rng.uniform(0.4, 2, 900)})
    survey = dr.Survey(
        drivers=["speed", "value"], outcomes=["satisfaction"], weight="weight",
        scale=(1, 5), items={"satisfaction": dr.Item(score="top2")},
    )  # fmt: skip
    return dr.read(table, survey)


def test_a_survey_brings_its_variance_and_its_design_effect(answers):
    found = sample_size(answers, measure="top2", change=0.04)
    row = scores(answers).tidy().query("item == 'satisfaction' and measure == 'top2'").iloc[0]
    start, after = row["estimate"], row["estimate"] + 0.04
    square = start * (1 - start) + after * (1 - after)
    z = 1.959963985 + 0.841621234
    assert found.deff == pytest.approx(row["n"] / row["n_eff"])
    assert found.needed == math.ceil(found.deff * z**2 * square / 0.04**2)
    mean = sample_size(answers, measure="mean", change=0.1)
    error = scores(answers).tidy().query("item == 'satisfaction' and measure == 'mean'").iloc[0]["std_error"]
    assert mean.errors(900).power == pytest.approx(sample_size(answers, measure="mean", change=0.1, n=900).tidy()
                                                   .query("change == 0.1")["power"].item())  # fmt: skip
    assert mean.detectable is None
    assert sample_size(answers, measure="mean", change=0.1, n=900).detectable == pytest.approx(
        z * math.sqrt(2) * error, rel=1e-6
    )


def test_a_fit_brings_the_precision_of_its_slopes(answers):
    fit = dr.fit(answers, draws=50)
    error = fit.tidy().set_index("term").loc["value", "robust_se"]
    found = sample_size(fit, measure="slope", change=0.1, item="value", n=fit.n)
    assert found.detectable == pytest.approx((1.959963985 + 0.841621234) * math.sqrt(2) * error, rel=1e-6)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (NPS | {"change": 0}, "change=0 cannot be seen, whatever the sample"),
        (NPS | {"variance": None}, "The variance is not known. State it (variance=0.7 is common)"),
        (NPS | {"variance": 70}, "variance=70 is not between 0 and 1"),
        (TOP | {"change": 3}, "change=3 is no proportion that top2 can change by; write 0.03."),
        (TOP | {"change": 0.25}, "A top box of 80% cannot change by +25 points. The most is 20 up and 80 down."),
        (TOP | {"start": 80}, "start=80 is not a proportion"),
        (TOP | {"start": None}, "State today's top box (start=0.8)"),
        (SLOPE | {"r2_other": 1.0}, "r2_other=1 is not a proportion"),
        (SLOPE | {"r2": None}, "State both (r2=0.5, r2_other=0.5), or hand over a fit."),
        ({"measure": "mean", "change": 1}, "The spread is not known"),
        (NPS | {"power": 1.2}, "power=1.2 is not between 0 and 1"),
        (NPS | {"power": 0.01}, "power=0.01 is not above alpha=0.05"),
        (NPS | {"n": -3}, "n=-3 is not a number above 0"),
        (NPS | {"measure": "csat"}, "measure='csat' is not known"),
        (NPS | {"source": 3}, "Answers or a fit are needed, not int"),
    ],
)
def test_requests_that_make_no_sense_are_refused_with_the_cure(asked, said):
    with pytest.raises(InputError) as caught:
        sample_size(**asked)
    assert said in str(caught.value)


def test_what_a_survey_or_fit_does_not_have_is_said(answers):
    with pytest.raises(InputError, match="The precision of a slope comes from a fit"):
        sample_size(answers, measure="slope", change=0.1)
    with pytest.raises(InputError, match="No outcome has a score `nps`; the survey scores none by it"):
        sample_size(answers, measure="nps", change=5)
    fit = dr.fit(answers, draws=20)
    with pytest.raises(InputError, match=r"`vale` \(did you mean `value`\?\) is not a driver"):
        sample_size(fit, measure="slope", change=0.1, item="vale")
    with pytest.raises(InputError, match="for top2 hand over answers"):
        sample_size(fit, measure="top2", change=0.1)
