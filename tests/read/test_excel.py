"""Workbooks: which sheet, which row holds the names, what mixed cells mean."""

from pathlib import Path

import pandas as pd
import pytest

from drivers.errors import DataError
from drivers.read.source import read

pytest.importorskip("openpyxl", reason="writes the workbooks of these tests")

ROLES = {"drivers": ["a", "b"], "outcome": "y"}
TABLE = pd.DataFrame({"a": [1, 2, 3, 4, 5] * 6, "b": [2, 3, 4, 5, 1] * 6, "y": [5, 4, 3, 2, 1] * 6})


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.xlsx"
    with pd.ExcelWriter(path, engine="openpyxl") as file:
        TABLE.to_excel(file, sheet_name="Answers", index=False)
        TABLE.head(10).to_excel(file, sheet_name="Pilot", index=False)
        pd.DataFrame().to_excel(file, sheet_name="Empty", index=False)
    return path


def test_the_first_sheet_is_read_and_said(book: Path) -> None:
    found = read(book, **ROLES)
    assert found.n_read == 30
    (said,) = (f for f in found.findings if f.check == "sheet")
    assert said.text == 'The workbook has 3 sheets; "Answers", the first, was read. Name another with `sheet=`.'


@pytest.mark.parametrize("sheet", ["Pilot", 1, -2])
def test_another_sheet(book: Path, sheet: str | int) -> None:
    assert read(book, **ROLES, sheet=sheet).n_read == 10


@pytest.mark.parametrize(
    ("sheet", "message"),
    [
        ("Pilots", "There is no sheet `Pilots` (did you mean `Pilot`?) in `book.xlsx`. "
                   "It has: `Answers`, `Pilot`, `Empty`."),
        (3, "There is no sheet 3 in `book.xlsx`: it has 3, counted from 0: `Answers`, `Pilot`, `Empty`."),
        ("Empty", 'Sheet "Empty" of `book.xlsx` is empty. The workbook has: `Answers`, `Pilot`, `Empty`.'),
    ],
)  # fmt: skip
def test_a_sheet_that_is_not_there(book: Path, sheet: str | int, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read(book, **ROLES, sheet=sheet)
    assert str(caught.value) == message


def test_mixed_cells(tmp_path: Path) -> None:
    """A column of numbers, "NA" and empty cells is one of numbers; other texts are refused with their count."""
    table = TABLE.astype(object)
    table.loc[0, "a"], table.loc[1, "a"], table.loc[2, "b"] = "NA", None, "very good"
    table["w"] = ["1,5", 2, *[1.0] * 28]
    table.to_excel(tmp_path / "x.xlsx", index=False)
    with pytest.raises(DataError, match='`b`: 1 answer is text where a number belongs: "very good"'):
        read(tmp_path / "x.xlsx", **ROLES, weight="w")
    table.loc[2, "b"] = 4
    table.to_excel(tmp_path / "x.xlsx", index=False)
    found = read(tmp_path / "x.xlsx", **ROLES, weight="w")
    blank = found.levels.query("item == 'a' and reason == 1")
    assert blank["n"].sum() == 2
    assert blank["sum_w"].sum() == 3.5


def test_empty_rows_above_the_names(tmp_path: Path) -> None:
    TABLE.to_excel(tmp_path / "x.xlsx", index=False, startrow=2, startcol=1)
    assert read(tmp_path / "x.xlsx", **ROLES).n_read == 30


def test_half_a_workbook(tmp_path: Path, book: Path) -> None:
    (tmp_path / "half.xlsx").write_bytes(book.read_bytes()[:2000])
    with pytest.raises(DataError, match=r"`half.xlsx` is not a whole workbook \(.+\). Save it again from Excel."):
        read(tmp_path / "half.xlsx", **ROLES)
