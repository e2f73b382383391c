"""Two reports side by side: changes with the error of both, and nothing compared that is not the same thing."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from drivers.errors import InputError
from drivers.report.run_compare import compare_runs
from drivers.report.run_file import Run, read_run

Z90 = 1.6448536269514722


def made(wave: str | None, shift: float = 0.0, **facts: object) -> Run:
    """Return a run with two scores and a model of two drivers; `shift` lifts a score, a slope and a share."""
    scores = pd.DataFrame({
        "item": ["y", "nps"], "label": ["Satisfaction", "Recommend"], "measure": ["top2", "nps"],
        "estimate": [0.70 + shift, 10.0], "std_error": [0.02, 3.0],
    })  # fmt: skip
    slope, share = np.array([0.4 + 5 * shift, 0.2]), np.array([0.3 + shift, 0.01])
    importance = pd.DataFrame({
        "driver": ["a", "b"], "label": ["Speed", "Value"], "share": share, "low": share - 0.02, "high": share + 0.02,
        "near_zero": [False, True], "slope": slope, "slope_low": slope - 0.05, "slope_high": slope + 0.05,
        "outcome": "y", "model": "linear", "engine": "regression",
    })  # fmt: skip
    explained = pd.DataFrame({"outcome": ["y"], "estimate": [0.4], "low": [0.36], "high": [0.44]})
    settled = {
        "survey": "Visits", "outcome": "y", "drivers": ["a", "b"], "labels": {"y": "Satisfaction", "a": "Speed"},
        "scales": {"y": [1, 5], "a": [1, 5], "b": [1, 5]}, "wave": wave, "wave_column": "q", "level": 0.9, "seed": 1,
        "draws": 1000, "data_sha256": f"data {wave}", "definition_sha256": "d", "made": "2026-10-01",
    }  # fmt: skip
    return Run(name="x", facts=settled | facts, findings={}, made_with="drivers 1",
               tables={"scores": scores, "importance": importance, "explained": explained})  # fmt: skip


def row(found: object, kind: str, item: str) -> pd.Series:
    table = found.tidy()
    return table[(table["kind"] == kind) & (table["item"] == item)].iloc[0]


def test_a_change_has_the_errors_of_both_runs() -> None:
    found = compare_runs(made("2026-Q2"), made("2026-Q3", shift=0.06))
    score = row(found, "score", "y")
    assert score["change"] == pytest.approx(0.06) and score["std_error"] == pytest.approx(np.hypot(0.02, 0.02))
    assert score["low"] == pytest.approx(0.06 - Z90 * np.hypot(0.02, 0.02))
    assert score["p_up"] == pytest.approx(0.9830526, abs=1e-6), "R> pnorm(.06 / sqrt(2 * .02^2))"
    slope = row(found, "slope", "a")
    assert slope["std_error"] == pytest.approx(np.sqrt(2) * 0.05 / Z90) and slope["change"] == pytest.approx(0.3)
    assert slope["flag"] and not row(found, "slope", "b")["flag"]
    assert found.not_comparable == () and found.settings == ()
    assert "0.40" in found.summary() and "may be called changes" in found.summary()


def test_a_share_near_zero_is_compared_by_size_only() -> None:
    share = row(compare_runs(made("2026-Q2"), made("2026-Q3")), "share", "b")
    assert share["change"] == 0 and np.isnan(share["low"]) and np.isnan(share["p_up"])
    assert share["why"] == "no error for the change"


def test_the_same_people_give_no_probability() -> None:
    one = made("2026-Q2")
    for other in (one, made("2026-Q2", data_sha256="later file"), made(None)):
        found = compare_runs(one, other)
        assert found.tidy()["p_up"].isna().all() and not found.tidy()["flag"].any()
        assert any("no intervals" in reason for reason in found.not_comparable)
    waves = [made(wave, data_sha256="all") for wave in ("2026-Q1", "2026-Q2")]
    assert compare_runs(*waves).tidy()["p_up"].notna().any(), "other waves of one file are other answers"


def test_what_is_another_question_is_left_out_and_said() -> None:
    one = made("2026-Q2")
    wider = compare_runs(one, made("2026-Q3", scales={"y": [1, 7], "a": [1, 5], "b": [1, 5]}))
    assert "y" not in set(wider.tidy()["item"]) and set(wider.tidy()["kind"]) == {"score"}
    assert "Scores of `y`: its scale is 1 to 5 in 2026-Q2 and 1 to 7 in 2026-Q3." in wider.not_comparable
    fewer = compare_runs(one, made("2026-Q3", drivers=["a"]))
    assert set(fewer.tidy()["kind"]) == {"score"}
    assert any("`b` only in 2026-Q2" in reason for reason in fewer.not_comparable)
    later = made("2026-Q3")
    table = later.tables["importance"].assign(engine="bayes")
    engine = compare_runs(one, replace(later, tables={**later.tables, "importance": table}))
    assert set(engine.tidy()["kind"]) == {"score"}
    assert any("regression engine in 2026-Q2, linear model, bayes engine" in reason for reason in engine.not_comparable)
    alone = compare_runs(one, replace(later, tables={"scores": later.tables["scores"].iloc[:1]}))
    assert "Only 2026-Q2 has scores of nps (nps)." in alone.not_comparable


def test_other_settings_are_told_and_levels_are_turned_into_errors() -> None:
    one, two = made("2026-Q2"), made("2026-Q3", level=0.8, definition_sha256="e", labels={"y": "Overall", "a": "Speed"})
    found = compare_runs(one, two)
    z80 = 1.2815515655446004
    assert row(found, "slope", "a")["std_error"] == pytest.approx(np.hypot(0.05 / Z90, 0.05 / z80))
    told = " ".join(found.settings)
    assert "90 % and 80 %" in told and "definition" in told and "Other words for `y`" in told
    ax = found.plot()
    assert len(ax.get_lines()) > 3
    with pytest.raises(InputError, match="nothing to draw"):
        compare_runs(one, one).plot()


def test_the_command_reads_folders_and_prints_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from typer.testing import CliRunner

    from drivers.cli.app import app

    for name, run in (("a", made("2026-Q2")), ("b", made("2026-Q3", shift=0.06))):
        (tmp_path / name).mkdir()
        tables = {key: json.loads(table.to_json(orient="columns")) for key, table in run.tables.items()}
        tables = {key: {c: list(v.values()) for c, v in columns.items()} for key, columns in tables.items()}
        whole = {"format": "drivers run, 1", "facts": run.facts, "findings": [], "tables": tables}
        (tmp_path / name / "run.json").write_text(json.dumps(whole))
    back = read_run(tmp_path / "a")
    pd.testing.assert_frame_equal(back.tables["scores"], made("2026-Q2").tables["scores"])
    done = CliRunner().invoke(app, ["compare", str(tmp_path / "a"), str(tmp_path / "b" / "run.json"), "--json"])
    found = json.loads(done.stdout)
    assert done.exit_code == 0 and found["before"] == "2026-Q2" and len(found["changes"]) == 7
    share = next(one for one in found["changes"] if one["kind"] == "share" and one["item"] == "b")
    assert share["p_up"] is None and share["change"] == 0
    assert CliRunner().invoke(app, ["compare", str(tmp_path / "a"), str(tmp_path / "c")]).exit_code == 2
