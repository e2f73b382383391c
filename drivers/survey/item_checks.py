"""Checks of single rated columns, from the counts of their distinct codes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.survey.codes import as_number
from drivers.survey.contradictions import BESIDE
from drivers.survey.cures import setting
from drivers.survey.decode import Reason
from drivers.survey.findings import Finding, counted, error, listed, note, shown_code, warning
from drivers.survey.schema import Survey

USUAL_SCALES = (
    (0, 1), (1, 2), (1, 3), (0, 4), (1, 4), (0, 5), (1, 5), (-2, 2), (1, 6), (0, 6), (1, 7), (-3, 3),
    (1, 9), (1, 10), (0, 10), (1, 11), (1, 100), (0, 100),
)  # fmt: skip
"""Scales that questionnaires use, narrowest first."""

MOST_MISSING_CODES = 4
"""More codes than this beyond a scale are answers on a wider one."""

MISSING_LOOKS = frozenset({-99, -98, -97, -9, -8, -1, 88, 97, 98, 99, 888, 997, 998, 999, 9999})
"""Numbers that often stand for "no answer"."""


def check_items(levels: pd.DataFrame, survey: Survey, n_read: int) -> list[Finding]:
    """Check every rated column: texts, numbers off the scale, nothing answered, all answers equal.

    Parameters
    ----------
    levels : DataFrame
        From `count_levels`.
    survey : Survey
        Says what the columns mean.
    n_read : int
        Rows of the table.

    Returns
    -------
    list of Finding
        In the order of the survey's columns.
    """
    tables = {str(name): table for name, table in levels.groupby("item", sort=False)}
    shared = _outside_counts(tables)
    findings: list[Finding] = []
    for name in (item for item in survey.rated if item in tables):
        findings += _texts(tables[name], survey, name)
        findings += _outside(tables[name], survey, name, shared)
        findings += _emptiness(tables[name], survey, name, n_read)
        findings += _missing_looks(tables[name], survey, name)
        findings += _between_points(tables[name], survey, name)
    return findings


def _texts(table: pd.DataFrame, survey: Survey, name: str) -> Iterator[Finding]:
    rows = table[table["reason"] == Reason.TEXT].sort_values("n", ascending=False, kind="stable")
    if rows.empty:
        return
    texts, n = rows["code"].tolist(), float(rows["n"].sum())
    shown = listed([str(text) for text in texts])
    if all(isinstance(text, float) for text in texts):
        yield error("text", name, int(n), f"{counted(n, 'answer')} {_are(n)} infinite.", "Correct them in the data.")
        return
    first = next(str(text) for text in texts if isinstance(text, str)) if any(isinstance(t, str) for t in texts) else ""
    no_rating = f"If {shown_code(first)} means not applicable, add {setting(survey, 'not_applicable', [first], name)}"
    words = f"If the texts are answers, list them from worst to best: {setting(survey, 'levels', ['...', '...'], name)}"
    answers = (table["reason"] == Reason.ANSWERED).any()
    cure = f"{no_rating}. {words}." if answers else f"{words}. {no_rating}."
    yield error("text", name, int(n), f"{counted(n, 'answer')} {_are(n)} text where a number belongs: {shown}.", cure)


def _outside(table: pd.DataFrame, survey: Survey, name: str, shared: dict[float, int]) -> Iterator[Finding]:
    rows = table[table["reason"] == Reason.OUT_OF_RANGE]
    scale = survey.item(name).scale
    if rows.empty or not isinstance(scale, tuple):
        return
    codes = sorted(float(code) for code in map(as_number, rows["code"]) if code is not None)
    n = float(rows["n"].sum())
    if not codes:  # a summarised column: the counts are known, the codes are not
        found = f"{counted(n, 'answer')} {_are(n)} outside {scale[0]:g}..{scale[1]:g}."
        yield error("out_of_range", name, int(n), found, f"Correct them, or {setting(survey, 'scale', scale, name)}.")
        return
    wider = setting(survey, "scale", _usual_scale([*codes, *_answered(table)], scale), name)
    everywhere = max(shared[code] for code in codes) > 1 and survey.folder is not None
    line = setting(survey, "not_applicable", codes, None if everywhere else name)
    if len(codes) == 1:
        cure = f"If {codes[0]:g} means not applicable, add {line}; if it is an answer, the scale is {wider}."
    elif len(codes) <= MOST_MISSING_CODES:
        cure = f"If they mean not applicable, add {line}; if they are answers, the scale is {wider}."
    else:
        cure = f"So many are hardly codes for no answer: the scale is {wider}."
    found = f"{counted(n, 'answer')} {_are(n)} {listed(codes)}, outside {scale[0]:g}..{scale[1]:g}."
    yield error("out_of_range", name, int(n), found, cure)


def _emptiness(table: pd.DataFrame, survey: Survey, name: str, n_read: int) -> Iterator[Finding]:
    counts = table.groupby("reason")["n"].sum()
    answered = float(counts.get(Reason.ANSWERED, 0.0))
    unclear = float(counts.get(Reason.TEXT, 0.0) + counts.get(Reason.OUT_OF_RANGE, 0.0))
    role = next(role for role in ("outcomes", "drivers", *BESIDE) if name in _named(survey, role))
    if not answered:
        if not unclear and n_read:
            parts = [f"{counts[r]:,.0f} {word}" for r, word in _WHY if counts.get(r, 0.0)]
            found = f"nobody answered it ({', '.join(parts)})."
            yield error("all_missing", name, n_read, found, f"Take it out of `{role}`, or correct the export.")
        return
    values = table.loc[table["reason"] == Reason.ANSWERED, ["code", "value"]]
    if values["value"].nunique() == 1 and as_number(values["code"].iloc[0]) is not None and not unclear:
        code = shown_code(as_number(values["code"].iloc[0]))
        every = "the only answer is" if answered == 1 else f"all {counted(answered, 'answer')} are"
        found = f"{every} {code}, so it can neither explain nor be explained."
        make = warning if role in BESIDE else error
        yield make("constant", name, int(answered), found, f"Take it out of `{role}`.")


_WHY = ((Reason.BLANK, "blank"), (Reason.NOT_APPLICABLE, "not applicable"), (Reason.DONT_KNOW, "don't know"))


def _missing_looks(table: pd.DataFrame, survey: Survey, name: str) -> Iterator[Finding]:
    """Warn of 99 among answers from 1 to 10 on an open scale, where nothing else would notice."""
    if survey.item(name).scale != "open":
        return
    codes = np.array(sorted(_answered(table)))
    yield from _apart(table, survey, name, codes)
    for code in (code for code in codes if code in MISSING_LOOKS):
        others = codes[~np.isin(codes, list(MISSING_LOOKS))]
        if len(others) < 2 or np.abs(others - code).min() <= np.ptp(others):
            continue
        n = float(table.loc[[as_number(c) == code for c in table["code"]], "n"].sum())
        found = f"{counted(n, 'answer')} {_are(n)} {code:g}, far from all others ({others[0]:g} to {others[-1]:g})."
        line = setting(survey, "not_applicable", [code], name)
        yield warning("missing_code", name, int(n), found, f"If {code:g} stands for no answer, add {line}.")


def _apart(table: pd.DataFrame, survey: Survey, name: str, codes: NDArray[np.float64]) -> Iterator[Finding]:
    """Warn of 8 and 9 beyond a gap after answers such as 1 to 5, where no scale was declared."""
    odd, rest = codes[np.isin(codes, (8, 9))], codes[codes < 8]
    if not len(odd) or len(rest) < 3 or len(rest) + len(odd) != len(codes) or (codes % 1).any():
        return
    if rest[0] not in (0, 1) or odd[0] - rest[-1] < 2:
        return
    n = float(table.loc[[as_number(c) in set(odd) for c in table["code"]], "n"].sum())
    found = (
        f"no scale is declared, so all numbers are answers; {counted(n, 'answer')} {_are(n)} {listed(odd.tolist())}, "
        f"apart from {rest[0]:g} to {rest[-1]:g}."
    )
    line = setting(survey, "not_applicable", odd.tolist(), name)
    yield warning("missing_code", name, int(n), found, f"If that stands for no answer, add {line}.")


def _between_points(table: pd.DataFrame, survey: Survey, name: str) -> Iterator[Finding]:
    if not isinstance(survey.item(name).scale, tuple):
        return
    rows = table[(table["reason"] == Reason.ANSWERED) & table["value"].mod(1).ne(0)]
    n = float(rows["n"].sum())
    if n:
        yield note("between_points", name, int(n), f"{counted(n, 'answer')} {_are(n)} between two points of the scale.")


def _outside_counts(tables: dict[str, pd.DataFrame]) -> dict[float, int]:
    """Count in how many items each out-of-range code occurs: one line at the top may mend them all."""
    shared: dict[float, int] = {}
    for table in tables.values():
        for code in map(as_number, table.loc[table["reason"] == Reason.OUT_OF_RANGE, "code"]):
            if code is not None:
                shared[code] = shared.get(code, 0) + 1
    return shared


def _answered(table: pd.DataFrame) -> list[float]:
    codes = map(as_number, table.loc[table["reason"] == Reason.ANSWERED, "code"])
    return [code for code in codes if code is not None]


def _usual_scale(codes: Sequence[float], scale: tuple[float, float]) -> tuple[float, float]:
    """Return the narrowest scale in use that holds all codes, starting where the declared one does if it can."""
    low, high = min(codes), max(codes)
    fitting = [each for each in USUAL_SCALES if each[0] <= low and high <= each[1]]
    same_start = [each for each in fitting if each[0] == scale[0]]
    for option in (*same_start, *fitting):
        return float(option[0]), float(option[1])
    return min(low, scale[0]), max(high, scale[1])


def _named(survey: Survey, role: str) -> tuple[str, ...]:
    named = getattr(survey, role)
    if not isinstance(named, dict):
        return tuple(named)
    return tuple(column for value in named.values() for column in ((value,) if isinstance(value, str) else value))


def _are(count: float) -> str:
    return "is" if count == 1 else "are"
