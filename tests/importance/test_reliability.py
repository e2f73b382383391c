"""Reliability of blocks of drivers, from the covariances of a fit."""

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.errors import InputError
from drivers.importance.reliability import reliability

PRINTED = 5e-7
ATTITUDE = ["rating", "complaints", "privileges", "learning", "raises", "critical", "advance"]


@pytest.fixture(scope="module")
def fitted(shared):
    rows = pd.read_csv(shared / "data" / "attitude.csv").assign(other=lambda t: t["rating"] % 7)
    return dr.fit(rows, drivers=ATTITUDE, outcome="other", draws=200)


def test_the_seven_items_of_attitude(fitted):
    # R> psych::alpha(attitude): raw .843143, standardised .839084, G6 .875215
    row = reliability(fitted, {"all": ATTITUDE}).tidy().iloc[0]
    assert row["alpha"] == pytest.approx(0.843143, abs=PRINTED)
    assert row["alpha_standardized"] == pytest.approx(0.839084, abs=PRINTED)
    assert row["lambda6"] == pytest.approx(0.875215, abs=PRINTED)
    assert row["low"] < row["alpha"] < row["high"] < 1
    assert 0.8 < row["omega"] < 0.9


def test_blocks_of_two_and_three(fitted):
    got = reliability(fitted, {"pair": ["rating", "complaints"], "three": ["learning", "raises", "critical"]})
    table = got.tidy().set_index("block")
    r = table.loc["pair", "mean_correlation"]
    assert table.loc["pair", "alpha_standardized"] == pytest.approx(2 * r / (1 + r))
    assert np.isnan(table.loc["pair", "omega"])
    assert table["n_items"].tolist() == [2, 3]
    assert "Neither proves that they measure one thing." in got.summary()


def test_items_against_each_other_are_told():
    rng = np.random.default_rng(1)
    rows = pd.DataFrame(rng.normal(size=(200, 3)) + rng.normal(size=(200, 1)), columns=list("abc"))
    rows["c"] *= -1
    fit = dr.fit(rows.assign(y=rows["a"] + rng.normal(size=200)), drivers=list("abc"), outcome="y", draws=20)
    notes = reliability(fit, {"mixed": list("abc")}).notes
    assert notes[0] == "`mixed`: some of its items go against each other; declare the direction of their scales."


@pytest.mark.parametrize(
    ("members", "text"),
    [
        (["raises", "learnin"], r"Block `x`: `learnin` \(did you mean `learning`\?\) is no driver here"),
        (["raises"], r"Block `x` names 1 driver\(s\); give two or more, each once"),
        (["raises", "raises"], "each once"),
    ],
)
def test_blocks_that_make_no_sense_are_refused(fitted, members, text):
    with pytest.raises(InputError, match=text):
        reliability(fitted, {"x": members})
