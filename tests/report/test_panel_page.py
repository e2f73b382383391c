"""The sliders of the page in a real browser: Python's numbers, from a file, by keyboard, without network."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.report.content import Paragraph, Playable, Report, Section
from drivers.report.writers.html import html
from drivers.report.writers.html_panel import SCRIPT, data_of
from drivers.scenario.panel import Group, Panel, Played, Slider
from drivers.stats.gcomputation import Surface
from tests.report.browser import chromium

SAME = 1e-6
"""Sums of the same numbers in another language; Python reads a table that is right to 6e-10 of NPS's 200 points."""

EVIL = '</script><script>document.title="broken in"</script><img src=x onerror="document.title=1">&amp;\u2028{{ 7 }}'
DRAWS = 60


def made(labels: tuple[str, ...] = ("Speed", "Waiting", "Value")) -> Panel:
    """Return a panel by hand: NPS by probit, yes or no by logit, a straight line; less is better of one driver."""
    rng = np.random.default_rng(3)
    values = (np.arange(1.0, 6.0), np.array([2.5, 6.0, 11.0, 20.5]), np.arange(1.0, 6.0))
    points = np.column_stack([one.ravel() for one in np.meshgrid(*values, indexing="ij")])
    sliders = tuple(
        Slider(name=f"d{j}", label=label, values=at, low=1.0, high=30.5 if j == 1 else 5.0, better=-1 if j == 1 else 1,
               lower=j == 1, reach=5.0 if j == 1 else 1.0, step=0.5 if j == 1 else 0.1)
        for j, (label, at) in enumerate(zip(labels, values, strict=True))
    )  # fmt: skip

    def group(name: str, n: float) -> Group:
        weight = rng.dirichlet(np.full(len(points), 0.3)).round(6)
        tilt = np.column_stack([rng.normal(0, 0.05, (DRAWS, 3)), rng.normal(0, 0.005, (DRAWS, 3))]).round(5)
        return Group(name=name, label=name, n=n, weight=weight, tilt=tilt,
                     centre=(weight / weight.sum() @ points).round(6))  # fmt: skip

    def surface(cuts: np.ndarray, base: list[float], rise: np.ndarray, probit: bool) -> Surface:
        slopes = (np.array([0.5, -0.06, 0.3]) + 0.05 * rng.standard_normal((DRAWS, 3))).round(6)
        q = len(cuts)
        return Surface(
            offset=np.full((DRAWS, 1), 0.0 if q else 2.0), slopes=slopes[:, None, :], gamma=np.zeros((DRAWS, 0)),
            cuts=(cuts + np.sort(0.02 * rng.standard_normal((DRAWS, q)), axis=1)).round(6),
            products=np.zeros((DRAWS, 0)), pair=np.zeros((0, 2), dtype=np.intp), centre=np.zeros((0, 2)),
            base=np.array(base), rise=rise, probit=probit,
        )  # fmt: skip

    nps = 100.0 * ((np.arange(1, 11) == 7) * 1.0 + (np.arange(1, 11) == 9))
    rated = surface(np.linspace(-1.5, 3.5, 10), [0.0, -100.0], np.array([np.ones(10), nps]), True)
    return Panel(
        sliders=sliders, points=points, groups=(group("all", 812.0), group("channel=phone", 208.0)),
        outcomes=(
            Played(name="nps", label="Recommend", measures=("mean", "nps"), columns=(1, 2), surface=rated),
            Played(name="stay", label="Stays", measures=("top2",), columns=(1,),
                   surface=surface(np.array([1.2]), [0.0], np.ones((1, 1)), False)),
            Played(name="line", label="Satisfaction", measures=("mean",), columns=(0,),
                   surface=surface(np.empty(0), [], np.zeros((0, 0)), False)),
        ),
    )  # fmt: skip


def page_of(panel: Panel, title: str = "Try it") -> str:
    play = Playable(key="p", title=title, panel=panel, note=title, instead="A page has sliders here.")
    section = Section(key="what-if", title="What if", blocks=(Paragraph(text="Before"), play))
    return html(Report(title="Made by hand", subtitle="", tiles=(), findings=(), sections=(section,), provenance=()))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def opened(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, list[str]]]:
    """The page with evil labels, opened from disk, and everything the browser asked for or complained of."""
    panel = made((EVIL, "Waiting", EVIL[::-1]))
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(page_of(replace(panel, groups=(panel.groups[0], replace(panel.groups[1], label=EVIL))), EVIL),
                    encoding="utf-8")  # fmt: skip
    page, seen = browser.new_page(viewport={"width": 390, "height": 800}), []
    page.on("request", lambda request: seen.append(request.url))
    page.on("pageerror", lambda problem: seen.append(str(problem)))
    page.on("console", lambda message: seen.append(message.text))
    page.goto(Path(path).as_uri())
    page.wait_for_selector("[data-panel]:not([hidden])")
    yield page, seen
    page.close()


