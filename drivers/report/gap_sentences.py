"""What the gap chapter says: pure functions from results to sentences, worded by the same probabilities as the rest."""

from __future__ import annotations

from typing import Any

import numpy as np

from drivers.gap.direct import DirectGap
from drivers.gap.joint import JointGap
from drivers.gap.latent import LatentGap
from drivers.gap.scores_result import GapScores
from drivers.gap.two_outcomes import TwoOutcomes
from drivers.report.content import Finding
from drivers.report.sentences import certainty
from drivers.report.words import chance, decimal, inside, listed, percent, quoted_label, some, spelled


def shortfall(scores: GapScores) -> Finding:
    """Say which pairs of `scores` fall short of what was expected, the furthest first."""
    rows = scores.drivers().sort_values("gap", kind="stable")
    short = rows[rows["high"] < 0]
    above = rows[rows["low"] > 0]
    if not len(short):
        text = "No driver falls short of what was expected: no interval of a gap lies below zero."
    else:
        worst: Any = next(iter(short.itertuples()))
        size, ends = inside(-worst.gap, -worst.high, -worst.low, "points", 2)
        names = some([quoted_label(name) for name in short["label"]])
        number = spelled(len(short))
        some_of = f"{number[0].upper()}{number[1:]} of {len(rows)}" if len(short) < len(rows) else f"All {number}"
        who = "It falls" if len(rows) == 1 else f"{some_of} fall"
        text = (
            f"{who} short of what was expected: {names}. Furthest short is {quoted_label(worst.label)}, by {size} "
            f"points ({ends}); {percent(worst.below)} got less than they expected of it."
        )
    if len(above):
        text += f" More than expected was got of {some([quoted_label(name) for name in above['label']])}."
    return Finding(
        key="gap-short", text=text, numbers={f"gap {row.driver}": float(row.gap) for row in _rows(rows)}
    )


def _rows(table: Any) -> list[Any]:
    return list(table.itertuples())


def closers(joint: JointGap) -> tuple[Finding, ...]:
    """Say which drivers of `joint` go with a smaller shortfall, and which cannot be told."""
    rows = joint.tidy().sort_values("difference", ascending=False, kind="stable")
    sure = [row for row in _rows(rows) if certainty(row.p_positive) in ("very likely", "likely")]
    open_ = [row for row in _rows(rows) if certainty(max(row.p_positive, 1 - row.p_positive)) == "cannot be separated"]
    wrong = [row for row in _rows(rows) if certainty(1 - row.p_positive) == "very likely"]
    gap, found = quoted_label(joint.target.words), []
    if sure:
        best = sure[0]
        size, ends = inside(best.difference, best.difference_low, best.difference_high, "points", 2)
        names = some([f"{quoted_label(row.label)} ({chance(row.p_positive)})" for row in sure])
        found.append(Finding(
            key="gap-closers",
            text=f"Better ratings go with a smaller shortfall ({gap}) for {names}, in brackets how sure that is. The "
            f"most goes with {quoted_label(best.label)}: {size} {joint.target.unit} ({ends}) per point, the others "
            "equal. This is association, not effect.",
        ))  # fmt: skip
    if wrong:
        names = some([quoted_label(row.label) for row in wrong])
        found.append(Finding(
            key="gap-opposite", caution=True,
            text=f"Better ratings very likely go with a larger shortfall for {names}, the other drivers equal: drivers "
            "that go together take slopes from each other, or what was expected rises with them.",
        ))
    if open_:
        names = some([quoted_label(row.label) for row in open_])
        text = f"Whether the gap goes with {names} cannot be told from these answers."
        found.append(Finding(key="gap-open", text=text))
    return tuple(found)


def two(result: TwoOutcomes) -> Finding:
    """Say in `result` which drivers matter more for the gap than for satisfaction, and the reverse."""
    rows = _rows(result.tidy())
    more = [row for row in rows if certainty(row.p_more_for_gap) in ("very likely", "likely")]
    less = [row for row in rows if certainty(1 - row.p_more_for_gap) in ("very likely", "likely")]

    def names(chosen: list[Any], sign: bool) -> str:
        return some([
            f"{quoted_label(row.label)} ({chance(row.p_more_for_gap if sign else 1 - row.p_more_for_gap)})"
            for row in chosen
        ])  # fmt: skip

    said = []
    if more:
        said.append(f"more for the gap than for satisfaction: {names(more, True)}")
    if less:
        said.append(f"more for satisfaction than for the gap: {names(less, False)}")
    text = (
        f"As a part of what is explained, drivers that matter {'; '.join(said)}; in brackets how sure." if said else
        "Which drivers matter more for the gap than for satisfaction cannot be told: no difference is likely."
    )
    return Finding(key="gap-two-outcomes", text=text,
                   numbers={f"p more for gap {row.driver}": float(row.p_more_for_gap) for row in rows})  # fmt: skip


def direct(result: DirectGap) -> Finding:
    """Say what people answer to the direct item of `result`, and what goes with it most."""
    def part(row: Any) -> str:
        size, ends = inside(row.share, row.low, row.high, "percent")
        return f"{size} ({ends}) {row.part}"

    rows = _rows(result.shares)
    first = max(_rows(result.tidy()), key=lambda row: row.share)
    sure = certainty(first.p_first)
    lead = (
        f"Most of what differs between people in it goes with {quoted_label(first.label)}, the first with probability "
        f"{chance(first.p_first)}." if sure != "cannot be separated" else
        "Which driver most of what differs between people in it goes with cannot be told."
    )
    return Finding(
        key="gap-direct", text=f"Asked directly ({quoted_label(result.label)}), people say: "
        f"{listed([part(row) for row in rows])}. {lead}", numbers={row.part: float(row.share) for row in rows},
    )  # fmt: skip


def latent(result: LatentGap) -> Finding:
    """Say how many people got less than they expected on the latent scale of `result`, and what recall would need."""
    rows = result.tidy().sort_values("gap", kind="stable")
    worst = _rows(rows)[0]
    odd = rows.loc[~rows["invariant"], "label"]
    text = (
        f"On the latent scale {quoted_label(worst.label)} lies {decimal(abs(worst.gap))} standard deviations "
        f"{'below' if worst.gap < 0 else 'above'} what was expected; a person gets less than expected with "
        f"probability {chance(worst.below)}. If expectations were recalled after the visit, memory would have to have "
        "moved them by as much to make that up."
    )
    if len(odd):
        text += (
            f" People use the scale another way for what they expect of {some([quoted_label(x) for x in odd])}, so "
            "part of that gap is wording."
        )
    return Finding(key="gap-latent", text=text, numbers={"gap": float(np.float64(worst.gap))})
