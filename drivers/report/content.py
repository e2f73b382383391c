"""`Report`: what a report says, apart from how any format writes it.

A writer turns these nouns into HTML, slides or a workbook; it never computes and never words a finding. Numbers stay
numbers here, so that a workbook can hold them as numbers and a page can print them as text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from drivers.scenario.panel import Panel

type Unit = Literal["percent", "chance", "points", "score", "count", "factor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One number. ``percent`` and ``chance`` are parts of 1; ``points`` are steps of a scale."""

    value: float
    unit: Unit
    digits: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """An interval, in the unit of its number."""

    low: float
    high: float
    unit: Unit
    digits: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with its interval, printed together."""

    value: float
    low: float
    high: float
    unit: Unit
    digits: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """At most this part of 1: printed where an interval would mislead."""

    high: float
    digits: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """A number that is not shown, and why; the number itself is not kept."""

    why: str


type Cell = str | Number | Span | Estimate | Bound | Hidden | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of cells under `columns`. The first column names the row; ``notes`` stand below it."""

    key: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"{self.key}: every row needs {len(self.columns)} cells")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The numbers of a figure, for writers with charts of their own that readers can edit.

    ``bars`` lie on their side, one per label, the first on top; a ``line`` runs through its labels in time. Numbers are
    in ``unit``; ``low`` and ``high`` are the ends of their intervals, None where there is no number or no interval.
    """

    kind: Literal["bars", "line"]
    title: str
    labels: tuple[str, ...]
    values: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    unit: Unit
    digits: int = 0

    def __post_init__(self) -> None:
        if len({len(self.labels), len(self.values), len(self.low), len(self.high)}) != 1:
            raise ValueError(f"{self.title}: labels, values and ends of intervals go together")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A picture, drawn on demand. ``alt`` says in words what it shows; ``size`` (width, height) is in inches.

    ``says`` is the sentence a slide with it has for a title; ``chart`` its numbers, where a simple chart can show them.
    """

    key: str
    title: str
    alt: str
    size: tuple[float, float]
    draw: Callable[[Axes], object]
    caption: str = ""
    says: str = ""
    chart: Chart | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Plain text. A ``caution`` is set apart from the rest."""

    text: str
    caution: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One sentence, and the numbers behind it, by name."""

    key: str
    text: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    caution: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One number for the first screen: what it is, its value, and how sure."""

    label: str
    value: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Playable:
    """A what-if to play with: sliders on the page, formulas in the workbook; ``instead`` is said where neither can be.

    ``note`` stands below it and says what its numbers rest on.
    """

    key: str
    title: str
    panel: Panel
    note: str
    instead: str


type Block = Paragraph | Table | Figure | Playable


def paragraphs(findings: Iterable[Finding]) -> tuple[Paragraph, ...]:
    """Return `findings` as paragraphs of a section."""
    return tuple(Paragraph(text=finding.text, caution=finding.caution) for finding in findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading and what stands under it.

    What is ``beside`` the point is for who asks how it was done: slides have it behind those that are shown.
    """

    key: str
    title: str
    blocks: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = ()
    beside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Report:
    """A whole report. ``provenance`` holds name and value, ready to print, in order.

    ``tables`` are the estimates by name, one row each, for a workbook and for next quarter's trend; ``facts`` are the
    request and the origin of the data as plain values; ``made`` is the day to print.
    """

    title: str
    subtitle: str
    tiles: tuple[Tile, ...]
    findings: tuple[Finding, ...]
    sections: tuple[Section, ...]
    provenance: tuple[tuple[str, str], ...]
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    facts: Mapping[str, object] = field(default_factory=dict)
    made: date = date(1980, 1, 1)
    language: str = "en"

    def __post_init__(self) -> None:
        findings = [finding.key for finding in self.findings]
        for keys in (findings, [*_keys(self.sections, True)], [*_keys(self.sections, False)]):
            if len(keys) != len(set(keys)):
                raise ValueError(f"keys are not unique: {sorted(key for key in keys if keys.count(key) > 1)}")

    def summary(self) -> str:
        """Return the title and the key findings as plain text."""
        return "\n".join([self.title, self.subtitle, *(f"- {finding.text}" for finding in self.findings)])


def _keys(sections: tuple[Section, ...], of_sections: bool) -> Iterator[str]:
    """Yield the keys of sections, or of the tables and figures in them."""
    for section in sections:
        if of_sections:
            yield section.key
        else:
            yield from (block.key for block in section.blocks if not isinstance(block, Paragraph))
        yield from _keys(section.sections, of_sections)
