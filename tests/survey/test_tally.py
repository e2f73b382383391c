"""The one GROUP BY: its counts are those of the rows, whatever the engine and whatever is missing."""

from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.survey import levels as levels_module
from drivers.survey.decode import Reason
from drivers.survey.levels import count_levels
from drivers.survey.schema import Survey
from drivers.survey.tally import tally

ROUNDING = 1e-12  # sums of a few hundred numbers in another order

TABLE = pd.DataFrame({
    "a": [1.0, 1.0, 2.0, np.nan, np.nan, 2.0],
    "g": ["x", "x", "y", "x", None, "y"],
    "w": [0.5, 1.5, 2.0, 1.0, 3.0, 0.0],
    "f": [2, 1, 1, 4, 1, 3],
})


def frames(table: pd.DataFrame) -> list[object]:
    import duckdb
    import polars as pl
    import pyarrow as pa

    return [table, pl.from_pandas(table), pa.Table.from_pandas(table), duckdb.connect().from_df(table)]


def sorted_tally(native: object, *keys: str, **columns: str) -> list[tuple[object, ...]]:
    found = tally(nw.from_native(native), list(keys), **columns)
    table = found.keys.assign(n=found.n, sum_w=found.sum_w, sum_w2=found.sum_w2)
    rows = [tuple(None if pd.isna(cell) else cell for cell in row) for row in table.itertuples(index=False)]
    return sorted(rows, key=str)


def test_every_engine_counts_alike_and_missing_keys_stay() -> None:
    for native in frames(TABLE):
        assert sorted_tally(native, "a", "g") == [
            (1.0, "x", 2.0, 2.0, 2.0), (2.0, "y", 2.0, 2.0, 2.0),
            (None, "x", 1.0, 1.0, 1.0), (None, None, 1.0, 1.0, 1.0),
        ]  # fmt: skip


def test_weights_and_frequencies() -> None:
    """n = sum f, sum_w = sum f w, sum_w2 = sum f w^2, by hand."""
    for native in frames(TABLE):
        assert sorted_tally(native, "a", weight="w", frequency="f") == [
            (1.0, 3.0, 2.5, 2.75), (2.0, 4.0, 2.0, 4.0), (None, 5.0, 7.0, 13.0)
        ]  # fmt: skip


def test_small_whole_weights_do_not_overflow() -> None:
    table = pd.DataFrame({"a": [1] * 300, "w": np.full(300, 100, dtype=np.int8)})
    for native in frames(table):
        assert sorted_tally(native, "a", weight="w") == [(1, 300.0, 30_000.0, 3_000_000.0)]


def test_no_keys_counts_the_whole_table() -> None:
    for native in frames(TABLE):
        assert sorted_tally(native, weight="w") == [(6.0, 8.0, 16.5)]


@given(rows=st.lists(st.tuples(st.integers(1, 5), st.floats(0.1, 9), st.integers(0, 3)), min_size=1, max_size=60))
def test_counts_add_up_to_the_rows(rows: list[tuple[int, float, int]]) -> None:
    table = pd.DataFrame(rows, columns=["a", "w", "f"])
    found = tally(nw.from_native(table), ["a"], weight="w", frequency="f")
    assert found.n.sum() == table["f"].sum()
    np.testing.assert_allclose(found.sum_w.sum(), (table["f"] * table["w"]).sum(), rtol=ROUNDING)
    np.testing.assert_allclose(found.sum_w2.sum(), (table["f"] * table["w"] ** 2).sum(), rtol=ROUNDING)


def test_levels_say_what_each_code_means() -> None:
    survey = Survey(drivers=("a",), outcomes=("g",), scale=(1, 5), items={"g": {"levels": ("y", "x")}}, weight="w")
    for native in frames(TABLE):
        found = count_levels(nw.from_native(native), survey, survey.rated, weight="w")
        assert found.columns.tolist() == ["item", "code", "value", "reason", "n", "sum_w"]
        assert found["item"].tolist() == ["a"] * 3 + ["g"] * 3
        assert found["code"].tolist() == [1.0, 2.0, None, "y", "x", None]
        np.testing.assert_array_equal(found["value"], [1, 2, np.nan, 1, 2, np.nan])
        assert found["reason"].tolist() == [0, 0, Reason.BLANK, 0, 0, Reason.BLANK]
        np.testing.assert_allclose(found["sum_w"], [2, 2, 4, 2, 3, 3], rtol=ROUNDING)


