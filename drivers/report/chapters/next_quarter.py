"""Next quarter's answers: how many a change needs to be seen, and what as many as now can show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from drivers.defaults import ALPHA, POWER
from drivers.errors import DriversError
from drivers.report.chapter import Chapter, Context, Say
from drivers.report.content import Cell, Hidden, Number, Paragraph, Section, Table
from drivers.report.words import chance, count, decimal, percent, quoted_label
from drivers.scenario.sample_result import SampleSize
from drivers.scenario.sample_size import TYPICAL, sample_size

TITLE = "Answers next time"
NAMES = {"top2": "top 2 box of {}", "nps": "NPS of {}", "mean": "average of {}", "slope": "slope of {}"}
FACTORS = {"top2": 100.0}
DIGITS = {"top2": 1, "nps": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class NextQuarter:
    """What is needed to see a change, one per score of an outcome and one per slope, with ``n`` answers as now."""

    sizes: tuple[SampleSize, ...]
    n: int


def compute(context: Context, say: Say) -> NextQuarter | None:
    """Return what changes need in surveys like that in `context`; None where nothing is scored; `say` names it."""
    say("answers needed next time")
    waves = context.waves if context.wave is None and context.waves else 1
    n = round(context.lead.n / waves)
    found = []
    for name in context.outcomes:
        measure = context.survey.item(name).score or "mean"
        if measure == "ces":  # an average under another name, with a scale of its own
            continue
        try:
            found.append(sample_size(context.answers, measure=measure, change=TYPICAL[measure], item=name, n=n))
        except DriversError:  # not scored, or hidden for its base
            continue
    for name in context.lead.spec.drivers:
        found.append(sample_size(context.lead, measure="slope", change=TYPICAL["slope"], item=name, n=n))
    return NextQuarter(sizes=tuple(found), n=n)


def sections(context: Context, found: NextQuarter) -> tuple[Section, ...]:
    """Return the chapter on what was `found`: a sentence for the first score and a table; `context` is not needed."""
    n, rows = count(found.n), []
    for one in found.sizes:
        least, factor, digits = one.detectable, FACTORS.get(one.measure, 1.0), DIGITS.get(one.measure, 2)
        cells: tuple[Cell, ...] = (
            f"{_name(one)}{', percentage points' if one.measure == 'top2' else ''}",
            Number(value=factor * one.change, unit="points", digits=digits),
            Number(value=one.needed, unit="count"), Number(value=one.errors(found.n).power, unit="chance"),
            Hidden(why="none") if least is None else Number(value=factor * least, unit="points", digits=digits),
        )  # fmt: skip
        rows.append(cells)
    table = Table(
        key="next-quarter-table", caption="What changes from wave to wave need",
        columns=("What changes", "By", "Answers needed per wave", f"Chance with {n}", f"Smallest change seen with {n}"),
        rows=tuple(rows),
        notes=(
            f"Seen: called real in a two-sided test at {percent(ALPHA)}, {percent(POWER)} of the time. Two waves of "
            "different people, equal in size and design effect to these; people asked twice need fewer. Drivers: the "
            "slope, in outcome points per point of the driver.",
            "Other sizes, ranks and what more answers are worth to a decision: drivers sample-size.",
        ),
    )  # fmt: skip
    said = Paragraph(text=_reading(found.sizes[0], found.n))
    return (Section(key="next-quarter", title=TITLE, blocks=(said, table)),)


def _reading(one: SampleSize, n: int) -> str:
    """Say what one score needs, and what `n` answers show of it."""
    seen, least = one.errors(n), one.detectable
    text = (
        f"To see the {_name(one)} change by {_size(one, one.change)} from one wave to the next takes "
        f"{count(one.needed)} answers in each. With {count(n)}, as now, the chance is {chance(seen.power)}"
    )
    if least is not None:
        text += f"; the smallest change seen {percent(POWER)} of the time is {_size(one, least)}"
    if seen.power < POWER:
        text += (
            f". A change of {_size(one, one.change)} that is called real all the same looks "
            f"{decimal(seen.exaggeration, 1)} times too large on average, and has the wrong sign "
            f"{chance(seen.type_s)} of the time"
        )
    return f"{text}."


def _name(one: SampleSize) -> str:
    return NAMES[one.measure].format(quoted_label(one.label))


def _size(one: SampleSize, change: float) -> str:
    unit = "percentage points" if one.measure == "top2" else "points"
    return f"{decimal(abs(FACTORS.get(one.measure, 1.0) * change), DIGITS.get(one.measure, 2))} {unit}"


def tidy(context: Context, found: NextQuarter) -> Mapping[str, pd.DataFrame]:
    """Return what was `found`, one row per score and size of change; `context` is not needed."""
    tables = [one.tidy().assign(measure=one.measure, label=one.label, planned=found.n) for one in found.sizes]
    return {"next_quarter": pd.concat(tables, ignore_index=True).rename(columns={"n": "answers"})}


CHAPTER: Chapter[NextQuarter] = Chapter(
    key="next-quarter", title=TITLE, compute=compute, sections=sections, tidy=tidy
)
