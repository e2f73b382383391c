"""SPSS files (.sav), with value labels and the codes their authors declared missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from drivers.errors import DataError, missing_extra
from drivers.read.columns import match_columns
from drivers.read.missing_words import reason_of_label
from drivers.read.opened import Opened
from drivers.read.tables import open_table
from drivers.survey.answers import Source
from drivers.survey.codes import code_key
from drivers.survey.decode import Reason
from drivers.survey.findings import Finding, counted, note, shown_code, warning
from drivers.survey.schema import Code, Item, Survey

WORDS = {Reason.BLANK: "blank", Reason.NOT_APPLICABLE: "not applicable", Reason.DONT_KNOW: "don't know"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Missing:
    """What a file says about codes without a rating in one column, and the findings about it."""

    codes: dict[Code, Reason] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def open_spss(path: Path, survey: Survey, source: Source) -> Opened:
    """Open an SPSS file: declared missing codes are kept apart by the words of their labels.

    Parameters
    ----------
    path : Path
        The .sav or .zsav file.
    survey : Survey
        Says which columns are wanted; a code that it lists means what it says there.
    source : Source
        Name and hash of the file.

    Returns
    -------
    Opened
        Codes as in the file, but a missing value without further words becomes an empty cell. ``survey`` has the
        file's "not applicable" and "don't know" codes added to its items.

    Raises
    ------
    DataError
        If the file is no whole SPSS file.
    MissingExtraError
        If pyreadstat is not installed.
    """
    try:
        import pyreadstat
    except ImportError as absent:
        raise missing_extra("pyreadstat", "spss", "Reading an SPSS file") from absent
    try:
        _, meta = pyreadstat.read_sav(str(path), metadataonly=True)
        match = match_columns(survey, meta.column_names)
        wanted = {meta.column_names[at]: name for name, at in match.positions.items()}
        kept = list(wanted) or meta.column_names[:1]
        table, meta = pyreadstat.read_sav(str(path), usecols=kept, user_missing=True)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError) as wrong:
        raise DataError(f"`{path.name}` is not a whole SPSS file ({wrong}). Save it again from SPSS.") from wrong
    findings: list[Finding] = []
    items = dict(survey.items)
    for column, name in wanted.items():
        labels = meta.variable_value_labels.get(column, {})
        ranges = meta.missing_ranges.get(column, [])
        if name in survey.rated:
            missing = _missing_codes(table[column], labels, ranges, survey.item(name), name)
            findings += missing.findings
            items = _with_codes(items, survey, name, missing.codes)
            blanks = [code for code, reason in missing.codes.items() if reason == Reason.BLANK]
        else:
            blanks = [code for code in _distinct(table[column]) if _declared(code, ranges)]
            if blanks:
                empty = int(table[column].isin(blanks).sum())
                findings.append(note("user_missing", name, empty, f"{counted(empty, 'row')} declared missing in SPSS."))
        table[column] = table[column].mask(table[column].isin(blanks))
        if name in survey.segments:
            table[column] = _labelled(table[column], labels)
    opened = open_table(table, survey.model_copy(update={"items": items}), source)
    return Opened(
        frame=opened.frame, source=source, survey=opened.survey, findings=(*match.findings, *findings)
    )  # fmt: skip


def _missing_codes(
    column: pd.Series[Any], labels: Mapping[Any, str], ranges: Sequence[Any], item: Item, name: str
) -> _Missing:
    """Sort the codes present: those the survey lists are left to it, the declared ones get a reason, others a look."""
    listed = {code_key(code) for code in (*(item.not_applicable or ()), *(item.dont_know or ()))}
    counts = column.value_counts()
    codes: dict[Code, Reason] = {}
    said: list[str] = []
    findings: list[Finding] = []
    for code in _distinct(column):
        label, n = str(labels.get(code, "")), int(counts[code])
        reason = reason_of_label(label) if label else None
        if code_key(code) in listed:
            continue
        if _declared(code, ranges):
            codes[code] = reason or Reason.BLANK
            words = f'{shown_code(code)} "{label}"' if label else f"{shown_code(code)} (no label)"
            said.append(f"{words} ({WORDS[codes[code]]}, {n:,})")
        elif reason in (Reason.DONT_KNOW, Reason.NOT_APPLICABLE, Reason.BLANK):
            key = "not_applicable" if reason == Reason.NOT_APPLICABLE else "dont_know"
            findings.append(warning(
                "label_says_missing", name, n,
                f'{counted(n, "answer")} {"is" if n == 1 else "are"} {shown_code(code)}, labelled "{label}", '
                "which the file does not declare missing.",
                f"If it is no rating, add `{key} = [{shown_code(code)}]` to this item.",
            ))  # fmt: skip
    if said:
        total = sum(int(counts[code]) for code in codes)
        findings.append(note("user_missing", name, total, f"codes declared missing in SPSS: {', '.join(said)}."))
    return _Missing(codes=codes, findings=tuple(findings))


def _distinct(column: pd.Series[Any]) -> list[Code]:
    return sorted(column.dropna().unique().tolist(), key=lambda code: (isinstance(code, str), code))


def _declared(code: Code, ranges: Sequence[Any]) -> bool:
    """Tell whether SPSS counts a code as missing; a range has the same kind at both ends."""
    return any(isinstance(code, str) == isinstance(r["lo"], str) and r["lo"] <= code <= r["hi"] for r in ranges)


def _with_codes(items: dict[str, Item], survey: Survey, name: str, codes: Mapping[Code, Reason]) -> dict[str, Item]:
    """Return the items with the file's codes added to what the survey itself lists for this one."""
    item = survey.item(name)
    added = {
        key: (*(given or ()), *(code for code, why in codes.items() if why == reason))
        for key, given, reason in (
            ("not_applicable", item.not_applicable, Reason.NOT_APPLICABLE),
            ("dont_know", item.dont_know, Reason.DONT_KNOW),
        )
    }
    if not any(reason != Reason.BLANK for reason in codes.values()):
        return items
    return {**items, name: items.get(name, Item()).model_copy(update=added)}


def _labelled(column: pd.Series[Any], labels: Mapping[Any, str]) -> pd.Series[Any]:
    """Put labels in the place of a segment's codes when every code present has one."""
    if labels and column.dropna().isin(list(labels)).all():
        return column.map(labels)
    return column
