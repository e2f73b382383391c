"""The chapter on diagnostics: every number of its sentences and tables against the model it speaks of."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.defaults import HEAVY_MISFIT, MISFIT
from drivers.fit.bayes.predictive import REPLICATIONS
from drivers.fit.bayes.priors import CovariancePrior
from drivers.importance.compute import importance
from drivers.report.chapters import diagnostics as chapter
from drivers.report.content import Figure, Paragraph, Table
from drivers.report.diagnostics_checks import checks, verdict
from drivers.report.diagnostics_figures import bars_to_show, foretold_figure
from drivers.report.lead import lead_fit
from drivers.report.words import spelled

DRAWS = 500


def people(n: int = 900, bend: float = 0.0, seed: int = 5) -> pd.DataFrame:
    """Return answers to two drivers; the outcome is measured, so that a linear model can be right about it."""
    rng = np.random.default_rng(seed)
    x = np.clip(np.rint(rng.multivariate_normal([3.2, 3.0], [[1.2, 0.4], [0.4, 1.2]], n)), 1, 5)
    y = 2 + 0.8 * x[:, 0] + 0.3 * x[:, 1] + bend * (x[:, 0] - 3) ** 2 + rng.normal(size=n)
    return pd.DataFrame({"speed": x[:, 0], "price": x[:, 1], "y": y})


def contexts(table: pd.DataFrame) -> Any:
    answers = dr.read(table, drivers=["speed", "price"], outcome="y")
    lead = lead_fit(answers, "y", DRAWS, 3)
    beside = dr.fit(answers, "y", draws=DRAWS, seed=3)
    return SimpleNamespace(
        lead=lead, importance=importance(lead), beside=beside, no_beside="", survey=answers.survey, outcome="y",
        draws=DRAWS, seed=3,
    )


@pytest.fixture(scope="module")
def right() -> tuple[Any, chapter.Diagnostics]:
    context = contexts(people())
    return context, chapter.compute(context, lambda text: None)


@pytest.fixture(scope="module")
def bent() -> tuple[Any, chapter.Diagnostics]:
    table = people(bend=0.5)
    table.loc[np.random.default_rng(1).random(len(table)) < 0.1, "price"] = np.nan
    context = contexts(table)
    return context, chapter.compute(context, lambda text: None)


def of(found: tuple[Any, chapter.Diagnostics], kind: type) -> list[Any]:
    (section,) = chapter.sections(*found)
    return [block for block in section.blocks if isinstance(block, kind)]


def test_a_right_model_passes_every_check_and_the_sentence_counts_them(right: tuple[Any, Any]) -> None:
    rows = right[1].checks
    judged = rows["verdict"].isin(["passes", "look"])
    assert rows["reading"].eq("").all(), "nothing is read into a check that passes"
    told = dr.diagnose(right[0].lead, 3).tidy()
    assert judged.sum() == len(told) + 2 and rows.loc[judged, "verdict"].eq("passes").all()  # and the regression
    first = of(right, Paragraph)[0]
    assert first.text == (
        f"Nothing speaks against the model behind the shares and slopes: it passes all {spelled(judged.sum())} checks."
    )
    assert not first.caution and chapter.findings(*right) == ()


def test_every_check_of_the_diagnosis_stands_in_the_table_with_its_number(right: tuple[Any, Any]) -> None:
    context, found = right
    (table,) = of(right, Table)
    shown = {row[0]: row for row in table.rows}
    told = dr.diagnose(context.lead, 3).tidy()
    assert len(table.rows) == len(found.checks) == len(told) + 1 + 2  # what does not apply, and the regression
    for row in told.itertuples():
        cell = next(cells for name, cells in shown.items() if name.endswith(row.check.replace("R2", "R²")))
        assert cell[2].value == pytest.approx(row.value) and cell[3] == row.limit and cell[1] == "passes"
    assert [row[1] for row in table.rows if row[2] is None] == ["does not apply: independent draws, no chain"]
    assert shown[f"Regression: bootstrap draws that could not be fitted, of {DRAWS}"][2].value == 0
    assert table.notes[0] == (
        f"Checked on {DRAWS} draws of the posterior; foretold are {REPLICATIONS} surveys of the 900 respondents, of "
        "900, who answered everything."
    )


def test_a_bent_line_asks_for_a_look_with_the_means_behind_it(bent: tuple[Any, Any]) -> None:
    context, found = bent
    failed = found.checks[found.checks["verdict"] == "look"]
    (row,) = failed.itertuples()
    assert row.part == "prediction" and "means by speed" in row.check
    words = [block.text for block in of(bent, Paragraph)]
    judged = int(found.checks["verdict"].isin(["passes", "look"]).sum())
    assert judged == len(found.diagnosis.checks) + 3  # imputation and the regression are judged too
    assert words[0] == (
        f"One of {spelled(judged)} checks asks for a look before the shares and slopes are used; the others pass."
    )
    means = found.diagnosis.predictive.means
    worst = means[(means["column"] == "speed") & means["misfit"]].sort_values("off", key=abs).iloc[-1]
    assert words[1].startswith(
        f"Means do not follow speed in a straight line: where it is {worst['group']}, the mean is "
        f"{worst['observed']:.2f}, foretold {worst['foretold']:.2f}."
    )
    lost = context.lead.missing.fmi[:2]
    (told,) = found.checks[found.checks["verdict"] == "for information"].itertuples()
    assert told.value == lost.max() and told.check.endswith(["speed", "price"][int(lost.argmax())])
    complete = int(people().shape[0] - context.lead.cells.n[np.isnan(context.lead.cells.values).any(axis=1)].sum())
    assert f"surveys of the {complete} respondents, of 900, who answered everything" in of(bent, Table)[0].notes[0]


def test_a_regression_that_says_otherwise_is_named(right: tuple[Any, Any]) -> None:
    context, found = right
    other = replace(context.importance, estimate=context.importance.estimate + np.array([0.2, 0.0]))
    rows = checks(found.diagnosis, context.lead, context.beside, (context.importance, other))
    (row,) = rows[rows["verdict"] == "look"].itertuples()
    assert row.value == 1 and row.reading == (
        "The regression's share lies outside the posterior's interval for speed."
    )
    failing = replace(context.beside, diagnostics={**context.beside.diagnostics, "failed_draws": 3})
    rows = checks(found.diagnosis, context.lead, failing, (context.importance, context.importance))
    assert "3 of 500 bootstrap draws could not be fitted" in rows[rows["verdict"] == "look"]["reading"].iloc[0]
    assert verdict(rows, found.diagnosis)[1] == {"checks": len(found.diagnosis.checks) + 2.0, "failed": 1.0}


def test_a_prior_that_foretells_nothing_is_said_to(right: tuple[Any, Any]) -> None:
    context, _ = right
    flat = dr.fit(people(), "y", ["speed", "price"], engine="bayes", draws=DRAWS, prior=CovariancePrior())
    rows = checks(dr.diagnose(flat), flat, context.beside, (context.importance, context.importance))
    (row,) = rows[(rows["part"] == "prior") & (rows["verdict"] == "does not apply")].itertuples()
    assert row.limit == "this prior foretells nothing" and np.isnan(row.value)


def test_a_model_not_to_be_used_is_said_on_the_first_screen(right: tuple[Any, Any]) -> None:
    context, found = right
    bad = replace(found, diagnosis=replace(found.diagnosis, verdict="do not use"))
    (finding,) = chapter.findings(context, bad)
    assert finding.caution and finding.text.startswith("Do not use the shares and slopes of this report yet")
    assert of((context, bad), Paragraph)[0].caution


def test_where_a_regression_leads_that_is_said_and_its_draws_are_counted(right: tuple[Any, Any]) -> None:
    context, _ = right
    alone = SimpleNamespace(**{**vars(context), "lead": context.beside, "beside": None})
    alone.importance = importance(context.beside)
    found = chapter.compute(alone, lambda text: None)
    assert found.diagnosis is None and list(found.checks["part"]) == ["regression"]
    assert of((alone, found), Paragraph)[0].text.startswith("No posterior stands behind this report")
    assert of((alone, found), Figure) == [] and set(chapter.tidy(alone, found)) == {"diagnostics"}


def test_figures_say_what_they_show(right: tuple[Any, Any]) -> None:
    _, found = right
    (foretold,) = of(right, Figure)
    bars = bars_to_show(found.diagnosis)
    for row in bars.itertuples():
        assert f"{row.category}: {row.observed:.0%} observed".replace("%", " %") in foretold.alt
    assert bars["observed"].sum() == pytest.approx(1) and bars["n"].sum() == 900
    (section,) = chapter.sections(*right)
    (part,) = section.sections
    drawn = part.blocks[1]
    explained = found.learnt.tidy().set_index("quantity").loc["r2"]
    assert f"{explained['median']:.0%}".replace("%", " %") in drawn.alt
    assert drawn.says.startswith("The answers, not what was taken for granted")
    assert set(chapter.tidy(*right)) == {"diagnostics", "diagnostics_foretold", "diagnostics_prior"}


def test_a_category_of_few_is_shown_nowhere_nor_the_one_it_could_be_told_from() -> None:
    rng = np.random.default_rng(2)
    x = rng.integers(1, 6, 400)
    y = np.clip(x + rng.integers(-1, 2, 400), 2, 5)
    y[:3] = 1
    fit = dr.fit(pd.DataFrame({"a": x, "y": y}), "y", ["a"], engine="bayes", draws=DRAWS, model="ordinal")
    bars = bars_to_show(dr.diagnose(fit))
    hidden = bars["observed"].isna()
    assert bars.loc[hidden, "category"].iloc[0] == "1" and hidden.sum() == 2
    assert bars.loc[hidden, ["n", "foretold", "off"]].isna().all(axis=None)
    shown = foretold_figure(dr.diagnose(fit), bars)
    assert not shown.alt.split("foretells: ")[1].startswith("1:")
    assert shown.alt.count(" observed") == len(bars) - 2


def test_crosses_on_a_linear_model_are_explained(made_linear: Any) -> None:
    _, found = made_linear
    bars = bars_to_show(found.diagnosis)
    crossed = int(bars["misfit"].sum())
    assert crossed and not found.checks.loc[found.checks["verdict"] == "look", "check"].str.contains("shares of").any()
    (text,) = [block.text for block in of(made_linear, Paragraph) if "by rounding" in block.text]
    assert f"{crossed} share" in text and f"{MISFIT:.0%}".replace("%", " %") in text
    assert bars.loc[bars["misfit"], "off"].abs().between(MISFIT, HEAVY_MISFIT).all()


@pytest.fixture(scope="module")
def made_linear() -> tuple[Any, Any]:
    """A skewed scale of five points: a linear model foretells one answer wrong, though not by much."""
    table = people()
    table["y"] = np.digitize(table["y"], np.quantile(table["y"], [0.08, 0.2, 0.34, 0.7])) + 1
    context = contexts(table)
    return context, chapter.compute(context, lambda text: None)


def test_chains_have_their_own_checks() -> None:
    find: Callable[..., Any] = checks
    told = pd.DataFrame({
        "part": ["draws", "prior", "prior"], "check": ["largest R-hat", "largest sensitivity to the prior",
                                                       "R2 found: p under the prior"],
        "value": [1.002, 0.01, 0.4], "limit": ["below 1.01", "up to 0.05", "0.01 up"], "passed": [True] * 3,
        "reading": [""] * 3,
    })  # fmt: skip
    lead = SimpleNamespace(diagnostics={}, missing=None)
    rows = find(SimpleNamespace(checks=told, method="nuts", sensitivity=object()), lead, None, ())
    assert list(rows["verdict"]) == ["passes"] * 3
