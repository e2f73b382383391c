"""`plot_sample_size`: the chance to see a change against the answers of each wave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from drivers.plot.frame import clear, figure_of, headline, lettering_for, open_axes, settle
from drivers.plot.lettering import height, plain
from drivers.plot.lines import spread
from drivers.plot.scale import percent_ticks, round_ticks
from drivers.plot.style import GREY, INK, PALE, SERIES, percent, styled

if TYPE_CHECKING:
    from drivers.scenario.sample_result import SampleSize

_DRAWN = (0.5, 1.0, 2.0)  # sizes of change, as multiples of the one asked for


def plot_sample_size(result: SampleSize, ax: Axes | None = None) -> Axes:
    """One line per size of change (half, as asked, double): the chance to see it, by answers per wave.

    Parameters
    ----------
    result : SampleSize
        From `sample_size`.
    ax : Axes, optional
        Where to draw; a new figure when left out.

    Returns
    -------
    Axes
        The one drawn on; x are answers per wave, y the chance that the change is called real.
    """
    with styled():
        ax = open_axes(ax, (9.0, 5.0))
        clear(ax)
        right, ends = 0.0, []
        for size, colour in zip(_DRAWN, SERIES, strict=False):
            change = size * result.change
            if not result.possible(change):
                continue
            answers, power = result.curve(change)
            right = max(right, float(answers[-1]))
            ax.plot(answers, power, color=colour, linewidth=2.4 if size == 1 else 1.5, zorder=3)
            ends.append((float(power[-1]), result.shown(change), colour))
        _axes(ax, result, right)
        headline(ax, *_words(result))
        settle(ax)
        _name_ends(ax, right, ends)
        settle(ax)
    return ax


def _name_ends(ax: Axes, right: float, ends: list[tuple[float, str, str]]) -> None:
    """Write each size of change at the right end of its line, no name over another."""
    kind, (low, high) = lettering_for(ax), ax.get_ylim()
    line = height(1, kind.text) * (high - low) * figure_of(ax).dpi / (72 * ax.bbox.height)
    wanted = np.array([y for y, _, _ in ends])
    for y, (_, words, colour) in zip(spread(wanted, np.full(len(ends), line), low, high), ends, strict=True):
        ax.annotate(words, xy=(right, y), xytext=(6, 0), textcoords="offset points", color=colour, fontsize=kind.text,
                    va="center", annotation_clip=False, **plain())  # fmt: skip


def _axes(ax: Axes, result: SampleSize, right: float) -> None:
    kind = lettering_for(ax)
    ax.set(xlim=(0, right), ylim=(0, 1.02))
    ticks = round_ticks(0, right, 5)
    ax.set_xticks(ticks, labels=[f"{tick:,.0f}" for tick in ticks], fontsize=0.9 * kind.text, **plain())
    chances, labels = percent_ticks(0.0, 1.0, 5)
    ax.set_yticks(chances, labels=labels, fontsize=0.9 * kind.text, **plain())
    ax.hlines(chances, 0, right, color=PALE, linewidth=0.8, zorder=0.5)
    ax.set_xlabel("Answers in each wave", fontsize=kind.text, color=INK, **plain())
    ax.set_ylabel("Chance to see the change", fontsize=kind.text, color=INK, **plain())
    ax.plot([0, result.needed, result.needed], [result.power, result.power, 0], color=GREY, linewidth=1.2,
            linestyle=(0, (4, 2)), zorder=2)  # fmt: skip
    if result.n is not None:
        chance = result.errors(result.n).power
        ax.plot([result.n], [chance], marker="D", markersize=kind.dot, color=INK, zorder=4)
        left = result.n > 0.6 * right
        ax.annotate(f"{result.n:,.0f} answers: {percent(chance)}", xy=(result.n, chance),
                    xytext=(-8 if left else 8, -0.8 * kind.text), textcoords="offset points", ha="right" if left
                    else "left", va="top", fontsize=kind.text, color=INK,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0, "alpha": 0.85}, zorder=4,
                    **plain())  # fmt: skip


def _words(result: SampleSize) -> tuple[str, str, tuple[str, ...]]:
    of = f" of {result.label}" if result.label else ""
    name = {"top2": "the top-2-box", "nps": "the NPS", "mean": "the mean", "slope": "the slope"}[result.measure]
    return (
        f"{result.needed:,} answers per wave show {name}{of} change by {result.shown(result.change)}",
        "Chance that a true change is called real, by answers in each of two waves; a line for each size of change",
        (
            f"dashed: {percent(result.power)} chance", f"two-sided test at {percent(result.alpha)}",
            f"design effect {result.deff:.2f}", "waves of different people, equal in size",
        ),
    )  # fmt: skip

