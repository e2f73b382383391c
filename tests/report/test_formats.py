"""Every format says the same, is harmless whatever labels hold, names nobody, and has the same bytes again."""

import html
import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from drivers.defaults import MIN_BASE_CELL
from drivers.errors import InputError, MissingExtraError
from drivers.read.source import read
from drivers.report import formats, run
from drivers.report.clean_text import clean, cleaned
from drivers.report.content import Report, Table
from drivers.report.run_file import read_run, run_json
from drivers.report.tidy_tables import gathered, safe
from drivers.report.writers.slide_deck import cut, headed
from drivers.report.writers.xlsx import sheet_names
from drivers.survey.answers import Answers
from drivers.survey.schema import Survey

DRAWS = 40
FORMULA = "=cmd|'/C calc'!A0"
SCRIPT = "</script><script>alert(1)</script>"
HEBREW = "\u05e9\u05d9\u05e8\u05d5\u05ea \u202eturned"
EMOJI = "Value \U0001f600 #1 $x$ *b* #import \\ @ref"
LONG = "Queue " + "x" * 10_000
FREE_TEXT = "the manager Jane Roe was rude"


@pytest.fixture(scope="module", autouse=True)
def fixed_day() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1767225600")
        yield


@pytest.fixture(scope="module")
def answers() -> Answers:
    rng, n = np.random.default_rng(11), 400
    drivers = rng.integers(1, 6, (n, 4))
    table = pd.DataFrame(drivers, columns=["speed", "value", "staff", "queue"]).assign(
        satisfaction=np.clip(np.round(drivers @ [0.5, 0.2, 0.15, 0.1] + rng.normal(0, 0.6, n)), 1, 5).astype(int),
        who=[f"RESPONDENT-{i:04d}" for i in range(n)], said=FREE_TEXT, quarter=np.where(np.arange(n) % 2, "Q1", "Q2"),
        place=["north"] * 200 + ["south"] * 197 + ["ship"] * 3,
    )  # fmt: skip
    survey = Survey.model_validate({
        "title": SCRIPT, "drivers": ["speed", "value", "staff", "queue"], "outcomes": ["satisfaction"],
        "scale": [1, 5], "id": "who", "wave": "quarter", "segments": ["place"],
        "items": {"speed": {"label": FORMULA}, "value": {"label": EMOJI}, "staff": {"label": HEBREW},
                  "queue": {"label": LONG}},
    })  # fmt: skip
    return read(table, survey)


@pytest.fixture(scope="module")
def report(answers: Answers) -> Report:
    return run.build(answers.survey, answers, draws=DRAWS)


@pytest.fixture(scope="module")
def files(report: Report) -> dict[str, bytes]:
    return {name: formats.writer_of(name, template=None, templates=None)(report) for name in formats.FILES}


def inside(data: bytes) -> str:
    """Everything in a file as text: archives opened, archives in archives too."""
    if not data.startswith(b"PK"):
        return data.decode("utf-8", errors="replace")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return "\n".join(inside(archive.read(name)) for name in archive.namelist())


def pdf_text(data: bytes) -> str:
    """The streams of a PDF as text, inflated."""
    import zlib

    found = [data.decode("latin-1")]
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, flags=re.DOTALL):
        try:
            found.append(zlib.decompress(stream).decode("latin-1"))
        except zlib.error:
            continue
    return "\n".join(found)


def test_nobody_is_named_in_any_format(files: dict[str, bytes]) -> None:
    for name, data in files.items():
        text = pdf_text(data) if name == "pdf" else inside(data)
        assert len(text) > 5_000, name
        assert "RESPONDENT-" not in text and "Jane Roe" not in text, name


