"""Scores, the gap and slopes by wave: estimates with the covariance that shared people or sampling units give them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.cells.collapse import collapse
from drivers.change.bases import Bases
from drivers.change.calendar import Calendar, wave_text
from drivers.change.links import LinkedCells, Links, link
from drivers.errors import DataWarning
from drivers.stats.contributions import Contributions
from drivers.stats.design import kish_n_eff
from drivers.survey.answers import Answers
from drivers.survey.score_measures import Measure, measured, measures
from drivers.survey.scores import scores

FloatArray = NDArray[np.float64]
Kind = Literal["score", "gap", "slope"]

MEAN_GAP = "(mean gap)"
"""Name of the series of the gap averaged over the items it is asked of."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """One quantity by wave. Arrays have one entry per wave of the calendar, NaN where it is not shown.

    ``corr`` (T, T) correlation of the estimates' errors; ``df`` (T,) degrees of freedom; ``why`` (T,) reasons for
    waves that are not shown, "" else.
    """

    kind: Kind
    item: str
    label: str
    measure: str
    estimate: FloatArray
    std_error: FloatArray
    low: FloatArray
    high: FloatArray
    n: FloatArray
    n_eff: FloatArray
    df: FloatArray
    corr: FloatArray
    why: tuple[str, ...]

    @property
    def known(self) -> NDArray[np.intp]:
        """Places of the waves with an estimate and an error."""
        return np.flatnonzero(np.isfinite(self.estimate) & (self.std_error > 0))

    def table(self, names: Sequence[str]) -> pd.DataFrame:
        """Return one row per wave, called by `names`."""
        shown = np.isfinite(self.estimate)
        return pd.DataFrame({
            "kind": self.kind, "item": self.item, "label": self.label, "measure": self.measure, "wave": list(names),
            "estimate": self.estimate, "std_error": self.std_error, "low": self.low, "high": self.high,
            "n": self.n, "n_eff": self.n_eff, "shown": shown, "why": list(self.why),
        })


def correlations(parts: dict[int, Contributions], waves: int, column: int = 0) -> FloatArray:
    """Return correlations (T, T) of one estimate between T `waves`; `parts` are what units add, `column` which one."""
    corr = np.eye(waves)
    for i, mine in parts.items():
        for j, other in parts.items():
            if i < j:
                both = mine.parts[:, [column]], other.parts[:, [column]]
                size = float(np.linalg.norm(both[0]) * np.linalg.norm(both[1]))
                shared = Contributions(label=mine.label, parts=both[0]).with_other(
                    Contributions(label=other.label, parts=both[1])
                )
                corr[i, j] = corr[j, i] = shared[0, 0] / size if size > 0 else 0.0
    return corr


def score_series(answers: Answers, calendar: Calendar, links: Links, bases: Bases, level: float) -> list[Series]:
    """Return the headline score of every outcome by wave.

    Parameters
    ----------
    answers : Answers
        Checked answers.
    calendar : Calendar
        The waves.
    links : Links
        What waves share.
    bases : Bases
        Fewest people behind a number.
    level : float
        Level of the intervals.

    Returns
    -------
    list of Series
        top2 as a proportion, nps in points, means in scale points.
    """
    survey = answers.survey
    assert survey.wave is not None
    with warnings.catch_warnings():  # what is warned about stands in the reasons
        warnings.simplefilter("ignore", DataWarning)
        table = scores(answers, survey.wave, level, min_base=bases.cell).table
    table = table[table[survey.wave].notna()]
    table = table.assign(_wave=[wave_text(value) for value in table[survey.wave]])
    found = []
    for name in survey.outcomes:
        measure = measures(survey, name)[0]
        rows = table[(table["item"] == name) & (table["measure"] == measure)].set_index("_wave")
        rows = rows.reindex(list(calendar.names))
        shown = rows["shown"].fillna(False).to_numpy(bool)
        n = rows["n"].fillna(0).to_numpy(np.float64)
        why = tuple(
            "" if ok else "not asked" if count == 0 else f"base under {bases.cell}" if count < bases.cell
            else "few people hold most of the weight"
            for ok, count in zip(shown, n, strict=True)
        )  # fmt: skip
        columns = {
            key: np.where(shown, rows[key].to_numpy(np.float64), np.nan)
            for key in ("estimate", "std_error", "low", "high", "n_eff")
        }
        corr, df = _score_links(answers, name, measure, calendar, links, n)
        found.append(Series(kind="score", item=name, label=survey.label(name), measure=measure, n=n, df=df, corr=corr,
                            why=why, **columns))  # fmt: skip
    return found


def _score_links(
    answers: Answers, name: str, measure: Measure, calendar: Calendar, links: Links, n: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return correlations (T, T) and degrees of freedom (T,) of a score's errors, by what waves share."""
    waves, wave = len(calendar.names), answers.survey.wave
    if links.kind == "none" or wave is None:
        return np.eye(waves), np.maximum(n - 1, 1.0)
    linked = link(collapse(answers, (name,), by=(wave, *links.by)), wave, calendar, links)
    value = measured(measure, answers.survey.item(name), linked.cells.values[:, 0])
    parts = {}
    for place in range(waves):
        rows = linked.of(place, ~np.isnan(value) & (linked.cells.sum_w > 0))
        if rows.sum() > 1:
            parts[place] = linked.contributions(rows, mean_influence(value[rows], linked.cells.sum_w[rows]))
    return correlations(parts, waves), degrees(linked, parts, n)


