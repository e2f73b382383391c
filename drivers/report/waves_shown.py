"""Changes between waves as they may leave the house: what follows about a small wave from the others is hidden, too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from drivers.change.result import Change
from drivers.defaults import MIN_BASE_CELL
from drivers.report.score_tables import group_text, headline_rows
from drivers.report.withhold import withhold
from drivers.survey.scores import Scores

BY_WAVE = ("estimate", "std_error", "low", "high", "n_eff", "n")
CHANGES = ("change", "std_error", "low", "high", "shrunken", "shrunken_sd", "p_up", "p_down", "p_value", "p_change")
BEFORE, AFTER = ("before", "n_before"), ("after", "n_after")
WITHHELD = "withheld: with it, a smaller hidden base could be computed from the total"


def fit_to_show(moved: Change, scores: Scores) -> Change:
    """Hide what must not be shown of changes.

    Parameters
    ----------
    moved : Change
        All changes.
    scores : Scores
        Scores of all waves, those after the one judged too, with the groups that `withhold` chose.

    Returns
    -------
    Change
        Small bases and withheld waves without numbers, in ``by_wave``, in the changes from or to them, and in what
        explains these. A hidden base is NaN. No hidden change is flagged.
    """
    rows = moved.by_wave.drop(columns="withheld", errors="ignore")
    rows = withhold(rows, "wave", ("kind", "item"), BY_WAVE)
    hidden = _withheld_scores(scores, set(rows.loc[rows["kind"] == "score", "item"]))
    told = {wave for item, wave in hidden if item == moved.outcome}
    again = [
        (item, wave) in hidden if kind == "score" else wave in told
        for kind, item, wave in zip(rows["kind"], rows["item"], rows["wave"], strict=True)
    ]
    rows["withheld"] |= np.array(again, dtype=bool)
    rows.loc[rows["withheld"], list(BY_WAVE)] = np.nan
    small = (rows["n"] > 0) & (rows["n"] < MIN_BASE_CELL)
    rows.loc[small, list(BY_WAVE)] = np.nan
    rows["shown"] = rows["shown"].astype(bool) & rows["estimate"].notna()
    rows.loc[rows["withheld"], "why"] = WITHHELD
    away = rows[rows["withheld"] | small]
    closed = {
        (str(kind), str(item), str(wave))
        for kind, item, wave in zip(away["kind"], away["item"], away["wave"], strict=True)
    }
    models = {wave for kind, item, wave in closed if kind == "slope" or (kind, item) == ("score", moved.outcome)}
    open_ = {name for name, wave in moved.against.items() if not {wave, moved.focus} & models}
    return replace(
        moved, by_wave=rows, table=_changes(moved, closed),
        why={name: found for name, found in moved.why.items() if name in open_},
        shares={name: found for name, found in moved.shares.items() if name in open_},
    )  # fmt: skip


def _withheld_scores(scores: Scores, items: set[str]) -> set[tuple[str, str]]:
    """Return (item, wave) that the scores by wave hide for the sake of a smaller one."""
    found = set()
    for item in items & set(scores.table["item"]):
        rows = headline_rows(scores.table, item)
        if "withheld" in rows:
            rows = rows[rows["withheld"].astype(bool)]
            found |= {(item, group_text(wave)) for wave in rows[scores.by[0]]}
    return found


def _changes(moved: Change, closed: set[tuple[str, str, str]]) -> pd.DataFrame:
    table = moved.table.reset_index(drop=True).copy()
    keys = list(zip(table["kind"], table["item"], table["wave"], strict=True))
    before = np.array([key in closed for key in keys], dtype=bool)
    after = np.array([(kind, item, moved.focus) in closed for kind, item, _ in keys], dtype=bool)
    for which, columns in ((before, BEFORE), (after, AFTER), (before | after, CHANGES)):
        table.loc[which, list(columns)] = np.nan
    for column in ("n_before", "n_after"):
        table.loc[(table[column] > 0) & (table[column] < MIN_BASE_CELL), column] = np.nan
    table.loc[before | after, ["direction", "why"]] = ["", WITHHELD]
    table.loc[before | after, "flag"] = False
    return table
