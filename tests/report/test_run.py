"""From answers to a page on disk: small bases hidden, nobody recognisable, the same bytes again, all or nothing."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from drivers.defaults import MIN_BASE_CELL, MIN_BASE_MODEL, MOST_GROUPS
from drivers.errors import InputError, SurveyError
from drivers.read.source import read
from drivers.report import run, save
from drivers.report.content import Cell, Estimate, Figure, Hidden, Number, Paragraph, Report, Section, Table
from drivers.report.score_tables import WHY_WITHHELD, WITHHELD
from drivers.survey.answers import Answers
from drivers.survey.schema import Survey

DRAWS = 100
GROUPS = {"north": 190, "south": 187, "island": MIN_BASE_MODEL - 5, "ship": MIN_BASE_CELL - 2}


@pytest.fixture(scope="module")
def survey() -> Survey:
    return Survey.model_validate({
        "title": "Small visits", "drivers": ["speed", "value"], "outcomes": ["satisfaction", "recommend"],
        "scale": [1, 5], "not_applicable": [8], "wave": "quarter", "segments": ["place"], "id": "who", "weight": "w",
        "items": {"speed": {"label": "Speed of <b>service</b>"},
                  "recommend": {"scale": [0, 10], "score": "nps", "not_applicable": []}},
    })  # fmt: skip


@pytest.fixture(scope="module")
def answers(survey: Survey) -> Answers:
    n, rng = sum(GROUPS.values()), np.random.default_rng(5)
    speed, value = rng.integers(1, 6, n), rng.integers(1, 6, n)
    mood = 0.5 * speed + 0.3 * value + rng.normal(0, 0.8, n)
    table = pd.DataFrame({
        "who": [f"RESPONDENT-{i:04d}" for i in range(n)], "quarter": np.where(np.arange(n) % 2, "2026-Q1", "2026-Q2"),
        "place": np.repeat(list(GROUPS), list(GROUPS.values())), "w": rng.uniform(0.5, 2, n).round(3),
        "speed": np.where(rng.random(n) < 0.1, 8, speed), "value": value,
        "satisfaction": np.clip(np.round(mood + 0.6), 1, 5).astype(int),
        "recommend": np.clip(np.round(2 * mood + 1), 0, 10).astype(int),
    })  # fmt: skip
    return read(table, survey)


@pytest.fixture(scope="module")
def content(survey: Survey, answers: Answers) -> Report:
    return run.build(survey, answers, draws=DRAWS)


@pytest.fixture(autouse=True)
def fixed_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")


def blocks(sections: tuple[Section, ...]) -> Iterator[object]:
    for section in sections:
        yield from section.blocks
        yield from blocks(section.sections)


def table(report: Report, key: str) -> Table:
    return next(block for block in blocks(report.sections) if isinstance(block, Table) and block.key == key)


def row(found: Table, name: str) -> tuple[Cell, ...]:
    return next(cells for cells in found.rows if cells[0] == name)


def test_the_findings_hold_the_headline(content: Report) -> None:
    keys = [finding.key for finding in content.findings]
    assert keys[:3] == ["fix_first", "first", "explained"]
    assert {"slope_speed", "slope_value", "score_satisfaction", "waves_satisfaction"} <= set(keys)
    first = content.findings[1]
    assert first.numbers["p_first"] > 0.99 and first.text.startswith("Speed of <b>service</b> very likely goes")
    assert [section.key for section in content.sections] == [
        "importance", "slopes", "order", "priorities", "what-if", "segments", "waves", "scores", "next-quarter",
        "quality", "diagnostics", "method",
    ]  # fmt: skip


def test_small_bases_are_hidden_with_their_size(content: Report) -> None:
    scores, slopes = table(content, "scores_by_place"), table(content, "segments_place_1")
    assert all(isinstance(cell, Hidden) for cell in row(scores, "ship")[1:]), "neither score nor base"
    assert set(row(scores, "island")[1:]) == {WITHHELD}, "else the ship were the total less all the others"
    assert isinstance(row(scores, "south")[1], Estimate) and WHY_WITHHELD in scores.notes
    column = {name: place for place, name in enumerate(slopes.columns)}
    base, speed = row(slopes, "Respondents"), row(slopes, "Speed of <b>service</b>")
    assert base[column["ship"]] == Hidden(why=f"fewer than {MIN_BASE_CELL}")
    assert base[column["island"]] == WITHHELD and WHY_WITHHELD in slopes.notes
    assert speed[column["ship"]] == speed[column["island"]] == Hidden(why=f"base under {MIN_BASE_MODEL}")
    assert isinstance(speed[column["north"]], Estimate)
    assert any("2 segments have fewer than 25 respondents" in note for note in slopes.notes)


def test_missing_answers_are_counted_by_reason(content: Report, answers: Answers) -> None:
    found = table(content, "missing")
    assert found.columns == ("Question", "Answered", "Not applicable", "Missing")
    codes = answers.frame.lazy().collect().to_pandas()["speed"].astype(float)
    numbers = [cell.value for cell in row(found, "Speed of <b>service</b>")[1:] if isinstance(cell, Number)]
    assert numbers == [(codes != 8).sum(), (codes == 8).sum(), pytest.approx((codes == 8).mean())]


def test_every_figure_and_sentence_is_about_the_numbers(content: Report) -> None:
    figures = [block for block in blocks(content.sections) if isinstance(block, Figure)]
    assert [figure.key for figure in figures] == [
        "figure-importance", "figure-ranks", "figure-slope-share", "figure-priorities", "figure-what-if",
        "figure-segments-place", "figure-waves-satisfaction", "figure-waves-recommend", "figure-slopes-by-wave",
        "figure-why-previous", "figure-foretold", "figure-learnt",
    ]  # fmt: skip
    assert all(len(figure.alt) > 60 for figure in figures)


def test_a_wave_restricts_everything_but_the_trend(survey: Survey, answers: Answers) -> None:
    one = run.build(survey, answers, wave="2026-Q1", draws=DRAWS)
    half = sum(GROUPS.values()) // 2
    assert f"{half} respondents" in one.subtitle and "quarter 2026-Q1" in one.subtitle
    assert len(table(one, "scores_by_quarter").rows) == 2
    assert dict(one.provenance)["Rows of wave 2026-Q1"] == str(half)
    said = next(finding.text for finding in one.findings if finding.key == "waves_satisfaction")
    assert "in 2026-Q1, one of two waves" in said
    read_part = row(table(one, "usage"), "Respondents read")[1]
    assert read_part == Number(value=half, unit="count")


def test_unknown_names_are_refused_with_the_nearest(survey: Survey, answers: Answers, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"No answers for wave `2026-Q7` \(did you mean `2026-Q[12]`\?\)"):
        run.report(survey, answers, tmp_path, wave="2026-Q7", draws=DRAWS, quiet=True)
    with pytest.raises(SurveyError, match=r"did you mean `recommend`"):
        run.report(survey, answers, tmp_path, outcome="recomend", draws=DRAWS, quiet=True)
    with pytest.raises(SurveyError, match=r"another definition: it differs in `value`"):
        run.build(survey.replace(drivers=["speed"]), answers, draws=DRAWS)
    assert not list(tmp_path.iterdir())


def test_the_page_names_nobody_and_is_the_same_twice(
    survey: Survey, answers: Answers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = run.report(survey, answers, tmp_path / "a", draws=DRAWS, quiet=True).first
    assert capsys.readouterr() == ("", "")
    again = run.report(survey, answers, tmp_path / "b" / "page.html", draws=DRAWS).first
    said = capsys.readouterr()
    assert said.out == "" and "scores" in said.err and "writing report.html" in said.err
    assert (first.name, again.name) == ("report.html", "page.html")
    assert first.read_bytes() == again.read_bytes()
    text = first.read_text(encoding="utf-8")
    assert "RESPONDENT-" not in text and "<b>service" not in text
    assert "1 January 2026" in text and survey.sha256 in text
    assert not re.search(r"\bnan\b", text), "no number that is not one"


def test_a_failure_leaves_nothing_half_written(
    survey: Survey, answers: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "report.html").write_text("last quarter")

    def interrupted(source: object, target: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(save.os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save.save(tmp_path / "report.html", "this quarter")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text() == "last quarter"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"folder `.*file/reports` cannot be made"):
        save.file_paths(tmp_path / "file" / "reports", {"html": "report.html"})


def test_the_day_is_fixed_by_source_date_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run.report_date().isoformat() == "2026-01-01"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(InputError, match=r"SOURCE_DATE_EPOCH is 'yesterday'"):
        run.report_date()


def test_the_sample_survey_is_found(root: Path) -> None:
    assert run.sample_folder() == root / "data"


def test_a_refused_report_makes_no_folder(survey: Survey, answers: Answers, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No answers for wave"):
        run.report(survey, answers, tmp_path / "new" / "pages", wave="2026-Q7", draws=DRAWS, quiet=True)
    assert not (tmp_path / "new").exists()


def test_the_cross_check_says_it_rests_on_complete_answers(content: Report, answers: Answers) -> None:
    codes = answers.frame.lazy().collect().to_pandas()["speed"].astype(float)
    (note,) = table(content, "models").notes
    assert f"a check only, without intervals: it uses the {(codes != 8).sum()} respondents with complete" in note


def test_what_not_applicable_was_taken_for_stands_by_the_shares(content: Report) -> None:
    section = next(section for section in content.sections if section.key == "importance")
    cautions = [block.text for block in section.blocks if isinstance(block, Paragraph) and block.caution]
    assert any("describes everybody as if every driver applied" in text for text in cautions)
    quality = next(section for section in content.sections if section.key == "quality")
    assert any(isinstance(block, Paragraph) and "missing at random" in block.text for block in quality.blocks)


def test_too_many_waves_are_named_and_left_out(survey: Survey, answers: Answers) -> None:
    frame = answers.frame.lazy().collect().to_pandas()
    many = read(frame.assign(quarter=[f"W{i % (MOST_GROUPS + 1)}" for i in range(len(frame))]), survey)
    one = run.build(survey, many, draws=DRAWS)
    section = next(section for section in one.sections if section.key == "waves")
    (block,) = section.blocks
    assert isinstance(block, Paragraph)
    assert block.text == f"quarter has {MOST_GROUPS + 1} waves, too many to show; merge some."
    assert not any(finding.key.startswith("waves") for finding in one.findings)