def set_sliders(page: Any, moves: tuple[float, ...], group: int) -> list[list[float]]:
    """Move the sliders as a person would end up with them, and return the numbers behind every row."""
    page.locator("select").select_option(str(group))
    for place, by in enumerate(moves):
        page.locator("input[type=range]").nth(place).fill(str(by))
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    rows = page.locator("tr[data-numbers]").evaluate_all("rows => rows.map(row => row.dataset.numbers)")
    return [json.loads(row) for row in rows]


@pytest.mark.parametrize("group", [0, 1])
@pytest.mark.parametrize("moves", [(0, 0, 0), (0.5, 0, 0), (0, 5.0, 0), (-0.7, -2.5, 1.0), (1.0, 4.5, 0.9)])
def test_the_numbers_are_those_of_python(opened: tuple[Any, list[str]], moves: tuple[float, ...], group: int) -> None:
    panel = made()
    asked = {f"d{j}": by for j, by in enumerate(moves)}
    wanted = np.concatenate([
        panel.answer(one.name, asked, panel.groups[group].name).ends() for one in panel.outcomes
    ])  # fmt: skip
    found = np.array(set_sliders(opened[0], moves, group))
    np.testing.assert_allclose(found, wanted, atol=SAME, rtol=0)
    if not any(moves):
        assert (found[:, 2:] == 0).all()


def test_nothing_is_asked_of_any_network_and_no_label_runs(opened: tuple[Any, list[str]]) -> None:
    page, seen = opened
    assert len(seen) == 1 and seen[0].startswith("file:"), seen
    assert page.title() == "Made by hand"
    assert page.locator("img").count() == 0
    assert EVIL.replace("\u2028", " ") in page.locator("label").nth(1).inner_text().replace("\u2028", " ")


def test_scripts_other_than_ours_are_refused(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    other = "<script>document.title='ran'</script></body>"
    path.write_text(page_of(made()).replace("</body>", other), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    page.wait_for_selector("[data-panel]:not([hidden])")
    assert page.title() == "Made by hand"
    page.close()


def test_it_is_played_by_keyboard_and_heard(opened: tuple[Any, list[str]]) -> None:
    page, _ = opened
    set_sliders(page, (0.0, 0.0, 0.0), 0)
    page.locator("select").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    waiting = page.locator("input[type=range]").nth(1)
    page.wait_for_timeout(900)
    assert waiting.evaluate("node => document.activeElement === node")
    heard = waiting.get_attribute("aria-valuetext")
    assert re.fullmatch(r"\+1\.5 points better; \+\d\.\d\d possible", heard), heard
    status = page.locator("[role=status]")
    assert status.get_attribute("aria-live") == "polite"
    assert re.search(r"all\. Recommend average \+0\.\d\d \(90.%", status.inner_text())
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_timeout(900)
    assert status.inner_text() == "all. Nothing moves."
    assert waiting.get_attribute("aria-valuetext") == "as today"


def test_every_control_has_its_label_and_nothing_is_wider_than_a_phone(opened: tuple[Any, list[str]]) -> None:
    page, _ = opened
    controls = page.locator("[data-panel] select, [data-panel] input")
    assert controls.count() == 4
    assert all(controls.evaluate_all("all => all.map(one => one.labels.length === 1)"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    cut = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).length"
    assert page.locator(".told").evaluate_all(cut) == 0


def test_the_numbers_cannot_leave_their_place_in_the_page() -> None:
    panel = made()
    named = replace(panel, groups=tuple(replace(group, label=EVIL) for group in panel.groups))
    text = str(data_of(Playable(key="p", title="t", panel=named, note="", instead="")))
    assert not set("<>&\u2028") & set(text) and json.loads(text)["groups"][0]["label"] == EVIL
    assert SCRIPT.isascii() and "</" not in SCRIPT and "eval" not in SCRIPT.replace("evaluat", "")


def test_a_page_without_sliders_has_no_script_and_allows_none() -> None:
    section = Section(key="what-if", title="What if", blocks=(Paragraph(text="Before"),))
    text = html(Report(title="t", subtitle="", tiles=(), findings=(), sections=(section,), provenance=()))
    assert "<script" not in text and "script-src" not in text
    with_sliders = page_of(made())
    assert with_sliders.count("<script") == 2 and re.search(r"script-src 'sha256-[\w+/]{43}='\"", with_sliders)
