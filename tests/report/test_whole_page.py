"""The whole page in a real browser: quiet, alone, read by machines, printed to A4 uncut, and fit for a phone."""

import itertools
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from drivers.read.source import read
from drivers.report import run
from drivers.report.writers.html import html
from drivers.survey.schema import Survey
from tests.report.browser import chromium

DRIVERS = ("speed", "value", "staff", "signs")
PHONE = {"width": 390, "height": 844}
A4 = {"width": 680, "height": 1001}
"""What the margins of the style sheet leave of a page, in pixels of CSS."""


def long(name: str) -> str:
    return f"How satisfied were you with our {name} on your last visit here"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with long labels, eight waves and six segments, one too small to be shown."""
    rng, n = np.random.default_rng(4), 880
    mood = rng.normal(size=(n, 1))
    rated = np.clip(np.round(3.4 + 0.6 * mood + 0.8 * rng.normal(size=(n, len(DRIVERS)))), 1, 5)
    y = np.clip(np.round(0.6 + rated @ [0.3, 0.2, 0.15, 0.1] + 0.6 * rng.normal(size=n)), 1, 5)
    table = pd.DataFrame(rated, columns=list(DRIVERS)).assign(
        y=y, q=[f"{2024 + k // 4}-Q{k % 4 + 1}" for k in np.arange(n) // 110],
        place=rng.choice([f"Branch {k} in the old town" for k in range(5)] + ["Kiosk"], n, p=[0.196] * 5 + [0.02]),
    )  # fmt: skip
    table.loc[table["q"] == "2025-Q4", "y"] -= table.loc[table["q"] == "2025-Q4", "y"] > 3
    survey = Survey.model_validate({
        "title": "A page to look at", "drivers": list(DRIVERS), "outcomes": ["y"], "scale": [1, 5], "wave": "q",
        "segments": ["place"],
        "items": {"y": {"label": "Overall satisfaction with everything we did"},
                  **{name: {"label": long(name)} for name in DRIVERS}},
    })  # fmt: skip
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(html(run.build(survey, read(table, survey), draws=100)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def opened(browser: Any, page: Path) -> Iterator[tuple[Any, list[str], list[str]]]:
    """The page, what was asked of the network beside it, and what the console said."""
    asked: list[str] = []
    said: list[str] = []
    tab = browser.new_page(viewport={"width": 1200, "height": 900})
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.goto(page.as_uri())
    yield tab, asked, said
    tab.close()


def test_the_console_is_quiet_and_no_network_is_asked(opened: tuple[Any, list[str], list[str]], page: Path) -> None:
    _, asked, said = opened
    assert said == []
    assert asked == [page.as_uri()]


def test_headings_are_in_order_and_every_picture_has_words(opened: tuple[Any, list[str], list[str]]) -> None:
    tab = opened[0]
    levels = tab.eval_on_selector_all("h1, h2, h3, h4, h5, h6", "found => found.map(h => Number(h.tagName[1]))")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    names = tab.eval_on_selector_all("section", "found => found.map(s => [s.id, s.getAttribute('aria-labelledby')])")
    assert all(tab.query_selector(f"[id='{by}']") for _, by in names)
    words = tab.eval_on_selector_all(
        "figure svg[role=img], img",
        "found => found.map(p => p.getAttribute('alt') || p.getAttribute('aria-label') || "
        "[...p.querySelectorAll('title, desc')].map(t => t.textContent).join(' '))",
    )
    assert len(words) >= 8 and min(map(len, words)) > 60
    assert not tab.eval_on_selector_all("figure svg:not([role=img])", "found => found.filter(s => !s.closest("
                                        "'[role=img]')).map(s => s.outerHTML.slice(0, 80))")  # fmt: skip
    linked = tab.eval_on_selector_all("a[href^='#']", "found => found.map(a => a.getAttribute('href').slice(1))")
    assert linked and all(tab.query_selector(f"[id='{name}']") for name in linked)


def test_the_first_screen_says_what_to_fix_by_how_much_and_how_sure(opened: tuple[Any, list[str], list[str]]) -> None:
    tab = opened[0]
    first = tab.query_selector(".findings li")
    assert first.bounding_box()["y"] < 900, "without scrolling"
    text = first.inner_text()
    assert "probability" in text or "No driver can be called" in text
    order = tab.eval_on_selector_all("main > section", "found => found.map(s => s.id)")
    wished = ["findings", "importance", "priorities", "segments", "waves", "quality", "diagnostics", "method",
              "provenance"]
    assert [key for key in order if key in wished] == wished


def test_nothing_is_wider_than_a_phone(browser: Any, page: Path) -> None:
    tab = browser.new_page(viewport=PHONE)
    tab.goto(page.as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    small = tab.eval_on_selector_all("figure svg", "found => found.filter(s => s.getBoundingClientRect().width > 0)"
                                     ".map(s => s.getBoundingClientRect().right)")  # fmt: skip
    assert small and max(small) <= PHONE["width"]
    body = tab.evaluate("parseFloat(getComputedStyle(document.querySelector('.findings li')).fontSize)")
    assert body >= 15
    tab.close()


def test_a4_cuts_no_chart_and_no_column(browser: Any, page: Path, tmp_path: Path) -> None:
    tab = browser.new_page(viewport=A4)
    tab.goto(page.as_uri())
    tab.emulate_media(media="print")
    boxes = tab.eval_on_selector_all(
        "figure", "found => found.map(f => { const b = f.getBoundingClientRect(); "
        "return [f.id, b.right, b.height, getComputedStyle(f).breakInside]; })",
    )  # fmt: skip
    assert [box for box in boxes if box[1] > A4["width"] + 1 or box[2] > A4["height"] or box[3] != "avoid"] == []
    tables = tab.eval_on_selector_all(
        ".table", "found => found.map(t => [t.id, t.querySelector('table').getBoundingClientRect().right])"
    )
    assert [table for table in tables if table[1] > A4["width"] + 1] == [], "columns off the paper"
    tab.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    tab.close()
    if reader := shutil.which("pdfinfo"):
        told = subprocess.run([reader, tmp_path / "page.pdf"], capture_output=True, text=True, check=True).stdout
        width, height = map(float, re.search(r"Page size:\s+([\d.]+) x ([\d.]+)", told).groups())  # type: ignore[union-attr]
        assert (width, height) == pytest.approx((595.3, 841.9), abs=2), "A4"