def test_every_format_has_the_same_bytes_again(report: Report, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        assert formats.writer_of(name, template=None, templates=None)(report) == data, name
        assert data.count(b"2026") or name in ("xlsx", "pptx"), name


def test_labels_are_text_and_whole_in_every_format(files: dict[str, bytes]) -> None:
    found = json.loads(files["json"])
    assert found["facts"]["labels"]["speed"] == FORMULA
    assert found["facts"]["labels"]["staff"] == HEBREW.replace("\u202e", ""), "what turns text is left out"
    page = files["html"].decode("utf-8")
    assert "<script>alert" not in page and html.escape(SCRIPT, quote=False) in page
    assert LONG in page and "\U0001f600" in page and "\u202e" not in page
    for name in ("pptx", "xlsx", "json"):
        text = html.unescape(inside(files[name]))
        assert "cmd|" in text and "\U0001f600" in text and "\u202e" not in text and "x" * 10_000 in text, name


def test_formulas_of_a_workbook_are_those_of_its_what_if_and_labels_stay_text(files: dict[str, bytes]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(files["xlsx"]))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    formulas = [cell for cell in cells if cell.data_type == "f"]
    assert {cell.parent.title for cell in formulas} == {"What if", "What if grid", "What if draws"}
    assert not any("cmd" in str(cell.value) for cell in formulas)
    cells = [cell for cell in cells if cell.data_type != "f"]
    risky = [cell for cell in cells if isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@"))]
    assert any(cell.value == FORMULA for cell in risky)
    assert all(cell.quotePrefix for cell in risky), "or an edit would turn the text into a formula"
    assert book.sheetnames[:2] == ["About", "Findings"]


def test_rows_of_a_workbook_are_as_high_as_their_sentence(report: Report, files: dict[str, bytes]) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(files["xlsx"]))["Findings"]
    longest = max(range(2, sheet.max_row + 1), key=lambda row: len(str(sheet.cell(row, 2).value)))
    letters = len(str(sheet.cell(longest, 2).value))
    assert letters > 90
    assert sheet.row_dimensions[longest].height >= 15 * letters / 100, "sheet programs do not all fit rows to text"
    assert sheet.page_setup.orientation == "landscape"


def test_a_workbook_holds_the_numbers_of_the_report(report: Report, files: dict[str, bytes]) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(files["xlsx"]))["importance"]
    heads, *rows = sheet.iter_rows(values_only=True)
    shares = [row[heads.index("share")] for row in rows]
    assert shares == pytest.approx(report.tables["importance"]["share"].tolist(), rel=1e-12)


def test_slides_have_sentences_for_titles_and_charts_with_intervals(report: Report, files: dict[str, bytes]) -> None:
    from pptx import Presentation

    show = Presentation(io.BytesIO(files["pptx"]))
    assert show.slide_width / show.slide_height == pytest.approx(16 / 9, abs=1e-3)
    charts = [(slide, shape) for slide in show.slides for shape in slide.shapes if shape.has_chart]
    slide, shape = charts[0]
    first = next(finding for finding in report.findings if finding.key == "first")
    assert slide.shapes.title.text_frame.text == first.text.replace("\u202e", "")
    imp = report.tables["importance"].sort_values("share", ascending=False)
    assert list(shape.chart.plots[0].series[0].values) == pytest.approx(imp["share"].tolist())
    bars = shape.chart.plots[0].series[0]._element.find(".//{*}errBars")
    plus = [float(point.text) for point in bars.findall("{*}plus//{*}v")]
    assert plus == pytest.approx((imp["high"] - imp["share"]).tolist()), "none of these is near zero"
    assert shape._element.nvGraphicFramePr.cNvPr.get("descr")
    assert all(slide.shapes.title.text_frame.text for slide in show.slides)
    book = openpyxl.load_workbook(io.BytesIO(shape.chart.part.chart_workbook.xlsx_part.blob))
    assert book["Sheet1"]["C1"].value == "low" and book["Sheet1"]["C2"].value == pytest.approx(imp["low"].iloc[0])


def test_slides_take_over_a_template(report: Report, tmp_path: Path) -> None:
    from pptx import Presentation
    from pptx.util import Inches

    brand = Presentation()
    brand.slide_width, brand.slide_height = Inches(10), Inches(5.625)
    brand.slides.add_slide(brand.slide_layouts[5]).shapes.title.text = "last year"
    brand.save(tmp_path / "brand.pptx")
    made = formats.writer_of("pptx", template=tmp_path / "brand.pptx", templates=None)(report)
    show = Presentation(io.BytesIO(made))
    assert show.slide_width == Inches(10)
    assert "last year" not in [slide.shapes.title.text for slide in show.slides if slide.shapes.title]
    (tmp_path / "broken.pptx").write_text("no slides")
    with pytest.raises(InputError, match="is not there or is no PowerPoint file"):
        formats.writer_of("pptx", template=tmp_path / "broken.pptx", templates=None)(report)


def test_a_pdf_is_tagged_for_screen_readers(report: Report, files: dict[str, bytes]) -> None:
    text = pdf_text(files["pdf"])
    assert files["pdf"].startswith(b"%PDF-1.7")
    assert "pdfuaid" in text and "/StructTreeRoot" in text and "/Alt" in text


