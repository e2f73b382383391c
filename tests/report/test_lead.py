"""What a report leads with: a posterior, the regression beside it, and the regression alone where it must be."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import drivers.report.lead as lead
from drivers.errors import ConvergenceError
from drivers.importance.compute import importance
from drivers.read.source import read
from drivers.report.importance_tables import engines_table
from drivers.report.method import method_paragraphs


@pytest.fixture(scope="module")
def answers() -> object:
    rng = np.random.default_rng(4)
    x = rng.integers(1, 6, (300, 2))
    y = np.clip(x[:, 0] + rng.integers(-1, 2, 300), 1, 5)
    return read(pd.DataFrame({"speed": x[:, 0], "price": x[:, 1], "y": y}), drivers=["speed", "price"], outcome="y")


def test_a_posterior_leads(answers: object) -> None:
    found = lead.lead_fit(answers, "y", 200, 1)
    assert found.spec.engine == "bayes"
    assert not any(note.startswith(lead.INSTEAD) for note in found.notes)
    text = " ".join(block.text for block in method_paragraphs(importance(found), weighted=False))
    assert "was drawn 200 times (a posterior)" in text and "part of draws in which it came first" in text


def test_where_it_is_refused_the_regression_leads_and_says_so(
    answers: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain: Callable = lead.fit

    def refuse(*given: object, **named: object) -> object:
        if named.get("engine") == "bayes":
            raise ConvergenceError("the mode was not found")
        return plain(*given, **named)

    monkeypatch.setattr(lead, "fit", refuse)
    found = lead.lead_fit(answers, "y", 200, 1)
    assert found.spec.engine == "regression"
    assert found.notes[0] == f"{lead.INSTEAD}the mode was not found"


def test_both_engines_stand_side_by_side(answers: object) -> None:
    first = importance(lead.lead_fit(answers, "y", 400, 1))
    second = importance(lead.fit(answers, "y", draws=400, seed=1))
    table = engines_table(first, second)
    assert [row[0] for row in table.rows] == ["speed", "price"]
    for row, at in zip(table.rows, (0, 1), strict=True):
        for imp, cells in ((first, row[1:3]), (second, row[3:5])):
            said = imp.tidy().iloc[at]
            shown = cells[0].high if said["near_zero"] else cells[0].value
            assert shown == (said["upper"] if said["near_zero"] else said["share"])
            assert cells[1].value == said["p_first"]
    assert table.rows[0][1].value == pytest.approx(table.rows[0][3].value, abs=0.02)


def test_without_a_ranking_nobody_is_first() -> None:
    rng = np.random.default_rng(5)
    noise = pd.DataFrame(rng.integers(1, 6, (200, 3)), columns=["a", "b", "y"])
    imp = importance(lead.fit(noise, "y", ["a", "b"], draws=200))
    assert not imp.rankable
    assert {row[2] for row in engines_table(imp, imp).rows} == {"not ranked"}
