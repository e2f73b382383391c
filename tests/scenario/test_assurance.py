"""Which driver is first: chances against brute force by real surveys, and their limits."""

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.errors import InputError
from drivers.scenario.assurance import _wishart, first_assurance


def answers(n, seed, slopes=(0.5, 0.4, 0.1)):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 3)) + rng.standard_normal((n, 1))
    return pd.DataFrame(x, columns=["a", "b", "c"]).assign(y=x @ slopes + rng.standard_normal(n))


def test_wishart_draws_have_their_mean_and_spread():
    centre = np.array([[2.0, 0.6, 0.2], [0.6, 1.0, 0.3], [0.2, 0.3, 0.5]])
    drawn = _wishart(centre[None], 50, 40_000, np.random.default_rng(1))[0]
    np.testing.assert_allclose(drawn.mean(axis=0), centre, atol=4 * 2 * np.sqrt(2 / 49 / 40_000))
    variance = (centre**2 + np.outer(np.diag(centre), np.diag(centre))) / 49
    np.testing.assert_allclose(drawn.var(axis=0), variance, rtol=0.05)


@pytest.mark.slow
def test_the_chance_is_that_of_surveys_drawn_and_analysed_one_by_one():
    fit = dr.fit(answers(20_000, 1), outcome="y", drivers=["a", "b", "c"], draws=200)  # the truth is all but known
    found = first_assurance(fit, n=[300])
    named = 0
    for seed in range(60):
        one = dr.fit(answers(300, 100 + seed), outcome="y", drivers=["a", "b", "c"], draws=200)
        named += dr.importance(one).rank_probabilities()[1].max() >= 0.95
    assert found.named[0] == pytest.approx(named / 60, abs=3 * np.sqrt(0.25 / 60 + 0.25 / 200))
    assert 0.05 < found.named[0] < 0.98  # a case in which it can be wrong
    assert found.deff == pytest.approx(1, abs=0.15)


def test_more_answers_name_it_more_often_and_more_rightly():
    fit = dr.fit(answers(1000, 2), outcome="y", drivers=["a", "b", "c"], draws=300)
    found = first_assurance(fit, n=[100, 1000, 30_000])
    assert found.named[0] < found.named[1] < found.named[2]
    assert (found.right <= found.named).all()
    assert found.needed == 30_000 and "30,000 answers name the driver" in found.summary()


def test_equal_drivers_are_not_named_however_many_answer():
    fit = dr.fit(answers(20_000, 3, slopes=(0.3, 0.3, 0.3)), outcome="y", drivers=["a", "b", "c"], draws=200)
    found = first_assurance(fit, n=[500])
    assert found.named[0] < 0.3 and found.needed is None
    assert "the first ones are too close" in found.summary()


def test_requests_that_make_no_sense_are_refused():
    fit = dr.fit(answers(300, 4), outcome="y", drivers=["a", "b", "c"], draws=50)
    with pytest.raises(InputError, match="answers are too few for 3 drivers"):
        first_assurance(fit, n=[3])
    one = dr.fit(answers(300, 4), outcome="y", drivers=["a"], draws=50)
    with pytest.raises(InputError, match="two drivers at least"):
        first_assurance(one)
