"""`plot_kano`: how many would be more satisfied with each feature, and how many less without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from drivers.defaults import LIKELY
from drivers.plot.fine_print import bases_words, interval_words
from drivers.plot.series_rows import RowChart, Series, draw_rows
from drivers.plot.style import percent

if TYPE_CHECKING:
    from drivers.gap.kano import Kano


def plot_kano(result: Kano, ax: Axes | None = None) -> Axes:
    """Worse and better coefficients of every feature with intervals; its class at the right.

    Parameters
    ----------
    result : Kano
        Classified pairs.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x are shares of people, negative for those less satisfied without.
    """
    rows = result.tidy()
    rows = rows[rows["shown"].astype(bool)].sort_values("worse", kind="stable").reset_index(drop=True)
    names = (("better", "more satisfied with it"), ("worse", "less satisfied without it"))
    series = [
        Series(name=words, value=rows[name].to_numpy(), low=rows[f"{name}_low"].to_numpy(),
               high=rows[f"{name}_high"].to_numpy()) for name, words in names
    ]  # fmt: skip
    values = [c if p >= LIKELY else "mixed" for c, p in zip(rows["category"], rows["p_category"], strict=True)]
    return draw_rows(
        RowChart(
            labels=list(rows["label"]), values=values, heading="class", series=series,
            axis="Part of people (%)", title=f"{result.title}: with the feature and without it",
            subtitle="What people say of each feature in a pair of questions (Kano)",
            notes=(bases_words(rows["n"]), f"lines: {interval_words(result.level)}",
                   f"class: from a probability of {percent(LIKELY)}",
                   "what people say, not an effect"), percent=True, zero=0.0,
        ),
        ax,
    )  # fmt: skip
