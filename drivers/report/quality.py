"""Data quality: who answered, what was missing and why, and what the weights cost."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pandas as pd

from drivers.defaults import MIN_BASE_CELL
from drivers.report.content import Cell, Number, Paragraph, Table
from drivers.report.score_tables import TOO_FEW
from drivers.report.words import count, decimal, plural
from drivers.survey.decode import Reason
from drivers.survey.findings import Finding
from drivers.survey.schema import Survey

KINDS = {
    Reason.ANSWERED: "Answered",
    Reason.BLANK: "Blank",
    Reason.NOT_APPLICABLE: "Not applicable",
    Reason.DONT_KNOW: "Don't know",
    Reason.TEXT: "Text",
    Reason.OUT_OF_RANGE: "Outside the scale",
}
"""Column headings for why an item has an answer or none."""


def usage_table(read: int, used: int, complete: int, dropped: Mapping[str, int]) -> Table:
    """Return respondents `read`, `used`, `complete` among them, and `dropped` by reason."""
    rows: list[tuple[Cell, ...]] = [("Respondents read", _count(read), _part(read, read))]
    rows += [(f"Not used: {reason}", _count(lost), _part(lost, read)) for reason, lost in dropped.items()]
    rows.append(("Used for importance", _count(used), _part(used, read)))
    rows.append(("of these, answered every driver and the outcome", _count(complete), _part(complete, read)))
    return Table(
        key="usage",
        caption="Who answered and who was used",
        columns=("Respondents", "Number", "Part of those read"),
        rows=tuple(rows),
    )


def missing_table(levels: pd.DataFrame, survey: Survey) -> Table:
    """Return one row per item of `levels` (`Answers.levels`), labelled by `survey`: answered, and missing by reason."""
    counts = levels.pivot_table(index="item", columns="reason", values="n", aggfunc="sum", fill_value=0, sort=False)
    kinds = [kind for kind in KINDS if kind == Reason.ANSWERED or (kind in counts and counts[kind].sum() > 0)]
    rows: list[tuple[Cell, ...]] = []
    for item in dict.fromkeys(levels["item"]):
        total = float(counts.loc[item].sum())
        row = counts.loc[item]
        found = [float(row[kind]) if kind in counts else 0.0 for kind in kinds]
        missing = 1 - found[0] / total if total else 0.0
        rows.append((survey.label(item), *map(_count, found), Number(value=missing, unit="percent", digits=1)))
    return Table(
        key="missing",
        caption="What was answered and what was missing, by question",
        columns=("Question", *(KINDS[kind] for kind in kinds), "Missing"),
        rows=tuple(rows),
        notes=(
            "“Not applicable” and “don't know” are kept apart from blanks. Nothing is filled in: linear importance "
            "uses every answer a person gave, and assumes that who left an answer out depends only on "
            "what was answered.",
        ),
    )


def weights_paragraph(n: float, n_eff: float, weight: str | None) -> Paragraph:
    """Say what the `weight` column costs: `n` respondents are worth `n_eff` equal ones."""
    if weight is None:
        return Paragraph(text=f"No weights were declared: every one of the {plural(n, 'respondent')} counts the same.")
    return Paragraph(
        text=(
            f"Answers are weighted by “{weight}”. Unequal weights make {plural(n, 'respondent')} worth {count(n_eff)} "
            f"equally weighted ones (design effect {decimal(n / n_eff, 2)}); all intervals take that into account."
        )
    )


def findings_table(findings: Sequence[Finding], survey: Survey) -> Table:
    """Return what the checks of the data found (`findings`), with labels of `survey`; points few chose uncounted."""
    return Table(
        key="checks",
        caption="What the checks of the data found",
        columns=("Question", "Found", "Cases", "What to do"),
        rows=tuple((survey.label(f.column), *_uncounted(f), f.cure) for f in findings),
    )


def _uncounted(finding: Finding) -> tuple[Cell, Cell]:
    """Return what was found and in how many cases; of points of the scale that few chose, without the few."""
    if finding.check != "thin_category":
        return finding.found, _count(finding.count)
    return re.sub(r" \(\d+\)", "", finding.found), TOO_FEW if finding.count < MIN_BASE_CELL else _count(finding.count)


def _count(value: float) -> Number:
    return Number(value=float(value), unit="count")


def _part(value: float, whole: float) -> Cell:
    return Number(value=value / whole, unit="percent", digits=1) if whole else None
