"""Scores as a text table that a person likes to read."""

from __future__ import annotations

import textwrap
from collections.abc import Hashable, Mapping, Sequence
from typing import Final

import pandas as pd

MEASURE_NAMES: Final = {"top2": "top 2 box", "nps": "NPS", "ces": "CES (mean)", "mean": "mean"}
LABEL_WIDTH = 44
WIDTH = 100


def score_summary(table: pd.DataFrame, by: Sequence[str], title: str, level: float, notes: Sequence[str]) -> str:
    """Return the text of `Scores.summary`.

    Parameters
    ----------
    table : DataFrame
        That of `Scores`, with the ``n`` of hidden groups.
    by : sequence of str
        Grouping columns.
    title : str
        Title of the survey.
    level : float
        Level of the intervals.
    notes : sequence of str
        Sentences printed below the table.

    Returns
    -------
    str
        Lines separated by newlines; each item and score is named once.
    """
    lines = [
        {
            "Item": textwrap.shorten(str(row["label"]), LABEL_WIDTH, placeholder=" ..."),
            "Score": MEASURE_NAMES[str(row["measure"])],
            **{column: _group_words(row[column]) for column in by},
            "Value": _value(row),
            f"{level:.0%} interval": _interval(row),
            "n": f"{int(row['n']):,}" if row["shown"] or not row["n"] else "",
            "effective n": f"{row['n_eff']:,.0f}" if row["shown"] else "",
            "deff": f"{row['deff']:.2f}" if row["shown"] and pd.notna(row["deff"]) else "",
        }
        for row in table.to_dict("records")
    ]
    shown = pd.DataFrame(lines)
    item = table["item"].astype(str)
    same_item = item == item.shift()
    same_score = same_item & (table["measure"] == table["measure"].shift())
    shown.loc[same_item.to_numpy(), "Item"] = ""
    shown.loc[same_score.to_numpy(), "Score"] = ""
    left = ["Item", "Score", *by]
    for column in left:
        width = max(len(column), int(shown[column].str.len().max()))
        shown[column] = shown[column].str.ljust(width)
    head = f"Scores: {title}"
    body = shown.rename(columns={column: column.ljust(len(shown[column].iloc[0])) for column in left})
    aids = [*_reading(table), *notes]
    return "\n".join([head, "", body.to_string(index=False), "", *(textwrap.fill(aid, WIDTH) for aid in aids)])


def _score_words(value: float, measure: str) -> str:
    """Return a score in its unit: "72.4 %", "+45.0" points, "4.09" scale points; "-" when there is none."""
    if pd.isna(value):
        return "-"
    return {"top2": f"{100 * value:.1f} %", "nps": f"{value:+.1f}"}.get(measure, f"{value:.2f}")


def _group_words(value: object) -> str:
    """Return the words for a group label; whole numbers lose the ".0" that a missing label elsewhere gave them."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return "(blank)"
    return f"{value:g}" if isinstance(value, float) and value.is_integer() else str(value)


def _value(row: Mapping[Hashable, object]) -> str:
    if row["shown"]:
        return _score_words(float(str(row["estimate"])), str(row["measure"]))
    return "not shown" if row["n"] else "no answers"


def _interval(row: Mapping[Hashable, object]) -> str:
    low, high, measure = float(str(row["low"])), float(str(row["high"])), str(row["measure"])
    if not row["shown"] or pd.isna(low):
        return ""
    return f"{_score_words(low, measure).removesuffix(' %')} to {_score_words(high, measure)}"


def _reading(table: pd.DataFrame) -> list[str]:
    used = set(table["measure"])
    aids = {
        "top2": "top 2 box: share of answers at the two best points of the scale.",
        "nps": "NPS: per cent answering 9 or 10 less per cent answering 0 to 6; points from -100 to +100.",
        "ces": "CES: mean of the effort item, turned so that higher means less effort.",
        "mean": "mean: in points of the item's scale.",
    }
    methods = table.loc[table["shown"], ["measure", "interval"]].drop_duplicates()
    listed = "; ".join(f"{MEASURE_NAMES[m]}: {method}" for m, method in methods.itertuples(index=False))
    return [text for measure, text in aids.items() if measure in used] + ([f"Intervals - {listed}."] if listed else [])
