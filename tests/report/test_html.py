"""The page: one file, harmless whatever the labels hold, and readable without seeing it."""

import itertools
import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from drivers.report.content import Figure, Finding, Hidden, Number, Paragraph, Report, Section, Table, Tile
from drivers.report.figures import importance_figure, ranks_figure, slope_share_figure
from drivers.report.findings import importance_findings
from drivers.report.importance_tables import importance_table, slope_table
from drivers.report.writers.html import _picture, html
from drivers.report.writers.html_table import html_table

EVIL = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "=cmd()|'/C calc'!A0", "{{ 7*7 }} {% raw %}",
    "</svg></title></style><b>x", "$x_1$ & \\frac{1}{2}", "<!-- --> ]]> %s",
]  # fmt: skip


class Page(HTMLParser):
    """Tags with their attributes in order, and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, *names: str) -> list[tuple[str, dict[str, str | None]]]:
        return [(tag, attrs) for tag, attrs in self.tags if tag in names]


@pytest.fixture
def made_page(made_importance: Callable, made_survey: Callable) -> Callable[..., str]:
    """Return a builder: a small page about one importance, with the labels given."""

    def build(labels: list[str], title: str = "Made by hand") -> str:
        imp = made_importance(
            [0.2, 0.15, 0.1, 0.05, 0.08, 0.12, 0.06][: len(labels)], labels=labels, outcome_label=title
        )
        survey = made_survey(len(labels))
        parts = Section(key="more", title=title, blocks=(ranks_figure(imp), slope_share_figure(imp), slope_table(imp)))
        section = Section(
            key="importance", title=title, sections=(parts,),
            blocks=(Paragraph(text=title, caution=True), importance_figure(imp), importance_table(imp)),
        )  # fmt: skip
        return html(Report(
            title=title, subtitle=title, tiles=(Tile(label=title, value=labels[0], detail=title),),
            findings=importance_findings(imp, survey), sections=(section,), provenance=(("Data", title),),
        ))  # fmt: skip

    return build


def test_labels_and_titles_are_text_whatever_they_hold(made_page: Callable[..., str]) -> None:
    text = made_page(EVIL, title=EVIL[0])
    page = Page(text)
    assert not page.named("script", "img", "b", "iframe", "object")
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    assert text.count("<style") == 1 + text.count("<svg"), "the page's own sheet, and matplotlib's line in each drawing"
    for evil in EVIL:
        assert evil in page.text


def test_table_cells_and_headings_are_escaped() -> None:
    table = Table(
        key="t", caption=EVIL[0], columns=(EVIL[0], EVIL[3], EVIL[1]),
        rows=((EVIL[0], EVIL[2], EVIL[1]), (EVIL[3], None, "b")),
    )  # fmt: skip
    text = str(html_table(table, "part-1"))
    page = Page(text)
    assert not page.named("script", "img")
    for evil in (EVIL[0], EVIL[1], EVIL[2], EVIL[3]):
        assert evil in page.text
    assert all(re.fullmatch(r"[\w.-]+", str(attrs["id"])) for _, attrs in page.tags if "id" in attrs)


def test_nothing_is_loaded_from_anywhere(made_page: Callable[..., str]) -> None:
    text = made_page(["A", "B", "C"])
    page = Page(text)
    assert not page.named("link", "script", "img", "iframe", "object", "embed", "image", "base")
    refers = [
        attrs[name]
        for _, attrs in page.tags
        for name in ("src", "href", "xlink:href", "srcset", "data")
        if name in attrs
    ]
    assert refers and all(str(target).startswith("#") for target in refers)
    assert "http" not in re.sub(r"http-equiv", "", text)
    assert "@import" not in text and not re.search(r"url\((?!#)", text)


def test_references_inside_the_page_lead_somewhere(made_page: Callable[..., str]) -> None:
    text = made_page(["A", "B", "C"])
    ids = [str(attrs["id"]) for _, attrs in Page(text).tags if "id" in attrs]
    assert len(ids) == len(set(ids)), "ids are unique, over all drawings"
    wanted = set(re.findall(r'href="#([^"]+)"', text)) | set(re.findall(r"url\(#([^)]+)\)", text))
    wanted |= {name for value in re.findall(r'(?:aria-labelledby|headers)="([^"]+)"', text) for name in value.split()}
    assert wanted <= set(ids)


def test_headings_are_in_order_and_the_language_is_said(made_page: Callable[..., str]) -> None:
    page = Page(made_page(["A", "B"]))
    levels = [int(tag[1]) for tag, _ in page.named("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(below - above <= 1 for above, below in itertools.pairwise(levels))
    assert page.named("html")[0][1]["lang"] == "en"
    assert page.named("a")[0][1]["href"] == "#findings", "the first link skips to the findings"


def test_every_drawing_has_a_title_and_words_for_it(made_page: Callable[..., str]) -> None:
    text = made_page(["Speed", "Value"])
    drawings = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
    assert len(drawings) == 6, "three figures, each for wide and narrow screens"
    for drawing in drawings:
        assert 'role="img"' in drawing.split(">", 1)[0]
        assert re.search(r"<title id=[^>]+>[^<]{5,}</title><desc id=[^>]+>[^<]{40,}</desc>", drawing)
        assert "<metadata>" not in drawing and "<!DOCTYPE" not in drawing
    assert "Speed 20 % (18 % to 22 %)" in drawings[0]


def test_a_small_figure_is_drawn_once_for_all_screens() -> None:
    small = _picture(Figure(key="k", title="T", alt="A" * 40, size=(5.0, 4.0), draw=lambda ax: ax), "k")
    large = _picture(Figure(key="k", title="T", alt="A" * 40, size=(5.1, 4.0), draw=lambda ax: ax), "k")
    assert (small.count("<svg"), large.count("<svg")) == (1, 2)


def test_tables_have_captions_and_row_headings(made_page: Callable[..., str]) -> None:
    page = Page(made_page(["A", "B"]))
    assert len(page.named("caption")) == len(page.named("table")) == 2
    assert [attrs["scope"] for _, attrs in page.named("th")].count("row") == 4 + 2


def test_percent_signs_stay_with_their_number(made_page: Callable[..., str]) -> None:
    text = made_page(["A", "B"])
    first = re.search(r"<ul class=\"findings\">.*?</ul>", text, flags=re.DOTALL)
    assert first is not None and "\N{NO-BREAK SPACE}%" in first.group() and " %" not in first.group()


def test_a_hidden_number_leaves_only_its_reason() -> None:
    table = Table(key="t", caption="c", columns=("a", "b"), rows=(("x", Hidden(why="fewer than 5")),
                  ("y", Number(value=1234, unit="count"))))  # fmt: skip
    text = Page(str(html_table(table, "part-1"))).text
    assert "fewer than 5" in text and "1,234" in text


def test_the_same_report_gives_the_same_bytes(made_page: Callable[..., str]) -> None:
    assert made_page(["A", "B", "C"]) == made_page(["A", "B", "C"])


def test_keys_must_be_unique() -> None:
    same = Finding(key="a", text="A.")
    with pytest.raises(ValueError, match="not unique"):
        Report(title="", subtitle="", tiles=(), findings=(same, same), sections=(), provenance=())


def test_characters_that_turn_text_round_are_left_out(made_page: Callable[..., str]) -> None:
    text = made_page(["Speed \N{RIGHT-TO-LEFT OVERRIDE}of", "\N{RIGHT-TO-LEFT ISOLATE}Value"], title="\u200fVisits")
    assert "Speed of" in text and "Value" in text and "Visits" in text
    assert not re.search("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)
