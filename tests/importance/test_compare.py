"""Pairwise comparisons: probabilities, ties and words follow the draws; what cannot be ranked is not ranked."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import InputError
from drivers.importance.compare import compare
from tests.importance.made import importance_of

ROUNDING = 1e-12


def normal_shares(means, sd, draws=4000, seed=1):
    rng = np.random.default_rng(seed)
    return np.asarray(means) + rng.normal(size=(draws, len(means))) * sd


def test_probabilities_and_intervals_of_a_pair_are_those_of_its_draws():
    shares = np.column_stack([np.linspace(0.2, 0.4, 101).round(3), np.full(101, 0.3), np.full(101, 0.29)])
    got = compare(importance_of(shares, estimate=[0.31, 0.3, 0.29]), tie_width=0.05).tidy()
    first = got.iloc[0]
    assert (first["driver"], first["other"]) == ("a", "b")
    assert first["difference"] == pytest.approx(0.01, abs=ROUNDING)
    assert first["p_larger"] == pytest.approx(50.5 / 101)  # 50 above, one equal
    assert first["p_tie"] == pytest.approx(50 / 101, abs=1.1 / 101)  # +-.05 in steps of .002, ends by rounding
    assert (first["low"], first["high"]) == pytest.approx((-0.09, 0.09), abs=ROUNDING)
    assert got["p_larger"].iloc[2] == 1.0
    assert got["verdict"].tolist() == ["cannot be separated", "cannot be separated", "tie"]


def test_surely_larger_by_next_to_nothing_is_a_tie():
    got = compare(importance_of(normal_shares([0.25, 0.24, 0.1], 0.002)))
    pair = got.tidy().iloc[0]
    assert pair["p_larger"] > 0.99
    assert pair["separated"]
    assert (pair["verdict"], got.ties) == ("tie", (("a", "b"),))
    assert got.ranking()["tie"].tolist() == ["1", "1", ""]


def test_a_wide_interval_is_no_tie():
    got = compare(importance_of(normal_shares([0.25, 0.24, 0.02], 0.04)))
    pair = got.tidy().iloc[0]
    assert pair["verdict"] == "cannot be separated"
    assert not pair["separated"]
    assert got.ties == ()
    assert got.ranking()["letters"].tolist() == ["a", "a", "b"]
    assert got.ranking()[["rank_low", "rank_high"]].to_numpy().tolist() == [[1, 2], [1, 2], [3, 3]]


def test_differences_are_taken_within_draws():
    common = np.random.default_rng(3).normal(0, 0.05, 2000)
    shares = np.column_stack([0.4 + common, 0.35 + common])  # intervals overlap widely, the difference is certain
    pair = compare(importance_of(shares)).tidy().iloc[0]
    assert (pair["low"], pair["high"]) == pytest.approx((0.05, 0.05))
    assert pair["verdict"] == "very likely larger"


@given(seed=st.integers(0, 2**16), p=st.integers(2, 6), sd=st.floats(0.001, 0.1))
def test_laws_of_comparisons(seed, p, sd):
    means = np.random.default_rng(seed).uniform(0.05, 0.3, p)
    got = compare(importance_of(normal_shares(means, sd, draws=200, seed=seed)))
    chance = got.chance + got.chance.T
    np.testing.assert_allclose(chance[~np.eye(p, dtype=bool)], 1, atol=ROUNDING)
    np.testing.assert_array_equal(got.tie_chance, got.tie_chance.T)
    table = got.tidy()
    assert len(table) == p * (p - 1) // 2
    assert (table["difference"] >= 0).all()
    wider = compare(importance_of(normal_shares(means, sd, draws=200, seed=seed)), tie_width=0.1)
    assert (wider.tie_chance >= got.tie_chance).all()
    places = got.ranking()
    assert places["share"].is_monotonic_decreasing
    assert ((places["rank_low"] <= places["expected_rank"] + 1) & (places["rank_high"] >= 1)).all()


def test_without_an_explained_part_nothing_is_ranked():
    got = compare(importance_of(np.abs(normal_shares([0.02, 0.01], 0.005))))
    assert not got.rankable
    assert got.ties == ()
    assert got.tidy()["verdict"].tolist() == ["cannot be separated"]
    assert "No ranking and no tie is claimed: the interval of R2 reaches below 5%" in got.summary()


def test_summary_and_json_hold_the_same_numbers():
    got = compare(importance_of(normal_shares([0.3, 0.2, 0.19], 0.003)))
    text = got.summary()
    assert "Drivers of Y compared, lmg shares, 90% intervals, n 500, effective n 400 (design effect of" in text
    assert "differ by less than 2.0% of the outcome's variance" in text
    again = json.loads(json.dumps(got.to_dict()))
    assert again["ties"] == [["b", "c"]]
    assert [row["verdict"] for row in again["pairs"]] == ["very likely larger", "very likely larger", "tie"]
    assert again["drivers"][0]["letters"] == "a"


@pytest.mark.parametrize("width", [0, 1, -0.1])
def test_an_impossible_tie_width_is_refused(width):
    with pytest.raises(InputError, match=r"give a part of the outcome's variance, like tie_width=0\.02"):
        compare(importance_of(normal_shares([0.3, 0.2], 0.01)), tie_width=width)


def test_one_driver_has_nothing_to_be_compared_with():
    with pytest.raises(InputError, match="`a` is the only driver"):
        compare(importance_of(normal_shares([0.3], 0.01)))
