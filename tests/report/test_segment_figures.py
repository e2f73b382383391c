"""What the map of segments says to readers who cannot see it, and in sentences."""

import numpy as np
import pandas as pd
import pytest

from drivers.change.segments import SegmentMap
from drivers.report import segment_sentences as said_of
from drivers.report.chapters.segments import fit_to_show
from drivers.report.segment_figures import map_figure

NUMBERS = {"slope": 0.5, "low": 0.4, "high": 0.6, "raw": 0.55, "raw_low": 0.4, "raw_high": 0.7, "kept": 0.4,
           "rest": 0.12, "rest_low": 0.05, "rest_high": 0.19, "p_differs": 0.97, "p_value": 0.01,
           "n_eff": 70.0}  # fmt: skip


def made(bases: dict[str, int], fitted: set[str], flagged: set[tuple[str, str]] = frozenset()) -> SegmentMap:
    rows = [
        {"segment_column": "place", "segment": place, "driver": driver, "label": driver.title(), "n": n,
         "shown": place in fitted, "why": "", "direction": "above", "flag": (place, driver) in flagged, **NUMBERS}
        for place, n in bases.items() for driver in ("speed", "value")
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    table.loc[~table["shown"], list(NUMBERS)] = np.nan
    return fit_to_show(SegmentMap(
        outcome="y", by=("place",), labels={"place": "Place"}, level=0.9, table=table, spread=pd.DataFrame()
    ))  # fmt: skip


def test_a_segment_without_slopes_is_told_once_with_its_reason() -> None:
    said = map_figure(made({"North": 90, "Island": 12, "South": 80, "Ship": 3, "Boat": 4}, {"North"}), "place").alt
    assert "Speed in North: 0.50 (0.40 to 0.60)" in said
    assert said.count("Island is not shown: fewer than 25 respondents") == 1
    assert said.count("South is not shown: the model could not be fitted there") == 1
    assert "Ship" not in said, "a base under 5 is not drawn"


def test_a_slope_that_differs_is_named_with_its_numbers() -> None:
    found = made({"North": 90, "South": 80}, {"North", "South"}, {("South", "value")})
    (one,) = said_of.claimed(found)
    assert one.text == (
        "Value counts for more in South than in the other groups of Place: a slope of 0.50, +0.12 points against "
        "theirs (+0.05 to +0.19); very likely different (probability 97 %)."
    )
    assert one.numbers["rest"] == 0.12 and one.numbers["p_differs"] == 0.97
    (coded,) = said_of.claimed(made({"1": 90, "2": 80}, {"1", "2"}, {("2", "value")}))
    assert coded.text.startswith("Value counts for more in “2” than in the other groups")
    overall = said_of.overall(found)
    assert overall.text.startswith("Of 4 slopes of segments (Place) 1 differs surely enough")
    assert overall.numbers == {"compared": 4.0, "differ": 1.0}
    assert "differs from the others (above)" in map_figure(found, "place").alt


def test_nothing_is_claimed_without_a_flag() -> None:
    found = made({"North": 90, "South": 80}, {"North", "South"})
    assert said_of.claimed(found) == ()
    assert "none differs surely enough" in said_of.overall(found).text
    assert said_of.overall(made({"North": 9}, set())).text.startswith("No segment can be compared")


@pytest.mark.parametrize("flagged", [set(), {("North", "speed")}])
def test_a_segment_withheld_for_a_smaller_one_loses_numbers_and_claim(flagged: set[tuple[str, str]]) -> None:
    found = made({"Ship": 3, "North": 30, "South": 90}, {"North", "South"}, flagged)
    rows = found.table.set_index(["segment", "driver"])
    assert rows.loc["North", "withheld"].all() and not rows.loc["South", "withheld"].any()
    assert rows.loc["North", [*NUMBERS]].isna().all(axis=None) and rows.loc["South", "slope"].notna().all()
    assert not found.table["flag"].any() and said_of.claimed(found) == ()
