"""`--spread-by` and `--monotone` on `drivers fit` and `drivers importance`: unequal spread, unequal steps."""

import json

import numpy as np
import pandas as pd
import pytest

DEFINITION = """
data = "answers.csv"
scale = [1, 5]
drivers = ["a", "b"]
outcomes = ["y"]
segments = ["channel"]
"""


@pytest.fixture
def survey(tmp_path):
    rng = np.random.default_rng(5)
    x = np.clip(np.round(rng.multivariate_normal([3.4, 3.2], [[1.1, 0.5], [0.5, 1.1]], 12_000)), 1, 5)
    channel = rng.choice(["phone", "store"], 12_000)
    latent = (x - 3.3) @ [0.4, 0.2] + np.where(channel == "phone", 1.5, 0.8) * rng.standard_normal(12_000)
    y = 1 + (latent[:, None] > [-1.5, -0.6, 0.3, 1.2]).sum(axis=1)
    table = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": y, "channel": channel})
    table.to_csv(tmp_path / "answers.csv", index=False)
    (tmp_path / "survey.toml").write_text(DEFINITION, encoding="utf-8")
    return "survey.toml"


def test_groups_stand_under_the_fit_and_in_its_json(run, survey):
    asked = [survey, "--engine", "bayes", "--model", "ordinal", "--draws", 1000, "--spread-by", "channel"]
    seen = run("fit", *asked)
    assert seen.code == 0 and "Latent level and spread of y by channel" in seen.out
    groups = json.loads(run("fit", *asked, "--json").out)["spreads"]["groups"]
    assert [one["group"] for one in groups] == ["phone", "store"]
    assert groups[0]["spread_low"] > 1 > groups[1]["spread_high"]
    shares = json.loads(run("importance", *asked, "--json").out)
    assert sum(one["share"] for one in shares["drivers"]) == pytest.approx(shares["r2"]["estimate"], abs=1e-9)


def test_groups_without_a_posterior_are_refused(run, survey):
    seen = run("fit", survey, "--model", "ordinal", "--spread-by", "channel")
    assert seen.code == 2 and "add --engine bayes" in seen.err


def test_steps_stand_under_the_fit_and_in_its_json(run, survey):
    asked = [survey, "--engine", "bayes", "--model", "ordinal", "--draws", 1000, "--monotone", "a"]
    seen = run("fit", *asked)
    assert seen.code == 0 and "Steps of drivers of y" in seen.out
    steps = json.loads(run("fit", *asked, "--json").out)["steps"]
    assert [row["step"] for row in steps["steps"]] == ["1 to 2", "2 to 3", "3 to 4", "4 to 5"]
    assert sum(row["part"] for row in steps["steps"]) == pytest.approx(1.0)
    shares = json.loads(run("importance", *asked, "--json").out)
    assert sum(one["share"] for one in shares["drivers"]) == pytest.approx(shares["r2"]["estimate"], abs=1e-9)
