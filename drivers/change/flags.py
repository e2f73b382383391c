"""Which changes of a report may be claimed: judged together, with few expected false ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drivers.change.calendar import PREVIOUS, Calendar
from drivers.change.series import Series
from drivers.defaults import FALSE_FLAGS, FLAGS_KEPT_BACK, FLAGS_PREVIOUS, LIKELY
from drivers.stats.flag_set import expected_false, step_up
from drivers.stats.wave_changes import last_moves

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def judge(
    series: Sequence[Series], calendar: Calendar, level: float, delta: Mapping[str, float],
    same_mix: Sequence[Series] = (),
) -> pd.DataFrame:
    """Compare the wave judged with every reference, for all series together.

    Parameters
    ----------
    series : sequence of Series
        Scores, gap and slopes.
    calendar : Calendar
        The waves.
    level : float
        Level of the intervals.
    delta : mapping of str to float
        Smallest change worth naming, by kind of series ("score", "gap", "slope") or by measure; 0 by default.
    same_mix : sequence of Series
        Slopes with all waves weighted to the same segments. A slope is as sure as the less sure of its two readings,
        so that other people being asked is not taken for a slope that moved.

    Returns
    -------
    DataFrame
        One row per series and reference.
    """
    rows: list[dict[str, object]] = []
    last = len(calendar.names) - 1
    for name, wave in calendar.against.items():
        place = calendar.names.index(wave)
        usable = [s for s in series if {place, last} <= set(s.known.tolist())]
        judged = _moves(usable, calendar, place, delta)
        held = {(s.kind, s.item): s for s in same_mix if {place, last} <= set(s.known.tolist())}
        if held:
            again = _moves([held.get((s.kind, s.item), s) for s in usable], calendar, place, delta)
            judged = {key: _less_sure(found, again[key]) for key, found in judged.items()}
        for one in series:
            rows.append(_row(one, name, wave, place, last, level, delta, judged.get((one.kind, one.item))))
    return _chosen(pd.DataFrame(rows))


def family_of(kind: str) -> int:
    """Return the family of a `kind` of series: slopes are judged apart from scores and the gap."""
    return int(kind == "slope")


def smallest(one: Series, delta: Mapping[str, float]) -> float:
    """Return the smallest change of series `one` worth naming, by its measure or its kind in `delta`."""
    return float(delta.get(one.measure, delta.get(one.kind, 0.0)))


def _moves(
    series: Sequence[Series], calendar: Calendar, place: int, delta: Mapping[str, float]
) -> dict[tuple[str, str], dict[str, float]]:
    """Judge series that have the same waves together: what is usual is learnt from all of them."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    groups: dict[tuple[int, ...], list[Series]] = {}
    for one in series:
        groups.setdefault(tuple(one.known.tolist()), []).append(one)
    for known, members in groups.items():
        at = list(known)
        error = np.stack([one.std_error[at] for one in members])
        corr = np.stack([one.corr[np.ix_(at, at)] for one in members])
        season = calendar.places
        moved = last_moves(
            np.stack([one.estimate[at] for one in members]), corr * error[:, :, None] * error[:, None, :],
            at.index(place),
            season=None if season is None or len(at) < len(calendar.names) else season[at],
            delta=np.array([smallest(one, delta) for one in members]),
            df=np.array([min(one.df[place], one.df[at[-1]]) for one in members]),
            family=np.array([family_of(one.kind) for one in members], dtype=np.intp),
        )
        for j, one in enumerate(members):
            found[one.kind, one.item] = {
                "mean": moved.mean[j], "sd": moved.sd[j], "p_up": moved.p_up[j], "p_down": moved.p_down[j],
                "p_value": moved.p_value[j],
            }
    return found


def _less_sure(found: dict[str, float], again: dict[str, float]) -> dict[str, float]:
    """Return the first reading with the probabilities of whichever of the two is less sure."""
    return found | {
        "p_up": min(found["p_up"], again["p_up"]), "p_down": min(found["p_down"], again["p_down"]),
        "p_value": max(found["p_value"], again["p_value"]),
    }


