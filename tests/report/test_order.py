"""How firm the order is: the chapter says what its results say, and keeps off pages it cannot serve."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from drivers.read.source import read
from drivers.report.chapters import order
from drivers.report.content import Report
from drivers.report.run import build


def rated(p: int, n: int = 400, noise: float = 0.7) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    x = np.clip(np.rint(3 + 0.8 * rng.normal(size=(n, 1)) + 0.8 * rng.normal(size=(n, p))), 1, 5)
    y = np.clip(np.rint(x[:, 0] * 0.6 + x[:, 1] * 0.3 + noise * rng.normal(size=n)), 0, 5)
    return pd.DataFrame(np.column_stack([x, y]), columns=[*(f"d{j}" for j in range(p)), "y"])


def page(table: pd.DataFrame) -> Report:
    answers = read(table, drivers=[name for name in table if name != "y"], outcome="y")
    return build(answers.survey, answers, draws=60)


@pytest.fixture(scope="module")
def report() -> Report:
    return page(rated(3))


def test_the_table_has_ranks_letters_effective_n_and_missing_information(report: Report) -> None:
    (section,) = (one for one in report.sections if one.key == "order")
    table = section.blocks[-1]
    assert table.rows[0][0] == "d0"
    assert table.rows[0][1] == "1" and table.rows[0][2] == "a"
    for _, _, _, deff, n_eff, missing in table.rows:
        assert deff.value * n_eff.value == pytest.approx(400)
        assert missing.value == 0
    text = " ".join(block.text for block in section.blocks[:-1])
    assert "d0 explains more than every other driver in all models." in text
    assert "if up to 30 % of every rating is assumed to be one overall impression" in text


def test_tables_of_measures_and_halo_stand_below(report: Report) -> None:
    (section,) = (one for one in report.sections if one.key == "order")
    measures, halo = section.sections[0].blocks
    lmg = next(row for row in measures.rows if row[0].startswith("LMG"))
    assert sum(cell.value for cell in lmg[1:-1]) == pytest.approx(halo.rows[0][-1].value)  # both add up to R2
    assert sum(cell.value for cell in halo.rows[-1][1:-1]) == pytest.approx(1)


def test_one_driver_or_too_little_explained_has_no_such_chapter() -> None:
    for table in (rated(2)[["d0", "y"]], rated(2, n=120, noise=40)):
        assert not [one for one in page(table).sections if one.key == "order"]


def test_many_drivers_get_a_row_each_in_tables_too_wide_for_a_page() -> None:
    (section,) = (one for one in page(rated(9, n=300)).sections if one.key == "order")
    measures, halo = section.sections[0].blocks
    assert [row[0] for row in measures.rows] == [*(f"d{j}" for j in range(9)), "Adds up to"]
    assert measures.columns[:3] == ("Driver", "LMG", "Relative weights")
    assert [row[0] for row in halo.rows][-1] == "Explained together"
    shares = [row[1].value for row in measures.rows[:-1]]
    assert sum(shares) == pytest.approx(halo.rows[-1][1].value)


def test_random_error_and_one_scale_are_told(report: Report) -> None:
    (section,) = (one for one in report.sections if one.key == "order")
    text = " ".join(block.text for block in section.blocks[:-1])
    assert "a reliability of 0.7 to 0.9, the order stays" in text
    assert "Taken as one scale, the 3 ratings have a Cronbach's alpha of 0.7" in text
    halo = section.sections[0].blocks[1]
    assert halo.rows[-1][0] == "reliability 0.7 to 0.9"
    assert sum(cell.value for cell in halo.rows[-1][1:-1]) == pytest.approx(1)
    assert halo.rows[-1][-1].value > halo.rows[0][-1].value  # without random error more is explained


def test_ratings_too_alike_for_random_error_keep_the_rest() -> None:
    table = rated(3)
    table["d2"] = np.where(np.arange(len(table)) % 12, table["d1"], table["d2"])
    (section,) = (one for one in page(table).sections if one.key == "order")
    cautions = [block.text for block in section.blocks if getattr(block, "caution", False)]
    assert any(text.startswith("No random error was assumed: with reliabilities of 0.7 to 0.9") for text in cautions)
    assert len(section.sections[0].blocks) == 2  # the halo is there


def test_a_sign_that_turns_and_pairs_that_change_places_are_said(report: Report) -> None:
    from drivers.fit.run import fit
    from drivers.importance.measure_table import measures

    table = measures(fit(rated(3), "y", ["d0", "d1", "d2"], draws=60))
    turned = replace(table, slope_estimate=-table.slope_estimate * np.array([1, -1, -1]))
    assert "d0: the slope, with the other drivers held equal, points the other way" in order._other_measures(turned)