def mean_influence(values: FloatArray, weight: FloatArray) -> FloatArray:
    """Return the influence (m, 1) of one unit of `weight` (m,) on the weighted mean of `values` (m,)."""
    total = weight.sum()
    return ((values - weight @ values / total) / total)[:, None]


def degrees(linked: LinkedCells, parts: dict[int, Contributions], n: FloatArray, slopes: int = 0) -> FloatArray:
    """Return degrees of freedom (T,) by wave: sampling units less strata where declared, else people less one.

    `linked` are the cells, `parts` what units add by wave, `n` (T,) answers, `slopes` those of the model.
    """
    df = np.maximum(n - 1 - slopes, 1.0)
    cells = linked.cells
    for place, found in parts.items():
        if cells.replication is not None:
            df[place] = max(cells.replication.df - slopes, 1.0)
        elif cells.psu:
            strata = cells.keys.loc[linked.of(place), cells.stratum].nunique() if cells.stratum else 1
            df[place] = max(len(found.parts) - strata - slopes, 1.0)
    return df


def gap_series(
    answers: Answers, calendar: Calendar, links: Links, bases: Bases, level: float
) -> tuple[list[Series], tuple[str, ...]]:
    """Return the gap between what was perceived and what was expected, averaged over items, by wave.

    Parameters
    ----------
    answers : Answers
        Checked answers.
    calendar : Calendar
        The waves.
    links : Links
        What waves share.
    bases : Bases
        Fewest people behind a number.
    level : float
        Level of the intervals.

    Returns
    -------
    list of Series
        One, or none where no expectations are declared; scale points, below 0 where expectations are missed.
    notes : tuple of str
        Items that were left out, and why.
    """
    survey, waves = answers.survey, len(calendar.names)
    items = [name for name in survey.drivers if name in survey.expectations and survey.item(name).scale != "open"]
    if not items or survey.wave is None:
        return [], ()
    asked = [*items, *(survey.expectations[name] for name in items)]
    linked = link(collapse(answers, asked, by=(survey.wave, *links.by)), survey.wave, calendar, links)
    cells = linked.cells
    apart = cells.values[:, : len(items)] - cells.values[:, len(items) :]
    paired = ~np.isnan(apart) & (cells.sum_w > 0)[:, None]
    count = np.stack([(paired[linked.of(t)] * cells.n[linked.of(t), None]).sum(axis=0) for t in range(waves)])
    needed = [calendar.names.index(name) for name in (calendar.focus, *calendar.against.values())]
    kept = (count[needed] >= bases.cell).all(axis=0)
    left = [survey.label(name) for name, ok in zip(items, kept, strict=True) if not ok]
    said = f"The mean gap leaves out {', '.join(left)}: too few pairs of answers in a compared wave."
    notes = (said,) if left else ()
    if not kept.any():
        return [], notes
    from scipy.special import stdtrit

    columns = {key: np.full(waves, np.nan) for key in ("estimate", "std_error", "n_eff")}
    people = np.zeros(waves)
    parts, why = {}, [""] * waves
    for t in range(waves):
        inside = linked.of(t)
        anybody = inside & paired[:, kept].any(axis=1)
        people[t] = round(cells.n[anybody].sum())
        if (count[t, kept] < bases.cell).any():
            why[t] = "not asked" if not people[t] else f"base under {bases.cell} in an item"
            continue
        weight = cells.sum_w[inside, None] * paired[inside][:, kept]
        share = weight / weight.sum(axis=0)
        value = np.where(paired[inside][:, kept], apart[inside][:, kept], 0.0)
        gaps = (share * value).sum(axis=0)
        influence = (paired[inside][:, kept] * (value - gaps) / weight.sum(axis=0)).mean(axis=1)
        parts[t] = linked.contributions(inside, influence[:, None])
        columns["estimate"][t], columns["std_error"][t] = gaps.mean(), np.sqrt(parts[t].cov[0, 0])
        columns["n_eff"][t] = kish_n_eff(cells.sum_w[anybody], cells.sum_w2[anybody])
    df = degrees(linked, parts, people)
    reach = stdtrit(df, (1 + level) / 2) * columns["std_error"]
    return [Series(
        kind="gap", item=MEAN_GAP, label="Gap to expectations, mean of items", measure="gap", n=people, df=df,
        corr=correlations(parts, waves), low=columns["estimate"] - reach, high=columns["estimate"] + reach,
        why=tuple(why), **columns,
    )], notes  # fmt: skip


