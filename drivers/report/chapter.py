"""What a chapter of the report is: what it computes, and what it says about that.

A chapter is one file in `drivers/report/chapters/` that ends in a `Chapter`, and one line in the list of
`drivers/report/chapters/__init__.py`, which is the order of the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.defaults import MOST_GROUPS
from drivers.fit.result import Fit
from drivers.importance.result import Importance
from drivers.survey.answers import Answers
from drivers.survey.schema import Survey

if TYPE_CHECKING:
    import pandas as pd

    from drivers.report.content import Finding, Section, Tile

type Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Context:
    """What every chapter may build on: the answers, the request, and the model of the headline outcome.

    ``answers`` are those of the ``wave`` asked for (all without one), ``every`` those of all waves. ``outcomes`` start
    with the headline outcome; ``lead`` is its fit and ``importance`` is read off that. ``beside`` is the same model
    as a regression where a posterior leads, and ``no_beside`` why there is none then. ``groups`` counts the groups of
    each segment column, ``waves`` those of the wave column (0 without one).
    """

    survey: Survey
    answers: Answers
    every: Answers
    wave: str | None
    outcomes: tuple[str, ...]
    level: float
    seed: int
    draws: int
    lead: Fit
    importance: Importance
    groups: Mapping[str, int]
    waves: int
    beside: Fit | None = None
    no_beside: str = ""

    @property
    def outcome(self) -> str:
        """The headline outcome."""
        return self.outcomes[0]

    @property
    def segments(self) -> tuple[str, ...]:
        """Segment columns with few enough groups to be read; the chapter on segments names the others."""
        return tuple(by for by, number in self.groups.items() if number <= MOST_GROUPS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter[R]:
    """One chapter: four functions around one result.

    ``compute`` is given the context and a speaker to name slow steps with, and returns a frozen result that holds no
    respondent's row; None says that the chapter does not apply to this survey, and it is left out. Where it raises a
    `DriversError` the report goes on, and prints the reason under ``title``. The others only word what was computed:
    ``sections`` for the page, ``findings`` and ``tiles`` for the first screen, ``tidy`` the tables by name that go to
    ``run.json`` and the workbook, small bases already hidden. Keys of sections, tables and figures are unique on the
    page, so they start with the chapter's key or a word of its own; so do names of tidy tables.
    """

    key: str
    title: str
    compute: Callable[[Context, Say], R | None]
    sections: Callable[[Context, R], tuple[Section, ...]]
    findings: Callable[[Context, R], tuple[Finding, ...]] = lambda context, result: ()
    tiles: Callable[[Context, R], tuple[Tile, ...]] = lambda context, result: ()
    tidy: Callable[[Context, R], Mapping[str, pd.DataFrame]] = lambda context, result: {}
