"""Checks of the columns that say how much a row counts: sampling weight and frequency."""

from __future__ import annotations

from dataclasses import dataclass

import narwhals as nw
import pandas as pd

from drivers.defaults import HEAVY_SHARE, HEAVY_WEIGHT
from drivers.survey.codes import BLANK_TEXTS
from drivers.survey.findings import Finding, counted, error, listed, note, warning
from drivers.survey.tally import Frame, fetched

NUMBER = r"^\s*[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?\s*$"
"""What a number looks like as text."""

UNCLEAR = r"^\s*[-+]?[1-9]\d{0,2},\d{3}\s*$"
"""1,234 is 1.234 or 1234: not guessed."""

ENOUGH_TO_SHARE = 50
"""Weights above 0 below which one of them may well hold more than `HEAVY_SHARE`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CheckedLoad:
    """``frame`` with the column as numbers; ``usable`` says whether counts may be taken with it; ``rows`` counted."""

    frame: Frame
    rows: int
    usable: bool
    findings: tuple[Finding, ...]


def check_load(frame: Frame, column: str, role: str) -> CheckedLoad:
    """Check a weight or a frequency: texts, empty cells, negative numbers, all zero.

    Parameters
    ----------
    frame : narwhals DataFrame or LazyFrame
        The table.
    column : str
        The column's name.
    role : {"weight", "frequency"}
        What it is; a frequency must also be whole.

    Returns
    -------
    CheckedLoad
        With an error per kind of fault, a warning of weights that outweigh the others, and a note on rows that count
        zero.
    """
    dtype = frame.collect_schema()[column]
    findings: list[Finding] = []
    if dtype == nw.String:
        findings += _texts(frame, column, role)
        blank = nw.col(column).str.strip_chars().str.to_lowercase().is_in(sorted(BLANK_TEXTS))
        clean = nw.col(column).str.strip_chars().str.replace_all(",", ".", literal=True)
        if findings:
            return CheckedLoad(frame=frame, rows=count_rows(frame), usable=False, findings=tuple(findings))
        frame = frame.with_columns(nw.when(~blank).then(clean).otherwise(None).cast(nw.Float64).alias(column))
    elif not dtype.is_numeric() and dtype != nw.Boolean:
        rows = count_rows(frame)
        wrong = error("not_numbers", column, rows, f"a {role} must be numbers; this column is {dtype}.",
                      f"Convert it, or take it out as `{role}`.")  # fmt: skip
        return CheckedLoad(frame=frame, rows=rows, usable=False, findings=(wrong,))
    counts = _counts(frame, column)
    findings += _findings(counts, column, role)
    usable = all(finding.severity != "error" for finding in findings)
    if usable and role == "weight":
        findings += _heavy(frame, column)
    return CheckedLoad(frame=frame, rows=counts["rows"], usable=usable, findings=tuple(findings))


def count_rows(frame: Frame) -> int:
    """Return how many rows a table has.

    Parameters
    ----------
    frame : narwhals DataFrame or LazyFrame
        The table.

    Returns
    -------
    int
        Its rows.
    """
    return int(fetched(frame.select(nw.len().alias("n")))["n"].iloc[0])


def _texts(frame: Frame, column: str, role: str) -> list[Finding]:
    text = nw.col(column)
    filled = ~text.str.strip_chars().str.to_lowercase().is_in(sorted(BLANK_TEXTS))
    bad = frame.filter(filled & (~text.str.contains(NUMBER) | text.str.contains(UNCLEAR)))
    n = count_rows(bad)
    if not n:
        return []
    examples = sorted({str(each) for each in fetched(bad.select(column).head(100))[column]})
    found = f"{counted(n, f'{role} is', f'{role}s are')} text: {listed(examples)}."
    return [error("text", column, n, found, "Correct them in the data: a row without a number cannot be counted.")]


def _counts(frame: Frame, column: str) -> dict[str, int]:
    """Count rows, and rows with each kind of fault, in one query."""
    number = nw.col(column).cast(nw.Float64)
    whole = (number.is_finite()) & (number == number.round(0))

    def how_many(condition: nw.Expr, name: str) -> nw.Expr:
        return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0)).sum().alias(name)

    seen = fetched(frame.select(
        nw.len().alias("rows"),
        how_many(number.is_null() | number.is_nan(), "missing"),
        how_many(number < 0, "negative"),
        how_many(number == 0, "zero"),
        how_many(~number.is_null() & ~number.is_nan() & ~number.is_finite(), "infinite"),
        how_many(number.is_finite() & ~whole, "broken"),
    )).iloc[0]  # fmt: skip
    return {str(name): 0 if pd.isna(seen[name]) else int(seen[name]) for name in seen.index}


def _heavy(frame: Frame, column: str) -> list[Finding]:
    """Warn of weights far above the average, or one that holds much of all weight."""
    weight = nw.col(column).cast(nw.Float64)
    held = frame.filter(weight > 0).select(weight.alias("w"))
    seen = fetched(held.select(
        nw.len().alias("rows"), nw.col("w").sum().alias("total"), nw.col("w").max().alias("largest")
    )).iloc[0]  # fmt: skip
    if not seen["rows"]:
        return []
    total, largest, mean = float(seen["total"]), float(seen["largest"]), float(seen["total"] / seen["rows"])
    shared = seen["rows"] >= ENOUGH_TO_SHARE and largest > HEAVY_SHARE * total
    if largest <= HEAVY_WEIGHT * mean and not shared:
        return []
    limit = min(HEAVY_WEIGHT * mean, HEAVY_SHARE * total if shared else largest)
    n = count_rows(held.filter(nw.col("w") > limit))
    found = (
        f"{counted(n, 'weight outweighs', 'weights outweigh')} the others: the largest, {largest:g}, is "
        f"{largest / mean:,.1f} times the average and holds {largest / total:.0%} of all weight."
    )
    cure = "Correct it if it is a slip; otherwise trim the weights, for results hang on few people."
    return [warning("heavy_weight", column, n, found, cure)]


def _findings(counts: dict[str, int], column: str, role: str) -> list[Finding]:
    findings: list[Finding] = []
    cures = {
        "missing": "Fill them in from the sampling plan, or remove these rows from the data yourself.",
        "negative": "A weight is never negative: correct these rows.",
        "infinite": "Correct these rows.",
    }
    for kind, cure in cures.items():
        if counts[kind]:
            found = f"{counted(counts[kind], f'{role} is', f'{role}s are')} {kind}."
            findings.append(error(f"{kind}_{role}", column, counts[kind], found, cure.replace("weight", role)))
    if role == "frequency" and counts["broken"]:
        found = f"{counted(counts['broken'], 'frequency is', 'frequencies are')} not whole."
        cure = f'A frequency counts respondents. If this is a sampling weight, write `weight = "{column}"` instead.'
        findings.append(error("broken_frequency", column, counts["broken"], found, cure))
    if counts["zero"] and counts["zero"] == counts["rows"]:
        cure = f"Correct the column, or take it out as `{role}`."
        found = f"all {counted(counts['rows'], 'row')} have a {role} of 0."
        findings.append(error(f"zero_{role}", column, counts["rows"], found, cure))
    elif counts["zero"]:
        found = f"{counted(counts['zero'], 'row')} with a {role} of 0 will not influence any estimate."
        findings.append(note(f"zero_{role}", column, counts["zero"], found))
    return findings
