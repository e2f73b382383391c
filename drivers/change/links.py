"""What waves have in common: the same people, the same sampling units, or replicate weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.cells.collapse import Cells
from drivers.change.calendar import Calendar
from drivers.defaults import MIN_BASE_CELL
from drivers.stats.contributions import Contributions, contributions
from drivers.survey.answers import Answers
from drivers.survey.tally import fetched, unused_prefix

FloatArray = NDArray[np.float64]
Kind = Literal["none", "people", "units", "replicates"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Links:
    """How waves hang together.

    ``kind`` is what they share; ``by`` the columns cells must be kept apart by for it; ``overlap`` the number of people
    in both of two waves, by their names; ``repeated`` people in more than one wave.
    """

    kind: Kind
    by: tuple[str, ...]
    overlap: dict[tuple[str, str], int]
    repeated: int

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found, in a sentence or two."""
        if self.repeated:
            who = f"{self.repeated:,}" if self.repeated >= MIN_BASE_CELL else f"Fewer than {MIN_BASE_CELL}"
            how = (
                "the covariance between waves is in every change" if self.kind == "people"
                else "their covariance enters through the sampling units" if self.kind == "units"
                else "their covariance enters through the replicate weights"
            )
            return (f"{who} respondents answered in more than one wave: {how}.",)
        if self.kind == "units":
            return ("Waves share sampling units: their covariance is in every change.",)
        return ()

    def between(self, a: str, b: str) -> int:
        """Return the number of people in both wave `a` and wave `b`."""
        return self.overlap.get((a, b), self.overlap.get((b, a), 0))


def find_links(answers: Answers, calendar: Calendar) -> Links:
    """Find out what waves have in common.

    Parameters
    ----------
    answers : Answers
        Checked answers.
    calendar : Calendar
        The waves.

    Returns
    -------
    Links
        Only counts of people leave the table, unless somebody answered more than once: then their ids are read to pair
        answers, and go no further.
    """
    survey = answers.survey
    overlap, repeated = _overlap(answers, calendar) if survey.id else ({}, 0)
    if survey.replicate_weights:
        return Links(kind="replicates", by=(), overlap=overlap, repeated=repeated)
    if survey.psu:
        return Links(kind="units", by=(), overlap=overlap, repeated=repeated)
    if repeated and survey.id:
        return Links(kind="people", by=(survey.id,), overlap=overlap, repeated=repeated)
    return Links(kind="none", by=(), overlap={}, repeated=0)


def _overlap(answers: Answers, calendar: Calendar) -> tuple[dict[tuple[str, str], int], int]:
    """Count people in both of two waves, by their names, and people in more than one."""
    wave, person = answers.survey.wave, answers.survey.id
    assert wave is not None and person is not None
    frame = answers.frame.lazy().select(nw.col(person), nw.col(wave)).drop_nulls().unique()
    often = f"{unused_prefix([wave, person])}waves"
    many = frame.group_by(person).agg(nw.len().alias(often)).filter(nw.col(often) > 1)
    counted = fetched(many.select(nw.len().alias(often)))
    if not int(counted[often].iloc[0]):
        return {}, 0
    pairs = fetched(frame.join(many.select(person), on=person, how="inner"))
    pairs = pairs[pairs[wave].isin(list(calendar.values))]
    seen = {
        name: set(pairs.loc[pairs[wave] == value, person])
        for name, value in zip(calendar.names, calendar.values, strict=True)
    }
    overlap = {(a, b): len(seen[a] & seen[b]) for a, b in combinations(calendar.names, 2)}
    repeated = int((pairs.groupby(person)[wave].nunique() > 1).sum())
    return {pair: n for pair, n in overlap.items() if n}, repeated


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinkedCells:
    """Cells of all waves, with the wave (m,) and the unit (m,) of each; ``unit`` is None where waves share nothing."""

    cells: Cells
    wave: NDArray[np.intp]
    unit: NDArray[np.int64] | None

    def of(self, place: int, used: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
        """Return where (m,) the cells of the wave at `place` are, among those `used`."""
        inside: NDArray[np.bool_] = self.wave == place
        return inside if used is None else inside & used

    def contributions(self, rows: NDArray[np.bool_], influence: FloatArray) -> Contributions:
        """Return what units add to the error of estimates, by their `influence` (m', q) in the cells of `rows` (m,)."""
        cells = self.cells.select(rows)
        if cells.replication is not None:
            moved = influence.T @ (cells.replication.weights - cells.sum_w[:, None])
            parts = (moved * np.sqrt(cells.replication.factor)).T
            return Contributions(label=np.arange(len(parts)), parts=parts)
        return contributions(
            influence, cells.sum_w, cells.sum_w2, cells.n,
            stratum=cells.keys[cells.stratum].to_numpy() if cells.stratum else None,
            unit=None if self.unit is None else self.unit[rows],
            fpc=cells.keys[cells.fpc].to_numpy(np.float64) if cells.fpc else None, lonely=cells.lonely,
        )


def link(cells: Cells, wave: str, calendar: Calendar, links: Links) -> LinkedCells:
    """Tell the wave and the unit of every cell.

    Parameters
    ----------
    cells : Cells
        Kept apart by wave and by ``links.by``.
    wave : str
        The wave column.
    calendar : Calendar
        The waves.
    links : Links
        What they share.

    Returns
    -------
    LinkedCells
        Without the cells of other waves or of none.
    """
    place = _places(cells.keys[wave], calendar.values)
    kept = place >= 0
    cells = cells.select(kept)
    unit = None
    if links.kind == "people":
        unit = _codes(cells.keys[next(iter(links.by))])
    elif links.kind == "units" and cells.psu:
        pairs = list(zip(*(cells.keys[key] for key in (cells.stratum, cells.psu) if key), strict=True))
        unit = pd.factorize(pd.Series(pairs), use_na_sentinel=False)[0].astype(np.int64)
    return LinkedCells(cells=cells, wave=place[kept], unit=unit)


def _places(column: pd.Series, values: Sequence[Any]) -> NDArray[np.intp]:
    """Return the place (m,) of each wave of a column among `values`, -1 where it is none of them."""
    at = {value: place for place, value in enumerate(values)}
    return np.array([at.get(value, -1) if not pd.isna(value) else -1 for value in column], dtype=np.intp)


def _codes(column: pd.Series) -> NDArray[np.int64]:
    """Return numbers of people; everybody without an id is somebody else."""
    codes = pd.factorize(column)[0].astype(np.int64)
    unknown = codes < 0
    codes[unknown] = codes.max(initial=0) + 1 + np.arange(int(unknown.sum()))
    return codes
