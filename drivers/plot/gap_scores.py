"""`plot_gap_scores`: perceived and expected of every driver as a dumbbell, each end with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from drivers.plot.fine_print import bases_words, interval_words
from drivers.plot.series_rows import RowChart, Series, draw_rows
from drivers.plot.style import signed_inside

if TYPE_CHECKING:
    from drivers.gap.scores_result import GapScores


def plot_gap_scores(scores: GapScores, ax: Axes | None = None) -> Axes:
    """Dumbbells from expected to perceived, the largest shortfall on top; the gap with its interval at the right.

    Parameters
    ----------
    scores : GapScores
        Of everybody; with groups, their rows follow each other under "driver, group".
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x are scale points.
    """
    rows = scores.drivers().sort_values("gap", kind="stable").reset_index(drop=True)
    groups = [", ".join(str(row[name]) for name in scores.by) for _, row in rows.iterrows()]
    values = [
        "{} ({})".format(*signed_inside(gap, low, high))
        for gap, low, high in zip(rows["gap"], rows["low"], rows["high"], strict=True)
    ]
    series = [
        Series(name=name, value=rows[name].to_numpy(), low=rows[f"{name}_low"].to_numpy(),
               high=rows[f"{name}_high"].to_numpy()) for name in ("perceived", "expected")
    ]  # fmt: skip
    short = int((rows["high"] < 0).sum())
    return draw_rows(
        RowChart(
            labels=[f"{name}, {part}" if part else name for name, part in zip(rows["label"], groups, strict=True)],
            values=values, heading=f"gap ({interval_words(scores.level)})", series=series,
            axis="Mean answer (scale points)", title=f"{scores.title}: perceived against expected",
            subtitle=f"{short} of {len(rows)} fall short of what was expected: the interval of the gap is below zero",
            notes=(bases_words(rows["n"]), f"lines: {interval_words(scores.level)}",
                   "gap: perceived less expected, by person", "a score to read, not an effect"), joined=True,
        ),
        ax,
    )  # fmt: skip
