"""The latent gap and the direct item: recovery of known truth, laws of construction, refusals."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

import drivers as dr
from drivers.errors import SurveyError
from drivers.gap.direct import direct_gap
from tests.gap.made import answers, table

CUTS = np.array([-1.4, -0.5, 0.4, 1.3])
GAP, R = -0.5, 0.4
TOLERATED = 3.5
"""Posterior standard deviations by which one of a dozen means may miss the truth: by chance in 1 of 200 seeds."""


def pair(n: int, seed: int, gap: float = GAP, r: float = R) -> pd.DataFrame:
    """One pair of ratings 1..5 cut at common thresholds, `gap` latent standard deviations apart."""
    rng = np.random.default_rng(seed)
    error = rng.multivariate_normal([gap / 2, -gap / 2], [[1, r], [r, 1]], size=n)
    said = (error[..., None] > CUTS).sum(axis=-1) + 1
    return pd.DataFrame(said, columns=["a", "ea"]).assign(y=np.clip(np.rint(3 + error[:, 0]), 1, 5).astype(int))


def read(frame: pd.DataFrame, **changes: object):
    given = {"drivers": ("a",), "outcomes": ("y",), "scale": (1, 5), "expectations": {"a": "ea"}}
    return dr.read(frame, dr.Survey(**{**given, **changes}))


def test_gap_and_share_of_people_are_recovered():
    found = dr.latent_gap(read(pair(1500, 2)), draws=800).pairs[0]
    for draws, truth in ((found.gap, GAP), (found.correlation, R), (found.below, ndtr(-GAP / np.sqrt(2 - 2 * R)))):
        assert abs(draws.mean() - truth) < TOLERATED * draws.std()
    assert found.gap.std() < 0.05  # or the test could not fail
    assert found.invariant


def test_the_share_of_people_is_that_of_gap_and_correlation_in_every_draw():
    found = dr.latent_gap(read(pair(400, 3)), draws=200, check_thresholds=False).pairs[0]
    np.testing.assert_allclose(found.below, ndtr(-found.gap / np.sqrt(2 - 2 * found.correlation)), atol=1e-12)


def test_two_answers_of_one_distribution_have_no_gap():
    """Every pair (p, e) stands beside (e, p): nothing but the draws can tell the two answers apart."""
    one = pair(250, 4)
    both = pd.concat([one, one.rename(columns={"a": "ea", "ea": "a"})], ignore_index=True)
    found = dr.latent_gap(read(both), draws=1000, check_thresholds=False).pairs[0]
    assert abs(found.gap.mean()) < 4 * found.gap.std() / np.sqrt(1000)
    assert found.below.mean() == pytest.approx(0.5, abs=4 * found.below.std() / np.sqrt(1000))


def test_thresholds_of_their_own_are_noticed():
    """Expectations cut closer together, as by people who use the ends of the scale more for what they expect."""
    rng = np.random.default_rng(5)
    latent = rng.multivariate_normal([0, 0], [[1, R], [R, 1]], size=1500)
    said = np.column_stack([(latent[:, :1] > CUTS).sum(axis=1), (latent[:, 1:] > CUTS / 2).sum(axis=1)]) + 1
    frame = pd.DataFrame(said, columns=["a", "ea"]).assign(y=rng.integers(1, 6, 1500))
    found = dr.latent_gap(read(frame), draws=300)
    assert not found.pairs[0].invariant
    assert "Thresholds differ between the two answers for a" in found.summary()


def test_the_direct_item_is_a_cumulative_probit_of_known_slopes():
    rng = np.random.default_rng(6)
    x = rng.integers(1, 6, (2500, 2))
    eta = x @ [0.5, 0.2] + rng.normal(size=2500)
    frame = pd.DataFrame(x, columns=["a", "b"]).assign(g=(eta[:, None] > [0.9, 1.7, 2.5, 3.3]).sum(axis=1) + 1)
    survey = dr.Survey(drivers=("a", "b"), outcomes=("g",), scale=(1, 5), direct="g")
    found = direct_gap(dr.read(frame, survey), draws=100)
    assert (found.fit.spec.model, found.fit.spec.link) == ("ordinal", "probit")
    rows = found.tidy().set_index("driver")
    for name, truth in (("a", 0.5), ("b", 0.2)):
        spread = (rows.at[name, "slope_high"] - rows.at[name, "slope_low"]) / 3.29
        assert abs(rows.at[name, "slope"] - truth) < TOLERATED * spread
        assert spread < 0.03
    assert found.middle == 3
    np.testing.assert_allclose(
        found.shares["share"], [(frame["g"] < 3).mean(), (frame["g"] == 3).mean(), (frame["g"] > 3).mean()], atol=1e-12
    )


def test_a_direct_item_has_to_be_there_and_to_have_a_middle():
    with pytest.raises(SurveyError, match="No item asks the gap directly"):
        direct_gap(answers())
    items = {"g": {"scale": "open"}}
    with pytest.raises(SurveyError, match=r"`g` has no middle. Declare its ends: .items.g. scale = .1, 5."):
        direct_gap(answers(table(), outcomes=("y", "g"), direct="g", items=items))
