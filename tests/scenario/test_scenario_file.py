"""Scenario files: what they say, and everything that is wrong with one at once."""

import pytest

import drivers as dr
from drivers.errors import SurveyError
from drivers.scenario.scenario_file import read_scenario
from tests.scenario.made import answers_of

GOOD = """
name = "Phone first"
outcome = "csat"
model = "ordinal"
by = ["channel"]

[target]
top2 = 0.02

[[steps]]
shift = { driver = "speed", by = 0.5 }
where = { channel = "phone" }

[[steps]]
match = { driver = "value", segment = "channel" }
"""


@pytest.fixture
def write(tmp_path):
    def to(text):
        path = tmp_path / "scenario.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return to


def test_a_file_is_an_action(write):
    survey = answers_of().survey
    file = read_scenario(write(GOOD), survey)
    steps = dr.shift("speed", 0.5).where(channel="phone") + dr.match("value", segment="channel")
    assert file.action == steps.named("Phone first")
    assert (file.by, file.target, file.model) == (["channel"], {"top2": 0.02}, "ordinal")


def test_the_bundled_file_reads(root):
    survey = dr.Survey.from_toml(root / "data" / "store_visits.toml")
    assert read_scenario(root / "reports" / "scenarios" / "faster_phone.toml", survey).action.drivers == (
        "service_speed", "communication",
    )  # fmt: skip


def test_all_faults_come_at_once_with_lines_and_nearest_names(write):
    path = write(
        'nam = "x"\noutcome = "cast"\nby = ["chanel"]\ndag = ["a -> b", "b -> a"]\n'
        '[[steps]]\nshift = { driver = "sped", by = nan }\n'
        '[[steps]]\nlift = { driver = "value", too = 4 }\nwhere = { chanel = "phone" }\n'
        '[[steps]]\nmove = { driver = "value", share = 1.4 }\n'
        '[[steps]]\nwhere = { channel = "phone" }\n'
    )
    with pytest.raises(SurveyError) as caught:
        read_scenario(path, answers_of().survey)
    text = str(caught.value)
    assert "11 things to change" in text
    for line in (
        'line 1: nam = "x"', "did you mean `name`?", "did you mean `csat`?", "did you mean `channel`?",
        "circle: a -> b -> a", "nan is not a finite number", "did you mean `speed`?", "line 8:", "did you mean `to`?",
        "line 9:", "share of answers is between 0 and 1", "Step 4 says nothing of what is done",
    ):  # fmt: skip
        assert line in text


@pytest.mark.parametrize("text", ["", "steps = []\n", 'name = "x"\n'])
def test_a_file_without_steps_shows_one(write, text):
    with pytest.raises(SurveyError, match=r"(?s)No step is given.*\[\[steps\]\]"):
        read_scenario(write(text))


def test_two_kinds_in_one_step_are_told(write):
    path = write('[[steps]]\nshift = { driver = "a", by = 1 }\nlift = { driver = "a", to = 4 }\n')
    with pytest.raises(SurveyError, match="Step 1 says shift and lift of what is done"):
        read_scenario(path)
