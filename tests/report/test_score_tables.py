"""Scores by group: one row per group, and one note for those that may not be shown."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest

from drivers.report.content import Estimate, Hidden, Table
from drivers.report.score_tables import TOO_FEW, scores_by_table
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
