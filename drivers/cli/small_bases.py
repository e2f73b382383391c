"""Groups of too few answers in what a command prints: their base is hidden like their numbers, and they are counted."""

from __future__ import annotations

from typing import Any

from drivers.defaults import MIN_BASE_CELL

BASES = ("n", "n_eff", "n_kish", "crossed")
BOTH = ("n_before", "n_after")
GROUPS = ("segment", "group", "wave")
"""A row with one of these, and without saying whether it is shown, is about a group."""

COUNTED = "small_bases_hidden"
"""Name under which JSON tells how many rows were hidden."""


def without_small_bases(values: dict[str, Any]) -> dict[str, Any]:
    """Hide the base of groups whose numbers are not shown.

    Parameters
    ----------
    values : dict
        A result as plain values.

    Returns
    -------
    dict
        The same, where rows that are not ``shown`` and rest on 1 to `MIN_BASE_CELL` - 1 answers have no base either,
        nor has such a side of a ``change`` that is not there. `COUNTED` tells how many rows, where there are any. A row
        that is shown because a lower minimum was asked for, in spite of the warning, stays.
    """
    hidden: list[int] = []
    found = {name: _hide(value, hidden) for name, value in values.items()}
    return {**found, COUNTED: len(hidden)} if hidden else found


def _hide(value: Any, hidden: list[int]) -> Any:
    if isinstance(value, list | tuple):
        return [_hide(inner, hidden) for inner in value]
    if not isinstance(value, dict):
        return value
    away = [*(BASES if _about_few(value) else ()), *_sides(value)]
    if away:
        hidden.append(1)
    return {name: None if name in away else _hide(inner, hidden) for name, inner in value.items()}


def _about_few(row: dict[str, Any]) -> bool:
    """Return whether a row is about a group of too few answers that nobody asked to see."""
    shown = row.get("shown", not any(name in row for name in GROUPS))
    return shown is False and _few(row.get("n"))


def _sides(row: dict[str, Any]) -> list[str]:
    """Return which bases of a change between waves are too small to be told."""
    return [name for name in BOTH if _few(row.get(name))] if row.get("change", 0.0) is None else []


def _few(n: Any) -> bool:
    return isinstance(n, int | float) and 0 < n < MIN_BASE_CELL
