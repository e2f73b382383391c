"""`drivers fit --diagnostics`: a verdict on a posterior, as text and as JSON."""

import json

import numpy as np
import pandas as pd
import pytest

COLUMNS = ["--data", "answers.csv", "--outcome", "y", "--drivers", "a,b", "--model", "ordinal"]


def write(folder, spread) -> None:
    rng = np.random.default_rng(3)
    x = np.clip(np.round(rng.multivariate_normal([3.4, 3.2], [[1.1, 0.5], [0.5, 1.1]], 600)), 1, 5)
    latent = (x - 3.3) @ [0.4, 0.2] + spread(x[:, 0]) * rng.standard_normal(600)
    y = 1 + (latent[:, None] > [-1.5, -0.6, 0.3, 1.2]).sum(axis=1)
    pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": y}).to_csv(folder / "answers.csv", index=False)


def test_a_verdict_stands_under_the_fit_and_in_its_json(run, tmp_path):
    write(tmp_path, np.ones_like)
    asked = ["fit", *COLUMNS, "--engine", "bayes", "--draws", 1000, "--diagnostics"]
    seen = run(*asked)
    assert seen.code == 0 and "Ready to use: no check speaks against it." in seen.out
    told = json.loads(run(*asked, "--json").out)
    assert told["diagnosis"]["verdict"] == "ready"
    assert {row["part"] for row in told["diagnosis"]["checks"]} == {"draws", "prior", "prediction", "leave one out"}
    assert "diagnosis" not in json.loads(run(*asked[:-1], "--json").out)


def test_a_fit_not_to_be_used_ends_in_3_with_the_reason_on_standard_error(run, tmp_path):
    write(tmp_path, lambda x: np.where(x >= 4, 3.0, 0.2))
    seen = run("fit", *COLUMNS, "--engine", "bayes", "--draws", 1000, "--diagnostics", "--json")
    assert seen.code == 3
    assert json.loads(seen.out)["diagnosis"]["verdict"] == "do not use"
    assert "error: Do not use this fit: " in seen.err and "foretold wrong" in seen.err


def test_diagnostics_of_a_regression_are_refused(run, tmp_path):
    write(tmp_path, np.ones_like)
    seen = run("fit", *COLUMNS, "--diagnostics")
    assert seen.code == 2 and "add --engine bayes" in seen.err


def write_waves(folder) -> None:
    rng = np.random.default_rng(1)
    waves = np.repeat(["2026-Q1", "2026-Q2", "2026-Q3"], 120)
    x = rng.integers(1, 6, (360, 2)).astype(float)
    y = np.clip(np.round(1 + 0.5 * x[:, 0] + 0.2 * x[:, 1] + 0.8 * rng.standard_normal(360)), 1, 5)
    pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": y, "quarter": waves}).to_csv(folder / "waves.csv", index=False)
    (folder / "waves.toml").write_text(
        'data = "waves.csv"\nscale = [1, 5]\ndrivers = ["a", "b"]\noutcomes = ["y"]\nwave = "quarter"\n'
    )


@pytest.mark.slow
def test_slopes_that_walk_are_told_wave_by_wave(run, tmp_path):
    write_waves(tmp_path)
    seen = run("fit", "waves.toml", "--engine", "bayes", "--walk", "normal", "--json")
    assert seen.code == 0, seen.err
    told = json.loads(seen.out)["waves"]
    assert [row["wave"] for row in told["by_wave"][:3]] == ["2026-Q1", "2026-Q2", "2026-Q3"]
    assert {row["against"] for row in told["changes"]} == {"first", "previous"}


@pytest.mark.parametrize("command", ["fit", "importance"])
def test_walks_that_cannot_be_are_refused(run, tmp_path, command):
    write_waves(tmp_path)
    asked = [command, "waves.toml", "--walk", "student_t"]
    seen = run(*asked)
    assert seen.code == 2 and "--engine bayes" in seen.err
    seen = run(*asked, "--engine", "bayes", "--season")
    assert seen.code == 2 and "takes 8 quarters" in seen.err
