"""Data that cannot be used: exit code 2 and a message that names column, count and cure; no traceback, no file."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from tests.cli.conftest import visits

type Spoil = Callable[[pd.DataFrame], pd.DataFrame | None]

COLUMNS = ["--outcome", "satisfaction", "--drivers", "quality,speed,value"]


def put(column: str, value: object, rows: int = 240) -> Spoil:
    """Return what writes `value` into the first `rows` of a column."""

    def spoil(table: pd.DataFrame) -> None:
        table[column] = table[column].astype(object)
        table.loc[: rows - 1, column] = value

    return spoil


def all_blank(table: pd.DataFrame) -> None:
    table[["quality", "speed", "value", "satisfaction"]] = None


SPOILT = {
    "text in a rating": (
        put("speed", "good", 3),
        ["`speed`: 3 answers are text where a number belongs: \"good\".", 'not_applicable = ["good"]'],
    ),
    "codes outside the scale": (
        put("speed", 7, 4),
        ["`speed`: 4 answers are 7, outside 1..5.", "add `not_applicable = [7]`", "`scale = [1, 7]`"],
    ),
    "a column nobody answered": (
        put("speed", None), ["`speed`: nobody answered it (240 blank). Take it out of `drivers`"]
    ),
    "nobody answered anything": (
        all_blank, ["4 problems in `visits.csv`", "`satisfaction`: nobody answered it (240 blank)."]
    ),
    "a driver that does not vary": (
        put("speed", 4), ["`speed`: all 240 answers are 4", "Take it out of `drivers`."]
    ),
    "the outcome among the drivers": (
        lambda table: table.assign(speed=table["satisfaction"]),
        ["`speed`: it holds the same answers as the outcome `satisfaction`", "Take it out of `drivers`."],
    ),
    "a driver copied": (
        lambda table: table.assign(speed=table["quality"]),
        ["Drivers `quality`, `speed` are copies or exact mixes of each other", "Leave out `speed`."],
    ),
    "a negative weight": (
        put("weight", -1, 2), ["`weight`: 2 weights are negative.", "correct these rows."]
    ),
    "a missing weight": (
        put("weight", None, 2), ["`weight`: 2 weights are missing. Fill them in"]
    ),
    "a weight in words": (
        put("weight", "heavy", 2), ["`weight`: 2 weights are text: \"heavy\". Correct them"]
    ),
    "a weight without end": (
        put("weight", "inf", 1), ["`weight`: 1 weight is infinite. Correct these rows."]
    ),
    "weights all zero": (
        put("weight", 0), ["`weight`: all 240 rows have a weight of 0. Correct the column"]
    ),
    "an id used twice": (
        put("id", "V0001", 3), ["`id`: 1 id occurs more than once", "on 2 rows", "Keep one row per id."]
    ),
    "a column called otherwise": (
        lambda table: table.rename(columns={"speed": "sped"}),
        ["`speed`: there is no such column (did you mean `sped`?).", "rename the column in the data"],
    ),
    "two columns of one name": (
        lambda table: table.set_axis(["quality", "speed", "speed", *table.columns[3:]], axis=1),
        ["`speed`: 2 columns have this name. Rename or delete all but one."],
    ),
}  # fmt: skip


@pytest.mark.parametrize("command", ["importance", "report"])
@pytest.mark.parametrize("kind", SPOILT)
def test_data_that_do_not_fit_are_refused(refused, survey, command, kind):
    spoil, words = SPOILT[kind]
    table = visits()
    changed = spoil(table)
    survey(table if changed is None else changed)
    message = refused(command, "visits.toml", *(["--out", "pages"] if command == "report" else []))
    assert [each for each in words if each not in message] == []
    assert message.startswith(("error: ", "warning: "))


def test_every_problem_is_told_at_once(refused, survey):
    table = visits()
    for spoil in (put("speed", 7, 4), put("quality", "good", 2), put("weight", -1, 1)):
        spoil(table)
    message = refused("fit", survey(table))
    assert message.startswith("error: 3 problems in `visits.csv`:")
    assert [column for column in ("`quality`", "`speed`", "`weight`") if column not in message] == []


CONTENTS = {
    "nothing.csv": (b"", "`nothing.csv` is empty (0 bytes)."),
    "blank.csv": (b"\n\n\n", "`blank.csv` is empty."),
    "header.csv": (b"quality,speed,value,satisfaction\n", "there are no rows. Export the answers again."),
    "noise.csv": (np.random.default_rng(3).bytes(5000), "`noise.csv`"),
    "zeros.csv": (bytes(4000), "`zeros.csv`"),
    "noise.xlsx": (b"PK\x03\x04" + np.random.default_rng(3).bytes(5000), "is not a whole workbook"),
    "noise.parquet": (b"PAR1" + np.random.default_rng(3).bytes(5000), "is not a whole Parquet file"),
    "noise.sav": (b"$FL2" + np.random.default_rng(3).bytes(5000), "is not a whole SPSS file"),
    "text.parquet": (b"quality,speed\n1,2\n", "is not a .parquet file inside"),
    "letter.docx": (b"Dear customer", "Save it as .csv, .tsv, .txt, .xlsx, .parquet or .sav."),
    "cut.csv.gz": (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b", "`cut.csv.gz`"),
    "noise.csv.gz": (b"\x1f\x8b" + np.random.default_rng(3).bytes(500), "`noise.csv.gz`"),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_files_without_answers_are_refused(refused, tmp_path, name):
    content, words = CONTENTS[name]
    (tmp_path / name).write_bytes(content)
    message = refused("importance", "--data", name, *COLUMNS)
    assert message.startswith("error: ")
    assert words in message


def test_a_missing_file_a_folder_and_a_near_name(refused, survey, tmp_path):
    survey()
    (tmp_path / "folder").mkdir()
    near = refused("importance", "--data", "vists.csv", *COLUMNS)
    assert near == "error: There is no file `vists.csv` (did you mean `visits.csv`?). Correct the path."
    assert refused("fit", "--data", "folder", *COLUMNS) == "error: `folder` is a folder. Name the file inside it."
    assert "no file `elsewhere/visits.csv`" in refused("check", "visits.toml", "--data", "elsewhere/visits.csv")


def test_few_answers_are_refused_with_their_number(refused, survey):
    message = refused("importance", survey(visits().iloc[[0, 3, 5, 9]]))
    assert "cannot carry 4 terms (3 drivers)" in message
    assert "Use fewer drivers, or a larger group of respondents." in message


def test_an_unused_point_stops_an_ordinal_model_only(refused, run, survey):
    table = visits()
    table.loc[table["satisfaction"] == 3, "satisfaction"] = 4
    survey(table)
    message = refused("importance", "visits.toml", "--model", "ordinal")
    assert "`satisfaction`: nobody in the 240 complete answers chose 3" in message
    assert 'declare [items.satisfaction] scale = "open"; or use --model linear.' in message
    assert run("importance", "visits.toml", "--draws", 100).code == 0


@pytest.mark.parametrize(("model", "high"), [("logit", 5), ("ordinal", 5)])
def test_separation_is_a_fit_that_must_not_be_trusted(refused, survey, model, high):
    table = visits()
    table["satisfaction"] = np.where(table["quality"] >= 4, high, 2)
    path = survey(table, more='[items.satisfaction]\nscale = "open"\n')
    message = refused("importance", path, "--model", model, code=3)
    assert "`quality` predicts the outcome perfectly somewhere (separation)" in message
    assert "Leave it out if it is the outcome in disguise" in message


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8-sig", "utf-16"])
def test_european_exports_are_read(run, survey, tmp_path, encoding):
    table = visits().rename(columns={"quality": "Qualität"})
    table["weight"] = table["weight"].map(lambda weight: f"{weight}".replace(".", ","))
    table.to_csv(tmp_path / "besuche.csv", sep=";", index=False, encoding=encoding)
    columns = ["--outcome", "satisfaction", "--drivers", "Qualität,speed,value", "--weight", "weight"]
    here = run("importance", "--data", "besuche.csv", *columns, "--draws", 100)
    survey()
    plain = run("importance", "visits.toml", "--draws", 100)
    assert here.code == 0, here.err
    table_of = [[line.split() for line in seen.out.splitlines()[5:8]] for seen in (here, plain)]
    assert table_of[0] == [["Qualität", *table_of[1][0][1:]], *table_of[1][1:]]
