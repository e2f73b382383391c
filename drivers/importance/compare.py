"""`compare`: every pair of drivers side by side - which is larger, which tie, and what the answers leave open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.defaults import LEANING, LIKELY, RANKABLE_R2, TIE_WIDTH, VERY_LIKELY
from drivers.errors import InputError
from drivers.importance.result import Importance
from drivers.importance.ties import compact_letters, rank_intervals, rank_letters, ranks, tie_groups
from drivers.survey.plain_text import effective

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparisons:
    """All pairs of drivers, compared within every draw.

    ``pairs`` and ``places`` are what `tidy` and `ranking` return; ``chance`` (p, p) is P(row larger than column) and
    ``tie_chance`` (p, p) P(they differ by less than ``tie_width``, in parts of the outcome's variance); ``ties`` the
    groups of drivers that are practically equal, largest share first. ``rankable`` is False where too little is
    explained for any ranking.
    """

    outcome: str
    drivers: tuple[str, ...]
    labels: Mapping[str, str]
    measure: str
    pairs: pd.DataFrame
    places: pd.DataFrame
    chance: FloatArray
    tie_chance: FloatArray
    ties: tuple[tuple[str, ...], ...]
    tie_width: float
    level: float
    rankable: bool
    n: int
    n_eff: float
    notes: tuple[str, ...] = ()

    def label(self, name: str) -> str:
        """Return the words to print for a driver or the outcome, by its `name`."""
        return self.labels.get(name, name)

    def tidy(self) -> pd.DataFrame:
        """Return one row per pair, the driver with the larger share first.

        Columns: ``driver``, ``other``, ``difference`` of their shares with ``low`` and ``high``, ``p_larger``
        P(driver above other), ``p_tie`` P(they differ by less than the tie width), ``separated`` (the interval excludes
        0) and ``verdict`` ("tie", "very likely larger", "likely larger", "leaning", "cannot be separated").
        """
        return self.pairs.copy()

    def ranking(self) -> pd.DataFrame:
        """Return one row per driver, largest share first.

        Columns: ``driver``, ``label``, ``share``, ``rank`` of the estimate, ``rank_low``/``rank_high`` the ranks the
        draws leave open, ``expected_rank``, ``p_first``, ``letters`` (drivers that share one cannot be told apart),
        ``rank_letters`` (the rank interval as R's relaimpo prints it) and ``tie`` (numbers of the tie groups, "" if
        none).
        """
        return self.places.copy()

    def summary(self) -> str:
        """Return ranking, pairs and their reading as text."""
        first = self.places[["label", "share", "rank_low", "rank_high", "p_first", "letters", "tie"]].copy()
        first["share"], first["p_first"] = first["share"].map("{:.1%}".format), first["p_first"].map("{:.2f}".format)
        second = self.pairs[["driver", "other", "difference", "low", "high", "p_larger", "p_tie", "verdict"]].copy()
        for column in ("difference", "low", "high"):
            second[column] = second[column].map("{:+.1%}".format)
        for column in ("p_larger", "p_tie"):
            second[column] = second[column].map("{:.2f}".format)
        second[["driver", "other"]] = second[["driver", "other"]].map(self.label)
        return "\n".join([
            f"Drivers of {self.label(self.outcome)} compared, {self.measure} shares, {self.level:.0%} intervals, "
            f"n {self.n:,}, {effective(self.n, self.n_eff)}",
            "", first.to_string(index=False), "", second.to_string(index=False), "",
            "Drivers that share a letter cannot be told apart: the interval of their difference holds 0.",
            f"Tie: a chance of {LIKELY:.0%} or more that two shares differ by less than {self.tie_width:.1%} of the "
            "outcome's variance.",
            *self.notes,
        ])

    def to_dict(self) -> dict[str, object]:
        """Return the comparisons as plain values for JSON."""
        return {
            "outcome": self.outcome, "measure": self.measure, "level": self.level, "tie_width": self.tie_width,
            "n": self.n, "n_eff": self.n_eff, "deff_weights": self.n / self.n_eff, "rankable": self.rankable,
            "ties": [list(group) for group in self.ties], "drivers": self.places.to_dict("records"),
            "pairs": self.pairs.to_dict("records"), "notes": list(self.notes),
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the matrix of pairwise probabilities, ties marked, on `ax` or a new figure."""
        from drivers.plot.comparisons import plot_comparisons

        return plot_comparisons(self, ax=ax)


def compare(imp: Importance, tie_width: float = TIE_WIDTH) -> Comparisons:
    """Compare every pair of drivers within the draws, so that their shared uncertainty cancels.

    Parameters
    ----------
    imp : Importance
        Shares and their draws.
    tie_width : float
        Differences below this are practically nothing, in parts of the outcome's variance. Choose it before seeing
        the result.

    Returns
    -------
    Comparisons
        Differences with intervals and probabilities, ties, letters and rank intervals.

    Raises
    ------
    InputError
        If `tie_width` is not a positive number below 1, or there is a single driver.

    Notes
    -----
    Two intervals that overlap do not make a tie, and a difference that cannot be told from 0 does not either: a tie
    is claimed only when the answers show that the difference is small (a region of practical equivalence).

    References
    ----------
    .. [1] Kruschke (2018). Advances in Methods and Practices in Psychological Science 1(2), 270-280.
       doi:10.1177/2515245918771304
    .. [2] Schenker & Gentleman (2001). The American Statistician 55(3), 182-186. doi:10.1198/000313001317097960
    """
    if not 0 < tie_width < 1:
        raise InputError(f"`tie_width` is {tie_width:g}; give a part of the outcome's variance, like tie_width=0.02.")
    if len(imp.drivers) < 2:
        raise InputError(f"`{imp.drivers[0]}` is the only driver, so there is nothing to compare it with.")
    shares = imp.shares.reshape(-1, len(imp.drivers))
    order = [int(j) for j in np.argsort(-imp.estimate, kind="stable")]
    chance = _chance(shares)
    tie_chance = _tie_chance(shares, tie_width)
    pairs = _pairs(imp, shares, order, chance, tie_chance)
    at = {name: place for place, name in enumerate(imp.drivers)}
    separated = np.zeros(chance.shape, dtype=np.bool_)
    for row in pairs.itertuples():
        one, two = at[str(row.driver)], at[str(row.other)]
        separated[one, two] = separated[two, one] = bool(row.separated)
    groups = tie_groups(tie_chance >= LIKELY, order) if imp.rankable else ()
    return Comparisons(
        outcome=imp.outcome, drivers=imp.drivers, labels=imp.labels, measure=imp.measure, pairs=pairs,
        places=_places(imp, shares, order, compact_letters(separated, order), groups), chance=chance,
        tie_chance=tie_chance, ties=tuple(tuple(imp.drivers[j] for j in group) for group in groups),
        tie_width=tie_width, level=imp.level, rankable=imp.rankable, n=imp.n, n_eff=imp.n_eff,
        notes=() if imp.rankable else (
            f"No ranking and no tie is claimed: the interval of R2 reaches below {RANKABLE_R2:.0%}, so that all "
            "shares are small whatever they are.",
        ),
    )


def _chance(shares: FloatArray) -> FloatArray:
    """P(row > column) (p, p); draws in which both are equal count half."""
    p = shares.shape[1]
    chance = np.zeros((p, p))
    for j in range(p):
        chance[j] = ((shares[:, [j]] > shares) + 0.5 * (shares[:, [j]] == shares)).mean(axis=0)
        chance[j, j] = 0.0
    return chance


def _tie_chance(shares: FloatArray, width: float) -> FloatArray:
    return np.stack([(np.abs(shares[:, [j]] - shares) < width).mean(axis=0) for j in range(shares.shape[1])])


def _pairs(
    imp: Importance, shares: FloatArray, order: list[int], chance: FloatArray, tie_chance: FloatArray
) -> pd.DataFrame:
    rows = []
    for place, one in enumerate(order):
        for two in order[place + 1 :]:
            apart = shares[:, one] - shares[:, two]
            low, high = np.quantile(apart, [(1 - imp.level) / 2, (1 + imp.level) / 2])
            rows.append({
                "driver": imp.drivers[one], "other": imp.drivers[two],
                "difference": imp.estimate[one] - imp.estimate[two], "low": low, "high": high,
                "p_larger": chance[one, two], "p_tie": tie_chance[one, two], "separated": bool(low > 0 or high < 0),
                "verdict": _verdict(chance[one, two], tie_chance[one, two], imp.rankable),
            })
    return pd.DataFrame(rows)


def _verdict(larger: float, tie: float, rankable: bool) -> str:
    if not rankable:
        return "cannot be separated"
    if tie >= LIKELY:
        return "tie"
    for bound, words in ((VERY_LIKELY, "very likely larger"), (LIKELY, "likely larger"), (LEANING, "leaning")):
        if larger >= bound:
            return words
    return "cannot be separated"


def _places(
    imp: Importance, shares: FloatArray, order: list[int], letters: tuple[str, ...], groups: tuple[tuple[int, ...], ...]
) -> pd.DataFrame:
    best, worst = rank_intervals(shares, imp.level)
    badges = ["+".join(str(at + 1) for at, group in enumerate(groups) if j in group) for j in range(len(order))]
    table = pd.DataFrame({
        "driver": list(imp.drivers), "label": [imp.label(name) for name in imp.drivers], "share": imp.estimate,
        "rank": ranks(imp.estimate[None])[0], "rank_low": best, "rank_high": worst,
        "expected_rank": ranks(shares).mean(axis=0), "p_first": imp.rank_probabilities()[1].to_numpy(),
        "letters": list(letters), "rank_letters": list(rank_letters(best, worst)), "tie": badges,
    })
    return table.iloc[order].reset_index(drop=True)
