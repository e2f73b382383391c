"""What is written is whole, repeats byte for byte, and is what `data/` holds."""

import pandas as pd
import pytest

from drivers.errors import InputError
from drivers.simulate import write
from drivers.simulate.codebook import TITLE
from drivers.simulate.spec import StoreVisits
from drivers.simulate.survey import simulate
from drivers.simulate.write import spec_with, write_survey
from drivers.survey.schema import Survey

NAMES = ["README.md", "store_visits.csv", "store_visits.toml", "store_visits_truth.csv"]
SMALL = StoreVisits(n=40, waves=2)


def test_the_bundled_files_are_what_the_command_writes(root, tmp_path):
    written = write_survey(None, tmp_path)
    assert sorted(path.name for path in written) == NAMES
    for path in written:
        assert path.read_bytes() == (root / "data" / path.name).read_bytes(), (
            f"data/{path.name} is out of date. Run: drivers simulate --out data"
        )


def test_the_command_line_changes_only_what_it_names():
    assert spec_with() == StoreVisits()
    assert spec_with(n=40, waves=2) == SMALL
    assert spec_with(seed=5) == StoreVisits(seed=5)
    with pytest.raises(InputError, match="waves=0"):
        spec_with(waves=0)


def test_writing_twice_gives_the_same_bytes_and_leaves_nothing_else(tmp_path):
    first = {path.name: path.read_bytes() for path in write_survey(SMALL, tmp_path / "new" / "folder")}
    again = {path.name: path.read_bytes() for path in write_survey(SMALL, tmp_path / "new" / "folder")}
    assert first == again
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == NAMES


def test_what_is_written_reads_back(tmp_path):
    simulated = simulate(SMALL)
    csv, toml, table, _ = write_survey(SMALL, tmp_path)
    read = pd.read_csv(csv)
    for name in simulated.frame:
        column = simulated.frame[name]
        pd.testing.assert_series_equal(read[name], column.astype(read[name].dtype), check_dtype=False)
    assert Survey.from_toml(toml).model_dump() == simulated.survey.model_dump()
    truth = pd.read_csv(table, keep_default_na=False)
    pd.testing.assert_frame_equal(truth, simulated.truth.tidy(), rtol=1e-7, check_dtype=False)  # eight digits are kept


def test_every_column_is_in_the_codebook(tmp_path):
    text = write_survey(StoreVisits(n=40, waves=2, branches=3), tmp_path)[3].read_text(encoding="utf-8")
    for name in simulate(StoreVisits(n=40, waves=2, branches=3)).frame:
        assert f"| `{name}` |" in text
    assert "drivers simulate --out data --n 40 --waves 2 --seed 20260101" in text


def test_a_foreign_readme_is_not_replaced(tmp_path):
    (tmp_path / "README.md").write_text("# My project\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"is not a codebook written here and would be replaced.*--out DIR"):
        write_survey(SMALL, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
    assert TITLE.startswith("# Codebook")


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "out").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match=r"Cannot write the simulated survey to .*Choose another folder: --out DIR"):
        write_survey(SMALL, tmp_path / "out")


def test_a_failure_half_way_leaves_the_old_files(tmp_path, monkeypatch):
    write_survey(SMALL, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(write.os, "replace", full)
    with pytest.raises(InputError, match="No space left on device"):
        write_survey(StoreVisits(n=41, waves=2), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
