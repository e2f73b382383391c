"""`drivers gap`: its JSON, and what it refuses."""

import json

import pytest

from tests.gap.made import table

DEFINITION = """
data = "visits.csv"
scale = [1, 5]
drivers = ["a", "b", "c"]
outcomes = ["y"]
wave = "quarter"
segments = ["channel"]

[expectations]
a = "ea"
b = "eb"
c = "ec"
"""


def test_the_json_holds_the_agreed_keys(run, survey):
    seen = run("gap", survey(table(), DEFINITION), "--draws", 100, "--json")
    assert seen.code == 0
    found = json.loads(seen.out)
    assert {"driver", "perceived", "expected", "gap", "low", "high", "below"} <= set(found["scores"][0])
    assert {"driver", "perceived", "expected", "difference", "low", "high"} <= set(found["joint"][0])
    assert {"driver", "a1", "a2", "a3", "a4", "a5"} <= set(found["surface"][0])
    assert {"driver", "share_satisfaction", "share_gap", "p_more_for_gap"} <= set(found["compare"][0])
    assert [row["driver"] for row in found["joint"]] == ["a", "b", "c"]


def test_the_text_names_every_part(run, survey):
    seen = run("gap", survey(table(), DEFINITION), "--draws", 100)
    for words in ("perceived against expected", "Drivers of the gap", "Shares of variance", "Response surfaces"):
        assert words in seen.out


def test_scores_by_group_alone(run, survey):
    seen = run("gap", survey(table(), DEFINITION), "--parts", "scores", "--by", "channel", "--json")
    found = json.loads(seen.out)
    assert {row["channel"] for row in found["scores"]} == {"phone", "web"}
    assert "joint" not in found


def test_an_expectation_of_the_outcome_alone(run, survey):
    definition = DEFINITION.split("[expectations]")[0] + '[expectations]\ny = "ea"\n'
    seen = run("gap", survey(table(), definition), "--draws", 100, "--json")
    assert seen.code == 0, seen.err
    found = json.loads(seen.out)
    assert [(row["kind"], row["driver"]) for row in found["scores"]] == [("outcome", "y")]
    assert found["joint_model"]["of"] == "y less what was expected of it"
    assert "surface" not in found


BAD = {
    "no expectations": (table(), DEFINITION.split("[expectations]")[0], "declares no expectations"),
    "an expectation without its perception": (
        table(), DEFINITION + 'd = "ed"\n', "`expectations.d`: not a driver or outcome.",
    ),
    "a column that is not there": (
        table().drop(columns="ec"), DEFINITION, "`ec`: there is no such column (did you mean `c`?).",
    ),
    "different ends": (
        table(), DEFINITION + "[items.ea]\nscale = [0, 10]\n",
        "1 pair(s) of answers are on different scales, so their difference means nothing: `a` (1 to 5) against `ea` "
        "(0 to 10).",
    ),
    "constant expectations": (table().assign(eb=5), DEFINITION, "all 600 answers to `eb` are 5."),
    "hardly anybody off the diagonal": (
        table().assign(ec=lambda t: t["c"].where(t.index > 9, 6 - t["c"])), DEFINITION, "20 are needed",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("frame", "definition", "said"), BAD.values(), ids=BAD)
def test_bad_input_is_named(frame, definition, said, run, survey):
    seen = run("gap", survey(frame, definition), "--draws", 100)
    assert (seen.code, seen.out) == (2, "")
    assert said in " ".join(seen.err.split())
    assert "Traceback" not in seen.err


def test_an_unknown_part(run, survey):
    seen = run("gap", survey(table(), DEFINITION), "--parts", "scroes")
    assert seen.code == 2
    assert "`scroes` is no part of the gap; choose among `scores`" in seen.err
