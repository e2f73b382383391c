"""What commands print about groups of 1 to 4 people: neither numbers nor the base, and how many rows that were."""

import json
import re
from collections.abc import Iterator

import numpy as np
import pytest

from drivers.cli.small_bases import COUNTED, without_small_bases
from drivers.defaults import MIN_BASE_CELL
from tests.gap.made import table

DEFINITION = """
data = "visits.csv"
scale = [1, 5]
drivers = ["a", "b", "c"]
outcomes = ["y", "g"]
direct = "g"
wave = "quarter"
segments = ["channel"]

[expectations]
a = "ea"
b = "eb"
c = "ec"
"""


def few(answers=3):
    """Three people of a wave and a channel of their own; three said what they had expected of c."""
    made = table()
    made["quarter"] = np.where(np.arange(len(made)) < answers, "2025-Q4", made["quarter"])
    made["channel"] = np.where(np.arange(len(made)) < answers, "letter", made["channel"])
    return made


def rows(value: object) -> Iterator[dict]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from rows(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from rows(inner)


def small(found: dict) -> list[dict]:
    """Rows that tell a base of 1 to 4."""
    names = ("n", "n_before", "n_after")
    return [row for row in rows(found) if any(0 < (row.get(name) or 0) < MIN_BASE_CELL for name in names)]


ASKED = {
    "change": (["--wave", "2026-Q2"], "wave", "2025-Q4"), "segments": ([], "segment", "letter"),
    "gap": (["--by", "channel", "--parts", "scores,direct", "--draws", 100], "channel", "letter"),
}


@pytest.mark.parametrize("command", ASKED)
def test_a_group_of_three_has_neither_numbers_nor_a_base(run, survey, command):
    more, column, name = ASKED[command]
    seen = run(command, survey(few(), DEFINITION), *more, "--json")
    assert seen.code == 0, seen.err
    found = json.loads(seen.out)
    of_three = [row for row in rows(found) if name in (row.get(column), row.get("group"))]
    assert of_three and small(found) == []
    for row in of_three:
        assert [key for key, value in row.items() if isinstance(value, float | int) and value is not False] == []
    assert found[COUNTED] == len(of_three)
    text = run(command, survey(few(), DEFINITION), *more).out
    assert not [line for line in text.splitlines() if name in line and re.search(r"(?<![-.\d])3(?![-.\d])", line)]


def test_a_group_of_five_is_told(run, survey):
    seen = run("change", survey(few(5), DEFINITION), "--wave", "2026-Q2", "--json")
    found = json.loads(seen.out)
    assert COUNTED not in found
    assert {row["n"] for row in found["by_wave"] if row["wave"] == "2025-Q4" and row["kind"] == "score"} == {5.0}


def test_a_minimum_lowered_in_spite_of_the_warning_is_kept(run, survey):
    seen = run("change", survey(few(), DEFINITION), "--wave", "2026-Q2", "--min-cell", 2, "--json")
    assert "warning" in seen.err and "min_cell" in seen.err.replace("-", "_")
    scores = [row for row in json.loads(seen.out)["by_wave"] if row["wave"] == "2025-Q4" and row["kind"] == "score"]
    assert scores and all(row["shown"] and row["n"] == 3.0 for row in scores)


def test_only_rows_about_a_group_are_hidden():
    values = {
        "n": 3, "rows": [{"n": 4, "power": 0.1}, {"segment": "x", "n": 4, "slope": 0.2}, {"shown": True, "n": 2}],
        "changes": [{"change": None, "n_before": 4, "n_after": 90}, {"change": 0.1, "n_before": 4, "n_after": 90}],
    }
    found = without_small_bases(values)
    assert found["n"] == 3 and found["rows"][0] == values["rows"][0] and found["rows"][2] == values["rows"][2]
    assert found["rows"][1] == {"segment": "x", "n": None, "slope": 0.2}
    assert found["changes"] == [{"change": None, "n_before": None, "n_after": 90}, values["changes"][1]]
    assert found[COUNTED] == 2 and COUNTED not in without_small_bases({"rows": [{"segment": "x", "n": 5}]})


def test_one_thin_pair_is_named_and_left_out_of_the_models(run, survey):
    answers = few(0)
    answers["ec"] = answers["ec"].where(np.arange(len(answers)) < 3)
    seen = run("gap", survey(answers, DEFINITION), "--draws", 100, "--json")
    assert seen.code == 0, seen.err
    found = json.loads(seen.out)
    assert found["notes"][0] == (
        "1 of 3 pairs is left out of models of the gap, as fewer than 25 people said both what they got and what they "
        "expected: c."
    )
    assert [row["driver"] for row in found["joint"]] == ["a", "b", "c"]
    assert [row["driver"] for row in found["surface"]] == ["a", "b"]
    scores = {row["driver"]: row for row in found["scores"] if row["kind"] == "driver"}
    assert scores["c"]["gap"] is None and scores["c"]["n"] is None and scores["a"]["n"] == 600
    text = " ".join(run("gap", survey(answers, DEFINITION), "--draws", 100).out.split())
    assert "1 of 3 pairs is left out of models of the gap" in text


def test_where_every_pair_is_thin_the_models_say_why_there_are_none(refused, survey):
    answers = few(0)
    for name in ("ea", "eb", "ec"):
        answers[name] = answers[name].where(np.arange(len(answers)) < 3)
    assert "ask for the scores alone" in refused("gap", survey(answers, DEFINITION), "--parts", "surface")
