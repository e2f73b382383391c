"""`drivers whatif`: its text and JSON, a scenario's file, and requests that are refused with the cure."""

import json

import numpy as np
import pytest

from tests.cli.conftest import DEFINITION, visits

FEW = ("--draws", 100)
"""What is tested is what is said, not how sure it is."""

KEYS = {"scenario", "asked", "delivered", "outcomes"}
OUTCOME_KEYS = {
    "outcome", "measure", "segment", "before", "after", "change", "low", "high", "p_positive",
}  # fmt: skip

SCENARIO = """
name = "Faster by phone"
model = "ordinal"
by = ["channel"]

[target]
mean = 0.02

[[steps]]
shift = { driver = "speed", by = 0.5 }
where = { channel = "phone" }

[[steps]]
lift = { driver = "value", to = 3 }
"""


def said(text):
    return " ".join(text.split())


def test_the_json_has_the_agreed_keys_and_adds_up(run, survey):
    seen = run("whatif", survey().name, "--shift", "speed=+0.5", *FEW, "--json")
    assert (seen.code, seen.err) == (0, "")
    found = json.loads(seen.out)
    assert found.keys() >= KEYS
    assert found["scenario"] == "alone"
    assert found["asked"] == [{"driver": "speed", "step": "shift", "amount": 0.5, "points": 0.5, "where": {}}]
    (delivered,) = found["delivered"]
    frame = visits()
    top = frame.loc[frame["speed"] == 5, "weight"].sum() / frame["weight"].sum()
    assert delivered["at_end"] == pytest.approx(top, abs=1e-12)
    assert delivered["points"] == pytest.approx(0.5 * (1 - top), abs=1e-12)
    assert [(row["measure"], row["segment"]) for row in found["outcomes"]] == [("mean", "all"), ("top2", "all")]
    for row in found["outcomes"]:
        assert row.keys() >= OUTCOME_KEYS
        assert row["outcome"] == "satisfaction"
        assert row["after"] - row["before"] == pytest.approx(row["change"], abs=1e-12)
        assert row["low"] < row["change"] < row["high"]
        assert 0 <= row["p_positive"] <= 1
    assert [other["scenario"] for other in found["other_scenarios"]] == ["block"]


def test_the_text_says_what_is_possible_and_that_it_is_an_association(run, survey):
    seen = run("whatif", survey().name, "--shift", "speed=+0.5", "--by", "channel", "--target", "mean=0.1", *FEW)
    assert seen.code == 0
    text = said(seen.out)
    assert "speed: +0.5 asked, +0.46 possible: 8% already at the top, 92% of answers move." in text
    assert "Association, not effect: no causal assumption was declared." in text
    for words in ("channel=phone", "channel=store", "P(more than +0.1)", "with its correlated block", "Left out of"):
        assert words in text


def test_a_linear_model_tells_the_mean_alone(run, survey):
    asked = ("--shift", "speed=+0.5", "--lift", "value=3")
    seen = run("whatif", survey().name, *asked, "--model", "linear", *FEW, "--json")
    found = json.loads(seen.out)
    assert [row["measure"] for row in found["outcomes"]] == ["mean"]
    assert [step["step"] for step in found["asked"]] == ["shift", "lift"]


def test_declared_causes_make_it_an_effect_and_mediators_follow(run, survey):
    causes = ("--cause", "speed -> value -> satisfaction", "--cause", "speed -> satisfaction",
              "--cause", "quality -> satisfaction", "--cause", "quality -> speed", "--cause", "quality -> value")
    found = json.loads(run("whatif", survey().name, "--shift", "speed=+0.5", *causes, *FEW, "--json").out)
    assert found["scenario"] == "dag"
    assert found["causal"].startswith("An effect, if the declared causes hold")
    assert [other["scenario"] for other in found["other_scenarios"]] == ["alone", "block"]


def test_a_scenario_file_says_what_is_done_and_options_add_to_it(run, survey, tmp_path):
    (tmp_path / "faster.toml").write_text(SCENARIO, encoding="utf-8")
    command = ("whatif", survey().name, "--scenario", "faster.toml", *FEW)
    found = json.loads(run(*command, "--shift", "quality=+1", "--json").out)
    assert found["name"] == "Faster by phone"
    assert [(one["driver"], one["where"]) for one in found["asked"]] == [
        ("speed", {"channel": "phone"}), ("value", {}), ("quality", {}),
    ]  # fmt: skip
    assert {row["segment"] for row in found["outcomes"]} == {"all", "channel=phone", "channel=store"}
    assert {row["target"] for row in found["outcomes"] if row["measure"] == "mean"} == {0.02}


def test_every_fault_of_a_scenario_file_is_told_with_its_line(refused, survey, tmp_path):
    faulty = SCENARIO.replace('"speed"', '"sped"').replace("to = 3", 'to = "three"').replace("name =", "nmae =")
    (tmp_path / "faster.toml").write_text(faulty.replace('by = ["channel"]', 'by = ["chanel"]'), encoding="utf-8")
    message = refused("whatif", survey().name, "--scenario", "faster.toml")
    for words in (
        "line 2: nmae", "did you mean `name`?", "line 4: by", "did you mean `channel`?", "line 10:",
        "did you mean `speed`?", "line 14:", "'three' is not a number",
    ):  # fmt: skip
        assert words in message


def test_a_scenario_file_that_is_not_there_or_empty(refused, survey, tmp_path):
    survey()
    assert "There is no such file" in refused("whatif", "visits.toml", "--scenario", "fster.toml")
    (tmp_path / "empty.toml").write_text("", encoding="utf-8")
    assert "No step is given." in refused("whatif", "visits.toml", "--scenario", "empty.toml")


