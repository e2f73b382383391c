"""`plot_asymmetry`: what falling short costs and what exceeding brings, by driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from drivers.plot.fine_print import ASSOCIATION, base_words, interval_words
from drivers.plot.series_rows import RowChart, Series, draw_rows
from drivers.plot.style import percent

if TYPE_CHECKING:
    from drivers.gap.asymmetry import Asymmetry


def plot_asymmetry(result: Asymmetry, ax: Axes | None = None) -> Axes:
    """Penalty and reward slopes of every driver with intervals, the largest penalty on top.

    Parameters
    ----------
    result : Asymmetry
        Slopes below and above the reference.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x are latent units (points for a linear model) per driver point.
    """
    rows = result.tidy().sort_values("penalty", ascending=False, kind="stable").reset_index(drop=True)
    names = (("penalty", f"penalty, below {result.reference}"), ("reward", "reward, above it"))
    series = [
        Series(name=words, value=rows[name].to_numpy(), low=rows[f"{name}_low"].to_numpy(),
               high=rows[f"{name}_high"].to_numpy()) for name, words in names
    ]  # fmt: skip
    values = [
        f"{word} ({'<1 %' if p < 0.01 else '>99 %' if p > 0.99 else percent(p)})"
        for word, p in zip(rows["verdict"].replace("cannot be separated", "open"), rows["p_reward"], strict=True)
    ]
    unit = "latent units" if result.model == "ordinal" else "points"
    common = result.common()
    return draw_rows(
        RowChart(
            labels=list(rows["label"]), values=values, heading="P(reward outweighs)", series=series,
            axis=f"Slope ({unit} of {result.label(result.outcome)} per driver point)",
            title=f"{result.label(result.outcome)}: penalty and reward",
            subtitle="Does a point less below the reference cost more than a point more above it brings?",
            notes=(base_words(result.n, result.n_eff), f"lines: {interval_words(result.level)}, shrunken to a common "
                   f"ratio of {common['ratio']:.2f}", f"{percent(result.at_top)} gave the top answer",
                   "named from a probability of 95 %", f"{result.model} model", ASSOCIATION), zero=0.0,
        ),
        ax,
    )  # fmt: skip
