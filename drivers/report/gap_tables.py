"""Tables of the gap chapter, and the sentences on shape that lean on them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np

from drivers.defaults import MIN_BASE_CELL
from drivers.gap.asymmetry import Asymmetry
from drivers.gap.direct import DirectGap
from drivers.gap.joint import JointGap
from drivers.gap.necessity import Necessity
from drivers.gap.scores_result import GapScores
from drivers.gap.surface_result import Surfaces
from drivers.gap.two_outcomes import TwoOutcomes
from drivers.report.content import Cell, Estimate, Hidden, Number, Table
from drivers.report.words import decimal, inside, percent, quoted_label, some

NAMES: Final = {
    "surface": "response surface", "asymmetry": "penalty and reward", "necessity": "necessary conditions",
    "compensation": "reading of what can be made up for", "kano": "Kano classes", "direct": "direct item",
    "latent": "latent gap",
}


def _rows(table: Any) -> list[Any]:
    return list(table.itertuples())


def scores_table(scores: GapScores) -> Table:
    """Return perceived, expected and gap of `scores`, drivers, then dimensions, then all."""
    rows: list[tuple[Cell, ...]] = []
    blocks: list[str] = []
    for row in _rows(scores.table):
        if not row.shown:
            rows.append((row.label, *([Hidden(why=f"fewer than {MIN_BASE_CELL}")] * 4), None))
            continue
        rows.append((
            row.label,
            Estimate(value=row.perceived, low=row.perceived_low, high=row.perceived_high, unit="points", digits=2),
            Estimate(value=row.expected, low=row.expected_low, high=row.expected_high, unit="points", digits=2),
            Estimate(value=row.gap, low=row.low, high=row.high, unit="points", digits=2),
            None if np.isnan(row.below) else Estimate(
                value=row.below, low=row.below_low, high=row.below_high, unit="percent"),
            Number(value=row.n, unit="count"),
        ))  # fmt: skip
        blocks += _of_block(row)
    told = [f"Of means of several: {'; '.join(blocks)}."] if blocks else []
    return Table(
        key="table-gap-scores", caption="Perceived, expected and their difference",
        columns=("Driver", "Perceived", "Expected", "Gap", "Got less", "Answers"), rows=tuple(rows),
        notes=(
            "Got less: share of people who perceived less than they expected.", *told,
            *(["Reliability is that of the difference; a single pair has none that could be known."] if told else []),
        ),
    )  # fmt: skip


def _of_block(row: Any) -> list[str]:
    """Reliability, and the gap weighted by stated importance, of a dimension or of all pairs."""
    said = []
    if not np.isnan(getattr(row, "reliability", np.nan)):
        said.append(f"reliability {decimal(row.reliability)}")
    if not np.isnan(getattr(row, "weighted_gap", np.nan)):
        size, ends = inside(row.weighted_gap, row.weighted_low, row.weighted_high, "points", 2)
        said.append(f"gap weighted by stated importance {size} ({ends})")
    return [f"{row.label} {', '.join(said)}"] if said else []


def zone_table(scores: GapScores) -> Table:
    """Return the zone of tolerance of `scores`."""
    def part(row: Any, name: str) -> Cell:
        return Estimate(value=getattr(row, name), low=getattr(row, f"{name}_low"), high=getattr(row, f"{name}_high"),
                        unit="percent")  # fmt: skip

    rows = tuple(
        (row.label, *((part(row, "below"), part(row, "inside"), part(row, "desired")) if row.shown else
                      [Hidden(why=f"fewer than {MIN_BASE_CELL}")] * 3))
        for row in _rows(scores.zone)
    )  # fmt: skip
    return Table(key="table-gap-zone", caption="Zone of tolerance",
                 columns=("Driver", "Below adequate", "In the zone", "At the desired level"), rows=rows)  # fmt: skip


def joint_table(joint: JointGap) -> Table:
    """Return slopes and shares of `joint`."""
    def slope(row: Any, name: str) -> Cell:
        return Estimate(value=getattr(row, name), low=getattr(row, f"{name}_low"), high=getattr(row, f"{name}_high"),
                        unit="points", digits=2)  # fmt: skip

    rows = tuple(
        (row.label, slope(row, "perceived"), slope(row, "expected"), slope(row, "difference"),
         Number(value=row.p_positive, unit="chance"),
         Estimate(value=row.share_gap, low=row.share_gap_low, high=row.share_gap_high, unit="percent"))
        for row in _rows(joint.tidy())
    )  # fmt: skip
    return Table(
        key="table-gap-joint",
        caption=f"Slopes in {joint.target.unit} per driver point, and share of the gap's variance",
        columns=("Driver", "Perceived", "Expected", "Gap", "P(closes)", "Share of the gap"), rows=rows,
        notes=(f"Explained: perceived {percent(float(joint.r2[0]))}, expected {percent(float(joint.r2[1]))}, gap "
               f"{percent(float(joint.r2[2]))}. Slope and share are two meanings; neither is an effect.",),
    )  # fmt: skip


def compare_table(result: TwoOutcomes) -> Table:
    """Return shares of both outcomes of `result`, what all drivers explain together, and what they do not."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (row.label,
         Estimate(value=row.share_satisfaction, low=row.share_satisfaction_low, high=row.share_satisfaction_high,
                  unit="percent"),
         Estimate(value=row.share_gap, low=row.share_gap_low, high=row.share_gap_high, unit="percent"),
         Number(value=row.p_more_for_gap, unit="chance"), row.verdict)
        for row in _rows(result.tidy().sort_values("share_satisfaction", ascending=False, kind="stable"))
    )  # fmt: skip
    return Table(
        key="table-gap-two-outcomes", caption="Shares of differences in two outcomes",
        columns=("Driver", result.words[0], "The gap", "P(more for the gap)", "Reading"),
        rows=(*rows, *_explained(result)),
        notes=(
            f"The gap: {result.words[1]}. More: as a part of what is explained of each, on the same draws.",
            f"{percent(result.level)} intervals. Both columns are of one {result.engine} model of both outcomes, so "
            "that they can be compared; shares of the outcome alone may differ from these in the last digit.",
        ),
    )  # fmt: skip


