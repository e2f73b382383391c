"""Importance as text: every share with its interval, the unexplained part, and what the numbers mean."""

from __future__ import annotations

import numpy as np
import pandas as pd

from drivers.defaults import LIKELY, RANKABLE_R2
from drivers.importance.result import Importance
from drivers.stats.digits import digits_of_small
from drivers.survey.plain_text import effective, percent_level, short_labels, wrapped

MEANING = {
    "lmg": "LMG (Shapley) share of differences",
    "relative_weights": "Johnson relative weight",
    "pratt": "Pratt measure (can be negative)",
    "car": "CAR score squared",
    "first": "R2 of the driver alone (does not add up to R2)",
    "last": "gain in R2 over all others (does not add up to R2)",
    "beta_squared": "squared standardised slope (does not add up to R2)",
}


def summarise(imp: Importance) -> str:
    """Return the importance table with its reading.

    Parameters
    ----------
    imp : Importance
        Shares and their draws.

    Returns
    -------
    str
        Plain text, at most 100 columns wide unless labels that look alike need more.
    """
    table = imp.tidy()
    r2 = imp.r2_interval()
    scale = "" if imp.model == "linear" else " (latent scale)"
    percent = "{:.1%}".format
    shown = pd.DataFrame({
        "share": table["share"].map(percent),
        f"{percent_level(imp.level)} interval": [
            f"at most {percent(upper)}" if zero else f"{percent(low)} to {percent(high)}"
            for zero, low, high, upper in zip(
                table["near_zero"], table["low"], table["high"], table["upper"], strict=True
            )
        ],
        "of the rest" if imp.always else "of R2": table["relative"].map(percent),
        "P(first)": table["p_first"].map("{:.2f}".format),
        "slope": [
            "" if np.isnan(s) else _slope(s, a, b)
            for s, a, b in zip(table["slope"], table["slope_low"], table["slope_high"], strict=True)
        ],
    })
    shown.index = pd.Index(short_labels(list(table["label"])))
    head = [
        f"Importance for {imp.label(imp.outcome)}: {MEANING[imp.measure]}, {imp.model} model{scale}",
        f"n {imp.n:,} ({imp.n_complete:,} with every answer), {effective(imp.n, imp.n_eff)}, "
        f"{percent_level(imp.level)} intervals",
        f"Explained together: {percent(r2['estimate'])} ({percent(r2['low'])} to {percent(r2['high'])}); "
        f"unexplained: {percent(1 - r2['estimate'])}",
    ]
    if imp.always:
        part = imp.shared_interval()
        head.append(
            f"Always in the model: {', '.join(imp.label(name) for name in imp.always)} "
            f"({percent(imp.always_r2_estimate)}); shared out beyond: {percent(part['estimate'])} "
            f"({percent(part['low'])} to {percent(part['high'])})"
        )
    foot = [
        "Share: part of the differences in the outcome that goes with the driver. It is not the effect of improving "
        f"it; the slope is {_unit(imp)} per driver point, the others held equal. Association, not effect.",
        *_groups(imp),
        *_reading(imp),
        *imp.notes,
    ]
    return "\n".join([*wrapped(head), "", shown.to_string(justify="right"), "", *wrapped(foot)])


def _unit(imp: Importance) -> str:
    return "outcome" if imp.model == "linear" else f"latent {imp.link} units"


def _slope(value: float, low: float, high: float) -> str:
    digits = digits_of_small(max(abs(low), abs(high)), 3)
    return f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def _groups(imp: Importance) -> list[str]:
    if imp.split is None:
        return []
    table = imp.split.tidy()
    told = []
    for name in imp.members:
        inside = table[table["group"] == name]
        parts = [
            f"{label} {share:.1%}, slope {slope:.3f}" if np.isfinite(share) else f"{label} slope {slope:.3f}"
            for label, share, slope in zip(inside["label"], inside["share"], inside["slope"], strict=True)
        ]
        told.append(f"{imp.label(name)}: {'; '.join(parts)}.")
    how = " (shares of members: Owen value)" if np.isfinite(table["share"]).all() else ""
    return [f"A group has a slope for each of its drivers, so none of its own{how}. {' '.join(told)}"]


def _reading(imp: Importance) -> list[str]:
    if not imp.rankable:
        return [f"No ranking is claimed: the interval of R2 reaches below {RANKABLE_R2:.0%}."]
    first = imp.rank_probabilities()[1]
    if len(first) > 1 and first.max() < LIKELY:
        return [f"No driver is first with a probability of {LIKELY:.0%} or more; read the top ones as a tie."]
    return []