@pytest.mark.parametrize("scale", ["open", (0, 50)])
def test_very_many_numbers_are_summarised(scale: object) -> None:
    rng = np.random.default_rng(3)
    minutes = rng.uniform(0, 60, size=4000)
    minutes[:50], minutes[50:80], minutes[80:90] = np.nan, 99, np.inf
    table = pd.DataFrame({"minutes": minutes, "y": rng.integers(1, 6, 4000), "w": rng.uniform(0.5, 2, 4000)})
    item = {"scale": scale, "direction": "lower", "not_applicable": [99]}
    survey = Survey(drivers=("minutes",), outcomes=("y",), items={"minutes": item})
    inside = np.isfinite(minutes) & (minutes != 99) & ((minutes <= 50) | (scale == "open"))
    mean = np.average(minutes[inside], weights=table["w"][inside])
    for native in frames(table):
        found = count_levels(nw.from_native(native), survey, ["minutes"], weight="w").set_index("reason")
        assert found.loc[Reason.BLANK, "n"] == 50
        assert found.loc[Reason.NOT_APPLICABLE, "n"] == 30
        assert found.loc[Reason.TEXT, "n"] == 10
        assert found.loc[Reason.ANSWERED, "n"] == inside.sum()
        assert found["n"].sum() == 4000
        assert found["n"].get(Reason.OUT_OF_RANGE, 0) == (0 if scale == "open" else 3910 - inside.sum())
        turned = mean if scale == "open" else 50 - mean
        np.testing.assert_allclose(found.loc[Reason.ANSWERED, "value"], turned, rtol=1e-10)
        low, high = minutes[inside].min(), minutes[inside].max()
        assert found.loc[Reason.ANSWERED, "code"] == f"{low:g} to {high:g}"


def test_counting_in_batches_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    table = pd.DataFrame(rng.integers(1, 6, size=(200, 6)), columns=list("abcdef"))
    survey = Survey(drivers=tuple("abcde"), outcomes=("f",), scale=(1, 5))
    together = count_levels(nw.from_native(table), survey, survey.rated)
    monkeypatch.setattr(levels_module, "JOINT_PATTERNS", 1)
    pd.testing.assert_frame_equal(count_levels(nw.from_native(table), survey, survey.rated), together)


@pytest.mark.parametrize("threads", [1, 2, 4, 7])
def test_rows_and_counts_are_the_same_whatever_the_number_of_threads(threads: int, tmp_path: Path) -> None:
    """Bits and all, for weights that are added up without rounding; for others up to rounding."""
    import duckdb

    rng = np.random.default_rng(8)
    n = 60_000
    table = pd.DataFrame(rng.integers(1, 6, size=(n, 4)), columns=list("abcd"))
    eighths = rng.integers(1, 40, n) / 8
    table = table.assign(g=rng.choice(["x", "y", None], n), exact=eighths, rounded=rng.gamma(2.0, 0.5, n))
    table.to_parquet(tmp_path / "answers.parquet", row_group_size=5_000)
    keys = ["a", "b", "c", "d", "g"]

    def counted(threads: int, weight: str) -> tuple[list[tuple[object, ...]], np.ndarray]:
        engine = duckdb.connect(":memory:", config={"threads": threads})
        native = engine.read_parquet(str(tmp_path / "answers.parquet"))
        found = tally(nw.from_native(native), keys, weight=weight, powers=True)
        assert found.powers is not None
        rows = [tuple(row) for row in found.keys.fillna("").to_numpy()]
        return rows, np.column_stack([found.n, found.sum_w, found.sum_w2, found.powers])

    rows, sums = counted(threads, "exact")
    assert rows == sorted(rows, key=lambda row: (*row[:4], row[4] == "", row[4]))
    again, other = counted(3, "exact")
    assert (rows, sums.tobytes()) == (again, other.tobytes())
    np.testing.assert_allclose(counted(threads, "rounded")[1], counted(3, "rounded")[1], rtol=1e-13)
