"""Text for a terminal 100 columns wide: paragraphs wrapped, long labels shortened in the middle."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from drivers.defaults import MIN_BASE_CELL

WIDTH: Final = 100
"""Columns of a text summary."""

LABEL: Final = 34
"""Columns of a label in a table of `WIDTH`; JSON and `tidy()` always hold the whole label."""


def wrapped(paragraphs: Iterable[str]) -> list[str]:
    """Return `paragraphs` as lines of at most `WIDTH` columns; a longer word keeps its line to itself."""
    lines: list[str] = []
    for paragraph in paragraphs:
        lines += textwrap.wrap(paragraph, WIDTH, break_long_words=False, break_on_hyphens=False) or [""]
    return lines


def short_labels(labels: Sequence[str], most: int = LABEL) -> list[str]:
    """Shorten labels to fit a table: the middle gives way to " ... ", as ends tell labels of one question apart.

    Parameters
    ----------
    labels : sequence of str
        Labels of one table.
    most : int
        Columns at hand for each.

    Returns
    -------
    list of str
        One per label; those that would look like another one stay whole.
    """
    short = [label if len(label) <= most else _cut(label, most) for label in labels]
    seen = Counter(short)
    return [label if seen[cut] > 1 else cut for label, cut in zip(labels, short, strict=True)]


def _cut(label: str, most: int) -> str:
    mark = " ... "
    last = (most - len(mark)) // 2
    first = most - len(mark) - last
    head, tail = label[:first], label[-last:]
    if label[first] != " " and " " in head:
        head = head.rsplit(" ", 1)[0]
    if label[-last - 1] != " " and " " in tail:
        tail = tail.split(" ", 1)[1]
    return head.rstrip() + mark + tail.lstrip()


def percent_level(level: float) -> str:
    """Return the `level` of an interval as it was asked for: "90%", "97.5%"."""
    return f"{100 * level:.6g}%"


def effective(n: float, n_eff: float) -> str:
    """Return "effective n 2,043 (design effect of weights 1.17)" of `n` answers that weights make worth `n_eff`."""
    return f"effective n {n_eff:,.0f} (design effect of weights {n / n_eff:.2f})"


def shown_count(n: float) -> str:
    """Return the answers `n` of a group, thousands apart; "<5" where the number itself must not be shown."""
    return f"<{MIN_BASE_CELL}" if 0 < n < MIN_BASE_CELL else f"{n:,.0f}"
