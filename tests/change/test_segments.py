"""`dr.segment_map`: pooled slopes, what differs, small bases."""

import json

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.errors import SmallBaseWarning, SurveyError
from tests.cells.made import answers_of, ratings


def channels(sizes: dict[str, int], odd: str = "", seed: int = 2):
    """Return answers of channels alike, but for `odd`, where the first driver counts for nothing."""
    tables = []
    for k, (name, n) in enumerate(sizes.items()):
        slopes = (0.0, 0.3, 0.0) if name == odd else (0.5, 0.3, 0.0)
        tables.append(ratings(n, seed + k, slopes=slopes).assign(g=name))
    return answers_of(pd.concat(tables, ignore_index=True), segments=("g",))


def test_the_raw_slopes_are_those_of_each_segment_and_pooling_draws_them_together():
    answers = channels({"a": 120, "b": 150, "c": 180, "d": 90})
    table, own = dr.segment_map(answers).tidy(), dr.slopes_by(answers, "g").tidy()
    np.testing.assert_allclose(table["raw"], own["slope"], rtol=1e-12)
    assert (table.groupby("driver")["slope"].std() < table.groupby("driver")["raw"].std()).all()
    assert table["kept"].between(0, 1).all()
    assert not table["flag"].any()


def test_a_segment_in_which_a_driver_counts_for_nothing_is_found():
    found = dr.segment_map(channels({"a": 400, "b": 400, "c": 400, "d": 400}, odd="c"))
    flags = found.flags
    assert next(zip(flags["segment"], flags["driver"], flags["direction"], strict=True)) == ("c", "a", "below")
    row = flags.iloc[0]
    assert row["p_differs"] > 0.99 and row["rest_high"] < 0
    json.dumps(found.to_dict(), allow_nan=False)
    assert "*" in found.summary()


def test_small_segments_are_not_modelled_and_their_count_is_not_given_away():
    found = dr.segment_map(channels({"a": 100, "b": 100, "few": 20, "tiny": 3}))
    table = found.tidy().set_index("segment")
    assert not table.loc[["few", "tiny"], "shown"].any()
    assert table.loc[["few", "tiny"], ["raw", "slope", "p_differs"]].isna().all().all()
    assert any("tiny: fewer than 5 answers" in note for note in found.notes)
    with pytest.warns(SmallBaseWarning, match="min_model=15 is below the default of 25"):
        low = dr.segment_map(channels({"a": 100, "b": 100, "few": 20}), min_model=15)
    assert low.tidy().set_index("segment").loc["few", "shown"].all()


def test_a_survey_without_segments_says_what_to_declare():
    with pytest.raises(SurveyError, match="declares no segments to compare"):
        dr.segment_map(answers_of(ratings(60, 1)))
