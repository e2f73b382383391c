"""Gaps and the direct item by segment: fit to be shown, and as tables with segments across."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from drivers.gap.direct import PARTS, DirectGap
from drivers.gap.scores_result import GapScores
from drivers.report.content import Cell, Estimate, Hidden, Number, Table, Unit
from drivers.report.score_tables import TOO_FEW, WHY_WITHHELD, WITHHELD, group_order, group_text
from drivers.report.withhold import withhold
from drivers.survey.schema import Survey

ACROSS = 4
"""Segments side by side in one table; more go into a further table below it."""

KEPT = ("kind", "driver", "label", "n", "shown", "withheld", "by", "group")


def gaps_to_show(scores: GapScores) -> pd.DataFrame:
    """Return the gaps of drivers by one segment column of `scores`, small groups hidden so that none can be guessed."""
    (by,) = scores.by
    rows = scores.table[scores.table["kind"] == "driver"]
    return withhold(rows, by, ("driver",), [c for c in rows.columns if c not in (*KEPT, by)])


def people_to_show(direct: DirectGap) -> pd.DataFrame:
    """Return the shares of people of `direct` by group, small groups hidden so that none can be guessed."""
    if not len(direct.groups):
        return direct.groups
    numbers = [name for name in direct.groups.columns if name not in KEPT]
    return withhold(direct.groups, "group", ("by",), numbers)


def gap_tables(rows: pd.DataFrame, by: str, survey: Survey) -> tuple[Table, ...]:
    """Return gaps by the segments of column `by` of a `survey`, one row per driver, from `rows` fit to be shown."""
    names = list(rows[["driver", "label"]].drop_duplicates().itertuples(index=False, name=None))
    found = {(row["driver"], group_text(row[by])): row for _, row in rows.iterrows()}

    def cells(name: str, groups: Sequence[str]) -> tuple[Cell, ...]:
        return tuple(
            _cell(found.get((name, group)), ("gap", "low", "high"), unit="points", digits=2) for group in groups
        )

    return _side_by_side(
        f"table-gap-by-{by}", f"Gap by {survey.label(by)}", "Driver", group_order(rows[by]),
        lambda groups: [(label, *cells(name, groups)) for name, label in names],
        "Perceived less expected, in points, with intervals: below zero people got less than they expected.",
        bool(rows["withheld"].any()),
    )  # fmt: skip


def people_tables(rows: pd.DataFrame, by: str, survey: Survey) -> tuple[Table, ...]:
    """Return what people say of the gap by the segments of column `by` of a `survey`, from `rows` fit to be shown."""
    part = rows[rows["by"] == by]
    found = {group_text(row["group"]): row for _, row in part.iterrows()}

    def lines(groups: Sequence[str]) -> list[tuple[Cell, ...]]:
        base: tuple[Cell, ...] = tuple(
            Number(value=found[g]["n"], unit="count") if found[g]["shown"] else _why(found[g]) for g in groups
        )
        return [
            *((words, *(_cell(found[g], (key, f"{key}_low", f"{key}_high"), unit="percent") for g in groups))
              for key, words in PARTS.items()), ("Answers", *base),
        ]  # fmt: skip

    return _side_by_side(
        f"table-gap-people-by-{by}", f"Against expectation by {survey.label(by)}", "Against expectation",
        group_order(part["group"]), lines, "Shares of people, with intervals.", bool(part["withheld"].any()),
    )


def _side_by_side(
    key: str, caption: str, head: str, groups: Sequence[Any], lines: Any, note: str, withheld: bool
) -> tuple[Table, ...]:
    names = [group_text(group) for group in groups]
    parts = [names[start : start + ACROSS] for start in range(0, len(names), ACROSS)]
    return tuple(
        Table(
            key=f"{key}-{place}", caption=caption if len(parts) == 1 else f"{caption}, part {place} of {len(parts)}",
            columns=(head, *part), rows=tuple(lines(part)),
            notes=(note, *([WHY_WITHHELD] if withheld else [])) if place == len(parts) else (),
        )
        for place, part in enumerate(parts, start=1)
    )


def _cell(row: Any, names: tuple[str, str, str], unit: Unit, digits: int = 0) -> Cell:
    if row is None:
        return None
    if not row["shown"]:
        return _why(row)
    value, low, high = (float(row[name]) for name in names)
    return Estimate(value=value, low=low, high=high, unit=unit, digits=digits)


def _why(row: Any) -> Hidden:
    return WITHHELD if row["withheld"] else TOO_FEW
