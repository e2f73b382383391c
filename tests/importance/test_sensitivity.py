"""Importance under assumptions: the known truth comes back, the impossible is refused, and what changes is said."""

import json

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.cells.straight_lines import straight_lines
from drivers.errors import InputError
from drivers.importance.sensitivity import sensitivity
from drivers.stats.halo import remove_halo
from drivers.stats.shapley import lmg
from drivers.survey.schema import Survey

DRIVERS = ["product", "service", "value", "speed"]
EFFECTS = np.array([0.5, 0.3, 0.15, 0.05])
EXACT = 1e-9  # R2 and shares of the same matrix
SAMPLING = 0.03  # three standard errors of a share at n = 20,000


def coloured(n, halo, seed=1):
    """Ratings of independent qualities, all moved by one impression per person that also moves satisfaction."""
    rng = np.random.default_rng(seed)
    truth, impression = rng.normal(size=(n, 4)), halo * rng.normal(size=(n, 1))
    rows = pd.DataFrame(truth + impression, columns=DRIVERS)
    return rows.assign(satisfaction=truth @ EFFECTS + 0.7 * rng.normal(size=n) + impression[:, 0])


@pytest.fixture(scope="module")
def fitted():
    return dr.fit(coloured(20_000, 0.5), drivers=DRIVERS, outcome="satisfaction", draws=200)


def test_the_halo_that_was_put_in_comes_out_again(fitted):
    part, outcome = 0.25 / 1.25, 0.25 / (EFFECTS @ EFFECTS + 0.49 + 0.25)
    got = sensitivity(fitted, halo=[part], outcome_halo=outcome)
    tidy = got.tidy().set_index(["kind", "driver"])
    true = EFFECTS**2 / (EFFECTS @ EFFECTS)
    np.testing.assert_allclose(tidy.loc["halo", "relative"], true, atol=SAMPLING)
    assert tidy.loc["halo", "r2"].iloc[0] == pytest.approx(0.427, abs=SAMPLING)
    assert tidy.loc["observed", "r2"].iloc[0] > 0.5
    spread = got.stability()["spread"]
    assert spread[1] > spread[0] + 0.1  # the halo had flattened the shares


def test_the_observed_scenario_is_the_importance_itself(fitted):
    observed = sensitivity(fitted).tidy().query("kind == 'observed'")
    known = dr.importance(fitted).tidy()
    for column in ("share", "low", "high", "relative", "p_first"):
        np.testing.assert_allclose(observed[column], known[column], atol=EXACT)
    nothing = sensitivity(fitted, halo=[0.0], reliability={"product": 1.0}).tidy()
    for kind in ("halo", "reliability"):
        np.testing.assert_allclose(nothing[nothing["kind"] == kind]["share"], known["share"], atol=EXACT)


def test_every_scenario_keeps_shares_that_add_up(fitted):
    tidy = sensitivity(fitted, halo=[0.05, 0.1], reliability={"value": (0.7, 0.9)}).tidy()
    assert len(tidy) == 4 * 4
    sums = tidy.groupby("scenario")[["share", "relative"]].sum()
    np.testing.assert_allclose(sums["share"], tidy.groupby("scenario")["r2"].first(), atol=EXACT)
    np.testing.assert_allclose(sums["relative"], 1, atol=EXACT)
    assert ((tidy["low"] <= tidy["high"]) & (tidy["low"] >= 0)).all()


def test_an_unreliable_driver_is_ranked_higher_once_that_is_known():
    rng = np.random.default_rng(3)
    truth = rng.normal(size=(6000, 2))
    rows = pd.DataFrame({"good": truth[:, 0], "noisy": truth[:, 1] + 0.816 * rng.normal(size=6000)})
    rows["y"] = truth @ [0.45, 0.5] + rng.normal(size=6000)
    fit = dr.fit(rows, drivers=["good", "noisy"], outcome="y", draws=100)
    got = sensitivity(fit, halo=(), reliability={"noisy": 0.6})
    stable = got.stability().set_index("scenario")
    assert stable["first"].to_dict() == {"as observed": "good", "reliability as stated": "noisy"}
    assert stable.loc["reliability as stated", "pairs_turned"] == 1
    assert "Taken as measured without error: good, y." in got.notes
    exact, vague = (sensitivity(fit, halo=(), reliability={"noisy": r}).tidy().iloc[3] for r in (0.6, (0.4, 0.8)))
    assert vague["high"] - vague["low"] > 1.2 * (exact["high"] - exact["low"])  # not knowing it widens the interval


