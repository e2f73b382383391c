"""The chapters of the report, in the order of the page; a new one joins with its file and its lines here."""

from __future__ import annotations

from typing import Any

from drivers.report.chapter import Chapter
from drivers.report.chapters import (
    diagnostics,
    gap,
    importance,
    method,
    next_quarter,
    order,
    priorities,
    quality,
    scores,
    segments,
    slopes,
    two_outcomes,
    waves,
    what_if,
)

CHAPTERS: tuple[Chapter[Any], ...] = (
    importance.CHAPTER,
    two_outcomes.CHAPTER,
    slopes.CHAPTER,
    order.CHAPTER,
    priorities.CHAPTER,
    what_if.CHAPTER,
    segments.CHAPTER,
    waves.CHAPTER,
    scores.CHAPTER,
    gap.CHAPTER,
    next_quarter.CHAPTER,
    quality.CHAPTER,
    diagnostics.CHAPTER,
    method.CHAPTER,
)

FIRST_SCREEN = ("diagnostics", "priorities", "importance", "scores", "waves")
"""Keys of chapters with findings and tiles for the first screen, in its order; others follow in page order."""
