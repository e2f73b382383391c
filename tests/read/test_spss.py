"""SPSS files: what their authors declared missing, and why, by the words of the labels."""

from pathlib import Path

import pandas as pd
import pytest

from drivers.read.missing_words import reason_of_label
from drivers.read.source import read
from drivers.survey.answers import Answers
from drivers.survey.decode import Reason
from drivers.survey.schema import Survey

pyreadstat = pytest.importorskip("pyreadstat", reason="needs the extra `spss`")

LABELS = {0: "Blank", 1: "Poor", 5: "Good", 6: "Have never used", 7: "Don't know", 9: "Not asked here"}


@pytest.fixture
def sav(tmp_path: Path) -> Path:
    path = tmp_path / "x.sav"
    table = pd.DataFrame({
        "a": [0, 1, 2, 3, 4, 5, 6, 7, 9, 5] * 5,
        "b": [1, 2, 3, 4, 5] * 10,
        "y": [1, 2, 3, 4, 5] * 10,
        "sex": [1, 2] * 25,
    })
    table.loc[:24, "b"] = table.loc[24::-1, "b"].to_numpy()
    pyreadstat.write_sav(
        table, str(path), variable_value_labels={"a": LABELS, "sex": {1: "Women", 2: "Men"}},
        missing_ranges={"a": [0, {"lo": 6, "hi": 9}]},
    )  # fmt: skip
    return path


def reasons(found: Answers) -> dict[int, float]:
    return found.levels.query("item == 'a'").groupby("reason")["n"].sum().to_dict()


def test_declared_codes_are_kept_apart_by_their_labels(sav: Path) -> None:
    found = read(sav, drivers=["a", "b"], outcome="y", scale=(1, 5))
    assert reasons(found) == {
        Reason.ANSWERED: 30, Reason.BLANK: 10, Reason.NOT_APPLICABLE: 5, Reason.DONT_KNOW: 5
    }  # fmt: skip
    assert found.survey.item("a").not_applicable == (6,)
    assert found.survey.item("a").dont_know == (7,)
    assert found.survey.item("b").not_applicable == ()
    (said,) = (f for f in found.findings if f.check == "user_missing")
    assert said.text == (
        '`a`: codes declared missing in SPSS: 0 "Blank" (blank, 5), 6 "Have never used" (not applicable, 5), '
        '7 "Don\'t know" (don\'t know, 5), 9 "Not asked here" (blank, 5).'
    )


def test_the_survey_knows_better(sav: Path) -> None:
    survey = Survey(drivers=("a", "b"), outcomes=("y",), scale=(1, 5), not_applicable=(9,), dont_know=(6,))
    assert reasons(read(sav, survey)) == {
        Reason.ANSWERED: 30, Reason.BLANK: 5, Reason.NOT_APPLICABLE: 5, Reason.DONT_KNOW: 10
    }  # fmt: skip


def test_segments_go_by_their_labels(sav: Path) -> None:
    found = read(sav, drivers=["a", "b"], outcome="y", scale=(1, 5), segments=["sex"])
    assert set(found.frame.to_pandas()["sex"]) == {"Women", "Men"}


def test_a_label_that_says_missing_without_being_declared(tmp_path: Path) -> None:
    table = pd.DataFrame({"a": [1, 2, 3, 4, 9] * 6, "b": [2, 1, 3, 4, 5] * 6, "y": [1, 2, 3, 4, 5] * 6})
    pyreadstat.write_sav(table, str(tmp_path / "x.sav"), variable_value_labels={"a": {9: "Don't know"}})
    found = read(tmp_path / "x.sav", drivers=["a", "b"], outcome="y", scale=(1, 9))
    assert [f.text for f in found.warnings if f.column == "a"] == [
        '`a`: 6 answers are 9, labelled "Don\'t know", which the file does not declare missing. '
        "If it is no rating, add `dont_know = [9]` to this item."
    ]


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("Have never used", Reason.NOT_APPLICABLE),
        ("N/A", Reason.NOT_APPLICABLE),
        ("Does not apply to me", Reason.NOT_APPLICABLE),
        ("trifft nicht zu", Reason.NOT_APPLICABLE),
        ("Don’t know / no opinion", Reason.DONT_KNOW),
        ("DK", Reason.DONT_KNOW),
        ("Weiß nicht", Reason.DONT_KNOW),
        ("Refused", Reason.BLANK),
        ("No answer", Reason.BLANK),
        ("Very satisfied", None),
        ("National", None),
        ("Never", None),
        ("Manager", None),
    ],
)
def test_words_of_labels(label: str, reason: Reason | None) -> None:
    assert reason_of_label(label) == reason