def _explained(result: TwoOutcomes) -> tuple[tuple[Cell, ...], ...]:
    """Return what all drivers explain of either outcome, and what they leave."""
    tails = [(1 - result.level) / 2, (1 + result.level) / 2]
    ends = np.quantile(result.draws.sum(axis=2), tails, axis=1)
    together = [Estimate(value=float(result.r2[k]), low=float(ends[0, k]), high=float(ends[1, k]), unit="percent")
                for k in (0, 1)]  # fmt: skip
    rest = [replace(each, value=1 - each.value, low=1 - each.high, high=1 - each.low) for each in together]
    return ("All drivers together", *together, None, ""), ("Not explained", *rest, None, "")


def surface_table(found: Surfaces) -> Table:
    """Return a1 to a5 of every surface `found`."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (s.label, *(Estimate(value=float(s.a[k]), low=float(s.a_low[k]), high=float(s.a_high[k]), unit="points",
                             digits=2) for k in range(5)), Number(value=s.off_diagonal, unit="count"))
        for s in found.surfaces
    )  # fmt: skip
    return Table(
        key="table-gap-surfaces", caption=f"Shape of the surface of {found.label} over both answers",
        columns=("Driver", "a1", "a2", "a3", "a4", "a5", "Off agreement"), rows=rows,
        notes=("a1, a2: slope and bend where both answers agree; a3, a4: where one goes up as the other goes down; a5: "
               "difference of the two bends. a4 below zero alone is not congruence.",),
    )  # fmt: skip


def constraints_table(found: Surfaces) -> Table:
    """Return how simpler models than the surfaces `found` predict."""
    labels = {each.driver: each.label for each in found.surfaces}
    rows = tuple(
        (f"{labels.get(row.driver, row.driver)}: {row.model}", Number(value=row.r2, unit="percent", digits=1),
         Number(value=-row.worse, unit="score", digits=1), Number(value=row.error, unit="points", digits=1),
         row.verdict)
        for row in _rows(found.constraints()) if row.model != "full"
    )  # fmt: skip
    return Table(
        key="table-gap-constraints", caption="Simpler models of the surface, judged on answers left out",
        columns=("Model", "Explained", "Log density against the full surface", "Standard error", "Reading"), rows=rows,
    )  # fmt: skip


def direct_people(found: DirectGap) -> Table:
    """Return the shares of people below, at and above expectation `found` by the direct item."""
    rows = tuple(
        (row.part, Estimate(value=row.share, low=row.low, high=row.high, unit="percent")) for row in _rows(found.shares)
    )
    return Table(key="table-gap-people", caption=found.label, columns=("Against expectation", "People"), rows=rows)


def direct_table(found: DirectGap) -> Table:
    """Return latent slopes and shares of the direct item `found`."""
    rows = tuple(
        (row.label, Estimate(value=row.slope, low=row.slope_low, high=row.slope_high, unit="points", digits=2),
         Estimate(value=row.share, low=row.low, high=row.high, unit="percent")) for row in _rows(found.tidy())
    )  # fmt: skip
    return Table(
        key="table-gap-direct", caption=f"Drivers of {found.label} (cumulative probit)",
        columns=("Driver", "Latent slope", "Share"), rows=rows,
        notes=("The item is nearly satisfaction and shares its halo; read it beside the joint model.",),
    )  # fmt: skip


def asymmetry_words(found: Asymmetry) -> str:
    """Say which drivers `found` punish more than they reward, and the reverse."""
    rows = _rows(found.tidy())
    down = [quoted_label(row.label) for row in rows if row.verdict == "dissatisfier"]
    up = [quoted_label(row.label) for row in rows if row.verdict == "satisfier"]
    said = []
    if down:
        said.append(f"falling short costs more than exceeding brings (dissatisfier) for {some(down)}")
    if up:
        said.append(f"exceeding brings more than falling short costs (satisfier) for {some(up)}")
    if not said:
        return (
            f"Below and above {found.reference} a point goes with about as much of "
            f"{quoted_label(found.label(found.outcome))} for every driver, or the difference cannot be told; on "
            "the latent scale, so that a full top box does not pass for a bend."
        )
    return f"It is very likely that {'; and that '.join(said)}. Neither says what customers take for granted."


def necessity_words(found: Necessity) -> str:
    """Say which drivers `found` to be necessary."""
    named = [quoted_label(row.label) for row in _rows(found.tidy()) if row.verdict == "necessary"]
    if not found.bottlenecks:
        return (
            f"No driver is a necessary condition of {quoted_label(found.label)}: every level of it, the highest too, "
            "was seen with the lowest answer to every driver."
        )
    if not named:
        return (
            f"No driver is a necessary condition of {quoted_label(found.label)}: no corner is emptier than chance and "
            "the plain correlation make it."
        )
    return (
        f"High levels of {quoted_label(found.label)} were not seen without {some(named)}: that corner is emptier than "
        "chance and the plain correlation make it."
    )
