"""From an `Importance` to findings: which sentences a report makes, with the numbers behind each."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from drivers.defaults import LEANING
from drivers.importance.result import Importance
from drivers.report import sentences
from drivers.report.content import Finding
from drivers.survey.schema import Survey

SLOPES_UP_FRONT = 2
"""How many slopes the key findings put into words; the importance section words them all."""

TIES_UP_FRONT = 2
"""How many runs of drivers that cannot be separated the key findings name, from the top."""

MOST_CAUTIONS = 2
"""More drivers than this with a share and no slope share one sentence."""


def importance_findings(imp: Importance, survey: Survey) -> tuple[Finding, ...]:
    """Return the findings about `imp` under the definition `survey`, most important first."""
    explained = _explained(imp)
    cautions = (*no_slope_findings(imp), *direction_findings(imp, survey))
    if not imp.rankable:
        return (explained, _too_little(imp), *slope_findings(imp, survey, SLOPES_UP_FRONT), *cautions)
    return (
        _first(imp),
        explained,
        *slope_findings(imp, survey, SLOPES_UP_FRONT),
        *tie_findings(imp)[:TIES_UP_FRONT],
        *near_zero_findings(imp),
        *cautions,
    )


def drivers_of(imp: Importance) -> list[Any]:
    """Return the rows of ``tidy()`` of `imp`, the columns as attributes."""
    return list(imp.tidy().itertuples())


def by_share(imp: Importance) -> list[int]:
    """Return positions of the drivers of `imp`, largest share first; the given order when it is not rankable."""
    if not imp.rankable:
        return list(range(len(imp.drivers)))
    return [int(place) for place in np.argsort(-imp.estimate, kind="stable")]


def leader_and_rival(imp: Importance) -> tuple[int, int, float, float]:
    """Return the driver of `imp` with the largest share, the one next most often first, and the chance of each."""
    p_first = imp.tidy()["p_first"].to_numpy()
    leader = int(np.argmax(imp.estimate))
    others = [i for i in range(len(imp.drivers)) if i != leader]
    rival = max(others, key=lambda i: (p_first[i], imp.estimate[i])) if others else leader
    return leader, rival, float(p_first[leader]), float(p_first[rival])


def _explained(imp: Importance) -> Finding:
    r2 = imp.r2_interval()
    text = sentences.explained(
        imp.label(imp.outcome), len(imp.drivers), r2["estimate"], r2["low"], r2["high"], imp.level
    )
    return Finding(key="explained", text=text, numbers=r2)


def _too_little(imp: Importance) -> Finding:
    r2 = imp.r2_interval()
    text = sentences.too_little(imp.label(imp.outcome), r2["estimate"], r2["low"], r2["high"])
    return Finding(key="too_little", text=text, numbers=r2, caution=True)


def _first(imp: Importance) -> Finding:
    leader, rival, p_first, p_rival = leader_and_rival(imp)
    row = imp.tidy().iloc[leader]
    numbers = {
        "p_first": p_first,
        "p_rival": p_rival,
        "share": float(row["share"]),
        "low": float(row["low"]),
        "high": float(row["high"]),
    }
    names = (imp.label(imp.outcome), imp.label(imp.drivers[leader]))
    if leader == rival:
        text = sentences.only_one(*names, numbers["share"], numbers["low"], numbers["high"])
    else:
        text = sentences.first(
            *names, p_first, numbers["share"], numbers["low"], numbers["high"], imp.label(imp.drivers[rival]), p_rival
        )
    return Finding(key="first", text=text, numbers=numbers, caution=p_first < LEANING)


def tie_findings(imp: Importance) -> tuple[Finding, ...]:
    """Return one finding per run of neighbours in the order of `imp` that cannot be separated.

    Drivers near zero are left aside, and so is the pair that the sentence on who is first already names.
    """
    near_zero = imp.tidy()["near_zero"].to_numpy()
    order = [i for i in by_share(imp) if not near_zero[i]]
    beats = imp.beats().to_numpy()
    leader, rival, p_first, _ = leader_and_rival(imp)
    said = {leader, rival} if p_first < LEANING else set()
    runs: list[list[int]] = [[order[0]]] if order else []
    for above, below in itertools.pairwise(order):
        p = float(beats[above, below])
        if sentences.certainty(max(p, 1 - p)) == "cannot be separated":
            runs[-1].append(below)
        else:
            runs.append([below])
    return tuple(
        Finding(
            key=f"tie_{number}",
            text=sentences.tied([imp.label(imp.drivers[i]) for i in run]),
            numbers={
                f"p_{imp.drivers[a]}_ahead_of_{imp.drivers[b]}": float(beats[a, b]) for a, b in itertools.pairwise(run)
            },
            caution=True,
        )
        for number, run in enumerate((run for run in runs if len(run) > 1 and set(run) != said), start=1)
    )


def order_findings(imp: Importance, most: int) -> tuple[Finding, ...]:
    """Return one finding per pair of neighbours among the `most` first of `imp`: how sure it is who is ahead."""
    beats, order = imp.beats().to_numpy(), by_share(imp)[:most]
    found = []
    for place, (above, below) in enumerate(itertools.pairwise(order), start=1):
        upper, lower = _labels(imp, (above, below))
        p = float(beats[above, below])
        found.append(Finding(key=f"order_{place}", numbers={"p": p}, text=sentences.ahead(upper, lower, p)))
    return tuple(found)


def near_zero_findings(imp: Importance) -> tuple[Finding, ...]:
    """Return at most one finding: the drivers of `imp` with next to no share, as upper bounds."""
    table = imp.tidy()
    small = [i for i in by_share(imp) if table["near_zero"].iloc[i]]
    if not small:
        return ()
    upper = [float(table["upper"].iloc[i]) for i in small]
    text = sentences.near_zero(imp.label(imp.outcome), _labels(imp, small), upper)
    return (
        Finding(key="near_zero", text=text, numbers={imp.drivers[i]: u for i, u in zip(small, upper, strict=True)}),
    )


def slope_findings(imp: Importance, survey: Survey, most: int | None = None) -> tuple[Finding, ...]:
    """Return slopes of `imp` in words, of the `most` largest shares (None: all); `survey` knows which are ratings."""
    table, alone = imp.tidy(), len(imp.drivers) == 1
    found = []
    for i in by_share(imp)[:most]:
        row, name = table.iloc[i], imp.drivers[i]
        numbers = {"slope": float(row["slope"]), "low": float(row["slope_low"]), "high": float(row["slope_high"])}
        text = sentences.slope(
            imp.label(imp.outcome),
            imp.label(name),
            *numbers.values(),
            rated=survey.item(name).scale != "open",
            alone=alone,
        )
        found.append(Finding(key=f"slope_{name}", text=text, numbers=numbers))
    return tuple(found)


def no_slope_findings(imp: Importance) -> tuple[Finding, ...]:
    """Return cautions on drivers of `imp` with a share but a slope interval that holds 0; many in one."""
    rows = drivers_of(imp)
    found = [rows[i] for i in by_share(imp) if not rows[i].near_zero and rows[i].slope_low <= 0 <= rows[i].slope_high]
    if len(found) > MOST_CAUTIONS:
        text = sentences.shares_without_slope([row.label for row in found], len(rows))
        return (Finding(key="no_slope", caution=True, text=text, numbers={row.driver: row.slope for row in found}),)
    return tuple(
        Finding(
            key=f"no_slope_{row.driver}",
            caution=True,
            numbers={"share": row.share, "slope": row.slope, "low": row.slope_low, "high": row.slope_high},
            text=sentences.share_without_slope(row.label, row.share, row.slope, row.slope_low, row.slope_high),
        )
        for row in found
    )


def direction_findings(imp: Importance, survey: Survey) -> tuple[Finding, ...]:
    """Return a caution per rated driver of `imp` (a rating in `survey`) with a share and a clearly negative slope."""
    return tuple(
        Finding(
            key=f"direction_{row.driver}",
            caution=True,
            numbers={"slope": row.slope, "low": row.slope_low, "high": row.slope_high},
            text=sentences.against_direction(
                row.label, imp.label(imp.outcome), row.slope, row.slope_low, row.slope_high
            ),
        )
        for row in drivers_of(imp)
        if not row.near_zero and row.slope_high < 0 and survey.item(row.driver).scale != "open"
    )


def _labels(imp: Importance, places: Sequence[int]) -> list[str]:
    return [imp.label(imp.drivers[i]) for i in places]