def test_own_templates_override_a_block_and_cannot_run_code(report: Report, tmp_path: Path) -> None:
    (tmp_path / "page.html.j2").write_text(
        '{% extends "drivers/page.html.j2" %}\n{% block header %}<h1>Brand of {{ report.title }}</h1>{% endblock %}'
    )
    (tmp_path / "page.css").write_text("h1 { color: red } </style><script>")
    page = formats.writer_of("html", template=None, templates=tmp_path)(report).decode("utf-8")
    assert "<h1>Brand of &lt;/script&gt;" in page and "<h1>" + html.escape(SCRIPT) not in page
    assert 'id="findings"' in page and 'id="provenance"' in page, "the other blocks stay"
    assert "h1 { color: red } style><script>" in page
    (tmp_path / "page.html.j2").write_text("{{ ''.__class__.__mro__[1].__subclasses__() }}")
    with pytest.raises(InputError, match=r"The templates in .* cannot be used"):
        formats.writer_of("html", template=None, templates=tmp_path)(report)
    (tmp_path / "page.html.j2").write_text('{% include "../secret" %}')
    with pytest.raises(InputError, match=r"cannot be used \(.*secret"):
        formats.writer_of("html", template=None, templates=tmp_path)(report)


def test_only_the_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "find_spec", lambda name: None if name == "typst" else object())
    assert formats.asked_formats(["xlsx", "html", "xlsx"]) == ("xlsx", "html")
    with pytest.raises(MissingExtraError, match=r"^Writing a PDF needs `typst`.* Install it: uv sync --extra pdf$"):
        formats.asked_formats(["html", "pdf", "pptx"])
    with pytest.raises(InputError, match=r"`pdff` \(did you mean `pdf`\?\) is not a format"):
        formats.asked_formats(["pdff"])
    with pytest.raises(InputError, match="No format is named"):
        formats.asked_formats([" "])


