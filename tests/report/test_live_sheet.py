"""The what-if of the workbook, worked out by a spreadsheet: the numbers Python gives for the step typed in."""

import io
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from drivers.report.content import Playable, Report, Section
from drivers.report.writers.html_panel import MEASURES
from drivers.report.writers.live_sheet import DRAWS, FIRST, group_labels
from drivers.report.writers.xlsx import xlsx
from drivers.scenario.panel import Panel, thinned
from tests.report.test_panel_page import EVIL, made

SAME = 1e-8
"""Both work in double precision; Python reads a table that is right to 6e-10 of NPS's 200 points."""

TOLD = FIRST + 3 + 3
"""First row of the answers, counted from 1, with three drivers."""


def workbook(panel: Panel, title: str = "Try it") -> bytes:
    play = Playable(key="p", title=title, panel=panel, note="", instead="")
    section = Section(key="what-if", title="What if", blocks=(play,))
    return xlsx(Report(title="t", subtitle="s", tiles=(), findings=(), sections=(section,), provenance=()))


def expected(panel: Panel, moves: dict[str, float], group: str) -> np.ndarray:
    rows = []
    for played in panel.outcomes:
        ends = panel.answer(played.name, moves, group).ends()
        rows += [MEASURES[name][1] * row for name, row in zip(played.measures, ends, strict=True)]
    return np.array(rows)


def told(sheet: Any, rows: int) -> np.ndarray:
    return np.array([[sheet.cell(TOLD + k, column).value for column in range(2, 9)] for k in range(rows)])


@pytest.mark.parametrize(("moves", "group"), [((-0.7, 2.5, 1), 1), ((9, 60, 9), 0)])
def test_a_spreadsheet_works_out_what_python_does(tmp_path: Path, moves: tuple[float, ...], group: int) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("no LibreOffice on this machine to work the formulas out: apt-get install libreoffice-calc")
    panel = made()
    book = openpyxl.load_workbook(io.BytesIO(workbook(panel)))  # openpyxl keeps formulas and drops their results
    book["What if"]["B4"] = group_labels(panel)[group]
    for j, by in enumerate(moves):
        book["What if"].cell(FIRST + 1 + j, 2).value = by
    book.save(tmp_path / "asked.xlsx")
    subprocess.run(
        [office, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to",
         "xlsx:Calc MS Excel 2007 XML", "--outdir", str(tmp_path / "out"), str(tmp_path / "asked.xlsx")],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    sheet = openpyxl.load_workbook(tmp_path / "out" / "asked.xlsx", data_only=True)["What if"]
    asked = {f"d{j}": float(by) for j, by in enumerate(moves)}
    wanted = expected(panel, asked, panel.groups[group].name)
    np.testing.assert_allclose(told(sheet, len(wanted)), wanted, atol=SAME, rtol=0)
    possible = [sheet.cell(FIRST + 1 + j, 3).value for j in range(3)]
    np.testing.assert_allclose(
        possible, [panel.possible(name, by, panel.groups[group].name) for name, by in asked.items()], atol=SAME
    )


def test_before_anything_is_typed_the_sheet_shows_today() -> None:
    panel = made()
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(panel)), data_only=True)["What if"]
    np.testing.assert_allclose(told(sheet, 4), expected(panel, {}, "all"), atol=SAME)
    assert [sheet.cell(FIRST + 1 + j, 2).value for j in range(3)] == [0, 0, 0]


def test_labels_are_no_part_of_any_formula() -> None:
    panel = made((EVIL, "=1+1", "+cmd|' /C calc'!A0"))
    panel = replace(panel, groups=(panel.groups[0], replace(panel.groups[1], label='=HYPERLINK("x")')))
    book = openpyxl.load_workbook(io.BytesIO(workbook(panel, "=1+1")))
    formulas = [
        cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"
    ]  # fmt: skip
    assert len(formulas) > 1000
    assert not any(part in one for one in formulas for part in ("HYPERLINK", "cmd", "1+1", "script"))
    assert book["What if"]["A1"].value == "=1+1" and book["What if"]["A1"].data_type == "s"


def test_a_workbook_holds_fewer_draws_than_a_page() -> None:
    panel = made()
    many = replace(
        panel, groups=tuple(replace(one, tilt=np.tile(one.tilt, (4, 1))) for one in panel.groups),
        outcomes=tuple(
            replace(one, surface=one.surface.rows(np.tile(np.arange(panel.draws), 4))) for one in panel.outcomes
        ),
    )  # fmt: skip
    few = thinned(many, DRAWS)
    assert few.draws == DRAWS and {len(group.tilt) for group in few.groups} == {DRAWS}
    assert thinned(panel, DRAWS) is panel
