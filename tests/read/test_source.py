"""`read` itself: what may be handed in, and what is said when it cannot be."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from drivers.errors import DataError, DriversError, MissingExtraError, SurveyError
from drivers.read.check import check
from drivers.read.source import read
from drivers.survey.schema import Survey

TABLE = pd.DataFrame({"a": [1, 2, 3, 4, 5] * 6, "b": [2, 3, 4, 5, 1] * 6, "y": [5, 4, 3, 2, 1] * 6})
ROLES = {"drivers": ["a", "b"], "outcome": "y"}


def refusal(kind: type[DriversError], *given: object, **roles: object) -> str:
    with pytest.raises(kind) as caught:
        read(*given, **roles)
    return str(caught.value)


def test_a_table_without_a_survey() -> None:
    found = read(TABLE, **ROLES)
    assert found.survey.drivers == ("a", "b")
    assert found.survey.item("a").scale == "open"
    assert (found.source.name, found.source.kind, found.source.sha256) == ("DataFrame", "pandas", None)
    assert found.n_read == 30


def test_the_file_that_the_survey_names(tmp_path: Path) -> None:
    TABLE.to_csv(tmp_path / "y.csv", index=False)
    (tmp_path / "y.toml").write_text('data = "y.csv"\nscale = [1, 5]\ndrivers = ["a", "b"]\noutcomes = ["y"]\n')
    assert read(survey=Survey.from_toml(tmp_path / "y.toml")).n_read == 30
    assert read(survey=tmp_path / "y.toml").n_read == 30
    assert check(survey=tmp_path / "y.toml").ok


def test_several_outcomes() -> None:
    assert read(TABLE, drivers="a", outcome=["b", "y"]).survey.outcomes == ("b", "y")


def test_no_definition() -> None:
    assert refusal(SurveyError, TABLE).startswith("What do the columns mean? Hand in a survey, ")
    assert refusal(SurveyError, TABLE, drivers=["a"]).startswith("What do the columns mean?")


def test_a_definition_given_twice() -> None:
    survey = Survey(drivers=("a", "b"), outcomes=("y",))
    assert refusal(SurveyError, TABLE, survey, weight="w", scale=(1, 5)) == (
        "The survey already says what the columns mean; `weight=`, `scale=` would say it twice. "
        "Put it into the survey, or leave the survey out."
    )


def test_no_data() -> None:
    assert refusal(SurveyError, **ROLES).startswith("The survey names no data file. Add `data = ")


def test_no_such_file(tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text("a")
    assert refusal(DataError, tmp_path / "visit.csv", **ROLES) == (
        f"There is no file `{tmp_path / 'visit.csv'}` (did you mean `visits.csv`?). Correct the path."
    )
    assert refusal(DataError, tmp_path, **ROLES) == f"`{tmp_path}` is a folder. Name the file inside it."


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.docx", b"hello", "Cannot tell what `x.docx` is. Save it as .csv, .tsv, .txt, .xlsx, .parquet or .sav."),
        ("x.sav", b"a,b,y\n", "`x.sav` is not a .sav file inside: it may be cut off. Export it again."),
        ("x.parquet", b"PAR1 and no more", "`x.parquet` is not a whole Parquet file ("),
        ("x.sav", b"$FL2 and no more", "`x.sav` is not a whole SPSS file ("),
    ],
)
def test_files_that_are_not_what_they_seem(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert refusal(DataError, tmp_path / name, **ROLES).startswith(message)


def test_the_first_bytes_count_more_than_the_name(tmp_path: Path) -> None:
    TABLE.to_parquet(tmp_path / "x.csv")
    assert read(tmp_path / "x.csv", **ROLES).source.kind == "parquet"


@pytest.mark.parametrize("data", [{"a": [1]}, [1, 2], np.ones((3, 3)), 7])
def test_what_is_no_table(data: object) -> None:
    assert refusal(DataError, data, **ROLES).startswith(f"Cannot read a {type(data).__name__}. Hand in a DataFrame")


def test_columns_of_a_data_frame_that_repeat_or_have_two_levels() -> None:
    double = pd.concat([TABLE, TABLE[["a"]]], axis="columns")
    assert "`a`: 2 columns have this name." in refusal(DataError, double, **ROLES)
    stacked = TABLE.set_axis(pd.MultiIndex.from_product([["q"], list("aby")]), axis="columns")
    assert refusal(DataError, stacked, **ROLES).startswith("The columns of the DataFrame have several header rows.")


def test_an_index_of_the_data_frame_does_no_harm() -> None:
    assert read(TABLE.set_axis([0] * 30, axis="index"), **ROLES, weight=None).n_read == 30


def test_spss_without_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.sav").write_bytes(b"$FL2")
    monkeypatch.setitem(__import__("sys").modules, "pyreadstat", None)
    assert refusal(MissingExtraError, tmp_path / "x.sav", **ROLES) == (
        "Reading an SPSS file needs `pyreadstat`, which is not installed. Install it: uv sync --extra spss"
    )


def test_check_tells_instead_of_raising() -> None:
    report = check(TABLE.assign(b=9), Survey(drivers=("a", "b", "c"), outcomes=("y",), scale=(1, 5)))
    assert (report.ok, report.exit_code) == (False, 2)
    assert [(f.severity, f.check, f.column) for f in report.findings] == [
        ("error", "missing_column", "c"), ("error", "out_of_range", "b"),
    ]  # fmt: skip
    assert list(report.tidy().columns) == ["severity", "check", "column", "count", "found", "cure"]
    plain = report.to_dict()
    assert (plain["ok"], plain["n_read"], len(plain["findings"])) == (False, 30, 2)
    assert plain["items"][1] == {
        "item": "b", "label": "b", "role": "driver", "scale": "1..5", "answered": 0, "blank": 0,
        "not_applicable": 0, "dont_know": 0, "text": 0, "out_of_range": 30,
    }  # fmt: skip
    assert report.summary().splitlines()[0] == "DataFrame: 30 rows; 2 errors"


def test_check_without_a_survey() -> None:
    with pytest.raises(SurveyError, match="nothing to check against"):
        check(TABLE)
