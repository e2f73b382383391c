"""The chapters on what-ifs and next quarter's answers: the numbers behind them, and what is left out."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.report import analysis, run
from drivers.report.chapters import next_quarter, what_if
from drivers.report.content import Estimate, Number, Playable, Table
from drivers.report.what_if_words import headline
from drivers.report.writers.html_panel import SCRIPT, data_of
from drivers.scenario.panel_make import DRAWS
from drivers.survey.answers import Answers

MOST_BYTES = 400_000


def visits(n: int = 700, **settings: object) -> Answers:
    """Four ratings with a halo, one of them with gaps; satisfaction 1 to 5 and a likelihood to recommend."""
    rng = np.random.default_rng(9)
    halo = rng.standard_normal((n, 1))
    x = np.clip(np.round(3.5 + 0.7 * halo + 0.9 * rng.standard_normal((n, 4))), 1, 5)
    mood = x @ np.array([0.5, 0.3, 0.2, 0.1]) + rng.normal(0, 0.8, n)
    frame = pd.DataFrame(x, columns=["speed", "quality", "value", "talk"]).assign(
        satisfaction=np.clip(np.round(mood - 0.4), 1, 5), recommend=np.clip(np.round(2.2 * mood - 1), 0, 10),
        channel=rng.choice(["phone", "store"], n), quarter=np.repeat(["2026-Q1", "2026-Q2"], n // 2),
    )  # fmt: skip
    frame.loc[rng.random(n) < 0.08, "speed"] = np.nan
    survey = {
        "drivers": ["speed", "quality", "value", "talk"], "outcomes": ["satisfaction", "recommend"], "scale": [1, 5],
        "segments": ["channel"], "wave": "quarter",
        "items": {"satisfaction": {"score": "top2"}, "recommend": {"scale": [0, 10], "score": "nps"}}, **settings,
    }  # fmt: skip
    return dr.read(frame, dr.Survey.model_validate(survey))


@pytest.fixture(scope="module")
def answers() -> Answers:
    return visits()


@pytest.fixture(scope="module")
def analysed(answers: Answers) -> analysis.Analysis:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis, "CHAPTERS", (what_if.CHAPTER, next_quarter.CHAPTER))
        return analysis.analyse(
            answers.survey, answers, wave=None, outcome=None, seed=5, draws=50, say=lambda words: None
        )


@pytest.fixture
def found(analysed: analysis.Analysis) -> what_if.WhatIfs:
    result = analysed.results["what-if"]
    assert isinstance(result, what_if.WhatIfs)
    return result


def test_steps_are_those_of_the_what_if(answers: Answers, found: what_if.WhatIfs) -> None:
    fit = dr.fit(answers, "satisfaction", model="ordinal", engine="bayes", draws=DRAWS, seed=5,
                 imputations=what_if.IMPUTATIONS)  # fmt: skip
    rows = dr.what_if(fit, dr.shift("quality", 0.5), answers=answers, by="channel").tidy()
    whole = rows[rows["segment"] == "all"].set_index("measure")
    assert [(one.outcome, one.measure) for one in found.sweeps] == [
        ("satisfaction", "top2"), ("satisfaction", "mean"), ("recommend", "mean"), ("recommend", "top2"),
        ("recommend", "nps"),
    ], "the headline outcome's own score first"  # fmt: skip
    for sweep in found.sweeps[:2]:
        row = sweep.tidy().set_index("driver").loc["quality"]
        for name in ("change", "low", "high"):
            assert row[name] == pytest.approx(whole.at[sweep.measure, name], rel=1e-9)


def test_the_headline_names_the_largest_change_and_what_the_scale_gives(found: what_if.WhatIfs) -> None:
    first = found.lead.tidy().iloc[0]
    text = headline(found.lead).text
    assert f"{first['label']} goes with most" in text and "0.5 points better" in text
    assert f"({first['possible']:.2f}".rstrip("0") in text
    assert f"{100 * first['change']:.1f} more in 100 are in the top box of satisfaction" in text
    falling = replace(found.lead, change=-found.lead.change, point=-found.lead.point)
    assert "fewer in 100" in headline(falling).text


def test_tables_and_panel_are_on_the_page_and_small(analysed: analysis.Analysis, found: what_if.WhatIfs) -> None:
    (section,) = what_if.sections(analysed.context, found)
    tables = [block for block in section.blocks if isinstance(block, Table)]
    assert [len(one.columns) for one in tables] == [5, 6] and [len(one.rows) for one in tables] == [4, 4]
    assert all(isinstance(cell, Estimate) for row in tables[1].rows for cell in row[3:])
    play = next(block for block in section.blocks if isinstance(block, Playable))
    assert [group.name for group in play.panel.groups] == ["all", "channel=phone", "channel=store"]
    assert play.panel.draws == DRAWS
    assert len(data_of(play)) + len(SCRIPT) < MOST_BYTES


def test_an_outcome_with_an_empty_point_still_has_its_average(answers: Answers) -> None:
    table = answers.frame.lazy().collect().to_pandas()
    table["satisfaction"] = table["satisfaction"].clip(lower=3)
    thin = dr.read(table, answers.survey)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis, "CHAPTERS", (what_if.CHAPTER,))
        got = analysis.analyse(thin.survey, thin, wave=None, outcome=None, seed=5, draws=50, say=lambda words: None)
    found = got.results["what-if"]
    assert isinstance(found, what_if.WhatIfs)
    assert found.lead.outcome == "recommend" or found.lead.measure == "mean"
    assert any("only its average is told" in note for note in found.notes)
    assert {(one.outcome, one.measure) for one in found.sweeps} >= {("satisfaction", "mean"), ("recommend", "nps")}


def test_controls_keep_the_table_and_leave_the_sliders_out() -> None:
    controlled = visits(400, controls=["channel"], segments=[])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis, "CHAPTERS", (what_if.CHAPTER,))
        patch.setattr("drivers.report.compose.CHAPTERS", (what_if.CHAPTER,))
        report = run.build(controlled.survey, controlled, draws=50)
    blocks = report.sections[0].blocks
    kinds = {type(block) for block in blocks}
    assert Table in kinds and Playable not in kinds
    assert any("no sliders here" in getattr(block, "text", "") for block in blocks)


def test_next_time_needs_what_sample_size_says(answers: Answers, analysed: analysis.Analysis) -> None:
    found = analysed.results["next-quarter"]
    assert isinstance(found, next_quarter.NextQuarter) and found.n == 350, "two waves share 700 answers"
    assert [one.measure for one in found.sizes] == ["top2", "nps", "slope", "slope", "slope", "slope"]
    (section,) = next_quarter.sections(analysed.context, found)
    table = next(block for block in section.blocks if isinstance(block, Table))
    wanted = dr.sample_size(answers, measure="nps", change=5, item="recommend", n=350)
    row = table.rows[1]
    assert row[2] == Number(value=wanted.needed, unit="count")
    assert row[3] == Number(value=wanted.errors(350).power, unit="chance")
    assert isinstance(row[4], Number) and row[4].value == pytest.approx(wanted.detectable)
    text = getattr(section.blocks[0], "text", "")
    assert f"takes {found.sizes[0].needed:,} answers in each. With 350, as now, the chance is" in text
    assert "times too large on average" in text


def test_the_chapters_have_tables_for_the_workbook(analysed: analysis.Analysis, found: what_if.WhatIfs) -> None:
    steps = what_if.tidy(analysed.context, found)["what_if"]
    assert len(steps) == 5 * 4 and {"outcome", "measure", "driver", "asked", "possible", "change", "low"} <= set(steps)
    sizes = next_quarter.tidy
    assert {"measure", "label", "change", "n_needed", "power", "planned"} <= set(
        sizes(analysed.context, analysed.results["next-quarter"])["next_quarter"]
    )
