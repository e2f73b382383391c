"""What to fix first: how well every driver does against how much it matters, and how sure its place is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from drivers.report.chapter import Chapter, Context, Say
from drivers.report.content import Block, Estimate, Figure, Finding, Number, Paragraph, Section, Table, Tile
from drivers.report.figures import WIDTH
from drivers.report.priority_sentences import Candidate, first_to_fix, rest_to_fix
from drivers.report.words import chance, inside, percent
from drivers.scenario.priority import QUADRANTS, PriorityMap, priority_map

NOT_RANKED = (
    "Too little of the outcome goes with these drivers to say which of them to fix first; the chapter on importance "
    "has the numbers."
)


def compute(context: Context, say: Say) -> PriorityMap | None:
    """Return performance against importance, read off the fit in `context`; None with one driver; nothing to `say`."""
    return priority_map(context.lead) if len(context.lead.spec.drivers) > 1 else None


def candidates(context: Context, found: PriorityMap) -> list[Candidate]:
    """Return the drivers `found`, those first that are most surely weaker and more important than the average.

    Slopes in points of the scales come from `context`.
    """
    slopes = context.importance.tidy().set_index("driver")
    rows = found.tidy().sort_values("p_concentrate", ascending=False, kind="stable")
    made = []
    for row in rows.to_dict("records"):
        slope: Any = slopes.loc[row["driver"]]
        made.append(Candidate(
            label=row["label"], outcome=found.label(found.outcome), p=float(row["p_concentrate"]),
            performance=float(row["performance"]), average=found.lines[0], slope=float(slope["slope"]),
            low=float(slope["slope_low"]), high=float(slope["slope_high"]),
            rated=context.survey.item(row["driver"]).scale != "open",
        ))  # fmt: skip
    return made


def findings(context: Context, found: PriorityMap) -> tuple[Finding, ...]:
    """Return what to fix first, by how much it goes with the outcome of `context`, and how sure, as `found`."""
    if not context.importance.rankable:
        return ()
    ranked = candidates(context, found)
    first, more = first_to_fix(ranked[0]), rest_to_fix(ranked)
    return (first, *((more,) if more else ()))


def tiles(context: Context, found: PriorityMap) -> tuple[Tile, ...]:
    """Return the driver `found` to fix first, in the words of `context`."""
    if not context.importance.rankable:
        return ()
    one = candidates(context, found)[0]
    size, ends = inside(one.slope, one.low, one.high, "points", 2)
    if not one.sure:
        return (Tile(label="Fix first", value="not settled", detail=f"{one.label} with probability {chance(one.p)}"),)
    detail = f"probability {chance(one.p)}; one point more goes with {size} ({ends}) of {one.outcome}"
    return (Tile(label="Fix first", value=one.label, detail=detail),)


def sections(context: Context, found: PriorityMap) -> tuple[Section, ...]:
    """Return the chapter: what to fix first in words, the map `found`, and its table; `context` has the slopes."""
    if not context.importance.rankable:
        refused = Paragraph(text=NOT_RANKED, caution=True)
        return (Section(key="priorities", title="What to fix first", blocks=(refused,)),)
    said = findings(context, found)
    blocks: tuple[Block, ...] = (
        *(Paragraph(text=finding.text) for finding in said),
        replace(_figure(found), says=said[0].text),
        _table(found),
        *(Paragraph(text=note) for note in found.notes),
    )
    return (Section(key="priorities", title="What to fix first", blocks=blocks),)


def _figure(found: PriorityMap) -> Figure:
    rows: list[Any] = list(found.tidy().sort_values("importance", ascending=False, kind="stable").itertuples())
    said = [
        f"{row.label}: performance {row.performance:.0f}, importance {row.importance:.2f}, "
        f"{QUADRANTS[row.quadrant]} with probability {chance(row.p)}" for row in rows
    ]  # fmt: skip
    return Figure(
        key="figure-priorities",
        title="Performance and importance",
        alt=f"Map with performance across and importance up, a cross of {percent(found.level)} intervals per driver: "
        f"{'; '.join(said)}.",
        size=(WIDTH, max(5.2, 2.6 + 0.3 * len(rows))),
        draw=lambda ax: found.plot(ax=ax),
    )  # fmt: skip


def _table(found: PriorityMap) -> Table:
    rows = []
    for row in found.tidy().sort_values("p_concentrate", ascending=False, kind="stable").itertuples():
        each: Any = row
        rows.append((
            each.label,
            *(Estimate(value=getattr(each, name), low=getattr(each, f"{name}_low"), high=getattr(each, f"{name}_high"),
                       unit="points", digits=digits) for name, digits in (("performance", 1), ("importance", 2))),
            *(Number(value=getattr(each, f"p_{name}"), unit="chance") for name in QUADRANTS),
        ))  # fmt: skip
    words = [words[0].upper() + words[1:] for words in QUADRANTS.values()]
    return Table(
        key="priorities",
        caption="Where every driver stands, and the probability of every quadrant",
        columns=("Driver", "Performance, 0 to 100", "Importance", *words),
        rows=tuple(rows),
        notes=(
            "Performance: average on a scale from 0, the worst answer there is, to 100, the best. Importance: points "
            "(of 100) of the outcome that go with one point (of 100) of the driver, the others held equal: a slope, "
            "neither a share nor a gain.",
            "Quadrants are those of the drivers' averages, a convention: being below the average of these drivers "
            f"does not mean being bad. {percent(found.level)} intervals in brackets.",
        ),
    )


def tidy(context: Context, found: PriorityMap) -> Mapping[str, pd.DataFrame]:
    """Return the map `found` as a table with the outcome of `context`."""
    return {"priorities": found.tidy().assign(outcome=context.outcome, n=found.n)}


CHAPTER: Chapter[PriorityMap] = Chapter(
    key="priorities", title="What to fix first", compute=compute, sections=sections, findings=findings, tiles=tiles,
    tidy=tidy,
)  # fmt: skip
