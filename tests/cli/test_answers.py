"""What commands answer: on standard output the result and nothing else, in the shape that is documented."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from drivers.cli.app import app
from drivers.cli.output import plain
from tests.cli.conftest import visits
from tests.golden.surveys import mobi

DOCUMENTED = [
    "outcome", "model", "engine", "measure", "n", "n_eff", "r2", "level", "drivers", "diagnostics", "provenance"
]  # fmt: skip
"""Keys of the importance JSON that others read, and those of each driver."""
DOCUMENTED_DRIVER = ["driver", "share", "low", "high", "relative", "p_first", "slope"]
MORE = ["link", "n_complete", "notes", "always", "deff_weights"]
MORE_DRIVER = ["label", "slope_low", "slope_high", "near_zero", "members", "mc_error"]

TO_RELAIMPO = 1e-9
"""relaimpo's numbers are stored with 15 digits; both solve the same normal equations."""

COLUMNS = ["--outcome", "satisfaction", "--drivers", "value,quality,speed"]


def answer(seen) -> dict:
    assert seen.code == 0, seen.err
    assert seen.out.count("\n") == 1
    return json.loads(seen.out)


def test_importance_has_the_documented_keys_and_keeps_the_order_given(run, survey):
    survey()
    found = answer(run("importance", "--data", "visits.csv", *COLUMNS, "--draws", 100, "--json"))
    assert sorted(found) == sorted([*DOCUMENTED, *MORE])
    assert [sorted(each) for each in found["drivers"]] == [sorted([*DOCUMENTED_DRIVER, *MORE_DRIVER])] * 3
    assert [each["driver"] for each in found["drivers"]] == ["value", "quality", "speed"]
    assert set(found["r2"]) == {"estimate", "low", "high"}
    told = {key: found[key] for key in ("outcome", "model", "engine", "measure", "n", "level")}
    assert told == {
        "outcome": "satisfaction", "model": "linear", "engine": "regression", "measure": "lmg", "n": 240, "level": 0.9
    }
    assert found["provenance"]["seed"] == 20260101
    assert len(found["provenance"]["sha256"]) == 64


def test_the_share_is_the_plug_in_value_whatever_the_draws(run, survey):
    survey()
    few, other = (
        answer(run("importance", "--data", "visits.csv", *COLUMNS, "--json", "--draws", 100, "--seed", seed))
        for seed in (1, 2)
    )
    assert [d["share"] for d in few["drivers"]] == [d["share"] for d in other["drivers"]]
    assert [d["low"] for d in few["drivers"]] != [d["low"] for d in other["drivers"]]
    shares = [d["share"] for d in few["drivers"]]
    table = visits()
    with_one = np.column_stack([np.ones(len(table)), table[["value", "quality", "speed"]]])
    left = table["satisfaction"] - with_one @ np.linalg.lstsq(with_one, table["satisfaction"], rcond=None)[0]
    assert sum(shares) == pytest.approx(1 - left.var() / table["satisfaction"].var(), rel=1e-10)
    assert sum(d["relative"] for d in few["drivers"]) == pytest.approx(1, rel=1e-12)


def test_mobi_scores_match_relaimpo(run, golden, shared, tmp_path):
    # R> calc.relimp(satisfaction ~ image + expectation + quality + value, mobi, type = "lmg")$lmg
    published = golden("relaimpo_golden")["mobi"]
    mobi(shared).to_csv(tmp_path / "mobi-scores.csv", index=False)
    found = answer(run(
        "importance", "--data", "mobi-scores.csv", "--outcome", "satisfaction",
        "--drivers", "image,expectation,quality,value", "--draws", 100, "--json",
    ))  # fmt: skip
    shares = {each["driver"]: each["share"] for each in found["drivers"]}
    assert shares == pytest.approx({k: v["lmg"] for k, v in published["shares_raw"].items()}, abs=TO_RELAIMPO)
    assert found["r2"]["estimate"] == pytest.approx(published["r2"], abs=TO_RELAIMPO)


@pytest.mark.parametrize("measure", ["relative_weights", "pratt", "car", "first", "last", "beta_squared"])
def test_every_measure_has_its_name_on_the_answer(run, survey, measure):
    found = answer(run("importance", survey(), "--measure", measure, "--draws", 100, "--json"))
    assert found["measure"] == measure


