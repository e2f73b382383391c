"""Why a group has no slopes, without the count of very few people."""

import warnings

import numpy as np
import pandas as pd

import drivers as dr
from drivers.errors import SmallBaseWarning


def test_a_group_of_very_few_people_keeps_its_count_to_itself() -> None:
    rng = np.random.default_rng(2)
    speed = rng.integers(1, 6, 153)
    data = pd.DataFrame({"speed": speed, "y": np.clip(speed + rng.integers(-1, 2, 153), 1, 5),
                         "site": ["a"] * 150 + ["b"] * 3})  # fmt: skip
    survey = dr.Survey(title="Few", drivers=("speed",), outcomes=("y",), scale=(1, 5), segments=("site",))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SmallBaseWarning)
        found = dr.slopes_by(dr.read(data, survey), by="site")
    assert found.held_back["b"] == "fewer than 5 answers; a model of its own needs 25."
    assert "b (n<5)" in found.summary() and "n=3" not in found.summary()
