"""The example definition says what the bundled one says, and runs; a definition that reads elsewhere says so."""

import re
import warnings
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from drivers.cli.app import app
from drivers.errors import OutsideFolderWarning
from drivers.read.source import read
from drivers.report.run_file import read_run
from drivers.survey.schema import Survey

DEFINITION = 'data = "{}"\nscale = [1, 5]\ndrivers = ["a"]\noutcomes = ["y"]\n'
TABLE = pd.DataFrame({"a": [1, 2, 3, 4, 5] * 6, "y": [5, 4, 3, 2, 1] * 6})


def test_the_example_means_what_the_bundled_definition_means(root: Path) -> None:
    example = Survey.from_toml(root / "reports" / "quarterly.toml")
    bundled = Survey.from_toml(root / "data" / "store_visits.toml")
    assert example == bundled.replace(title=example.title, data=example.data)
    with pytest.warns(OutsideFolderWarning, match=r"outside its own folder: `.*store_visits\.csv` was read"):
        answers = read(survey=example)
    assert answers.n_read == 9000 and answers.source.outside


def test_the_commands_in_the_example_are_commands(root: Path) -> None:
    text = (root / "reports" / "quarterly.toml").read_text(encoding="utf-8")
    names = set(re.findall(r"^#   drivers (\w+)", text, flags=re.MULTILINE))
    assert names == {"check", "report", "compare"}
    for name in names:
        assert CliRunner().invoke(app, [name, "--help"]).exit_code == 0


def test_the_example_makes_the_report_of_a_wave(root: Path, tmp_path: Path) -> None:
    told = CliRunner().invoke(app, [
        "report", str(root / "reports" / "quarterly.toml"), "--wave", "2026-Q3", "--formats", "json", "--draws", "100",
        "--out", str(tmp_path),
    ])  # fmt: skip
    assert told.exit_code == 0, told.stderr
    found = read_run(tmp_path)
    in_wave = pd.read_csv(root / "data" / "store_visits.csv", usecols=["quarter"])["quarter"].eq("2026-Q3").sum()
    assert found.when == "2026-Q3" and found.facts["rows_read"] == in_wave
    assert {"fix_first", "changes", "waves_satisfaction"} <= set(found.findings)
    assert set(found.tables["changes"]["against"]) == {"previous", "year_ago"}


@pytest.mark.parametrize("how", ["up", "absolute", "link"])
def test_a_file_outside_the_folder_is_named(tmp_path: Path, how: str) -> None:
    inside, elsewhere = tmp_path / "reports", tmp_path / "elsewhere.csv"
    inside.mkdir()
    TABLE.to_csv(elsewhere, index=False)
    (inside / "link.csv").symlink_to(elsewhere)
    name = {"up": "../elsewhere.csv", "absolute": str(elsewhere), "link": "link.csv"}[how]
    (inside / "y.toml").write_text(DEFINITION.format(name))
    with pytest.warns(OutsideFolderWarning, match=re.escape(f"`{elsewhere.resolve()}` was read")):
        assert read(survey=inside / "y.toml").source.outside
    told = CliRunner().invoke(app, ["check", str(inside / "y.toml")])
    assert "outside its own folder" in told.stderr
    with warnings.catch_warnings():  # a file that the caller names is not the definition's doing
        warnings.simplefilter("error", OutsideFolderWarning)
        assert not read(elsewhere, survey=inside / "y.toml").source.outside


def test_a_file_inside_the_folder_is_read_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "answers").mkdir()
    TABLE.to_csv(tmp_path / "answers" / "y.csv", index=False)
    (tmp_path / "y.toml").write_text(DEFINITION.format("answers/../answers/y.csv"))
    with warnings.catch_warnings():
        warnings.simplefilter("error", OutsideFolderWarning)
        assert not read(survey=tmp_path / "y.toml").source.outside
