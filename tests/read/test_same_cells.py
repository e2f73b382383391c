"""The same table gives the same cells, wherever it lies."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from drivers.cells.collapse import Cells, collapse
from drivers.read.source import read
from drivers.survey.schema import Survey

EXACT = 1e-12  # sums of the same 600 numbers in another order

ITEMS = ("price", "service", "minutes", "satisfaction")


def cells_of(data: object, survey: Survey) -> Cells:
    return collapse(read(data, survey), ITEMS, by=["quarter", "channel"])


@pytest.fixture(scope="module")
def expected(visits: pd.DataFrame, survey: Survey) -> Cells:
    return cells_of(visits, survey)


def assert_same(found: Cells, expected: Cells) -> None:
    np.testing.assert_array_equal(found.values, expected.values)
    np.testing.assert_array_equal(found.reasons, expected.reasons)
    np.testing.assert_array_equal(found.n, expected.n)
    np.testing.assert_allclose(found.sum_w, expected.sum_w, rtol=EXACT)
    np.testing.assert_allclose(found.sum_w2, expected.sum_w2, rtol=EXACT)
    assert found.keys["channel"].tolist() == expected.keys["channel"].tolist()
    assert found.keys["quarter"].tolist() == expected.keys["quarter"].tolist()


def test_the_expected_cells_are_the_table(visits: pd.DataFrame, expected: Cells) -> None:
    assert expected.n.sum() == len(visits)
    np.testing.assert_allclose(expected.sum_w.sum(), visits["weight"].sum(), rtol=EXACT)
    blank = np.isnan(expected.column("price"))
    assert expected.n[blank].sum() == visits["price"].isna().sum()
    assert expected.n[expected.reasons[:, 1] == 2].sum() == (visits["service"] == 8).sum()


@pytest.mark.parametrize("dtypes", ["numpy_nullable", "pyarrow"])
def test_pandas_with_other_dtypes(visits: pd.DataFrame, survey: Survey, expected: Cells, dtypes: str) -> None:
    assert_same(cells_of(visits.convert_dtypes(dtype_backend=dtypes), survey), expected)


def test_pandas_with_everything_as_text(visits: pd.DataFrame, survey: Survey, expected: Cells) -> None:
    texts = visits.astype({name: "str" for name in (*ITEMS, "weight")})
    assert_same(cells_of(texts, survey), expected)


def test_polars_eager_and_lazy(visits: pd.DataFrame, survey: Survey, expected: Cells) -> None:
    pl = pytest.importorskip("polars")
    assert_same(cells_of(pl.from_pandas(visits), survey), expected)
    assert_same(cells_of(pl.from_pandas(visits).lazy(), survey), expected)


def test_pyarrow(visits: pd.DataFrame, survey: Survey, expected: Cells) -> None:
    pa = pytest.importorskip("pyarrow")
    assert_same(cells_of(pa.Table.from_pandas(visits), survey), expected)


def test_duckdb_relation(visits: pd.DataFrame, survey: Survey, expected: Cells) -> None:
    import duckdb

    assert_same(cells_of(duckdb.connect().from_df(visits), survey), expected)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_csv(visits: pd.DataFrame, survey: Survey, expected: Cells, tmp_path: Path, separator: str) -> None:
    path = tmp_path / "visits.csv"
    visits.to_csv(path, sep=separator, index=False)
    assert_same(cells_of(path, survey), expected)


def test_csv_with_decimal_comma(visits: pd.DataFrame, survey: Survey, expected: Cells, tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    visits.to_csv(path, sep=";", decimal=",", index=False, encoding="utf-16")
    assert_same(cells_of(path, survey), expected)


def test_csv_packed(visits: pd.DataFrame, survey: Survey, expected: Cells, tmp_path: Path) -> None:
    path = tmp_path / "visits.csv.gz"
    visits.to_csv(path, index=False)
    assert_same(cells_of(path, survey), expected)


def test_parquet(visits: pd.DataFrame, survey: Survey, expected: Cells, tmp_path: Path) -> None:
    path = tmp_path / "visits.parquet"
    visits.to_parquet(path)
    assert_same(cells_of(path, survey), expected)


def test_excel(visits: pd.DataFrame, survey: Survey, expected: Cells, tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    path = tmp_path / "visits.xlsx"
    visits.to_excel(path, index=False)
    assert_same(cells_of(path, survey), expected)


def test_spss(visits: pd.DataFrame, survey: Survey, expected: Cells, tmp_path: Path) -> None:
    pyreadstat = pytest.importorskip("pyreadstat")
    path = tmp_path / "visits.sav"
    pyreadstat.write_sav(visits, str(path))
    assert_same(cells_of(path, survey), expected)


def test_ibis(visits: pd.DataFrame, survey: Survey, expected: Cells) -> None:
    ibis = pytest.importorskip("ibis")
    table = ibis.duckdb.connect().create_table("visits", visits)
    assert_same(cells_of(table, survey), expected)


def test_spark(visits: pd.DataFrame, spark) -> None:
    """A small table and few columns: each count is a Spark job, and starting them is what takes long."""
    items = ["price", "service", "satisfaction"]
    small = visits[[*items, "weight"]].head(60)
    roles = {"drivers": items[:2], "outcome": items[2], "weight": "weight", "scale": (1, 5), "not_applicable": [8]}
    rows = [tuple(None if pd.isna(cell) else cell for cell in row) for row in small.to_numpy().tolist()]
    table = spark.createDataFrame(rows, schema="price double, service double, satisfaction double, weight double")
    found, expected = (collapse(read(data, **roles), items) for data in (table, small))
    np.testing.assert_array_equal(found.values, expected.values)
    np.testing.assert_array_equal(found.n, expected.n)
    np.testing.assert_allclose(found.sum_w2, expected.sum_w2, rtol=EXACT)


@pytest.fixture(scope="session")
def spark():
    sql = pytest.importorskip("pyspark.sql", reason="needs the extra `spark`")
    if shutil.which("java") is None:
        pytest.skip("needs Java 17 for Spark")
    session = (
        sql.SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


def test_the_airport_survey_reads_alike_from_csv_and_spss(shared: Path) -> None:
    """The .sav has 0 = blank and 6 = never used declared missing; the .csv has blanks for both."""
    pytest.importorskip("pyreadstat")
    names = ("food", "shops", "signs", "overall")
    from_csv = read(
        shared / "data" / "sfo_airport_2017.csv", drivers=names[:3], outcome="overall", weight="weight", scale=(1, 5)
    )
    from_sav = read(
        shared / "data" / "sfo_2017_from_csv.sav",
        drivers=[f"q7_{name}" for name in names[:3]], outcome="q7_overall", weight="weight", scale=(1, 5),
    )  # fmt: skip
    one, other = collapse(from_csv, names), collapse(from_sav, [f"q7_{name}" for name in names])
    assert one.n.sum() == other.n.sum() == 2831
    for name in names:
        mine, theirs = one.column(name), other.column(f"q7_{name}")
        assert one.n[~np.isnan(mine)].sum() == other.n[~np.isnan(theirs)].sum()
        np.testing.assert_allclose(
            np.nansum(mine * one.sum_w), np.nansum(theirs * other.sum_w), rtol=1e-9
        )  # weights are printed with ten decimals in the .csv
    raw = pd.read_csv(shared / "data" / "sfo_airport_2017.csv", usecols=["raw_food"])["raw_food"]
    food = from_sav.levels.query("item == 'q7_food'").groupby("reason")["n"].sum()
    assert (food[1], food[2]) == ((raw == 0).sum(), (raw == 6).sum()) == (69, 341)
