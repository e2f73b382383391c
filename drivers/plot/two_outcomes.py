"""`plot_two_outcomes`: what matters for satisfaction beside what matters for the expectation gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from drivers.plot.fine_print import ASSOCIATION, base_words, interval_words, measure_words
from drivers.plot.series_rows import RowChart, Series, draw_rows
from drivers.plot.style import percent

if TYPE_CHECKING:
    from drivers.gap.two_outcomes import TwoOutcomes


def plot_two_outcomes(result: TwoOutcomes, ax: Axes | None = None) -> Axes:
    """Two shares per driver with intervals; at the right how sure it is that the driver matters more for the gap.

    Parameters
    ----------
    result : TwoOutcomes
        Shares of both outcomes on the same draws.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x are parts of what is explained of each outcome.
    """
    rows = result.tidy()
    order = np.argsort(-rows["share_satisfaction"].to_numpy(), kind="stable")
    relative = result.draws / result.draws.sum(axis=2, keepdims=True)
    low, high = np.quantile(relative, [(1 - result.level) / 2, (1 + result.level) / 2], axis=1)
    estimate = result.shares / result.shares.sum(axis=1, keepdims=True)
    names = (result.words[0], f"the gap ({result.words[1]})")
    series = [Series(name=names[k], value=estimate[k, order], low=low[k, order], high=high[k, order]) for k in (0, 1)]
    rows = rows.iloc[order]
    sure = [">99 %" if p > 0.99 else "<1 %" if p < 0.01 else percent(p) for p in rows["p_more_for_gap"]]
    r2 = f"explained: {percent(float(result.r2[0]))} and {percent(float(result.r2[1]))} of all differences"
    return draw_rows(
        RowChart(
            labels=list(rows["label"]), values=sure, heading="P(more for the gap)", series=series,
            axis="Part of what is explained of each outcome (%)", title="Same drivers, two outcomes",
            subtitle=f"{result.words[0]}, and the gap: which drivers matter more for one than for the other",
            notes=(base_words(result.n, result.n_eff), r2, f"lines: {interval_words(result.level)}",
                   f"measure: {measure_words('lmg')}", f"{result.engine} engine, both on the same draws", ASSOCIATION),
            percent=True, zero=0.0,
        ),
        ax,
    )  # fmt: skip
