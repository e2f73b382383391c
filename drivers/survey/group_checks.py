"""Checks of the columns that divide respondents: waves, segments, strata, PSUs, and the respondent's id."""

from __future__ import annotations

import re
from collections.abc import Iterator

import narwhals as nw
import pandas as pd

from drivers.defaults import MIN_BASE_MODEL
from drivers.survey.codes import is_blank, text_key
from drivers.survey.findings import Finding, counted, error, listed, note, shown_code, warning
from drivers.survey.levels import MANY_CODES, distinct_codes, joint_batches
from drivers.survey.schema import Survey
from drivers.survey.tally import Frame, Tally, fetched, tally, unused_prefix

_YEAR = re.compile(r"(?:19|20)\d\d")


def check_groups(frame: Frame, survey: Survey, frequency: str | None) -> list[Finding]:
    """Check waves and segments for small groups, and all grouping columns for empty cells.

    Parameters
    ----------
    frame : narwhals DataFrame or LazyFrame
        The table.
    survey : Survey
        Says which columns divide.
    frequency : str or None
        Column of respondents per row, when usable.

    Returns
    -------
    list of Finding
        Warnings and notes; nothing here stops an analysis.
    """
    have = frame.collect_schema().names()
    named = (("wave", survey.wave), *(("segment", s) for s in survey.segments), ("stratum", survey.stratum))
    columns = [(role, column) for role, column in named if column in have]
    many = distinct_codes(frame, list(dict.fromkeys(column for _, column in columns)))
    few = [column for column, kinds in many.items() if kinds <= MANY_CODES]
    tables: dict[str, Tally] = {}
    for batch in joint_batches(few, many):
        tables |= dict.fromkeys(batch, tally(frame, batch, frequency=frequency))
    findings: list[Finding] = []
    for role, column in columns:
        if many[column] > MANY_CODES:
            found = f"more than {MANY_CODES:,} different values: it looks like a name or an id, not a {role}."
            findings.append(warning("many_groups", column, many[column], found, f"Take it out as {role}."))
            continue
        keys = tables[column].keys[column]
        counts = pd.Series(tables[column].n, index=keys.index).groupby(keys, dropna=False, observed=True).sum()
        findings += _blanks(counts, column, role)
        findings += _alike(counts, column, role)
        if role != "stratum":
            findings += _small(counts[[_stated(key) for key in counts.index]], column, role)
        if role == "wave":
            findings += _order(counts, column)
    return findings


def check_ids(frame: Frame, survey: Survey) -> list[Finding]:
    """Count ids that occur more than once; within one wave that is an error, across waves a panel.

    Parameters
    ----------
    frame : narwhals DataFrame or LazyFrame
        The table.
    survey : Survey
        Names the id and, if any, the wave.

    Returns
    -------
    list of Finding
        Counts only; no id is ever shown.
    """
    have = frame.collect_schema().names()
    if survey.id is None or survey.id not in have:
        return []
    wave = [survey.wave] if survey.wave in have else []
    twice, rows = _repeats(frame, [survey.id, *wave])
    findings: list[Finding] = []
    if twice:
        within = " within one wave" if wave else ""
        found = f"{counted(twice, 'id occurs', 'ids occur')} more than once{within}, on {counted(rows, 'row')}."
        cure = f'Keep one row per id. If people may answer several times, write `psu = "{survey.id}"` instead of `id`.'
        findings.append(error("duplicate_id", survey.id, twice, found, cure))
    if wave:
        panel, _ = _repeats(frame.select(survey.id, *wave).unique(), [survey.id])
        if panel:
            found = f"{counted(panel, 'id occurs', 'ids occur')} in several waves: part of the survey is a panel."
            findings.append(note("panel", survey.id, panel, found))
    return findings


def _repeats(frame: Frame, keys: list[str]) -> tuple[int, int]:
    """Return how many filled keys occur more than once, and on how many rows together."""
    filled = frame.filter(~nw.col(keys[0]).is_null())
    rows = f"{unused_prefix(keys)}rows"
    repeated = filled.group_by(keys).agg(nw.len().alias(rows)).filter(nw.col(rows) > 1)
    seen = fetched(repeated.select(nw.len().alias("keys"), nw.col(rows).sum().alias("rows"))).iloc[0]
    return int(seen["keys"]), 0 if pd.isna(seen["rows"]) else int(seen["rows"])


def _blanks(counts: pd.Series, column: str, role: str) -> Iterator[Finding]:
    empty = float(sum(n for key, n in counts.items() if not _stated(key)))
    if empty:
        yield note(f"blank_{role}", column, int(empty), f"{counted(empty, 'respondent')} without a {role}.")
    written = float(sum(n for key, n in counts.items() if isinstance(key, str) and key.casefold() in {"na", "n/a"}))
    if written:
        found = f'{counted(written, "respondent")} with the text "NA" form a {role} of that name.'
        yield note(f"na_{role}", column, int(written), found, "If it means no value, empty these cells.")


def _stated(key: object) -> bool:
    return not is_blank(key) and not (isinstance(key, str) and not key.strip())


def _alike(counts: pd.Series, column: str, role: str) -> Iterator[Finding]:
    """Warn of values that differ only in case or blanks: they are different groups."""
    spelled: dict[str, list[str]] = {}
    for key in counts.index:
        if isinstance(key, str) and key.strip():
            spelled.setdefault(text_key(key), []).append(key)
    for same in (sorted(keys) for keys in spelled.values() if len(keys) > 1):
        found = f"{listed(same)} differ only in case or blanks and are taken as {len(same)} {role}s."
        yield warning(f"alike_{role}", column, len(same), found, "Write them alike in the data.")


def _small(counts: pd.Series, column: str, role: str) -> Iterator[Finding]:
    small = counts[counts < MIN_BASE_MODEL].sort_index(key=lambda keys: keys.map(str))
    if len(small):
        names = listed([key if isinstance(key, str) else _plain(key) for key in small.index])
        verb = f"of {len(counts)} {role}s {'has' if len(small) == 1 else 'have'}"
        found = f"{len(small)} {verb} fewer than {MIN_BASE_MODEL} respondents: {names}."
        cure = "They get no driver model of their own; merge them in the data to see one."
        yield warning(f"small_{role}", column, len(small), found, cure)


def _plain(key: object) -> object:
    return str(key) if isinstance(key, pd.Timestamp) else key


def _order(counts: pd.Series, column: str) -> Iterator[Finding]:
    """Warn when waves written as text do not sort by time, as "Q1 2025" and "Q2 2024" do."""
    waves = sorted(key for key in counts.index if isinstance(key, str) and key)
    years = [_YEAR.search(wave) for wave in waves]
    if len(waves) < 2 or not all(years):
        return
    by_time = sorted(waves, key=lambda wave: (_YEAR.findall(wave)[0], wave))
    if by_time != waves:
        shown = ", ".join(shown_code(wave) for wave in waves[:4])
        more = ", ..." if len(waves) > 4 else ""
        found = f"waves are taken in the order of their texts ({shown}{more}), not of time."
        yield warning("wave_order", column, len(waves), found, 'Write them with the year first: "2024-Q2", "2025-Q1".')