REFUSED = {
    "": "Nothing is done. Add --shift service_speed=+0.5, --lift value=4, or --scenario FILE.toml.",
    "--shift sped=+0.5": "`sped` (did you mean `speed`?) is not a driver; there are `quality`, `speed`, `value`.",
    "--shift speed": '"speed" is not read as a name and a number; write --shift service_speed=+0.5.',
    "--shift speed=much": '"speed=much" is not read as a name and a number',
    "--shift speed=nan": '"speed=nan" is not read as a name and a number',
    "--shift speed=inf": "is not a finite number",
    "--shift speed=-0.5": (
        "makes `speed` worse: higher is better there. To improve it write --shift speed=+0.5; if getting worse is what "
        "you ask about, add --allow-worse, or worsening = true to the shift of a file."
    ),
    "--shift speed=0.5 --where phone": '--where "phone" is not read; write --where channel=phone.',
    "--shift speed=0.5 --where channel=fax": "`channel` has no answers for `fax`; it has `phone`, `store`.",
    "--shift speed=0.5 --where region=north": "`region` is neither the wave nor a segment",
    "--shift speed=0.5 --by satisfaction": "neither the wave nor a segment",
    "--lift speed=7": "7 is beyond `speed`; its scale is 1 to 5. Name a point between.",
    "--shift speed=0.5 --target nps=2": "target of 'nps': this what-if tells `mean`, `top2`.",
    "--shift speed=0.5 --model linear --target top2=0.1": "target of 'top2': this what-if tells `mean`.",
    "--shift speed=0.5 --model probit": "'probit' is not one of 'linear', 'ordinal', 'logit'.",
    "--shift speed=0.5 --outcome csat": "`csat` is not an outcome of the survey",
    "--shift speed=0.5 --drivers quality,value": "`speed` is not a driver; there are `quality`, `value`.",
}


@pytest.mark.parametrize("options", REFUSED)
def test_requests_that_make_no_sense_are_refused_with_the_cure(refused, survey, options):
    message = refused("whatif", survey().name, *options.split(), *FEW)
    assert message.startswith(("error: ", "Usage: "))
    assert REFUSED[options] in message


BAD_CAUSES = {
    "an arrow missing": (["speed satisfaction"], "speed satisfaction"),
    "a circle": (["speed -> value -> speed", "value -> satisfaction"], "circle"),
    "a driver without arrows": (["value -> satisfaction"], 'add its arrows, such as "speed -> satisfaction"'),
    "an open back door": (
        ["speed -> satisfaction", "mood -> speed", "mood -> satisfaction"],
        "measure `mood` and add it to the drivers or controls",
    ),
}


@pytest.mark.parametrize(("causes", "words"), BAD_CAUSES.values(), ids=BAD_CAUSES)
def test_causes_that_do_not_hold_together_are_refused(refused, survey, causes, words):
    given = [part for cause in causes for part in ("--cause", cause)]
    assert words in refused("whatif", survey().name, "--shift", "speed=0.5", *given, *FEW)


def test_where_lower_is_better_a_rise_is_refused_and_a_fall_improves(run, refused, survey):
    waiting = visits().assign(speed=lambda t: 6 - t["speed"])
    path = survey(waiting, more='\n[items.speed]\ndirection = "lower"\n').name
    message = refused("whatif", path, "--shift", "speed=+0.5", *FEW)
    assert "makes `speed` worse: lower is better there. To improve it write --shift speed=-0.5;" in message
    found = json.loads(run("whatif", path, "--shift", "speed=-0.5", *FEW, "--json").out)
    assert found["delivered"][0]["points"] < 0 < found["outcomes"][0]["change"]
    worse = json.loads(run("whatif", path, "--shift", "speed=+0.5", "--allow-worse", *FEW, "--json").out)
    assert worse["outcomes"][0]["change"] < 0 < worse["delivered"][0]["points"]


def test_an_action_without_effect_is_a_clear_zero(run, survey):
    seen = run("whatif", survey().name, "--lift", "speed=1", *FEW)
    assert seen.code == 0
    assert "nobody's answer moves (nobody is worse than it asks for)" in said(seen.out)
    found = json.loads(run("whatif", survey().name, "--shift", "speed=0", *FEW, "--json").out)
    assert {(row["change"], row["low"], row["high"]) for row in found["outcomes"]} == {(0.0, 0.0, 0.0)}


def test_a_group_below_the_minimum_base_is_hidden_and_counted(run, survey):
    frame = visits()
    frame.loc[:2, "channel"] = "fax"
    found = json.loads(
        run("whatif", survey(frame, DEFINITION).name, "--shift", "speed=0.5", "--by", "channel", *FEW, "--json").out
    )
    assert found["hidden"] == 1
    assert {row["segment"] for row in found["outcomes"]} == {"all", "channel=phone", "channel=store"}


def test_the_gap_of_an_item_is_told_beside_the_outcome(run, refused, survey):
    frame = visits(900)
    frame["hoped"] = np.random.default_rng(3).integers(1, 6, len(frame))
    path = survey(frame, more='\n[expectations]\nvalue = "hoped"\n').name
    found = json.loads(run("whatif", path, "--shift", "speed=+0.5", "--gap", "value", *FEW, "--json").out)
    rows = found["gap"]["outcomes"]
    assert [row["measure"] for row in rows] == ["gap", "below"] and rows[0]["outcome"] == "value"
    assert [other["scenario"] for other in found["gap"]["other_scenarios"]] == ["expected"]
    text = said(run("whatif", path, "--shift", "speed=+0.5", "--gap", "value", *FEW).out)
    assert "Expectations stay as they are" in text
    message = refused("whatif", path, "--shift", "speed=+0.5", "--gap", "speed", *FEW)
    assert "`speed` has no expectation; there are `value`." in message
