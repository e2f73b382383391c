"""The joint model of perceived and expected, and the two outcomes on shared draws."""

import numpy as np
import pytest

import drivers as dr
from drivers.errors import InputError, SurveyError
from drivers.fit.bayes.priors import CovariancePrior, R2Prior
from tests.gap.made import answers, mobi, table

LAW = 1e-9
PRINTED, T21 = 5e-6, 0.01


def test_the_difference_is_the_regression_of_the_difference():
    """Slopes, shares and intervals of the gap are those of an outcome that holds the difference itself.

    Both answers make other cells than their difference, with people of different weights in them.
    """
    frame = table().assign(w=lambda t: t["w"] ** 3)
    joint = dr.joint_gap(answers(frame, expectations={"y": "ea"}, weight="w"), draws=50)
    items = {"d": {"scale": "open"}}
    whole = dr.Survey(drivers=("a", "b", "c"), outcomes=("d",), scale=(1, 5), weight="w", items=items)
    alone = dr.importance(dr.fit(dr.read(frame.assign(d=frame["y"] - frame["ea"]), whole), draws=50))
    np.testing.assert_allclose(joint.estimate[2], alone.slope_estimate, atol=LAW)
    np.testing.assert_allclose(joint.shares[2], alone.estimate, atol=LAW)
    fitted = dr.fit(dr.read(frame.assign(d=frame["y"] - frame["ea"]), whole), draws=50).tidy().iloc[:3]
    np.testing.assert_allclose(joint.low[2], fitted["low"], atol=LAW)
    np.testing.assert_allclose(joint.high[2], fitted["high"], atol=LAW)


def test_each_part_is_its_own_regression():
    joint = dr.joint_gap(answers(expectations={"y": "ea"}), draws=50)
    fitted = dr.fit(answers(expectations={"y": "ea"}), "y", draws=50).tidy().iloc[:3]
    np.testing.assert_allclose(joint.estimate[0], fitted["estimate"], atol=LAW)
    np.testing.assert_allclose(joint.low[0], fitted["low"], atol=LAW)


def test_gaps_in_answers_are_likelihood_not_deletion():
    """With one item missing at random the estimate stays near that of full answers, and everybody is used."""
    frame = table(3000).astype({"a": float})
    full = dr.joint_gap(answers(frame, expectations={"y": "ea"}), draws=30)
    frame.loc[(frame["b"] > 3) & (np.arange(3000) % 2 == 0), "a"] = np.nan
    found = dr.joint_gap(answers(frame, expectations={"y": "ea"}), draws=30)
    assert found.n == 3000
    np.testing.assert_allclose(found.estimate, full.estimate, atol=0.05)
    assert (found.high - found.low).mean() > (full.high - full.low).mean()


def test_engines_agree():
    boot, bayes = (dr.joint_gap(answers(), engine=e, draws=2000) for e in ("regression", "bayes"))
    np.testing.assert_allclose(boot.estimate, bayes.estimate, atol=0.01)
    np.testing.assert_allclose(boot.high - boot.low, bayes.high - bayes.low, rtol=0.15)


def test_the_posterior_has_a_proper_prior_and_the_difference_is_its_own_regression():
    """Slopes of the difference are those of its own exact posterior, within 4 Monte-Carlo errors of 4,000 draws."""
    joint = dr.joint_gap(answers(), engine="bayes", draws=4000)
    assert "every R2 from 0 to 1 equally likely" in " ".join(joint.notes)
    assert "that of every outcome, and of gaps" in " ".join(joint.notes)
    items = {"d": {"scale": "open"}}
    whole = dr.Survey(drivers=("a", "b", "c"), outcomes=("d",), scale=(1, 5), items=items)
    target = joint.target
    gap = table()["y"] - table()[list(target.expected.mean_of)].mean(axis=1)
    alone = dr.importance(dr.fit(dr.read(table().assign(d=gap), whole), engine="bayes", draws=4000))
    error = (joint.high[2] - joint.low[2]) / 3.29 * np.sqrt(2 / 4000)
    # the common mixing scale is another posterior of g: a hundredth of an interval beside the Monte-Carlo error
    room = 4 * error + 0.01 * (joint.high[2] - joint.low[2])
    assert (np.abs(joint.estimate[2] - alone.slope_estimate) < room).all()


def test_a_prior_that_denies_slopes_of_zero_or_has_no_posterior_is_refused():
    with pytest.raises(InputError, match=r"denies slopes around zero of 3 driver\(s\)"):
        dr.joint_gap(answers(), engine="bayes", draws=100, prior=R2Prior(mean=0.5, precision=10))
    with pytest.raises(InputError, match="`prior` belongs to a posterior; add engine='bayes'"):
        dr.joint_gap(answers(), draws=100, prior=R2Prior())


def test_satisfaction_against_what_was_expected_of_the_drivers():
    joint = dr.joint_gap(answers(), draws=50)
    assert joint.target.expected.mean_of == ("ea", "eb", "ec")
    assert joint.notes[0] == (
        "No expectation of y was asked: it is set against the mean of what was expected of the 3 drivers."
    )
    frame = table()
    assert joint.mean[1] == pytest.approx(frame[["ea", "eb", "ec"]].to_numpy().mean(), abs=LAW)


def test_mobi_same_drivers_two_outcomes(shared):
    """Exact posterior draws against T21, published to two decimals."""
    jeffreys = CovariancePrior(correlations="jeffreys")
    found = dr.two_outcomes(mobi(shared, direct="CUSA2"), engine="bayes", draws=20_000, prior=jeffreys)
    ranks = found.rank_probabilities()
    np.testing.assert_allclose(ranks[:, :, 0], [[0.44, 0.16, 0.40, 0.00], [0.00, 0.12, 0.88, 0.00]], atol=T21)
    np.testing.assert_allclose(ranks[:, :, 1], [[0.74, 0.47, 0.78, 0.01], [0.01, 0.98, 1.00, 0.01]], atol=T21)
    np.testing.assert_allclose(found.shares, [[0.111, 0.092, 0.109, 0.042], [0.055, 0.139, 0.188, 0.058]], atol=T21)
    point = dr.two_outcomes(mobi(shared, direct="CUSA2"), draws=20)
    np.testing.assert_allclose(
        point.shares, [[0.10894, 0.09013, 0.10733, 0.03956], [0.05224, 0.13809, 0.18713, 0.05527]], atol=PRINTED
    )
    np.testing.assert_allclose(point.r2, [0.34595, 0.43274], atol=PRINTED)


def test_the_probability_uses_shared_draws():
    """An outcome compared with a copy of itself matters neither more nor less, in every draw."""
    frame = table().assign(z=lambda t: 2 * t["y"])
    given = {"outcomes": ("y", "z"), "direct": "z", "items": {"z": {"scale": (2, 10)}}}
    found = dr.two_outcomes(answers(frame, **given), draws=40)
    np.testing.assert_allclose(found.draws[0], found.draws[1], atol=LAW)


def test_a_planted_difference_is_found():
    found = dr.two_outcomes(answers(outcomes=("y", "g"), direct="g"), draws=300).tidy().set_index("driver")
    assert found.at["a", "p_more_for_gap"] < 0.05  # a moves satisfaction .5, the direct item .2
    assert found.at["b", "p_more_for_gap"] > 0.95
    assert found.at["b", "verdict"] == "very likely more for the gap"


def test_one_outcome_alone_is_refused():
    with pytest.raises(SurveyError, match="`y` is the only outcome; name a second one"):
        dr.two_outcomes(answers(), gap="y")
