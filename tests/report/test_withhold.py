"""Complementary suppression: no hidden group follows from the total and the groups shown."""

import pandas as pd
import pytest

from drivers.report.withhold import withhold


def withheld(bases: list[int]) -> list[int]:
    """Return the bases of the groups withheld."""
    rows = pd.DataFrame({"g": [f"g{i}" for i in range(len(bases))], "n": bases, "x": 1.0})
    rows = withhold(rows.assign(shown=rows["n"] >= 5), "g", (), ("x",))
    assert rows.loc[rows["withheld"], "x"].isna().all() and not rows.loc[rows["withheld"], "shown"].any()
    assert rows.loc[~rows["withheld"], "x"].notna().all()
    return list(rows.loc[rows["withheld"], "n"])


@pytest.mark.parametrize(
    ("bases", "hidden"),
    [
        ([90, 80, 30], []), ([90, 3, 30], [30]), ([90, 3, 4, 30], []), ([90, 1, 1, 30], [30]), ([90, 0, 30], []),
        ([3, 90], [90]), ([90, 0, 3, 20, 20], [20]),
    ],
)  # fmt: skip
def test_the_next_smallest_group_protects_a_hidden_one(bases: list[int], hidden: list[int]) -> None:
    assert withheld(bases) == hidden


def test_every_item_has_a_total_of_its_own() -> None:
    rows = pd.DataFrame({"item": ["a", "a", "b", "b"], "g": [None, "x", None, "x"], "n": [3, 50, 40, 50], "x": 1.0})
    rows["measure"] = "mean"
    found = withhold(rows.assign(shown=rows["n"] >= 5), "g", ("item", "measure"), ("x",))
    assert list(found["withheld"]) == [False, True, False, False]
