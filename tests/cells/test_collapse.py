"""Cells are the rows, counted: every sum, every reason, every group."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import drivers as dr
from drivers.cells.collapse import collapse
from drivers.survey.decode import Reason

SUMS = 1e-12


def table(seed: int, n: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    codes = rng.choice([1, 2, 3, 4, 5, 8, 9, np.nan], size=(n, 3), p=[0.1, 0.1, 0.2, 0.3, 0.1, 0.1, 0.05, 0.05])
    frame = pd.DataFrame(codes, columns=["a", "b", "y"])
    return frame.assign(
        w=np.where(rng.random(n) < 0.1, 0.0, rng.gamma(2.0, size=n)), group=rng.choice(["left", "right"], n),
        stratum=rng.integers(0, 3, n), psu=rng.integers(0, 9, n),
    )


def survey(**roles: object) -> dr.Survey:
    return dr.Survey(
        drivers=("a", "b"), outcomes=("y",), scale=(1, 5), not_applicable=(8,), dont_know=(9,), weight="w",
        segments=("group",), **roles,
    )


@given(seed=st.integers(0, 2**16))
def test_sums_over_cells_are_sums_over_respondents(seed):
    rows = table(seed)
    cells = collapse(dr.read(rows, survey()), ("a", "b", "y"))
    assert cells.n.sum() == len(rows)
    np.testing.assert_allclose(cells.sum_w.sum(), rows["w"].sum(), rtol=SUMS)
    np.testing.assert_allclose(cells.sum_w2.sum(), (rows["w"] ** 2).sum(), rtol=SUMS)
    powers = [(rows["w"] ** k).sum() for k in (3, 4)]
    np.testing.assert_allclose(cells.powers.sum(axis=0), powers, rtol=1e-9)
    np.testing.assert_allclose(cells.n_eff, rows["w"].sum() ** 2 / (rows["w"] ** 2).sum(), rtol=1e-9)
    answered = rows[["a", "b", "y"]].isin([1, 2, 3, 4, 5]).to_numpy()
    np.testing.assert_array_equal((~np.isnan(cells.values) * cells.n[:, None]).sum(axis=0), answered.sum(axis=0))
    complete = answered.all(axis=1)
    assert cells.complete().n.sum() == complete.sum()
    product = (rows["w"] * rows["a"] * rows["y"])[complete].sum()
    whole = cells.complete()
    np.testing.assert_allclose(whole.sum_w @ (whole.column("a") * whole.column("y")), product, rtol=1e-9)


def test_missing_answers_stay_apart_by_reason_and_are_never_dropped():
    rows = table(1)
    cells = collapse(dr.read(rows, survey()), ("a", "b", "y"))
    for reason, codes in ((Reason.NOT_APPLICABLE, [8]), (Reason.DONT_KNOW, [9]), (Reason.BLANK, [np.nan])):
        counted = ((cells.reasons == reason) * cells.n[:, None]).sum(axis=0)
        np.testing.assert_array_equal(counted, rows[["a", "b", "y"]].isin(codes).sum())
    assert np.array_equal(np.isnan(cells.values), cells.reasons != Reason.ANSWERED)


def test_cells_are_distinct_patterns_and_equal_codes_share_one():
    rows = pd.DataFrame({"a": ["1", "1.0", " 1", "2"], "b": [3, 3, 3, 2], "y": [4, 4, 4, 3]})
    cells = collapse(dr.read(rows, drivers=["a", "b"], outcome="y", scale=(1, 5)), ("a", "b", "y"))
    assert cells.values.tolist() == [[1, 3, 4], [2, 2, 3]]
    assert cells.n.tolist() == [3, 1]


def test_respondents_of_weight_zero_are_cells_of_their_own():
    """Otherwise a pattern shared with others would carry them into n, and into every model-based error."""
    rows = pd.DataFrame({"a": [1, 1, 1, 2], "b": [3, 3, 3, 1], "y": [2, 2, 2, 3], "w": [0.0, 2.0, 1.0, 1.0]})
    cells = collapse(dr.read(rows, dr.Survey(drivers=("a", "b"), outcomes=("y",), weight="w")), ("a", "b", "y"))
    assert sorted(zip(cells.n, cells.sum_w, cells.sum_w2, strict=True)) == [(1, 0, 0), (1, 1, 1), (2, 3, 5)]


def test_groups_strata_and_psus_stay_in_the_key():
    rows = table(2)
    cells = collapse(dr.read(rows, survey(stratum="stratum", psu="psu")), ("a", "y"), by=("group",))
    assert list(cells.keys) == ["group", "stratum", "psu"]
    found = cells.keys.assign(n=cells.n, w=cells.sum_w).groupby(["group", "stratum", "psu"])[["n", "w"]].sum()
    expected = rows.groupby(["group", "stratum", "psu"]).agg(n=("w", "size"), w=("w", "sum"))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_selecting_keeps_every_part_in_step():
    cells = collapse(dr.read(table(3), survey()), ("a", "b", "y"), by=("group",))
    mask = (cells.keys["group"] == "left").to_numpy()
    left = cells.select(mask)
    assert len(left) == mask.sum() == len(left.keys)
    assert (left.keys["group"] == "left").all()
    np.testing.assert_array_equal(left.sum_w2, cells.sum_w2[mask])


@pytest.mark.parametrize("engine", ["polars", "duckdb", "pyarrow"])
def test_every_engine_gives_the_same_cells(engine):
    import duckdb
    import polars as pl
    import pyarrow as pa

    rows = table(4).assign(group="one")
    other = {"polars": pl.from_pandas, "pyarrow": pa.Table.from_pandas, "duckdb": duckdb.connect().from_df}[engine]
    here, there = (collapse(dr.read(data, survey()), ("a", "b", "y"), by=("group",)) for data in (rows, other(rows)))
    np.testing.assert_array_equal(here.values, there.values)
    np.testing.assert_array_equal(here.reasons, there.reasons)
    np.testing.assert_array_equal(here.n, there.n)
    np.testing.assert_allclose(here.sum_w2, there.sum_w2, rtol=SUMS)


def test_a_hundred_items_collapse_without_a_murmur():
    rng = np.random.default_rng(3)
    names = [f"d{j}" for j in range(99)]
    frame = pd.DataFrame(rng.integers(1, 6, (80, 100)), columns=[*names, "y"])
    answers = dr.read(frame, dr.Survey(drivers=names, outcomes="y", scale=(1, 5)))
    cells = collapse(answers, (*names, "y"))  # pandas warns of tables that fall into pieces; warnings are errors here
    assert cells.values.shape == (80, 100)
    assert cells.n.sum() == 80
