"""Small waves stay hidden among the changes, and what is said of changes is what the numbers say."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.change.result import Change
from drivers.report import change_sentences as said_of
from drivers.report.change_figures import ribbon_figure, slopes_figure, why_figure
from drivers.report.change_tables import changes_table, shares_table, why_table
from drivers.report.chapters.scores import scored_by
from drivers.report.content import Estimate
from drivers.report.score_tables import WITHHELD
from drivers.report.waves_shown import fit_to_show
from tests.cells.made import answers_of, ratings


def waves(sizes: dict[str, int], lift: float = 0.0):
    """Return answers with so many people in each wave; `lift` raises the outcome in the last."""
    tables = [ratings(n, 40 + k).assign(q=wave) for k, (wave, n) in enumerate(sizes.items())]
    tables[-1]["y"] = np.clip(tables[-1]["y"] + (np.arange(len(tables[-1])) % 10 < 10 * lift), 1, 5)
    return answers_of(pd.concat(tables, ignore_index=True), wave="q")


@pytest.fixture(scope="module")
def moved() -> Change:
    answers = waves({"2025-Q1": 300, "2025-Q2": 300, "2025-Q3": 300, "2025-Q4": 300}, lift=0.9)
    return fit_to_show(dr.change(answers), scored_by(answers, "q"))


@pytest.fixture(scope="module")
def still() -> Change:
    answers = waves({"2025-Q1": 150, "2025-Q2": 150, "2025-Q3": 150, "2025-Q4": 150})
    return fit_to_show(dr.change(answers), scored_by(answers, "q"))


@pytest.mark.filterwarnings("ignore::drivers.errors.DriversWarning")
def test_a_small_wave_does_not_follow_from_the_others() -> None:
    answers = waves({"2025-Q1": 3, "2025-Q2": 60, "2025-Q3": 150, "2025-Q4": 150})
    found = fit_to_show(dr.change(answers, against="2025-Q2"), scored_by(answers, "q"))
    hidden = found.by_wave[found.by_wave["wave"].isin(["2025-Q1", "2025-Q2"])]
    assert hidden[["estimate", "low", "high", "n", "n_eff"]].isna().all(axis=None) and not hidden["shown"].any()
    assert found.by_wave.loc[found.by_wave["wave"] == "2025-Q3", "estimate"].notna().all()
    table = found.table
    assert table[["before", "change", "low", "high", "p_change", "n_before"]].isna().all(axis=None)
    assert not table["flag"].any() and found.why == {} == found.shares
    assert said_of.overall(found).text.startswith("Nothing of 2025-Q4 can be compared")
    figure = ribbon_figure(found, "y")
    assert figure.alt.count("not shown") >= 2
    assert not re.search(r"\b(3|60)\b", figure.alt.split("2025-Q3")[0].replace("2025-Q", ""))
    rows = changes_table(found, "2025-Q2", answers.survey).rows
    assert all(row[3] == WITHHELD for row in rows)


@pytest.mark.filterwarnings("ignore::drivers.errors.DriversWarning")
def test_a_wave_too_small_for_a_model_is_not_explained() -> None:
    found = dr.change(waves({"2025-Q1": 150, "2025-Q2": 150, "2025-Q3": 20}))
    assert found.why == {} and any("is not explained: base under 25" in note for note in found.notes)


def test_a_change_that_is_one_is_said_with_its_numbers(moved: Change) -> None:
    row = moved.table[(moved.table["kind"] == "score") & (moved.table["item"] == "y")].iloc[0]
    assert row["flag"]
    found = said_of.headline(moved, "y")
    assert found is not None
    assert found.numbers["change previous"] == row["change"] and found.numbers["p_change previous"] == row["p_change"]
    after, size = f"{100 * row['after']:.0f} % in 2025-Q4", f"+{100 * row['change']:.1f} points"
    assert after in found.text and size in found.text and "very likely a rise" in found.text
    (claim, *_) = said_of.claimed(moved)
    assert claim.text.startswith(f"{row['label']} rose since the wave before (2025-Q3): from ")
    assert "sure enough to be called a change" in said_of.overall(moved).text


def test_no_change_is_called_one_without_a_flag(still: Change) -> None:
    assert not still.table["flag"].any()
    assert said_of.claimed(still) == ()
    assert "none is sure enough to be called a change" in said_of.overall(still).text
    for item in still.table.loc[still.table["kind"] == "score", "item"].unique():
        found = said_of.headline(still, item)
        assert found is not None and ("not sure enough" in found.text or "cannot be told from no change" in found.text)
    fall = still.why["previous"]
    assert said_of.why(fall, "previous", False).text.endswith("so these parts may share out chance.")
    rows = changes_table(still, "previous", dr.Survey(drivers=("a", "b", "c"), outcomes=("y",), scale=(1, 5))).rows
    assert {row[-1] for row in rows} == {"no"}


def test_the_parts_of_a_change_add_up_in_words_and_tables(moved: Change) -> None:
    fall = moved.why["previous"]
    found = said_of.why(fall, "previous", True)
    assert found.numbers["change"] == pytest.approx(
        sum(value for name, value in found.numbers.items() if name != "change"), abs=1e-9
    )
    assert "The largest single part goes with" in found.text or "no drivers" in found.text
    table = why_table(fall, "previous")
    moved_by = {row[0].removeprefix("Ratings moved: "): row[1].value for row in table.rows if "moved: " in row[0]}
    assert sum(moved_by.values()) == pytest.approx(2 * moved_by["all drivers"], abs=1e-9)
    share = shares_table(moved.shares["previous"], "previous")
    for row in share.rows:
        change, *parts = (cell.value for cell in row[3:])
        assert sum(parts) == pytest.approx(change, abs=1e-9)
    said = said_of.share_moved(moved.shares["previous"], "previous")
    most = max(moved.shares["previous"].table.itertuples(), key=lambda row: abs(row.change))
    assert said.numbers["change"] == most.change and str(most.label) in said.text


def test_every_figure_says_its_numbers(moved: Change) -> None:
    figure = ribbon_figure(moved, "y")
    rows = moved.by_wave[(moved.by_wave["kind"] == "score") & (moved.by_wave["item"] == "y")]
    assert figure.chart is not None and figure.chart.values == tuple(rows["estimate"])
    said = [f"{wave}: {100 * value:.0f} %" for wave, value in zip(rows["wave"], rows["estimate"], strict=True)]
    assert all(words in figure.alt for words in said)
    slopes = moved.by_wave[(moved.by_wave["kind"] == "slope") & (moved.by_wave["wave"] == moved.focus)]
    assert all(f"{row.estimate:.2f} in 2025-Q4" in slopes_figure(moved).alt for row in slopes.itertuples())
    why = why_figure(moved.why["previous"], "previous")
    assert why.chart is not None
    assert sum(why.chart.values) == pytest.approx(moved.why["previous"].change, abs=1e-9)


@pytest.mark.parametrize(
    ("p", "flag", "words"),
    [(0.97, True, "very likely a fall (97 %)"), (0.88, False, "likely a fall (88 %) but not sure enough"),
     (0.7, False, "leaning towards a fall (70 %) but not sure enough"), (0.55, False, "cannot be told from no change")],
)  # fmt: skip
def test_the_words_for_a_change_follow_its_probability_and_its_flag(
    moved: Change, p: float, flag: bool, words: str
) -> None:
    row = moved.table[moved.table["kind"] == "score"].iloc[:1].assign(
        p_change=p, flag=flag, direction="down", change=-0.032, low=-0.062, high=-0.001, before=0.723, after=0.692
    )  # fmt: skip
    found = said_of.headline(replace(moved, table=row), "y")
    assert found is not None and words in found.text and "−3.2 points (−6.2 to −0.1)" in found.text
    assert isinstance(changes_table(replace(moved, table=row), "previous", dr.Survey(
        drivers=("a",), outcomes=("y",), scale=(1, 5)
    )).rows[0][3], Estimate)  # fmt: skip


