"""Scores as tables, tiles and findings: overall, by wave and by segment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from drivers.defaults import MIN_BASE_CELL
from drivers.report import sentences
from drivers.report.content import Cell, Estimate, Finding, Hidden, Number, Table, Tile, Unit
from drivers.report.words import cell_text, count, inside, listed, number, percent, plural, precision
from drivers.survey.schema import Item, Survey
from drivers.survey.wave_order import wave_order

TOO_FEW = Hidden(why=f"fewer than {MIN_BASE_CELL}")
"""What stands where a base is too small for its number to be shown."""

NOBODY = Hidden(why="no answers")
"""What stands where nobody was asked, or nobody answered."""

WITHHELD = Hidden(why="withheld")
"""What stands where a group is hidden for the sake of a smaller one."""

WHY_WITHHELD = "“Withheld”: with this group, a smaller hidden one could be computed from the total."
"""Below a table with withheld groups."""

_UNITS: dict[str, tuple[Unit, int]] = {
    "top2": ("percent", 0),
    "nps": ("score", 0),
    "ces": ("points", 2),
    "mean": ("points", 2),
}


def measure_unit(measure: str) -> tuple[Unit, int]:
    """Return unit and digits in which a `measure` is printed."""
    return _UNITS[measure]


def top_words(item: Item) -> str:
    """Return the two best answers of an `item` in words: "4 or 5", or the texts of its levels."""
    if item.levels and len(item.levels) > 1:
        best = item.levels[:2] if item.direction == "lower" else item.levels[-2:]
        return f"“{best[0]}” or “{best[1]}”"
    if not isinstance(item.scale, tuple):
        return "the two best answers"
    low, high = item.scale
    pair = (low, low + 1) if item.direction == "lower" else (high - 1, high)
    return f"{pair[0]:g} or {pair[1]:g}"


def measure_words(measure: str, item: Item) -> str:
    """Return what a `measure` of an `item` says, for a table."""
    match measure:
        case "top2":
            return f"answered {top_words(item)}"
        case "nps":
            return "net promoter score"
        case "ces":
            return "customer effort score (mean)"
        case _:
            return "mean"


def scores_table(scores: pd.DataFrame, survey: Survey, level: float) -> Table:
    """Return one row per item of `scores` (`Scores.table`, overall), worded by `survey`, intervals at `level`."""
    rows: list[tuple[Cell, ...]] = []
    for item in dict.fromkeys(scores["item"]):
        found = scores[scores["item"] == item]
        lead, means = found.iloc[0], found[found["measure"] == "mean"]
        mean = score_cell(means.iloc[0]) if len(means) and lead["measure"] != "mean" else None
        base = base_cell(lead), (Number(value=lead["n_eff"], unit="count") if lead["shown"] else None)
        words = measure_words(lead["measure"], survey.item(item))
        rows.append((lead["label"], words, score_cell(lead), mean, *base))
    return Table(
        key="scores",
        caption="Scores of every question",
        columns=("Question", "Measure", "Score", "Mean", "Answers", "Effective answers"),
        rows=tuple(rows),
        notes=(f"{percent(level)} intervals in brackets.",),
    )


def scores_by_table(scores: pd.DataFrame, by: str, items: Sequence[str], survey: Survey, level: float) -> Table:
    """Return scores by group.

    Parameters
    ----------
    scores : DataFrame
        `Scores.table` with the column `by`.
    by : str
        Wave or segment column.
    items : sequence of str
        Items to show, two columns each: score with interval, and answers.
    survey : Survey
        Labels.
    level : float
        Level of the intervals.

    Returns
    -------
    Table
        One row per group; groups with a base under `MIN_BASE_CELL` show neither number nor base. Several that show
        nothing at all are named in one note instead.
    """
    groups = group_order(scores[by])
    columns = [survey.label(by)]
    for item in items:
        measure = headline_measure(scores, item)
        columns += [f"{survey.label(item)}: {measure_words(measure, survey.item(item))}", "Answers"]
    rows = []
    for group in groups:
        cells: list[Cell] = []
        for item in items:
            found = headline_rows(scores, item)
            found = found[found[by].map(group_text) == group_text(group)]
            cells += [score_cell(found.iloc[0]), base_cell(found.iloc[0])] if len(found) else ["not asked", None]
        rows.append((group_text(group), *cells))
    rows, hidden = _without_hidden(rows)
    return Table(
        key=f"scores_by_{by}",
        caption=f"Scores by {survey.label(by)}",
        columns=tuple(columns),
        rows=tuple(rows),
        notes=(
            f"{percent(level)} intervals in brackets.",
            *hidden,
            *([WHY_WITHHELD] if any(WITHHELD in row for row in rows) else []),
        ),
    )


def _without_hidden(rows: list[tuple[Cell, ...]]) -> tuple[list[tuple[Cell, ...]], tuple[str, ...]]:
    """Return the rows without those that show nothing, and the note that names these; one alone stays a row."""
    empty = [row for row in rows if all(cell is None or cell in (TOO_FEW, NOBODY, "not asked") for cell in row[1:])]
    if len(empty) < 2:
        return rows, ()
    names = listed([str(row[0]) for row in empty])
    note = f"{count(len(empty))} groups with fewer than {MIN_BASE_CELL} answers are not shown: {names}."
    kept = [row for row in rows if row not in empty]
    return kept or [(f"{count(len(empty))} groups", *empty[0][1:])], (note,)


def headline_measure(scores: pd.DataFrame, item: str) -> str:
    """Return the first measure that `scores` hold of `item`."""
    return str(scores.loc[scores["item"] == item, "measure"].iloc[0])


def headline_rows(scores: pd.DataFrame, item: str) -> pd.DataFrame:
    """Return the rows of `scores` with the first measure of `item`."""
    return scores[(scores["item"] == item) & (scores["measure"] == headline_measure(scores, item))]


def group_text(group: Any) -> str:
    """Return the name of a `group`; answers without one stay visible."""
    return (
        "(not stated)" if group is None or pd.isna(group) else f"{group:g}" if isinstance(group, float) else str(group)
    )


def group_order(column: pd.Series) -> list[Any]:
    """Return the distinct groups of a `column`, in time where their names tell it, missing last."""
    return wave_order(column.drop_duplicates())[0]


def score_cell(row: pd.Series) -> Cell:
    """Return the score of one `row` of `Scores.table` with its interval, hidden under a small base."""
    if row.get("withheld", False):
        return WITHHELD
    if not row["shown"]:
        return (
            NOBODY if not row["n"] > 0 else TOO_FEW if row["n"] < MIN_BASE_CELL else Hidden(why="not shown (weights)")
        )
    unit, digits = measure_unit(row["measure"])
    return Estimate(value=row["estimate"], low=row["low"], high=row["high"], unit=unit, digits=digits)


def base_cell(row: pd.Series) -> Cell:
    """Return the answers behind one `row` of `Scores.table`, hidden when too few."""
    if row.get("withheld", False):
        return WITHHELD
    if row["n"] == 0:
        return NOBODY
    return TOO_FEW if row["n"] < MIN_BASE_CELL else _count(row["n"])


def score_finding(row: pd.Series, survey: Survey) -> Finding:
    """Return one `row` of `Scores.table` as a sentence, in the words of `survey`."""
    item, label = str(row["item"]), str(row["label"])
    numbers = {
        "estimate": float(row["estimate"]),
        "low": float(row["low"]),
        "high": float(row["high"]),
        "n": float(row["n"]),
    }
    who = plural(row["n"], "answer")
    sides = (numbers["estimate"], numbers["low"], numbers["high"])
    if not row["shown"]:
        return Finding(key=f"score_{item}", text=sentences.score_hidden(label), caution=True)
    match row["measure"]:
        case "top2":
            text = sentences.score_top2(label, *sides, top_words(survey.item(item)), who)
        case "nps":
            text = sentences.score_nps(label, *sides, who)
        case "ces":
            text = sentences.score_ces(label, *sides, who)
        case _:
            text = sentences.score_mean(label, *sides, who)
    return Finding(key=f"score_{item}", text=text, numbers=numbers)


def score_tile(row: pd.Series, survey: Survey, level: float) -> Tile:
    """Return one `row` of `Scores.table` as a tile, worded by `survey`, with its interval at `level`."""
    unit, digits = measure_unit(row["measure"])
    value, sides = inside(row["estimate"], row["low"], row["high"], unit, digits)
    detail = f"{sides}, {percent(level)} interval"
    if not row["shown"]:
        value, detail = "not shown", f"base {TOO_FEW.why}"
    words = measure_words(row["measure"], survey.item(row["item"]))
    return Tile(label=f"{row['label']}: {words}", value=value, detail=detail)


def wave_findings(
    scores: pd.DataFrame, by: str, item: str, survey: Survey, wave: str | None = None
) -> tuple[Finding, ...]:
    """Return what may be said of an item by wave, without a claim of change.

    Parameters
    ----------
    scores : DataFrame
        `Scores.table` by wave.
    by : str
        The wave column.
    item : str
        Which item.
    survey : Survey
        Labels.
    wave : str, optional
        The wave to set among the others; without it the latest, or none where the names of waves do not tell it.

    Returns
    -------
    tuple of Finding
        At most one; none with fewer than two waves.
    """
    rows = headline_rows(scores, item)
    every = rows.loc[rows[by].notna(), by].drop_duplicates()
    rows = rows[rows["shown"] & rows[by].notna()]
    if rows[by].nunique() < 2:
        return ()
    _, in_time = wave_order(every)
    known = [group_text(group) for group in group_order(rows[by])]
    latest = group_text(group_order(every)[-1]) if in_time else None
    wave = (known[-1] if in_time else None) if wave is None else wave
    if wave is not None and wave not in known:
        return ()
    unit, digits = measure_unit(rows["measure"].iloc[0])
    lowest, highest = rows.sort_values("estimate", kind="stable").iloc[[0, -1]].to_dict("records")
    digits = precision(lowest["estimate"], highest["estimate"], unit, digits)
    ends = [f"{number(row['estimate'], unit, digits)} ({group_text(row[by])})" for row in (lowest, highest)]
    numbers = {"lowest": float(lowest["estimate"]), "highest": float(highest["estimate"])}
    if wave is None:
        text = sentences.waves_between(survey.label(item), ends[0], ends[1], len(known))
        return (Finding(key=f"waves_{item}", text=text, numbers=numbers),)
    now = rows[rows[by].map(group_text) == wave].iloc[0]
    text = sentences.waves_with_care(
        survey.label(item), wave, cell_text(score_cell(now)), ends[0], ends[1], len(known), latest=wave == latest
    )
    numbers |= {"score": float(now["estimate"]), "low": float(now["low"]), "high": float(now["high"])}
    return (Finding(key=f"waves_{item}", text=text, numbers=numbers),)


def _count(value: float) -> Number:
    return Number(value=float(value), unit="count")
