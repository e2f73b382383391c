"""Self-service kiosks, 24 pairs of expectation and perception: one definition and one command give the gap chapter."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import drivers as dr
from drivers.cli.app import app
from drivers.report.chapter import Context
from drivers.report.chapters import two_outcomes
from drivers.report.chapters.gap import CHAPTER
from drivers.report.content import Figure, Paragraph, Table
from drivers.report.words import quoted_label, spelled

SIX, ALL = (1, 5, 9, 13, 17, 21), tuple(range(1, 25))
ROUNDING = 1e-12


def definition(folder: Path, shared: Path, items: tuple[int, ...]) -> Path:
    """Write the definition of the survey with these pairs, and its data beside it."""
    shutil.copy(shared / "data" / "kiosk_servqual.csv", folder)
    names = ", ".join(f'"p{k:02d}"' for k in items)
    pairs = "\n".join(f'p{k:02d} = "e{k:02d}"' for k in items)
    path = folder / "kiosks.toml"
    path.write_text(
        f'title = "Kiosks"\ndata = "kiosk_servqual.csv"\nscale = [1, 7]\ndrivers = [{names}]\n'
        f'outcomes = ["sat_overall"]\n\n[items.sat_overall]\nlabel = "Overall satisfaction"\nscale = [1, 5]\n\n'
        f"[expectations]\n{pairs}\n", encoding="utf-8",
    )  # fmt: skip
    return path


def chapter(path: Path, draws: int = 60):
    survey = dr.Survey.from_toml(path)
    answers = dr.read(survey=survey)
    lead = dr.fit(answers, "sat_overall", draws=draws)
    context = Context(
        survey=survey, answers=answers, every=answers, wave=None, outcomes=("sat_overall",), level=0.9, seed=1,
        draws=draws, lead=lead, importance=dr.importance(lead), groups={}, waves=0,
    )  # fmt: skip
    found = CHAPTER.compute(context, lambda _: None)
    return context, found, CHAPTER.sections(context, found)


def check(path: Path, shared: Path, items: tuple[int, ...]) -> None:
    context, found, (section,) = chapter(path)
    raw = pd.read_csv(shared / "data" / "kiosk_servqual.csv")
    gaps = pd.DataFrame({f"p{k:02d}": raw[f"p{k:02d}"] - raw[f"e{k:02d}"] for k in items})
    rows = found.scores.drivers().set_index("driver")
    np.testing.assert_allclose(rows["gap"], gaps.mean()[rows.index], atol=ROUNDING)
    assert section.title == "Expectation gap"
    first = section.blocks[0].text
    short, worst = int((rows["high"] < 0).sum()), rows["gap"].idxmin()
    assert short > 0
    assert first.lower().startswith(f"{spelled(short)} of {len(items)} fall short of what was expected")
    assert f"Furthest short is {quoted_label(worst)}, by {-rows['gap'].min():.2f} points" in first
    table = next(block for block in section.blocks if isinstance(block, Table))
    assert [row[3].value for row in table.rows[: len(items)]] == rows["gap"].tolist()
    figure = next(block for block in section.blocks if isinstance(block, Figure))
    for name, row in rows.iterrows():
        assert f"{name}: perceived {row['perceived']:.2f}, expected {row['expected']:.2f}" in figure.alt
    titles = [part.title for part in section.sections]
    assert titles[0] == "Which drivers go with the gap"
    beside = two_outcomes.CHAPTER.compute(context, lambda _: None)
    (apart,) = two_outcomes.CHAPTER.sections(context, beside)
    assert [type(block) for block in apart.blocks] == [Paragraph, Figure, Table]
    assert apart.blocks[0].text == two_outcomes.CHAPTER.findings(context, beside)[0].text
    assert len(found.joint.tidy()) == len(items)
    assert {"gap_scores", "gap_joint"} <= set(CHAPTER.tidy(context, found))
    assert set(two_outcomes.CHAPTER.tidy(context, beside)) == {"gap_compare"}


def test_six_pairs_give_the_chapter(tmp_path, shared):
    check(definition(tmp_path, shared, SIX), shared, SIX)


@pytest.mark.slow
def test_all_24_pairs_give_the_chapter(tmp_path, shared):
    check(definition(tmp_path, shared, ALL), shared, ALL)


def test_the_command_says_which_fall_short(tmp_path, shared):
    path = definition(tmp_path, shared, SIX)
    seen = CliRunner().invoke(app, ["gap", str(path), "--parts", "scores,joint,compare", "--draws", "100"])
    assert seen.exit_code == 0, seen.stderr
    for words in ("Kiosks: perceived against expected", "Drivers of the gap", "Shares of variance"):
        assert words in seen.stdout
    rows = dr.gap_scores(dr.read(survey=dr.Survey.from_toml(path))).tidy()
    assert f"{rows['gap'].iloc[0]:+.2f}" in seen.stdout
