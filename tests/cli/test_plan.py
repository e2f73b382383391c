"""`drivers plan`: what to buy, as text and JSON, and refusals."""

import json

import pytest

PLAN = """
budget = 30

[[options]]
name = "faster"
shift = {driver = "speed", by = 0.5}
cost = 10
steps = 2

[[options]]
name = "phone quality"
lift = {driver = "quality", to = 3}
where = {channel = "phone"}
cost = 8

[[options]]
name = "nobody moves"
lift = {driver = "value", to = 1}
cost = 1
"""


@pytest.fixture
def plan(survey, tmp_path):
    path = survey()
    (tmp_path / "plan.toml").write_text(PLAN, encoding="utf-8")
    return ("plan", path.name, "--plan", "plan.toml", "--draws", 100)


def test_the_plan_as_text_and_as_json(run, plan):
    text = " ".join(run(*plan).out.split())
    assert "budget 30: faster (2 of 2 steps); phone quality. It costs 28" in text
    assert "nobody moves: moves nobody's answer" in text
    told = json.loads(run(*plan, "--json").out)
    assert told["cost"] == 28 and [row["steps"] for row in told["options"]] == [2, 1, 0]
    assert told["frontier"][0]["cost"] == 0 and told["causal"] == "association"


def test_a_budget_on_the_line_goes_before_that_of_the_file(run, plan):
    assert "do nothing (with a budget of 0 nothing can be bought)" in " ".join(run(*plan, "--budget", 0).out.split())
    assert "worst 10% of draws" in " ".join(run(*plan, "--tail", 0.1).out.split())


def test_refusals_name_the_cure(refused, plan, tmp_path):
    assert "--plan FILE.toml" in refused("plan", "visits.toml")
    assert "budget=-1: a budget is a number, 0 or more." in refused(*plan, "--budget", -1)
    assert "Fit --model ordinal" in refused(*plan, "--model", "linear", "--measure", "top2")
    assert "no NPS" in refused(*plan, "--measure", "nps")
    (tmp_path / "plan.toml").write_text(PLAN.replace("cost = 8", "cost = -8"), encoding="utf-8")
    assert "`phone quality` costs -8, below 0" in refused(*plan)
    (tmp_path / "plan.toml").write_text(PLAN.replace('"speed"', '"sped"'), encoding="utf-8")
    assert "`sped` (did you mean `speed`?)" in refused(*plan)
    (tmp_path / "plan.toml").write_text(PLAN.replace('"phone"', '"fax"'), encoding="utf-8")
    assert "fax" in refused(*plan)
