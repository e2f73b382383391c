"""The chapters of the report, in the order of the page; a new one joins with its file and its lines here."""

from __future__ import annotations

from typing import Any

from drivers.report.chapter import Chapter
from drivers.report.chapters import gap, importance, method, order, quality, scores, segments, slopes, waves

CHAPTERS: tuple[Chapter[Any], ...] = (
    scores.CHAPTER,
    importance.CHAPTER,
    slopes.CHAPTER,
    order.CHAPTER,
    gap.CHAPTER,
    segments.CHAPTER,
    waves.CHAPTER,
    quality.CHAPTER,
    method.CHAPTER,
)

FIRST_SCREEN = ("importance", "scores", "waves")
"""Keys of chapters with findings for the first screen, in the order of its sentences; others follow in page order."""