def _row(
    one: Series, name: str, wave: str, place: int, last: int, level: float, delta: Mapping[str, float],
    judged: Mapping[str, float] | None,
) -> dict[str, object]:
    """Return the change of one series since the wave at `place`: its interval, and what `judged` says of it."""
    from scipy.special import stdtrit

    error = float(np.sqrt(max(
        one.std_error[last] ** 2 + one.std_error[place] ** 2
        - 2 * one.corr[last, place] * one.std_error[last] * one.std_error[place], 0.0,
    )))  # fmt: skip
    change = float(one.estimate[last] - one.estimate[place])
    reach = float(stdtrit(min(one.df[last], one.df[place]), (1 + level) / 2)) * error
    nothing = dict.fromkeys(("mean", "sd", "p_up", "p_down", "p_value"), np.nan)
    told = nothing if judged is None else judged
    return {
        "kind": one.kind, "item": one.item, "label": one.label, "measure": one.measure, "against": name, "wave": wave,
        "before": float(one.estimate[place]), "after": float(one.estimate[last]), "change": change,
        "std_error": error, "low": change - reach, "high": change + reach, "shrunken": told["mean"],
        "shrunken_sd": told["sd"], "p_up": told["p_up"], "p_down": told["p_down"], "p_value": told["p_value"],
        "n_before": float(one.n[place]), "n_after": float(one.n[last]), "delta": smallest(one, delta),
        "why": one.why[last] or one.why[place],
    }


def _chosen(table: pd.DataFrame) -> pd.DataFrame:
    """Mark the claims of the report, with the direction and the probability of every change."""
    up = table["p_up"].to_numpy(np.float64) >= table["p_down"].to_numpy(np.float64)
    sure = np.where(up, table["p_up"], table["p_down"])
    known = np.isfinite(sure)
    chosen = claims(
        sure, table["p_value"].to_numpy(np.float64), family=np.array([family_of(kind) for kind in table["kind"]]),
        previous=table["against"].eq(PREVIOUS).to_numpy(), exceeds=table["delta"].to_numpy(np.float64) > 0,
    )
    return table.assign(
        direction=np.where(known, np.where(up, "up", "down"), ""), p_change=np.where(known, sure, np.nan), flag=chosen
    )


def claims(
    sure: FloatArray, p_value: FloatArray, *, family: NDArray[np.intp], previous: BoolArray, exceeds: BoolArray
) -> BoolArray:
    """Choose the claims of a report: few expected false ones, and few chances of any where nothing moved at all.

    Parameters
    ----------
    sure : ndarray, shape (m,)
        Probability of each change in its direction; NaN where there is none to claim.
    p_value : ndarray, shape (m,)
        Of no change.
    family : ndarray of int, shape (m,)
        Slopes are one family, scores and the gap the other: each may have its part of the false claims, by its number
        of series, so that scores that moved, such as by other people being asked, do not make slopes easier to claim.
    previous : ndarray of bool, shape (m,)
        Which are changes since the wave before; where there are others, these weigh more.
    exceeds : ndarray of bool, shape (m,)
        Which must exceed a smallest change.

    Returns
    -------
    ndarray of bool, shape (m,)
        The claims.

    Notes
    -----
    A step-up test keeps the expected part of false claims. Every claim must be likely itself, too, however sure others
    beside it are: a local false discovery rate of .20 at most, which goes with one of .10 of all claims [1]_. To ask
    the mean of the claims for .10 would ask that of a single claim, and the more series a report has the less of those
    that moved alone were found, though no more were false. It is asked where a change must exceed a smallest one, of
    which the test says nothing.

    References
    ----------
    .. [1] Efron (2007). Annals of Statistics 35(4), 1351-1377. doi:10.1214/009053606000001460
    """
    known = np.isfinite(sure)
    weight = np.where(previous, FLAGS_PREVIOUS, 2 - FLAGS_PREVIOUS)
    if previous.all() or not previous.any():
        weight = np.ones(len(sure))
    chosen = np.zeros(len(sure), dtype=np.bool_)
    for one in np.unique(family):
        mine = family == one
        part = (1 - FLAGS_KEPT_BACK) * FALSE_FLAGS * (known & mine).sum() / max(known.sum(), 1)
        likely = (sure[mine] >= LIKELY) & (~exceeds[mine] | expected_false(1 - sure[mine], FALSE_FLAGS))
        chosen[mine] = likely & step_up(p_value[mine], weight[mine], part)
    return chosen