def test_a_halo_the_answers_cannot_hold_is_refused_and_the_others_stand(fitted):
    got = sensitivity(fitted, halo=[0.1, 0.9])
    assert [bool(each.refused) for each in got.scenarios] == [False, False, True]
    assert got.scenarios[2].refused.startswith("These answers cannot hold a halo of 90% of each variance")
    assert np.isnan(got.tidy().query("scenario == 'halo 0.9'")[["share", "low", "rank"]]).all(axis=None)
    text = got.summary()
    assert "halo 0.9: These answers cannot hold" in text
    assert f"at most {got.most_halo:.1%} of every variance can be halo" in text
    refused = json.loads(json.dumps(got.to_dict(), allow_nan=False))["stability"][2]
    assert refused["r2"] is None and refused["refused"]


def test_reliabilities_that_cannot_be_are_refused_by_name():
    same = coloured(500, 2.0)
    fit = dr.fit(same, drivers=DRIVERS, outcome="satisfaction", draws=20)
    with pytest.raises(InputError, match=r"the correlation of `\w+` and `\w+` would be 1\.\d\d. State higher"):
        sensitivity(fit, reliability=dict.fromkeys(DRIVERS, 0.5))


@pytest.mark.parametrize(
    ("stated", "text"),
    [
        ({"servise": 0.8}, r"`servise` \(did you mean `service`\?\): no driver or outcome of this fit"),
        ({"service": 0.0}, "`service`: reliability 0.0 is not above 0 and at most 1; give a number like 0.8, or"),
        ({"service": (0.9, 0.7)}, r"`service`: reliability \(0\.9, 0\.7\) is not"),
    ],
)
def test_reliabilities_that_make_no_sense_are_refused(fitted, stated, text):
    with pytest.raises(InputError, match=text):
        sensitivity(fitted, reliability=stated)


def test_groups_and_always_in_drivers_keep_their_rows_under_every_assumption(fitted):
    asked = {"groups": {"people": ["service", "speed"]}, "always": ["value"]}
    got, known = sensitivity(fitted, halo=[0.1], **asked), dr.importance(fitted, **asked)
    tidy = got.tidy()
    assert list(tidy["driver"]) == ["people", "product"] * 2
    observed = tidy[tidy["kind"] == "observed"]
    np.testing.assert_allclose(observed[["share", "low", "high"]], known.tidy()[["share", "low", "high"]], atol=EXACT)
    left = remove_halo(fitted.point.joint_covariance()[0, 0], 0.1)
    np.testing.assert_allclose(tidy["share"][2:], lmg(left, groups=[[1, 3], [0]], always=[2]), atol=EXACT)
    assert "Always in the model: value. Shares and R2 here are beyond it." in got.notes


def test_many_drivers_keep_all_draws_and_state_the_error_of_sampled_orders(fitted, monkeypatch):
    exact = sensitivity(fitted, halo=[0.1])
    monkeypatch.setattr("drivers.importance.sensitivity.MOST_SUBSETS", 1)
    got = sensitivity(fitted, halo=[0.1])
    assert [len(each.shares) for each in got.scenarios] == [200, 200]
    np.testing.assert_allclose(got.tidy()[["low", "high"]], exact.tidy()[["low", "high"]], atol=0.01)
    assert "Intervals rest on sampled orders of entry: Monte-Carlo error of a draw at most 0.0" in got.notes[-1]


def ticked(rows, **changes):
    survey = Survey(**{"drivers": ["a", "b", "c"], "outcomes": ["y"], "scale": [1, 5], "weight": "w", **changes})
    return dr.read(pd.DataFrame(rows, columns=["a", "b", "c", "y", "w"]), survey)


ROWS = [(4, 4, 4, 4, 2.0), (5, 5, 5, 1, 1.0), (4, 4, 2, 4, 4.0), (3, None, 3, 4, 9.0), (5, 4, 3, 2, 1.0)]


def test_straight_lines_count_answers_as_they_were_ticked():
    got = straight_lines(ticked(ROWS))
    assert (got.count, got.n, got.items) == (2, 4, ("a", "b", "c"))
    assert got.rate == pytest.approx(3 / 8)
    assert got.tidy().to_dict("list") == {"answer": [4.0, 5.0], "n": [1.0, 1.0], "rate": [0.25, 0.125]}
    turned = straight_lines(ticked(ROWS, items={"c": {"direction": "lower"}}))
    assert (turned.count, turned.rate) == (got.count, got.rate)
    assert got.summary().startswith("2 of 4 respondents (37.5% weighted) gave one answer to all 3 items on the scale")


def test_straight_lines_need_three_items_on_one_scale():
    with pytest.raises(InputError, match="2 of 3 items share a closed scale; straight lines need three or more"):
        straight_lines(ticked(ROWS, items={"c": {"scale": [0, 10]}}))


def test_straight_lines_are_reported_beside_the_other_signs(fitted):
    got = sensitivity(fitted, halo=(), straight=straight_lines(ticked(ROWS)))
    assert "2 of 4 respondents (37.5% weighted)" in got.summary()
    assert got.to_dict()["straight_line_rate"] == pytest.approx(3 / 8)
