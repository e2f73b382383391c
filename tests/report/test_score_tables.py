"""Scores by group: one row per group, and one note for those that may not be shown."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest

from drivers.report.content import Estimate, Hidden, Table
from drivers.report.score_tables import TOO_FEW, scores_by_table, wave_findings
from drivers.survey.schema import Survey


def scored(bases: Mapping[str, int]) -> pd.DataFrame:
    """Return scores of one item by place; a base under 5 is hidden."""
    rows = [
        {"item": "y", "label": "Satisfaction", "measure": "mean", "place": place, "n": n, "n_eff": float(n),
         "shown": n >= 5, **dict.fromkeys(("estimate", "low", "high"), 4.0 if n >= 5 else np.nan)}
        for place, n in bases.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def by_place(made_survey: Callable[..., Survey]) -> Callable[[Mapping[str, int]], Table]:
    return lambda bases: scores_by_table(scored(bases), "place", ("y",), made_survey(1), 0.9)


def test_hidden_groups_are_one_note(by_place) -> None:
    table = by_place({"North": 90, "Ship": 4, "Island": 0, "South": 80, "Rock": 1})
    assert [row[0] for row in table.rows] == ["North", "South"]
    assert table.notes[-1] == "3 groups with fewer than 5 answers are not shown: Island, Rock and Ship."


def test_one_hidden_group_stays_a_row(by_place) -> None:
    table = by_place({"North": 90, "Ship": 4})
    assert [row[0] for row in table.rows] == ["North", "Ship"]
    assert table.rows[1][1:] == (TOO_FEW, TOO_FEW) and isinstance(table.rows[0][1], Estimate)
    assert len(table.notes) == 1


def test_where_all_are_hidden_one_row_says_so(by_place) -> None:
    table = by_place({"Ship": 4, "Rock": 1})
    ((name, *cells),) = table.rows
    assert name == "2 groups" and all(isinstance(cell, Hidden) for cell in cells)
    assert "Rock and Ship" in table.notes[-1]


def test_the_latest_wave_is_named_where_the_names_tell_the_time(made_survey) -> None:
    rows = scored({"W10": 90, "W2": 80, "W9": 70})
    (finding,) = wave_findings(rows, "place", "y", made_survey(1))
    assert "in W10, the latest of three waves" in finding.text


@pytest.mark.parametrize("names", [["31.01.2026", "28.02.2026", "31.12.2025"], ["Jan 2026", "Feb 2026"], [True, False]])
def test_no_wave_is_the_latest_where_the_names_do_not_tell(made_survey, names: list[object]) -> None:
    rows = scored(dict.fromkeys(names, 90))
    (finding,) = wave_findings(rows, "place", "y", made_survey(1))
    assert "by wave: between 4.00 (" in finding.text and "latest" not in finding.text
    (asked,) = wave_findings(rows, "place", "y", made_survey(1), str(names[-1]))
    assert f"in {names[-1]}, one of" in asked.text and "latest" not in asked.text


def test_a_hidden_last_wave_does_not_make_the_one_before_the_latest(made_survey) -> None:
    (finding,) = wave_findings(scored({"2026-Q1": 90, "2026-Q2": 80, "2026-Q3": 3}), "place", "y", made_survey(1))
    assert "in 2026-Q2, one of two waves" in finding.text