def test_groups_and_always_in_drivers_have_rows_of_their_own(run, survey):
    survey()
    found = answer(run(
        "importance", "visits.toml", "--group", "visit=quality + speed", "--always", "value", "--draws", 100, "--json"
    ))  # fmt: skip
    assert [row["driver"] for row in found["drivers"]] == ["visit"]
    assert [one["driver"] for one in found["drivers"][0]["members"]] == ["quality", "speed"]
    assert found["drivers"][0]["slope"] is None
    assert found["always"]["drivers"] == ["value"]
    assert found["drivers"][0]["share"] + found["always"]["r2"] == pytest.approx(found["r2"]["estimate"], rel=1e-10)


def test_dominance_comes_beside_the_shares_on_request(run, survey):
    survey()
    found = answer(run("importance", "visits.toml", "--dominance", "r2", "--draws", 100, "--json"))
    assert [row["general"] for row in found["dominance"]["general"]] == pytest.approx(
        [row["share"] for row in found["drivers"]], abs=1e-12
    )
    text = run("importance", "visits.toml", "--model", "ordinal", "--dominance", "mcfadden", "--draws", 100)
    assert text.code == 0
    assert "Dominance for satisfaction in McFadden's R²" in text.out


def test_a_definition_brings_weight_and_labels(run, survey):
    survey(more='[items.speed]\nlabel = "Speed of service"\n')
    found = answer(run("importance", "visits.toml", "--draws", 100, "--json"))
    assert found["n_eff"] < 239
    assert {d["driver"]: d["label"] for d in found["drivers"]}["speed"] == "Speed of service"
    plain = answer(run("importance", "--data", "visits.csv", *COLUMNS, "--weight", "weight", "--draws", 100, "--json"))
    weighted = {d["driver"]: d["share"] for d in found["drivers"]}
    assert {d["driver"]: d["share"] for d in plain["drivers"]} == pytest.approx(weighted, rel=1e-12)


@pytest.mark.parametrize(("model", "more"), [("linear", "(Intercept)"), ("logit", "(Intercept)"), ("ordinal", "1|2")])
def test_fit_tells_every_term(run, survey, model, more):
    found = answer(run("fit", survey(), "--model", model, "--draws", 100, "--json"))
    assert found["outcome"] == "satisfaction"
    assert found["model"] == model
    terms = [each["term"] for each in found["terms"]]
    assert terms[:4] == ["quality", "speed", "value", more]
    assert {"estimate", "model_se", "robust_se", "low", "high"} <= set(found["terms"][0])


@pytest.mark.parametrize("command", ["importance", "fit"])
def test_text_fits_a_hundred_columns_and_long_labels_stay_whole_in_json(run, survey, command):
    label = "How satisfied were you with the time it took until somebody served you"
    survey(more=f'[items.speed]\nlabel = "{label}"\n')
    text = run(command, "visits.toml", "--draws", 100)
    assert text.code == 0
    assert max(map(len, text.out.splitlines())) <= 100
    assert "How satisfied ... served you" in text.out
    assert label in run(command, "visits.toml", "--draws", 100, "--json").out


def test_check_says_what_it_found_and_exits_2(run, survey):
    clean = run("check", survey())
    assert clean.code == 0
    assert clean.out.startswith("visits.csv: 240 rows; nothing found\n")
    bad = visits()
    bad.loc[:3, "speed"] = 7
    seen = run("check", survey(bad), "--json")
    found = json.loads(seen.out)
    assert seen.code == 2
    assert found["ok"] is False
    assert [(f["severity"], f["column"], f["count"]) for f in found["findings"]] == [("error", "speed", 4)]
    text = run("check", "visits.toml")
    assert text.code == 2
    assert "4 answers are 7, outside 1..5" in text.out
    assert text.err == seen.err == ""


def test_simulate_writes_a_survey_that_the_other_commands_read(run, tmp_path):
    found = answer(run("simulate", "--n", 60, "--waves", 2, "--out", "made up", "--json"))
    assert {Path(path).name for path in found["files"]} == {path.name for path in (tmp_path / "made up").iterdir()}
    assert run("importance", "made up/store_visits.toml", "--draws", 100).code == 0


def test_simulate_moves_slopes_and_says_so(run, tmp_path):
    options = ["--slope-step", "value=+0.3", "--slope-drift", "service_speed=-0.05@2025-Q3"]
    found = answer(run("simulate", "--n", 60, "--waves", 3, "--out", "moved", *options, "--json"))
    book = (tmp_path / "moved" / "README.md").read_text(encoding="utf-8")
    assert "--slope-step value=+0.3@2025-Q4 --slope-drift service_speed=-0.05@2025-Q3" in book
    assert "that of `value` moves by +0.3 at once from 2025-Q4 on" in book
    assert "that of `service_speed` moves by -0.05 a quarter from 2025-Q3 on" in book
    truth = pd.read_csv(next(path for path in found["files"] if path.endswith("truth.csv")))
    slopes = truth.query("quantity == 'latent_slope' and outcome == 'satisfaction' and item == 'value'")
    assert slopes["value"].tolist() == [0.3, 0.3, 0.6]


