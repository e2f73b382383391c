"""A `Change` as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from drivers.change.calendar import AGAINST
from drivers.defaults import FALSE_FLAGS

if TYPE_CHECKING:
    from drivers.change.result import Change

DIGITS = {"top2": 3, "nps": 1}


def summarise(change: Change) -> str:
    """Return what moved, why, and what to beware of, as text.

    Parameters
    ----------
    change : Change
        The result.

    Returns
    -------
    str
        Tables of changes by reference, marked where a change may be claimed, then the parts of the score's change.
    """
    lines = [f"{change.label(change.outcome)}: wave {change.focus} of {change.label(change.wave)}, "
             f"{change.level:.0%} intervals, {change.engine} engine"]  # fmt: skip
    for name, wave in change.against.items():
        rows = change.table[change.table["against"] == name]
        lines += ["", f"Against {_reference(name, wave)}", _table(rows)]
    count = int(change.table["flag"].sum())
    lines += [
        "", f"{count} of {len(change.table)} changes may be claimed (*): of claims chosen like this at most "
        f"{FALSE_FLAGS:.0%} are expected to be false, and where nothing moves at all a report has any with a chance of "
        f"at most {FALSE_FLAGS:.0%}. Probabilities are posterior, shrunk by what all series show.",
    ]
    for name, found in change.why.items():
        lines += ["", f"Why the mean moved, against {_reference(name, found.wave_before)}", found.summary()]
    return "\n".join([*lines, *(["", *change.notes] if change.notes else [])])


def _reference(name: str, wave: str) -> str:
    """Return a reference in words, with its wave."""
    return f"{AGAINST[name]} ({wave})" if name in AGAINST else wave


def _table(rows: pd.DataFrame) -> str:
    """Return the changes against one reference as text."""
    return pd.DataFrame([_line(row) for row in rows.to_dict("records")]).to_string(index=False)


def _line(row: dict[Any, Any]) -> dict[str, str]:
    """Return one change as the cells of a line."""
    measure = row["measure"]
    low, high = (_number(row[end], measure) for end in ("low", "high"))
    known = pd.notna(row["change"])
    return {
        "": "*" if row["flag"] else "", "what": f"{row['label']} ({measure})",
        "before": _number(row["before"], measure), "after": _number(row["after"], measure),
        "change": f"{_number(row['change'], measure)} ({low} to {high})" if known else f"- {row['why'][:60]}",
        "P": f"{row['p_change']:.2f} {row['direction']}" if pd.notna(row["p_change"]) else "",
    }


def _number(value: float, measure: str) -> str:
    """Return a number with the digits of its measure, - where there is none."""
    return "-" if pd.isna(value) else f"{value:.{DIGITS.get(measure, 2)}f}"
