"""Chapters join by one line; one that is refused is told, and does not take the report with it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from drivers.errors import DataError
from drivers.read.source import read
from drivers.report import analysis, compose, run
from drivers.report.chapter import Chapter, Context, Say
from drivers.report.chapters import CHAPTERS, FIRST_SCREEN
from drivers.report.content import Finding, Paragraph, Report, Section


@pytest.fixture
def with_chapter(monkeypatch: pytest.MonkeyPatch) -> Callable[[Chapter[Any]], Report]:
    """Return a builder of a small report whose last chapter is the one given."""
    rng = np.random.default_rng(3)
    speed = rng.integers(1, 6, 300)
    table = pd.DataFrame({"speed": speed, "y": np.clip(speed + rng.integers(-1, 2, 300), 1, 5)})
    answers = read(table, drivers=["speed"], outcome="y")

    def build(chapter: Chapter[Any]) -> Report:
        kept = tuple(known for known in CHAPTERS if known.key == "quality")
        for module in (analysis, compose):
            monkeypatch.setattr(module, "CHAPTERS", (*kept, chapter))
        return run.build(answers.survey, answers, draws=20)

    return build


def made(compute: Callable[[Context, Say], Any]) -> Chapter[Any]:
    return Chapter(
        key="extra",
        title="Extra",
        compute=compute,
        sections=lambda context, found: (Section(key="extra", title="Extra", blocks=(Paragraph(text=found),)),),
        findings=lambda context, found: (Finding(key="extra", text=f"Found {found}."),),
    )


def test_a_chapter_adds_its_section_and_its_finding(with_chapter: Callable) -> None:
    report = with_chapter(made(lambda context, say: context.outcome))
    assert [section.key for section in report.sections] == ["quality", "extra"]
    assert report.sections[-1].blocks == (Paragraph(text="y"),)
    assert [finding.text for finding in report.findings] == ["Found y."]


def test_a_chapter_without_a_result_is_left_out(with_chapter: Callable) -> None:
    report = with_chapter(made(lambda context, say: None))
    assert [section.key for section in report.sections] == ["quality"]
    assert report.findings == ()


def test_a_refused_chapter_gives_its_reason(with_chapter: Callable) -> None:
    def refuse(context: Context, say: Say) -> None:
        raise DataError("`speed` has no expectations. Declare them.")

    report = with_chapter(made(refuse))
    (block,) = report.sections[-1].blocks
    assert block == Paragraph(
        text="This part could not be computed: `speed` has no expectations. Declare them.", caution=True
    )
    assert report.findings == ()


def test_the_first_screen_has_an_order_of_its_own() -> None:
    assert set(FIRST_SCREEN) <= {chapter.key for chapter in CHAPTERS}
    last = SimpleNamespace(key="extra")
    order = [chapter.key for chapter in compose._first([last, *CHAPTERS])]
    assert order[: len(FIRST_SCREEN)] == list(FIRST_SCREEN)
    assert order[len(FIRST_SCREEN)] == "extra", "the rest in page order"
    assert len({chapter.key for chapter in CHAPTERS}) == len(CHAPTERS)