def test_report_writes_one_page_and_holds_a_segment_of_three_back(run, survey, tmp_path):
    table = visits()
    table.loc[:2, "channel"] = "fax"
    found = answer(run("report", survey(table), "--out", "pages", "--draws", 100, "--json"))
    assert {path.name for path in (tmp_path / "pages").iterdir()} == {"report.html", "run.json"}
    page, numbers = Path("pages/report.html"), Path("pages/run.json")
    assert found == {"report": str(page), "files": {"html": str(page), "json": str(numbers)}}
    page = (tmp_path / "pages" / "report.html").read_text(encoding="utf-8")
    assert "1 of 3 segments has fewer than 25 respondents: &quot;fax&quot;" in page
    assert "1 segment has fewer than 25 respondents: too few for slopes of their own." in page


def test_demo_writes_a_report_and_tells_its_steps_on_standard_error(demo):
    seen, out = demo
    assert seen.returncode == 0, seen.stderr
    assert json.loads(seen.stdout)["report"] == str(out / "report.html")
    assert "importance for Overall satisfaction, 1,000 draws" in seen.stderr
    assert {path.name for path in out.iterdir()} == {"report.html", "run.json"}
    assert (out / "report.html").stat().st_size > 100_000


def test_a_step_that_takes_long_is_named_on_standard_error(survey, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("drivers.report.progress.SLOW", 0.0)
    survey()
    seen = CliRunner().invoke(app, ["importance", "visits.toml", "--draws", "100", "--json"])
    json.loads(seen.stdout)
    assert "s  reading the data of visits.toml ...\n" in seen.stderr
    assert "s  fitting the linear model and 100 bootstrap draws ...\n" in seen.stderr
    assert "s  lmg shares of 3 drivers in 100 draws ...\n" in seen.stderr


def test_numbers_that_are_not_finite_are_null_in_json():
    told = plain({"a": float("nan"), "b": np.float64("inf"), "c": (np.int64(3), np.bool_(True)), 4: "é"})
    assert told == {"a": None, "b": None, "c": [3, True], "4": "é"}


READINGS = {
    "measures": "Measures of importance", "pairs": "compared, lmg shares", "sensitivity": "under assumed halo",
    "probe": "beside a driver of pure noise", "clones": "near copy", "design": "Design effects",
}  # fmt: skip


def test_other_readings_of_the_fit_join_text_and_json(run, survey):
    survey()
    asked = [part for name in READINGS for part in ("--also", name)]
    seen = run("importance", "visits.toml", "--draws", 100, *asked)
    assert seen.code == 0, seen.err
    assert all(title in seen.out for title in READINGS.values())
    found = answer(run("importance", "visits.toml", "--draws", 100, *asked, "--json"))
    assert sorted(set(found) - set(DOCUMENTED) - set(MORE)) == sorted(READINGS)
    lmg = next(row for row in found["measures"]["measures"] if row["measure"] == "lmg")
    assert [lmg[each["driver"]] for each in found["drivers"]] == [each["share"] for each in found["drivers"]]
    assert len(found["pairs"]["pairs"]) == 3
    assert 0 < found["probe"]["noise"] < found["probe"]["noise_at_most"] < 0.1
    assert {row["driver"] for row in found["design"]["drivers"]} == {"quality", "speed", "value"}


def test_what_is_done_about_gaps_can_be_chosen(run, survey):
    table = visits()
    table["speed"] = table["speed"].astype("float64").mask(np.arange(len(table)) % 4 == 0)
    survey(answers=table)
    told = {}
    for missing in ("fiml", "complete"):
        told[missing] = answer(run("importance", "visits.toml", "--draws", 100, "--missing", missing, "--json"))
    assert (told["fiml"]["n"], told["complete"]["n"]) == (240, 180)
    assert answer(run("fit", "visits.toml", "--draws", 100, "--missing", "impute", "--json"))["missing"] == "impute"


def test_readings_of_single_drivers_refuse_groups(refused, survey):
    survey()
    text = refused("importance", "visits.toml", "--also", "probe", "--group", "g=quality+speed")
    assert "--also probe takes drivers one by one. Leave out --group, or --also probe." in text
    assert "Add --not-applicable exposure, or leave out" in refused("importance", "visits.toml", "--also", "exposure")
