"""`CheckReport`: what `drivers check` prints."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from drivers.survey.answers import Source
from drivers.survey.decode import Reason
from drivers.survey.findings import Finding, counted
from drivers.survey.schema import Survey

WIDTH = 100
"""Columns of text in a summary."""

COUNTS = ("answered", "blank", "not_applicable", "dont_know", "text", "out_of_range")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CheckReport:
    """Every finding about data and their definition, and how often each item was answered.

    ``items`` has one row per rated column: item, label, role, scale, then respondents by what they gave: answered,
    blank, not_applicable, dont_know, text, out_of_range.
    """

    source: Source
    n_read: int
    findings: tuple[Finding, ...]
    items: pd.DataFrame

    @property
    def ok(self) -> bool:
        """Whether there is neither an error nor a warning; notes are only for information."""
        return all(finding.severity == "note" for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """0 when `ok`, else 2.

        A warning (a thin category, a small group) does not keep `drivers.read` from handing out the answers, but it
        is a finding: whoever runs the check in a pipeline wants to see it before the report is built.
        """
        return 0 if self.ok else 2

    def tidy(self) -> pd.DataFrame:
        """Return one row per finding: severity, check, column, count, found, cure."""
        names = ["severity", "check", "column", "count", "found", "cure"]
        return pd.DataFrame([finding.to_dict() for finding in self.findings], columns=names)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values, for JSON."""
        return {
            "ok": self.ok,
            "n_read": self.n_read,
            "source": {"name": self.source.name, "kind": self.source.kind, "sha256": self.source.sha256},
            "findings": [finding.to_dict() for finding in self.findings],
            "items": self.items.to_dict(orient="records"),
        }

    def summary(self) -> str:
        """Return the report as text: the findings with their cures, then the answers per item."""
        kinds = [(kind, sum(f.severity == kind for f in self.findings)) for kind in ("error", "warning", "note")]
        told = ", ".join(counted(count, kind) for kind, count in kinds if count) or "nothing found"
        lines = [f"{self.source.name}: {counted(self.n_read, 'row')}; {told}"]
        for finding in self.findings:
            lines += ["", *_block(finding)]
        if len(self.items):
            lines += ["", self._item_table()]
        return "\n".join(lines)

    def _item_table(self) -> str:
        shown = self.items.drop(columns=["label", "role"]).set_index("item")
        empty = [name for name in COUNTS[1:] if not shown[name].any()]
        shown = shown.drop(columns=empty).rename(columns=lambda name: name.replace("_", " ").replace("dont", "don't"))
        return str(shown.rename_axis(None).to_string())


def item_counts(levels: pd.DataFrame, survey: Survey) -> pd.DataFrame:
    """Count per item how many respondents answered, and why the others did not.

    Parameters
    ----------
    levels : DataFrame
        From `count_levels`.
    survey : Survey
        Says what the columns mean.

    Returns
    -------
    DataFrame
        The ``items`` of `CheckReport`.
    """
    rows = []
    for name, table in levels.groupby("item", sort=False):
        item = survey.item(str(name))
        sums = np.bincount(table["reason"].astype(int), weights=table["n"], minlength=len(Reason))
        role = _role(survey, str(name))
        scale = f"{item.scale[0]:g}..{item.scale[1]:g}" if isinstance(item.scale, tuple) else "open"
        counts = {reason.name.lower(): int(sums[reason]) for reason in Reason}
        rows.append({"item": name, "label": item.label, "role": role, "scale": scale, **counts})
    return pd.DataFrame(rows, columns=["item", "label", "role", "scale", *COUNTS])


def _role(survey: Survey, name: str) -> str:
    """Return what the column `name` was asked for."""
    if name in survey.drivers or name in survey.outcomes:
        return "driver" if name in survey.drivers else "outcome"
    if name in survey.expectations.values():
        return "expectation"
    if name in survey.adequate.values():
        return "adequate level"
    return "stated importance" if name in survey.stated_importance.values() else "Kano question"


def _block(finding: Finding) -> list[str]:
    head = f"{finding.severity:<8} "
    body = textwrap.wrap(finding.text, WIDTH - len(head), break_long_words=False, break_on_hyphens=False)
    return [head + body[0], *(" " * len(head) + line for line in body[1:])]
