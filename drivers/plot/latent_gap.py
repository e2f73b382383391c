"""`plot_latent_gap`: how far perceptions lie from expectations on the latent scale, by pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from drivers.plot.fine_print import bases_words, interval_words
from drivers.plot.series_rows import RowChart, Series, draw_rows
from drivers.plot.style import percent

if TYPE_CHECKING:
    from drivers.gap.latent import LatentGap


def plot_latent_gap(result: LatentGap, ax: Axes | None = None) -> Axes:
    """Dots of latent gap with intervals, the largest shortfall on top; who got less than expected at the right.

    Parameters
    ----------
    result : LatentGap
        Posterior of every pair.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x are latent standard deviations, below zero where perceptions fall short.
    """
    rows = result.tidy().sort_values("gap", kind="stable").reset_index(drop=True)
    one = Series(name="latent gap", value=rows["gap"].to_numpy(), low=rows["low"].to_numpy(),
                 high=rows["high"].to_numpy())  # fmt: skip
    odd = int((~rows["invariant"]).sum())
    notes = [bases_words(rows["n"]), f"line: {interval_words(result.level)}",
             "bivariate ordered probit, common thresholds", "a level, not an effect"]  # fmt: skip
    if odd:
        notes.append(f"{odd} with thresholds that differ between the two answers")
    return draw_rows(
        RowChart(
            labels=list(rows["label"]), values=[percent(v) for v in rows["below"]], heading="got less, latent",
            series=[one], axis="Perceived less expected (latent standard deviations)",
            title="Perceived against expected, on the latent scale",
            subtitle="Both answers cut at the same thresholds; left of the line people got less than they expected",
            notes=tuple(notes), zero=0.0,
        ),
        ax,
    )  # fmt: skip