def test_a_run_is_read_back(report: Report, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(run_json(report), encoding="utf-8")
    found = read_run(tmp_path)
    assert found.facts["outcome"] == "satisfaction" and found.when == "2026-01-01"
    assert set(found.tables) == set(report.tables)
    for name, table in report.tables.items():
        assert list(found.tables[name].columns) == list(table.columns)
    shares = found.tables["importance"]["share"]
    kept = report.tables["importance"]["share"].tolist()
    assert shares.tolist() == pytest.approx(kept, rel=1e-11, abs=0), "twelve digits, the same in every run"
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(InputError, match="is not a run of this version"):
        read_run(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        read_run(tmp_path / "gone.json")


def test_small_bases_are_emptied_whoever_made_the_table() -> None:
    table = pd.DataFrame({"group": ["a", "b", "c"], "n": [90, MIN_BASE_CELL - 1, 0], "value": [1.0, 2.0, 3.0],
                          "count": [4, 5, 6], "shown": [True, True, True]})  # fmt: skip
    kept = safe(table)
    assert kept.loc[0].tolist() == ["a", 90, 1.0, 4, True]
    assert kept.loc[1, ["n", "value", "count"]].isna().all() and not kept.loc[1, "shown"]
    assert kept.loc[2, "n"] == 0
    assert table.loc[1, "value"] == 2.0, "the chapter's own table stays"
    with pytest.raises(ValueError, match="two tables are called 'scores'"):
        gathered([{"scores": table}, {"scores": table}])


def test_the_small_group_has_no_number_in_the_run(report: Report) -> None:
    scores = report.tables["scores_by_place"].set_index("place")
    ship = scores.loc["ship"]
    assert ship[["n", "estimate", "low", "high"]].isna().all(axis=None)
    assert scores.loc["north", "n"].min() > 100


def test_text_is_cleaned_and_nothing_else() -> None:
    assert clean("a\x00b\x1b\u202ec\ud800\ttab\n") == "abc\ufffd\ttab\n"
    table = pd.DataFrame({"a\x00": ["x\u200f", "y"], "n": [1, 2]})
    made = cleaned({"k": (table, 3, None)})["k"]
    assert list(made[0].columns) == ["a", "n"] and made[0]["a"].tolist() == ["x", "y"] and made[1:] == (3, None)


def test_names_of_sheets_are_accepted_and_differ() -> None:
    names = sheet_names(["a/b", "A-B", "x" * 40, "x" * 41, "", "History's"])
    assert names[0] == "a-b" and names[1] == "A-B (2)" and len({name.casefold() for name in names}) == 6
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\'") for name in names)


def test_own_blocks_of_the_pdf_stand_in_for_ours(report: Report, tmp_path: Path) -> None:
    (tmp_path / "report.typ").write_text('#let show-tiles(report) = text("Brand")\n#let blue = rgb("#ff0000")\n')
    ours, theirs = (formats.writer_of("pdf", template=None, templates=own)(report) for own in (None, tmp_path))
    assert ours != theirs and theirs.startswith(b"%PDF")
    (tmp_path / "report.typ").write_text('#let show-tiles(report) = read("../secret.txt")\n')
    (tmp_path.parent / "secret.txt").write_text("secret")
    with pytest.raises(InputError, match=r"The template .*report\.typ` cannot be used"):
        formats.writer_of("pdf", template=None, templates=tmp_path)(report)


def test_no_table_runs_off_its_slide(files: dict[str, bytes]) -> None:
    from pptx import Presentation

    from drivers.report.writers.slide_table import INCH, LETTER, LINE, ROW

    show, seen = Presentation(io.BytesIO(files["pptx"])), 0
    for slide in show.slides:
        for shape in slide.shapes:
            if not shape.has_table or len(shape.table.rows) < 3:
                continue
            seen += 1
            tall = 0.0
            for row in shape.table.rows:
                size = row.cells[0].text_frame.paragraphs[0].font.size.pt
                room = [max((column.width / INCH - 0.2) * 72 / (LETTER * size), 1) for column in shape.table.columns]
                lines = max(-(-len(cell.text) // int(wide)) for cell, wide in zip(row.cells, room, strict=True))
                tall += ROW + max(lines, 1) * LINE * size / 72
            assert shape.top / INCH + tall <= show.slide_height / INCH
    assert seen > 5


def test_what_is_shown_comes_before_what_is_for_questions(report: Report, files: dict[str, bytes]) -> None:
    from pptx import Presentation

    from drivers.report.writers.pptx import APPENDIX, _flat

    slides = list(Presentation(io.BytesIO(files["pptx"])).slides)
    titles = [slide.shapes.title.text_frame.text for slide in slides]
    place = titles.index(APPENDIX)
    kinds = [{"table" if shape.has_table else "" for shape in slide.shapes} for slide in slides]
    assert not any("table" in kind for kind in kinds[:place]) and any("table" in kind for kind in kinds[place:])
    beside = {section.title for section, away in _flat(report.sections) if away}
    assert {"Data quality", "Diagnostics", "Method"} <= beside and not beside & set(titles[:place])
    assert titles[place:].count("Method") == 1
    tables = [block for section, _ in _flat(report.sections) for block in section.blocks if isinstance(block, Table)]
    named = slides[place].shapes[1].text_frame.text
    shown = {title.replace("\u202e", "") for title in titles[place:]}
    left_out = [each for each in tables if not {cut(each.caption, 220), headed(each.caption, 220)} & shown]
    assert f"{len(left_out)} of {len(tables)} tables do not fit a slide" in named
    assert 0 < len(left_out) < len(tables)


def test_titles_keep_whole_sentences_where_they_can() -> None:
    text = "It went from 3.56 to 3.34 (very likely a fall). It is the sum of ratings that moved."
    assert headed(text, 200) == text
    assert headed(text, 60) == "It went from 3.56 to 3.34 (very likely a fall)."
    assert headed(text, 30) == "It went from 3.56 to 3.34 …"


@pytest.mark.parametrize(
    ("low", "high", "ends"),
    [(0.0, 0.213, (0.0, 0.25, 0.05)), (0.668, 0.757, (0.66, 0.76, 0.02)), (-0.164, 0.103, (-0.2, 0.2, 0.1)),
     (4.0, 19.9, (0.0, 20.0, 5.0)), (0.0, 0.0, None)],
)  # fmt: skip
def test_axes_of_slides_hold_every_interval_between_round_ends(low: float, high: float, ends: tuple | None) -> None:
    from drivers.report.writers.slide_chart import axis_ends

    found = axis_ends(low, high)
    assert found[0] <= low and found[1] >= high and found[1] > found[0]
    assert ends is None or found == pytest.approx(ends)
