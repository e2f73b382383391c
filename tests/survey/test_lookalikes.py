"""Values that look alike, codes that lie apart, and definitions that go too deep."""

from pathlib import Path

import duckdb
import narwhals as nw
import pandas as pd
import pytest

from drivers.errors import SurveyError, missing_columns
from drivers.survey.checks import Inspection, inspect
from drivers.survey.schema import Survey


def seen(native: object, **roles: object) -> Inspection:
    return inspect(nw.from_native(native), Survey(**{"drivers": ("a", "b"), "outcomes": ("y",), **roles}))


def table(**columns: object) -> pd.DataFrame:
    rows = pd.DataFrame({"a": [1, 2, 3, 4, 5] * 40, "b": [2, 1, 3, 5, 4] * 40, "y": [1, 3, 2, 4, 5] * 40})
    return rows.assign(**columns)


def texts(found: Inspection, check: str) -> list[str]:
    return [finding.text for finding in found.findings if finding.check == check]


@pytest.mark.parametrize("engine", [pd.DataFrame, duckdb.from_df])
def test_waves_that_differ_only_in_case_or_blanks(engine) -> None:
    found = seen(engine(table(q=["Q1", "q1", "Q1 ", "Q2", "  "] * 40)), wave="q")
    assert texts(found, "alike_wave") == [
        '`q`: "Q1", "Q1 " and "q1" differ only in case or blanks and are taken as 3 waves. '
        "Write them alike in the data."
    ]
    assert texts(found, "blank_wave") == ["`q`: 40 respondents without a wave."]
    kept = found.frame.lazy().select("q").collect()["q"].to_list()
    assert sum(wave is None or wave != wave for wave in kept) == 40


def test_codes_apart_from_an_undeclared_scale() -> None:
    rows = table(a=[1, 2, 3, 4, 5, 8, 9, 8, 1, 2] * 20)
    assert texts(seen(rows, scale="open"), "missing_code") == [
        "`a`: no scale is declared, so all numbers are answers; 60 answers are 8 and 9, apart from 1 to 5. "
        'If that stands for no answer, add `not_applicable=[8, 9]`.'
    ]
    ten = table(a=list(range(1, 11)) * 20)
    assert not texts(seen(ten, scale="open"), "missing_code")


def test_the_only_answer() -> None:
    assert texts(seen(table().head(1)), "constant")[0].startswith("`a`: the only answer is 1, so")


@pytest.mark.parametrize("text", ["x = " + "[" * 5000, ".".join(["a"] * 5000) + " = 1"])
def test_definitions_that_go_too_deep(text: str, tmp_path: Path) -> None:
    path = tmp_path / "survey.toml"
    path.write_text(text)
    with pytest.raises(SurveyError, match="lie too deep in one another"):
        Survey.from_toml(path)


def test_a_long_list_of_missing_columns_is_cut() -> None:
    said = str(missing_columns([f"q{i}" for i in range(10_000)], ["z"], "x.csv"))
    assert "`q29` and 9,970 more. The data" in said
