"""`plot_wave_table`: every slope, or every score, by wave in one table, with the last change beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from drivers.errors import InputError
from drivers.plot.fine_print import ASSOCIATION
from drivers.plot.frame import headline, headline_height, height_for, lettering_for, open_axes, room, settle
from drivers.plot.grid import BOTH_WAYS, draw_grid
from drivers.plot.lettering import printable
from drivers.plot.ribbon import DOWN, REFERENCES, UP, change_text, value_text
from drivers.plot.style import styled

if TYPE_CHECKING:
    from drivers.change.result import Change

FloatArray = NDArray[np.float64]


def plot_wave_table(change: Change, ax: Axes | None = None, *, kind: str = "slope") -> Axes:
    """Table of all series of a kind by wave; to the right the change against the reference, its P and its flag.

    Cells are coloured by their distance from the row's mean in standard errors: blue above, red-brown below. A change
    that may be claimed is bold and carries a triangle that points its way. Waves without a number are hatched.

    Parameters
    ----------
    change : Change
        Result of `drivers.change`.
    ax : Axes, optional
        Where to draw; a new figure when left out.
    kind : {"slope", "score", "gap"}
        Which series.

    Returns
    -------
    Axes
        The one drawn on; one row per series, one column per wave and one per reference.

    Raises
    ------
    InputError
        If there are no series of the kind.
    """
    rows = change.by_wave[change.by_wave["kind"] == kind]
    if rows.empty:
        raise InputError(f"There is no {kind} among these changes: {'; '.join(change.notes) or 'none was estimated'}.")
    items = list(dict.fromkeys(rows["item"]))
    value = _by_item(rows, items, change.waves, "estimate")
    error = _by_item(rows, items, change.waves, "std_error")
    measures = [str(rows.loc[rows["item"] == item, "measure"].iloc[0]) for item in items]
    labels = [str(rows.loc[rows["item"] == item, "label"].iloc[0]) for item in items]
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = np.array([np.average(v[k], weights=1 / e[k] ** 2) if (k := np.isfinite(v) & (e > 0)).any() else np.nan
                           for v, e in zip(value, error, strict=True)])  # fmt: skip
        away = np.clip((value - centre[:, None]) / error / 4, -1, 1)
    texts = [
        [value_text(v, m) if np.isfinite(v) else "-" for v in line] for line, m in zip(value, measures, strict=True)
    ]
    bold = np.zeros((len(items), len(change.waves) + len(change.against)), dtype=bool)
    for at, name in enumerate(change.against):
        for j, item in enumerate(items):
            text, flag = _last(change.table, kind, item, name)
            texts[j].append(text)
            bold[j, len(change.waves) + at] = flag
    colours = np.ones((*bold.shape, 3))
    colours[:, : len(change.waves)] = BOTH_WAYS(0.5 + 0.25 * np.nan_to_num(away))[..., :3]
    hidden = np.zeros(bold.shape, dtype=bool)
    hidden[:, : len(change.waves)] = ~np.isfinite(value)
    words = _words(change, kind)
    columns = [f"{wave} ({_base(rows, wave)})" for wave in change.waves]
    columns += [f"change since {wave}" for wave in change.against.values()]
    with styled():
        ax = open_axes(ax, (min(6.0 + 0.75 * len(columns), 13.3), height_for(2 * len(items))))
        kind_of, (_, up) = lettering_for(ax), room(ax)
        draw_grid(ax, colours, texts, rows=[printable(label) for label in labels],
                  columns=[printable(name) for name in columns],
                  up=72 * up - headline_height(ax, *words) - kind_of.text, bold=bold, hidden=hidden)  # fmt: skip
        headline(ax, *words)
        settle(ax)
    return ax


def _by_item(rows: pd.DataFrame, items: list[str], waves: tuple[str, ...], column: str) -> FloatArray:
    wide = rows.pivot(index="item", columns="wave", values=column)
    found: FloatArray = wide.reindex(index=items, columns=list(waves)).to_numpy(float)
    return found


def _base(rows: pd.DataFrame, wave: str) -> str:
    n = rows.loc[rows["wave"] == wave, "n"].dropna()
    if n.empty:
        return "n hidden"
    low, high = int(n.min()), int(n.max())
    if high < 5:
        return "n<5" if high else "n=0"
    return f"n={high:,}" if low == high else f"n\N{LESS-THAN OR EQUAL TO}{high:,}"


def _last(table: pd.DataFrame, kind: str, item: str, reference: str) -> tuple[str, bool]:
    found = table[(table["kind"] == kind) & (table["item"] == item) & (table["against"] == reference)]
    if found.empty or not np.isfinite(found.iloc[0]["change"]):
        return "-", False
    row = found.iloc[0]
    sign = (UP if row["direction"] == "up" else DOWN) if row["flag"] else ""
    sure = f"P {row['p_change']:.2f}" if np.isfinite(row["p_change"]) else ""
    return f"{sign}{change_text(row['change'], row['measure'])}\n{sure}", bool(row["flag"])


def _words(change: Change, kind: str) -> tuple[str, str, tuple[str, ...]]:
    outcome = change.label(change.outcome)
    title = {"slope": f"What counts for {outcome}, by wave", "score": "Scores by wave", "gap": "Gap by wave"}[kind]
    compared = ", ".join(f"{REFERENCES.get(n, n)} ({w})" if n in REFERENCES else w for n, w in change.against.items())
    unit = f"Points of {outcome} that go with one point more of each driver, the others equal" if kind == "slope" else (
        "Top-two-box share or mean, as declared"
    )
    return title, f"{unit}. {change.focus} against {compared}", (
        "colour: distance from the row's mean over all waves (blue above, red-brown below)",
        f"bold with {UP} {DOWN}: a change that may be claimed; of such claims at most one in ten is expected false",
        "P: posterior probability of the direction of the change, shrunk by what all series show",
        *(("hatched: not asked, or base too small",) if not change.by_wave["shown"].all() else ()),
        *((ASSOCIATION,) if kind == "slope" else ()),
    )  # fmt: skip
