"""Column names as people write them: dots, stars, quotes, line ends, and the names that counts have inside."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from drivers.cells.collapse import collapse
from drivers.errors import DataError
from drivers.read.source import read
from drivers.survey.schema import Survey
from drivers.survey.scores import scores

ROLES = ("price", "service", "y", "weight", "times", "wave", "channel", "stratum", "psu", "id")


def table() -> pd.DataFrame:
    """Return 120 answers with a column in every role."""
    rng = np.random.default_rng(4)
    rows = pd.DataFrame(rng.integers(1, 6, size=(120, 3)), columns=["price", "service", "y"])
    return rows.assign(
        weight=rng.uniform(0.5, 2, size=120).round(2), times=1, wave=["2026-Q1", "2026-Q2"] * 60,
        channel=["store", "store", "phone"] * 40, stratum=["n", "s"] * 60, psu=np.arange(120) // 4, id=np.arange(120),
    )  # fmt: skip


def survey(**named: str) -> Survey:
    """Return the definition of `table()` after some of its columns got other names."""
    name = {role: named.get(role, role) for role in ROLES}
    return Survey(
        drivers=(name["price"], name["service"]), outcomes=(name["y"],), scale=(1, 5), weight=name["weight"],
        frequency=name["times"], wave=name["wave"], segments=(name["channel"],), stratum=name["stratum"],
        psu=name["psu"], id=name["id"],
    )  # fmt: skip


def source(kind: str, folder: Path, rows: pd.DataFrame) -> object:
    import duckdb
    import polars as pl
    import pyarrow as pa

    if kind == "csv":
        rows.to_csv(folder / "x.csv", index=False)
        return folder / "x.csv"
    if kind == "parquet":
        rows.to_parquet(folder / "x.parquet")
        return folder / "x.parquet"
    if kind == "duckdb":
        return duckdb.connect().from_df(rows)
    return {"pandas": rows, "polars": pl.from_pandas(rows), "pyarrow": pa.Table.from_pandas(rows)}[kind]


def counted(data: object, definition: Survey) -> list[np.ndarray]:
    """Return what reading, cells and scores make of the data: names play no part in it."""
    answers = read(data, definition)
    cells = collapse(answers, definition.rated, by=(definition.wave, *definition.segments))
    rated = scores(answers).tidy()
    return [
        answers.levels[["value", "n", "sum_w"]].to_numpy(), cells.values, cells.n, cells.sum_w, cells.sum_w2,
        rated[["estimate", "low", "high"]].to_numpy(),
    ]  # fmt: skip


def same(kind: str, folder: Path, **named: str) -> None:
    plain = counted(table(), survey())
    renamed = counted(source(kind, folder, table().rename(columns=named)), survey(**named))
    for one, other in zip(plain, renamed, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize("kind", ["csv", "parquet", "duckdb", "pandas"])
def test_dots_in_the_names_of_all_roles(kind: str, tmp_path: Path) -> None:
    same(kind, tmp_path, **{role: f"{role} (Min.)" for role in ROLES})


@pytest.mark.parametrize("kind", ["csv", "duckdb"])
@pytest.mark.parametrize("name", ["q.1", "Q1.", "*", 'say "x"', "How satisfied are you? (e.g. price)", "a.b.c"])
def test_names_that_sql_reads_otherwise(kind: str, name: str, tmp_path: Path) -> None:
    same(kind, tmp_path, price=name)


@pytest.mark.parametrize("kind", ["csv", "duckdb", "pandas", "polars", "pyarrow"])
@pytest.mark.parametrize("names", [
    {"price": "n", "service": "sum_w", "y": "sum_w2", "wave": "__n", "stratum": "__w", "psu": "rep_w_1"},
    {"wave": "n", "psu": "sum_w", "stratum": "sum_w2", "price": "__nw", "service": "__nw2", "weight": "__n"},
    {"stratum": "n", "wave": "rows", "id": "__rows", "price": "__counts", "service": "___n", "times": "__N"},
])  # fmt: skip
def test_names_that_counts_have_inside(kind: str, names: dict[str, str], tmp_path: Path) -> None:
    same(kind, tmp_path, **names)


def test_a_broken_line_is_told_for_such_names_too(written) -> None:
    path = written("x.csv", "q.1,b,y\n" + "1,2,3\n" * 10 + "1,2\n")
    with pytest.raises(DataError, match=r"`x\.csv`, line 12: 2 cells where the header has 3"):
        read(path, drivers=["q.1", "b"], outcome="y")


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("inside", ["\n", "\r\n"])
def test_line_ends_in_header_cells(written, encoding: str, end: str, inside: str) -> None:
    head = f'a,"How was it?{inside}(1 to 5) ä’",y,"Any{inside}other{inside}{inside}comment"{end}'
    path = written("x.csv", head + f'1,2,3,"fine{inside}so far"{end}2,3,4,{end}' * 15, encoding)
    found = read(path, drivers=["a", "How was it? (1 to 5) ä’"], outcome="y")
    assert found.n_read == 30
    assert found.levels.groupby("item")["n"].sum().to_dict() == {"a": 30, "How was it? (1 to 5) ä’": 30, "y": 30}
    told = [f.text for f in found.findings if f.check == "name"]
    assert told == [
        "`How was it? (1 to 5) ä’`: its name in the data is \"How was it?\\n(1 to 5) ä’\"; "
        "blanks and line ends were ignored."
    ]
    exact = read(path, drivers=["a", f"How was it?{inside}(1 to 5) ä’"], outcome="y")
    assert exact.n_read == 30
    assert not [f for f in exact.findings if f.check == "name"]
