"""`drivers sample-size`: with stated numbers, from a survey, and refusals."""

import json


def test_stated_numbers_need_no_survey(run):
    seen = run("sample-size", "--measure", "nps", "--change", 5, "--variance", 0.7, "--n", 400, "--json")
    found = json.loads(seen.out)
    assert seen.code == 0 and seen.err == ""
    assert found["n_needed"] == 4396 and round(found["detectable"], 1) == 16.6
    assert [row["change"] for row in found["rows"]] == [2.5, 5.0, 7.5, 10.0]


def test_a_survey_brings_what_is_needed(run, survey):
    path = survey(more='[items.satisfaction]\nscore = "top2"\n')
    text = run("sample-size", path.name, "--change", 0.05).out
    assert "To see top-2-box (CSAT) of satisfaction change by +5 points" in " ".join(text.split())
    assert "Design effect" in text
    assert "slope of speed" in run("sample-size", path.name, "--measure", "slope", "--item", "speed").out


def test_refusals_name_the_cure(refused):
    assert "State it (variance=0.7 is common)" in refused("sample-size", "--measure", "nps", "--change", 5)
    assert "write 0.03." in refused("sample-size", "--change", 3, "--start", 0.8)
